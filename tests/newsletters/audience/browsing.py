"""What a browser sends along with a form: the hidden fields of the page that is open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone

from newsletters.audience.safeguards.form_stamp import make_stamp


def hidden_fields(page: Any, *, button: str = "") -> dict[str, str]:
    """Return the hidden fields of the page's first form, or of the one with this text on its button."""
    forms = BeautifulSoup(page.content, "html.parser").find_all("form")
    form = next(form for form in forms if button in form.get_text())
    return {str(field["name"]): str(field.get("value", "")) for field in form.select('input[type="hidden"]')}


def fill_in(client: Client, address: str, data: dict[str, Any] | None = None, *, button: str = "") -> Any:
    """Open the page, take a minute to fill in its form, and press the button."""
    fields = hidden_fields(client.get(address), button=button)
    if "stamp" in fields:
        fields |= {"stamp": old_stamp(address.split("/")[3])}
    return client.post(address, fields | (data or {}))


def old_stamp(slug: str) -> str:
    """Return the stamp of a sign-up form that was opened a minute ago."""
    return make_stamp(slug, now=timezone.now() - timedelta(minutes=1))
