"""The page of the register: what it is, templates, and for whoever lists holdings the way of a sheet into it."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from api.deps import Answering, Asking, asking_now
from api.pages.forms import sent_file
from api.pages.render import HTML, body_of, form_token, render
from api.pages.sign_in import sent
from api.parameters import NoParameters
from api.register import (
    LISTS_NOTHING,
    SheetParameters,
    accept,
    attachment,
    export,
    mine,
    of_row,
    preview,
    require_lister,
    told,
    waiting,
)
from catalog.register import scope
from catalog.register.files import MOST_BYTES
from catalog.register.kept import CHANGED, NEW, REJECTED, UNCHANGED
from catalog.register.registry import Preview

public = APIRouter()
router = APIRouter(include_in_schema=False)

LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "fr": "Français",
    "es": "Español",
    "ar": "العربية",
    "uk": "Українська",
}
SHOWN = 300
"""Rows that a page shows; the sheet and the API have all."""
BROUGHT, RETURNED = "brought", "returned"
"""What is kept of a sheet between two pages."""
OVER = "This look at the sheet is over: it is kept for half an hour, and one of you at a time. Upload the sheet again."
TICK = "Bring the sheet again and tick that holdings are shown, and they are, under your name."
NO_FILE = "Choose a file first."
_FIRST = (REJECTED, CHANGED, NEW, UNCHANGED)


@public.get("/register")
def register_page(request: Request, asking: Answering, _: Annotated[NoParameters, Query()]) -> Response:
    """What the register is; with a key that lists holdings, the form and the holder's own rows."""
    if not scope.lists(asking.viewer):
        return render(request, "register.html", **_shown(asking))
    return _page(request, "register.html", 200, **(_shown(asking) | _own(request, asking)))


@router.post("/register/preview")
async def preview_page(request: Request, _: Annotated[NoParameters, Query()]) -> Response:
    """What an uploaded sheet would change, row by row; nothing is written."""
    asking = await run_in_threadpool(_lister, request)
    form = await sent_file(request, MOST_BYTES)
    return await run_in_threadpool(_previewed, request, asking, form.files.get("file", b""))


@router.post("/register/accept")
async def accept_page(request: Request, _: Annotated[NoParameters, Query()]) -> Response:
    """Write the sheet that was looked at."""
    asking = await run_in_threadpool(_lister, request)
    fields = await sent(request)
    return await run_in_threadpool(_accepted, request, asking, fields)


@router.get("/register/export")
def export_page(request: Request, asked: Annotated[SheetParameters, Query()]) -> Response:
    """The rows of who is signed in as a sheet."""
    return export(_reader(request), asked)


@router.get("/register/returned")
def returned_page(request: Request, _: Annotated[NoParameters, Query()]) -> Response:
    """The sheet that was accepted last, with its register ids."""
    asking = _reader(request)
    body = asking.register.sheets.kept(asking.viewer.key, RETURNED, RETURNED)
    if body is None:
        raise HTTPException(409, "This copy is over: it is kept for half an hour. Download your rows instead.")
    return attachment(body, "holdings-returned.xlsx", "xlsx")


def _lister(request: Request) -> Asking:
    """Who sends a form; raises HTTPException 403, 429."""
    asking = _reader(request)
    asking.register.access.act(asking.viewer)
    return asking


def _reader(request: Request) -> Asking:
    asking = asking_now(request)
    require_lister(asking)
    return asking


def _previewed(request: Request, asking: Asking, body: bytes) -> Response:
    try:
        if not body:
            raise HTTPException(422, NO_FILE)
        found = preview(asking, body)
    except HTTPException as error:
        return _refused(request, asking, error)
    asking.register.sheets.keep(asking.viewer.key, BROUGHT, found.stamp, body)
    rows = sorted(told(found), key=lambda row: (_FIRST.index(row["outcome"]), row["row"]))
    shown = [row for row in rows if row["outcome"] != UNCHANGED][:SHOWN]
    return _page(
        request,
        "register_preview.html",
        200,
        counts=found.counts,
        rows=shown,
        left=sum(row["outcome"] != UNCHANGED for row in rows) - len(shown),
        notes=found.reading.notes,
        titles=_titles(asking),
        stamp=found.stamp,
        acceptable=_acceptable(found),
        opens=asking.viewer.is_steward,
        form_token=form_token(request),
    )


def _accepted(request: Request, asking: Asking, fields: Mapping[str, str]) -> Response:
    stamp, sheets = fields.get("preview", ""), asking.register.sheets
    body = sheets.kept(asking.viewer.key, BROUGHT, stamp)
    try:
        if body is None:
            raise HTTPException(409, OVER)
        done = accept(asking, body, stamp, valid="accept_valid" in fields, opens="open" in fields)
    except HTTPException as error:
        return _refused(request, asking, error)
    sheets.let_go(asking.viewer.key, BROUGHT)
    sheets.keep(asking.viewer.key, RETURNED, RETURNED, sheets.registry.returned(done, "xlsx"))
    reasons: dict[str, list[str]] = {}
    for title, reason in done.acted.waiting:
        reasons.setdefault(waiting(asking, reason, TICK), []).append(title)
    return _page(
        request,
        "register_accepted.html",
        200,
        counts=done.preview.counts,
        acted=done.acted,
        reasons=reasons,
        most=SHOWN,
    )


def _acceptable(found: Preview) -> int:
    """Rows that can be taken."""
    return len(found.planned) - found.counts[REJECTED]


def _refused(request: Request, asking: Asking, error: HTTPException) -> Response:
    """The form again, with what is wrong."""
    context = _shown(asking) | _own(request, asking) | {"refused": str(error.detail)}
    page = _page(request, "register.html", error.status_code, **context)
    page.headers.update(error.headers or {})
    return page


def _shown(asking: Asking) -> dict[str, Any]:
    return {
        "languages": LANGUAGES,
        "lists": False,
        "refused": "",
        "no_key": LISTS_NOTHING if asking.viewer.key else "",
        "rows": (),
        "total": 0,
        "form_token": "",
    }


def _own(request: Request, asking: Asking) -> dict[str, Any]:
    rows = mine(asking, "listed rows of the register")
    items = [of_row(asking, row) | {"reached": row.reached} for row in list(rows.values())[-SHOWN:]]
    states = _choices(asking, "state")
    visibilities = _choices(asking, "visibility")
    for item in items:
        item["state"] = states.get(item["values"].get("state", ""), "")
        item["known_to"] = visibilities.get(item["visibility"], "")
    return {"lists": True, "rows": items, "total": len(rows), "form_token": form_token(request)}


def _choices(asking: Asking, key: str) -> dict[str, str]:
    found = asking.register.sheets.registry.words
    column = found.columns.get(key)
    return {} if column is None else found.named(column, "en")


def _titles(asking: Asking) -> dict[str, str]:
    return {key: column.title.en for key, column in asking.register.sheets.registry.words.columns.items()}


def _page(request: Request, template: str, status: int, **context: Any) -> Response:  # noqa: ANN401
    body = body_of(request, template, context)
    return HTMLResponse(body, status, {"Cache-Control": "no-store"}, media_type=HTML)
