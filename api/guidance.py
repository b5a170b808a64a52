"""Guidance: what to do with data of a level and with a way of access."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Request, Response

from api import examples
from api.deps import conditional
from api.lists import JSON
from api.parameters import NoParameters
from catalog.guidance import everything

router = APIRouter(prefix="/api/v1", tags=["guidance"])


@router.get("/guidance", summary="What to do with data of a level", responses=examples.ok(examples.GUIDANCE))
def show_guidance(request: Request, _: Annotated[NoParameters, Query()]) -> Response:
    """A sentence per level and per way of access in five languages, with what to read, who reviewed it and when."""
    body = orjson.dumps(everything())
    return conditional(request, body, JSON, body.decode())
