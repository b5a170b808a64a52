"""OpenDocument spreadsheets: all sheets stand one after the other in one part, which is read as far as its bound."""

from collections.abc import Iterator
from typing import Any

from harvester.profiling.archive import Archive, TooLarge
from harvester.profiling.pieces import AHEAD
from harvester.profiling.table import MOST_COLUMNS, MOST_SHEETS, ROWS, Found, Remark, Sheet, too_wide

CONTENT, MIMETYPE = "content.xml", "application/vnd.oasis.opendocument.spreadsheet"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_MOST_UNPACKED = 3_000_000


def sheets(archive: Archive) -> Found:
    """The first rows of the sheets that stand within the bound; raises Unread, Wanted."""
    from defusedxml.ElementTree import iterparse

    archive.need(([CONTENT], AHEAD))
    found: list[Sheet] = []
    remarks: list[Remark] = []
    with archive.open(CONTENT, _MOST_UNPACKED) as member:
        reading = _Reading()
        try:
            for event, node in iterparse(member, events=("start", "end")):
                done = reading.take(event, node)
                if done is not None:
                    found.append(done)
                    if len(found) == MOST_SHEETS:
                        remarks.append(Remark("too-many-sheets", f"The first {MOST_SHEETS} sheets are read."))
                        break
        except TooLarge:
            remarks.append(Remark("too-large", "Sheets that stand far back in the file were not reached."))
            if reading.name is not None:
                found.append(Sheet(reading.name, reading.rows))
    for at, sheet in enumerate(found):
        widest = max(map(len, sheet.rows), default=0)
        if widest > MOST_COLUMNS:
            remarks.append(too_wide(sheet.name, widest))
            found[at] = Sheet(sheet.name)
    return Found("ODS", tuple(found), tuple(remarks))


class _Reading:
    """Where in the part the reading is.

    Attributes:
        name: Of the sheet that is open, None between sheets.
    """

    def __init__(self) -> None:
        self.name: str | None = None
        self.rows: list[list[object]] = []
        self._inside: list[Any] = []

    def take(self, event: str, node: Any) -> Sheet | None:  # noqa: ANN401 - an element
        """Take note of an element's start or end; a sheet that is complete."""
        if event == "start":
            if node.tag == f"{_TABLE}table" and self.name is None:
                self.name, self.rows = node.get(f"{_TABLE}name", ""), []
            self._inside.append(node)
            return None
        self._inside.pop()
        if node.tag == f"{_TABLE}table-row" and self.name is not None:
            if len(self.rows) < ROWS:
                row = list(_cells(node))
                times = min(_times(node, "rows"), ROWS - len(self.rows))
                self.rows += [row] * times
            self._drop(node)
        elif node.tag == f"{_TABLE}table" and self.name is not None:
            made = Sheet(self.name, self.rows)
            self.name = None
            self._drop(node)
            return made
        elif self.name is None:
            self._drop(node)
        return None

    def _drop(self, node: Any) -> None:  # noqa: ANN401 - an element
        node.clear()
        if self._inside:
            self._inside[-1].remove(node)


def _cells(row: Any) -> Iterator[object]:  # noqa: ANN401 - an element
    """The cells of a row; empty ones at its end are left out, for a sheet says a thousand of them."""
    empty = made = 0
    for cell in row:
        if cell.tag not in {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}:
            continue
        words = "\n".join("".join(text.itertext()) for text in cell.iter(f"{_TEXT}p"))
        kind = cell.get(f"{_OFFICE}value-type", "")
        value: object = cell.get(f"{_OFFICE}value") if kind in {"float", "percentage", "currency"} else words
        times = min(_times(cell, "columns"), MOST_COLUMNS + 1)
        if not value:
            empty = min(empty + times, MOST_COLUMNS + 1)
            continue
        for one in [""] * empty + [value] * times:
            yield one
            made += 1
            if made > MOST_COLUMNS:
                return
        empty = 0


def _times(node: Any, of: str) -> int:  # noqa: ANN401 - an element
    said = node.get(f"{_TABLE}number-{of}-repeated", "1")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 8 else 1  # noqa: PLR2004
