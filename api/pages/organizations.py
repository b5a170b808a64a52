"""Pages of organisations: who is known, and what one holds."""

from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, HTTPException, Query, Request, Response

from api.deps import Answering
from api.organizations import HOLDS, OrganizationParameters, find_organizations, read_organization
from api.pages import words
from api.pages.render import render
from api.parameters import FACETS, NoParameters

router = APIRouter()

PAGE_ORGANIZATIONS = 100
SHOWN_VALUES = 30
SHOWN_ITEMS = 15


@router.get("/organizations")
def organizations_page(
    request: Request, register: Answering, asked: Annotated[OrganizationParameters, Query()]
) -> Response:
    """Organisations, most datasets first."""
    limited = asked.model_copy(update={"limit": min(asked.limit, PAGE_ORGANIZATIONS)})
    page, (shown, total), following = find_organizations(register, limited)
    pairs = ([("q", asked.q)] if asked.q else []) + [("after", following)]
    return render(
        request,
        "organizations.html",
        page.generation,
        asked=asked,
        total=total,
        organizations=shown,
        next=f"/organizations?{urlencode(pairs)}" if following else "",
    )


@router.get("/organizations/{key}")
def organization_page(request: Request, register: Answering, key: str, _: Annotated[NoParameters, Query()]) -> Response:
    """What it holds by topic, country and access, and its first datasets."""
    found = read_organization(register, key, SHOWN_ITEMS)
    if found is None:
        raise HTTPException(404)
    name, page = found
    items: list[dict[str, Any]] = [orjson.loads(item) for item in page.items]
    for item in items:
        item["badge"] = words.ACCESS[item["access"]["modality"]][0]
    return render(
        request,
        "organization.html",
        page.generation,
        key=key,
        name=name,
        total=page.total,
        items=items,
        holds=[
            (facet, FACETS[facet].label, page.facets[facet][:SHOWN_VALUES], len(page.facets[facet])) for facet in HOLDS
        ],
    )
