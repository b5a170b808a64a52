"""Answers that come straight from the database: one record, the sources and the runs, each for one audience.

Sources and runs are disclosed as records are: an audience learns only of sources whose default visibility it may
see, and only counts of records disclosed to it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from catalog.changes import told_by_run
from catalog.disclosure import SEES
from catalog.tables import CatalogRecord, Change, Dataset, Disclosure, HarvestIssue, HarvestRun, Slug, SourceRow
from catalog.vocabulary import Audience, RunState


def document(session: Session, audience: Audience, key: str) -> tuple[bytes, str] | None:
    """The document (JSON bytes) and etag of a record by id or name.

    None for what is hidden from the audience just as for what never existed.
    """
    try:
        dataset_id: UUID | None = UUID(key)
    except ValueError:
        dataset_id = session.scalar(select(Slug.dataset_id).where(Slug.name == key))
    if dataset_id is None:
        return None
    row = session.execute(
        select(Disclosure.document, Disclosure.etag)
        .join(Dataset, Dataset.seq == Disclosure.seq)
        .where(Dataset.id == dataset_id, Disclosure.audience == audience)
    ).first()
    return None if row is None else (row[0], row[1])


def sources(session: Session, audience: Audience) -> list[dict[str, Any]]:
    """The sources an audience may know of, with disclosed record counts and the last run."""
    counts = _record_counts(session, audience)
    latest = (
        select(HarvestRun.source_key, func.max(HarvestRun.started).label("started"))
        .group_by(HarvestRun.source_key)
        .subquery()
    )
    last_runs: Mapping[str, HarvestRun] = {
        run.source_key: run
        for run in session.scalars(
            select(HarvestRun).join(
                latest,
                (HarvestRun.source_key == latest.c.source_key) & (HarvestRun.started == latest.c.started),
            )
        )
    }
    rows = list(session.scalars(select(SourceRow).where(_source_seen_by(audience)).order_by(SourceRow.key)))
    known = [last_runs[row.key] for row in rows if row.key in last_runs]
    disclosed = {entry["source"]: entry for entry in _disclosed_runs(session, audience, known)}
    return [
        {
            "key": row.key,
            "title": row.title,
            "kind": row.kind,
            "url": row.url,
            "publisher": row.publisher,
            "licence": row.licence,
            "enabled": row.enabled,
            "schedule": row.schedule,
            "datasets": counts.get(row.key, 0),
            "last_run": disclosed.get(row.key),
        }
        for row in rows
    ]


def runs(
    session: Session, audience: Audience, limit: int = 50, source: str = "", start: int = 0
) -> tuple[list[dict[str, Any]], int]:
    """Runs of sources an audience may know of, newest first, with their issues grouped by code; and how many in all."""
    query = select(HarvestRun).join(SourceRow, SourceRow.key == HarvestRun.source_key).where(_source_seen_by(audience))
    if source:
        query = query.where(HarvestRun.source_key == source)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    newest = query.order_by(HarvestRun.started.desc(), HarvestRun.id).offset(start).limit(limit)
    return _disclosed_runs(session, audience, list(session.scalars(newest))), total


def run(session: Session, audience: Audience, run_id: UUID) -> dict[str, Any] | None:
    """One run with its issues; None if the audience may not know its source."""
    found = session.scalar(
        select(HarvestRun)
        .join(SourceRow, SourceRow.key == HarvestRun.source_key)
        .where(HarvestRun.id == run_id, _source_seen_by(audience))
    )
    return None if found is None else _disclosed_runs(session, audience, [found])[0]


def feed_position(session: Session) -> int:
    """Number of the newest change."""
    return session.scalar(select(func.max(Change.seq))) or 0


def _record_counts(session: Session, audience: Audience) -> Mapping[str, int]:
    rows = session.execute(
        select(Dataset.source_key, func.count())
        .join(Disclosure, Disclosure.seq == Dataset.seq)
        .where(Disclosure.audience == audience)
        .group_by(Dataset.source_key)
    )
    return dict(rows.all())


def _source_seen_by(audience: Audience) -> Any:  # noqa: ANN401 - an SQL expression
    return or_(*(SourceRow.visibility == visibility for visibility in sorted(SEES[audience])))


_TO_STEWARDS = (
    "seen", "created", "updated", "unchanged", "failed", "skipped", "missing", "portal_total", "outcome", "stages",
    "requests", "bytes", "not_modified", "decision", "decided_by",
)  # fmt: skip


def _disclosed_runs(session: Session, audience: Audience, found: Sequence[HarvestRun]) -> list[dict[str, Any]]:
    """Runs as an audience may know them.

    The portal's total and what was seen, failed, skipped or unchanged count hidden records too, and an issue's message
    may quote one: only the full audience gets them, with what the client counted and who decided on a held run. Others
    get created and updated as the feed tells them, issues counted over records disclosed to them, and those of whole
    pages.
    """
    full = audience is Audience.FULL
    issues = _issues(session, audience, [row.id for row in found])
    counts = {} if full else told_by_run(session, audience, [row.id for row in found])
    answers = []
    for row in found:
        answer: dict[str, Any] = {
            "id": str(row.id),
            "source": row.source_key,
            "mode": row.mode,
            "state": row.state.value,
            "started": _iso(row.started),
            "ended": _iso(row.ended),
        }
        if full:
            answer |= {name: getattr(row, name) for name in _TO_STEWARDS} | {"decided": _iso(row.decided)}
        else:
            answer |= {kind: counts.get((row.id, kind), 0) for kind in ("created", "updated")}
        answers.append(answer | {"issues": issues.get(row.id, [])})
    return answers


def _issues(session: Session, audience: Audience, run_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Issues grouped by code; for the full audience with an example, what to do, and how many are new."""
    full = audience is Audience.FULL
    group = (HarvestIssue.run_id, HarvestIssue.code, HarvestIssue.severity)
    query = select(*group, func.count(), func.min(HarvestIssue.message), func.min(HarvestIssue.mend))
    if not full:
        disclosed = (
            select(CatalogRecord.dataset_seq)
            .join(Disclosure, Disclosure.seq == CatalogRecord.dataset_seq)
            .where(CatalogRecord.source_key == HarvestIssue.source_key)
            .where(CatalogRecord.remote_id == HarvestIssue.remote_id)
            .where(Disclosure.audience == audience)
        )
        query = query.where(or_(HarvestIssue.remote_id == "", disclosed.exists()))
    rows = session.execute(query.where(HarvestIssue.run_id.in_(run_ids)).group_by(*group).order_by(*group))
    grouped: dict[UUID, list[dict[str, Any]]] = {}
    for run_id, code, severity, count, message, mend in rows:
        if run_id is not None:
            entry: dict[str, Any] = {"code": code, "severity": severity, "count": count}
            grouped.setdefault(run_id, []).append(entry | ({"example": message, "mend": mend} if full else {}))
    if full:
        for run_id, entries in grouped.items():
            known = known_before(session, run_id)
            for entry in entries:
                entry["new"] = max(0, entry["count"] - known.get((entry["code"], entry["severity"]), 0))
    return grouped


def known_before(session: Session, run_id: UUID) -> dict[tuple[str, str], int]:
    """By code and severity, how many issues of a run the last one of its source and mode had as well.

    That is the last run before it that came to the portal's end: a failed one knows nothing. The same issue is of the
    same record and field.
    """
    this = session.get_one(HarvestRun, run_id)
    before = session.scalar(
        select(HarvestRun.id)
        .where(HarvestRun.source_key == this.source_key, HarvestRun.mode == this.mode)
        .where(HarvestRun.started < this.started, HarvestRun.state.in_(_READ_TO_THE_END))
        .order_by(HarvestRun.started.desc())
        .limit(1)
    )
    if before is None:
        return {}
    what = HarvestIssue.code, HarvestIssue.remote_id, HarvestIssue.field
    earlier = select(*what).where(HarvestIssue.run_id == before).distinct().subquery()
    rows = session.execute(
        select(HarvestIssue.code, HarvestIssue.severity, func.count())
        .join(
            earlier,
            (HarvestIssue.code == earlier.c.code)
            & (HarvestIssue.remote_id == earlier.c.remote_id)
            & (HarvestIssue.field == earlier.c.field),
        )
        .where(HarvestIssue.run_id == run_id)
        .group_by(HarvestIssue.code, HarvestIssue.severity)
    )
    return {(code, severity): count for code, severity, count in rows}


_READ_TO_THE_END = (RunState.COMPLETE, RunState.PARTIAL, RunState.HELD)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
