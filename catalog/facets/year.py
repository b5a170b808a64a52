"""The years of the reference period."""

from datetime import UTC, date, datetime

from catalog.facets import Document, Facet
from catalog.query import QueryError

YEARS_BACK = 60
"""A longer period counts for its last so many years."""


def _values(document: Document) -> list[str]:
    period = document["period"] or {}
    end = period.get("end")
    start = period.get("start") or end
    if not start:
        return []
    first = date.fromisoformat(start).year
    ongoing = datetime.now(UTC).year if period.get("open") else first
    last = date.fromisoformat(end).year if end else ongoing
    return [f"{year:04}" for year in range(max(first, last - YEARS_BACK), max(first, last) + 1)]


def _check(value: str) -> str:
    year = value.strip()
    if not (year.isascii() and year.isdigit() and len(year) == len("2024")):
        raise QueryError("year", f'"{value}" is no year; four digits, such as 2024')
    return year


FACET = Facet(
    parameter="year",
    label="Year",
    description="A year of the reference period, apart from when the record was changed.",
    values=_values,
    position=100,
    check=_check,
)
