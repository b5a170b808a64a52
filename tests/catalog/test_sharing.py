"""How sharing stands: what is counted for whom, what is kept, and what is entered by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from catalog.database import Catalog
from catalog.needs.records import Book
from catalog.records import AccessRecord, AgentRecord, AgentRole, ColumnRecord, DatasetRecord, DistributionRecord
from catalog.records import LocationRecord as Place
from catalog.sharing import figures, snapshots
from catalog.sharing.figures import FigureRefused, Value
from catalog.sharing.snapshots import DAILY, WEEKLY, kept
from catalog.tables import Audit, SharingSnapshot
from catalog.viewer import PUBLIC, community, steward
from catalog.vocabulary import AccessModality, Role, Visibility
from config import load
from config.declarations import Source
from config.settings import Settings
from tests.api.conftest import write

SOURCE = Source(key="sample", kind="ckan", title="Sample portal", url="https://data.example.org")
IATI = Source(key="sample-iati", kind="iati", title="Sample activities", url="https://aid.example.org")
FIRST = datetime(2026, 1, 31, 12, tzinfo=UTC)
KNOWN = load.indicators(Settings())


def _record(key: str, iso3: str = "SSD", holder: str = "Sample Relief", **more: object) -> DatasetRecord:
    given: dict[str, object] = {
        "remote_id": key,
        "title": {"en": f"Sample: {key}"},
        "landing_page": f"https://data.example.org/{key}",
        "agents": (AgentRole(AgentRecord(holder), Role.HOLDER),),
        "locations": (Place(iso3),),
        "modified": datetime(2026, 1, 1, tzinfo=UTC),
        "access": (AccessRecord(AccessModality.OPEN, ("Download it.",), "https://data.example.org/get"),),
    }
    return DatasetRecord(**(given | more))  # type: ignore[arg-type]


TAGGED = DistributionRecord(key="file", name="file.csv", columns=(ColumnRecord("", 0, "State", "#adm1+name"),))
RECORDS = (
    _record("open"),
    _record("tagged", distributions=(TAGGED,), modified=datetime(2026, 1, 21, tzinfo=UTC)),
    _record("asked", access=(AccessRecord(AccessModality.ON_REQUEST, ("Write to the desk.",)),)),
    _record("closed", "UKR", access=(AccessRecord(AccessModality.NOT_SHARED),)),
    _record("silent", "UKR", access=(), modified=None),
    _record("hidden", visibility=Visibility.RESTRICTED),
    _record("community", visibility=Visibility.COMMUNITY),
)


def _take(catalog: Catalog, at: datetime) -> snapshots.Taken:
    with catalog.reading() as session:
        made = snapshots.count(session, Book(load.needs(Settings())), at)
    with catalog.writing() as session:
        return snapshots.write(session, made, at)


def _values(catalog: Catalog, key: str, viewer: object = PUBLIC, country: str = "", cut: str = "") -> list[tuple]:  # type: ignore[type-arg]
    indicator = KNOWN.named(key)
    assert indicator is not None
    with catalog.reading() as session:
        found = figures.series(session, viewer, indicator, country, cut)  # type: ignore[arg-type]
    return [(value.day.isoformat(), value.value, value.of) for value in found]


@pytest.fixture
def stocked(catalog: Catalog) -> Catalog:
    write(catalog, SOURCE, RECORDS)
    return catalog


def test_each_reader_is_told_figures_of_what_they_may_know(stocked: Catalog) -> None:
    taken = _take(stocked, FIRST)

    assert taken == snapshots.Taken(date(2026, 1, 31), 5, ())
    assert _values(stocked, "holdings") == [("2026-01-31", 5, None)]
    assert _values(stocked, "holdings", community("Sample Network")) == [("2026-01-31", 6, None)]
    assert _values(stocked, "holdings", steward("A. Sample")) == [("2026-01-31", 7, None)]
    assert _values(stocked, "hidden-share", steward("A. Sample")) == [("2026-01-31", 0.2857, 7)]
    assert _values(stocked, "holdings", steward("B. Sample", countries=["SSD"]), "SSD") == [("2026-01-31", 5, None)]
    assert _values(stocked, "holdings", steward("B. Sample", countries=["SSD"])) == [("2026-01-31", 6, None)]
    assert _values(stocked, "holdings", steward("B. Sample", countries=["SSD"]), "UKR") == [("2026-01-31", 2, None)]
    assert _values(stocked, "holdings", country="SSD") == [("2026-01-31", 3, None)]
    assert _values(stocked, "holdings", country="YEM") == [("2026-01-31", 0, None)]


def test_shares_are_of_all_that_is_listed_and_medians_of_what_says_so(stocked: Catalog) -> None:
    _take(stocked, FIRST)

    told = {key: _values(stocked, key)[0][1:] for key in (
        "open-share", "by-request-share", "closed-share", "access-unknown-share", "route-share", "median-age",
        "meaning-share", "meaning-declared-share", "meaning-curated-share", "requests",
    )}  # fmt: skip

    assert told == {
        "open-share": (0.4, 5),
        "by-request-share": (0.2, 5),
        "closed-share": (0.2, 5),
        "access-unknown-share": (0.2, 5),
        "route-share": (0.8, 5),
        "median-age": (30, 4),
        "meaning-share": (0.2, 5),
        "meaning-declared-share": (0.2, 5),
        "meaning-curated-share": (0.0, 5),
        "requests": (None, None),  # of a few requests of others nothing is told, not even that there is none
    }


def test_a_kind_of_organisation_and_for_stewards_an_organisation(stocked: Catalog) -> None:
    _take(stocked, FIRST)

    assert _values(stocked, "holdings", cut="kind:unknown") == [("2026-01-31", 5, None)]
    assert _values(stocked, "holdings", cut="kind:un") == [("2026-01-31", 0, None)]
    assert _values(stocked, "holdings", steward("A. Sample"), cut="organization:Sample Relief") == [
        ("2026-01-31", 7, None)
    ]
    assert _values(stocked, "holdings", cut="organization:Sample Relief") == []
    assert _values(stocked, "needs-met", cut="kind:unknown") == []


def test_figures_move_with_the_days_and_a_second_count_of_a_day_replaces_the_first(stocked: Catalog) -> None:
    _take(stocked, FIRST)
    write(stocked, SOURCE, (_record("new"),))
    _take(stocked, FIRST + timedelta(hours=5))
    write(stocked, SOURCE, (_record("newer", "UKR"),))
    _take(stocked, FIRST + timedelta(days=1))

    assert _values(stocked, "holdings") == [("2026-01-31", 6, None), ("2026-02-01", 7, None)]
    assert _values(stocked, "holdings", country="UKR") == [("2026-01-31", 2, None), ("2026-02-01", 3, None)]
    assert _values(stocked, "median-age") == [("2026-01-31", 30, 5), ("2026-02-01", 31.0, 6)]


def test_who_publishes_activities_and_lists_nothing_is_counted(catalog: Catalog) -> None:
    write(catalog, SOURCE, (_record("open"),))
    write(catalog, IATI, (_record("one", holder="Sample Relief"), _record("two", holder="Sample Donor")))
    _take(catalog, FIRST)

    assert _values(catalog, "silent-donors") == [("2026-01-31", 1, None)]


def test_nothing_of_what_is_hidden_is_in_what_the_public_is_counted(stocked: Catalog) -> None:
    write(stocked, SOURCE, (_record("canary", "YEM", "Quietcanary Holders", visibility=Visibility.RESTRICTED),))
    _take(stocked, FIRST)

    with stocked.reading() as session:
        public = list(session.execute(select(SharingSnapshot.country, SharingSnapshot.cells, SharingSnapshot.audience)))
        known = snapshots.countries(session, PUBLIC)
    assert {country for country, _, of in public if of == "public"} == {"", "SSD", "UKR"}
    assert known == ("SSD", "UKR")
    assert not [country for country, cells, of in public if of != "full" and b"Quietcanary" in cells]
    assert _values(stocked, "hidden-share", country="YEM") == [("2026-01-31", None, None)]


def test_a_steward_of_one_country_is_not_told_that_nothing_is_hidden_elsewhere(stocked: Catalog) -> None:
    _take(stocked, FIRST)
    viewer = steward("A. Sample", countries=("UKR",))
    assert _values(stocked, "hidden-share", viewer, country="UKR") == [("2026-01-31", 0.0, 2)]
    assert _values(stocked, "hidden-share", viewer, country="SSD") == [("2026-01-31", None, None)]
    assert _values(stocked, "hidden-share", viewer) == [("2026-01-31", None, None)]
    assert _values(stocked, "hidden-share", steward("A. Sample"), country="SSD") == [("2026-01-31", 0.4, 5)]


@given(st.sets(st.integers(0, 3_000)), st.integers(0, 40))
def test_every_day_then_every_week_then_every_month(ages: set[int], wait: int) -> None:
    today = date(2026, 11, 22)
    taken = {today - timedelta(days=age) for age in ages}
    later = today + timedelta(days=wait)

    stay = kept(taken, later)

    assert stay <= taken
    assert {day for day in taken if (later - day).days <= DAILY} <= stay
    weeks = {day.isocalendar()[:2] for day in taken if DAILY < (later - day).days <= WEEKLY}
    assert weeks <= {day.isocalendar()[:2] for day in stay}
    assert {(day.year, day.month) for day in taken} == {(day.year, day.month) for day in stay}
    assert kept(stay, later) == stay


def test_old_days_are_thinned_out_and_told(stocked: Catalog) -> None:
    for days in (0, 1, 2, 3):
        _take(stocked, FIRST + timedelta(days=days))

    taken = _take(stocked, FIRST + timedelta(days=90))

    # The 1st of February 2026 is the first of its month, the 2nd begins a week, the 3rd is neither.
    assert taken.thinned == (date(2026, 2, 3),)
    assert [day for day, *_ in _values(stocked, "holdings")] == ["2026-01-31", "2026-02-01", "2026-02-02", "2026-05-01"]


def test_a_figure_is_entered_with_its_source_and_the_last_one_holds(catalog: Catalog) -> None:
    referred = KNOWN.named("victims-referred")
    assert referred is not None
    with catalog.writing() as session:
        for value in (10, 12):
            figures.enter(session, "A. Sample", referred, "SSD", date(2026, 1, 1), value, "Sample  report", FIRST)
    with catalog.reading() as session:
        told = figures.series(session, PUBLIC, referred, "SSD")
        elsewhere = figures.series(session, PUBLIC, referred)
        lines = [(line.action, line.subject) for line in session.scalars(select(Audit).order_by(Audit.seq))]

    assert told == [Value(date(2026, 1, 1), 12, None, "Sample report")]
    assert elsewhere == []
    assert lines == [("entered a figure", "victims-referred SSD 2026-01-01")] * 2


@pytest.mark.parametrize(
    ("key", "country", "day", "value", "source", "message"),
    [
        ("open-share", "", FIRST.date(), 1, "Sample", 'indicator: "open-share" is computed'),
        ("victims-referred", "XXQ", FIRST.date(), 1, "Sample", 'country: "XXQ" is no code of a country'),
        ("victims-referred", "SSD", date(2026, 2, 1), 1, "Sample", "day: 2026-02-01 has not come yet"),
        ("victims-referred", "SSD", FIRST.date(), -1, "Sample", "value: -1 is out of range"),
        ("victims-referred", "SSD", FIRST.date(), float("nan"), "Sample", "value: nan is out of range"),
        ("victims-referred", "SSD", FIRST.date(), 1, "  ", "source: it is empty"),
    ],
)
def test_a_figure_that_cannot_be_entered_says_why(
    catalog: Catalog, key: str, country: str, day: date, value: float, source: str, message: str
) -> None:
    indicator = KNOWN.named(key)
    assert indicator is not None
    with pytest.raises(FigureRefused, match=message), catalog.writing() as session:
        figures.enter(session, "A. Sample", indicator, country, day, value, source, FIRST)


def test_needs_are_counted_as_they_are_judged(catalog: Catalog) -> None:
    shipped = load.rules(Settings())
    boundaries = _record("boundaries", title={"en": "Sample: South Sudan administrative boundaries"})
    write(catalog, SOURCE, (boundaries,), rules=replace(shipped, agents=()))
    _take(catalog, FIRST)
    with catalog.reading() as session:
        states = snapshots.newest(session, PUBLIC, "SSD")[""]["needs"]
        whole = snapshots.newest(session, PUBLIC)[""]["needs"]

    assert states == whole
    assert sum(states.values()) == len(load.needs(Settings()).of("SSD"))
