"""No answer contains control characters, which parsers of JSON and XML refuse."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from cms.api.http.renderer import without_controls

CONTROLS = "".join(
    chr(code) for code in range(0x100) if unicodedata.category(chr(code)) == "Cc" and chr(code) not in "\t\n\r"
)


@given(st.text(st.sampled_from(CONTROLS + 'ab"\\\n\t/u07f\u2028\u00e9')), st.booleans())
def test_only_controls_are_left_out(text: str, ascii_only: bool) -> None:
    written = json.dumps({"text": text}, ensure_ascii=ascii_only)
    assert json.loads(without_controls(written))["text"] == re.sub(f"[{re.escape(CONTROLS)}]", "", text)


ADDRESSES = [
    "pages/{}",
    "pages",
    "resolve?path=/en/themes/data/one/",
    "sitemap",
    "feed.json",
    "feed.rss",
    "feed.atom",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_controls_that_an_editor_pasted_are_in_no_answer(client: Any, make_article: Any, address: str) -> None:
    kept = CONTROLS if connection.vendor == "sqlite" else CONTROLS.replace("\0", "")  # PostgreSQL takes no NUL
    odd = f"Before{kept}after \\\\u0007"
    body = [("text", f"<p>{odd}</p>"), ("quote", {"text": odd})]
    page = make_article("one", title=odd, summary=odd, body=body)
    answer = client.get(f"/api/v1/{address.format(page.pk)}")
    said = answer.content.decode()
    assert answer.status_code == 200
    assert "Beforeafter" in said or "sitemap" in address
    is_json = "json" in answer["Content-Type"]
    shown = json.dumps(answer.json(), ensure_ascii=False).replace("\\\\", "") if is_json else said
    assert not [char for char in CONTROLS if char in shown or (is_json and f"\\u{ord(char):04x}" in shown)]
