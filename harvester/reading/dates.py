"""Dates as portals write them: moments in UTC, days, and reference periods."""

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Literal

from harvester.reading.months import MONTHS, WEEKDAYS, folded

LONGEST = 100
"""Characters beyond which a text is no date."""

_RANGE = re.compile(r"\[?\s*(\S+)\s+TO\s+([^\s\]]+)\s*\]?", re.IGNORECASE)
_SLASHED = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:,?(?:\s+-)?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_INTERVAL = re.compile(r"([^\s/]+)\s*/\s*([^\s/]+)")
_MONTH = re.compile(r"(\d{4})-(\d{1,2})")
_YEAR = re.compile(r"\d{4}")
_YEARS = re.compile(r"(\d{4})\s*[-\u2013\u2014]\s*(\d{4})")
_QUARTER = re.compile(r"(?:(\d{4})[ -]?Q([1-4])|Q([1-4])[ -]?(\d{4}))", re.IGNORECASE)
_DAY_WORD = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|º|°)?\.?[ -](?:de )?(\D{2,20}?)\.?,?[ -](?:de |del )?(\d{4})")
_WORD_DAY = re.compile(r"(\D{2,20}?)\.?[ -](\d{1,2})(?:st|nd|rd|th)?,?[ -](\d{4})")
_WORD_YEAR = re.compile(r"(\D{2,20}?)\.?,?[ -]?(?:de |del )?(\d{4})")
_CLOCK = re.compile(r"(.*\d{4}),?(?: -)? (\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?(GMT|UTC|UT|Z|[+-]\d{2}:?\d{2}))?")
_ISO_ZONE = re.compile(r"(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(UTC|GMT|Z|[+-]\d{2}:?\d{2})")
_DOT_NET = re.compile(r"/Date\((-?\d{1,16})(?:[+-]\d{4})?\)/")
_DURATION = re.compile(r"P(?:(\d{1,3})Y)?(?:(\d{1,3})M)?(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T.*)?")
_DASH = re.compile(r"\s+[-\u2013\u2014]\s+|\s+(?:to|until|au|al|até|до|إلى)\s+", re.IGNORECASE)
_TAIL = re.compile(r"(?:\d{1,2}(?:st|nd|rd|th|er)? )?(\D*?)\s*(\d{4})")
_OPEN = {"*", "..", "present", "ongoing", "now", "current", "today", "en cours", "presente"}


class DayOrder(StrEnum):
    """Which of day and month a portal writes first where both are numbers before a year."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


@dataclass(frozen=True, slots=True)
class Period:
    """A reference period in whole days, both included; ``open`` means ongoing (then ``end`` is ``None``)."""

    start: date | None
    end: date | None
    open: bool = False


def moment(value: object, order: DayOrder | None = None) -> datetime | None:
    """An aware UTC time; ``None`` if blank. What has no zone is UTC, a month or a year is its first day.

    Reads ISO 8601 with any number of decimals, ``16 March 2026`` and ``Mar 16, 2026`` with months of seven languages,
    ``Dec-05-2019``, ``Mon, 10 Aug 2026 17:47:08 GMT``, ``jeu, 19/12/2019 - 03:00``, ``/Date(1496748288000)/``,
    ``2022-04``, ``Apr 2022``, ``2024 Q1``, ``2022``.

    Args:
        value: What stood in the record. A number is none: see :func:`epoch`.
        order: How the portal writes ``04/05/2019``. Without it only what has one reading is read (``31/05/2019``).

    Raises:
        ValueError: It is no date, or not one in this order.
    """
    text = _text(value)
    return _span(text, order)[0] if text else None


def day(value: object, order: DayOrder | None = None) -> date | None:
    """The UTC day of :func:`moment`; ``None`` if blank, ValueError if it is no date."""
    read = moment(value, order)
    return None if read is None else read.date()


def epoch(value: object, unit: Literal["s", "ms"]) -> datetime | None:
    """The UTC time of a count of seconds or milliseconds since 1970, a number or its digits; ``None`` if blank.

    Raises:
        ValueError: It is no count, or lies outside the calendar.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,18}(\.[0-9]{1,9})?\s*", value):
        count: int | float = float(value) if "." in value else int(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        count = value
    else:
        raise ValueError(f"a count of {unit} since 1970 was expected")
    try:
        since = timedelta(seconds=count) if unit == "s" else timedelta(milliseconds=count)
        return datetime(1970, 1, 1, tzinfo=UTC) + since
    except (OverflowError, ValueError) as error:
        raise ValueError("a time outside the calendar") from error


def period(value: object, order: DayOrder | None = None) -> Period | None:
    """A reference period; ``None`` if blank. A day, a month, a quarter or a year is the whole of it.

    Reads two of what :func:`moment` reads, a dash, a slash or ``TO`` between them (``8 March 2026 - 11 April 2026``,
    ``8 - 11 March 2026``, ``2020-2021``, ``[2020-12-31T00:00:00 TO *]``), ``*``, ``..`` or ``present`` for an open end,
    and ISO 8601 intervals with a duration (``2020-01-01/P1Y``).

    Raises:
        ValueError: It is no period, or it ends before it begins.
    """
    text = _text(value)
    if not text:
        return None
    first, last = _ends(text)
    return _period(first, last, order, text)


def between(start: object, end: object, order: DayOrder | None = None) -> Period | None:
    """The period of two fields, to the last day of what the second names; ``None`` if both are blank.

    Raises:
        ValueError: One is no date, or the second is before the first.
    """
    first, last = _text(start), _text(end)
    if not first and not last:
        return None
    if not last:
        return Period(_span(first, order)[0].date(), None)
    return _period("" if first in _OPEN else first, "" if last.lower() in _OPEN else last, order, f"{first} - {last}")


def _period(first: str, last: str, order: DayOrder | None, text: str) -> Period:
    duration = _DURATION.fullmatch(last) if last.startswith("P") else None
    if not first and not last:
        raise ValueError(f'"{text}" names no day')
    start = _span(first, order)[0].date() if first else None
    if start and duration and any(duration.groups()):
        end: date | None = _after(start, *(int(part or 0) for part in duration.groups()))
    else:
        end = _span(last, order)[1] if last else None
    if start and end and end < start:
        raise ValueError(f'"{text}" ends before it begins')
    return Period(start=start, end=end, open=end is None)


def _ends(text: str) -> tuple[str, str]:
    """The two ends as written, an open one as the empty string."""
    first, last = _parted(text)
    if last.lower() in _OPEN:
        last = ""
    return ("" if first in _OPEN else first), last


def _parted(text: str) -> tuple[str, str]:
    if found := _YEARS.fullmatch(text):
        return found[1], found[2]
    if found := _RANGE.fullmatch(text):
        return found[1], found[2]
    if (found := _INTERVAL.fullmatch(text)) and not _DOT_NET.fullmatch(text):
        return found[1], found[2]
    if "-" in text and text.count("/") == 4:  # noqa: PLR2004 - 12/31/2020-03/31/2024
        first, _, last = text.partition("-")
        return first.strip(), last.strip()
    parts = _DASH.split(text)
    if len(parts) == 2 and not _CLOCK.fullmatch(text):  # noqa: PLR2004
        return _completed(*parts), parts[1]
    return text, text


def _completed(first: str, last: str) -> str:
    """The first end with the month and the year that only the last one has: "8 - 11 March 2026"."""
    tail = _TAIL.fullmatch(last)
    if not tail or _YEAR.search(first):
        return first
    return f"{first} {tail[2]}" if re.search(r"[^\W\d]", first) else f"{first} {tail[1]} {tail[2]}"


def _after(start: date, years: int, months: int, weeks: int, days: int) -> date:
    """The last day of what lasts so long from this day on."""
    whole = start.year * 12 + start.month - 1 + years * 12 + months
    year, month = divmod(whole, 12)
    try:
        same = date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
        return same + timedelta(days=weeks * 7 + days - 1)
    except (OverflowError, ValueError) as error:
        raise ValueError("a period outside the calendar") from error


@lru_cache(4096)
def _span(text: str, order: DayOrder | None) -> tuple[datetime, date]:
    """When what is named begins, and its last day."""
    # The files of a record mostly change at once, so the same times come again and again.
    if text[4:5] == "-" and text[7:8] == "-":
        return _at(_utc(text))
    if _YEAR.fullmatch(text):
        return _months(int(text), 1, 12)
    if found := _MONTH.fullmatch(text):
        return _months(int(found[1]), int(found[2]))
    if found := _QUARTER.fullmatch(text):
        return _months(int(found[1] or found[4]), int(found[2] or found[3]) * 3 - 2, 3)
    if found := _DOT_NET.fullmatch(text):
        read = epoch(found[1], "ms")
        return _at(read or _utc(text))
    return _worded(_without_weekday(text), order) or _at(_utc(text))


def _worded(text: str, order: DayOrder | None) -> tuple[datetime, date] | None:
    """A date that is not ISO's; ``None`` if it may be."""
    if found := _SLASHED.fullmatch(text):
        month, number = _ordered(int(found[1]), int(found[3]), order, text)
        return _at(_timed(int(found[4]), month, number, found.groups()[4:]))
    clock: Sequence[str | None] = ()
    zone = ""
    if found := _CLOCK.fullmatch(text):
        text, clock, zone = found[1], found.groups()[1:4], found[5] or ""
    for pattern, places in ((_DAY_WORD, (1, 2, 3)), (_WORD_DAY, (2, 1, 3))):
        if (found := pattern.fullmatch(text)) and (named := MONTHS.get(folded(found[places[1]]))):
            local = _timed(int(found[places[2]]), named, int(found[places[0]]), clock)
            return _at(_utc(local.replace(tzinfo=None).isoformat() + _offset(zone)))
    if (found := _WORD_YEAR.fullmatch(text)) and (named := MONTHS.get(folded(found[1]))):
        return _months(int(found[2]), named)
    return None


def _timed(year: int, month: int, number: int, clock: Sequence[str | None]) -> datetime:
    hour, minute, second = (*(int(part or 0) for part in clock), 0, 0, 0)[:3]
    return datetime(year, month, number, hour, minute, second, tzinfo=UTC)


def _without_weekday(text: str) -> str:
    """What comes after a weekday and a comma, and whatever label stood before the weekday."""
    before, comma, after = text.partition(",")
    words = folded(before).split()
    rest = after.strip()
    return rest if comma and words and words[-1] in WEEKDAYS and rest[:1].isdigit() else " ".join(text.split())


def _ordered(first: int, second: int, order: DayOrder | None, text: str) -> tuple[int, int]:
    """Month and day."""
    if order is None:
        if first <= 12 and second <= 12 and first != second:  # noqa: PLR2004
            raise ValueError(f'"{text}" may be two days: whether day or month comes first is not declared')
        order = DayOrder.DAY_FIRST if first > 12 else DayOrder.MONTH_FIRST  # noqa: PLR2004
    return (second, first) if order is DayOrder.DAY_FIRST else (first, second)


def _months(year: int, month: int, count: int = 1) -> tuple[datetime, date]:
    start = datetime(year, month, 1, tzinfo=UTC)
    last = month + count - 1
    return start, date(year, last, monthrange(year, last)[1])


def _at(read: datetime) -> tuple[datetime, date]:
    return read, read.date()


def _offset(zone: str) -> str:
    return "" if zone in {"", "GMT", "UTC", "UT", "Z"} else zone


def _utc(text: str) -> datetime:
    if found := _ISO_ZONE.fullmatch(text):
        text = found[1] + (_offset(found[2]) or "+00:00")
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
