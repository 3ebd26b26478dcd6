"""The API's version of a body."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from django.utils import timezone

from cms.api.build import build_detail
from cms.plugins.fences import gathering_faults


@pytest.fixture
def body_of(make_article: Any, site: Any) -> Any:
    """Return what the API says of a body, without the blocks' ids; nothing may fail behind a fence."""
    numbers = count()

    def build(*body: tuple[str, Any]) -> list[dict[str, Any]]:
        page = make_article(f"page-{next(numbers)}", body=list(body))
        page = type(page).objects.get(pk=page.pk)
        with gathering_faults() as faults:
            detail = build_detail(page=page, site=site, now=timezone.now())
        assert not faults
        blocks: list[dict[str, Any]] = detail.model_dump(mode="json")["body"]
        assert all(block.pop("id") for block in blocks)
        return blocks

    return build
