"""A server of files, with ranges or without, and the files that tests and benches give it. All content is fictional.

Every data cell holds ``CELL`` or is a number that begins with ``77``, so that a test can look where cells have got to.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import xlsxwriter

from tests.portals_served.plain import Plain, Reply, Seen, plain

CELL = "qq-sample-cell"
"""Part of every text in a row of data."""
HEADERS = ("Admin 1 name", "Admin 1 P-code", "IDPs", "Households", "Remarks")
TAGS = ("#adm1+name", "#adm1+code", "#affected+idps+ind", "#affected+hh+idps", "#meta+remarks")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass
class File:
    """A file as it is served.

    Attributes:
        ranges: Whether parts of it are given.
        etag: Empty for none.
        length: What is said of its length; None for the truth.
        status: Answered in place of it, if no success.
    """

    content: bytes
    media_type: str = "text/csv"
    ranges: bool = True
    etag: str = ""
    modified: str = ""
    length: int | None = None
    status: int = 200
    location: str = ""


@contextmanager
def files(served: dict[str, File], latency: float = 0.0) -> Iterator[Plain]:
    """Serve files by their names; each answer waits ``latency`` seconds."""

    def script(seen: Seen, reply: Reply, server: Plain) -> None:
        if latency:
            server.stopping.wait(latency)
        file = served.get(seen.target.lstrip("/").partition("?")[0])
        if file is None:
            reply.send(404)
        elif file.status != 200:
            reply.send(file.status, **({"location": file.location} if file.location else {}))
        elif file.etag and seen.headers.get("if-none-match") == file.etag:
            reply.send(304, etag=file.etag)
        else:
            _give(file, seen, reply)

    with plain(script) as server:
        yield server


def _give(file: File, seen: Seen, reply: Reply) -> None:
    told = {"content_type": file.media_type}
    told |= {"etag": file.etag} if file.etag else {}
    told |= {"last_modified": file.modified} if file.modified else {}
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", seen.headers.get("range", ""))
    size = len(file.content)
    if asked and file.ranges:
        first, last = int(asked[1]), min(int(asked[2] or size), size - 1)
        if first >= size:
            reply.send(416, content_range=f"bytes */{size}")
            return
        body = file.content[first : last + 1]
        reply.send(206, body, content_range=f"bytes {first}-{last}/{file.length or size}", **told)
        return
    reply.send(200, file.content, **told, **({"content_length": str(file.length)} if file.length else {}))


def rows(count: int) -> Iterator[list[Any]]:
    """Rows of data."""
    for number in range(count):
        yield [
            f"Quarryland {CELL} {number}",
            f"QL{CELL}{number:03}",
            77000 + number,
            77000 + 2 * number,
            f"{CELL} said",
        ]


def csv_text(count: int, *, delimiter: str = ",", tags: Sequence[str] = TAGS, headers: Sequence[str] = HEADERS) -> str:
    lines = [delimiter.join(headers), *([delimiter.join(tags)] if tags else [])]
    return "\r\n".join([*lines, *(delimiter.join(map(str, row)) for row in rows(count)), ""])


def xlsx(count: int, *, tags: Sequence[str] = TAGS, sheets: Sequence[str] = ("Data",), notes: bool = True) -> bytes:
    """A workbook as Excel lays it out, with a sheet of notes first."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        if notes:
            sheet = book.add_worksheet("Read me")
            sheet.write(0, 0, f"This is about {CELL}")
        for name in sheets:
            sheet = book.add_worksheet(name)
            for at, row in enumerate([list(HEADERS), *([list(tags)] if tags else []), *rows(count)]):
                sheet.write_row(at, 0, row)
    return made.getvalue()


def ods(count: int) -> bytes:
    def cell(value: object) -> str:
        kind = f'"float" office:value="{value}"' if isinstance(value, int) else '"string"'
        return f"<table:table-cell office:value-type={kind}><text:p>{value}</text:p></table:table-cell>"

    body = "".join(
        f"<table:table-row>{''.join(map(cell, row))}"
        '<table:table-cell table:number-columns-repeated="16379"/></table:table-row>'
        for row in [HEADERS, TAGS, *rows(count)]
    )
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="Data">{body}</table:table>'
        '<table:table table:name="Empty"><table:table-row table:number-rows-repeated="1048576"><table:table-cell '
        'table:number-columns-repeated="16384"/></table:table-row></table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": content.encode()})


def xls(count: int) -> bytes:
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    for at, row in enumerate([HEADERS, TAGS, *rows(count)]):
        for column, value in enumerate(row):
            sheet.write(at, column, value)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def geojson(count: int, *, outline: int = 4) -> bytes:
    """Outlines stand before the properties, as some writers have it."""
    points = ",".join(f"[7700.{number},12.5]" for number in range(outline))
    features = ",".join(
        f'{{"type": "Feature", "geometry": {{"type": "Polygon", "coordinates": [[{points}]]}}, "properties": '
        f'{{"ADM1_EN": "{CELL} {number}", "ADM1_PCODE": "QL{CELL}{number}", "IDPs": {77000 + number}, '
        '"more": {"a": 1}}}'
        for number in range(count)
    )
    return f'{{"type": "FeatureCollection", "crs": {{"name": "sample"}}, "features": [{features}]}}'.encode()


def packed(parts: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


_BOOK = {
    "[Content_Types].xml": (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        '<Override PartName="/xl/sharedStrings.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
    ),
    "xl/workbook.xml": (
        '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
        '<sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}
_SHEET = (
    '<?xml version="1.0"?>{0}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
)


def workbook(sheet: bytes, strings: bytes = b"", more: dict[str, bytes] | None = None) -> bytes:
    """A workbook with the given first sheet (from ``<sheetData>`` on) and shared strings, however hostile."""
    parts = {name: text.encode() for name, text in _BOOK.items()} | (more or {})
    parts["xl/worksheets/sheet1.xml"] = _SHEET.format("").encode() + sheet
    if strings:
        head = '<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        parts["xl/sharedStrings.xml"] = head.encode() + strings
    return packed(parts)


def inline(values: Sequence[str], number: int) -> bytes:
    """A row of a sheet that shares no strings."""
    cells = "".join(f'<c t="inlineStr"><is><t>{value}</t></is></c>' for value in values)
    return f'<row r="{number}">{cells}</row>'.encode()


def bomb() -> bytes:
    """A workbook of 800 MB in less than 1 MB: one row that does not end."""
    return _zipped_run("xl/worksheets/sheet1.xml", _SHEET.format("").encode() + b'<row r="1">', b"<c><v>77001</v></c>")


def strings_bomb() -> bytes:
    """A workbook whose first cell is a string that stands behind 800 MB of others."""
    sheet = b'<row r="1"><c t="s"><v>99999999</v></c></row></sheetData></worksheet>'
    head = b'<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    first = {"xl/worksheets/sheet1.xml": _SHEET.format("").encode() + sheet}
    return _zipped_run("xl/sharedStrings.xml", head, b"<si><t>qq-sample-cell</t></si>", first)


def laughs() -> bytes:
    """A sheet whose XML expands."""
    laughter = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 10))
    head = f'<!DOCTYPE worksheet [<!ENTITY l0 "{CELL}">{laughter}]>'
    parts = {name: text.encode() for name, text in _BOOK.items()}
    sheet = _SHEET.format(head) + '<row r="1"><c t="inlineStr"><is><t>&l9;</t></is></c></row></sheetData></worksheet>'
    return packed(parts | {"xl/worksheets/sheet1.xml": sheet.encode()})


def _zipped_run(name: str, head: bytes, unit: bytes, first: dict[str, bytes] | None = None) -> bytes:
    """A workbook one part of which repeats ``unit`` for 800 MB; packed without ever being whole in memory."""
    parts = {path: text.encode() for path, text in _BOOK.items()} | (first or {})
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, content in parts.items():
            archive.writestr(path, content)
        block = unit * ((1 << 20) // len(unit))
        with archive.open(zipfile.ZipInfo(name), "w") as part:
            part._compressor = zlib.compressobj(9, zlib.DEFLATED, -15)  # type: ignore[attr-defined]
            part._zinfo.compress_type = zipfile.ZIP_DEFLATED  # type: ignore[attr-defined]
            part.write(head)
            for _ in range(800):
                part.write(block)
    return made.getvalue()


def encrypted() -> bytes:
    """An OLE2 file with the streams that a locked workbook of today has, as far as a reader looks."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    entries = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in ("EncryptionInfo", "EncryptedPackage"))
    return header.ljust(512, b"\0") + entries.ljust(2048, b"\0")


def locked_zip() -> bytes:
    """A zip whose member says that it needs a password."""
    made = bytearray(packed({"table.csv": csv_text(3).encode()}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = made.index(mark)
        made[place + at] |= 1
    return bytes(made)
