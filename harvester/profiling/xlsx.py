"""Excel workbooks: the first rows of each sheet, and of the strings that sheets share as many as these rows name.

openpyxl parses; it is given one part after the other, each bounded, for it reads all strings before any sheet.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from harvester.profiling.archive import Archive, TooLarge
from harvester.profiling.pieces import AHEAD, Unread
from harvester.profiling.table import MOST_COLUMNS, MOST_SHEETS, ROWS, Found, Remark, Sheet, too_wide

_MANIFEST = "[Content_Types].xml"
_FIRST_OF_SHEET = 12_000
"""Packed bytes of a sheet that mostly hold its first rows."""
_FIRST_OF_STRINGS = 24_000
_MACROS = "vbaProject.bin"
_BINARY = "xl/workbook.bin"


@dataclass(frozen=True, slots=True)
class _String:
    """A shared string, by its number."""

    number: int


class _Strings(Sequence[_String]):
    """Stands for the strings that are not read yet."""

    def __len__(self) -> int:
        return 1 << 31

    def __getitem__(self, number: int) -> _String:  # type: ignore[override]
        return _String(number)


def sheets(archive: Archive) -> Found:
    """The first rows of a workbook's sheets; raises Unread, Wanted."""
    if _BINARY in archive.names:
        raise Unread("format-not-read", "The workbook is in Excel's binary format, which is not read.")
    sheets_first = [name for name in archive.names if name.startswith("xl/worksheets/sheet")][:MOST_SHEETS]
    archive.need(
        ([name for name in archive.names if _is_small(name)], AHEAD),
        (sheets_first, _FIRST_OF_SHEET),
        ((name for name in archive.names if name == "xl/sharedStrings.xml"), _FIRST_OF_STRINGS),
    )
    with warnings.catch_warnings():
        # What openpyxl warns of may quote a cell.
        warnings.simplefilter("ignore")
        named, shared = _parts(archive)
        archive.need(([path for _, path in named[:MOST_SHEETS]], _FIRST_OF_SHEET))
        read = [_sheet(archive, name, path) for name, path in named[:MOST_SHEETS]]
        numbers = {cell.number for sheet, _ in read for row in sheet.rows for cell in row if isinstance(cell, _String)}
        strings = _strings(archive, shared, numbers)
    found: list[Sheet] = []
    remarks = [remark for _, remark in read if remark is not None]
    for sheet, _ in read:
        rows = list(_resolved(sheet.rows, strings))
        if sheet.rows and not rows:
            message = "The sheet's first words stand too far back in the file."
            remarks.append(Remark("strings-too-far", message, sheet.name))
        found.append(Sheet(sheet.name, rows, sheet.row_count, sheet.column_count))
    if len(named) > MOST_SHEETS:
        remarks.append(Remark("too-many-sheets", f"{len(named)} sheets; the first {MOST_SHEETS} are read."))
    if any(name.endswith(_MACROS) for name in archive.names):
        remarks.append(Remark("macros", "The workbook holds macros; they were not looked at."))
    return Found("XLSX", tuple(found), tuple(remarks))


def _is_small(name: str) -> bool:
    return name == _MANIFEST or (name.endswith((".rels", "workbook.xml")) and name.count("/") <= 2)  # noqa: PLR2004


def _parts(archive: Archive) -> tuple[list[tuple[str, str]], str]:
    """Names of the sheets with the paths of their parts, and the path of the shared strings."""
    import openpyxl

    if not openpyxl.DEFUSEDXML:
        raise Unread("no-defusedxml", "Workbooks are read only where defusedxml is installed.")
    from openpyxl.packaging.manifest import Manifest
    from openpyxl.reader.workbook import WorkbookParser
    from openpyxl.xml.constants import SHARED_STRINGS, XLSM, XLSX, XLTM, XLTX
    from openpyxl.xml.functions import fromstring

    try:
        manifest = Manifest.from_tree(fromstring(archive.read(_MANIFEST)))
        books = [part for kind in (XLSX, XLSM, XLTX, XLTM) for part in manifest.findall(kind)]
        path = books[0].PartName[1:] if books else "xl/workbook.xml"
        book = WorkbookParser(archive, path, keep_links=False)
        book.parse()
        named = [
            (sheet.name, rel.target)
            for sheet, rel in book.find_sheets()
            if rel.target in archive.names and "chartsheet" not in rel.Type
        ]
        shared = manifest.find(SHARED_STRINGS)
    except KeyError as error:
        raise Unread("broken", "The file is packed like a workbook, and is none.") from error
    if not named:
        raise Unread("broken", "The file is packed like a workbook, and has no sheet.")
    return named, shared.PartName[1:] if shared is not None else ""


def _sheet(archive: Archive, name: str, path: str) -> tuple[Sheet, Remark | None]:
    from openpyxl.worksheet._reader import WorkSheetParser

    rows: list[list[object]] = []
    widest = 0
    with archive.open(path) as member:
        parser = WorkSheetParser(member, _Strings(), data_only=True)
        try:
            for number, cells in islice(parser.parse(), ROWS):
                if number > ROWS or number <= len(rows):
                    break
                rows += [[] for _ in range(number - 1 - len(rows))]
                rows.append(_row(cells))
                widest = max(widest, len(rows[-1]))
                if len(rows) == ROWS:
                    break
        except TooLarge:
            pass
        cut = member.cut
    if widest > MOST_COLUMNS:
        return Sheet(name), too_wide(name, widest)
    if cut and not rows:
        return Sheet(name), Remark("too-large", "The sheet's first row is larger than is read of it.", name)
    row_count, column_count = _extent(archive, path)
    return Sheet(name, rows, row_count, column_count), None


def _row(cells: Sequence[dict[str, object]]) -> list[object]:
    by_column = {cell["column"]: cell["value"] for cell in cells if isinstance(cell["column"], int)}
    filled = [column for column, value in by_column.items() if value is not None]
    return [by_column.get(column) for column in range(1, max(filled, default=0) + 1)]


def _extent(archive: Archive, path: str) -> tuple[int | None, int | None]:
    """Rows and columns, if the sheet says how many it has."""
    from openpyxl.worksheet._reader import WorkSheetParser

    with archive.open(path) as member:
        try:
            bounds = WorkSheetParser(member, ()).parse_dimensions()
        except (TooLarge, ValueError):
            return None, None
    if bounds is None or None in bounds:
        return None, None
    first_column, first_row, last_column, last_row = bounds
    # Some writers say A1 of whatever they hold.
    return (None, None) if (first_column, first_row) == (last_column, last_row) else (last_row, last_column)


def _strings(archive: Archive, path: str, numbers: set[int]) -> dict[int, str]:
    """The shared strings of these numbers, as far as they are read."""
    if not numbers or path not in archive.names:
        return {}
    from openpyxl.cell.text import Text
    from openpyxl.xml.constants import SHEET_MAIN_NS
    from openpyxl.xml.functions import iterparse

    found: dict[int, str] = {}
    last, number = max(numbers), 0
    tag = f"{{{SHEET_MAIN_NS}}}si"
    with archive.open(path) as member:
        try:
            for _, node in iterparse(member):
                if node.tag == tag:
                    if number in numbers:
                        found[number] = str(Text.from_tree(node).content).replace("x005F_", "")
                    node.clear()
                    number += 1
                    if number > last:
                        break
        except TooLarge:
            pass
    return found


def _resolved(rows: Sequence[Sequence[object]], strings: dict[int, str]) -> Iterator[list[object]]:
    """The rows with their strings, up to the first that has one which is not there."""
    for row in rows:
        if any(isinstance(cell, _String) and cell.number not in strings for cell in row):
            return
        yield [strings[cell.number] if isinstance(cell, _String) else cell for cell in row]
