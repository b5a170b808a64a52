"""The pages of requests: ask for a record's data, see how your requests stand, note what happened."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool

from api.datasets import read_document
from api.deps import Answering, Asking, asking_now, today
from api.pages.render import HTML, body_of, form_token
from api.pages.sign_in import sent
from api.parameters import NoParameters
from api.requests import MessageParameters, Noting, looked, noted, opened, shown
from catalog.requests import kept, told
from catalog.requests.kept import LENGTHS, LONGEST
from catalog.requests.message import language_of, languages
from catalog.requests.route import route
from catalog.requests.states import Refusal, State

router = APIRouter(include_in_schema=False)

MOST_BYTES = 32_768
"""Of a form: the texts of a request in letters that take nine bytes each as they are sent."""
SHOWN = 50
FIELDS = ("dataset", "purpose", "for_whom", "until", "agreement", "language")
STATES: Mapping[str, str] = {
    "drafted": "Drafted, not sent yet",
    "sent": "Sent",
    "acknowledged": "Acknowledged",
    "granted": "Granted",
    "partly": "Granted in part",
    "refused": "Refused",
    "no_answer": "No answer",
    "expired": "Expired",
}
"""State of a request in words."""
ACTS: Mapping[str, str] = {
    "sent": "It was sent",
    "acknowledged": "The holder has received it and will answer",
    "granted": "It was granted",
    "partly": "It was granted in part",
    "refused": "It was refused",
    "expired": "It is needed no more",
}
"""What may be noted, in words."""
REFUSALS: Mapping[str, str] = {
    "harm": "Sharing it could harm people or operations",
    "consent": "Those it is about have not agreed",
    "law": "Law or a policy forbids it",
    "agreement": "An agreement is missing or does not suffice",
    "purpose": "The purpose does not suffice",
    "not_ours": "Another office decides on it",
    "not_held": "It is not held, or not any more",
    "capacity": "No means to prepare it",
    "other": "Another reason",
}
PARTS: Mapping[str, str] = {"requester": "requester", "owner": "owner or holder", "steward": "steward", "time": ""}
NEXT: Mapping[str, str] = {
    "drafted": "Send the message below yourself, by mail or in the portal's form: nothing is sent from here. "
    "Then note that it was sent.",
    "sent": "Wait for the answer, and note what came.",
    "acknowledged": "The holder has it. Note the answer when it comes.",
    "granted": "Receive the data by the safe way that was agreed on, and use it for what was asked.",
    "partly": "What was granted, and what was not, is said below.",
    "refused": "Why is said below. You may ask anew when the reason has changed.",
    "no_answer": "Send it again, by another way if there is one; or ask a steward to help.",
    "expired": "It has ended. Open another request if the data is still needed.",
}
"""What a requester does next."""
SIGN_IN = "A request takes a key: sign in first. A steward of this register gives keys."


class NewParameters(BaseModel):
    """Of which record."""

    model_config = ConfigDict(extra="forbid")
    dataset: str = Field("", max_length=300, description="Id or name of the record.")


class ListParameters(BaseModel):
    """Which requests are listed."""

    model_config = ConfigDict(extra="forbid")
    after: int = Field(0, ge=0, le=1_000_000)


@router.get("/requests")
def requests_page(request: Request, asking: Answering, asked: Annotated[ListParameters, Query()]) -> Response:
    """Your requests, those for what is yours, and what becomes of requests."""
    looked(asking, "listed the requests", "*")
    with asking.catalog.reading() as session:
        items, total = told.requests(session, asking.viewer, limit=SHOWN, start=asked.after)
        figures = told.outcomes(session, asking.viewer)
    end = asked.after + SHOWN
    more = {"following": end if end < total else 0, "total": total, "figures": figures}
    return _page(request, "requests.html", 200, requests=items, signed_in=bool(asking.viewer.key), **more)


@router.get("/request/new")
def new_page(request: Request, asking: Answering, asked: Annotated[NewParameters, Query()]) -> Response:
    """The form that asks for a record's data."""
    if not asking.viewer.key:
        # Whatever the record is: who may not ask is told nothing of it.
        return _page(request, "request_new.html", 200, record=None, refused="", given={})
    return _form(request, asking, 200, "", dict.fromkeys(FIELDS, "") | {"dataset": asked.dataset})


@router.post("/request/new")
async def open_(request: Request, __: Annotated[NoParameters, Query()]) -> Response:
    """A new request; the form again for what cannot be taken."""
    fields = await sent(request, MOST_BYTES)
    return await run_in_threadpool(_opened, request, fields)


@router.get("/request/{request_id}")
def request_page(
    request: Request, asking: Answering, request_id: UUID, asked: Annotated[MessageParameters, Query()]
) -> Response:
    """How a request stands, its message, and what may be noted of it."""
    return _one(request, asking, request_id, 200, asked.language)


@router.post("/request/{request_id}")
async def note(request: Request, request_id: UUID, __: Annotated[NoParameters, Query()]) -> Response:
    """Note how a request stands."""
    fields = await sent(request, MOST_BYTES)
    return await run_in_threadpool(_noted, request, request_id, fields)


def _opened(request: Request, fields: Mapping[str, str]) -> Response:
    asking = _acting(request)
    given = {name: fields.get(name, "").strip() for name in FIELDS}
    try:
        until = date.fromisoformat(given["until"])
    except ValueError:
        return _form(request, asking, 422, "Needed until: it must be a day such as 2027-01-31.", given)
    try:
        made = opened(asking, kept.Asked(**{**given, "until": until}))  # type: ignore[arg-type]
    except HTTPException as error:
        if error.status_code not in {409, 429}:
            raise
        return _form(request, asking, error.status_code, error.detail, given)
    return RedirectResponse(f"/request/{made['id']}", status_code=303)


def _noted(request: Request, request_id: UUID, fields: Mapping[str, str]) -> Response:
    asking = _acting(request)
    number = fields.get("expected", "")
    try:
        asked = Noting(
            state=State(fields.get("state", "")),
            why=fields.get("why", ""),
            category=Refusal(fields["category"]) if fields.get("category") else None,
            expected=int(number) if number.isascii() and number.isdigit() else None,
        )
    except (ValueError, ValidationError):
        shown(asking, request_id)
        return _one(request, asking, request_id, 422, refused="Choose what happened, and say why in 500 characters.")
    try:
        noted(asking, request_id, asked)
    except HTTPException as error:
        if error.status_code not in {409, 429}:
            raise
        return _one(request, asking, request_id, error.status_code, refused=error.detail)
    return RedirectResponse(f"/request/{request_id}", status_code=303)


def _acting(request: Request) -> Asking:
    """Who acts, counted; raises HTTPException 403 without a key, 429."""
    asking = asking_now(request)
    if not asking.viewer.key:
        raise HTTPException(403, SIGN_IN)
    asking.register.access.act(asking.viewer)
    return asking


def _form(request: Request, asking: Asking, status: int, refused: str, given: Mapping[str, str]) -> Response:
    found = read_document(asking, given["dataset"]) if given["dataset"] else None
    if found is None:
        raise HTTPException(404)
    record = orjson.loads(found[0])
    way = route(record, asking.register.ways())
    return _page(
        request,
        "request_new.html",
        status,
        record=record,
        way=way,
        days=way.days or asking.register.settings.request_days,
        language=language_of(record),
        refused=refused,
        given=given,
    )


def _one(
    request: Request, asking: Asking, request_id: UUID, status: int, language: str = "", refused: str = ""
) -> Response:
    found = shown(asking, request_id, language)
    masked = any("withheld]" in found[field] for field in ("purpose", "for_whom", "agreement"))
    return _page(request, "request.html", status, asked=found, refused=refused, masked=masked)


def _page(request: Request, template: str, status: int, **context: Any) -> Response:  # noqa: ANN401
    """A page that no browser keeps: it is for whoever is signed in alone."""
    words = {
        "states": STATES,
        "acts": ACTS,
        "refusals": REFUSALS,
        "parts": PARTS,
        "next_step": NEXT,
        "languages": languages(),
        "lengths": LENGTHS,
        "form_token": form_token(request),
        "first_day": today(),
        "last_day": today() + LONGEST,
    }
    return Response(body_of(request, template, words | context), status, {"Cache-Control": "no-store"}, media_type=HTML)
