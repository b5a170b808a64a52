"""Grants: an organisation is shown one record in full until a day, because a steward of the record said so."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

import orjson
from fastapi import APIRouter, HTTPException, Query, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api import examples
from api.acting import Acting, Line, WithReason, done, require_steward
from api.deps import Asking
from api.lists import send, send_once
from api.organizations import shown_as
from api.parameters import read_limit
from catalog import grants, levels
from catalog.answer import list_json
from catalog.grants import NoGrant, NotGranted, NotKnown
from catalog.keyring import everything
from catalog.reading import document

A = TypeVar("A")

router = APIRouter(prefix="/api/v1/grants", tags=["grants"])

NOT_KNOWN = "No record that you are shown names this organisation."
NOT_GRANTED = "This organisation has no grant of this record."


class GrantParameters(BaseModel):
    """Which grants to list."""

    model_config = ConfigDict(extra="forbid")
    limit: Annotated[int, BeforeValidator(read_limit)] = Field(50, description="Grants in the list, 0 to 1,000.")
    after: int = Field(0, ge=0, le=1_000_000, description="The `next` of the page before.")


class Granted(WithReason):
    """A record, and whose grant of it ends."""

    dataset: Line = Field(max_length=300, description="Its id or name.")
    organisation: Line = Field(max_length=200, description="Its id, acronym or name.")


class Granting(Granted):
    """A record, and to whom it is to be shown."""

    until: date = Field(description="The last day (UTC) on which it holds.")


@router.get("", summary="Grants that hold", responses=examples.ok(examples.GRANTS) | examples.ACTS)
def list_grants(asking: Acting, asked: Annotated[GrantParameters, Query()]) -> Response:
    """Of records that the asker is steward of, those that end first at first. That you looked is recorded."""
    require_steward(asking)
    asking.record("listed the grants", "*")
    with asking.catalog.reading() as session:
        items, total = grants.of_steward(session, asking.viewer, datetime.now(UTC), asked.limit, asked.after)
    end = asked.after + asked.limit
    return send_once(list_json(items, total, str(end) if asked.limit and end < total else ""))


@router.post(
    "",
    summary="Show an organisation a record",
    status_code=201,
    responses=examples.ok(examples.GRANT, 201) | examples.NOT_FOUND | examples.ACTS,
)
def add(asking: Acting, asked: Granting) -> Response:
    """In full and until a day, whatever its visibility; by a steward of the record. A grant made before is replaced.

    Records for their owner alone are granted on the machine.
    """
    require_steward(asking)
    to = asked.organisation if everything(asking.viewer) else shown_as(asking, asked.organisation)

    def act(session: Any) -> dict[str, Any]:  # noqa: ANN401 - a session; sqlalchemy stays in the catalog
        id_ = _stewarded(asking, session, asked.dataset)
        name = grants.grant(session, str(id_), to, asked.until, asked.reason, asking.viewer.name)
        return {"dataset": str(id_), "organisation": name, "until": asked.until.isoformat()}

    return send(_told(asking, act), 201)


@router.post(
    "/revoke",
    summary="End a grant",
    responses=examples.ok(examples.GRANT_ENDED) | examples.NOT_FOUND | examples.ACTS,
)
def revoke(asking: Acting, asked: Granted) -> Response:
    """Before its day; by a steward of the record."""
    require_steward(asking)

    def act(session: Any) -> dict[str, Any]:  # noqa: ANN401 - a session
        id_ = _stewarded(asking, session, asked.dataset)
        grants.revoke(session, str(id_), asked.organisation, asked.reason, asking.viewer.name)
        return {"dataset": str(id_), "state": "ended"}

    return send(_told(asking, act))


def _stewarded(asking: Asking, session: Any, key: str) -> UUID:  # noqa: ANN401 - a session
    """The id of a record; 404 for one that there is not, and for one that somebody else is the steward of."""
    found = document(session, asking.viewer, key)
    id_ = None if found is None else UUID(orjson.loads(found[0])["id"])
    if id_ is None or not levels.stewarded(session, asking.viewer, [id_]):
        raise HTTPException(404)
    return id_


def _told(asking: Asking, act: Callable[..., A]) -> A:
    try:
        return done(asking, act)
    except NotKnown:
        raise HTTPException(409, NOT_KNOWN) from None
    except NotGranted:
        raise HTTPException(409, NOT_GRANTED) from None
    except NoGrant as error:
        raise HTTPException(409, str(error)) from None
