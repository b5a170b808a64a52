"""Needs that a search did not meet: logged by whoever asked, told to stewards, closed by them."""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api import coverage_examples as shapes
from api import examples
from api.acting import Acting, Asked, WithReason, done, require_steward
from api.coverage import country_of
from api.deps import today
from api.lists import send, send_once
from api.parameters import read_limit
from catalog.answer import list_json
from catalog.needs import unmet

router = APIRouter(prefix="/api/v1/needs/logged", tags=["coverage"])


class LoggedParameters(BaseModel):
    """Which logged needs to list."""

    model_config = ConfigDict(extra="forbid")
    country: str = Field("", max_length=100, description="ISO3 code or name.", examples=["SSD"])
    state: Literal["open", "closed"] | None = Field(None, description="How they stand; all if left out.")
    limit: Annotated[int, BeforeValidator(read_limit)] = Field(50, description="Needs in the list, 0 to 1,000.")
    after: int = Field(0, ge=0, le=1_000_000, description="The `next` of the page before.")


class Logging(Asked):
    """What was looked for and not found."""

    words: str = Field(
        min_length=1,
        max_length=unmet.LONGEST_ASKED,
        description="As they were searched for; 200 characters are kept. Name no person: addresses, numbers and "
        "places are taken out.",
    )
    country: str = Field("", max_length=100, description="ISO3 code or name of the country that was asked for, if any.")


class ClosingNeed(WithReason):
    """Why a logged need is not open any more."""

    act: Literal["close"]


@router.get("", summary="What people did not find", responses=examples.ok(shapes.LOGGED_NEEDS) | examples.ACTS)
def list_logged(asking: Acting, asked: Annotated[LoggedParameters, Query()]) -> Response:
    """What was logged after searches that found nothing, most often logged first.

    For stewards: of everything, or of the countries you are steward of. Nothing is known of who logged it.
    """
    require_steward(asking)
    countries = (country_of(asked.country),) if asked.country else ()
    with asking.catalog.reading() as session:
        found, total = unmet.logged(session, asking.viewer, countries, asked.state or "", asked.limit, asked.after)
    end = asked.after + asked.limit
    following = str(end) if asked.limit and end < total else ""
    return send_once(list_json([unmet.unmet_json(one) for one in found], total, following))


@router.post(
    "",
    summary="Log what you looked for and did not find",
    status_code=201,
    responses=examples.ok(shapes.KEPT_NEED, 201) | examples.ACTS,
)
def log_need(request: Request, asking: Acting, asked: Logging) -> Response:
    """Kept for stewards: the words and the country, the day, and how often. Nothing of you or your key.

    The same words in the same country count up; the answer is the same whether they were logged before or not.
    At most 20 an hour.
    """
    country = country_of(asked.country) if asked.country else ""
    asking.register.access.log(request, asking.viewer)
    kept = done(asking, partial(unmet.log, words=asked.words, country=country, today=today()))
    return send(unmet.kept_json(kept), 201)


@router.post(
    "/{number}",
    summary="Close a logged need",
    responses=examples.ok(shapes.LOGGED_NEED) | examples.NOT_FOUND | examples.ACTS,
)
def close_need(asking: Acting, number: Annotated[int, Field(ge=1, le=2**31 - 1)], asked: ClosingNeed) -> Response:
    """With a reason, by a steward of everything or of its country; it opens again when it is logged anew."""
    require_steward(asking)
    found = done(asking, partial(unmet.close, viewer=asking.viewer, number=number, reason=asked.reason))
    return send(unmet.unmet_json(found))
