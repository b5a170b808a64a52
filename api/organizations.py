"""Organisations that the public index knows, and what each holds."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api import examples
from api.deps import Answering, Asking, conditional
from api.lists import JSON
from api.parameters import NoParameters, read_limit
from catalog import holdings
from catalog.answer import list_json
from catalog.organizations import organization, organization_json, organizations

router = APIRouter(prefix="/api/v1", tags=["organizations"])


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
    """Organisations with the number of datasets that name them in any role; most first.

    Records that are linked as of one dataset count once; `records` counts each.
    """
    copies = counted_once(register)
    found = organizations(register.search, asked.q, asked.limit, asked.after, copies)
    shown = (
        {"id": count.value, "name": count.label, "datasets": count.count, "records": found.records[count.value]}
        for count in found.counts
    )
    return conditional(request, list_json(shown, found.total, found.next), JSON, found.generation, copies.stamp)


@router.get(
    "/organizations/{key}",
    summary="What one organisation holds",
    responses=examples.ok(examples.ORGANIZATION) | examples.NOT_FOUND,
)
def show_organization(request: Request, register: Answering, key: str, _: Annotated[NoParameters, Query()]) -> Response:
    """Datasets by topic, country and access, and the first records; the rest by `/datasets?organization=`."""
    copies = counted_once(register)
    found = organization(register.search, key, copies=copies)
    if found is None:
        raise HTTPException(404)
    return conditional(request, organization_json(found), JSON, found.page.generation, copies.stamp)


def counted_once(register: Asking) -> holdings.Copies:
    """Which records count as one dataset for who asks."""
    with register.catalog.reading() as session:
        return holdings.copies(session, register.viewer)


def shown_as(register: Asking, key: str) -> str:
    """The id of an organisation that is named in a record shown to who asks; empty if there is none."""
    found = organization(register.search, key, items=0)
    return "" if found is None else found.id
