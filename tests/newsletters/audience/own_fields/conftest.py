"""Own fields of each kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from newsletters.models import OwnField, OwnFieldChoice, OwnFieldChoiceText, OwnFieldText
from tests.newsletters.building import Hub

AddField = Callable[..., OwnField]


@pytest.fixture
def add_field(hub: Hub) -> AddField:
    """Add a field with the key as its label, capitalised; `choices` are keys."""

    def add(key: str, *, kind: str = "text", choices: tuple[str, ...] = (), **flags: Any) -> OwnField:
        own_field = OwnField.objects.create(key=key, kind=kind, **flags)
        for code, locale in hub.locales.items():
            label = key.capitalize() if code == "en" else f"{key.capitalize()} (nl)"
            OwnFieldText.objects.create(own_field=own_field, locale=locale, label=label, help_text=f"Why {code}.")
        for place, name in enumerate(choices):
            choice = OwnFieldChoice.objects.create(own_field=own_field, key=name, sort_order=place)
            OwnFieldChoiceText.objects.create(choice=choice, locale=hub.locales["en"], label=name.capitalize())
            OwnFieldChoiceText.objects.create(choice=choice, locale=hub.locales["nl"], label=f"De {name}")
        return OwnField.objects.with_words().get(pk=own_field.pk)

    return add
