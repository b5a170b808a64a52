"""One run per source at a time, resumed where it stood."""

import os
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from catalog import runs
from catalog.database import Catalog
from catalog.health import histories
from catalog.lease import Lease, LeaseLost
from catalog.runs import Issue, RunInProgress
from catalog.tables import HarvestIssue, HarvestRun
from catalog.vocabulary import RunState
from config.declarations import Source

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
SOURCE = Source(key="sample", kind="hdx", title="Sample portal", url="http://127.0.0.1:9")


def test_a_second_run_is_told_who_holds_the_source(catalog: Catalog) -> None:
    first = runs.begin(catalog, SOURCE, "full")
    with pytest.raises(RunInProgress, match=r"^sample is being harvested by process \d+ \(.*\) on .* since .*UTC\."):
        runs.begin(catalog, SOURCE, "full")
    with catalog.writing() as session:
        runs.finish(session, first, RunState.COMPLETE, [], "")
    assert runs.begin(catalog, SOURCE, "full").id != first.id


def test_a_dead_holders_run_goes_on_with_its_id_counts_and_token(catalog: Catalog) -> None:
    first = runs.begin(catalog, SOURCE, "full")
    first.token, first.total = "200", 300
    first.counts.seen = first.counts.created = 200
    with catalog.writing() as session:
        runs.save_page(session, first, [Issue("date-unreadable", "Sample.", "warning")], datetime.now(UTC))
        _dies(session, first.id)
    again = runs.begin(catalog, SOURCE, "full")
    assert (again.id, again.resumed, again.token, again.total) == (first.id, True, "200", 300)
    assert again.counts == first.counts


def test_a_dead_run_of_yesterday_is_abandoned(catalog: Catalog) -> None:
    first = runs.begin(catalog, SOURCE, "full")
    first.token = "200"
    with catalog.writing() as session:
        runs.save_page(session, first, [], datetime.now(UTC))
        _dies(session, first.id)
        session.execute(update(HarvestRun).values(started=datetime.now(UTC) - timedelta(hours=7)))
    again = runs.begin(catalog, SOURCE, "full")
    assert (again.id != first.id, again.resumed, again.token) == (True, False, None)
    with catalog.reading() as session:
        state = session.execute(select(HarvestRun.state, HarvestRun.outcome).where(HarvestRun.id == first.id)).one()
    assert tuple(state) == (RunState.CANCELLED, "Its process died; the next harvest begins anew.")


def test_a_holder_on_another_machine_is_dead_after_ten_silent_minutes(catalog: Catalog) -> None:
    first = runs.begin(catalog, SOURCE, "full")
    with catalog.writing() as session:
        elsewhere = {"lease_owner": "process 1 (1.00) on elsewhere", "heartbeat": datetime.now(UTC)}
        session.execute(update(HarvestRun).where(HarvestRun.id == first.id).values(elsewhere))
    with pytest.raises(RunInProgress, match="on elsewhere"):
        runs.begin(catalog, SOURCE, "full")
    with catalog.writing() as session:
        silent = datetime.now(UTC) - timedelta(minutes=11)
        session.execute(update(HarvestRun).where(HarvestRun.id == first.id).values(heartbeat=silent))
    assert runs.begin(catalog, SOURCE, "full").id != first.id


def test_a_cancelled_run_goes_on_but_not_in_another_mode(catalog: Catalog) -> None:
    first = runs.begin(catalog, SOURCE, "full")
    first.token = "100"
    with catalog.writing() as session:
        runs.finish(session, first, RunState.CANCELLED, [], "Stopped on request.")
    other = runs.begin(catalog, SOURCE, "incremental", since=datetime(2026, 1, 1, tzinfo=UTC))
    assert (other.id != first.id, other.since) == (True, datetime(2026, 1, 1, tzinfo=UTC))


def test_a_holder_says_that_it_lives_while_a_page_takes_long(catalog: Catalog) -> None:
    run = runs.begin(catalog, SOURCE, "full", now=NOW)
    later = NOW + timedelta(minutes=9)
    with Lease(catalog, run.id, lambda: later, timedelta(milliseconds=1)) as lease:
        assert lease.beaten.wait(30)
    assert not lease.lost
    with catalog.reading() as session:
        assert session.scalar(select(HarvestRun.heartbeat)) == later


def test_what_another_process_has_taken_over_is_not_written(catalog: Catalog) -> None:
    run = runs.begin(catalog, SOURCE, "full", now=NOW)
    run.token = "200"
    with catalog.writing() as session:
        session.execute(update(HarvestRun).values(lease_owner="process 1 (1.00) on elsewhere"))
    lease = Lease(catalog, run.id)
    lease.beat()
    assert lease.lost
    with pytest.raises(LeaseLost, match="another process has taken over this run"), catalog.writing() as session:
        runs.save_page(session, run, [Issue("date-unreadable", "Sample.", "warning")], NOW)
    with pytest.raises(LeaseLost), catalog.writing() as session:
        runs.finish(session, run, RunState.COMPLETE, [], "")
    with catalog.reading() as session:
        assert session.execute(select(HarvestRun.state, HarvestRun.page_token)).one() == (RunState.RUNNING, None)
        assert session.scalar(select(func.count()).select_from(HarvestIssue)) == 0


def test_dead_holders_of_all_sources_are_recovered(catalog: Catalog) -> None:
    others = [SOURCE.model_copy(update={"key": key}) for key in ("alive", "begun", "new", "old")]
    begun = [runs.begin(catalog, source, "full", now=NOW) for source in others]
    for run in begun[1::2]:
        run.token = "200"
    with catalog.writing() as session:
        for run in begun[1:]:
            runs.save_page(session, run, [], NOW)
            _dies(session, run.id)
        long_ago = NOW - timedelta(hours=7)
        session.execute(update(HarvestRun).where(HarvestRun.source_key == "old").values(started=long_ago))
    assert runs.recover(catalog, NOW) == ["begun", "new", "old"]
    assert runs.recover(catalog, NOW) == []
    with catalog.reading() as session:
        states = session.execute(select(HarvestRun.source_key, HarvestRun.state).order_by(HarvestRun.source_key)).all()
    assert [(key, state.value) for key, state in states] == [
        ("alive", "running"), ("begun", "cancelled"), ("new", "cancelled"), ("old", "cancelled"),
    ]  # fmt: skip
    again = runs.begin(catalog, others[1], "full", now=NOW)
    assert (again.id, again.resumed, again.token) == (begun[1].id, True, "200")


def test_a_process_that_dies_is_no_failure_of_the_portal(catalog: Catalog) -> None:
    for time in range(4):
        killed = runs.begin(catalog, SOURCE, "full", now=NOW)
        with catalog.writing() as session:
            _dies(session, killed.id)
        assert time == 3 or runs.recover(catalog, NOW) == ["sample"]
    # Whoever begins without recovering first finds the dead one too.
    runs.begin(catalog, SOURCE, "full", now=NOW)
    with catalog.reading() as session:
        ended = session.scalars(select(HarvestRun.outcome).where(HarvestRun.state == RunState.CANCELLED)).all()
        assert histories(session)["sample"].failures == 0
    assert ended == ["Its process died; the next harvest begins anew."] * 4


@pytest.mark.parametrize("recovered", [True, False])
def test_a_reassessment_that_was_killed_leaves_no_run_and_the_interrupted_harvest_goes_on(
    catalog: Catalog, recovered: bool
) -> None:
    first = runs.begin(catalog, SOURCE, "full", now=NOW)
    first.token = "200"
    with catalog.writing() as session:
        runs.finish(session, first, RunState.CANCELLED, [], "Stopped on request.", now=NOW)
    judging = runs.begin(catalog, SOURCE, runs.REASSESS, now=NOW + timedelta(minutes=1))
    with catalog.writing() as session:
        _dies(session, judging.id)
    if recovered:
        assert runs.recover(catalog, NOW + timedelta(minutes=2)) == []
        with catalog.reading() as session:
            assert (history := histories(session)["sample"]).failures == 0
            assert history.last is None
    again = runs.begin(catalog, SOURCE, "full", now=NOW + timedelta(minutes=2))
    assert (again.id, again.resumed, again.token) == (first.id, True, "200")
    with catalog.reading() as session:
        assert session.scalars(select(HarvestRun.mode)).all() == ["full"]


def test_a_resumed_run_counts_on(catalog: Catalog) -> None:
    run = runs.begin(catalog, SOURCE, "full")
    run.token, run.requests, run.bytes, run.not_modified = "200", 3, 5_000_000_000, 1
    run.stages["read"] = 1.5
    with catalog.writing() as session:
        runs.finish(session, run, RunState.CANCELLED, [], "Stopped on request.")
    again = runs.begin(catalog, SOURCE, "full")
    assert (again.requests, again.bytes, again.not_modified, again.stages) == (3, 5_000_000_000, 1, {"read": 1.5})


def _dies(session: object, run_id: UUID) -> None:
    """As after a kill: still running, held by a process that is no more."""
    gone = runs.owner().replace(f"process {os.getpid()} ", "process 999999999 ")
    session.execute(update(HarvestRun).where(HarvestRun.id == run_id).values(lease_owner=gone))  # type: ignore[attr-defined]
