"""Harvest runs of public sources."""

from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api import examples
from api.deps import Answering, conditional
from api.lists import JSON
from api.parameters import NoParameters, read_limit
from catalog.answer import list_json
from catalog.reading import issues, run, runs

router = APIRouter(prefix="/api/v1", tags=["runs"])


class RunParameters(BaseModel):
    """Which runs to list."""

    model_config = ConfigDict(extra="forbid")
    source: str = Field("", max_length=60, description="Key of a source; only its runs.", examples=["sample-ckan"])
    limit: Annotated[int, BeforeValidator(read_limit)] = Field(
        50, description="Runs in the list, newest first, 0 to 1,000.", examples=["10"]
    )
    after: int = Field(0, ge=0, le=1_000_000, description="The `next` of the page before.")


@router.get("/runs", summary="Newest harvest runs", responses=examples.ok(examples.RUNS))
def list_runs(request: Request, register: Answering, asked: Annotated[RunParameters, Query()]) -> Response:
    """Newest runs of public sources, with issues grouped by code."""
    with register.catalog.reading() as session:
        items, total = runs(session, register.viewer, asked.limit, asked.source, asked.after)
    end = asked.after + asked.limit
    body = list_json(items, total, str(end) if asked.limit and end < total else "")
    return conditional(request, body, JSON, body.decode())


class IssueParameters(BaseModel):
    """Which issues of a run to list."""

    model_config = ConfigDict(extra="forbid")
    code: str = Field("", max_length=60, pattern="^[A-Za-z0-9_.-]*$", description="Only this code.", examples=["http"])
    limit: Annotated[int, BeforeValidator(read_limit)] = Field(
        50, description="Issues in the list, as they were found, 0 to 1,000.", examples=["10"]
    )
    after: int = Field(0, ge=0, le=1_000_000, description="The `next` of the page before.")


@router.get(
    "/runs/{run_id}/issues",
    summary="Issues of one harvest run",
    responses=examples.ok(examples.ISSUES) | examples.NOT_FOUND,
)
def list_issues(
    request: Request, register: Answering, run_id: UUID, asked: Annotated[IssueParameters, Query()]
) -> Response:
    """What went wrong, record by record: of whole pages, and of records that are shown to who asks."""
    with register.catalog.reading() as session:
        found = issues(session, register.viewer, run_id, asked.code, asked.limit, asked.after)
    if found is None:
        raise HTTPException(404)
    items, total = found
    end = asked.after + asked.limit
    body = list_json(items, total, str(end) if asked.limit and end < total else "")
    return conditional(request, body, JSON, body.decode())


@router.get("/runs/{run_id}", summary="One harvest run", responses=examples.ok(examples.RUN) | examples.NOT_FOUND)
def show_run(request: Request, register: Answering, run_id: UUID, _: Annotated[NoParameters, Query()]) -> Response:
    """One run of a public source."""
    with register.catalog.reading() as session:
        found = run(session, register.viewer, run_id)
    if found is None:
        raise HTTPException(404)
    body = orjson.dumps(found)
    return conditional(request, body, JSON, body.decode())
