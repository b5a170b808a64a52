"""The audit: who did what, when and why, and whether it was tampered with; and the erasing of a name from it."""

from datetime import date
from typing import Annotated

import orjson
from fastapi import APIRouter, HTTPException, Query, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api import examples
from api.acting import Acting, Asked, Line, require_steward_of_everything
from api.lists import send, send_once
from api.parameters import NoParameters, read_day, read_limit
from catalog import audit, privacy
from catalog.answer import list_json
from catalog.audit import Wanted

router = APIRouter(prefix="/api/v1", tags=["audit"])

_NO_NUL = r"^[^\x00]*$"


class AuditParameters(BaseModel):
    """Which lines to list."""

    model_config = ConfigDict(extra="forbid")
    actor: str = Field(
        "", max_length=200, pattern=_NO_NUL, description="Who: a name as it was written, or the id of an erased one."
    )
    act: str = Field("", max_length=200, pattern=_NO_NUL, description="How the act begins, such as `raised the level`.")
    subject: str = Field("", max_length=200, pattern=_NO_NUL, description="Part of what it was done to, such as an id.")
    day: Annotated[date | None, BeforeValidator(read_day)] = Field(
        None, description="Only of this day, UTC.", examples=["2024-01-31"]
    )
    limit: Annotated[int, BeforeValidator(read_limit)] = Field(50, description="Lines in the list, 0 to 1,000.")
    after: int = Field(0, ge=0, le=2**53, description="The `next` of the page before.")


class Person(Asked):
    """Somebody to be forgotten."""

    name: Line = Field(max_length=200, description="As it was written.")


@router.get("/audit", summary="Who did what", responses=examples.ok(examples.AUDIT) | examples.ACTS)
def list_audit(asking: Acting, asked: Annotated[AuditParameters, Query()]) -> Response:
    """Oldest first; for stewards of everything. That you looked is recorded, and is the newest line of it."""
    require_steward_of_everything(asking)
    asking.record("read the audit", "*")
    wanted = Wanted(asked.actor, asked.act, asked.subject, asked.day)
    with asking.catalog.reading() as session:
        items, total, left = audit.page(session, wanted, asked.limit, asked.after)
    return send_once(list_json(items, total, str(items[-1]["seq"]) if items and left else ""))


@router.get(
    "/audit/verification",
    summary="Whether the audit holds",
    responses=examples.ok(examples.VERIFIED) | examples.ACTS,
)
def verify(asking: Acting, _: Annotated[NoParameters, Query()]) -> Response:
    """Whether no line was changed or taken out, and the first fault if one was; for stewards of everything."""
    require_steward_of_everything(asking)
    with asking.catalog.reading() as session:
        line, fault = next(audit.faults(session), (None, ""))
        return send_once(orjson.dumps({"ok": not fault, "lines": audit.count(session), "line": line, "fault": fault}))


@router.post(
    "/privacy/erase",
    summary="Erase a person's name",
    responses=examples.ok(examples.ERASED) | examples.NOT_FOUND | examples.ACTS,
)
def erase(asking: Acting, asked: Person) -> Response:
    """From keys, grants, decisions and the audit, whose chain still holds; their keys end. By stewards of everything.

    `places` is in how many it was; 404 for a name that was in none.
    """
    require_steward_of_everything(asking)
    with asking.catalog.writing() as session:
        places = privacy.erase(session, asked.name, asking.viewer.name)
    if not places:
        raise HTTPException(404)
    return send({"places": places})
