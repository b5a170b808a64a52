"""Public sources: which portals are read, how their last run went, and how they fare."""

from datetime import UTC, datetime
from typing import Annotated

import orjson
from fastapi import APIRouter, HTTPException, Query, Request, Response

from api import examples
from api.deps import Answering, conditional
from api.lists import JSON
from api.parameters import NoParameters
from catalog import views
from catalog.answer import list_json
from catalog.health import source, sources

router = APIRouter(prefix="/api/v1", tags=["sources"])


@router.get("/sources", summary="Portals that are read", responses=examples.ok(examples.SOURCES))
def list_sources(request: Request, register: Answering, _: Annotated[NoParameters, Query()]) -> Response:
    """Public sources with the number of public records, the last run and the health of each."""
    with register.catalog.reading() as session:
        items = sources(session, register.viewer, datetime.now(UTC))
    body = list_json(views.counted(items, register.search))
    return conditional(request, body, JSON, body.decode())


@router.get(
    "/sources/{key}", summary="One portal and its health", responses=examples.ok(examples.SOURCE) | examples.NOT_FOUND
)
def show_source(request: Request, register: Answering, key: str, _: Annotated[NoParameters, Query()]) -> Response:
    """One public source with its last run and its health."""
    with register.catalog.reading() as session:
        found = source(session, register.viewer, key, datetime.now(UTC))
    if found is None:
        raise HTTPException(404)
    body = orjson.dumps(views.counted([found], register.search)[0])
    return conditional(request, body, JSON, body.decode())
