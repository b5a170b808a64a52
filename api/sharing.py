"""Whether sharing improves: indicators with their definitions, and how they moved."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from api import examples
from api.deps import Answering, conditional
from api.lists import JSON
from catalog.sharing import figures
from catalog.sharing.cells import ALL, KIND, ORGANIZATION, TOPIC

router = APIRouter(prefix="/api/v1", tags=["sharing"])


class SharingParameters(BaseModel):
    """Of what part of the catalog."""

    model_config = ConfigDict(extra="forbid")
    country: str = Field(
        "", pattern="^([A-Za-z]{3})?$", description="ISO 3166 alpha-3; all countries together if empty."
    )
    topic: str = Field("", max_length=60, description="Of this topic alone.", examples=["displacement"])
    kind: str = Field("", max_length=60, description="Of this kind of organisation alone.", examples=["un"])
    organization: str = Field("", max_length=500, description="Of this organisation alone; told to stewards only.")

    @model_validator(mode="after")
    def _one(self) -> "SharingParameters":
        if sum(map(bool, (self.topic, self.kind, self.organization))) > 1:
            raise ValueError("name a topic, a kind or an organization, not several of them")
        return self

    @property
    def cut(self) -> str:
        """The part within the country."""
        named = ((TOPIC, self.topic), (KIND, self.kind), (ORGANIZATION, self.organization))
        return next((f"{start}{word}" for start, word in named if word), ALL)


@router.get("/sharing", summary="Whether sharing improves", responses=examples.ok(examples.SHARING) | examples.REFUSED)
def list_indicators(request: Request, asking: Answering, asked: Annotated[SharingParameters, Query()]) -> Response:
    """Every indicator with its definition and its newest value; `value` is null where it is not told.

    Shares are from 0 to 1, with the number of datasets they are of. They count what the reader may know of.
    """
    items = []
    for one, values in _series(asking, asked):
        told = figures.told(one, values[-1:])
        items.append(told)
    return _answer(request, {"country": asked.country.upper(), "cut": asked.cut, "items": items})


@router.get(
    "/sharing/{indicator}",
    summary="One indicator over time",
    responses=examples.ok(examples.INDICATOR) | examples.NOT_FOUND | examples.REFUSED,
)
def show_indicator(
    request: Request, asking: Answering, indicator: str, asked: Annotated[SharingParameters, Query()]
) -> Response:
    """Its values, the oldest first: each day of 60, each week of two years, each month before."""
    found = list(_series(asking, asked, indicator))
    if not found:
        raise HTTPException(404)
    return _answer(request, {"country": asked.country.upper(), "cut": asked.cut} | figures.told(*found[0]))


def _series(asking: Answering, asked: SharingParameters, only: str = "") -> list[tuple[Any, list[figures.Value]]]:
    with asking.catalog.reading() as session:
        return [
            (one, figures.series(session, asking.viewer, one, asked.country.upper(), asked.cut))
            for one in asking.register.indicators().indicators
            if only in {"", one.id} and figures.shown(one, asking.viewer)
        ]


def _answer(request: Request, told: dict[str, Any]) -> Response:
    body = orjson.dumps(told)
    return conditional(request, body, JSON, body.decode())
