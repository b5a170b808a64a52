"""Which records are of one dataset: what stewards are told of it, and what they decide."""

from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api import examples
from api.acting import NOT_A_STEWARD, Acting, WithReason, done
from api.deps import Answering, Asking, conditional
from api.lists import JSON, send
from api.parameters import read_limit
from catalog import levels, same
from catalog.answer import list_json
from catalog.reading import document

router = APIRouter(prefix="/api/v1", tags=["same"])

_DECISIONS = {"open": same.OPEN, "confirmed": same.CONFIRMED, "refused": same.REFUSED}


class Wanted(BaseModel):
    """Which links to list."""

    model_config = ConfigDict(extra="forbid")
    decision: Literal["open", "confirmed", "refused"] = Field("open", description="What stewards have decided on them.")
    limit: Annotated[int, BeforeValidator(read_limit)] = Field(
        50, description="Links on a page, 0 to 1,000.", examples=["5"]
    )
    after: str = Field("", max_length=9, pattern="^[0-9]*$", description="The `next` of the page before.")


class SameAct(WithReason):
    """What to say of a record and another."""

    act: Literal["confirm", "refuse", "reopen"] = Field(
        description="`confirm`: they are of one dataset, whether or not it was found. `refuse`: they are not. "
        "`reopen`: leave it to what is found."
    )
    other: UUID = Field(description="Id of the other record.")


@router.get("/same", summary="Records that may be of one dataset", responses=examples.ok(examples.LINKS))
def list_links(request: Request, asking: Answering, asked: Annotated[Wanted, Query()]) -> Response:
    """Among records that the asker is steward of, the likeliest first, with what it rests on.

    Others are listed none.
    """
    start = int(asked.after or 0)
    with asking.catalog.reading() as session:
        items, total = same.candidates(session, asking.viewer, _DECISIONS[asked.decision], asked.limit, start)
    end = start + asked.limit
    body = list_json(items, total, str(end) if asked.limit and end < total else "")
    return conditional(request, body, JSON, body.decode())


@router.post(
    "/datasets/{key}/same",
    summary="Confirm or refuse that two records are of one dataset",
    responses=examples.ok(examples.LINKED) | examples.NOT_FOUND | examples.ACTS,
)
def act_on_link(asking: Acting, key: str, asked: SameAct) -> Response:
    """By a steward of one of them; it stands over later harvests, and is written to the audit.

    Records are linked, never merged: both stay, each with its own ways to the data.
    """
    ids = _id(asking, key), _id(asking, str(asked.other))
    with asking.catalog.reading() as session:
        if not levels.stewarded(session, asking.viewer, list(ids)):
            raise HTTPException(403, NOT_A_STEWARD)
    given: dict[str, Any] = {"viewer": asking.viewer, "ids": ids, "reason": asked.reason}
    decided = done(asking, partial(same.decide, decision=same.ACTS[asked.act], **given))
    return send({"ids": [str(id_) for id_ in decided.ids], "before": decided.before, "decision": decided.decision})


def _id(asking: Asking, key: str) -> UUID:
    with asking.catalog.reading() as session:
        found = document(session, asking.viewer, key)
    if found is None:
        raise HTTPException(404)
    return UUID(orjson.loads(found[0])["id"])
