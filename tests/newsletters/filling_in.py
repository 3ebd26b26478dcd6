"""Send a form of the admin as a browser would: with everything that is already filled in."""

from __future__ import annotations

from typing import Any


def fields_of(form: Any) -> dict[str, str]:
    """Return the fields of a form (BeautifulSoup) with their values; of several chosen options the first."""
    fields = {
        field["name"]: field.get("value", "")
        for field in form.select("input[name]")
        if field.get("type") not in {"checkbox", "radio"} or field.has_attr("checked")
    }
    fields |= {field["name"]: field.get_text().removeprefix("\n") for field in form.select("textarea[name]")}
    for field in form.select("select[name]"):
        chosen = field.select_one("option[selected]") or (None if field.has_attr("multiple") else field.option)
        if chosen:
            fields[field["name"]] = chosen.get("value", "")
    return fields
