"""Harvest runs: one per source at a time, with counts that add up and a place to go on from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Select, Text, cast, func, insert, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from catalog import shifts
from catalog.database import Catalog
from catalog.issues import Issue
from catalog.lease import LeaseLost, RunInProgress, alive, hold, now_utc, owner
from catalog.tables import CatalogRecord, HarvestIssue, HarvestRun, SourceRow
from catalog.vocabulary import AccessModality, RunState, Visibility
from config.declarations import Source

__all__ = ["Counts", "Issue", "LeaseLost", "Run", "RunInProgress", "begin", "finish", "recover", "save_page"]

RESUME_LIMIT = timedelta(hours=6)
"""An older unfinished run starts over: the portal's pages have shifted too far."""
AHEAD = timedelta(minutes=10)
"""Clocks differ by less. A time that is later than now by more was written under a wrong clock and is not believed."""
HEARD = ("full", "incremental")
"""Modes of the runs that asked the portal."""
REPLAY = "replay"
"""Mode of a run that was answered from a recording: the portal was not heard."""
REASSESS = "reassess"
"""Mode of the run whose row is the lease while kept payloads are judged again; it is no harvest, and leaves no run."""


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
    """A run in hand.

    Attributes:
        stages: Seconds by stage.
        requests: Requests sent, repetitions and hops included.
        bytes: Bytes of bodies received.
        not_modified: Answers that were as before (304).
    """

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
    requests: int = 0
    bytes: int = 0
    not_modified: int = 0


SAID_BY_CLIENT = ("requests", "bytes", "not_modified")
"""What of a run is the client's count."""


def sync_sources(catalog: Catalog, declared: Iterable[Source]) -> None:
    """Write the declared sources, so that readers need no YAML."""
    with catalog.writing() as session:
        for source in declared:
            session.merge(source_row(source))


def source_row(source: Source) -> SourceRow:
    """The row of a source as it is declared."""
    return SourceRow(
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
        standing=_standing(source),
    )


def _standing(source: Source) -> dict[str, Any]:
    ended = source.retired
    told = {
        "note": source.note,
        "key": source.access_key.how if source.access_key else "",
        "of": source.of,
        "query": {name: list(values) for name, values in source.query.items()},
        "since": ended.since if ended else "",
        "reason": ended.reason if ended else "",
        "successors": list(ended.successors) if ended else [],
    }
    return {"state": source.state} | {name: value for name, value in told.items() if value}


def begin(
    catalog: Catalog, source: Source, mode: str, *, since: datetime | None = None, now: datetime | None = None
) -> Run:
    """Take the source's lease and start a run, or go on with an unfinished one of the same mode.

    A run whose holder died, or that was cancelled, less than six hours ago goes on where its last page was committed
    and keeps its id. Raises RunInProgress if a living process holds the source.
    """
    now = now or now_utc()
    try:
        sync_sources(catalog, [source])
    except IntegrityError:
        # Another process declared the same new source between our look and our write.
        sync_sources(catalog, [source])
    try:
        with catalog.writing() as session:
            return _begun(session, source, mode, since, now)
    except IntegrityError as error:
        with catalog.reading() as session:
            holder = session.scalar(_running(source.key))
        raise RunInProgress(_held_by(source.key, holder)) from error


def recover(catalog: Catalog, now: datetime | None = None) -> list[str]:
    """End the runs of dead holders, of all sources; the keys of these sources.

    They become *cancelled*: that a process died says nothing of its portal. To be called when a process starts and at
    each tick of a schedule, so that no run is said to be running that nobody runs. Of a reassessment nothing is left.
    """
    now = now or now_utc()
    with catalog.reading() as session:
        dead = [row.id for row in session.scalars(_running()) if not alive(row.lease_owner, row.heartbeat, now)]
    if not dead:
        return []
    recovered = []
    with catalog.writing() as session:
        for row in session.scalars(_running().where(HarvestRun.id.in_(dead)).with_for_update()):
            if alive(row.lease_owner, row.heartbeat, now):
                continue
            if row.mode != REASSESS:
                recovered.append(row.source_key)
            _bury(session, row, now)
        session.flush()
    return sorted(recovered)


def _bury(session: Session, row: HarvestRun, now: datetime) -> None:
    """End the run of a dead holder."""
    if row.mode == REASSESS:
        session.delete(row)
        return
    goes_on = "goes on from here" if _resumable(row, row.mode, now) else "begins anew"
    row.state, row.outcome = RunState.CANCELLED, f"Its process died; the next harvest {goes_on}."
    row.ended, row.lease_owner = now, None


def _begun(session: Session, source: Source, mode: str, since: datetime | None, now: datetime) -> Run:
    held = session.scalar(_running(source.key).with_for_update())
    if held is not None and alive(held.lease_owner, held.heartbeat, now):
        raise RunInProgress(_held_by(source.key, held))
    if held is not None:
        _bury(session, held, now)
        session.flush()
    last = session.scalar(
        select(HarvestRun)
        .where(HarvestRun.source_key == source.key, HarvestRun.mode.in_(HEARD), HarvestRun.started <= now + AHEAD)
        .order_by(HarvestRun.started.desc(), HarvestRun.id)
        .limit(1)
        .with_for_update()
    )
    if last is not None and _resumable(last, mode, now):
        last.state, last.lease_owner, last.heartbeat = RunState.RUNNING, owner(), now
        last.ended, last.outcome = None, ""
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
            stages={stage: spent / 1000 for stage, spent in last.stages.items()},
            **{name: getattr(last, name) for name in SAID_BY_CLIENT},
        )
    run = Run(uuid4(), source, mode, since, now, None, None, Counts(), resumed=False)
    session.add(
        HarvestRun(
            id=run.id,
            source_key=source.key,
            mode=mode,
            state=RunState.RUNNING,
            started=now,
            since=since,
            lease_owner=owner(),
            heartbeat=now,
            stages={},
        )
    )
    session.flush()
    return run


def _running(source_key: str = "") -> Select[HarvestRun]:
    query = select(HarvestRun).where(HarvestRun.state == RunState.RUNNING)
    return query.where(HarvestRun.source_key == source_key) if source_key else query


def _held_by(source_key: str, run: HarvestRun | None) -> str:
    who = f"{run.lease_owner} since {run.started:%H:%M} UTC" if run else "another process"
    return f"{source_key} is being harvested by {who}. Wait until it has finished, or stop it."


def by_id(key: str) -> Select[HarvestRun]:
    """The run of an id, or the runs of an id's beginning, two at the most."""
    wanted = key.strip().lower()
    try:
        return select(HarvestRun).where(HarvestRun.id == UUID(wanted))
    except ValueError:
        # SQLite keeps ids without hyphens, PostgreSQL with them.
        stored = func.replace(cast(HarvestRun.id, Text), "-", "")
        beginning = "".join(sign for sign in wanted if sign in "0123456789abcdef")
        return select(HarvestRun).where(stored.startswith(beginning or "none")).limit(2)


def seen_ids(session: Session, run: Run) -> set[str]:
    """Remote ids a resumed run has committed already."""
    return set(session.scalars(select(CatalogRecord.remote_id).where(CatalogRecord.last_seen_run == run.id)))


def reported(session: Session, run: Run) -> tuple[int, int]:
    """How many repeated records and how many errors a resumed run has committed already."""
    of_run = select(func.count()).where(HarvestIssue.run_id == run.id)
    duplicates = session.scalar(of_run.where(HarvestIssue.code == "duplicate-id"))
    return duplicates or 0, session.scalar(of_run.where(HarvestIssue.severity == "error")) or 0


def save_page(session: Session, run: Run, issues: Sequence[Issue], now: datetime) -> None:
    """Write counts, page token, heartbeat and issues, in the page's own transaction.

    Raises LeaseLost if the run is another process's now: the page is then not to be committed.
    """
    _write_issues(session, run, issues, now)
    _write(session, run, _progress(run, now))


def finish(
    session: Session,
    run: Run,
    state: RunState,
    issues: Sequence[Issue],
    outcome: str,
    missing: int = 0,
    *,
    now: datetime | None = None,
) -> None:
    """End a run and give back the lease. A cancelled run keeps its page token, to go on from. Raises LeaseLost.

    What it did to levels and visibility is written to the audit (:mod:`catalog.shifts`).
    """
    now = now or now_utc()
    _write_issues(session, run, issues, now)
    ended = {"state": state, "ended": now, "lease_owner": None, "outcome": outcome, "missing": missing}
    _write(session, run, _progress(run, now) | ended)
    shifts.write(session, run.source.key, run.id)


def _progress(run: Run, now: datetime) -> dict[str, object]:
    counted = {name: getattr(run.counts, name) for name in Counts.__slots__}
    asked = {name: getattr(run, name) for name in SAID_BY_CLIENT}
    stages = {stage: round(seconds * 1000) for stage, seconds in run.stages.items()}
    return counted | asked | {"page_token": run.token, "portal_total": run.total, "heartbeat": now, "stages": stages}


def _write(session: Session, run: Run, values: dict[str, object]) -> None:
    if not hold(session, run.id, values):
        raise LeaseLost(
            f"{run.source.key}: another process has taken over this run, because this one was taken for dead. "
            "What it had not yet written is left to the other."
        )


def ahead(session: Session, now: datetime) -> Sequence[tuple[str, UUID, datetime]]:
    """Source, id and beginning of runs that began in what is the future, and of which no later run has told yet."""
    told = set(session.scalars(select(HarvestIssue.field).where(HarvestIssue.code == CLOCK_AHEAD)))
    found = session.execute(
        select(HarvestRun.source_key, HarvestRun.id, HarvestRun.started)
        .where(HarvestRun.started > now + AHEAD)
        .order_by(HarvestRun.started, HarvestRun.id)
    )
    return [(key, id_, started) for key, id_, started in found if str(id_) not in told]


CLOCK_AHEAD = "clock-ahead"
"""Code of the issue that tells of such a run; its field is the run's id."""


def last_complete(session: Session, source_key: str, mode: str = "", now: datetime | None = None) -> datetime | None:
    """When the last complete run of a source began; the cursor of incremental runs. The future is not believed."""
    query = select(func.max(HarvestRun.started)).where(
        HarvestRun.source_key == source_key, HarvestRun.state == RunState.COMPLETE
    )
    query = query.where(HarvestRun.mode.in_(HEARD), HarvestRun.started <= (now or now_utc()) + AHEAD)
    return session.scalar(query.where(HarvestRun.mode == mode) if mode else query)


def asked_today(session: Session, source_key: str, now: datetime) -> int:
    """Requests that a source was sent since midnight (UTC), by runs that began or ended since then or go on."""
    midnight = datetime.combine(now.date(), time(), UTC)
    recent = or_(HarvestRun.started >= midnight, HarvestRun.ended.is_(None), HarvestRun.ended >= midnight)
    asked = select(func.sum(HarvestRun.requests)).where(HarvestRun.source_key == source_key, recent)
    return session.scalar(asked) or 0


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


def _resumable(last: HarvestRun, mode: str, now: datetime) -> bool:
    return (
        last.state in {RunState.RUNNING, RunState.CANCELLED}
        and last.mode == mode
        and last.page_token is not None
        and now - last.started < RESUME_LIMIT
    )
