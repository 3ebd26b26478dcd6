"""Whatever somebody uploads is read as the table that they see, or refused with a reason that they understand."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any
from zipfile import ZIP_BZIP2

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletters.audience.importing.limits import Limits
from newsletters.audience.importing.spreadsheets import Spreadsheet
from newsletters.audience.importing.table import Table, open_table
from newsletters.exceptions import (
    BrokenEncoding,
    DamagedTable,
    DoubledColumns,
    EmptyTable,
    NoHeader,
    NotATable,
    OldTable,
    PackedTable,
    TableTooLarge,
    TableUnreadable,
)
from tests.newsletters.audience.importing.files import (
    csv_bytes,
    ods,
    ods_parts,
    packed,
    with_declared_size,
    xlsx,
    xlsx_parts,
    zip_within_zip,
)

ROWS = [["E-mail", "Naam"], ["zoë@example.org", "Zoë"], ["bob@example.org", "Bob; “the” builder\nof things"]]
MAKERS = {"xlsx": xlsx, "ods": ods}


def opened(path: Path, content: bytes, *, name: str = "list.csv", **chosen: str) -> Table:
    file = path / "upload"
    file.write_bytes(content)
    return open_table(file, name=name, **chosen)


def read(table: Table) -> list[list[str]]:
    return [table.header, *(row.cells for row in table.rows())]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_encoding_and_separator_of_a_csv_file_are_guessed(tmp_path: Path, encoding: str, separator: str) -> None:
    table = opened(tmp_path, csv_bytes(ROWS, separator=separator, encoding=encoding))
    assert read(table) == ROWS
    assert (table.kind, table.separator) == ("csv", separator)
    assert table.encoding == encoding.removesuffix("-sig")


def test_what_windows_does_not_know_is_latin_1(tmp_path: Path) -> None:
    assert opened(tmp_path, b"email,name\nann@example.org,\x81\xe9\n").encoding == "latin-1"


def test_a_person_can_choose_another_encoding_and_separator(tmp_path: Path) -> None:
    content = "email;naam|oud\nann@example.org;Zoë|x\n".encode("mac-roman")
    table = opened(tmp_path, content, encoding="mac-roman", separator=";")
    assert read(table) == [["email", "naam|oud"], ["ann@example.org", "Zoë|x"]]


def test_a_single_column_is_a_table_too(tmp_path: Path) -> None:
    assert read(opened(tmp_path, b"email\nann@example.org\n")) == [["email"], ["ann@example.org"]]


def test_excels_own_mark_of_the_separator_is_no_row(tmp_path: Path) -> None:
    table = opened(tmp_path, b"sep=|\r\nemail|a,b\r\nann@example.org|1,2\r\n")
    assert [table.header, *(row.cells for row in table.rows())] == [["email", "a,b"], ["ann@example.org", "1,2"]]


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ods"])
def test_rows_are_counted_as_a_spreadsheet_program_does(tmp_path: Path, kind: str) -> None:
    rows = [["email", "note"], ["ann@example.org", "two\nlines"], ["", ""], ["bob@example.org", ""]]
    file = tmp_path / "upload"
    if kind == "csv":
        file.write_bytes(csv_bytes(rows))
    else:
        MAKERS[kind](file, rows)
    table = open_table(file, name=f"list.{kind}")
    assert [(row.number, row.cells) for row in table.rows()] == [(2, rows[1]), (4, rows[3])]


@pytest.mark.parametrize("kind", MAKERS)
def test_empty_rows_and_columns_before_a_table_are_counted(tmp_path: Path, kind: str) -> None:
    rows = [["", ""], ["", "email"], ["", "ann@example.org"]]
    table = open_table(MAKERS[kind](tmp_path / "upload", rows), name=f"list.{kind}")
    assert table.header[-1] == "email"
    assert [(row.number, row.cells[-1]) for row in table.rows()] == [(3, "ann@example.org")]


def test_a_row_has_as_many_cells_as_the_header_or_more(tmp_path: Path) -> None:
    table = opened(tmp_path, b"email,name,language\nann@example.org\nbob@example.org,Bob,nl,en\n")
    assert [len(row.cells) for row in table.rows()] == [3, 4]


@pytest.mark.parametrize("shares_texts", [True, False])
def test_both_forms_of_texts_in_an_excel_file_are_read(tmp_path: Path, *, shares_texts: bool) -> None:
    table = open_table(xlsx(tmp_path / "upload", ROWS, shares_texts=shares_texts), name="list.xlsx")
    assert read(table) == ROWS


def test_cells_of_an_excel_file_say_what_a_person_sees(tmp_path: Path) -> None:
    sheet = (
        '<row r="1"><c t="inlineStr"><is><t>email</t><rPh><t>no</t></rPh></is></c><c t="s"><v>0</v></c>'
        '<c t="str"><v>c</v></c>'
        '<c t="str"><v>d</v></c><c t="str"><v>e</v></c><c t="str"><v>f</v></c></row>'
        '<row r="3"><c r="A3" t="str"><f>A1&amp;B1</f><v>=x</v></c><c r="B3" s="1"><v>45291.5</v></c>'
        '<c r="C3" s="2"><v>45291</v></c><c r="D3"><v>5.0</v></c><c r="E3" t="b"><v>1</v></c>'
        '<c r="F3" s="3"><v>7</v></c></row>'
    )
    texts = "<si><r><t>na</t></r><r><t>me</t></r><rPh><t>ignored</t></rPh></si>"
    styles = (
        '<numFmts><numFmt numFmtId="170" formatCode="[$-413]d mmm yyyy"/><numFmt numFmtId="171"'
        ' formatCode="0 &quot;days&quot;"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>'
        '<xf numFmtId="0"/><xf numFmtId="22"/><xf numFmtId="170"/><xf numFmtId="171"/></cellXfs>'
    )
    file = packed(tmp_path / "upload", xlsx_parts(sheet=sheet, texts=texts, styles=styles))
    table = open_table(file, name="list.xlsx")
    assert table.header == ["email", "name", "c", "d", "e", "f"]
    (row,) = table.rows()
    assert (row.number, row.cells) == (3, ["=x", "2023-12-31 12:00:00", "2023-12-31", "5", "true", "7"])


def test_very_many_shared_texts_are_each_found_in_their_row(tmp_path: Path) -> None:
    rows = [["email", "note"], *([f"reader{number}@example.org", f"{number} " * 99] for number in range(1_500))]
    table = open_table(xlsx(tmp_path / "upload", rows[:1] + rows[:0:-1]), name="list.xlsx")
    assert read(table) == rows[:1] + rows[:0:-1]


def test_the_first_sheet_that_people_see_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    parts = xlsx_parts(sheet=FIRST)
    hidden = '<sheet name="Verborgen" state="hidden" sheetId="2" r:id="hidden"/><sheet name="Lijst"'
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace('<sheet name="Lijst"', hidden)
    more = '<sheet name="Oud" sheetId="3" r:id="worksheet"/></sheets>'
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace("</sheets>", more)
    relation = parts["xl/_rels/workbook.xml.rels"].partition("<Relationship ")[2].partition("/>")[0]
    added = "<Relationship " + relation.replace('Id="worksheet"', 'Id="hidden"') + "/></Relationships>"
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace("</Relationships>", added)
    table = open_table(packed(tmp_path / "upload", parts), name="list.xlsx")
    assert (table.sheet_name, table.other_sheet_names) == ("Lijst", ["Oud"])


def test_a_hidden_sheet_of_an_ods_file_is_not_read(tmp_path: Path) -> None:
    parts = ods_parts(ODS_FIRST)
    style = (
        '<office:automatic-styles><style:style xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"'
        ' style:name="hidden" style:family="table"><style:table-properties table:display="false"/></style:style>'
        "</office:automatic-styles><office:body>"
    )
    content = parts["content.xml"].replace("<office:body>", style)
    content = content.replace('table:name="Lijst"', 'table:name="Lijst" table:style-name="hidden"')
    content = content.replace("<table:table-cell><text:p>old@example.org", f"<{ODS_TEXT}><text:p>email")
    table = open_table(packed(tmp_path / "upload", parts | {"content.xml": content}), name="list.ods")
    assert (table.sheet_name, table.other_sheet_names, table.header) == ("Oud", [], ["email"])


def test_dates_of_a_workbook_that_counts_from_1904_are_read(tmp_path: Path) -> None:
    parts = xlsx_parts(
        sheet=FIRST + '<row r="2"><c s="0"><v>43829</v></c></row>', styles='<cellXfs><xf numFmtId="14"/></cellXfs>'
    )
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
    assert read(open_table(packed(tmp_path / "upload", parts), name="list.xlsx")) == [["email"], ["2023-12-31"]]


def test_escaped_characters_of_an_excel_file_are_read(tmp_path: Path) -> None:
    header = '<row r="1"><c t="str"><v>a</v></c><c t="s"><v>0</v></c></row>'
    row = '<row r="2"><c t="str"><v>two_x000A_lines</v></c><c t="str"><v>_x005F_x000A_</v></c></row>'
    file = packed(tmp_path / "upload", xlsx_parts(sheet=header + row, texts="<si><t>_x0042_</t></si>"))
    assert read(open_table(file, name="list.xlsx")) == [["a", "B"], ["two\nlines", "_x000A_"]]


def test_cells_of_an_ods_file_say_what_is_in_them(tmp_path: Path) -> None:
    table = (
        '<table:table-row><table:table-cell office:value-type="string"><text:p>email</text:p></table:table-cell>'
        '<table:table-cell office:value-type="string"><text:p>on</text:p></table:table-cell>'
        '<table:table-cell office:value-type="string"><text:p>n</text:p></table:table-cell>'
        "</table:table-row><table:table-row>"
        '<table:table-cell office:value-type="string"><office:annotation><text:p>a remark</text:p></office:annotation>'
        '<text:p>a<text:s text:c="2"/>b</text:p><text:p>c</text:p></table:table-cell>'
        '<table:table-cell office:value-type="date" office:date-value="2023-12-31T12:00:00"><text:p>31-12-23</text:p>'
        '</table:table-cell><table:table-cell office:value-type="float" office:value="5"><text:p>5,00</text:p>'
        "</table:table-cell></table:table-row>"
    )
    opened = open_table(packed(tmp_path / "upload", ods_parts(table)), name="list.ods")
    assert read(opened) == [["email", "on", "n"], ["a  b\nc", "2023-12-31 12:00:00", "5"]]
    assert (opened.sheet_name, opened.other_sheet_names) == ("Lijst", ["Oud"])


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=20).map(str.strip)
TABLES = st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=8)


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=TABLES)
def test_spreadsheets_are_read_as_they_were_written(tmp_path: Path, kind: str, rows: list[list[str]]) -> None:
    file = MAKERS[kind](tmp_path / f"upload.{kind}", [["a", "b", "c"], *rows])
    assert read(open_table(file, name=file.name)) == [["a", "b", "c"], *(row for row in rows if any(row))]


@pytest.mark.parametrize(
    ("content", "name", "error"),
    [
        (b"", "list.csv", EmptyTable),
        (b" \r\n \r\n", "list.csv", EmptyTable),
        (b"\xef\xbb\xbf", "list.csv", EmptyTable),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "list.xls", OldTable),
        (b"%PDF-1.7\n", "list.csv", NotATable),
        (b"<html><table><tr><td>email</td></tr></table></html>", "list.xls", NotATable),
        (b'{"email": "ann@example.org"}', "list.json", NotATable),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "list.csv", NotATable),
        (b"email\nann@example.org\n", "list.xlsx", NotATable),
        (b"PK\x03\x04 and no more", "list.xlsx", DamagedTable),
        (b"ann@example.org\nbob@example.org\n", "list.csv", NoHeader),
        (b"email,Naam,naam ,x\na@example.org,a,b,c\n", "list.csv", DoubledColumns),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, name: str, error: type[TableUnreadable]) -> None:
    with pytest.raises(error):
        opened(tmp_path, content, name=name)


def test_doubled_columns_are_named(tmp_path: Path) -> None:
    with pytest.raises(DoubledColumns, match="“Naam”, “naam”"):
        opened(tmp_path, b"email,Naam,naam\n")


@pytest.mark.parametrize("encoding", [None, "utf-8"])
def test_a_broken_encoding_names_its_line(tmp_path: Path, encoding: str | None) -> None:
    content = "email,name\nann@example.org,Zoë\nbob@example.org,Bœb\n".encode() + b"eve@example.org,\xff\n"
    with pytest.raises(BrokenEncoding, match="Line 4 "):
        opened(tmp_path, content, **({"encoding": encoding} if encoding else {}))


def test_the_line_is_counted_in_every_encoding(tmp_path: Path) -> None:
    content = "email,name\nann@example.org,Zoë\n".encode("utf-16") + b"\x00\xd8\x20\x00"
    with pytest.raises(BrokenEncoding, match="Line 3 "):
        opened(tmp_path, content)
    with pytest.raises(BrokenEncoding):
        opened(tmp_path, b"email\n", encoding="no-such-encoding")


def test_archives_of_other_things_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PackedTable):
        open_table(zip_within_zip(tmp_path / "upload"), name="export.zip")
    with pytest.raises(NotATable):
        open_table(packed(tmp_path / "upload", {"[Content_Types].xml": "", "xl/workbook.bin": ""}), name="list.xlsb")
    with pytest.raises(NotATable):
        open_table(packed(tmp_path / "upload", {"[Content_Types].xml": "", "word/document.xml": ""}), name="a.docx")
    with pytest.raises(OldTable):
        open_table(packed(tmp_path / "upload", ods_parts("", manifest="<manifest:encryption-data/>")), name="list.ods")


@pytest.mark.parametrize("cut", [40, 400, 1200])
def test_a_file_that_ends_too_early_is_damaged(tmp_path: Path, cut: int) -> None:
    whole = xlsx(tmp_path / "whole", [["email"], *([f"reader{number}@example.org"] for number in range(500))])
    with pytest.raises(DamagedTable):
        opened(tmp_path, whole.read_bytes()[:-cut], name="list.xlsx")


def test_an_archive_with_a_part_before_its_start_is_damaged(tmp_path: Path) -> None:
    data = bytearray(xlsx(tmp_path / "whole", ROWS).read_bytes())
    end = data.rfind(b"PK\x05\x06")
    data[end + 16 : end + 20] = (int.from_bytes(data[end + 16 : end + 20], "little") + end).to_bytes(4, "little")
    with pytest.raises(DamagedTable):
        opened(tmp_path, bytes(data), name="list.xlsx")


@pytest.mark.parametrize(
    ("setting", "most", "content"),
    [
        ("IMPORT_MOST_MEGABYTES", 1, b"email\n" + b"ann@example.org\n" * 70_000),
        ("IMPORT_MOST_COLUMNS", 3, b"email,a,b\nann@example.org,1,2,3\n"),
        ("IMPORT_MOST_CELL_CHARACTERS", 20, b"email,a\nann@example.org,123456789012345678901\n"),
        ("IMPORT_MOST_CELL_CHARACTERS", 20, b'email,a\nann@example.org,"no end\n' + b"x@example.org,b\n" * 20_000),
        ("IMPORT_MOST_CELL_CHARACTERS", 20, b"email,a\n" + b"," * 2_000_000),
    ],
)
def test_a_file_over_a_limit_is_refused(tmp_path: Path, settings: Any, setting: str, most: int, content: bytes) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {setting: most}
    with pytest.raises(TableTooLarge):
        list(opened(tmp_path, content).rows())


FIRST = '<row r="1"><c t="str"><v>email</v></c></row>'
ODS_TEXT = 'table:table-cell office:value-type="string"'
ODS_FIRST = f"<table:table-row><{ODS_TEXT}><text:p>email</text:p></table:table-cell></table:table-row>"
MANY = 30_000_000  # characters of a trap
TRAPS = {
    "endless cell": xlsx_parts(sheet=FIRST + '<row r="2"><c t="str"><v>' + "x" * MANY + "</v></c></row>"),
    "endless shared text": xlsx_parts(
        sheet=FIRST + '<row r="2"><c t="s"><v>0</v></c></row>', texts="<si><t>" + "x" * MANY + "</t></si>"
    ),
    "endless row": xlsx_parts(sheet=FIRST + '<row r="2">' + "<c><v>1</v></c>" * (MANY // 15) + "</row>"),
    "far column": xlsx_parts(sheet=FIRST + '<row r="2"><c r="XFD2"><v>1</v></c></row>'),
    "last cell of all": xlsx_parts(sheet=FIRST + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
    "far row": xlsx_parts(sheet=FIRST + '<row r="1048577"><c><v>1</v></c></row>'),
    "repeated cell": ods_parts(
        f'{ODS_FIRST}<table:table-row><{ODS_TEXT} table:number-columns-repeated="16384"><text:p>x</text:p>'
        "</table:table-cell></table:table-row>"
    ),
    "repeated row": ods_parts(
        f'{ODS_FIRST}<table:table-row table:number-rows-repeated="999999999">'
        f'<{ODS_TEXT} table:number-columns-repeated="90"><text:p>x</text:p></table:table-cell></table:table-row>'
    ),
    "repeated space": ods_parts(
        f'{ODS_FIRST}<table:table-row><{ODS_TEXT}><text:p><text:s text:c="999999999"/></text:p>'
        "</table:table-cell></table:table-row>"
    ),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_is_refused_without_filling_the_memory(tmp_path: Path, trap: str) -> None:
    file = packed(tmp_path / "upload", TRAPS[trap])
    tracemalloc.start()
    try:
        with pytest.raises(TableTooLarge):
            list(open_table(file, name="list.xlsx").rows())
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_an_archive_that_unpacks_too_large_is_refused_at_once(tmp_path: Path, settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"IMPORT_MOST_UNPACKED_MEGABYTES": 10}
    file = packed(tmp_path / "upload", xlsx_parts(sheet=FIRST + "<row><c><v>1</v></c></row>" * 500_000))
    with pytest.raises(TableTooLarge):
        open_table(file, name="list.xlsx")


def test_an_archive_that_declares_less_than_it_holds_is_damaged(tmp_path: Path, settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"IMPORT_MOST_UNPACKED_MEGABYTES": 10}
    sheet = FIRST + '<row><c t="str"><v>ann@example.org</v></c></row>' * 600_000
    file = packed(tmp_path / "upload", xlsx_parts(sheet=sheet))
    with_declared_size(file, part="xl/worksheets/sheet1.xml", size=100_000)
    tracemalloc.start()
    try:
        with pytest.raises(DamagedTable):
            list(open_table(file, name="list.xlsx").rows())
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_an_archive_packed_in_an_unusual_way_is_refused(tmp_path: Path) -> None:
    """No spreadsheet program writes one; `zipfile` unpacks whole blocks of the other methods at once."""
    with pytest.raises(NotATable):
        open_table(packed(tmp_path / "upload", xlsx_parts(sheet=FIRST), method=ZIP_BZIP2), name="list.xlsx")


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY e{number + 1} "{f"&e{number};" * 10}">' for number in range(9))
    parts = xlsx_parts(sheet=FIRST + '<row r="2"><c t="str"><v>&e9;</v></c></row>')
    sheet = f'<!DOCTYPE x [<!ENTITY e0 "lol">{entities}]>' + parts["xl/worksheets/sheet1.xml"]
    with pytest.raises(DamagedTable):
        open_table(packed(tmp_path / "upload", parts | {"xl/worksheets/sheet1.xml": sheet}), name="list.xlsx")


def test_a_fault_of_ours_is_not_blamed_on_the_file(tmp_path: Path) -> None:
    with pytest.raises(CalledProcessError):
        Spreadsheet(tmp_path / "missing", limits=Limits.from_settings())


@pytest.mark.parametrize(
    "row",
    [
        '<row r="x"><c><v>1</v></c></row>',
        '<row r="0"><c><v>1</v></c></row>',
        '<row r="2"><c r="2"><v>1</v></c></row>',
        '<row r="2"><c t="s"><v>7</v></c></row>',
        '<row r="2"><c><v>1</v></row>',
    ],
)
def test_a_sheet_that_contradicts_itself_is_damaged(tmp_path: Path, row: str) -> None:
    file = packed(tmp_path / "upload", xlsx_parts(sheet=FIRST + row, texts="<si><t>a</t></si>"))
    with pytest.raises(DamagedTable):
        list(open_table(file, name="list.xlsx").rows())


def test_a_number_that_is_no_date_stays_what_it_is(tmp_path: Path) -> None:
    row = '<row r="2"><c s="0"><v>1e99</v></c><c><v>x</v></c></row>'
    styles = '<cellXfs><xf numFmtId="14"/></cellXfs>'
    header = '<row r="1"><c t="str"><v>a</v></c><c t="str"><v>b</v></c></row>'
    file = packed(tmp_path / "upload", xlsx_parts(sheet=header + row, styles=styles))
    assert read(open_table(file, name="list.xlsx")) == [["a", "b"], ["1e+99", "x"]]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "ignore")))
def test_any_bytes_are_a_table_or_unreadable(tmp_path: Path, content: bytes) -> None:
    try:
        list(opened(tmp_path, content).rows())
    except TableUnreadable as error:
        assert str(error)  # noqa: PT017 - both outcomes are right


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 6_000), byte=st.integers(0, 255))
@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_a_spreadsheet_with_any_wrong_byte_is_a_table_or_unreadable(
    tmp_path: Path, kind: str, position: int, byte: int
) -> None:
    data = bytearray(MAKERS[kind](tmp_path / f"whole.{kind}", ROWS).read_bytes())
    data[position % len(data)] = byte
    try:
        list(opened(tmp_path, bytes(data), name=f"list.{kind}").rows())
    except TableUnreadable as error:
        assert str(error)  # noqa: PT017 - both outcomes are right
