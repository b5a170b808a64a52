"""A second process does the same work as the first, and its loss costs nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import orjson
import pytest

from catalog import dump, runs
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.layout import Layout
from catalog.rows import Renderer
from catalog.vocabulary import RunState
from config.declarations import Source
from config.settings import Settings
from harvester import run
from harvester.companion import Companion, CompanionLost
from harvester.normaliser import Changed, Normaliser
from harvester.normalising import Normalising
from harvester.portal import portals
from tests.journeys.packages import package, packages
from tests.portals_served import ckan

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
RUN = UUID(int=7)
SOURCE = Source(key="sample", kind="hdx", title="Sample", url="http://127.0.0.1:9")
PORTAL = portals()["hdx"]
READY_WITHIN = 60


@pytest.fixture
def companion(assessor: Assessor, request: pytest.FixtureRequest) -> Iterator[Companion]:
    with Companion(SOURCE, assessor.rules, getattr(request, "param", "sqlite")) as started:
        assert started.wait(READY_WITHIN)
        yield started


def changed() -> list[Changed]:
    listed = [*packages(6), package(6, title=""), package(7, type="showcase"), package(8, license_id="hdx-other")]
    bodies = [(one["id"], orjson.dumps(PORTAL.essence(one))) for one in listed]
    return [Changed(id_, f"http://127.0.0.1:9/{id_}", body, "1", held=place == 1) for place, (id_, body) in
            enumerate(bodies)]  # fmt: skip


@pytest.mark.parametrize("companion", ["sqlite", "postgresql+psycopg"], indirect=True)
def test_what_comes_back_is_what_this_process_would_have_made(
    companion: Companion, assessor: Assessor, request: pytest.FixtureRequest
) -> None:
    layout = Layout(request.node.callspec.params["companion"])
    here = Normaliser(PORTAL, SOURCE, assessor, Renderer(SOURCE, assessor, layout)).page(changed(), RUN, NOW)
    for _ in range(2):
        companion.give(changed(), RUN, NOW)
        there = companion.fetch()
        assert repr(there) == repr(here)
    assert [issue.code for issue in here.issues] == ["no-title", "not-a-dataset"]
    assert (here.created.count, len(here.updated), here.failed, here.skipped) == (6, 1, 1, 1)


def test_a_companion_that_died_is_said_to_be_lost(companion: Companion) -> None:
    companion.give(changed(), RUN, NOW)
    companion.close()
    with pytest.raises(CompanionLost):
        companion.fetch()
    with pytest.raises(CompanionLost):
        companion.give(changed(), RUN, NOW)


def test_what_it_had_in_hand_when_it_died_is_done_here(companion: Companion, assessor: Assessor) -> None:
    here = Normaliser(PORTAL, SOURCE, assessor, Renderer(SOURCE, assessor, Layout("sqlite")))
    normalising = Normalising(here, lambda: companion, RUN)
    normalising.companion = companion
    # So much that it is far from done when it is ended.
    normalising.begin(changed() * 100, NOW, 0)
    companion.close()
    parts = normalising.finish()
    done = [(part.created.count, len(part.updated), part.failed, part.skipped) for part in parts]
    assert [sum(counts) for counts in zip(*done, strict=True)] == [600, 100, 100, 100]
    assert normalising.companion is None


@pytest.mark.parametrize("fate", ["stays", "dies before the first page", "dies after the second page"])
def test_a_harvest_is_the_same_with_and_without(
    catalog: Catalog, assessor: Assessor, tmp_path: Path, fate: str
) -> None:
    with ckan.stage() as stage, Catalog(f"sqlite:///{tmp_path / 'alone.db'}", create=True) as other:
        host = stage.address.removeprefix("http://")
        source = SOURCE.model_copy(update={"url": stage.address, "allow_hosts": (host,), "options": {"rows": 7}})
        stage.show([*packages(30), package(30, title="")])
        alone = run.harvest(other, source, PORTAL, assessor, Settings())
        with Companion(source, assessor.rules, catalog.address.drivername) as companion:
            assert companion.wait(READY_WITHIN)
            begun = runs.begin(catalog, source, "full")

            def progress(now: run.Progress) -> None:
                if fate == "dies after the second page" and now.seen == 14:
                    companion.close()

            if fate == "dies before the first page":
                companion.close()
            helped = run.Harvest(catalog, begun, PORTAL, assessor, Settings(), progress, lambda: False)
            helped.normalising.companion = companion
            report = helped.report()
        assert (report.state, alone.state) == (RunState.PARTIAL, RunState.PARTIAL)
        assert report.run.counts == alone.run.counts
        assert (report.run.counts.created, report.run.counts.failed) == (30, 1)
        with catalog.reading() as session, other.reading() as another:
            assert list(dump.lines(session)) == list(dump.lines(another))


def test_what_was_read_before_a_fault_of_the_portal_is_kept(catalog: Catalog, assessor: Assessor) -> None:
    with ckan.stage() as stage:
        host = stage.address.removeprefix("http://")
        source = SOURCE.model_copy(update={"url": stage.address, "allow_hosts": (host,), "options": {"rows": 7}})
        stage.show(packages(30), "stop-after=3")
        with Companion(source, assessor.rules, catalog.address.drivername) as companion:
            assert companion.wait(READY_WITHIN)
            begun = runs.begin(catalog, source, "full")
            settings = Settings(http_longest_pause=0)
            helped = run.Harvest(catalog, begun, PORTAL, assessor, settings, lambda _: None, lambda: False)
            helped.normalising.companion = companion
            report = helped.report()
        counts = report.run.counts
        assert (report.state, counts.seen, counts.created, report.run.token) == (RunState.FAILED, 21, 21, "21")
