"""The country the data is about."""

from catalog.facets import Document, Facet
from catalog.places import country_name, iso3_of
from catalog.query import QueryError

ISO3_LENGTH = 3


def _values(document: Document) -> list[str]:
    return [iso3.upper() for iso3 in document["countries"]]


def _check(value: str) -> str:
    if code := iso3_of(value):
        return code
    word = value.strip()
    # Portals hold codes that ISO does not know; they can be asked for as they stand.
    if len(word) == ISO3_LENGTH and word.isascii() and word.isalpha():
        return word.upper()
    raise QueryError("country", f'"{value}" is no country known here; give its ISO 3166 code, such as SSD, or its name')


FACET = Facet(
    parameter="country",
    label="Country",
    description="ISO 3166-1 alpha-3 code (alpha-2 and names are understood); WLD is the world.",
    values=_values,
    position=10,
    label_of=country_name,
    check=_check,
)
