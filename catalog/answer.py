"""The one shape of lists, ``{"total", "items", "facets", "next"}``, joined from stored fragments as bytes."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from catalog.query import FacetCount, Page


def page_json(page: Page) -> bytes:
    """A page of datasets; its items are not read again.

    ``notices`` says in sentences how the question was read, ``wording`` word by word (:mod:`catalog.search.told`).
    """
    pieces = [b'{"total":%d,"items":[' % page.total, b",".join(page.items), b'],"facets":{']
    for name, counts in page.facets.ready.items():
        pieces += (b'"%b":' % name.encode(), counts, b",")
    if page.facets:
        pieces.pop()
    pieces += (b"},", orjson.dumps({"next": page.next, "notices": page.notices, "wording": page.wording})[1:])
    return b"".join(pieces)


def list_json(items: Iterable[Mapping[str, Any]], total: int | None = None, following: str = "") -> bytes:
    """A list of anything else; without a total it is the number of items."""
    entries = list(items)
    count = len(entries) if total is None else total
    return orjson.dumps({"total": count, "items": entries, "facets": {}, "next": following})


def facet_counts(facets: Mapping[str, Iterable[FacetCount]]) -> dict[str, list[dict[str, Any]]]:
    """``{parameter: [{value, label, count, selected}]}``."""
    return {
        name: [
            {"value": count.value, "label": count.label, "count": count.count, "selected": count.selected}
            for count in counts
        ]
        for name, counts in facets.items()
    }
