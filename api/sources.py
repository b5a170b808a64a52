"""Public sources: which portals are read, and how their last run went."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api import examples
from api.deps import AUDIENCE, Answering, conditional
from api.lists import JSON
from api.parameters import NoParameters
from catalog.answer import list_json
from catalog.reading import sources

router = APIRouter(prefix="/api/v1", tags=["sources"])


@router.get("/sources", summary="Portals that are read", responses=examples.ok(examples.SOURCES))
def list_sources(request: Request, register: Answering, _: Annotated[NoParameters, Query()]) -> Response:
    """Public sources with the number of public records and the last run of each."""
    with register.catalog.reading() as session:
        body = list_json(sources(session, AUDIENCE))
    return conditional(request, body, JSON, body.decode())
