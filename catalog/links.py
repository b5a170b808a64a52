"""Addresses that everybody is told, and whether they were there when they were looked at.

Only what the public is shown is looked at, of records that their source and their portal show everybody; so a result
tells of no record that somebody else may not know of. No address is kept, but a hash of it: a result is joined to a
record's document by the addresses that stand in it as it is shown. Results go where native payloads go
(:func:`catalog.store.purge`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalog.listed import listed
from catalog.tables import LinkCheck
from catalog.vocabulary import Audience, Visibility

Document = Mapping[str, Any]

LONGEST = 2_000
"""Characters of an address that is looked at."""
_PAGE = 200
_QUIETLY = {"synchronize_session": False}


class LinkState(StrEnum):
    """What is known of an address; ``DEAD`` once it was found gone on two different days."""

    ALIVE = "alive"
    DEAD = "dead"
    UNKNOWN = "unknown"


RECHECK: Mapping[LinkState, timedelta] = {
    LinkState.ALIVE: timedelta(days=30),
    LinkState.DEAD: timedelta(days=14),
    LinkState.UNKNOWN: timedelta(days=7),
}
"""After which an address is looked at again; one that was found gone for the first time, on the next day."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address that may be looked at.

    Attributes:
        seq: Number of the dataset that tells it.
        file: Whether it is a file's, and none of the way to the data.
        looked: When it was looked at last.
        due: Whether it is to be looked at now.
    """

    seq: int
    address: str
    file: bool
    looked: datetime | None
    due: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look came to: for ``DEAD`` and ``UNKNOWN`` the code says why, such as ``http-404``."""

    state: LinkState
    code: str = ""


def key_of(address: str) -> str:
    """By what a result is kept."""
    return blake2b(address.encode(), digest_size=16).hexdigest()


def addresses(document: Document) -> dict[str, bool]:
    """The web addresses of a document, those of the way to the data first; whether each is but a file's."""
    access = document["access"]
    ways = [access["address"], *(entry["address"] for entry in access["artefacts"]), document["link"]]
    files = [entry["url"] for entry in document["distributions"]]
    found: dict[str, bool] = {}
    for given, is_file in ((ways, False), (files, True)):
        for address in given:
            if address.startswith(("https://", "http://")) and len(address) <= LONGEST:
                found.setdefault(address, is_file)
    return found


def candidates(
    session: Session, source_key: str, now: datetime, numbers: Sequence[int] | None = None
) -> Iterator[Candidate]:
    """The addresses of a source's records that may be looked at; of some records, if their ``numbers`` are given."""
    for documents in listed(session, source_key, Audience.PUBLIC, numbers):
        looked = _rows(session, list(documents))
        for seq, document in documents.items():
            if _is_public(document):
                for address, is_file in addresses(document).items():
                    row = looked.get((seq, key_of(address)))
                    at = None if row is None else row.looked
                    yield Candidate(seq, address, is_file, at, _is_due(row, now))


def note(session: Session, seq: int, address: str, seen: Seen, now: datetime) -> LinkState:
    """Keep what one look came to; answers what is known of the address now.

    A day on which an address is found gone is remembered; on another such day, without any between on which it was
    there, it is dead. That nothing could be found out changes nothing of what is known.
    """
    row = session.get(LinkCheck, (seq, key_of(address)))
    today = now.date()
    if row is None:
        row = LinkCheck(dataset_seq=seq, key=key_of(address), state=LinkState.UNKNOWN.value, on=today, failing=None)
        session.add(row)
    row.looked, row.code = now, seen.code
    if seen.state is LinkState.ALIVE:
        row.state, row.on, row.failing = LinkState.ALIVE.value, today, None
    elif seen.state is LinkState.DEAD and row.state == LinkState.DEAD.value:
        row.on = today
    elif seen.state is LinkState.DEAD and row.failing is None:
        row.failing = today
    elif seen.state is LinkState.DEAD and row.failing is not None and row.failing < today:
        row.state, row.on = LinkState.DEAD.value, today
    elif row.state == LinkState.UNKNOWN.value:
        row.on = today
    session.flush()
    return LinkState(row.state)


def reached(session: Session, number: int, body: bytes) -> list[dict[str, str]]:
    """What is known of the addresses that stand in a record's document, as it is shown: ``{address, state, on}``.

    ``on`` is the day (ISO) on which it was found so. Addresses that nobody has looked at are left out.

    Args:
        session: Reading.
        number: The record's.
        body: Its document (JSON) as it is shown to whoever asks.
    """
    rows = _rows(session, [number])
    if not rows:
        return []
    return [
        {"address": address, "state": row.state, "on": row.on.isoformat()}
        for address in addresses(orjson.loads(body))
        if (row := rows.get((number, key_of(address)))) is not None
    ]


def forget(session: Session, numbers: Sequence[int]) -> None:
    """Delete what was found of datasets' addresses."""
    for start in range(0, len(numbers), _PAGE):
        session.execute(
            delete(LinkCheck).where(LinkCheck.dataset_seq.in_(numbers[start : start + _PAGE])),
            execution_options=_QUIETLY,
        )


def _is_public(document: Document) -> bool:
    """Whether the record is everybody's by its source and its portal, and by its level too."""
    said = document.get("visibility_of") or {"source": document["visibility"], "record": ""}
    public = Visibility.PUBLIC.value
    return (
        document["visibility"] == said["source"] == public
        and said["record"] in {"", public}
        and document["mode"] != "ask"
        and not document.get("emptied")
    )


def _is_due(row: LinkCheck | None, now: datetime) -> bool:
    if row is None:
        return True
    state = LinkState(row.state)
    if row.failing is not None and state is not LinkState.DEAD:
        return row.looked.date() < now.date()
    return row.looked + RECHECK[LinkState.UNKNOWN if row.code and state is LinkState.ALIVE else state] <= now


def _rows(session: Session, numbers: Sequence[int]) -> dict[tuple[int, str], LinkCheck]:
    found = session.scalars(select(LinkCheck).where(LinkCheck.dataset_seq.in_(numbers)))
    return {(row.dataset_seq, row.key): row for row in found}
