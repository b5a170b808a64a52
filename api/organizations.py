"""Organisations that the public index knows, and what each holds."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api import examples
from api.deps import Answering, Register, conditional
from api.lists import JSON, facet_counts, list_body
from api.parameters import NoParameters, read_limit
from catalog.query import DatasetQuery, FacetCount, Page, QueryError

router = APIRouter(prefix="/api/v1", tags=["organizations"])

HOLDS = ("topic", "country", "access")
"""Facets that say what an organisation holds."""
FIRST_ITEMS = 10


class OrganizationParameters(BaseModel):
    """Which organisations to list."""

    model_config = ConfigDict(extra="forbid")
    q: str = Field("", max_length=200, description="Part of the name.", examples=["sample"])
    limit: Annotated[int, BeforeValidator(read_limit)] = Field(
        100, description="Organisations on a page, 0 to 1,000.", examples=["5"]
    )
    after: str = Field("", max_length=20, description="The `next` of the page before.")


@router.get("/organizations", summary="Who is known", responses=examples.ok(examples.ORGANIZATIONS) | examples.REFUSED)
def list_organizations(
    request: Request, register: Answering, asked: Annotated[OrganizationParameters, Query()]
) -> Response:
    """Organisations with the number of datasets that name them in any role; most first."""
    page, counts, following = find_organizations(register, asked)
    shown = ({"id": count.value, "name": count.label, "datasets": count.count} for count in counts[0])
    return conditional(request, list_body(shown, counts[1], following), JSON, page.generation)


@router.get(
    "/organizations/{key}",
    summary="What one organisation holds",
    responses=examples.ok(examples.ORGANIZATION) | examples.NOT_FOUND,
)
def show_organization(request: Request, register: Answering, key: str, _: Annotated[NoParameters, Query()]) -> Response:
    """Counts by topic, country and access, and the first datasets; the rest by `/datasets?organization=`."""
    found = read_organization(register, key)
    if found is None:
        raise HTTPException(404)
    name, page = found
    head = orjson.dumps({"id": key, "name": name, "datasets": page.total, "facets": _holds(page)})[:-1]
    body = b"".join((head, b',"items":[', b",".join(page.items), b"]}"))
    return conditional(request, body, JSON, page.generation)


def find_organizations(
    register: Register, asked: OrganizationParameters
) -> tuple[Page, tuple[list[FacetCount], int], str]:
    """The page of the index, the organisations asked for with their total, and the next ``after``."""
    page = register.search(DatasetQuery(limit=0, facets=("organization",)))
    words = asked.q.casefold().split()
    counts = [count for count in page.facets["organization"] if all(word in count.label.casefold() for word in words)]
    if asked.after and not (asked.after.isascii() and asked.after.isdigit()):
        raise QueryError("after", 'after: it must be the "next" of the page before.')
    start = int(asked.after or 0)
    end = start + asked.limit
    return page, (counts[start:end], len(counts)), str(end) if asked.limit and end < len(counts) else ""


def read_organization(register: Register, key: str, items: int = FIRST_ITEMS) -> tuple[str, Page] | None:
    """Its name and what it holds; None if no public record names it."""
    query = DatasetQuery(selected={"organization": (key,)}, limit=items, facets=("organization", *HOLDS))
    try:
        page = register.search(query)
    except QueryError:
        return None
    name = next((count.label for count in page.facets["organization"] if count.value == key), "")
    return (name, page) if name and page.total else None


def _holds(page: Page) -> dict[str, Any]:
    return facet_counts({name: page.facets[name] for name in HOLDS})
