"""Answers that come straight from the database: one record, the sources and the runs, each for one viewer.

Sources and runs are disclosed as records are: a viewer learns only of sources whose default visibility their audience
may see or whose steward they are, and only counts of records shown to them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, case, func, or_, select, true
from sqlalchemy.orm import Session

from catalog.changes import told_by_run
from catalog.disclosure import PARTLY, SEES
from catalog.links import reached
from catalog.runs import AHEAD, HEARD, by_id
from catalog.same import also_at
from catalog.tables import CatalogRecord, Change, Dataset, Disclosure, HarvestIssue, HarvestRun, Slug, SourceRow
from catalog.viewer import STEWARD, Viewer, shown_to, steward
from catalog.vocabulary import Audience, RecordState, RunState, Visibility


def document(session: Session, viewer: Viewer, key: str, others: Viewer | None = None) -> tuple[bytes, str] | None:
    """The document (JSON bytes) and etag of a record by id or name.

    With the ``state`` of the catalog's entry, ``listed`` or ``missing`` (``withdrawn`` is for who reaches the record
    beyond their audience), and ``missing_since``, null where it is listed; ``also_at``
    (:func:`catalog.same.also_at`) and ``reached`` (:func:`catalog.links.reached`). None for what is hidden from the
    viewer just as for what never existed.

    ``others``: to whom other records have to be shown to be named there, if it is not the viewer. Who breaks the glass
    over one record breaks it over no other: they are told of those alone that they are shown without.
    """
    if others is None:
        others = steward(viewer.name) if viewer.sees_all and viewer.name else viewer
    dataset_id = dataset_of(session, key)
    if dataset_id is None:
        return None
    row = session.execute(
        select(Disclosure.document, Disclosure.etag, CatalogRecord.state, CatalogRecord.missing_since, Dataset.seq)
        .join(Dataset, Dataset.seq == Disclosure.seq)
        .join(CatalogRecord, CatalogRecord.dataset_seq == Dataset.seq)
        .where(Dataset.id == dataset_id, shown_to(viewer), called(key))
    ).first()
    if row is None:
        return None
    body, etag, state, since, number = row
    standing: dict[str, Any] = {"missing_since": _iso(since), "also_at": also_at(session, others, number, body)}
    standing["reached"] = reached(session, number, body)
    if state is not RecordState.WITHDRAWN:
        # A withdrawn record is rendered as such; that one is listed or not is no part of what its portal said of it.
        standing["state"] = state.value
    told = etag if state is RecordState.LISTED else f"{etag}-{standing['missing_since']}"
    for joined in (standing["also_at"], standing["reached"]):
        if joined:
            told += "-" + blake2b(orjson.dumps(joined), digest_size=12).hexdigest()
    return body[:-1] + b"," + orjson.dumps(standing)[1:], told


def called(key: str) -> ColumnElement[bool]:
    """By an id any rendering is reached, by a name only one that has a name: it is made of the title's words.

    That may be another than was asked for: a record whose title was corrected is reached by its old names too.
    """
    try:
        UUID(key)
    except ValueError:
        return Disclosure.name.is_not(None)
    return true()


def dataset_of(session: Session, key: str) -> UUID | None:
    """The id that an id or a name means; whether there is such a record, and for whom, it does not say."""
    try:
        return UUID(key)
    except ValueError:
        return session.scalar(select(Slug.dataset_id).where(Slug.name == key))


def source_keys(session: Session, viewer: Viewer, declared: Iterable[str] = ()) -> set[str]:
    """The keys of sources that a viewer may know of; ``declared`` may have some that nobody has written yet."""
    seen = set(session.scalars(select(SourceRow.key).where(_source_seen_by(viewer))))
    return seen | (set(declared) - set(session.scalars(select(SourceRow.key))))


def sources(session: Session, viewer: Viewer, now: datetime | None = None) -> list[dict[str, Any]]:
    """The sources a viewer may know of, with counts of the records shown to them and the last run that asked it."""
    counts = _record_counts(session, viewer)
    latest = (
        select(HarvestRun.source_key, func.max(HarvestRun.started).label("started"))
        .where(HarvestRun.mode.in_(HEARD), HarvestRun.started <= (now or datetime.now(UTC)) + AHEAD)
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
    rows = list(session.scalars(select(SourceRow).where(_source_seen_by(viewer)).order_by(SourceRow.key)))
    known = [last_runs[row.key] for row in rows if row.key in last_runs]
    disclosed = {entry["source"]: entry for entry in _disclosed_runs(session, viewer, known)}
    return [
        {
            "key": row.key,
            "title": row.title,
            "kind": row.kind,
            "url": row.url,
            "publisher": row.publisher,
            "licence": row.licence,
            "enabled": row.enabled,
            "state": row.standing.get("state", "live" if row.enabled else "off by default"),
            "standing": {name: told for name, told in row.standing.items() if name != "state"},
            "schedule": row.schedule,
            "datasets": counts.get(row.key, 0),
            "last_run": disclosed.get(row.key),
        }
        for row in rows
    ]


def runs(
    session: Session, viewer: Viewer, limit: int = 50, source: str = "", start: int = 0
) -> tuple[list[dict[str, Any]], int]:
    """Runs of sources a viewer may know of, newest first, with their issues grouped by code; and how many in all."""
    query = select(HarvestRun).join(SourceRow, SourceRow.key == HarvestRun.source_key).where(_source_seen_by(viewer))
    if source:
        query = query.where(HarvestRun.source_key == source)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    newest = query.order_by(HarvestRun.started.desc(), HarvestRun.id).offset(start).limit(limit)
    return _disclosed_runs(session, viewer, list(session.scalars(newest))), total


def run(session: Session, viewer: Viewer, run_id: UUID) -> dict[str, Any] | None:
    """One run with its issues; None if the viewer may not know its source."""
    found = session.scalar(
        select(HarvestRun)
        .join(SourceRow, SourceRow.key == HarvestRun.source_key)
        .where(HarvestRun.id == run_id, _source_seen_by(viewer))
    )
    return None if found is None else _disclosed_runs(session, viewer, [found])[0]


def run_named(session: Session, viewer: Viewer, key: str) -> dict[str, Any] | None:
    """One run by its id or the beginning of it; None if the viewer may know of no such run, or several begin so."""
    found = session.scalars(by_id(key)).all()
    return run(session, viewer, found[0].id) if len(found) == 1 else None


def issues(
    session: Session, viewer: Viewer, run_id: UUID, code: str = "", limit: int = 50, start: int = 0
) -> tuple[list[dict[str, Any]], int] | None:
    """A run's issues one by one, as they were found, and how many in all; None if the viewer may not know its source.

    Each is ``{code, severity, dataset, field, at}``, where ``dataset`` is an id or null. A source's stewards get all,
    with ``record`` (the portal's id of it), ``address``, ``message`` and ``mend``; those of a record that is for its
    owner alone without what tells of it, unless they are shown everything. Others get those of whole pages and of
    records that are shown to them: a message or an address may quote what is not.
    """
    of = session.scalar(
        select(HarvestRun.source_key)
        .join(SourceRow, SourceRow.key == HarvestRun.source_key)
        .where(HarvestRun.id == run_id, _source_seen_by(viewer))
    )
    if of is None:
        return None
    query = (
        select(HarvestIssue, Dataset.id, Dataset.visibility)
        .outerjoin(CatalogRecord, _OF_RECORD)
        .outerjoin(Dataset, Dataset.seq == CatalogRecord.dataset_seq)
        .where(HarvestIssue.run_id == run_id)
    )
    theirs = stewards(viewer, of)
    if not theirs:
        shown = select(Disclosure.seq).where(Disclosure.seq == CatalogRecord.dataset_seq, *_in_full_view(viewer))
        query = query.where(or_(HarvestIssue.remote_id == "", shown.exists()))
    if code:
        query = query.where(HarvestIssue.code == code)
    total = session.scalar(select(func.count()).select_from(query.with_only_columns(HarvestIssue.id).subquery())) or 0
    answers = []
    for issue, dataset, visibility in session.execute(query.order_by(HarvestIssue.id).offset(start).limit(limit)):
        hidden = visibility is Visibility.OWNER and not viewer.sees_all
        answer = {
            "code": issue.code,
            "severity": issue.severity,
            "dataset": None if dataset is None or hidden else str(dataset),
            "field": issue.field,
            "at": _iso(issue.at),
        }
        if theirs:
            told = {"record": issue.remote_id, "address": issue.address, "message": issue.message}
            answer |= dict.fromkeys(told, "") if hidden else told
            answer |= {"mend": issue.mend}
        answers.append(answer)
    return answers, total


def feed_position(session: Session) -> int:
    """Number of the newest change."""
    return session.scalar(select(func.max(Change.seq))) or 0


def _record_counts(session: Session, viewer: Viewer) -> Mapping[str, int]:
    rows = session.execute(
        select(Dataset.source_key, func.count())
        .join(Disclosure, Disclosure.seq == Dataset.seq)
        .where(shown_to(viewer))
        .group_by(Dataset.source_key)
    )
    return dict(rows.all())


def _source_seen_by(viewer: Viewer) -> ColumnElement[bool]:
    seen = SourceRow.visibility.in_(sorted(Visibility if STEWARD in viewer.reach else SEES[viewer.audience]))
    stewarded = [term.removeprefix("source:") for term in sorted(viewer.reach) if term.startswith("source:")]
    return or_(seen, SourceRow.key.in_(stewarded)) if stewarded else seen


def stewards(viewer: Viewer, source: str) -> bool:
    """Whether a viewer is told of a source what only its stewards are."""
    return viewer.sees_all or viewer.stewards(source)


_TO_STEWARDS = (
    "seen", "created", "updated", "unchanged", "failed", "skipped", "missing", "portal_total", "outcome", "stages",
    "requests", "bytes", "not_modified", "decision", "decided_by",
)  # fmt: skip


def _disclosed_runs(session: Session, viewer: Viewer, found: Sequence[HarvestRun]) -> list[dict[str, Any]]:
    """Runs as a viewer may know them.

    The portal's total and what was seen, failed, skipped or unchanged count hidden records too, and an issue's message
    may quote one: only a source's stewards get them, with what the client counted and who decided on a held run. Others
    get created and updated as the feed tells them, issues counted over records shown to them, and those of whole
    pages.
    """
    theirs = {row.id for row in found if stewards(viewer, row.source_key)}
    others = [row.id for row in found if row.id not in theirs]
    issues = _stewards_issues(session, viewer, sorted(theirs)) | _issues(session, viewer, others)
    counts = told_by_run(session, viewer, others) if others else {}
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
        if row.id in theirs:
            answer |= {name: getattr(row, name) for name in _TO_STEWARDS} | {"decided": _iso(row.decided)}
        else:
            answer |= {kind: counts.get((row.id, kind), 0) for kind in ("created", "updated")}
        answers.append(answer | {"issues": issues.get(row.id, [])})
    return answers


_GROUP = (HarvestIssue.run_id, HarvestIssue.code, HarvestIssue.severity)
_OF_RECORD = (CatalogRecord.source_key == HarvestIssue.source_key) & (CatalogRecord.remote_id == HarvestIssue.remote_id)


def _in_full_view(viewer: Viewer) -> Iterator[ColumnElement[bool]]:
    """Disclosures of records that are shown to a viewer, save those of which the public is told part, or only that."""
    yield shown_to(viewer)
    if viewer.audience is Audience.PUBLIC:
        yield Disclosure.seq.not_in(select(Dataset.seq).where(Dataset.visibility.in_(PARTLY)))


def _issues(session: Session, viewer: Viewer, run_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Issues grouped by code, of records that are shown to the viewer and of whole pages."""
    if not run_ids:
        return {}
    shown = (
        select(CatalogRecord.dataset_seq)
        .join(Disclosure, Disclosure.seq == CatalogRecord.dataset_seq)
        .where(_OF_RECORD, *_in_full_view(viewer))
    )
    rows = session.execute(
        select(*_GROUP, func.count())
        .where(HarvestIssue.run_id.in_(run_ids), or_(HarvestIssue.remote_id == "", shown.exists()))
        .group_by(*_GROUP)
        .order_by(*_GROUP)
    )
    grouped: dict[UUID, list[dict[str, Any]]] = {}
    for run_id, code, severity, count in rows:
        if run_id is not None:
            grouped.setdefault(run_id, []).append({"code": code, "severity": severity, "count": count})
    return grouped


def _stewards_issues(session: Session, viewer: Viewer, run_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """All issues grouped by code, with an example, what to do, and how many are new.

    An example is not of a record that is for its owner alone, unless the viewer is shown everything.
    """
    if not run_ids:
        return {}
    owners = (
        select(CatalogRecord.dataset_seq)
        .join(Dataset, Dataset.seq == CatalogRecord.dataset_seq)
        .where(_OF_RECORD, Dataset.visibility == Visibility.OWNER)
    ).exists()
    example = HarvestIssue.message if viewer.sees_all else case((owners, None), else_=HarvestIssue.message)
    rows = session.execute(
        select(*_GROUP, func.count(), func.min(example), func.min(HarvestIssue.mend))
        .where(HarvestIssue.run_id.in_(run_ids))
        .group_by(*_GROUP)
        .order_by(*_GROUP)
    )
    grouped: dict[UUID, list[dict[str, Any]]] = {}
    for run_id, code, severity, count, message, mend in rows:
        if run_id is not None:
            entry = {"code": code, "severity": severity, "count": count, "example": message or "", "mend": mend}
            grouped.setdefault(run_id, []).append(entry)
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
