"""The first rows of a sheet, as a format's reader gives them; they are kept in memory only, and not for long."""

from collections.abc import Sequence
from dataclasses import dataclass, field

ROWS = 30
"""Rows that are looked at: tags stand in one of the first 25."""
MOST_COLUMNS = 1_000
"""A sheet that is wider is no table that people read by its headers."""
MOST_SHEETS = 25


@dataclass(frozen=True, slots=True, repr=False)
class Sheet:
    """A sheet; it has no ``repr``, so that no cell gets into a message.

    Attributes:
        name: Empty in a file that has none.
        rows: At most the first :data:`ROWS`.
        row_count: Of the whole sheet, where that is known without reading it.
        column_count: As ``row_count``.
    """

    name: str
    rows: Sequence[Sequence[object]] = ()
    row_count: int | None = None
    column_count: int | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a person should know of a file or one of its sheets: a code and a sentence without any content."""

    code: str
    message: str
    sheet: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Found:
    """What was found in a file: its real format, its sheets, and what is to be said of it."""

    format: str
    sheets: tuple[Sheet, ...] = ()
    remarks: tuple[Remark, ...] = field(default=())


def too_wide(name: str, columns: int) -> Remark:
    """That a sheet has too many columns."""
    return Remark("too-many-columns", f"The sheet has {columns:,} columns or more; {MOST_COLUMNS:,} are read.", name)
