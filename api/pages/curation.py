"""The page on which stewards correct a record: what the source says, what people say, what is shown; a plain form."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool

from api.curation import beside_of, corrected, stewarded, verified
from api.deps import Answering, Asking, asking_now
from api.pages.render import HTML, body_of, form_token
from api.pages.sign_in import sent
from api.parameters import NoParameters
from catalog.curation.acts import Faulty
from catalog.curation.columns import PREFIX
from catalog.curation.fields import FIELDS

router = APIRouter(include_in_schema=False)

MOST_BYTES = 65_536
SHOWN_COLUMNS = 90
LONGEST_WHY = 500
_WAS = "was "
_NO_STORE = {"Cache-Control": "no-store"}


class EditParameters(BaseModel):
    """What was just done."""

    model_config = ConfigDict(extra="forbid")
    done: str = ""


@router.get("/dataset/{key}/edit")
def edit_page(request: Request, asking: Answering, key: str, asked: Annotated[EditParameters, Query()]) -> Response:
    """The form, for stewards of the record."""
    shown = stewarded(asking, key)
    name = shown["name"] or shown["id"]
    if key != name:
        return RedirectResponse(f"/dataset/{name}/edit", status_code=307, headers=_NO_STORE)
    return _form(request, asking, key, 200, done=asked.done)


@router.post("/dataset/{key}/edit")
async def edit(request: Request, key: str, __: Annotated[NoParameters, Query()]) -> Response:
    """Correct what was changed in the form; the form again for what cannot be taken."""
    fields = await sent(request, MOST_BYTES)
    return await run_in_threadpool(_edited, request, key, fields)


def _edited(request: Request, key: str, fields: Mapping[str, str]) -> Response:
    asking = asking_now(request)
    if not asking.viewer.key:
        raise HTTPException(401, "Sign in first: your session has ended.")
    asking.register.access.act(asking.viewer)
    if fields.get("verify"):
        verified(asking, key, [])
        return _again(asking, key, "verified")
    given = dict(_changed(fields))
    why = fields.get("reason", "").strip()
    if not given:
        return _form(request, asking, key, 422, refused="Nothing was changed in the form.", given=fields)
    if not why or len(why) > LONGEST_WHY:
        refused = f"Say why, in a sentence of at most {LONGEST_WHY} characters."
        return _form(request, asking, key, 422, refused=refused, given=fields)
    try:
        corrected(asking, key, given, why)
    except Faulty as faulty:
        faults = {field: f"{wrong.reason}. {wrong.mend}" for field, wrong in faulty.faults.items()}
        refused = "Nothing was written. Mend what is marked below."
        return _form(request, asking, key, 422, refused=refused, given=fields, faults=faults)
    except HTTPException as refused_:
        if refused_.status_code != 409:  # noqa: PLR2004
            raise
        return _form(request, asking, key, 409, refused=str(refused_.detail), given=fields)
    return _again(asking, key, "corrected")


def _again(asking: Asking, key: str, done: str) -> Response:
    """The page anew, under the name that the record has now: a corrected title gives it another."""
    try:
        shown = stewarded(asking, key)
        address = f"/dataset/{shown['name'] or shown['id']}/edit?done={done}"
    except HTTPException:
        # Other countries may have other stewards.
        address = "/"
    return RedirectResponse(address, status_code=303, headers=_NO_STORE)


def _changed(fields: Mapping[str, str]) -> Iterator[tuple[str, str | None]]:
    """What differs from what the form was given with; an emptied field takes its correction back."""
    for name, text in fields.items():
        if name in FIELDS or name.startswith(PREFIX):
            now, was = _plain(text), _plain(fields.get(_WAS + name, ""))
            if now != was:
                yield name, now or None


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _form(
    request: Request,
    asking: Asking,
    key: str,
    status: int,
    *,
    refused: str = "",
    done: str = "",
    given: Mapping[str, str] | None = None,
    faults: Mapping[str, str] | None = None,
) -> Response:
    shown = stewarded(asking, key)
    beside = beside_of(asking, key, SHOWN_COLUMNS)["fields"]
    entries: list[dict[str, Any]] = [
        one
        | {
            "written": (given or {}).get(one["field"], one["curated"] or ""),
            "was": (given or {}).get(_WAS + one["field"], one["curated"] or ""),
            "fault": (faults or {}).get(one["field"], ""),
        }
        for one in beside
    ]
    context = {
        "dataset": shown,
        "fields": [one for one in entries if one["field"] in FIELDS],
        "columns": [one for one in entries if one["field"] not in FIELDS],
        "corrected": sum(one["curated"] is not None for one in entries),
        "refused": refused,
        "done": done,
        "reason": (given or {}).get("reason", ""),
        "longest": LONGEST_WHY,
        "form_token": form_token(request),
    }
    return Response(body_of(request, "edit.html", context), status, _NO_STORE, media_type=HTML)
