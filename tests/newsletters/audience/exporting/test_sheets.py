"""What is exported opens in a spreadsheet program as it is, runs nothing there, and can be imported again."""

from __future__ import annotations

import csv
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from newsletters.audience.exporting.sheets import write_csv, write_xlsx
from newsletters.audience.importing.table import open_table

WRITERS: dict[str, Callable[..., int]] = {"csv": write_csv, "xlsx": write_xlsx}
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "'=1", "''-1"]


def written(kind: str, header: list[str], rows: list[list[str]], **options: int) -> bytes:
    file = BytesIO()
    assert WRITERS[kind](header, iter(rows), to=file, **options) == len(rows)
    return file.getvalue()


def sheets_of(content: bytes) -> Sequence[Sequence[Sequence[object]]]:
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    return [book.get_sheet_by_index(number).to_python() for number in range(len(book.sheet_names))]


def test_a_csv_file_is_what_the_rfc_says_with_a_mark_for_excel() -> None:
    content = written("csv", ["a", "b"], [['say "hi"', "1,2"], ["two\nlines", ""]])
    assert content == b'\xef\xbb\xbfa,b\r\n"say ""hi""","1,2"\r\n"two\nlines",\r\n'


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_a_csv_file_is_run(formula: str) -> None:
    content = written("csv", [formula, "b"], [["x", formula]]).decode("utf-8-sig")
    cells = [cell for row in csv.reader(content.splitlines(keepends=True)) for cell in row]
    assert cells == [f"'{formula}", "b", "x", f"'{formula}"]


@pytest.mark.parametrize("text", [*FORMULAS, "https://example.org", "007", "1.50", "2024-01-02", "TRUE"])
def test_every_cell_of_an_excel_file_is_a_text(text: str) -> None:
    ((_header, (cell,)),) = sheets_of(written("xlsx", ["a"], [[text]]))
    assert isinstance(cell, str)
    assert cell == text


@pytest.mark.parametrize("kind", WRITERS)
def test_control_characters_are_removed(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "export"
    file.write_bytes(written(kind, ["a"], [["x\x00\x07\x1b\x9f\ufffe\ud800y"]]))
    assert [row.cells for row in open_table(file, name="export").rows()] == [["xy"]]


def test_a_sheet_that_is_full_is_followed_by_a_next_one() -> None:
    rows = [[f"reader{number}@example.org"] for number in range(5)]
    found = sheets_of(written("xlsx", ["email"], rows, most_rows=3))
    assert found == [[["email"], *rows[:2]], [["email"], *rows[2:4]], [["email"], rows[4]]]
    assert len(sheets_of(written("xlsx", ["email"], rows[:4], most_rows=3))) == 2
    assert sheets_of(written("xlsx", ["email"], [], most_rows=3)) == [[["email"]]]


def test_a_text_longer_than_excel_allows_is_cut_there() -> None:
    ((_header, (cell,)),) = sheets_of(written("xlsx", ["a"], [["x" * 40_000]]))
    assert len(str(cell)) == 32_767


@pytest.mark.parametrize("kind", WRITERS)
def test_the_file_stays_open_for_its_owner(kind: str) -> None:
    file = BytesIO()
    WRITERS[kind](["a"], [["b"]], to=file)
    assert not file.closed


@pytest.mark.parametrize("kind", WRITERS)
def test_memory_does_not_grow_with_the_rows(kind: str, tmp_path: Path) -> None:
    def rows(count: int) -> Iterator[list[str]]:
        return ([f"reader{number}@example.org", f"Name {number}", "data power"] for number in range(count))

    peaks = []
    for count in (1_000, 10_000):
        with (tmp_path / "export").open("wb") as file:
            tracemalloc.start()
            WRITERS[kind](["email", "name", "themes"], rows(count), to=file)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < peaks[0] + 500_000


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=15)
LINES = st.lists(CELLS | st.sampled_from([*FORMULAS, "two\nlines", 'a "quote"', "a;b", "x\t"]), min_size=2, max_size=2)


@pytest.mark.parametrize("kind", WRITERS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(LINES, max_size=6))
def test_what_is_exported_is_imported_as_it_was(tmp_path: Path, kind: str, rows: list[list[str]]) -> None:
    file = tmp_path / "export"
    file.write_bytes(written(kind, ["email", "note"], rows))
    table = open_table(file, name=f"export.{kind}")
    found = [row.cells for row in table.rows()]
    expected = [[cell if cell.strip() else "" for cell in row] for row in rows if any(cell.strip() for cell in row)]
    assert [[cell if cell.strip() else "" for cell in row] for row in found] == expected
