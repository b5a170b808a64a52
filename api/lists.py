"""The one shape of lists, ``{"total", "items", "facets", "next"}``, joined from stored fragments as bytes."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import orjson
from fastapi import Response

from catalog.query import FacetCount, Page

JSON = "application/json"


def send(content: object, status: int = 200) -> Response:
    """Any content as JSON."""
    return Response(orjson.dumps(content), status, media_type=JSON)


def page_body(page: Page) -> bytes:
    """A page of datasets; its items are not read again."""
    head = orjson.dumps({"total": page.total})[:-1]
    tail = orjson.dumps({"facets": facet_counts(page.facets), "next": page.next, "notices": page.notices})[1:]
    return b"".join((head, b',"items":[', b",".join(page.items), b"],", tail))


def list_body(items: Iterable[Mapping[str, Any]], total: int | None = None, following: str = "") -> bytes:
    """A list of anything else."""
    entries = list(items)
    count = len(entries) if total is None else total
    return orjson.dumps({"total": count, "items": entries, "facets": {}, "next": following})


def facet_counts(facets: Mapping[str, Iterable[FacetCount]]) -> dict[str, list[dict[str, Any]]]:
    """Facets as the API gives them: ``{parameter: [{value, label, count, selected}]}``."""
    return {name: [asdict(count) for count in counts] for name, counts in facets.items()}
