"""Sources that stewards propose, and what they decide about sources."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Response
from pydantic import Field

from api import examples
from api.acting import Acting, Asked, WithReason, require_steward
from api.deps import Asking
from api.lists import send
from api.parameters import NoParameters
from catalog import sources
from catalog.keyring import everything
from config import load
from config.declarations import VisibilityName
from config.load import ConfigurationError

router = APIRouter(prefix="/api/v1/sources", tags=["sources"])


class Proposal(Asked):
    """A portal that somebody would like to be read; the words are those of a source's file."""

    key: str = Field(max_length=60, description="A short name in small letters.", examples=["sample-portal"])
    kind: str = Field(max_length=60, description='What it runs on, as "landmark sources" lists kinds.')
    title: str = Field(min_length=1, max_length=200)
    url: str = Field(max_length=500, description="Base address of the portal.")
    publisher: str = Field("", max_length=200)
    licence: str = Field("", max_length=200)
    schedule: str = Field("", max_length=100, description="Crontab with named weekdays, UTC.")
    access: str = Field("unknown", max_length=20)
    options: dict[str, str | int | bool] = Field(default_factory=dict)


class Approval(Asked):
    """As whom its records are shown."""

    visibility: VisibilityName = "public"


@router.post(
    "",
    summary="Propose a source",
    status_code=201,
    responses=examples.ok(examples.STANDING, 201) | examples.ACTS,
)
def propose(asking: Acting, asked: Proposal) -> Response:
    """Any steward may. It waits in preview: nothing of it is stored before a steward of everything approves it.

    What somebody else proposed under the same key is replaced by a steward of everything alone.
    """
    require_steward(asking)
    settings, any_ones = asking.register.settings, everything(asking.viewer)

    def act() -> Mapping[str, Any]:
        # No allow_hosts: which private addresses may be reached is said on the machine alone.
        source = load.proposed(asked.model_dump(exclude_defaults=True))
        with asking.catalog.writing() as session:
            sources.propose(session, settings, source, asking.viewer.name, over_others=any_ones)
            session.flush()
            return _standing(sources.named(session, settings, source.key))

    return send(_told(act), 201)


@router.post(
    "/{key}/approve",
    summary="Approve a proposed source",
    responses=examples.ok(examples.STANDING) | examples.NOT_FOUND | examples.ACTS,
)
def approve(asking: Acting, key: str, asked: Approval) -> Response:
    """It is read from now on, and its records are shown as said."""
    _known(asking, key)
    settings = asking.register.settings

    def act() -> Mapping[str, Any]:
        with asking.catalog.writing() as session:
            return _standing(sources.approve(session, settings, key, asking.viewer.name, asked.visibility))

    return send(_told(act))


@router.post(
    "/{key}/pause",
    summary="Stop reading a source",
    responses=examples.ok(examples.STANDING) | examples.NOT_FOUND | examples.ACTS,
)
def pause(asking: Acting, key: str, asked: WithReason) -> Response:
    """Until somebody resumes it; not even by hand."""
    _known(asking, key)

    def act() -> Mapping[str, Any]:
        with asking.catalog.writing() as session:
            sources.pause(session, asking.register.settings, key, asking.viewer.name, asked.reason)
            return _standing(sources.named(session, asking.register.settings, key))

    return send(_told(act))


@router.post(
    "/{key}/resume",
    summary="Read a paused source again",
    responses=examples.ok(examples.STANDING) | examples.NOT_FOUND | examples.ACTS,
)
def resume(asking: Acting, key: str, _: Annotated[NoParameters, Query()]) -> Response:
    """From its next time on."""
    _known(asking, key)

    def act() -> Mapping[str, Any]:
        with asking.catalog.writing() as session:
            sources.resume(session, asking.register.settings, key, asking.viewer.name)
            return _standing(sources.named(session, asking.register.settings, key))

    return send(_told(act))


def _known(asking: Asking, key: str) -> None:
    """404 for a source that there is not; 403 for who is not its steward, whether there is one or not."""
    require_steward(asking, key)
    try:
        with asking.catalog.reading() as session:
            sources.named(session, asking.register.settings, key)
    except ConfigurationError:
        raise HTTPException(404) from None


def _standing(found: sources.Registered) -> Mapping[str, Any]:
    return {"key": found.source.key, "origin": found.origin, "paused": found.pause is not None}


def _told(act: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    try:
        return act()
    except ConfigurationError as error:
        raise HTTPException(409, str(error)) from None
