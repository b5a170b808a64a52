"""Days as people and spreadsheets write them. What may be two days is none: whoever wrote it is asked."""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache

from catalog.text import normalize

LOCALES = ("en", "fr", "es", "ar", "ar_LB", "ar_DZ", "uk", "pt", "ru")
"""Whose names of months are read; Arabic has three sets of them."""
EPOCHS = {False: date(1899, 12, 30), True: date(1904, 1, 1)}
"""The day 0 of a workbook, by whether it counts from 1904."""
FIRST_YEAR, LAST_YEAR = 1900, 2100
SERIALS = range(3_000, 73_416)
"""Numbers that are days of these years in a workbook: what is less is a year."""
_CLOCK = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?(?: ?[AaPp]\.?[Mm]\.?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _CLOCK)
_MONTH = re.compile(r"(\d{4})[-/.](\d{1,2})|(\d{1,2})[-/.](\d{4})")
_PARTS = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})" + _CLOCK)
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_SHORT_YEAR = re.compile(r"\d{1,2}[-/.](?:\d{1,2}|[^\W\d_]+\.?)[-/.]\d{2}" + _CLOCK)
_NUMBER = re.compile(r"\d{4,5}(?:\.\d+)?")
_SUFFIX = re.compile(r" ?(?:р|г|год|року|года|م)\.?$")
_LITTLE = frozenset(
    ["de", "of", "du", "del", "di", "le", "the", "le.", "el", "year", "р", "рік", "року", "г", "год", "года", "م"]
)
Given = str | float | date
"""What a cell holds; a datetime is a date."""


class NoDay(Exception):  # noqa: N818
    """It is no day, or may be two; ``mend`` says what to write."""

    def __init__(self, reason: str, mend: str) -> None:
        super().__init__(reason)
        self.mend = mend


def day_of(given: Given, *, from_1904: bool = False, edge: str = "") -> date:
    """The day that a cell holds.

    Args:
        given: A day, a number that counts days, or words.
        from_1904: Whether the workbook counts days from 1904.
        edge: ``first`` or ``last``, where a month or a year will do and its first or last day is meant; else empty.

    Raises:
        NoDay: With the reason and the mend, in sentences.
    """
    if isinstance(given, date):
        return _within(given.date() if isinstance(given, datetime) else given)
    return _written(_plain(given), edge, from_1904=from_1904)


def _written(text: str, edge: str, *, from_1904: bool) -> date:
    if _NUMBER.fullmatch(text):
        return _counted(int(float(text)), edge, from_1904=from_1904)
    if found := _ISO.fullmatch(text):
        return _made(*(int(part) for part in found.groups()))
    if found := _COMPACT.fullmatch(text):
        return _made(*(int(part) for part in found.groups()))
    if found := _PARTS.fullmatch(_SUFFIX.sub("", text)):
        return _told_apart(int(found[1]), int(found[3]), int(found[4]), found[2])
    if found := _MONTH.fullmatch(text):
        year, month = (found[1], found[2]) if found[1] else (found[4], found[3])
        return _edge(int(year), int(month), edge)
    if _SHORT_YEAR.fullmatch(text):
        raise NoDay("the year has two digits", "Write the year with four digits, as in 2026-03-05.")
    return _worded(text, edge)


def _plain(given: str | float) -> str:
    text = str(int(given)) if isinstance(given, float) and given.is_integer() else str(given)
    folded = "".join(str(unicodedata.digit(letter, letter)) for letter in text if unicodedata.category(letter) != "Cf")
    return " ".join(folded.split())


def _counted(number: int, edge: str, *, from_1904: bool) -> date:
    if FIRST_YEAR <= number <= LAST_YEAR:
        return _edge(number, None, edge)
    if number not in SERIALS:
        raise NoDay(f"{number} is no day", "Write the day as in 2026-03-05.")
    return _within(EPOCHS[from_1904] + timedelta(days=number))


def _told_apart(one: int, other: int, year: int, sign: str) -> date:
    if sign == "." or other > 12 or one > 12 or one == other:  # noqa: PLR2004 - months of a year
        day, month = (other, one) if other > 12 and sign != "." else (one, other)  # noqa: PLR2004
        return _made(year, month, day)
    either = f"{year}-{other:02}-{one:02} or {year}-{one:02}-{other:02}"
    raise NoDay("it may be two days", f"Write {either}, whichever is meant.")


def _worded(text: str, edge: str) -> date:
    words = [word for word in normalize(text).split() if word not in _LITTLE]
    joined = " ".join(word for word in words if not word[0].isdigit() and word not in _weekdays())
    month = _months().get(joined)
    numbers = [int(found[0]) for word in words if (found := re.match(r"\d+", word))]
    years = [number for number in numbers if FIRST_YEAR <= number <= LAST_YEAR]
    days = [number for number in numbers if 1 <= number <= 31]  # noqa: PLR2004
    if month and len(years) == 1 and len(numbers) == len(years) + len(days) and len(days) <= 1:
        return _made(years[0], month, days[0]) if days else _edge(years[0], month, edge)
    raise NoDay("it is no day that can be read", "Write the day as in 2026-03-05.")


def _edge(year: int, month: int | None, edge: str) -> date:
    if not edge:
        raise NoDay("it does not say which day", "Write the day too, as in 2026-03-05.")
    if month is None:
        return _made(year, 1, 1) if edge == "first" else _made(year, 12, 31)
    if not 1 <= month <= 12:  # noqa: PLR2004
        raise NoDay("there is no such month", "Write the month as in 2026-03.")
    return _made(year, month, 1 if edge == "first" else monthrange(year, month)[1])


def _made(year: int, month: int, day: int) -> date:
    try:
        return _within(date(year, month, day))
    except ValueError:
        raise NoDay("there is no such day", "Write the day as in 2026-03-05.") from None


def _within(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise NoDay(f"the year {day.year} cannot be meant", "Write the day as in 2026-03-05.")
    return day


@cache
def _weekdays() -> frozenset[str]:
    """Every name of a day of the week, folded: a long date of a spreadsheet begins with it."""
    from babel.dates import get_day_names

    return frozenset(
        word
        for locale in LOCALES
        for width in ("wide", "abbreviated")
        for context in ("format", "stand-alone")
        for name in get_day_names(width, context, locale).values()
        for word in normalize(str(name)).split()
    ) - frozenset(_months())


@cache
def _months() -> dict[str, int]:
    """Every name of a month, folded. No name is that of two."""
    return {normalize(name): number for name, number in _named() if name}


def _named() -> Iterator[tuple[str, int]]:
    from babel.dates import get_month_names

    for locale in LOCALES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                names = get_month_names(width, context, locale)
                yield from ((str(name), number) for number, name in names.items())
