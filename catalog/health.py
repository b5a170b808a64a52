"""How sources fare: their runs in a row, how long they have been silent, what goes wrong, when they are read next.

As all answers it is for one viewer: the trend counts records that are shown to them, and who paused a source and why
is for its stewards.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog import reading, runs
from catalog.due import History, interval, is_due, next_run
from catalog.tables import CatalogRecord, Disclosure, HarvestRun, SourceRow
from catalog.viewer import Viewer, shown_to
from catalog.vocabulary import RunState
from config.declarations import NEEDS_KEY, RETIRED, VIEW

TREND = 10
"""Complete full runs that the trend goes back."""
LATE = 2
"""Intervals of its schedule after which a source without a complete run is late."""
_ANSWERED = (RunState.COMPLETE, RunState.PARTIAL, RunState.HELD)
_ENDED = (*_ANSWERED, RunState.FAILED)


def sources(session: Session, viewer: Viewer, now: datetime) -> list[dict[str, Any]]:
    """The sources a viewer may know of, as :func:`catalog.reading.sources` gives them, each with ``health``.

    ``health`` is::

        state                 preview, retired, view, off, paused, needs key, failing, new, late, troubled or healthy:
                              the first that is true
        last_complete         when the last complete run began, or null
        consecutive_failures  failed runs since the portal last answered
        breaker               open after three of them: the source is read more and more rarely until it answers
        days_silent           whole days since the last complete run began, or null
        issues                of the last run, grouped by code; and clock-ahead where a run says that it began in the
                              future and no run has told of it yet
        trend                 [{started, records}] of the last 10 complete full runs, oldest first
        paused                whether a person paused it; for its stewards also
                              paused_since, paused_by and paused_reason
        due, next_run         whether it is to be read now; when it is (or was) to be read next, or null

    ``records`` is how many the portal gave; for others than the source's stewards, how many they may know of by then.
    """
    items = reading.sources(session, viewer, now)
    rows = {row.key: row for row in session.scalars(select(SourceRow))}
    past = histories(session, now)
    trends = _trends(session, viewer, [item["key"] for item in items], now)
    wrong = Counter(key for key, _, _ in runs.ahead(session, now))
    return [
        item
        | {
            "health": _health(
                rows[item["key"]], past.get(item["key"], History()), item, trends, viewer, now, wrong[item["key"]]
            )
        }
        for item in items
    ]


def source(session: Session, viewer: Viewer, key: str, now: datetime) -> dict[str, Any] | None:
    """One source as in :func:`sources`; None for what is hidden just as for what never existed."""
    return next((item for item in sources(session, viewer, now) if item["key"] == key), None)


def histories(session: Session, now: datetime | None = None) -> Mapping[str, History]:
    """What past runs that asked the portal come to, by source; a source without one is left out.

    Runs that began in the future, by more than clocks differ, are not believed.
    """
    run = HarvestRun
    counts = run.mode.in_(runs.HEARD), run.started <= (now or datetime.now(UTC)) + runs.AHEAD
    newest: dict[tuple[str, RunState, str], datetime] = {
        (key, state, mode): started
        for key, state, mode, started in session.execute(
            select(run.source_key, run.state, run.mode, func.max(run.started))
            .where(*counts)
            .group_by(run.source_key, run.state, run.mode)
        )
    }
    answered = (
        select(run.source_key, func.max(run.started).label("at"))
        .where(run.state.in_(_ANSWERED), *counts)
        .group_by(run.source_key)
        .subquery()
    )
    failures = dict(
        session.execute(
            select(run.source_key, func.count())
            .outerjoin(answered, answered.c.source_key == run.source_key)
            .where(run.state == RunState.FAILED, *counts)
            .where(answered.c.at.is_(None) | (run.started > answered.c.at))
            .group_by(run.source_key)
        ).all()
    )

    def latest(key: str, states: Sequence[RunState], mode: str = "") -> datetime | None:
        return max(
            (at for (of, state, how), at in newest.items() if of == key and state in states and mode in {"", how}),
            default=None,
        )

    return {
        key: History(
            last=latest(key, (*_ENDED, RunState.RUNNING)),
            failures=failures.get(key, 0),
            complete=latest(key, (RunState.COMPLETE,)),
            full=latest(key, (RunState.COMPLETE,), "full"),
        )
        for key in {key for key, _, _ in newest}
    }


def _health(
    row: SourceRow,
    past: History,
    item: Mapping[str, Any],
    trends: Mapping[str, list[dict[str, Any]]],
    viewer: Viewer,
    now: datetime,
    wrong: int,
) -> dict[str, Any]:
    last = item["last_run"]
    runs_itself = row.enabled and row.paused is None and not _in_preview(row) and not _apart(row, past)
    following = next_run(row.schedule, past, now) if runs_itself else None
    answer = {
        "state": _state(row, past, last, now, wrong),
        "last_complete": _iso(past.complete),
        "consecutive_failures": past.failures,
        "breaker": "open" if past.broken else "closed",
        "days_silent": None if past.complete is None else (now - past.complete).days,
        "issues": [{n: i[n] for n in ("code", "severity", "count")} for i in (last["issues"] if last else ())]
        + ([{"code": runs.CLOCK_AHEAD, "severity": "warning", "count": wrong}] if wrong else []),
        "trend": trends.get(row.key, []),
        "paused": row.paused is not None,
        "due": runs_itself and is_due(row.schedule, past, now),
        # "Now" would be another answer every second.
        "next_run": None if following == now else _iso(following),
    }
    if reading.stewards(viewer, row.key):
        by = {"paused_by": row.paused_by, "paused_reason": row.paused_reason}
        answer |= {"paused_since": _iso(row.paused), **by}
    return answer


def _state(row: SourceRow, past: History, last: Mapping[str, Any] | None, now: datetime, wrong: int) -> str:
    ended = last["state"] if last else ""
    between = interval(row.schedule, past.complete or now) if row.schedule else None
    late = past.complete and between and now - past.complete > max(LATE * between, timedelta(days=1))
    states = {
        "preview": _in_preview(row),
        "retired": row.standing.get("state") == RETIRED,
        "view": row.kind == VIEW,
        "off": not row.enabled,
        "paused": row.paused is not None,
        "needs key": _apart(row, past),
        "failing": past.broken,
        "new": not wrong and past.complete is None and ended in {"", "running", "cancelled"},
        "late": late,
        "troubled": wrong or past.failures or past.complete is None or ended in {"partial", "held", "failed"},
    }
    return next((state for state, true in states.items() if true), "healthy")


def _apart(row: SourceRow, past: History) -> bool:
    """Whether it is not read by itself: a part of another, ended, or without the key that it wants.

    Whether the key is set is not for the catalog to know; one that was read once has had it.
    """
    return (
        row.kind == VIEW
        or row.standing.get("state") == RETIRED
        or (row.standing.get("state") == NEEDS_KEY and past.last is None)
    )


def _in_preview(row: SourceRow) -> bool:
    return row.declaration is not None and row.approved is None


def _trends(session: Session, viewer: Viewer, keys: Sequence[str], now: datetime) -> Mapping[str, list[dict[str, Any]]]:
    """Records of the last complete full runs, oldest first."""
    run = HarvestRun
    place = func.row_number().over(partition_by=run.source_key, order_by=(run.started.desc(), run.id))
    ranked = (
        select(run.source_key, run.started, run.ended, run.seen, place.label("place"))
        .where(run.state == RunState.COMPLETE, run.mode == "full", run.source_key.in_(keys))
        .where(run.started <= now + runs.AHEAD)
        .subquery()
    )
    rows = session.execute(
        select(ranked.c.source_key, ranked.c.started, ranked.c.ended, ranked.c.seen)
        .where(ranked.c.place <= TREND)
        .order_by(ranked.c.source_key, ranked.c.started)
    ).all()
    others = [key for key in keys if not reading.stewards(viewer, key)]
    first_seen = _first_seen(session, viewer, others) if others else {}
    trends: dict[str, list[dict[str, Any]]] = {}
    for key, started, ended, seen in rows:
        known = sum(count for at, count in first_seen.get(key, ()) if at <= ended)
        records = known if key in others else seen
        trends.setdefault(key, []).append({"started": _iso(started), "records": records})
    return trends


def _first_seen(session: Session, viewer: Viewer, keys: Sequence[str]) -> Mapping[str, list[tuple[datetime, int]]]:
    """How many records that an audience may know of were first seen when; those of a page have one time."""
    rows = session.execute(
        select(CatalogRecord.source_key, CatalogRecord.first_seen, func.count())
        .join(Disclosure, Disclosure.seq == CatalogRecord.dataset_seq)
        .where(shown_to(viewer), CatalogRecord.source_key.in_(keys))
        .group_by(CatalogRecord.source_key, CatalogRecord.first_seen)
    )
    found: dict[str, list[tuple[datetime, int]]] = {}
    for key, at, count in rows:
        found.setdefault(key, []).append((at, count))
    return found


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
