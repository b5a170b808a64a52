"""The month in which the data last changed."""

import re

from catalog.facets import Document, Facet
from catalog.query import QueryError

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


def _values(document: Document) -> list[str]:
    return [document["modified"][:7]] if document["modified"] else []


def _check(value: str) -> str:
    month = value.strip()
    if not _MONTH.fullmatch(month):
        raise QueryError("month", f'"{value}" is no month, such as 2024-07')
    return month


FACET = Facet(
    parameter="month",
    label="Month of change",
    description="The month in which the data last changed, such as 2024-07.",
    values=_values,
    position=125,
    check=_check,
    shown=False,
)
