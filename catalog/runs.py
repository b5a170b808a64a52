"""Harvest runs: one per source at a time, with counts that add up and a place to go on from."""

import os
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psutil
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from catalog.database import Catalog
from catalog.issues import Issue
from catalog.store import feed
from catalog.tables import CatalogRecord, HarvestIssue, HarvestRun, SourceRow
from catalog.vocabulary import AccessModality, RecordState, RunState, Visibility
from config.declarations import Source

HEARTBEAT_LIMIT = timedelta(minutes=10)
"""A holder on another machine that has been silent for this long is taken for dead."""
RESUME_LIMIT = timedelta(hours=6)
"""An older unfinished run starts over: the portal's pages have shifted too far."""
SMALL_DROP = 5
"""So few vanished records are never suspicious."""


class RunInProgress(Exception):  # noqa: N818
    """Another process harvests this source; the message says who."""


@dataclass(slots=True)
class Counts:
    """What was read and what became of it: seen = created + updated + unchanged + failed + skipped."""

    seen: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, name) + getattr(other, name) for name in Counts.__slots__))


@dataclass(slots=True)
class Run:
    """A run in hand."""

    id: UUID
    source: Source
    mode: str
    since: datetime | None
    started: datetime
    token: str | None
    total: int | None
    counts: Counts
    resumed: bool
    stages: dict[str, float] = field(default_factory=dict)


def sync_sources(catalog: Catalog, declared: Iterable[Source]) -> None:
    """Write the declared sources, so that readers need no YAML."""
    with catalog.writing() as session:
        for source in declared:
            session.merge(
                SourceRow(
                    key=source.key,
                    kind=source.kind,
                    title=source.title,
                    url=source.url,
                    publisher=source.publisher,
                    licence=source.licence,
                    visibility=Visibility(source.visibility),
                    access=AccessModality(source.access),
                    enabled=source.enabled,
                    schedule=source.schedule,
                )
            )


def begin(catalog: Catalog, source: Source, mode: str, *, since: datetime | None = None) -> Run:
    """Take the source's lease and start a run, or go on with an unfinished one of the same mode.

    A run whose holder died, or that was cancelled, less than six hours ago goes on where its last page was committed
    and keeps its id. Raises RunInProgress if a living process holds the source.
    """
    sync_sources(catalog, [source])
    now = datetime.now(UTC)
    owner = _owner()
    try:
        with catalog.writing() as session:
            last = session.scalar(
                select(HarvestRun)
                .where(HarvestRun.source_key == source.key)
                .order_by(HarvestRun.started.desc(), HarvestRun.id)
                .limit(1)
                .with_for_update()
            )
            if last is not None and last.state is RunState.RUNNING and _alive(last.lease_owner, last.heartbeat, now):
                raise RunInProgress(
                    f"{source.key} is being harvested by {last.lease_owner} since {last.started:%H:%M} UTC. "
                    "Wait until it has finished, or stop it."
                )
            if last is not None and _resumable(last, mode, now):
                last.state, last.lease_owner, last.heartbeat, last.ended = RunState.RUNNING, owner, now, None
                session.flush()
                return Run(
                    id=last.id,
                    source=source,
                    mode=mode,
                    since=last.since,
                    started=last.started,
                    token=last.page_token,
                    total=last.portal_total,
                    resumed=True,
                    counts=Counts(*(getattr(last, name) for name in Counts.__slots__)),
                )
            if last is not None and last.state is RunState.RUNNING:
                last.state, last.ended, last.lease_owner = RunState.FAILED, now, None
                last.outcome = "abandoned: its process died"
                session.flush()
            run = Run(uuid4(), source, mode, since, now, None, None, Counts(), resumed=False)
            session.add(
                HarvestRun(
                    id=run.id,
                    source_key=source.key,
                    mode=mode,
                    state=RunState.RUNNING,
                    started=now,
                    since=since,
                    lease_owner=owner,
                    heartbeat=now,
                    stages={},
                )
            )
            session.flush()
            return run
    except IntegrityError as error:
        raise RunInProgress(
            f"{source.key} is being harvested by another process. Wait until it has finished."
        ) from error


def seen_ids(session: Session, run: Run) -> set[str]:
    """Remote ids a resumed run has committed already."""
    return set(session.scalars(select(CatalogRecord.remote_id).where(CatalogRecord.last_seen_run == run.id)))


def reported(session: Session, run: Run) -> tuple[int, int]:
    """How many repeated records and how many errors a resumed run has committed already."""
    rows = dict(
        session.execute(
            select(HarvestIssue.code == "duplicate-id", func.count())
            .where(HarvestIssue.run_id == run.id)
            .group_by(HarvestIssue.code == "duplicate-id")
        ).all()
    )
    errors = session.scalar(
        select(func.count()).where(HarvestIssue.run_id == run.id).where(HarvestIssue.severity == "error")
    )
    return rows.get(True, 0), errors or 0


def save_page(session: Session, run: Run, issues: Sequence[Issue], now: datetime) -> None:
    """Write counts, page token, heartbeat and issues, in the page's own transaction."""
    _write_issues(session, run, issues, now)
    session.execute(
        update(HarvestRun)
        .where(HarvestRun.id == run.id)
        .values(
            {name: getattr(run.counts, name) for name in Counts.__slots__}
            | {"page_token": run.token, "portal_total": run.total, "heartbeat": now, "stages": _milliseconds(run)}
        )
    )


def finish(
    session: Session, run: Run, state: RunState, issues: Sequence[Issue], outcome: str, missing: int = 0
) -> None:
    """End a run and give back the lease. A cancelled run keeps its page token, to go on from."""
    now = datetime.now(UTC)
    save_page(session, run, issues, now)
    session.execute(
        update(HarvestRun)
        .where(HarvestRun.id == run.id)
        .values(state=state, ended=now, lease_owner=None, outcome=outcome, missing=missing)
    )


def unlisted(session: Session, run: Run) -> list[CatalogRecord]:
    """Records of the source that were listed before and that this run did not see."""
    return list(
        session.scalars(
            select(CatalogRecord)
            .where(CatalogRecord.source_key == run.source.key)
            .where((CatalogRecord.last_seen_run != run.id) | CatalogRecord.last_seen_run.is_(None))
            .order_by(CatalogRecord.remote_id)
        )
    )


def listed_count(session: Session, source_key: str) -> int:
    """How many records of a source count as listed."""
    return (
        session.scalar(
            select(func.count())
            .select_from(CatalogRecord)
            .where(CatalogRecord.source_key == source_key)
            .where(CatalogRecord.state == RecordState.LISTED)
        )
        or 0
    )


def mark_missing(session: Session, run: Run, records: Sequence[CatalogRecord], now: datetime) -> int:
    """Note that a complete full run did not list these records; answers how many were listed until now."""
    newly = [record for record in records if record.state is RecordState.LISTED]
    for record in records:
        record.missing_since = record.missing_since or now
        record.missing_runs += 1
        record.state = RecordState.MISSING if record.state is RecordState.LISTED else record.state
    session.flush()
    if newly:
        lines: list[tuple[int, str, list[dict[str, Any]]]] = [
            (record.dataset_seq, "missing", [{"field": "state", "old": "listed", "new": "missing"}]) for record in newly
        ]
        feed(session, run.source.key, run.id, lines, now)
    return len(newly)


def last_complete(session: Session, source_key: str, mode: str = "") -> datetime | None:
    """When the last complete run of a source began; the cursor of incremental runs."""
    query = select(func.max(HarvestRun.started)).where(
        HarvestRun.source_key == source_key, HarvestRun.state == RunState.COMPLETE
    )
    return session.scalar(query.where(HarvestRun.mode == mode) if mode else query)


def _write_issues(session: Session, run: Run, issues: Sequence[Issue], now: datetime) -> None:
    if issues:
        session.execute(
            insert(HarvestIssue),
            [
                {
                    "run_id": run.id,
                    "source_key": run.source.key,
                    "code": issue.code,
                    "severity": issue.severity,
                    "remote_id": issue.remote_id,
                    "field": issue.field,
                    "address": issue.address,
                    "message": issue.message,
                    "mend": issue.mend,
                    "at": now,
                }
                for issue in issues
            ],
        )


def _milliseconds(run: Run) -> dict[str, int]:
    return {stage: round(seconds * 1000) for stage, seconds in run.stages.items()}


def _owner() -> str:
    process = psutil.Process()
    return f"process {os.getpid()} ({process.create_time():.2f}) on {socket.gethostname()}"


def _alive(owner: str | None, heartbeat: datetime | None, now: datetime) -> bool:
    """Whether the holder still runs: by its process on this machine, by its heartbeat elsewhere."""
    if not owner or heartbeat is None:
        return False
    process, _, host = owner.partition(" on ")
    if host != socket.gethostname():
        return now - heartbeat < HEARTBEAT_LIMIT
    _, pid, created = process.split(" ")
    try:
        return f"({psutil.Process(int(pid)).create_time():.2f})" == created
    except psutil.Error:
        return False


def _resumable(last: HarvestRun, mode: str, now: datetime) -> bool:
    return (
        last.state in {RunState.RUNNING, RunState.CANCELLED}
        and last.mode == mode
        and last.page_token is not None
        and now - last.started < RESUME_LIMIT
    )
