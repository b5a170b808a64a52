"""Which addresses are looked at, what is known of them after each look, and who is told. All is fictional."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import orjson
import pytest
from sqlalchemy import func, select

from catalog import links, reading
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.levels import raise_level
from catalog.links import LinkState, Seen
from catalog.opening import show_to
from catalog.records import AccessRecord, DatasetRecord, DistributionRecord
from catalog.rows import Entry, dataset_id
from catalog.runs import sync_sources
from catalog.store import Store
from catalog.tables import Dataset, LinkCheck
from catalog.viewer import EVERYTHING, PUBLIC, steward
from catalog.vocabulary import AccessModality, Artefact, Level, Visibility
from config.declarations import Source

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)
SOURCE = Source(key="sample", kind="ckan", title="Sample", url="https://portal.example")
CLOSED = Source(key="closed", kind="ckan", title="Closed", url="https://closed.example", visibility="community")
RECORD = DatasetRecord(
    remote_id="a",
    title={"en": "Sample: totals"},
    landing_page="https://portal.example/a",
    access=(
        AccessRecord(AccessModality.OPEN, ("Take it.",), "https://portal.example/a/get"),
        AccessRecord(AccessModality.OPEN, (), "https://portal.example/a/report", Artefact.REPORT),
    ),
    distributions=(
        DistributionRecord("1", "totals.csv", "https://files.example/totals.csv", format="CSV"),
        DistributionRecord("2", "old", "ftp://files.example/old"),
        DistributionRecord("3", "long", "https://files.example/" + "x" * links.LONGEST),
        DistributionRecord("4", "held", "", under_review=True),
    ),
)
TOLD = ["https://portal.example/a/get", "https://portal.example/a/report", "https://portal.example/a"]
FILE = "https://files.example/totals.csv"
DEAD, ALIVE, UNKNOWN = Seen(LinkState.DEAD, "http-404"), Seen(LinkState.ALIVE), Seen(LinkState.UNKNOWN, "timeout")


def write(catalog: Catalog, assessor: Assessor, *records: DatasetRecord, source: Source = SOURCE) -> None:
    sync_sources(catalog, [source])
    entries = [
        Entry(record, assessor.assess(record, source, NOW.date()), repr(record), b"{}", "") for record in records
    ]
    with catalog.writing() as session:
        Store(source, assessor, catalog.address.drivername).write(session, None, entries, NOW)


def candidates(catalog: Catalog, source: str = "sample", now: datetime = NOW) -> list[tuple[str, bool, bool]]:
    with catalog.reading() as session:
        return [(one.address, one.file, one.due) for one in links.candidates(session, source, now)]


def note(catalog: Catalog, seen: Seen, now: datetime, address: str = TOLD[0]) -> LinkState:
    with catalog.writing() as session:
        return links.note(session, number(catalog), address, seen, now)


def number(catalog: Catalog, key: str = "a", source: str = "sample") -> int:
    with catalog.reading() as session:
        return session.scalars(select(Dataset.seq).where(Dataset.id == dataset_id(source, key))).one()


def reached(catalog: Catalog, viewer: object = PUBLIC, key: str = "a") -> list[tuple[str, str, str]] | None:
    with catalog.reading() as session:
        found = reading.document(session, viewer, str(dataset_id("sample", key)))
    return None if found is None else [tuple(entry.values()) for entry in orjson.loads(found[0])["reached"]]


def kept(catalog: Catalog) -> int:
    with catalog.reading() as session:
        return session.scalar(select(func.count()).select_from(LinkCheck))


def test_the_addresses_of_the_way_to_the_data_and_of_files_are_looked_at(catalog: Catalog, assessor: Assessor):
    write(catalog, assessor, RECORD)
    assert candidates(catalog) == [*((address, False, True) for address in TOLD), (FILE, True, True)]


def test_only_what_everybody_is_told_of_records_that_everybody_may_see_is_looked_at(
    catalog: Catalog, assessor: Assessor
):
    write(catalog, assessor, RECORD, source=CLOSED)
    others = [
        replace(RECORD, remote_id=str(visibility), visibility=visibility)
        for visibility in Visibility
        if visibility is not Visibility.PUBLIC
    ]
    write(catalog, assessor, *others)
    assert candidates(catalog) == candidates(catalog, "closed") == []
    opened = dataset_id("closed", "a")
    with catalog.writing() as session:
        raise_level(session, opened, Level.LOW_NO, "Sample Steward", "A sample.")
        show_to(session, opened, Visibility.PUBLIC, "Sample Steward", "A sample.")
    with catalog.reading() as session:
        assert reading.document(session, PUBLIC, str(opened)) is not None
    assert candidates(catalog, "closed") == [], "opened by a steward here, and not at its source"


def test_an_address_is_dead_once_it_was_gone_on_two_days_without_any_between_on_which_it_was_there(
    catalog: Catalog, assessor: Assessor
):
    write(catalog, assessor, RECORD)
    story = [
        (DEAD, 0.0, "unknown", "2026-11-02"),
        (DEAD, 0.1, "unknown", "2026-11-02"),
        (ALIVE, 1, "alive", "2026-11-03"),
        (DEAD, 2, "alive", "2026-11-03"),
        (UNKNOWN, 3, "alive", "2026-11-03"),
        (DEAD, 4, "dead", "2026-11-06"),
        (UNKNOWN, 5, "dead", "2026-11-06"),
        (DEAD, 6, "dead", "2026-11-08"),
        (ALIVE, 7, "alive", "2026-11-09"),
        (UNKNOWN, 8, "alive", "2026-11-09"),
    ]
    for seen, after, state, day in story:
        assert note(catalog, seen, NOW + after * DAY) == state
        assert reached(catalog) == [(TOLD[0], state, day)], f"day {after}"
    note(catalog, UNKNOWN, NOW, FILE)
    note(catalog, UNKNOWN, NOW + DAY, FILE)
    assert reached(catalog) == [(TOLD[0], "alive", "2026-11-09"), (FILE, "unknown", "2026-11-03")]


@pytest.mark.parametrize(
    ("story", "days"), [([ALIVE], 30), ([UNKNOWN], 7), ([DEAD], 1), ([ALIVE, UNKNOWN], 7), ([DEAD, DEAD], 14)]
)
def test_it_is_looked_at_again_after_its_time(catalog: Catalog, assessor: Assessor, story: list[Seen], days: int):
    write(catalog, assessor, RECORD)
    for place, seen in enumerate(story):
        note(catalog, seen, NOW + place * DAY)
    last = NOW + (len(story) - 1) * DAY
    due = {after: candidates(catalog, now=last + timedelta(days=after))[0][2] for after in (0, days - 1, days)}
    assert due == {0: False, days - 1: False, days: True}


def test_what_was_found_is_told_only_to_who_is_told_the_address_and_goes_with_the_record(
    catalog: Catalog, assessor: Assessor
):
    write(catalog, assessor, RECORD, replace(RECORD, remote_id="b"))
    for day in (NOW, NOW + DAY):
        note(catalog, DEAD, day)
        note(catalog, DEAD, day, FILE)
    assert reached(catalog) == reached(catalog, EVERYTHING) == [
        (TOLD[0], "dead", "2026-11-03"), (FILE, "dead", "2026-11-03"),
    ]  # fmt: skip
    assert reached(catalog, key="b") == [], "another record's look is not this one's"
    moved = replace(RECORD, access=(replace(RECORD.access[0], address="https://portal.example/a/new"),))
    write(catalog, assessor, moved)
    assert reached(catalog) == [(FILE, "dead", "2026-11-03")]
    write(catalog, assessor, replace(moved, visibility=Visibility.RESTRICTED))
    assert (reached(catalog), candidates(catalog)[0][0]) == (None, TOLD[0])
    assert reached(catalog, steward("Sample Steward")) is not None
    write(catalog, assessor, replace(moved, visibility=Visibility.OWNER))
    assert kept(catalog) == 0


def test_the_answer_of_a_record_is_another_one_once_an_address_was_found_gone(catalog: Catalog, assessor: Assessor):
    write(catalog, assessor, RECORD)

    def etag() -> str:
        with catalog.reading() as session:
            return reading.document(session, PUBLIC, str(dataset_id("sample", "a")))[1]

    before = etag()
    note(catalog, DEAD, NOW)
    between = etag()
    note(catalog, DEAD, NOW + DAY)
    assert len({before, between, etag()}) == 3


def test_no_address_is_kept(catalog: Catalog, assessor: Assessor):
    write(catalog, assessor, RECORD)
    note(catalog, DEAD, NOW)
    with catalog.reading() as session:
        [row] = session.scalars(select(LinkCheck))
        assert (row.key, row.state, row.on, row.code, row.failing) == (
            links.key_of(TOLD[0]), "unknown", date(2026, 11, 2), "http-404", date(2026, 11, 2),
        )  # fmt: skip
        assert "portal" not in repr([getattr(row, column.name) for column in LinkCheck.__table__.columns])
