"""Who did what and why: append-only, each line carrying the hash of the one before; never the content.

Who it was is written as an id (:mod:`catalog.people`), so that a name can be erased and the chain still holds. Neither
subject nor reason names a person of ours.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog import people
from catalog.store import take
from catalog.tables import Audit, Counter

COUNTER = "audit"
"""Of the lines written, by which it shows that the last were taken out."""


def append(session: Session, actor: str, action: str, subject: str, reason: str = "") -> None:
    """Add one line. ``actor`` is a name, ``action`` a verb phrase, ``subject`` names a record, source, run or key."""
    actor = people.pseudonym(session, actor)
    seq = take(session, COUNTER, 1)[0]
    last = session.scalar(select(Audit.hash).where(Audit.seq == seq - 1)) or ""
    at = datetime.now(UTC).replace(microsecond=0)
    session.add(
        Audit(
            seq=seq,
            at=at,
            actor=actor,
            action=action,
            subject=subject,
            reason=reason,
            prev_hash=last,
            hash=line_hash(seq, at, actor, action, subject, reason, last),
        )
    )


def unspoken(words: str) -> str:
    """What stands in a line for what somebody searched for: the same for the same words, which it does not tell."""
    return f"words:{sha256(words.encode(errors='replace')).hexdigest()[:16]}" if words.strip() else "*"


def verify(session: Session) -> list[str]:
    """What is wrong with the chain, in sentences; empty if nothing is."""
    faults, last, expected = [], "", 1
    for row in session.scalars(select(Audit).order_by(Audit.seq)):
        if row.seq != expected or row.prev_hash != last:
            faults.append(f"Line {row.seq} does not follow the line before it.")
        if row.hash != line_hash(row.seq, row.at, row.actor, row.action, row.subject, row.reason, row.prev_hash):
            faults.append(f"Line {row.seq} was changed after it was written.")
        last, expected = row.hash, row.seq + 1
    written = session.scalar(select(Counter.value).where(Counter.name == COUNTER)) or 0
    if written >= expected:
        faults.append(f"The newest line is {expected - 1} but {written} were written: the last were taken out.")
    return faults + people.faults(session)


def lines(session: Session) -> Iterator[dict[str, Any]]:
    """The audit as people read it, oldest first: ``{seq, at, actor, action, subject, reason}``.

    ``actor`` is the name, or the id where the name was erased.
    """
    rows = session.scalars(select(Audit).order_by(Audit.seq)).all()
    names = people.names(session, {row.actor for row in rows})
    for row in rows:
        yield {
            "seq": row.seq,
            "at": f"{row.at:%Y-%m-%dT%H:%M:%SZ}",
            "actor": names.get(row.actor, row.actor),
            "action": row.action,
            "subject": row.subject,
            "reason": row.reason,
        }


def line_hash(seq: int, at: datetime, actor: str, action: str, subject: str, reason: str, prev: str) -> str:
    """SHA-256 over the line's parts and the hash before it."""
    parts = [seq, at.strftime("%Y-%m-%dT%H:%M:%SZ"), actor, action, subject, reason, prev]
    return sha256(orjson.dumps(parts)).hexdigest()
