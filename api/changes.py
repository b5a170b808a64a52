"""What changed, field by field, as the public may know it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api import examples
from api.deps import Answering, conditional
from api.lists import JSON
from api.parameters import read_limit
from catalog.answer import list_json
from catalog.changes import ChangeQuery, changes, moment

router = APIRouter(prefix="/api/v1", tags=["changes"])


def _since(value: object) -> datetime:
    return moment(str(value))


class ChangeParameters(BaseModel):
    """Which changes to list."""

    model_config = ConfigDict(extra="forbid")
    since: Annotated[datetime | None, BeforeValidator(_since)] = Field(
        None,
        description="Changes on this day or since this time (UTC).",
        examples=["2024-01-31", "2024-01-31T08:00:00Z"],
    )
    source: str = Field("", max_length=60, description="Key of a source; only its records.", examples=["sample-ckan"])
    dataset: str = Field(
        "", max_length=200, description="Id or name of a dataset.", examples=["7c9e6679-7425-50de-944b-e07fc1f90ae7"]
    )
    limit: Annotated[int, BeforeValidator(read_limit)] = Field(
        50, description="Changes on a page, 0 to 1,000.", examples=["10"]
    )
    after: str = Field("", max_length=100, description="The `next` of the page before.")


@router.get("/changes", summary="What changed", responses=examples.ok(examples.CHANGES) | examples.REFUSED)
def list_changes(request: Request, register: Answering, asked: Annotated[ChangeParameters, Query()]) -> Response:
    """Changes of public records, oldest first: plain sentences, with field, old and new value beside.

    A record that is public no longer is not mentioned.
    """
    query = ChangeQuery(asked.since, asked.source, asked.dataset, asked.limit, asked.after)
    with register.catalog.reading() as session:
        found = changes(session, register.viewer, query)
    body = list_json(found.items, found.total, found.next)
    return conditional(request, body, JSON, body.decode())
