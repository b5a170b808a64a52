"""Who did what and why: append-only, each line carrying the hash of the one before; never the content.

Who it was is written as an id (:mod:`catalog.people`), so that a name can be erased and the chain still holds. Neither
subject nor reason names a person of ours.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from catalog import people
from catalog.store import take
from catalog.tables import Audit, Counter, Person

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
    return [fault for _, fault in faults(session)]


def faults(session: Session) -> Iterator[tuple[int | None, str]]:
    """What is wrong with the chain, in its order: the number of the line, None where it is of none, and a sentence."""
    # Asked first: what is written meanwhile would otherwise seem to have been taken out.
    written = session.scalar(select(Counter.value).where(Counter.name == COUNTER)) or 0
    last, expected = "", 1
    for row in session.scalars(select(Audit).order_by(Audit.seq)):
        if row.seq != expected or row.prev_hash != last:
            yield row.seq, f"Line {row.seq} does not follow the line before it."
        if row.hash != line_hash(row.seq, row.at, row.actor, row.action, row.subject, row.reason, row.prev_hash):
            yield row.seq, f"Line {row.seq} was changed after it was written."
        last, expected = row.hash, row.seq + 1
    if written >= expected:
        yield expected, f"The newest line is {expected - 1} but {written} were written: the last were taken out."
    yield from ((None, fault) for fault in people.faults(session))


def count(session: Session) -> int:
    """How many lines there are."""
    return session.scalar(select(func.count()).select_from(Audit)) or 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines of the audit; what is left empty leaves out nothing.

    Attributes:
        actor: A name as it was written, or the id of one that was erased.
        action: How the act begins, in whatever letters.
        subject: Part of what it was done to, such as a record's id.
        day: UTC.
    """

    actor: str = ""
    action: str = ""
    subject: str = ""
    day: date | None = None


def page(session: Session, wanted: Wanted, limit: int, after: int = 0) -> tuple[list[dict[str, Any]], int, int]:
    """Lines as :func:`lines` has them, oldest first, after the line of a number; how many in all, how many are left."""
    chosen = select(Audit).where(*_chosen(wanted))
    total = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    beyond = chosen.where(Audit.seq > after)
    left = session.scalar(select(func.count()).select_from(beyond.subquery())) or 0
    rows = session.scalars(beyond.order_by(Audit.seq).limit(limit)).all()
    return list(_read(session, rows)), total, left - len(rows)


def _chosen(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.actor:
        name = wanted.actor.strip()
        yield or_(Audit.actor == name, Audit.actor.in_(select(Person.id).where(Person.name == name)))
    if wanted.action:
        yield Audit.action.istartswith(wanted.action, autoescape=True)
    if wanted.subject:
        yield Audit.subject.icontains(wanted.subject, autoescape=True)
    if wanted.day:
        # To the last second of it, of which a line is at the latest: the last day that there is has none after it.
        yield Audit.at.between(
            datetime.combine(wanted.day, time(), UTC), datetime.combine(wanted.day, time(23, 59, 59), UTC)
        )


def lines(session: Session) -> Iterator[dict[str, Any]]:
    """The audit as people read it, oldest first: ``{seq, at, actor, action, subject, reason}``.

    ``actor`` is the name, or the id where the name was erased.
    """
    yield from _read(session, session.scalars(select(Audit).order_by(Audit.seq)).all())


def _read(session: Session, rows: Sequence[Audit]) -> Iterator[dict[str, Any]]:
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
