"""Files of rows and columns, opened without trust: XLSX, ODS, and CSV in whatever encoding; bounded, nothing is run.

What would take more than its share is refused before it is unpacked; macros are refused; a hidden sheet is left out
with a word; a formula is not computed and stands as :class:`Formula`.
"""

import csv
import io
import re
import warnings
import zipfile
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

MOST_BYTES = 16 << 20
"""Of a file."""
MOST_UNPACKED = 64 << 20
MOST_SHARED = 16 << 20
"""Of a part that is held whole, such as the list of a workbook's texts."""
MOST_STREAMED = 32 << 20
"""Of a sheet, unpacked."""
MOST_ELEMENTS = 800_000
"""Of all parts that are read: each costs some microseconds, however little it says."""
MOST_DEEP = 60
"""Elements within one another: what is open is held."""
MOST_MERGED = 10_000
"""Merged cells of a sheet that are looked at."""
MOST_PARTS = 2_000
MOST_ROWS = 5_000
"""Rows with something in them on one sheet."""
MOST_COLUMNS = 120
MOST_LETTERS = 20 << 20
"""Of all cells of a sheet."""
MOST_EMPTY = 5_000
"""Empty rows in succession, after which nothing more is looked for."""
MOST_SHEETS = 30
ENCODINGS = ("utf-8", "cp1252", "cp1251", "cp1256")
DELIMITERS = (",", ";", "\t", "|")
_STREAMED = ("xl/worksheets/", "content.xml")
_TOO_MUCH = (
    f"A sheet has more than {MOST_ROWS} rows, or too much in it. The register lists holdings, a row each, not their "
    "data: give it a sheet of these alone, or several."
)
_OLD = b"\xd0\xcf\x11\xe0"
_QUOTED = re.compile(r"'+[=+\-@\t\r]")


class Unreadable(Exception):  # noqa: N818
    """The file is not taken; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that would be computed."""

    text: str


Value = str | int | float | bool | date | Formula | None
"""What a cell holds; a datetime is a date."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row with something in it; ``number`` is the spreadsheet's, from 1."""

    number: int
    cells: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet.

    Attributes:
        name: Empty for a file that has none.
        notes: What people should know of the sheet, in sentences.
    """

    name: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """A file's visible sheets.

    Attributes:
        from_1904: Whether it counts days from 1904.
        notes: What was left out, in sentences.
    """

    pages: tuple[Page, ...]
    from_1904: bool = False
    notes: tuple[str, ...] = ()


def opened(body: bytes, known: Callable[[Iterable[Value]], int]) -> Opened:
    """The sheets of a file.

    Args:
        body: The file.
        known: How many headings a row has; by it the encoding and the delimiter of a CSV are told.

    Raises:
        Unreadable: It is too large, has macros, or is no file of these kinds.
    """
    if len(body) > MOST_BYTES:
        raise Unreadable(f"The file is larger than {MOST_BYTES >> 20} MiB. Leave out what is no list of holdings.")
    if body.startswith(_OLD):
        raise Unreadable("The file is an old Excel file or has a password. Save it as XLSX, without a password.")
    if not body.startswith(b"PK"):
        return Opened((_csv(body, known),))
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _ods(archive) if "content.xml" in _checked(archive) else _xlsx(body, archive)
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable(f"The workbook cannot be read ({type(error).__name__}). Save it anew as XLSX.") from error


def quoted(text: str) -> str:
    """A text that a spreadsheet does not take for a formula, in a CSV; see :func:`unquoted`."""
    return f"'{text}" if text.lstrip("'")[:1] in {"=", "+", "-", "@", "\t", "\r"} and text else text


def unquoted(text: str) -> str:
    """The text that was :func:`quoted`."""
    return text[1:] if _QUOTED.match(text) else text


def _checked(archive: zipfile.ZipFile) -> frozenset[str]:
    parts = archive.infolist()
    names = frozenset(part.filename for part in parts)
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Unreadable(
            f"Unpacked, the workbook has more than {MOST_UNPACKED >> 20} MiB. Copy the rows into a new one."
        )
    read = [part for part in parts if part.filename.endswith((".xml", ".rels"))]
    if any(part.file_size > MOST_STREAMED for part in read if part.filename.startswith(_STREAMED)):
        raise Unreadable(_TOO_MUCH)
    held = [part for part in read if not part.filename.startswith(_STREAMED)]
    if any(part.file_size > MOST_SHARED for part in held):
        raise Unreadable(f"The workbook's texts have more than {MOST_SHARED >> 20} MiB. Split it.")
    macros = "vbaproject.bin", "xl/macrosheets/", "basic/", "scripts/"
    if any(name.lower().endswith(macros[0]) or name.lower().startswith(macros[1:]) for name in names):
        raise Unreadable("The workbook has macros. Save it as XLSX without macros.")
    _plain(archive, read)
    return names


def _plain(archive: zipfile.ZipFile, parts: Iterable[zipfile.ZipInfo]) -> None:
    """Raise Unreadable where the parts have too many elements, or these stand too deep within one another."""
    from xml.parsers import expat

    count = deep = 0

    def begin(*_: object) -> None:
        nonlocal count, deep
        count, deep = count + 1, deep + 1
        if count > MOST_ELEMENTS or deep > MOST_DEEP:
            raise Unreadable(_TOO_MUCH)

    def end(_: str) -> None:
        nonlocal deep
        deep -= 1

    for part in parts:
        deep = 0
        # Whatever is declared of entities is refused by who reads the part; here nothing is expanded.
        parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = begin, end
        parser.EntityDeclHandler = _no_entities
        with archive.open(part) as stream, suppress(expat.ExpatError):
            while piece := stream.read(1 << 16):
                parser.Parse(piece)


def _no_entities(*_: object) -> None:
    raise Unreadable("The workbook cannot be read (EntitiesForbidden). Save it anew as XLSX.")


def _xlsx(body: bytes, archive: zipfile.ZipFile) -> Opened:
    from openpyxl import load_workbook
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    book = load_workbook(io.BytesIO(body), read_only=True, keep_links=False)
    try:
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        hidden = [sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible"]
        notes = [f'The hidden sheet "{title}" was not read.' for title in hidden]
        notes += _too_many(len(sheets))
        pages = []
        for sheet in sheets[:MOST_SHEETS]:
            sheet.reset_dimensions()
            rows = enumerate(sheet.rows, 1)
            lines, said = _kept((number, [_of_cell(cell) for cell in row[:MOST_COLUMNS]]) for number, row in rows)
            pages.append(Page(sheet.title, _filled(lines, _merged(archive, sheet)), tuple(said)))
        return Opened(tuple(pages), book.epoch == CALENDAR_MAC_1904, tuple(notes))
    finally:
        book.close()


def _of_cell(cell: Any) -> Value:  # noqa: ANN401 - one of openpyxl's four sorts
    value = cell.value
    if value is None or isinstance(value, bool | int | float | datetime | date):
        return value
    if isinstance(value, time | timedelta):
        return str(value)
    if cell.data_type == "f" or not isinstance(value, str):
        return Formula(str(value))
    return "" if cell.data_type == "e" else value


def _merged(archive: zipfile.ZipFile, sheet: Any) -> Iterator[tuple[int, int, int]]:  # noqa: ANN401 - openpyxl has no type
    """Merged cells of one column that span rows: column from 0, first and last row from 1."""
    from defusedxml.ElementTree import iterparse
    from openpyxl.utils import range_boundaries

    path = sheet._worksheet_path.lstrip("/")  # noqa: SLF001 - what is read row by row does not tell
    left_to_look = MOST_MERGED
    with archive.open(path) as part:
        for _, element in iterparse(part):
            if element.tag.endswith("}mergeCell") and left_to_look:
                left_to_look -= 1
                left, top, _, bottom = range_boundaries(element.get("ref", ""))
                if bottom > top:
                    yield left - 1, top, min(bottom, top + MOST_ROWS)
            element.clear()


def _filled(lines: tuple[Line, ...], merged: Iterable[tuple[int, int, int]]) -> tuple[Line, ...]:
    """With the value of merged cells in each of their rows that has anything else."""
    by_number = {line.number: list(line.cells) for line in lines}
    numbers = sorted(by_number)
    filled: set[tuple[int, int]] = set()
    for column, top, bottom in merged:
        first = by_number.get(top, [])
        if column >= len(first) or (column, top) in filled:
            continue
        filled.add((column, top))
        for number in numbers[bisect_right(numbers, top) : bisect_right(numbers, bottom)]:
            cells = by_number[number]
            cells += [None] * (column + 1 - len(cells))
            if cells[column] in (None, ""):
                cells[column] = first[column]
    return tuple(Line(number, tuple(cells)) for number, cells in by_number.items())


def _kept(rows: Iterable[tuple[int, list[Value]]]) -> tuple[tuple[Line, ...], list[str]]:
    """The rows with something in them; raises Unreadable where they are too many."""
    lines: list[Line] = []
    letters = last = 0
    for number, cells in rows:
        if all(cell is None or cell == "" for cell in cells):
            if number - last > MOST_EMPTY:
                return tuple(lines), [f"After row {last} come only empty rows; nothing below row {number} was read."]
            continue
        last = number
        letters += sum(len(cell) for cell in cells if isinstance(cell, str))
        if len(lines) == MOST_ROWS or letters > MOST_LETTERS:
            raise Unreadable(_TOO_MUCH)
        lines.append(Line(number, tuple(cells)))
    return tuple(lines), []


def _too_many(count: int) -> list[str]:
    return [f"Only the first {MOST_SHEETS} of {count} sheets were read."] if count > MOST_SHEETS else []


def _csv(body: bytes, known: Callable[[Iterable[Value]], int]) -> Page:
    best: tuple[int, str, str] = (-1, "", ",")
    for text in _decoded(body):
        head = "\n".join(text[:20_000].splitlines()[:40])
        for delimiter in DELIMITERS:
            score = max((known(row) for row in _parsed(head, delimiter)), default=0)
            if score > best[0]:
                best = (score, text, delimiter)
    _, text, delimiter = best
    if "\0" in text:
        raise Unreadable("The file is neither a workbook nor a table of text. Save it as XLSX or CSV.")
    try:
        lines, notes = _kept(
            (number, list(row[:MOST_COLUMNS])) for number, row in enumerate(_parsed(text, delimiter), 1)
        )
    except csv.Error as error:
        raise Unreadable(f"The table of text cannot be read ({error}). Save it as XLSX.") from error
    return Page("", lines, tuple(notes))


def _decoded(body: bytes) -> Iterator[str]:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield body.decode("utf-16", errors="replace")
        return
    for encoding in ("utf-8-sig",) if body.startswith(b"\xef\xbb\xbf") else ENCODINGS:
        try:
            yield body.decode(encoding)
        except UnicodeDecodeError:
            continue
    yield body.decode("utf-8-sig", errors="replace")


def _parsed(text: str, delimiter: str) -> Iterator[list[Value]]:
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        yield [unquoted(cell) for cell in row]


def _ods(archive: zipfile.ZipFile) -> Opened:
    from catalog.register.ods import sheets

    pages: list[Page] = []
    notes: list[str] = []
    for name, visible, rows in sheets(archive):
        if not visible:
            notes.append(f'The hidden sheet "{name}" was not read.')
        elif len(pages) < MOST_SHEETS:
            lines, said = _kept(rows)
            pages.append(Page(name, lines, tuple(said)))
    return Opened(tuple(pages), notes=tuple(notes))
