"""Corrections: what a source says, what stewards say in its place and what is shown; for stewards alone."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api import examples
from api.acting import NOT_A_STEWARD, Acting, Asked, WithReason, done
from api.datasets import RECORDED
from api.deps import Answering, Asking, conditional, today
from api.lists import JSON, send
from api.parameters import NoParameters
from catalog import levels
from catalog.answer import list_json
from catalog.curation import acts
from catalog.curation.acts import Change, Faulty
from catalog.curation.fields import MOST, Wrong
from catalog.levels import Refused
from catalog.reading import document

router = APIRouter(prefix="/api/v1", tags=["curation"])


class Correction(WithReason):
    """What a field is to be."""

    value: str = Field(
        min_length=1,
        max_length=MOST,
        description="As people write it: lists parted by semicolons, `none` for nothing. How each field is written "
        "says its `help` in the list of fields.",
    )


class Looked(Asked):
    """Which corrections still hold."""

    fields: list[str] = Field([], max_length=200, description="Their fields; all of the record if none is named.")


class ReviewParameters(BaseModel):
    """Which corrections to list."""

    model_config = ConfigDict(extra="forbid")
    overdue: bool = Field(default=False, description="Only those that are overdue.")


@router.get(
    "/datasets/{key}/curation",
    summary="What the source says, what people say, what is shown",
    responses=examples.ok(examples.CURATION) | examples.NOT_FOUND | examples.ACTS,
)
def show_curation(request: Request, asking: Answering, key: str, _: Annotated[NoParameters, Query()]) -> Response:
    """Every field that can be corrected, and the corrected columns; to stewards of the record."""
    beside = beside_of(asking, key)
    body = orjson.dumps(beside)
    return conditional(request, body, JSON, body.decode())


@router.put(
    "/datasets/{key}/curation/{field:path}",
    summary="Correct a field",
    responses=examples.ok(examples.CORRECTED) | examples.NOT_FOUND | examples.ACTS,
)
def correct(asking: Acting, key: str, field: str, asked: Correction) -> Response:
    """By a steward of the record; it stands over later harvests, and is written to the audit.

    A column's hashtag is the field `hxl:HEADER`. A correction lowers no level: what the source's text and the
    corrected one say of it counts, whichever is stricter.
    """
    return _acted(asking, key, {_field(field): asked.value}, asked.reason)


@router.delete(
    "/datasets/{key}/curation/{field:path}",
    summary="Take a correction back",
    responses=examples.ok(examples.CORRECTED) | examples.NOT_FOUND | examples.ACTS,
)
def take_back(asking: Acting, key: str, field: str, asked: WithReason) -> Response:
    """What the source says is shown again; what was asserted of the level stays."""
    return _acted(asking, key, {_field(field): None}, asked.reason)


@router.post(
    "/datasets/{key}/curation/verify",
    summary="Say that corrections still hold",
    responses=examples.ok(examples.LOOKED) | examples.NOT_FOUND | examples.ACTS,
)
def verify(asking: Acting, key: str, asked: Looked) -> Response:
    """As of today; a correction that nobody looked at for twelve months is listed as overdue."""
    wanted = [_field(field) for field in asked.fields]
    return send({"verified": verified(asking, key, wanted)})


@router.get(
    "/curation/review",
    summary="Corrections to be looked at",
    responses=examples.ok(examples.REVIEWED),
)
def review(request: Request, asking: Answering, asked: Annotated[ReviewParameters, Query()]) -> Response:
    """Of records that the asker is steward of, those that are overdue first; others are listed none."""
    with asking.catalog.reading() as session:
        body = list_json(acts.review(session, asking.viewer, today(), overdue=asked.overdue))
    return conditional(request, body, JSON, body.decode())


def stewarded(asking: Asking, key: str) -> dict[str, Any]:
    """The document of a record as its steward is shown it; raises HTTPException 403, 404."""
    with asking.catalog.reading() as session:
        found = document(session, asking.viewer, key)
        if found is None:
            raise HTTPException(404)
        shown: dict[str, Any] = orjson.loads(found[0])
        if not levels.stewarded(session, asking.viewer, [UUID(shown["id"])]):
            raise HTTPException(403, NOT_A_STEWARD)
    return shown


def beside_of(asking: Asking, key: str, most_columns: int = 0) -> dict[str, Any]:
    """``{id, fields}`` as :func:`catalog.curation.acts.side_by_side`; raises HTTPException 403, 404, 409."""
    shown = stewarded(asking, key)
    if shown["level"]["level"] in RECORDED:
        asking.record("read corrections", shown["id"])
    bench = asking.register.benches.bench(asking.catalog)
    try:
        with asking.catalog.reading() as session:
            fields = acts.side_by_side(session, UUID(shown["id"]), bench, today(), most_columns=most_columns)
    except Refused as refused:
        raise HTTPException(409, str(refused)) from None
    return {"id": shown["id"], "fields": fields}


def corrected(asking: Asking, key: str, given: Mapping[str, str | None], reason: str) -> list[Change]:
    """Correct as whoever acts; raises Faulty, and HTTPException 403, 404, 409."""
    id_ = UUID(stewarded(asking, key)["id"])
    bench = asking.register.benches.bench(asking.catalog)
    act = partial(
        acts.correct,
        dataset_id=id_,
        given=given,
        actor=asking.viewer.name,
        reason=reason,
        bench=bench,
        desk=asking.register.desk(asking.viewer),
        viewer=asking.viewer,
    )
    try:
        return done(asking, act)
    except HTTPException as refused:
        # What it was made of says which field is wrong.
        if isinstance(refused.__context__, Faulty):
            raise refused.__context__ from None
        raise


def verified(asking: Asking, key: str, wanted: list[str]) -> list[str]:
    """Note that corrections still hold; raises HTTPException 403, 404, 409."""
    id_ = UUID(stewarded(asking, key)["id"])
    desk = asking.register.desk(asking.viewer)
    return done(asking, partial(acts.verify, dataset_id=id_, wanted=wanted, actor=asking.viewer.name, desk=desk))


def _acted(asking: Asking, key: str, given: Mapping[str, str | None], reason: str) -> Response:
    try:
        changes = corrected(asking, key, given, reason)
    except Faulty as faulty:
        raise HTTPException(422, str(faulty)) from None
    [change] = changes
    return send(
        {
            "field": change.field,
            "label": acts.label(change.field),
            "outcome": "taken back" if change.taken_back else change.outcome,
            "before": change.before,
            "after": change.after,
        }
    )


def _field(given: str) -> str:
    try:
        return acts.field_of(given)
    except Wrong as wrong:
        raise HTTPException(422, str(wrong)) from None
