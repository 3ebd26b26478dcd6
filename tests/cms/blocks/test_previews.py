"""The menu of blocks in the editor: every kind of the hub's own explains itself and shows an example."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from wagtail.blocks import Block

from cms.models import HomePage
from cms.plugins.registry import block_kinds

SHOWN_BY_OTHERS = {"embed"}  # what is shown is the provider's


def form_of(kind: str) -> Block:
    return HomePage._meta.get_field("body").stream_block.child_blocks[kind]


@pytest.mark.parametrize("kind", sorted(block_kinds()))
def test_every_kind_has_a_description_an_icon_a_group_and_an_example(kind: str, admin_client: Any, site: Any) -> None:
    form = form_of(kind)
    assert form.get_description()
    assert form.meta.group
    assert form.meta.icon != "placeholder"
    if kind in SHOWN_BY_OTHERS:
        return
    assert form.is_previewable
    response = admin_client.get(reverse("wagtailadmin_block_preview"), {"id": form.definition_prefix})
    assert response.status_code == 200
    assert b"<article>" in response.content
    assert b"Traceback" not in response.content
