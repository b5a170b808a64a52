"""What people say and do about gaps: overrules, which everybody reads, and actions, which are for stewards."""

from datetime import date
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api import coverage_examples as shapes
from api import examples
from api.acting import NOT_A_STEWARD, Acting, Asked, Line, WithReason, done, require_steward
from api.coverage import code, country_of
from api.deps import Asking, today
from api.lists import JSON, send
from api.parameters import read_day
from catalog.answer import list_json
from catalog.needs import actions, overruling
from catalog.needs.judging import State
from catalog.needs.telling import overrule_json

router = APIRouter(prefix="/api/v1", tags=["coverage"])


class ActionParameters(BaseModel):
    """Which actions."""

    model_config = ConfigDict(extra="forbid")
    country: str = Field("", max_length=100, description="ISO3 code or name.")


class OverruleAct(WithReason):
    """What to say of a need in a country."""

    act: Literal["overrule", "withdraw"] = Field(
        description="`overrule`: say another state in the place of what is judged; both are shown. `withdraw`: end it."
    )
    state: State | None = Field(None, description="Of `overrule`.")
    expires: Annotated[date | None, BeforeValidator(lambda value: value if value is None else read_day(value))] = Field(
        None, description="Of `overrule`: the last day that it stands, within a year."
    )


class NewAction(Asked):
    """What is to be done about a need in a country."""

    what: Line = Field(max_length=300, description="In a sentence. Name no person and no place.")
    owner: Line = Field(max_length=100, description="A role, such as `Information management officer`.")
    organisation: str = Field(
        "", max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$", description="Of the owner, by acronym or name."
    )
    due: Annotated[date, BeforeValidator(read_day)] = Field(description="By when.")


class Closing(WithReason):
    """How an action ended."""

    state: Literal["done", "dropped"]


@router.post(
    "/coverage/{iso3}/{need}/overrule",
    summary="Say another state in the place of what is judged",
    responses=examples.ok(shapes.OVERRULE) | examples.NOT_FOUND | examples.ACTS,
)
def act_on_cell(asking: Acting, iso3: str, need: str, asked: OverruleAct) -> Response:
    """By a steward of everything or of the country, with a reason, for a time; it is written to the audit."""
    place = code(iso3)
    _asked_there(asking, place, need)
    _steward_of(asking, place)
    given: dict[str, Any] = {"viewer": asking.viewer, "country": place, "need": need, "reason": asked.reason}
    if asked.act == "withdraw":
        return send(overrule_json(done(asking, partial(overruling.withdraw, today=today(), **given))))
    if asked.state is None or asked.expires is None:
        raise HTTPException(409, "Say the state, and the last day that it stands as expires.")
    given |= {"state": asked.state, "expires": asked.expires, "today": today()}
    return send(overrule_json(done(asking, partial(overruling.overrule, **given))))


@router.get("/actions", summary="What is to be done about gaps", responses=examples.ok(shapes.ACTIONS) | examples.ACTS)
def list_actions(asking: Acting, asked: Annotated[ActionParameters, Query()]) -> Response:
    """Of the countries you are steward of, open ones first, by their day."""
    require_steward(asking)
    countries = (country_of(asked.country),) if asked.country else ()
    with asking.catalog.reading() as session:
        found = actions.actions(session, asking.viewer, today(), countries)
    return Response(list_json([action_json(one) for one in found]), media_type=JSON)


@router.post(
    "/coverage/{iso3}/{need}/actions",
    summary="Write down what is to be done about a need",
    responses=examples.ok(shapes.ACTION) | examples.NOT_FOUND | examples.ACTS,
)
def assign(asking: Acting, iso3: str, need: str, asked: NewAction) -> Response:
    """With a role that does it and a day; by a steward of everything or of the country."""
    place = code(iso3)
    _asked_there(asking, place, need)
    _steward_of(asking, place)
    act = partial(
        actions.assign, viewer=asking.viewer, country=place, need=need, what=asked.what, owner=asked.owner,
        organisation=asked.organisation, due=asked.due, today=today(),
    )  # fmt: skip
    return send(action_json(done(asking, act)))


@router.post(
    "/actions/{number}",
    summary="Close an action",
    responses=examples.ok(shapes.ACTION) | examples.NOT_FOUND | examples.ACTS,
)
def close(asking: Acting, number: Annotated[int, Field(ge=1, le=2**53)], asked: Closing) -> Response:
    """As done or dropped, with what came of it."""
    require_steward(asking)
    given: dict[str, Any] = {"viewer": asking.viewer, "number": number, "state": asked.state, "reason": asked.reason}
    return send(action_json(done(asking, partial(actions.close, today=today(), **given))))


def action_json(one: actions.Action) -> dict[str, Any]:
    """What is to be done; not who wrote it."""
    return {
        "id": one.id,
        "country": one.country,
        "need": one.need,
        "what": one.what,
        "owner": one.owner,
        "organisation": one.organisation,
        "due": one.due.isoformat(),
        "state": one.state,
        "overdue": one.overdue,
        "on": one.at.date().isoformat(),
        "closed": one.closed.date().isoformat() if one.closed else None,
        "closing": one.closing,
    }


def _asked_there(asking: Asking, iso3: str, key: str) -> None:
    if all(need.id != key for need in asking.register.book().needs.of(iso3)):
        raise HTTPException(404)


def _steward_of(asking: Asking, iso3: str) -> None:
    if not asking.viewer.stewards("", (iso3,)):
        raise HTTPException(403, NOT_A_STEWARD)
