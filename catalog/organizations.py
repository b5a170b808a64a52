"""Organisations an audience may know of, and what each holds; read from its index alone."""

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from catalog.answer import facet_counts
from catalog.query import DatasetQuery, FacetCount, Page, QueryError

HOLDS = ("topic", "country", "access")
"""Facets that say what an organisation holds."""
FIRST_ITEMS = 10

Search = Callable[[DatasetQuery], Page]


@dataclass(frozen=True, slots=True)
class Organizations:
    """A page of organisations, most datasets first; ``next`` is what to pass as ``after``."""

    total: int
    counts: tuple[FacetCount, ...]
    next: str
    generation: str


@dataclass(frozen=True, slots=True)
class Organization:
    """One organisation: its id and name, and the page of its datasets with the facets in HOLDS."""

    id: str
    name: str
    page: Page


def organizations(search: Search, words: str = "", limit: int = 100, after: str = "") -> Organizations:
    """Those whose name has all the words; raises QueryError for an ``after`` of another list."""
    if after and not (after.isascii() and after.isdigit() and len(after) < 10):  # noqa: PLR2004
        raise QueryError("after", 'after: it must be the "next" of the page before.')
    page = search(DatasetQuery(limit=0, facets=("organization",)))
    wanted = words.casefold().split()
    found = [count for count in page.facets["organization"] if all(word in count.label.casefold() for word in wanted)]
    start = int(after or 0)
    end = start + limit
    following = str(end) if limit and end < len(found) else ""
    return Organizations(len(found), tuple(found[start:end]), following, page.generation)


def organization(search: Search, key: str, items: int = FIRST_ITEMS) -> Organization | None:
    """One by id, acronym or name; None if no record disclosed to the audience names it."""
    query = DatasetQuery(selected={"organization": (key,)}, limit=items, facets=("organization", *HOLDS))
    try:
        page = search(query)
    except QueryError:
        return None
    chosen = next((count for count in page.facets["organization"] if count.selected), None)
    if chosen is None or not page.total:
        return None
    return Organization(chosen.value, chosen.label, page)


def organization_json(found: Organization) -> bytes:
    """What one holds: ``{"id", "name", "datasets", "facets", "items"}``."""
    facets = facet_counts({name: found.page.facets[name] for name in HOLDS})
    head = orjson.dumps({"id": found.id, "name": found.name, "datasets": found.page.total, "facets": facets})[:-1]
    return b"".join((head, b',"items":[', b",".join(found.page.items), b"]}"))
