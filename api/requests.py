"""Requests for data: opened, followed to an answer, and what becomes of them. Nothing is sent from here."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Annotated, Any, TypeVar
from uuid import UUID

import orjson
from fastapi import APIRouter, HTTPException, Query, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api import examples
from api.access import retry_after
from api.acting import Acting, Asked, Line
from api.deps import Answering, Asking
from api.lists import send_once
from api.parameters import NoParameters, read_limit
from catalog.answer import list_json
from catalog.levels import Refused
from catalog.requests import kept, told
from catalog.requests.kept import LENGTHS, NoRequest, TooMany
from catalog.requests.message import languages
from catalog.requests.outcomes import figures_document
from catalog.requests.states import Refusal, State

A = TypeVar("A")

router = APIRouter(prefix="/api/v1/requests", tags=["requests"])

_WORDS = r"^[^\x00]*[^\x00\s][^\x00]*$"


def read_language(value: object) -> str:
    """A language of the message; any other is refused with those there are."""
    text = str(value)
    if text and text not in languages():
        raise ValueError(f"It must be one of {', '.join(languages())}.")
    return text


Language = Annotated[str, BeforeValidator(read_language)]


class RequestParameters(BaseModel):
    """Which requests to list."""

    model_config = ConfigDict(extra="forbid")
    state: State | None = Field(None, description="How they stand.")
    limit: Annotated[int, BeforeValidator(read_limit)] = Field(50, description="Requests in the list, 0 to 1,000.")
    after: int = Field(0, ge=0, le=1_000_000, description="The `next` of the page before.")


class MessageParameters(BaseModel):
    """In which language its message is shown."""

    model_config = ConfigDict(extra="forbid")
    language: Language = Field("", description="Of the message, instead of the holder's: en, fr, es, ar or uk.")


class Opening(Asked):
    """A request to be opened."""

    dataset: Line = Field(max_length=300, description="Id or name of the record.")
    purpose: str = Field(
        min_length=1,
        max_length=LENGTHS["purpose"],
        pattern=_WORDS,
        description="What the data is for. Name no person; addresses, numbers and places are taken out.",
    )
    for_whom: str = Field(
        min_length=1, max_length=LENGTHS["for_whom"], pattern=_WORDS, description="Which offices or teams would use it."
    )
    until: date = Field(description="The last day (UTC) for which it is needed.")
    agreement: str = Field("", max_length=LENGTHS["agreement"], description="That you offer, such as a memorandum.")
    language: Language = Field("", description="Of the message; empty for that of whoever holds the data.")


class Noting(Asked):
    """How a request stands now."""

    state: State = Field(
        description="`sent`, `acknowledged`, `granted`, `partly`, `refused`, or `expired` if it is needed no more; "
        "which of them, and by whom, the request's `possible` says. That no answer came is noted by time alone."
    )
    why: str = Field(
        "", max_length=LENGTHS["why"], description="In a sentence; needed of `refused` and `partly`. Name no person."
    )
    category: Refusal | None = Field(None, description="Of a refusal, which needs one.")
    expected: int | None = Field(
        None, ge=0, description="The `newest` of the request that was looked at; 409 if something was noted since."
    )


@router.get("", summary="Your requests", responses=examples.ok(examples.REQUESTS))
def list_requests(asking: Answering, asked: Annotated[RequestParameters, Query()]) -> Response:
    """Those that you opened, those for what your organisation owns or holds, those of records that you are steward of.

    Newest first, without their messages. Nobody else is told of them. That a steward looked is recorded.
    """
    looked(asking, "listed the requests", "*")
    state = asked.state.value if asked.state else ""
    with asking.catalog.reading() as session:
        items, total = told.requests(session, asking.viewer, state=state, limit=asked.limit, start=asked.after)
    end = asked.after + asked.limit
    return send_once(list_json(items, total, str(end) if asked.limit and end < total else ""))


@router.post(
    "",
    summary="Ask for a record's data",
    status_code=201,
    responses=examples.ok(examples.OPENED_REQUEST, 201) | examples.NOT_FOUND | examples.ACTS,
)
def open_request(asking: Acting, asked: Opening) -> Response:
    """It is recorded, and a message is drafted in the language of whoever holds the data; you send it.

    By any holder of a key, of a record that they are shown. Its owner, its holder and its stewards, if they have keys,
    see it from now on. `withheld` says what was taken out of your texts.
    """
    return send_once(orjson.dumps(opened(asking, kept.Asked(**asked.model_dump()))), 201)


@router.get("/outcomes", summary="What becomes of requests", responses=examples.ok(examples.OUTCOMES))
def show_outcomes(asking: Answering, _: Annotated[NoParameters, Query()]) -> Response:
    """Counts by country and state and the median of days to an answer, of requests about records that you are shown.

    `yours` are those that you may see, counted exactly; `all` counts the others with them, and has only what tells
    nothing of fewer than five of those.
    """
    with asking.catalog.reading() as session:
        rows = told.outcomes(session, asking.viewer)
    return send_once(orjson.dumps(figures_document(rows)))


@router.get("/{request_id}", summary="One request", responses=examples.ok(examples.REQUEST) | examples.NOT_FOUND)
def show_request(asking: Answering, request_id: UUID, asked: Annotated[MessageParameters, Query()]) -> Response:
    """How it stands, what was noted of it, what you may note, and its message: text to copy, `mailto` and `form`.

    Of its record no more is told than you may know of it now. That a steward looked is recorded.
    """
    return send_once(orjson.dumps(shown(asking, request_id, asked.language)))


@router.post(
    "/{request_id}/state",
    summary="Note how a request stands",
    responses=examples.ok(examples.NOTED) | examples.NOT_FOUND | examples.ACTS,
)
def note_state(asking: Acting, request_id: UUID, asked: Noting) -> Response:
    """By the requester, by who owns or holds the record, or by its steward; refused, it says what is possible.

    An answer that came by mail is noted by the requester too; once it is noted, only who decides corrects it.
    """
    return send_once(orjson.dumps(noted(asking, request_id, asked)))


def opened(asking: Asking, asked: kept.Asked) -> dict[str, Any]:
    """Open a request for who asks; it as they are told of it, with ``withheld``. Raises HTTPException 404, 409, 429."""
    settings = asking.register.settings
    act = partial(
        kept.open_request,
        requester=asking.viewer,
        asked=asked,
        by=asking.viewer,
        days=settings.request_days,
        most=settings.requests_a_day,
        ways=asking.register.ways(),
    )
    found = _done(asking, act)
    return shown(asking, found.id) | {"withheld": found.withheld}


def noted(asking: Asking, request_id: UUID, asked: Noting) -> dict[str, Any]:
    """Note a state for who asks; ``{id, before, state, withheld}``. Raises HTTPException 404, 409."""
    found = _done(
        asking,
        lambda session: kept.note(
            session, request_id, asking.viewer, asked.state, asked.why, asked.category, expected=asked.expected
        ),
    )
    before, state = found.before.value, found.state.value
    return {"id": str(request_id), "before": before, "state": state, "withheld": found.withheld}


def shown(asking: Asking, request_id: UUID, language: str = "") -> dict[str, Any]:
    """A request as who asks is told of it. Raises HTTPException 404."""
    try:
        with asking.catalog.reading() as session:
            found = told.request(session, asking.viewer, request_id, language=language, ways=asking.register.ways())
    except NoRequest:
        raise HTTPException(404) from None
    looked(asking, "read a request", str(request_id))
    return found


def looked(asking: Asking, action: str, subject: str) -> None:
    """Write to the audit that a steward looked at what others asked for."""
    if asking.viewer.is_steward:
        asking.record(action, subject)


def _done(asking: Asking, act: Callable[..., A]) -> A:
    try:
        with asking.catalog.writing() as session:
            return act(session)
    except NoRequest:
        raise HTTPException(404) from None
    except TooMany as error:
        raise HTTPException(429, str(error), headers=retry_after(error.seconds)) from None
    except Refused as error:
        raise HTTPException(409, str(error)) from None
