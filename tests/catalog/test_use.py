"""How often datasets were used, as portals count: what is kept, and what each reader is told in sum."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from catalog import use
from catalog.database import Catalog
from catalog.needs.records import Book
from catalog.records import AccessRecord, AgentRecord, AgentRole, DatasetRecord
from catalog.records import LocationRecord as Place
from catalog.sharing import figures, snapshots
from catalog.sharing.cells import cells
from catalog.store import purge
from catalog.tables import CatalogRecord, ReportedUse, SharingSnapshot
from catalog.viewer import PUBLIC, Viewer, community, steward
from catalog.vocabulary import AccessModality, Role, Visibility
from config import load
from config.declarations import Source
from config.settings import Settings
from tests.api.conftest import write

SOURCE = Source(key="sample", kind="nada", title="Sample portal", url="https://data.example.org")
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
TODAY = NOW.date()
KNOWN = load.indicators(Settings())


def _record(key: str, iso3: str = "SSD", visibility: Visibility | None = None, **more: object) -> DatasetRecord:
    given: dict[str, object] = {
        "remote_id": key,
        "title": {"en": f"Sample: {key}"},
        "landing_page": f"https://data.example.org/{key}",
        "agents": (AgentRole(AgentRecord("Sample Relief"), Role.HOLDER),),
        "locations": (Place(iso3),),
        "access": (AccessRecord(AccessModality.OPEN, ("Download it.",), "https://data.example.org/get"),),
        "visibility": visibility,
    }
    return DatasetRecord(**(given | more))  # type: ignore[arg-type]


RECORDS = (
    _record("both"),
    _record("views", "UKR"),
    _record("silent"),
    _record("community", visibility=Visibility.COMMUNITY),
    _record("hidden", visibility=Visibility.RESTRICTED),
    _record("asked", "UKR", visibility=Visibility.LISTED),
)
COUNTED = {
    "both": {"downloads": 10, "views": 100},
    "views": {"views": 1},
    "community": {"downloads": 1000},
    "hidden": {"downloads": 31_000_000, "views": 77_000_000},
    "asked": {"downloads": 50_000_000},
}


def _numbers(catalog: Catalog) -> dict[str, int]:
    with catalog.reading() as session:
        return dict(session.execute(select(CatalogRecord.remote_id, CatalogRecord.dataset_seq)).all())


def _note(catalog: Catalog, counted: dict[str, dict[str, int]], day: date = TODAY) -> None:
    numbers = _numbers(catalog)
    with catalog.writing() as session:
        use.note(session, {numbers[key]: said for key, said in counted.items()}, day)


def _kept(catalog: Catalog) -> list[tuple[str, str, int, str]]:
    names = {number: key for key, number in _numbers(catalog).items()}
    with catalog.reading() as session:
        rows = session.execute(select(ReportedUse.dataset_seq, ReportedUse.what, ReportedUse.count, ReportedUse.on))
        return sorted((names[seq], what, count, on.isoformat()) for seq, what, count, on in rows)


def _told(catalog: Catalog, viewer: Viewer, country: str = "", cut: str = "") -> dict[str, dict[str, int]]:
    with catalog.reading() as session:
        found = cells(session, viewer, TODAY)[country][cut]["use"]
    return {what: dict(said) for what, said in found.items()}


@pytest.fixture
def stocked(catalog: Catalog) -> Catalog:
    write(catalog, SOURCE, RECORDS)
    _note(catalog, COUNTED)
    return catalog


def test_only_what_differs_is_written_and_dated(stocked: Catalog) -> None:
    _note(stocked, {"both": {"downloads": 10, "views": 101}, "silent": {"views": 3}}, date(2026, 2, 1))

    assert [row for row in _kept(stocked) if row[0] in {"both", "silent", "views"}] == [
        ("both", "downloads", 10, "2026-01-31"),
        ("both", "views", 101, "2026-02-01"),
        ("silent", "views", 3, "2026-02-01"),
        ("views", "views", 1, "2026-01-31"),
    ]


def test_a_count_goes_with_the_payload_and_is_not_noted_without_one(stocked: Catalog) -> None:
    number = _numbers(stocked)["both"]
    with stocked.writing() as session:
        purge(session, [number])
    _note(stocked, {"both": {"downloads": 11}, "views": {"views": 2}})

    kept = _kept(stocked)
    assert [row[0] for row in kept if row[0] == "both"] == []
    assert ("views", "views", 2, "2026-01-31") in kept


def test_sums_are_of_the_records_that_a_viewer_is_shown_with_their_page(stocked: Catalog) -> None:
    assert _told(stocked, PUBLIC) == {"downloads": {"n": 10, "of": 1}, "views": {"n": 101, "of": 2}}
    assert _told(stocked, PUBLIC, "SSD") == {"downloads": {"n": 10, "of": 1}, "views": {"n": 100, "of": 1}}
    assert _told(stocked, PUBLIC, "UKR") == {"views": {"n": 1, "of": 1}}
    assert _told(stocked, PUBLIC, "SSD", "kind:unknown") == _told(stocked, PUBLIC, "SSD")
    assert _told(stocked, community("Sample Network"), "SSD") == {
        "downloads": {"n": 1010, "of": 2},
        "views": {"n": 100, "of": 1},
    }
    assert _told(stocked, steward("A. Sample")) == {
        "downloads": {"n": 81_001_010, "of": 4},
        "views": {"n": 77_000_101, "of": 3},
    }


def test_how_a_hidden_record_is_used_changes_nothing_that_the_public_is_told(catalog: Catalog) -> None:
    write(catalog, SOURCE, RECORDS[:3])
    _note(catalog, {key: COUNTED[key] for key in ("both", "views")})
    with catalog.reading() as session:
        before = cells(session, PUBLIC, TODAY)
    write(catalog, SOURCE, (RECORDS[4],))
    _note(catalog, {"hidden": COUNTED["hidden"]})
    with catalog.reading() as session:
        assert cells(session, PUBLIC, TODAY) == before


def test_indicators_tell_the_sum_and_of_how_many_datasets(stocked: Catalog) -> None:
    with stocked.reading() as session:
        made = snapshots.count(session, Book(load.needs(Settings())), NOW)
    with stocked.writing() as session:
        snapshots.write(session, made, NOW)

    def told(key: str, viewer: Viewer = PUBLIC, country: str = "") -> list[tuple[float | None, int | None, str]]:
        indicator = KNOWN.named(key)
        assert indicator is not None
        with stocked.reading() as session:
            found = figures.series(session, viewer, indicator, country)
        return [(value.value, value.of, figures.words(indicator, value)) for value in found]

    assert told("downloads") == [(10, 1, "10")]
    assert told("views") == [(101, 2, "101")]
    assert told("downloads", community("Sample Network")) == [(50_001_010, 3, "50,001,010")]
    assert told("downloads", country="UKR") == [(None, 0, "none")]
    assert told("downloads", country="YEM") == [(None, 0, "none")]
    with stocked.reading() as session:
        rows = session.execute(select(SharingSnapshot.audience, SharingSnapshot.cells)).all()
    assert not [body for audience, body in rows if audience != "full" and (b"31000" in body or b"77000" in body)]
    assert not [body for audience, body in rows if audience == "public" and b"50000" in body]


def test_a_snapshot_of_before_it_was_counted_tells_nothing_of_use() -> None:
    downloads = KNOWN.named("downloads")
    assert downloads is not None
    value = figures.value_of(downloads, TODAY, {"n": 7})
    assert (value.value, value.of, figures.words(downloads, value)) == (None, None, "not told")
