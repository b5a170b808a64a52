"""Levels: why a record has the one it has, and what people do about it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import Field

from api import examples
from api.acting import NOT_A_STEWARD, Acting, WithReason, done
from api.datasets import RECORDED
from api.deps import Answering, Asking, conditional, today
from api.lists import JSON, send
from api.parameters import NoParameters
from catalog import batches, keys, levels, opening
from catalog.answer import list_json
from catalog.levels import Act
from catalog.reading import document
from catalog.sensitivity import MEMBER, OWNER, STEWARD
from catalog.vocabulary import Level, Visibility

router = APIRouter(prefix="/api/v1", tags=["levels"])

LOOK_FIRST = "Look at why it has its level, and give back the newest of it as expected."

_ACTS: Mapping[str, Callable[..., Act]] = {
    "raise": levels.raise_level,
    "lower": levels.lower,
    "accept": levels.accept,
    "decline": levels.decline,
    "confirm": levels.confirm,
}


class LevelAct(WithReason):
    """What to do about a record's level."""

    act: Literal["raise", "lower", "accept", "decline", "confirm"] = Field(
        description="`raise`: at once, by any holder of a key. The others take a steward: `lower`, which from severe "
        "waits for another steward's `accept` or `decline`, and `confirm` after a review."
    )
    level: Level | None = Field(None, description="Of `raise` and `lower`.")
    expected: int | None = Field(
        None,
        ge=0,
        description="The `newest` of the explanation that was looked at, without which nothing is lowered, accepted or "
        "confirmed; 409 if somebody said more since.",
    )
    release_links: bool = Field(
        default=False,
        description="Of `lower` and `confirm`: give links again that a rule withholds. Else they stay withheld.",
    )


class Showing(WithReason):
    """As whom a record may be known."""

    to: Visibility = Field(
        description="From widest to narrowest: `public`, `described` (the public is shown a part), `listed` (the "
        "public is told that it exists and whom to ask), `community`, `restricted` (its stewards and owner) or `owner`."
    )


class Decision(WithReason):
    """On what new rules propose to lower."""

    dataset: UUID | None = Field(None, description="Only this record; severe ones are decided on one by one.")


@router.get(
    "/datasets/{key}/level",
    summary="Why this level",
    responses=examples.ok(examples.EXPLANATION) | examples.NOT_FOUND,
)
def show_level(request: Request, asking: Answering, key: str, _: Annotated[NoParameters, Query()]) -> Response:
    """Every assertion about the record's level, what would change it, and when it is to be reviewed."""
    shown = _document(asking, key)
    if shown["level"]["level"] in RECORDED:
        asking.record("read why a level is as it is", shown["id"])
    with asking.catalog.reading() as session:
        named = bool(levels.stewarded(session, asking.viewer, [UUID(shown["id"])]))
        body = orjson.dumps({"id": shown["id"]} | levels.explanation(session, shown, today(), named=named))
    return conditional(request, body, JSON, body.decode())


@router.post(
    "/datasets/{key}/level",
    summary="Raise, lower, accept, decline or confirm a level",
    responses=examples.ok(examples.LEVEL_ACT) | examples.NOT_FOUND | examples.ACTS,
)
def act_on_level(asking: Acting, key: str, asked: LevelAct) -> Response:
    """Each act appends an assertion under the name of the key, and is written to the audit."""
    id_ = _id(asking, key)
    given: dict[str, Any] = {"dataset_id": id_, "actor": asking.viewer.name, "reason": asked.reason}
    given["desk"] = asking.register.desk(asking.viewer)
    with asking.catalog.reading() as session:
        mine = bool(levels.stewarded(session, asking.viewer, [id_]))
        owned = keys.owns(session, asking.viewer, id_)
    if asked.act == "raise":
        given["by"] = STEWARD if mine else OWNER if owned else MEMBER
    elif not mine:
        raise HTTPException(403, NOT_A_STEWARD)
    if asked.act in {"raise", "lower"}:
        if asked.level is None:
            raise HTTPException(409, f"Say the level to {asked.act} it to.")
        given["level"] = asked.level
    if asked.act in {"lower", "confirm"}:
        given["release_links"] = asked.release_links
    if asked.act in {"lower", "accept", "confirm"} and asked.expected is None:
        raise HTTPException(409, LOOK_FIRST)
    if asked.act != "decline":
        given["expected"] = asked.expected
    return send(_told(done(asking, partial(_ACTS[asked.act], **given))))


@router.post(
    "/datasets/{key}/visibility",
    summary="Decide who may know of a record",
    responses=examples.ok(examples.OPENED) | examples.NOT_FOUND | examples.ACTS,
)
def act_on_visibility(asking: Acting, key: str, asked: Showing) -> Response:
    """By a steward of the record; it stands over later harvests, and is written to the audit.

    What is for its owner alone is opened on the machine, by who breaks the glass. What the portal closes stays closed.
    """
    id_ = _id(asking, key)
    with asking.catalog.reading() as session:
        if not levels.stewarded(session, asking.viewer, [id_]):
            raise HTTPException(403, NOT_A_STEWARD)
    given: dict[str, Any] = {"dataset_id": id_, "to": asked.to, "actor": asking.viewer.name, "reason": asked.reason}
    opened = done(asking, partial(opening.show_to, desk=asking.register.desk(asking.viewer), **given))
    return send({"id": str(id_), "before": opened.before.value, "visibility": opened.visibility.value})


@router.get("/reviews", summary="Levels whose review is overdue", responses=examples.ok(examples.REVIEWS))
def list_overdue(request: Request, asking: Answering, _: Annotated[NoParameters, Query()]) -> Response:
    """Of records that the asker is steward of; others are listed none. Being overdue lowers nothing."""
    with asking.catalog.reading() as session:
        body = list_json(levels.overdue(session, asking.viewer, today()))
    return conditional(request, body, JSON, body.decode())


@router.get("/proposals", summary="What new rules would lower", responses=examples.ok(examples.PROPOSALS))
def list_proposals(request: Request, asking: Answering, _: Annotated[NoParameters, Query()]) -> Response:
    """Of records that the asker is steward of; others are listed none. Nothing is lowered before a steward accepts."""
    with asking.catalog.reading() as session:
        body = list_json(batches.proposed(session, asking.viewer))
    return conditional(request, body, JSON, body.decode())


@router.post(
    "/proposals/{batch}/accept",
    summary="Lower what new rules propose to lower",
    responses=examples.ok(examples.DECIDED) | examples.ACTS,
)
def accept(asking: Acting, batch: str, asked: Decision) -> Response:
    """The whole batch but what is severe; or one record, which from severe takes two stewards."""
    given = _given(asking, batch, asked)
    if asked.dataset is not None:
        act = done(asking, partial(batches.accept_proposal, dataset_id=asked.dataset, **given))
        return send({"lowered": [_told(act)], "severe": [], "changed": []})
    decided = done(asking, partial(batches.accept_batch, **given))
    return send(
        {
            "lowered": [_told(act) for act in decided.acts],
            "severe": [str(id_) for id_ in decided.severe],
            "changed": [str(id_) for id_ in decided.changed],
        }
    )


@router.post(
    "/proposals/{batch}/reject",
    summary="Leave levels as they are",
    responses=examples.ok(examples.REJECTED) | examples.ACTS,
)
def reject(asking: Acting, batch: str, asked: Decision) -> Response:
    """Of the whole batch, or of one record of it."""
    given = _given(asking, batch, asked)
    return send({"rejected": done(asking, partial(batches.reject_batch, dataset_id=asked.dataset, **given))})


def _given(asking: Asking, batch: str, asked: Decision) -> dict[str, Any]:
    return {
        "batch": batch,
        "viewer": asking.viewer,
        "reason": asked.reason,
        "desk": asking.register.desk(asking.viewer),
    }


def _document(asking: Asking, key: str) -> dict[str, Any]:
    with asking.catalog.reading() as session:
        found = document(session, asking.viewer, key)
    if found is None:
        raise HTTPException(404)
    shown: dict[str, Any] = orjson.loads(found[0])
    return shown


def _id(asking: Asking, key: str) -> UUID:
    return UUID(_document(asking, key)["id"])


def _told(act: Act) -> dict[str, Any]:
    return {
        "id": str(act.dataset_id),
        "before": act.before.name,
        "level": act.level.name,
        "waits_for_a_second_steward": act.pending,
    }
