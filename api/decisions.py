"""Held runs: what waits, and a steward's decision on it."""

from collections.abc import Callable
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query, Response

from api import examples
from api.acting import Acting, WithReason, require_steward
from api.deps import Asking
from api.lists import send
from api.parameters import NoParameters
from catalog import audit, removal, sources
from catalog.lease import RunInProgress
from catalog.reading import run
from config.load import ConfigurationError

A = TypeVar("A")

router = APIRouter(prefix="/api/v1/runs", tags=["runs"])


@router.get(
    "/{run_id}/waiting",
    summary="What a held run would take for gone",
    responses=examples.ok(examples.WAITING) | examples.NOT_FOUND | examples.ACTS,
)
def show_waiting(asking: Acting, run_id: UUID, _: Annotated[NoParameters, Query()]) -> Response:
    """The records that a release marks missing, by title; owners' own ones without it. That you looked is recorded."""
    waiting = _waiting(asking, run_id)
    with asking.catalog.writing() as session:
        audit.append(session, asking.viewer.name, "looked at a held run", f"{waiting.source} {waiting.id}")
    return send(
        {
            "id": str(waiting.id),
            "source": waiting.source,
            "outcome": waiting.outcome,
            "records": [{"title": title, "remote_id": remote_id} for title, remote_id in waiting.records],
        }
    )


@router.post(
    "/{run_id}/release",
    summary="Let a held run take for gone what it did not see",
    responses=examples.ok(examples.RELEASED) | examples.NOT_FOUND | examples.ACTS,
)
def release(asking: Acting, run_id: UUID, asked: WithReason) -> Response:
    """Its list is marked missing; look at it first."""
    waiting = _waiting(asking, run_id)
    try:
        with asking.catalog.reading() as session:
            rule = sources.removal_rule(session, asking.register.settings, waiting.source)
    except ConfigurationError as error:
        raise HTTPException(409, str(error)) from None
    by, kept = asking.viewer.name, asking.register.settings.cache_file
    gone = _decided(lambda: removal.release(asking.catalog, str(run_id), rule, by, answers_in=kept))
    asking.record(f"said why a held run was released: {asked.reason}", f"{waiting.source} {run_id}")
    asking.register.follow()
    return send({"id": str(run_id), "decision": "released", "missing": gone.missing, "withdrawn": gone.withdrawn})


@router.post(
    "/{run_id}/reject",
    summary="Leave listed what a held run did not see",
    responses=examples.ok(examples.REJECTED_RUN) | examples.NOT_FOUND | examples.ACTS,
)
def reject(asking: Acting, run_id: UUID, asked: WithReason) -> Response:
    """What the run created and updated stays as well."""
    waiting = _waiting(asking, run_id)
    _decided(lambda: removal.reject(asking.catalog, str(run_id), asking.viewer.name))
    asking.record(f"said why a held run was rejected: {asked.reason}", f"{waiting.source} {run_id}")
    return send({"id": str(run_id), "decision": "rejected", "missing": 0, "withdrawn": 0})


def _waiting(asking: Asking, run_id: UUID) -> removal.Waiting:
    with asking.catalog.reading() as session:
        shown = run(session, asking.viewer, run_id)
        if shown is None:
            raise HTTPException(404)
        require_steward(asking, shown["source"])
        return _decided(lambda: removal.waiting(session, str(run_id)))


def _decided(decide: Callable[[], A]) -> A:
    try:
        return decide()
    except (removal.Undecidable, RunInProgress) as error:
        raise HTTPException(409, str(error)) from None
