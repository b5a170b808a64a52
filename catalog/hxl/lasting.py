"""Hashtags that a portal no longer declares: they stay, with the day on which they were seen last. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

from catalog.records import ColumnRecord, DatasetRecord
from catalog.vocabulary import TagOrigin

C = TypeVar("C")
_Columns = tuple[ColumnRecord, ...]
_Place = tuple[str, str, int]
_Known = Mapping[tuple[str, str, str, int], Mapping[str, Any]]

LAST_SEEN = ", last seen "
"""Between who declared a hashtag and the day; part of the tag's rule."""


def lasting(record: DatasetRecord, before: Mapping[str, Any], seen: Callable[[], date]) -> DatasetRecord:
    """The record, its columns with the hashtags that ``before``, its full document, has as declared and it has not.

    A column is the same if file, sheet and header are, and it is the same one of those that share the header. What no
    longer is among the columns does not come back, and a file whose columns a person may no longer know of gets none.
    ``seen`` is asked for the day only if a tag is missing.
    """
    if not any(file.columns for file in record.distributions) and not record.columns:
        return record
    known = {
        (file["key"], *place): tag
        for file in before["distributions"]
        for column, place in _placed((column["sheet"], column["header"], column) for column in file["columns"])
        for tag in column["tags"]
        if tag["origin"] == TagOrigin.DECLARED.value
    }
    if not known:
        return record
    files = [(file, _restored(file.key, file.columns, known, seen)) for file in record.distributions]
    own = _restored("", record.columns, known, seen)
    if own is record.columns and all(columns is file.columns for file, columns in files):
        return record
    distributions = tuple(
        file if columns is file.columns else replace(file, columns=columns) for file, columns in files
    )
    return replace(record, columns=own, distributions=distributions)


def _placed(columns: Iterable[tuple[str, str, C]]) -> Iterator[tuple[C, _Place]]:
    """Each column with its sheet, its header, and which of the sheet's columns of this header it is."""
    met: Counter[tuple[str, str]] = Counter()
    for sheet, header, column in columns:
        met[sheet, header] += 1
        yield column, (sheet, header, met[sheet, header])


def _restored(key: str, columns: tuple[ColumnRecord, ...], known: _Known, seen: Callable[[], date]) -> _Columns:
    placed = _placed((column.sheet, column.header, column) for column in columns)
    made = tuple([_with_tag(column, known.get((key, *place)), seen) for column, place in placed])
    return columns if all(new is column for new, column in zip(made, columns, strict=True)) else made


def _with_tag(column: ColumnRecord, tag: Mapping[str, Any] | None, seen: Callable[[], date]) -> ColumnRecord:
    if column.hashtag or tag is None:
        return column
    said = str(tag["rule"]).partition(";")[0]
    told_by = said if LAST_SEEN in said else f"{said}{LAST_SEEN}{seen().isoformat()}"
    return replace(column, hashtag=tag["tag"], told_by=told_by)
