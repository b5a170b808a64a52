"""Sheets of an OpenDocument file, read from its own XML: values as they were typed or computed, notes left out."""

import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from catalog.register.files import MOST_COLUMNS, MOST_ROWS, Formula, Value

_SPACE = "{urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _OFFICE = f"{_SPACE}table:1.0}}", f"{_SPACE}office:1.0}}"
_TEXT, _STYLE = f"{_SPACE}text:1.0}}", f"{_SPACE}style:1.0}}"
Rows = list[tuple[int, list[Value]]]


def sheets(archive: zipfile.ZipFile) -> Iterator[tuple[str, bool, Rows]]:
    """Name, whether it is shown, and rows with their numbers from 1, of each sheet; of rows no more than are taken."""
    from defusedxml.ElementTree import iterparse

    hidden: set[str] = set()
    rows: Rows = []
    merged: dict[int, tuple[int, Value]] = {}
    number = 0
    with archive.open("content.xml") as part:
        for event, element in iterparse(part, events=("start", "end")):
            if event == "start":
                if element.tag == f"{_TABLE}table":
                    rows, merged, number = [], {}, 0
            elif element.tag == f"{_STYLE}style":
                shown = element.find(f"{_STYLE}table-properties")
                if shown is not None and shown.get(f"{_TABLE}display") == "false":
                    hidden.add(element.get(f"{_STYLE}name", ""))
            elif element.tag == f"{_TABLE}table-row":
                times = _times(element, "number-rows-repeated")
                cells = _cells(element, number + 1, merged)
                element.clear()
                if any(cell not in (None, "") for cell in cells) and len(rows) <= MOST_ROWS:
                    rows += [(number + place, cells) for place in range(1, min(times, MOST_ROWS + 1) + 1)]
                number += times
            elif element.tag == f"{_TABLE}table":
                yield element.get(f"{_TABLE}name", ""), element.get(f"{_TABLE}style-name", "") not in hidden, rows
                element.clear()


def _cells(row: Any, number: int, merged: dict[int, tuple[int, Value]]) -> list[Value]:  # noqa: ANN401 - an element
    found: list[Value] = []
    for cell in row:
        if cell.tag not in {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}:
            continue
        place = len(found)
        covered = cell.tag == f"{_TABLE}covered-table-cell"
        value = _value(cell)
        if covered and place in merged and number <= merged[place][0]:
            value = merged[place][1]
        if (span := _times(cell, "number-rows-spanned")) > 1:
            merged[place] = (number + span - 1, value)
        found += [value] * min(_times(cell, "number-columns-repeated"), MOST_COLUMNS - place)
        if len(found) >= MOST_COLUMNS:
            break
    return found


def _value(cell: Any) -> Value:  # noqa: ANN401
    if cell.get(f"{_TABLE}formula"):
        return Formula(cell.get(f"{_TABLE}formula"))
    sort = cell.get(f"{_OFFICE}value-type", "")
    if sort == "date":
        return datetime.fromisoformat(cell.get(f"{_OFFICE}date-value", ""))
    if sort in {"float", "percentage", "currency"}:
        return float(cell.get(f"{_OFFICE}value", ""))
    if sort == "boolean":
        return bool(cell.get(f"{_OFFICE}boolean-value") == "true")
    # Notes to a cell have paragraphs too, deeper down.
    told = "\n".join("".join(paragraph.itertext()) for paragraph in cell.findall(f"{_TEXT}p"))
    return told or None


def _times(element: Any, name: str) -> int:  # noqa: ANN401
    given = element.get(f"{_TABLE}{name}", "1")
    return max(1, int(given)) if given.isdigit() else 1
