"""What a browser sends along with a form: the hidden fields of the page that is open."""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup
from django.test import Client


def hidden_fields(page: Any, *, button: str = "") -> dict[str, str]:
    """Return the hidden fields of the page's first form, or of the one with this text on its button."""
    forms = BeautifulSoup(page.content, "html.parser").find_all("form")
    form = next(form for form in forms if button in form.get_text())
    return {str(field["name"]): str(field.get("value", "")) for field in form.select('input[type="hidden"]')}


def fill_in(client: Client, address: str, data: dict[str, Any] | None = None, *, button: str = "") -> Any:
    """Open the page, fill in its form and press the button."""
    return client.post(address, hidden_fields(client.get(address), button=button) | (data or {}))
