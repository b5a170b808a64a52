"""Pages of organisations: who is known, and what one holds."""

from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, HTTPException, Query, Request, Response

from api.deps import Answering
from api.organizations import OrganizationParameters, counted_once
from api.pages import words
from api.pages.render import render
from api.parameters import FACETS, NoParameters
from catalog.organizations import HOLDS, organization, organizations

router = APIRouter()

PAGE_ORGANIZATIONS = 100
SHOWN_VALUES = 30
SHOWN_ITEMS = 15


@router.get("/organizations")
def organizations_page(
    request: Request, register: Answering, asked: Annotated[OrganizationParameters, Query()]
) -> Response:
    """Organisations, most datasets first."""
    copies = counted_once(register)
    found = organizations(register.search, asked.q, min(asked.limit, PAGE_ORGANIZATIONS), asked.after, copies)
    pairs = ([("q", asked.q)] if asked.q else []) + [("after", found.next)]
    return render(
        request,
        "organizations.html",
        found.generation + copies.stamp,
        asked=asked,
        total=found.total,
        organizations=found.counts,
        next=f"/organizations?{urlencode(pairs)}" if found.next else "",
    )


@router.get("/organizations/{key}")
def organization_page(request: Request, register: Answering, key: str, _: Annotated[NoParameters, Query()]) -> Response:
    """What it holds by topic, country and access, and its first datasets."""
    copies = counted_once(register)
    found = organization(register.search, key, SHOWN_ITEMS, copies)
    if found is None:
        raise HTTPException(404)
    page = found.page
    items: list[dict[str, Any]] = [orjson.loads(item) for item in page.items]
    for item in items:
        item["badge"] = words.ACCESS[item["access"]["modality"]][0]
    return render(
        request,
        "organization.html",
        page.generation + copies.stamp,
        key=found.id,
        name=found.name,
        total=page.total,
        datasets=found.datasets,
        items=items,
        holds=[
            (facet, FACETS[facet].label, found.holds[facet][:SHOWN_VALUES], len(found.holds[facet])) for facet in HOLDS
        ],
    )
