"""One run after the other over a changing portal, on both databases: what is created, missing, held and found."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.query import DatasetQuery
from catalog.records import DatasetRecord
from catalog.search import Reader, check, follow
from catalog.tables import CatalogRecord, Change, HarvestRun, PayloadVersion
from catalog.vocabulary import Audience, RecordState, RunState
from config.declarations import Expectation, Source
from config.settings import Settings
from harvester.portal import Portal, RawRecord, portals
from harvester.run import OVERLAP, Report, harvest
from tests.journeys.packages import package, packages
from tests.portals_served import ckan

Harvest = Callable[..., Report]


@pytest.fixture
def read(catalog: Catalog, portal: ckan.Stage, assessor: Assessor) -> Harvest:
    host = portal.address.removeprefix("http://")
    source = Source(key="sample", kind="hdx", title="Sample", url=portal.address, allow_hosts=(host,))

    def run(
        *shown: dict[str, Any], rows: int = 80, by: Portal | None = None, more: Any = None, **expect: Any
    ) -> Report:
        portal.show(shown)
        declared = source.model_copy(update={"expect": Expectation(**expect), "options": {"rows": rows}})
        return harvest(catalog, declared, by or portals()["hdx"], assessor, Settings(), **(more or {}))

    return run


def states(catalog: Catalog) -> dict[str, int]:
    with catalog.reading() as session:
        found = list(session.scalars(select(CatalogRecord.state)))
    return {state.value: found.count(state) for state in RecordState if state in found}


def test_created_then_unchanged_then_updated(catalog: Catalog, read: Harvest) -> None:
    first = read(*packages(12))
    assert (first.state, first.run.counts.created, first.issues) == (RunState.COMPLETE, 12, ())
    counters = [package(n, pageviews_last_14_days=n + 99, metadata_modified="2026-01-01T00:00:00") for n in range(12)]
    second = read(*({key: one[key] for key in reversed(one)} for one in counters))
    assert (second.run.counts.unchanged, second.run.counts.updated) == (12, 0)
    with catalog.reading() as session:
        assert set(session.scalars(select(PayloadVersion.version))) == {1}
    third = read(package(0, data_update_frequency="30"), *packages(12)[1:])
    assert (third.run.counts.unchanged, third.run.counts.updated) == (11, 1)
    with catalog.reading() as session:
        changes = list(session.scalars(select(Change).order_by(Change.seq.desc())))
    assert len(changes) == 13
    assert [field["field"] for field in changes[0].fields] == ["freshness", "update_frequency"]


def test_a_record_no_longer_listed_is_missing_and_returns(catalog: Catalog, read: Harvest) -> None:
    read(*packages(12))
    assert read(*packages(11)).missing == 1
    assert states(catalog) == {"listed": 11, "missing": 1}
    assert read(*packages(11)).missing == 0
    with catalog.reading() as session:
        missing = session.scalars(select(CatalogRecord).where(CatalogRecord.state == RecordState.MISSING)).one()
        assert (missing.remote_id, missing.missing_runs) == (package(11)["id"], 2)
    assert read(*packages(12)).run.counts.unchanged == 12
    assert states(catalog) == {"listed": 12}


def test_a_large_drop_and_an_empty_answer_are_held(catalog: Catalog, read: Harvest) -> None:
    read(*packages(40))
    dropped = read(*packages(31))
    assert (dropped.state, dropped.issues[0].code) == (RunState.HELD, "large-drop")
    assert dropped.outcome == "9 of 40 records are no longer listed, more than 8. Nothing was taken for gone."
    assert f'"landmark runs release {dropped.run.id} --as NAME"' in dropped.issues[0].mend
    empty = read()
    assert (empty.state, [issue.code for issue in empty.issues]) == (RunState.HELD, ["empty-answer"])
    few = read(*packages(31), min_records=35)
    assert (few.state, [issue.code for issue in few.issues]) == (RunState.HELD, ["too-few-records"])
    assert states(catalog) == {"listed": 40}


def test_an_incremental_run_reads_what_changed_and_removes_nothing(catalog: Catalog, read: Harvest) -> None:
    read(*packages(8))
    changed = package(3, license_id="cc-by", metadata_modified="2999-01-01T00:00:00")
    run = read(changed, more={"full": False})
    assert (run.run.mode, run.run.counts.seen, run.run.counts.updated) == ("incremental", 1, 1)
    assert states(catalog) == {"listed": 8}


def test_incremental_runs_reach_back_to_the_last_complete_run(catalog: Catalog, read: Harvest) -> None:
    times = [datetime(2026, 11, day, tzinfo=UTC) for day in (1, 2, 3)]
    spoiled = package(4, title="", metadata_modified="2999-01-01T00:00:00")
    asked = [{"full": False, "now": lambda at=at: at} for at in times]
    runs = [read(*packages(4), *more, more=how) for more, how in zip([(), (spoiled,), ()], asked, strict=True)]
    ended = [RunState.COMPLETE, RunState.PARTIAL, RunState.COMPLETE]
    assert [(run.run.mode, run.state) for run in runs] == list(zip(["full", *["incremental"] * 2], ended, strict=True))
    # What the second one could not read is asked for again by the third.
    assert [run.run.since for run in runs] == [None, times[0] - OVERLAP, times[0] - OVERLAP]
    assert (runs[2].run.counts.seen, states(catalog)) == (0, {"listed": 4})


def test_a_page_that_the_database_refuses_is_counted_as_unread(
    tmp_path: Path, portal: ckan.Stage, assessor: Assessor
) -> None:
    refuse = """create trigger refuse before update on harvest_run when new.seen = 20
        begin select raise(abort, 'sample refusal'); end"""
    source = Source(
        key="sample", kind="hdx", title="Sample", url=portal.address,
        allow_hosts=(portal.address.removeprefix("http://"),), options={"rows": 10},
    )  # fmt: skip
    portal.show(packages(25))
    with Catalog(f"sqlite:///{(tmp_path / 'landmark.db').as_posix()}", create=True) as catalog:
        with catalog.writing() as session:
            session.execute(text(refuse))
        with pytest.raises(IntegrityError, match="sample refusal"):
            harvest(catalog, source, portals()["hdx"], assessor, Settings())
        with catalog.reading() as session:
            run = session.scalars(select(HarvestRun)).one()
            assert (run.state, run.seen, run.created, run.page_token) == (RunState.FAILED, 10, 10, "10")
            assert run.outcome == "Stopped by IntegrityError."
        assert states(catalog) == {"listed": 10}
        with catalog.writing() as session:
            session.execute(text("drop trigger refuse"))
        again = harvest(catalog, source, portals()["hdx"], assessor, Settings())
        assert (again.state, again.run.counts.created, again.run.counts.unchanged) == (RunState.COMPLETE, 15, 10)


def test_a_continued_run_knows_what_it_read_before(catalog: Catalog, read: Harvest) -> None:
    once = {"stopped": lambda: True}
    first = read(*packages(25), rows=10, more=once)
    assert (first.state, first.run.counts.created) == (RunState.CANCELLED, 10)
    # A new record in front: the last one of the page that was read stands on the next page now.
    early = package(99, metadata_created="2019-01-01T00:00:00")
    second = read(early, *packages(24), rows=10)
    assert (second.run.id, second.run.resumed) == (first.run.id, True)
    counts = second.run.counts
    assert (counts.seen, counts.created, counts.unchanged, counts.skipped) == (25, 24, 0, 1)
    assert [(issue.code, issue.remote_id) for issue in second.issues] == [
        ("duplicate-id", package(9)["id"]), ("count-mismatch", ""),
    ]  # fmt: skip

    assert read(package(3), *packages(25), rows=10, more=once).run.counts.skipped == 1
    third = read(package(3), *packages(25), rows=10)
    assert (third.state, [issue.code for issue in third.issues]) == (RunState.PARTIAL, ["count-mismatch"])


class Faulty:
    """The same portal kind with a fault of ours: one record ends its reading."""

    def __init__(self, stumbles_over: str) -> None:
        self._stumbles_over, self._portal = stumbles_over, portals()["hdx"]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._portal, name)

    def normalize(self, source: Source, record: RawRecord) -> DatasetRecord:
        if record.remote_id == self._stumbles_over:
            raise ZeroDivisionError("sample fault")
        return self._portal.normalize(source, record)


def test_a_fault_of_ours_costs_one_record(catalog: Catalog, read: Harvest) -> None:
    report = read(*packages(12), by=Faulty(str(package(5)["id"])))
    assert (report.state, report.run.counts.created, report.run.counts.failed) == (RunState.PARTIAL, 11, 1)
    assert [(issue.code, issue.remote_id, issue.message) for issue in report.issues] == [
        ("unreadable-record", package(5)["id"], "Landmark failed on this record (ZeroDivisionError: sample fault).")
    ]
    assert read(*packages(12)).run.counts.created == 1
    assert states(catalog) == {"listed": 12}


def test_what_is_harvested_is_found_and_the_index_agrees(catalog: Catalog, read: Harvest, tmp_path: Path) -> None:
    read(*packages(20), package(20, private=True))
    follow(catalog, tmp_path)
    question = DatasetQuery(q="minefields", facets=("country",))
    totals = {a: Reader(tmp_path, a).search(replace(question, q=""), date(2026, 11, 1)).total for a in Audience}
    assert totals == {Audience.PUBLIC: 20, Audience.COMMUNITY: 20, Audience.FULL: 21}
    page = Reader(tmp_path, Audience.PUBLIC).search(question, date(2026, 11, 1))
    assert page.total == 4
    assert [(count.value, count.count) for count in page.facets["country"]] == [("SSD", 4)]
    assert check(catalog, tmp_path) == []
    read(*packages(20)[1:], package(0, title="Sample: Quarries", notes="Fictional."), package(20, private=True))
    assert [fault.split(":")[0] for fault in check(catalog, tmp_path)] != []
    follow(catalog, tmp_path)
    assert Reader(tmp_path, Audience.PUBLIC).search(question, date(2026, 11, 1)).total == 3
    assert check(catalog, tmp_path) == []


def test_a_report_says_which_issues_the_run_before_did_not_have(catalog: Catalog, read: Harvest) -> None:
    first = read(*packages(12), package(12, title=""))
    second = read(*packages(11), package(11, title=""), package(12, title=""))
    assert [(run.state, run.new) for run in (first, second)] == [
        (RunState.PARTIAL, {"no-title": 1}),
        (RunState.PARTIAL, {"no-title": 1}),
    ]
    assert [issue.code for issue in second.issues] == ["no-title", "no-title"]
    third = read(*packages(11), package(11, title=""), package(12, title=""))
    assert third.new == {"no-title": 0}
