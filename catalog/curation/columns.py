"""Which columns a person's hashtag is on: those of a header, in every table of the record or in one. Pure.

By header, not by position, so that it stays where a file gets columns or loses others. What is kept as the field of a
correction is ``hxl`` and a JSON list of file, sheet and header, of which file and sheet may be null for any.
"""

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import orjson

from catalog.curation.fields import NONE, Wrong
from catalog.hxl.tags import canonical
from catalog.records import ColumnRecord, DatasetRecord
from catalog.text import normalize

PREFIX = "hxl "
_MOST = 300


@dataclass(frozen=True, slots=True)
class Place:
    """Where a hashtag stands: on columns of a header; in one file or sheet, or in any."""

    header: str
    sheet: str | None = None
    file: str | None = None

    @property
    def field(self) -> str:
        """As it is kept."""
        return PREFIX + orjson.dumps([self.file, self.sheet, self.header]).decode()

    @property
    def label(self) -> str:
        """As people call it."""
        where = f' in "{self.sheet}"' if self.sheet else ""
        return f'Hashtag of "{self.header}"{where}'

    def holds(self, file: str, column: ColumnRecord) -> bool:
        """Whether a column is meant."""
        here = self.file in {None, file} and self.sheet in {None, column.sheet}
        return here and _folded(column.header) == _folded(self.header)


def place_of(field: str) -> Place | None:
    """Where a kept correction is; None if it is of no column."""
    if not field.startswith(PREFIX):
        return None
    file, sheet, header = orjson.loads(field.removeprefix(PREFIX))
    return Place(header, sheet, file)


def read_tag(text: str) -> str:
    """A hashtag in one spelling, empty for ``none``; raises Wrong."""
    told = text.strip()
    if told.casefold() == NONE:
        return ""
    tag = canonical(told if told.startswith("#") else f"#{told}") if len(told) <= _MOST else ""
    if not tag:
        mend = f'Write one such as #affected+f+children, or "{NONE}" if the column has none.'
        raise Wrong("hashtag", f'"{told[:60]}" is no HXL hashtag', mend)
    return tag


def tables(record: DatasetRecord) -> Iterator[tuple[str, ColumnRecord]]:
    """Every column with the key of its file, which is empty for those of no file."""
    for column in record.columns:
        yield "", column
    for file in record.distributions:
        for column in file.columns:
            yield file.key, column


def found(record: DatasetRecord, place: Place) -> list[tuple[str, ColumnRecord]]:
    """The columns that are meant."""
    return [(file, column) for file, column in tables(record) if place.holds(file, column)]


def missing(record: DatasetRecord, place: Place) -> Wrong:
    """What is said where no column is meant."""
    headers = {normalize(column.header): column.header for _, column in tables(record)}
    near = difflib.get_close_matches(normalize(place.header), headers, 1)
    hint = f'Did you mean "{headers[near[0]]}"?' if near else 'List them with "landmark hxl explain".'
    return Wrong("column", f'the record has no column "{place.header[:60]}" there', hint)


def with_tags(record: DatasetRecord, tag_of: Callable[[str, ColumnRecord], tuple[str, str] | None]) -> DatasetRecord:
    """The record with other hashtags: ``tag_of`` gives a column's and who tells it, or None where it stays."""

    def made(file: str, columns: tuple[ColumnRecord, ...]) -> tuple[ColumnRecord, ...]:
        given = [(column, tag_of(file, column)) for column in columns]
        if not any(told for _, told in given):
            return columns
        return tuple(replace(column, hashtag=told[0], told_by=told[1]) if told else column for column, told in given)

    return replace(
        record,
        columns=made("", record.columns),
        distributions=tuple(replace(file, columns=made(file.key, file.columns)) for file in record.distributions),
    )


def _folded(header: str) -> str:
    return " ".join(header.split()).casefold()
