"""Dates as portals write them: moments in UTC, days, and reference periods."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

_RANGE = re.compile(r"\[?\s*(\S+)\s+TO\s+([^\s\]]+)\s*\]?", re.IGNORECASE)
_AMERICAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_INTERVAL = re.compile(r"([^\s/]+)/([^\s/]+)")
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_YEAR = re.compile(r"\d{4}")
LONGEST = 100
"""Characters beyond which a text is no date."""


@dataclass(frozen=True, slots=True)
class Period:
    """A reference period in whole days, both included; ``open`` means ongoing (then ``end`` is ``None``)."""

    start: date | None
    end: date | None
    open: bool = False


def moment(value: object) -> datetime | None:
    """An aware UTC time from ISO 8601 (zone-less is UTC) or an American ``MM/DD/YYYY``; ``None`` if blank.

    Raises:
        ValueError: It is no date.
    """
    text = _text(value)
    return _moment(text) if text else None


@lru_cache(4096)
def _moment(text: str) -> datetime:
    # The files of a record mostly change at once, so the same times come again and again.
    if text[4:5] == "-" and text[7:8] == "-":
        return _utc(text)
    if american := _AMERICAN.fullmatch(text):
        month, day_, year = map(int, american.groups())
        return datetime(year, month, day_, tzinfo=UTC)
    if _YEAR.fullmatch(text):
        return datetime(int(text), 1, 1, tzinfo=UTC)
    if month_only := _MONTH.fullmatch(text):
        return datetime(int(month_only[1]), int(month_only[2]), 1, tzinfo=UTC)
    return _utc(text)


def day(value: object) -> date | None:
    """The UTC day of :func:`moment`; ``None`` if blank, ValueError if it is no date."""
    read = moment(value)
    return None if read is None else read.date()


def period(value: object) -> Period | None:
    """A reference period; ``None`` if blank.

    Reads ``[2020-12-31T00:00:00 TO 2024-03-31T23:59:59]`` with ``*`` for an open end, ``MM/DD/YYYY`` and
    ``MM/DD/YYYY-MM/DD/YYYY``, ISO 8601 ``start/end`` (``..`` for open), and a single day.

    Raises:
        ValueError: It is no period, or it ends before it begins.
    """
    text = _text(value)
    if not text:
        return None
    first, last = _ends(text)
    start, end = day(first), day(last)
    if start and end and end < start:
        raise ValueError(f'"{text}" ends before it begins')
    if start is None and end is None:
        raise ValueError(f'"{text}" names no day')
    return Period(start=start, end=end, open=end is None)


def _ends(text: str) -> tuple[str, str]:
    """The two ends as written, an open one as the empty string."""
    found = _RANGE.fullmatch(text)
    if found:
        first, last = found.groups()
    elif _AMERICAN.fullmatch(text):
        first = last = text
    elif "-" in text and "/" in text and all(_AMERICAN.fullmatch(end.strip()) for end in text.split("-", 1)):
        first, last = (end.strip() for end in text.split("-", 1))
    elif interval := _INTERVAL.fullmatch(text):
        first, last = interval.groups()
    else:
        first = last = text
    return ("" if first in {"*", ".."} else first), ("" if last in {"*", ".."} else last)


def _utc(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        return datetime.combine(read, read.time(), UTC)
    try:
        return read.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f'"{read}" lies outside the calendar') from error


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"a date is a text, not {type(value).__name__}")  # noqa: TRY004 - callers note ValueError
    if len(value) > LONGEST:
        raise ValueError("too long for a date")
    return value.strip()
