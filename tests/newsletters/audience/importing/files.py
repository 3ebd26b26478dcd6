"""Files of our own making: spreadsheets, archives that are traps, and exports in the form of other programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile
from zlib import crc32

import xlsxwriter

Rows = Sequence[Sequence[str]]

_ODS_NAMESPACES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
)
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def packed(path: Path, parts: Mapping[str, str], *, method: int = ZIP_DEFLATED) -> Path:
    """Write a ZIP archive with these parts."""
    with ZipFile(path, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def xlsx(path: Path, rows: Rows, *, shares_texts: bool = True) -> Path:
    """Write an XLSX file as Excel does, with shared texts, or as other programs do, with texts in the cells."""
    book = xlsxwriter.Workbook(str(path), {"constant_memory": not shares_texts})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if cell:
                sheet.write_string(number, column, cell)
    book.close()
    return path


def xlsx_parts(*, sheet: str, texts: str = "", styles: str = "") -> dict[str, str]:
    """Return the parts of an XLSX file whose sheet has this XML within `sheetData`."""
    kinds = {"worksheet": "worksheets/sheet1.xml", "sharedStrings": "sharedStrings.xml", "styles": "styles.xml"}
    relations = "".join(
        f'<Relationship Id="{kind}" Type="{_RELATIONS}/{kind}" Target="{place}"/>' for kind, place in kinds.items()
    )
    return {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": (
            f'<Relationships><Relationship Id="book" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
            "</Relationships>"
        ),
        "xl/workbook.xml": (
            f'<workbook xmlns="{_SHEET}" xmlns:r="{_RELATIONS}">'
            '<sheets><sheet name="Lijst" sheetId="1" r:id="worksheet"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": f"<Relationships>{relations}</Relationships>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_SHEET}"><sheetData>{sheet}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{_SHEET}">{texts}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{_SHEET}">{styles}</styleSheet>',
    }


def ods_parts(table: str, *, manifest: str = "") -> dict[str, str]:
    """Return the parts of an ODS file whose first sheet has this XML within `table:table`."""
    return {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": (
            f"<office:document-content {_ODS_NAMESPACES}><office:body><office:spreadsheet>"
            f'<table:table table:name="Lijst">{table}</table:table><table:table table:name="Oud">'
            "<table:table-row><table:table-cell><text:p>old@example.org</text:p></table:table-cell></table:table-row>"
            "</table:table>"
            "</office:spreadsheet></office:body></office:document-content>"
        ),
        "META-INF/manifest.xml": (
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="content.xml">{manifest}</manifest:file-entry>'
            "</manifest:manifest>"
        ),
    }


def ods(path: Path, rows: Rows) -> Path:
    """Write an ODS file as LibreOffice does: empty cells and rows are counted, not written."""
    table = "".join(f"<table:table-row>{''.join(map(ods_cell, row))}</table:table-row>" for row in rows)
    empty = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>'
    return packed(path, ods_parts(table + empty))


def ods_cell(text: str) -> str:
    """Return a cell with this text, a paragraph for each line."""
    if not text:
        return '<table:table-cell table:number-columns-repeated="1"/>'
    lines = "".join(f"<text:p>{_spaced(line)}</text:p>" for line in text.split("\n"))
    return f'<table:table-cell office:value-type="string">{lines}</table:table-cell>'


def _spaced(line: str) -> str:
    return escape(line).replace("\t", "<text:tab/>").replace("  ", ' <text:s text:c="1"/>')


def with_declared_size(path: Path, *, part: str, size: int) -> Path:
    """Let an archive declare, in both places, that one of its parts ends earlier, with the checksum up to there."""
    with ZipFile(path) as archive:
        info = archive.getinfo(part)
        checksum = crc32(archive.read(part)[:size]).to_bytes(4, "little")
    data = bytearray(path.read_bytes())
    entry = data.rfind(b"PK\x01\x02", 0, data.rfind(part.encode()))
    for place in (info.header_offset + 14, entry + 16):  # APPNOTE 4.3.7 and 4.3.12
        data[place : place + 4] = checksum
        data[place + 8 : place + 12] = size.to_bytes(4, "little")
    path.write_bytes(data)
    return path


def csv_bytes(rows: Rows, *, separator: str = ",", encoding: str = "utf-8") -> bytes:
    """Return a CSV file with every cell in quotation marks."""
    lines = (separator.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


def zip_within_zip(path: Path) -> Path:
    """Write the archive of CSV files that Mailchimp's export is."""
    inner = BytesIO(csv_bytes([["Email Address"], ["ann@example.org"]]))
    return packed(path, {"subscribed_members_export_0a1b.csv": inner.read().decode()})
