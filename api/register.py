"""The register's sheet over HTTP: a template, a look at what a sheet would change, accepting it, and giving it back."""

import hashlib
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api import examples
from api.acting import Acting
from api.deps import Answering, Asking, conditional
from api.lists import JSON, send
from api.parameters import NoParameters, read_limit
from catalog import audit
from catalog.answer import list_json
from catalog.lease import RunInProgress
from catalog.levels import Conflict, Refused
from catalog.register import acts, scope
from catalog.register.files import MOST_BYTES, Unreadable
from catalog.register.kept import CHANGED, NEW, SOURCE, Planned
from catalog.register.registry import Accepted, Preview
from catalog.register.scope import Mine
from config.declarations import RegisterLanguage
from config.load import ConfigurationError

public = APIRouter(prefix="/api/v1/register", tags=["register"])
router = APIRouter(prefix="/api/v1/register", tags=["register"])

Kind = Literal["xlsx", "csv"]
MEDIA = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv; charset=utf-8"}
LISTS_NOTHING = "Only stewards and organisations list holdings. Ask a steward of this register for such a key."
TOO_LARGE = f"The file is larger than {MOST_BYTES >> 20} MiB. Leave out what is no list of holdings."
MOST_ROWS = 1_000
"""New or changed rows that are taken over HTTP at once: while they are written nothing else is."""
TOO_MANY = (
    f"More than {MOST_ROWS:,} rows of the sheet are new or changed. Bring them in parts, or let them be imported on "
    "the machine itself."
)
STEWARDS_OPEN = "A steward of the register opens it."
SAY_OPEN = "Accept the sheet with open, and it is shown as its row asks, under your name."
_A_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file itself: XLSX, ODS or CSV.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_SHEETS: examples.Responses = {200: {"content": {media: {} for media in MEDIA.values()}}}


class SheetParameters(BaseModel):
    """How a sheet is written."""

    model_config = ConfigDict(extra="forbid")

    language: RegisterLanguage = Field("en", description="Of headings, choices and instructions.", examples=["ar"])
    format: Kind = Field("xlsx", description="`xlsx` or `csv`.", examples=["csv"])


class AcceptParameters(BaseModel):
    """What is accepted of a sheet."""

    model_config = ConfigDict(extra="forbid")

    preview: str = Field(
        max_length=64, description="The `preview` of the look that was taken; with another file, or if something has "
        "changed since, nothing is written and the answer is 409."
    )  # fmt: skip
    accept_valid: bool = Field(default=False, description="Take the good rows although others are rejected.")
    open: bool = Field(
        default=False, description="Show holdings to as many as their rows ask for, under your name; of stewards only."
    )


class RowParameters(BaseModel):
    """Which rows are listed."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, BeforeValidator(read_limit)] = Field(100, description="Rows in an answer, up to 1,000.")
    after: str = Field("", max_length=40, description="The `next` of the answer before.")


@public.get(
    "/template",
    summary="An empty sheet of the register",
    response_class=Response,
    responses=_SHEETS,
)
def give_template(request: Request, asking: Answering, asked: Annotated[SheetParameters, Query()]) -> Response:
    """With headings, HXL hashtags, an example row, drop-downs and a page of instructions, in one of five languages."""
    body = _configured(lambda: asking.register.sheets.registry.template(asked.language, asked.format))
    answer = conditional(request, body, MEDIA[asked.format], hashlib.sha256(body).hexdigest())
    answer.headers["Content-Disposition"] = f'attachment; filename="holdings-{asked.language}.{asked.format}"'
    return answer


@router.post(
    "/preview",
    summary="What a filled sheet would change",
    responses=examples.ok(examples.REGISTER_PREVIEW) | examples.ACTS,
    openapi_extra=_A_FILE,
)
async def look(request: Request, asking: Acting, _: Annotated[NoParameters, Query()]) -> Response:
    """Each row as new, changed, unchanged or rejected, with the cell, the reason and the mend. Nothing is written.

    A row that is not yours to see is, to you, not there.
    """
    require_lister(asking)
    body = await taken_in(request, MOST_BYTES)
    found = await run_in_threadpool(preview, asking, body)
    return send(_counted(found) | {"preview": found.stamp, "rows": told(found)})


@router.post(
    "/accept",
    summary="Accept a filled sheet as it was looked at",
    responses=examples.ok(examples.REGISTER_ACCEPTED) | examples.ACTS,
    openapi_extra=_A_FILE,
)
async def take(request: Request, asking: Acting, asked: Annotated[AcceptParameters, Query()]) -> Response:
    """Send the same file again. Rows, records, levels and visibility are written together; they are found at once."""
    require_lister(asking)
    body = await taken_in(request, MOST_BYTES)
    done = await run_in_threadpool(accept, asking, body, asked.preview, valid=asked.accept_valid, opens=asked.open)
    rows = [
        {"row": one.row.number, "outcome": one.outcome, "id": done.ids.get(one.row.number, "")}
        for one in done.preview.planned
    ]
    return send(
        _counted(done.preview)
        | done.acted.told
        | {
            "rows": rows,
            "waiting": [{"title": title, "reason": waiting(asking, reason)} for title, reason in done.acted.waiting],
        }
    )


@router.get("/rows", summary="Your rows of the register", responses=examples.ok(examples.REGISTER_ROWS) | examples.ACTS)
def list_rows(asking: Acting, asked: Annotated[RowParameters, Query()]) -> Response:
    """With who may know of each by now. What tells of people only to stewards, and to who wrote the row last."""
    require_lister(asking)
    rows = mine(asking, "listed rows of the register")
    ids = list(rows)
    start = ids.index(asked.after) + 1 if asked.after in rows else 0
    page = ids[start : start + asked.limit]
    items = [{"id": id_} | of_row(asking, rows[id_]) for id_ in page]
    more = page[-1] if page and start + len(page) < len(ids) else ""
    return Response(list_json(items, len(ids), more), media_type=JSON)


@router.get(
    "/export",
    summary="Your rows of the register as a sheet",
    response_class=Response,
    responses=_SHEETS | examples.ACTS,
)
def give_export(asking: Acting, asked: Annotated[SheetParameters, Query()]) -> Response:
    """With their register ids. Brought again as it is it changes nothing."""
    require_lister(asking)
    return export(asking, asked)


def export(asking: Asking, asked: SheetParameters) -> Response:
    """The rows of who asks as a sheet; it is written to the audit."""
    rows = mine(asking, "exported the register")
    body = asking.register.sheets.registry.sheet(rows, asked.language, asked.format)
    return attachment(body, f"register-{asked.language}.{asked.format}", asked.format)


def attachment(body: bytes, name: str, kind: str) -> Response:
    """A sheet that nobody on the way may keep."""
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, headers=headers, media_type=MEDIA[kind])


def require_lister(asking: Asking) -> None:
    """Raise HTTPException 403 for who may list no holdings."""
    if not scope.lists(asking.viewer):
        raise HTTPException(403, LISTS_NOTHING)


async def taken_in(request: Request, most: int) -> bytes:
    """A body of at most so many bytes; raises HTTPException 413."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise HTTPException(413, TOO_LARGE)
    return bytes(body)


def preview(asking: Asking, body: bytes) -> Preview:
    """What a sheet would change for who asks; raises HTTPException 409, 422 or 503."""
    registry = asking.register.sheets.registry
    with asking.register.sheets.turn():
        try:
            reading = registry.read(body)
            with asking.catalog.reading() as session:
                found = registry.preview(session, body, reading, asking.viewer)
        except Unreadable as error:
            raise HTTPException(422, str(error)) from None
        except ConfigurationError as error:
            raise HTTPException(409, str(error)) from None
    if found.counts[NEW] + found.counts[CHANGED] > MOST_ROWS:
        raise HTTPException(422, TOO_MANY)
    said = ", ".join(f"{count} {outcome}" for outcome, count in found.counts.items())
    asking.record(f"looked at what a sheet would change: {said}", SOURCE)
    return found


def accept(asking: Asking, body: bytes, seen: str, *, valid: bool, opens: bool) -> Accepted:
    """Write a sheet as it was looked at, and let the indexes follow; raises HTTPException 409, 422 or 503."""
    registry = asking.register.sheets.registry
    with asking.register.sheets.turn():
        try:
            done = registry.accept(asking.catalog, body, asking.viewer, seen, valid=valid, opens=opens)
        except Unreadable as error:
            raise HTTPException(422, str(error)) from None
        except RunInProgress:
            raise HTTPException(409, "The register is being read at this moment. Try again in a minute.") from None
        except (Conflict, Refused, ConfigurationError) as error:
            raise HTTPException(409, str(error)) from None
    asking.register.follow()
    return done


def told(found: Preview) -> list[dict[str, Any]]:
    """The rows of a preview as they may be told to whoever brings the sheet."""
    return [
        {
            "row": one.row.number,
            "outcome": one.outcome,
            "id": one.id,
            "title": one.row.given.get("title", ""),
            "changes": _changes(found, one),
            "faults": [
                {"cell": fault.cell, "column": fault.column, "reason": fault.reason, "mend": fault.mend}
                for fault in one.faults
            ],
        }
        for one in found.planned
    ]


def waiting(asking: Asking, reason: str, say: str = SAY_OPEN) -> str:
    """Why a holding is known to fewer people than its row asks for; ``say`` is how a steward opens it."""
    if reason != acts.SAY_OPEN:
        return reason
    return say if asking.viewer.is_steward else STEWARDS_OPEN


def mine(asking: Asking, action: str) -> dict[str, Mine]:
    """The rows of who asks; that they were looked at is written to the audit."""
    with asking.catalog.writing() as session:
        rows = scope.mine(session, asking.viewer)
        said = f"{len(rows)} holdings, key {asking.viewer.key}"
        audit.append(session, asking.viewer.name, action, SOURCE, said)
    return rows


def of_row(asking: Asking, row: Mine) -> dict[str, Any]:
    """A row as it is told: its record, who may know of it, and its values."""
    left = frozenset() if row.named else asking.register.sheets.registry.words.personal
    values = {key: value for key, value in row.values.items() if key not in left and key != "id"}
    return {"dataset": str(row.dataset), "visibility": row.visibility.value, "values": values}


def _changes(found: Preview, one: Planned) -> list[dict[str, Any]]:
    hidden = one.id not in found.named
    return [
        {"column": column, "old": None if hidden and column in found.personal else old, "new": new}
        for column, old, new in one.changes
    ]


def _counted(found: Preview) -> dict[str, Any]:
    reading = found.reading
    return {"sheet": reading.sheet, "language": reading.language, "notes": list(reading.notes), **found.counts}


def _configured(made: Callable[[], bytes]) -> bytes:
    try:
        return made()
    except ConfigurationError as error:
        raise HTTPException(409, str(error)) from None
