"""Hashtags that a portal no longer declares: they stay, with the day on which they were seen last. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from catalog.records import ColumnRecord, DatasetRecord
from catalog.vocabulary import TagOrigin

LAST_SEEN = ", last seen "
"""Between who declared a hashtag and the day; part of the tag's rule."""


def lasting(record: DatasetRecord, before: Mapping[str, Any], seen: Callable[[], date]) -> DatasetRecord:
    """The record, its columns with the hashtags that ``before``, its full document, has as declared and it has not.

    A column is the same if file, sheet and header are. What no longer is among the columns does not come back, and a
    file whose columns a person may no longer know of gets none. ``seen`` is asked for the day only if a tag is missing.
    """
    if not any(file.columns for file in record.distributions) and not record.columns:
        return record
    known = {
        (file["key"], column["sheet"], column["header"]): tag
        for file in before["distributions"]
        for column in file["columns"]
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


def _restored(
    key: str,
    columns: tuple[ColumnRecord, ...],
    known: Mapping[tuple[str, str, str], Mapping[str, Any]],
    seen: Callable[[], date],
) -> tuple[ColumnRecord, ...]:
    lost = {place for place, column in enumerate(columns) if _lost(key, column, known)}
    return tuple(_with_lost(key, columns, lost, known, seen)) if lost else columns


def _lost(key: str, column: ColumnRecord, known: Mapping[tuple[str, str, str], Mapping[str, Any]]) -> bool:
    return not column.hashtag and (key, column.sheet, column.header) in known


def _with_lost(
    key: str,
    columns: Sequence[ColumnRecord],
    lost: set[int],
    known: Mapping[tuple[str, str, str], Mapping[str, Any]],
    seen: Callable[[], date],
) -> Iterator[ColumnRecord]:
    for place, column in enumerate(columns):
        if place not in lost:
            yield column
            continue
        tag = known[key, column.sheet, column.header]
        said = str(tag["rule"]).partition(";")[0]
        told_by = said if LAST_SEEN in said else f"{said}{LAST_SEEN}{seen().isoformat()}"
        yield replace(column, hashtag=tag["tag"], told_by=told_by)
