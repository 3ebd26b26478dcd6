"""Tables: typed in the API, with headers on plain pages, translated with the page."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from cms.blocks.lists.table import TableForm
from tests.cms.test_plain_pages import soup_of
from tests.parts import element

CELLS: dict[str, Any] = {
    "caption": "Projects",
    "columns": [
        {"type": "text", "heading": "Theme"},
        {"type": "number", "heading": "Number"},
        {"type": "rich_text", "heading": "More"},
    ],
    "rows": [
        {"values": ["Inclusion", 12.5, "<p>So <b>much</b><script>1</script></p>"]},
        {"values": ["Data", None, ""]},
    ],
}


def table(**changes: Any) -> Any:
    return TableForm().to_python({"table": CELLS | changes, "has_row_headers": True})


def test_cells_have_the_type_of_their_column(body_of: Any) -> None:
    (block,) = body_of(("table", table()))
    assert (block["caption"], block["has_row_headers"]) == ("Projects", True)
    assert [column["type"] for column in block["columns"]] == ["text", "number", "rich_text"]
    assert [row["cells"] for row in block["rows"]] == [
        [
            {"type": "text", "text": "Inclusion"},
            {"type": "number", "number": 12.5},
            {"type": "rich_text", "html": "<p>So <b>much</b></p>"},
        ],
        [{"type": "text", "text": "Data"}, {"type": "number", "number": None}, {"type": "rich_text", "html": ""}],
    ]


def test_a_plain_page_has_a_table_with_headers(client: Any, make_article: Any) -> None:
    page = make_article("one", body=[("table", table())])
    soup = soup_of(client, page.url)
    assert element(soup, "table caption").text == "Projects"
    assert [(cell["scope"], cell.text) for cell in soup.find_all("th")] == [
        *(("col", words) for words in ("Theme", "Number", "More")),
        *(("row", words) for words in ("Inclusion", "Data")),
    ]
    markdown = client.get(f"/api/v1/pages/{page.pk}", headers={"accept": "text/markdown"}).content.decode()
    assert "| Theme | Number | More |" in markdown
    assert "| Inclusion | 12.5 | So **much** |" in markdown


def test_a_table_without_rows_is_left_out_and_ragged_rows_are_filled(body_of: Any) -> None:
    assert body_of(("table", table(rows=[]))) == []
    assert body_of(("table", TableForm().to_python({}))) == []


@pytest.mark.parametrize(
    ("changes", "is_fine"),
    [
        ({}, True),
        ({"caption": ""}, False),
        ({"columns": [], "rows": []}, False),
        ({"columns": [{"type": "text", "heading": ""}], "rows": [{"values": ["a"]}]}, False),
        ({"rows": CELLS["rows"] * 101}, False),
    ],
)
def test_a_table_needs_a_caption_and_headings(changes: dict[str, Any], *, is_fine: bool) -> None:
    if is_fine:
        TableForm().clean(table(**changes))
        return
    with pytest.raises(ValidationError):
        TableForm().clean(table(**changes))


def test_the_words_of_a_table_are_translated_with_the_page() -> None:
    block, value = TableForm().child_blocks["table"], table()["table"]
    segments = [segment.with_order(order) for order, segment in enumerate(block.get_translatable_segments(value))]
    words = {segment.path: segment.string.data for segment in segments if hasattr(segment, "string")}
    assert words["caption"] == "Projects"
    assert words["heading-0"] == "Theme"
    assert words["cell-0-0"] == "Inclusion"
    for segment in segments:
        if segment.path in {"caption", "heading-0", "cell-0-0"}:
            segment.string = type(segment.string).from_plaintext(f"{segment.string.data} nl")
    translated = block.restore_translated_segments(value, segments)
    assert (translated.caption, translated.columns[0]["heading"]) == ("Projects nl", "Theme nl")
    assert translated.row_data[0]["values"][:2] == ["Inclusion nl", 12.5]
