"""Suggestions while somebody types."""

from dataclasses import asdict
from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api import examples
from api.deps import Answering, conditional
from api.lists import JSON
from api.parameters import MOST_DIGITS
from catalog.suggest import MOST, suggest

router = APIRouter(prefix="/api/v1", tags=["datasets"])


def _few(value: object) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS and int(text) <= MOST):
        raise ValueError("It must be a whole number from 0 to 20.")
    return int(text)


class SuggestParameters(BaseModel):
    """What was typed."""

    model_config = ConfigDict(extra="forbid")
    q: str = Field(
        "", max_length=500, description="What was typed so far; the last word may be half of one.", examples=["disp"]
    )
    limit: Annotated[int, BeforeValidator(_few)] = Field(10, description="At most, 0 to 20.", examples=["5"])


@router.get("/suggest", summary="While typing", responses=examples.ok(examples.SUGGEST) | examples.REFUSED)
def show_suggestions(request: Request, asking: Answering, asked: Annotated[SuggestParameters, Query()]) -> Response:
    """Places, topics, concepts and organisations whose name has words beginning so, then titles of datasets.

    What begins with `#` is the beginning of a hashtag.
    `kind` is the parameter by which `/datasets` takes `value`; for `dataset` it is the name or id of one.
    """
    names = asking.register.names.of(asking.generation, asking.search)
    found = suggest(asking.search, names, asked.q, asked.limit)
    body = orjson.dumps({"q": asked.q, "items": [asdict(one) for one in found]})
    return conditional(request, body, JSON, body.decode())
