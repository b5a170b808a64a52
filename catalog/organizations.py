"""Organisations an audience may know of, and what each holds, datasets counted once; read from its index."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson

from catalog.answer import facet_counts
from catalog.holdings import NONE, Copies, names
from catalog.query import DatasetQuery, FacetCount, Page, QueryError

HOLDS = ("topic", "country", "access")
"""Facets that say what an organisation holds."""
FIRST_ITEMS = 10

Search = Callable[[DatasetQuery], Page]


@dataclass(frozen=True, slots=True)
class Organizations:
    """A page of organisations, most datasets first; ``next`` is what to pass as ``after``.

    Attributes:
        counts: How many datasets name each.
        records: How many records do, by its id.
    """

    total: int
    counts: tuple[FacetCount, ...]
    records: Mapping[str, int]
    next: str
    generation: str


@dataclass(frozen=True, slots=True)
class Organization:
    """One organisation: its id and name, and the page of its records.

    Attributes:
        datasets: How many datasets name it; ``page.total`` are the records.
        holds: Datasets by the facets in HOLDS.
    """

    id: str
    name: str
    page: Page
    datasets: int
    holds: Mapping[str, tuple[FacetCount, ...]]


def organizations(
    search: Search, words: str = "", limit: int = 100, after: str = "", copies: Copies = NONE
) -> Organizations:
    """Those whose name has all the words; raises QueryError for an ``after`` of another list.

    ``copies`` says which records count as one dataset.
    """
    if after and not (after.isascii() and after.isdigit() and len(after) < 10):  # noqa: PLR2004
        raise QueryError("after", 'after: it must be the "next" of the page before.')
    page = search(DatasetQuery(limit=0, facets=("organization",)))
    wanted = words.casefold().split()
    records = {count.value: count.count for count in page.facets["organization"]}
    counts = copies.once("organization", page.facets["organization"])
    found = [count for count in counts if all(word in count.label.casefold() for word in wanted)]
    start = int(after or 0)
    end = start + limit
    following = str(end) if limit and end < len(found) else ""
    return Organizations(len(found), tuple(found[start:end]), records, following, page.generation)


def organization(search: Search, key: str, items: int = FIRST_ITEMS, copies: Copies = NONE) -> Organization | None:
    """One by id, acronym or name; None if no record disclosed to the audience names it."""
    query = DatasetQuery(selected={"organization": (key,)}, limit=items, facets=("organization", *HOLDS))
    try:
        page = search(query)
    except QueryError:
        return None
    chosen = next((count for count in page.facets["organization"] if count.selected), None)
    if chosen is None or not page.total:
        return None
    of = names(chosen.value)
    holds = {name: copies.once(name, page.facets[name], of) for name in HOLDS}
    return Organization(chosen.value, chosen.label, page, max(1, page.total - copies.surplus(of)), holds)


def organization_json(found: Organization) -> bytes:
    """What one holds: ``{"id", "name", "datasets", "records", "facets", "items"}``; facets count datasets."""
    said = {"id": found.id, "name": found.name, "datasets": found.datasets, "records": found.page.total}
    head = orjson.dumps(said | {"facets": facet_counts(found.holds)})[:-1]
    return b"".join((head, b',"items":[', b",".join(found.page.items), b"]}"))
