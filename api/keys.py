"""Keys: given, listed, renewed and ended by whom they are for and by stewards; what each may is in the keyring."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Literal, TypeVar

import orjson
from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api import examples
from api.access import secret_of
from api.acting import Acting, Asked, Line, WithReason
from api.deps import Asking
from api.lists import send, send_once
from api.organizations import shown_as
from api.parameters import read_limit
from catalog import keyring, keys
from catalog.answer import list_json
from catalog.keys import KeyRefused, NewKey, NoKey, NotKnown
from config.load import ConfigurationError

A = TypeVar("A")

router = APIRouter(prefix="/api/v1/keys", tags=["keys"])

NOT_KNOWN = "No record that you are shown names this organisation. If it is spelt right, say new_organisation."


class KeyParameters(BaseModel):
    """Which keys to list."""

    model_config = ConfigDict(extra="forbid")
    limit: Annotated[int, BeforeValidator(read_limit)] = Field(50, description="Keys in the list, 0 to 1,000.")
    after: int = Field(0, ge=0, le=1_000_000, description="The `next` of the page before.")


class Giving(Asked):
    """A key to be made."""

    name: Line = Field(max_length=200, description="Who will hold it: a person or a desk.")
    audience: Literal["community", "organisation", "steward"] = Field(description="What it is for.")
    organisation: Line = Field(max_length=200, description="Whose key it is: id, acronym or name.")
    purpose: Line = Field(max_length=500, description="What it is for, in a sentence.")
    expires: date = Field(description="The last day (UTC) on which it is good.")
    sources: list[Line] = Field(
        default_factory=list,
        max_length=100,
        description="That a steward is appointed for, or that an organisation's key is bound to.",
    )
    countries: list[Annotated[str, Field(pattern="^[A-Za-z]{3}$")]] = Field(
        default_factory=list, max_length=300, description="ISO 3166 alpha-3, likewise."
    )
    new_organisation: bool = Field(default=False, description="No record names it yet; make it known.")


class Renewing(Asked):
    """How a secret is replaced."""

    overlap: int = Field(
        7, ge=0, le=keys.MOST_OVERLAP, description="For so many days the old secret is good as well; 0 ends it now."
    )


@router.get("", summary="Keys", responses=examples.ok(examples.KEYS) | examples.ACTS)
def list_keys(asking: Acting, asked: Annotated[KeyParameters, Query()]) -> Response:
    """Without their secrets; oldest first. Stewards of everything are told of all, others of those they gave.

    Who is no steward is told of their own. That a steward looked is recorded.
    """
    if asking.viewer.is_steward:
        asking.record("listed the keys", "*")
    with asking.catalog.reading() as session:
        items, total = keyring.listed(session, asking.viewer, datetime.now(UTC), asked.limit, asked.after)
    end = asked.after + asked.limit
    return send_once(list_json(items, total, str(end) if asked.limit and end < total else ""))


@router.post("", summary="Give a key", status_code=201, responses=examples.ok(examples.KEY, 201) | examples.ACTS)
def give(asking: Acting, asked: Giving) -> Response:
    """The key is answered once: only a hash of it is kept. By stewards.

    A steward of some sources and countries gives keys for no more than these; an organisation's is bound to them, and
    shows none of its records that are for their owner alone. A steward's key ends with the giver's at the latest, if
    that is one of some sources and countries. Who gave another steward's key is no second to them, nor are two to whom
    the same gave theirs.
    """
    new = NewKey(
        asked.name, asked.audience, asked.organisation, asked.purpose, asked.expires,
        tuple(asked.sources), tuple(asked.countries), asked.new_organisation,
    )  # fmt: skip
    settings, look_up = asking.register.settings, partial(shown_as, asking)
    made = _told(asking, lambda session: keyring.give(session, settings, new, asking.viewer, look_up))
    return _once(made, 201)


@router.post(
    "/{key_id}/rotate",
    summary="Give a key a new secret",
    responses=examples.ok(examples.KEY) | examples.NOT_FOUND | examples.ACTS,
)
def rotate(request: Request, asking: Acting, key_id: str, asked: Renewing) -> Response:
    """By its holder, or by a steward who has to do with it. It is answered once; the old one is good for some days."""
    secret = secret_of(request)
    made = _told(asking, lambda session: keyring.rotate(session, asking.viewer, key_id, asked.overlap, secret))
    return _once(made)


@router.post(
    "/{key_id}/revoke",
    summary="End a key",
    responses=examples.ok(examples.KEY_ENDED) | examples.NOT_FOUND | examples.ACTS,
)
def revoke(asking: Acting, key_id: str, asked: WithReason) -> Response:
    """At once, and whoever signed in with it; by its holder, or by a steward who has to do with it."""
    _told(asking, lambda session: keyring.revoke(session, asking.viewer, key_id, asked.reason))
    return send({"id": key_id, "state": "revoked"})


def _once(key: str, status: int = 200) -> Response:
    return send_once(orjson.dumps({"id": key.split("_")[1], "key": key}), status)


def _told(asking: Asking, act: Callable[..., A]) -> A:
    try:
        with asking.catalog.writing() as session:
            return act(session)
    except keyring.NotYours as error:
        raise HTTPException(403, str(error)) from None
    except NoKey:
        raise HTTPException(404) from None
    except NotKnown:
        raise HTTPException(409, NOT_KNOWN) from None
    except (KeyRefused, ConfigurationError) as error:
        raise HTTPException(409, str(error)) from None
