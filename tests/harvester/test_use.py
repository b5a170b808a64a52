"""Downloads that a portal counts are noted at every harvest, and change no record."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.tables import CatalogRecord, Change, ReportedUse
from config.declarations import Removal, Source
from config.settings import Settings
from harvester.portal import portals
from harvester.run import Report, harvest
from tests.journeys.packages import package
from tests.portals_served import ckan

Harvest = Callable[..., Report]
DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def read(catalog: Catalog, portal: ckan.Stage, assessor: Assessor) -> Harvest:
    host = portal.address.removeprefix("http://")
    declared = Source(
        key="sample", kind="hdx", title="Sample", url=portal.address, allow_hosts=(host,), options={"rows": 3},
        removal=Removal(runs=1, days=0),
    )  # fmt: skip

    def run(*shown: dict[str, Any], day: int = 0, **more: Any) -> Report:
        portal.show(shown)
        at = DAY + timedelta(days=day)
        return harvest(catalog, declared, portals()["hdx"], assessor, Settings(), now=lambda: at, **more)

    return run


def used(number: int, downloads: object, **more: Any) -> dict[str, Any]:
    return package(number, total_res_downloads=downloads, **more)


def noted(catalog: Catalog) -> dict[int, tuple[str, int, date]]:
    """What is kept, by the numbers of the packages."""
    with catalog.reading() as session:
        rows = session.execute(
            select(CatalogRecord.remote_id, ReportedUse.what, ReportedUse.count, ReportedUse.on).join(
                ReportedUse, ReportedUse.dataset_seq == CatalogRecord.dataset_seq
            )
        )
        return {int(remote_id[-12:]): (what, count, on) for remote_id, what, count, on in rows}


def test_counts_are_noted_and_move_without_a_change_of_the_record(catalog: Catalog, read: Harvest) -> None:
    first = read(used(0, 10), used(1, "20"), used(2, 0), used(3, "many"), used(4, -1))
    assert first.run.counts.created == 5
    on = date(2026, 3, 1)
    assert noted(catalog) == {0: ("downloads", 10, on), 1: ("downloads", 20, on), 2: ("downloads", 0, on)}

    second = read(used(0, 10), used(1, 25), used(2, 1), used(3, 3), used(4, None), day=1)
    counts = second.run.counts
    assert (counts.unchanged, counts.updated, counts.created) == (5, 0, 0)
    later = date(2026, 3, 2)
    assert noted(catalog) == {
        0: ("downloads", 10, on),
        1: ("downloads", 25, later),
        2: ("downloads", 1, later),
        3: ("downloads", 3, later),
    }
    with catalog.reading() as session:
        assert session.scalar(select(func.count()).select_from(Change)) == 5

    third = read(used(0, 11, title="Sample: another title"), *(used(n, 25) for n in range(1, 5)), day=2)
    assert (third.run.counts.unchanged, third.run.counts.updated) == (4, 1)
    assert noted(catalog)[0] == ("downloads", 11, date(2026, 3, 3))
    assert noted(catalog)[1] == ("downloads", 25, later)


def test_a_count_goes_with_a_record_that_is_made_private_and_is_not_noted_again(
    catalog: Catalog, read: Harvest
) -> None:
    read(used(0, 10), used(1, 20), used(2, 30, private=True))
    assert sorted(noted(catalog)) == [0, 1]
    read(used(0, 11, private=True), used(1, 20), used(2, 30, private=True))
    assert sorted(noted(catalog)) == [1]
    again = read(used(0, 12, private=True), used(1, 20), used(2, 31, private=True))
    assert again.run.counts.unchanged == 3
    assert sorted(noted(catalog)) == [1]
    read(used(0, 13), used(1, 20))
    assert noted(catalog)[0] == ("downloads", 13, date(2026, 3, 1))


def test_a_count_goes_with_a_record_that_is_withdrawn_and_comes_back_with_it(catalog: Catalog, read: Harvest) -> None:
    everything = [used(number, number) for number in range(6)]
    read(*everything)
    assert read(*everything[:5], day=1).withdrawn == 1
    assert sorted(noted(catalog)) == [0, 1, 2, 3, 4]
    read(*everything, day=2)
    assert noted(catalog)[5] == ("downloads", 5, date(2026, 3, 3))


def test_a_replay_dates_a_count_by_its_recording_and_leaves_newer_ones(catalog: Catalog, read: Harvest) -> None:
    read(used(0, 10), day=10)
    read(used(0, 7), used(1, 8), day=11, heard=DAY)
    assert noted(catalog) == {0: ("downloads", 10, date(2026, 3, 11)), 1: ("downloads", 8, date(2026, 3, 1))}
