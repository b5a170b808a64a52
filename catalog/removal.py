"""When a record that its portal no longer lists is missing, when it is withdrawn, and what waits for a person.

Only a complete full run takes records for gone. ``missing`` is a mark: everybody still finds the record.
``withdrawn`` ends what the public and the community may know of it; its native payloads are purged, nothing else of it
is deleted, and it is restored whole when the portal lists it again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from catalog import answers, audit, reach
from catalog.database import PURGED, Catalog
from catalog.lease import RunInProgress, alive, now_utc
from catalog.runs import AHEAD, by_id
from catalog.store import BATCH, feed, purge
from catalog.tables import CatalogRecord, Change, Dataset, Disclosure, HarvestRun
from catalog.vocabulary import Audience, RecordState, RunState, Visibility
from config.declarations import Removal

SMALL_DROP = 5
"""So few vanished records are never suspicious."""
OWNERS = ("(a record that only its owner is shown)", "-")
"""Stands for title and remote id of such a record."""


class Undecidable(Exception):  # noqa: N818
    """The run does not wait for a decision, or cannot be decided on now; the message says why."""


@dataclass(frozen=True, slots=True)
class Gone:
    """What a complete run makes of the records it did not see: how many are newly missing, how many withdrawn."""

    missing: int = 0
    withdrawn: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A held run that waits for a decision.

    Attributes:
        outcome: Why it is held, in a sentence.
        records: Title and remote id of each record that a release marks missing, by title.
    """

    id: UUID
    source: str
    started: datetime
    outcome: str
    records: tuple[tuple[str, str], ...]


def listed(session: Session, source_key: str) -> int:
    """How many records of a source count as listed."""
    where = CatalogRecord.source_key == source_key, CatalogRecord.state == RecordState.LISTED
    return session.scalar(select(func.count()).select_from(CatalogRecord).where(*where)) or 0


def listed_before(session: Session, source_key: str, run_id: UUID, created: int) -> int:
    """How many records of a source were listed before a run that is in hand: what it created or brought back is not."""
    back = Change.run_id == run_id, Change.kind == "returned"
    returned = session.scalar(select(func.count()).select_from(Change).where(*back)) or 0
    return listed(session, source_key) - created - returned


def vanishing(session: Session, source_key: str, run_id: UUID, started: datetime, now: datetime) -> int:
    """How many listed records neither this run nor a later one has seen."""
    where = *_unseen(source_key, run_id, started, now), CatalogRecord.state == RecordState.LISTED
    return session.scalar(select(func.count()).select_from(CatalogRecord).where(*where)) or 0


def take_for_gone(
    session: Session, source_key: str, run_id: UUID, started: datetime, rule: Removal, now: datetime
) -> Gone:
    """Mark what a complete full run did not see: missing, or withdrawn where the rule's runs and days are full."""
    records = session.scalars(
        select(CatalogRecord)
        .where(*_unseen(source_key, run_id, started, now), CatalogRecord.state != RecordState.WITHDRAWN)
        .order_by(CatalogRecord.remote_id)
    ).all()
    lines: list[tuple[int, str, list[dict[str, Any]]]] = []
    missing, withdrawn = 0, []
    for record in records:
        before = record.state
        since = record.missing_since
        record.missing_since = since if since is not None and since <= now + AHEAD else now
        record.missing_runs += 1
        missing += before is RecordState.LISTED
        if record.missing_runs >= rule.runs and now - record.missing_since >= timedelta(days=rule.days):
            record.state = RecordState.WITHDRAWN
            withdrawn.append(record.dataset_seq)
        else:
            record.state = RecordState.MISSING
        if record.state is not before:
            lines.append((record.dataset_seq, record.state.value, [state_change(before, record.state)]))
    session.flush()
    _withdraw(session, withdrawn)
    if lines:
        feed(session, source_key, run_id, lines, now)
    return Gone(missing, len(withdrawn))


def heard_since(session: Session, source_key: str, remote_ids: Sequence[str], moment: datetime) -> set[str]:
    """Which of these records the portal listed, or was seen not to list, after a moment."""
    found: set[str] = set()
    for start in range(0, len(remote_ids), BATCH):
        found |= set(
            session.scalars(
                select(CatalogRecord.remote_id)
                .where(CatalogRecord.source_key == source_key)
                .where(CatalogRecord.remote_id.in_(remote_ids[start : start + BATCH]))
                .where((CatalogRecord.last_seen > moment) | (CatalogRecord.missing_since > moment))
            )
        )
    return found


def date_back(session: Session, run_id: UUID, moment: datetime) -> None:
    """What a replay gave was listed when it was recorded, not now."""
    session.execute(
        update(CatalogRecord).where(CatalogRecord.last_seen_run == run_id).values(last_seen=moment),
        execution_options={"synchronize_session": False},
    )


def state_change(old: RecordState, new: RecordState) -> dict[str, Any]:
    """A change of state as the feed has it."""
    return {"field": "state", "old": old.value, "new": new.value}


def waiting(session: Session, key: str, *, to_release: bool = False) -> Waiting:
    """The held run of an id, or of an id's beginning, with the list of what a release would mark.

    Raises Undecidable; if it is ``to_release`` also where a release would raise it, and RunInProgress.
    """
    run = _held(session, key)
    if to_release:
        _refuse_if_read_since(session, run, now_utc())
    found = session.execute(
        select(Dataset.title, CatalogRecord.remote_id, Dataset.visibility)
        .join(CatalogRecord, CatalogRecord.dataset_seq == Dataset.seq)
        .where(*_unseen(run.source_key, run.id, run.started, now_utc()), CatalogRecord.state == RecordState.LISTED)
    )
    titled = sorted(
        OWNERS if visibility is Visibility.OWNER else (title.get("en") or next(iter(title.values()), ""), remote_id)
        for title, remote_id, visibility in found
    )
    return Waiting(run.id, run.source_key, run.started, run.outcome, tuple(titled))


def release(
    catalog: Catalog,
    key: str,
    rule: Removal,
    actor: str,
    now: datetime | None = None,
    *,
    answers_in: Path | None = None,
) -> Gone:
    """Let a held run take for gone what it did not see; it is complete then. Raises Undecidable, RunInProgress.

    Where records are withdrawn, the source's answers go too that are kept in a file (``answers_in``).
    """
    now = now or now_utc()
    with catalog.writing() as session:
        run = _held(session, key)
        _refuse_if_read_since(session, run, now)
        gone = take_for_gone(session, run.source_key, run.id, run.started, rule, now)
        run.state, run.missing = RunState.COMPLETE, gone.missing
        why = run.outcome
        run.outcome = f"{run.outcome} Released by {actor}: {_count(gone.missing)} missing."
        _decide(session, run, "released", actor, why, now)
        source = run.source_key
    if gone.withdrawn and answers_in is not None:
        answers.forget(answers_in, source)
    return gone


def reject(catalog: Catalog, key: str, actor: str, now: datetime | None = None) -> None:
    """Drop what a held run would take for gone; what it created and updated stays. Raises Undecidable."""
    with catalog.writing() as session:
        run = _held(session, key)
        why = run.outcome
        run.outcome = f"{run.outcome} Rejected by {actor}."
        _decide(session, run, "rejected", actor, why, now or now_utc())


def _unseen(source_key: str, run_id: UUID, started: datetime, now: datetime) -> Iterator[ColumnElement[bool]]:
    """Records of a source that this run did not see, nor one that began later: a held run may be decided on late.

    What was seen in the future was seen under a wrong clock, before.
    """
    yield CatalogRecord.source_key == source_key
    yield (CatalogRecord.last_seen_run != run_id) | CatalogRecord.last_seen_run.is_(None)
    yield (CatalogRecord.last_seen < started) | (CatalogRecord.last_seen > now + AHEAD)


def _withdraw(session: Session, numbers: Sequence[int]) -> None:
    """Only who reaches these beyond their audience knows of them from now on, and is told that they are withdrawn."""
    reach.put(session, numbers)
    purge(session, numbers)
    if numbers:
        session.info[PURGED] = True
    for start in range(0, len(numbers), BATCH):
        some = numbers[start : start + BATCH]
        session.execute(
            delete(Disclosure).where(Disclosure.audience != Audience.FULL, Disclosure.seq.in_(some)),
            execution_options={"synchronize_session": False},
        )
        for number in some:
            full = Disclosure.audience == Audience.FULL, Disclosure.seq == number
            document = orjson.loads(session.scalars(select(Disclosure.document).where(*full)).one())
            body = orjson.dumps(document | {"state": RecordState.WITHDRAWN.value})
            session.execute(
                update(Disclosure).where(*full).values(document=body, etag=blake2b(body, digest_size=12).hexdigest()),
                execution_options={"synchronize_session": False},
            )


def _held(session: Session, key: str) -> HarvestRun:
    known = list(session.scalars(by_id(key).with_for_update()))
    if len(known) != 1:
        many = "more than one run" if known else "no run"
        raise Undecidable(f'There is {many} "{key}". List the runs with "landmark runs --as NAME".')
    run = known[0]
    if run.decision:
        raise Undecidable(f"The run was {run.decision} by {run.decided_by} already.")
    if run.state is not RunState.HELD:
        raise Undecidable(f"The run is {run.state.value}, not held: there is nothing to decide.")
    return run


def _refuse_if_read_since(session: Session, run: HarvestRun, now: datetime) -> None:
    later = session.scalars(
        select(HarvestRun)
        .where(HarvestRun.source_key == run.source_key)
        .where(HarvestRun.started > run.started, HarvestRun.started <= now + AHEAD)
        .order_by(HarvestRun.started.desc())
    ).all()
    for other in later:
        if other.state is RunState.RUNNING and alive(other.lease_owner, other.heartbeat, now):
            raise RunInProgress(
                f"{run.source_key} is being harvested by {other.lease_owner}. Decide when it has ended."
            )
        # What was rejected has judged nothing: the run before it may be what the portal holds.
        if other.mode != "full" or other.decision == "rejected":
            continue
        since = f"{run.source_key} was read whole again since, by run {other.id}"
        if other.state is RunState.HELD:
            raise Undecidable(f'{since}. Decide on that one first: "landmark runs release {other.id} --as NAME".')
        if other.state is RunState.COMPLETE:
            how = f"was released by {other.decided_by}" if other.decision else "is complete"
            raise Undecidable(
                f"{since}, which {how}: nothing is left to release. "
                f'Close this one with "landmark runs reject {run.id} --as NAME".'
            )


def _decide(session: Session, run: HarvestRun, decision: str, actor: str, why: str, now: datetime) -> None:
    run.decision, run.decided_by, run.decided = decision, actor, now
    session.flush()
    audit.append(session, actor, f"{decision} a held run", f"{run.source_key} {run.id}", why)


def _count(number: int) -> str:
    return "1 record is" if number == 1 else f"{number} records are"
