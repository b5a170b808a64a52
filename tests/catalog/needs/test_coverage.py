"""Coverage from the real store: per audience, once per dataset, at once after a change; overrules and actions."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from catalog import audit, same
from catalog.database import Catalog
from catalog.levels import Refused
from catalog.needs import actions, overruling
from catalog.needs.coverage import Coverage, coverage
from catalog.needs.gaps import lead
from catalog.needs.holders import Wanted, holdings
from catalog.needs.judging import State
from catalog.needs.records import Book
from catalog.needs.telling import country_json
from catalog.records import LocationRecord
from catalog.rows import dataset_id
from catalog.viewer import PUBLIC, Viewer, community, steward
from config.load import needs, rules
from config.settings import Settings
from tests.api.conftest import write
from tests.catalog.needs.shelf import HIDDEN, MIRROR, PORTAL, RECORDS, TODAY, TRACKING, fill, record

STEWARD = steward("Ada Sample")
OF_YEMEN = steward("Bo Sample", countries=("YEM",))


@pytest.fixture(scope="module")
def book() -> Book:
    return Book(needs(Settings(config_dir=None)))


def told(catalog: Catalog, book: Book, viewer: Viewer = PUBLIC) -> Coverage:
    with catalog.reading() as session:
        return coverage(session, viewer, book, TODAY)


def states(catalog: Catalog, book: Book, viewer: Viewer = PUBLIC) -> Mapping[str, State]:
    return {cell.need.id: cell.state for cell in told(catalog, book, viewer).country("SSD").cells}


def said(catalog: Catalog, book: Book, viewer: Viewer = PUBLIC, iso3: str = "SSD") -> dict[str, Any]:
    with catalog.reading() as session:
        found = coverage(session, viewer, book, TODAY)
        return country_json(session, viewer, found, found.country(iso3))


PUBLICLY = {
    "displaced-people": State.MET,
    "returns": State.PARTLY,
    "casualties": State.RESTRICTED,
    "land-use": State.RESTRICTED,
    "damage": State.UNKNOWN,
    "roads": State.GAP,
    "risk-education-coverage": State.GAP,
    "funding": State.GAP,
}


def test_needs_stand_as_the_public_may_know(catalog: Catalog, book: Book):
    fill(catalog, HIDDEN)
    found = states(catalog, book)
    assert {need: found[need] for need in PUBLICLY} == PUBLICLY
    assert {need for need, state in found.items() if state is State.MET} == {"displaced-people"}


def test_a_listed_record_is_told_as_whom_to_ask_and_no_more(catalog: Catalog, book: Book):
    fill(catalog)
    cell = next(one for one in said(catalog, book)["cells"] if one["need"] == "casualties")
    assert cell["state"] == "held but restricted"
    (one,) = cell["datasets"]
    assert (one["title"], one["holders"], one["access"]) == (
        "Data: Casualties and Contamination and survey (South Sudan)", ["Sample Mine Centre"], "on_request"
    )  # fmt: skip
    assert [entry["name"] for entry in cell["lead"]["nearest"]] == ["Sample Mine Centre"]
    assert states(catalog, book, community("Partner"))["casualties"] is State.UNKNOWN, "partners are shown it"


def test_what_is_hidden_changes_no_letter_of_what_others_are_told(catalog: Catalog, book: Book):
    fill(catalog)
    before = said(catalog, book)
    holders = holdings(told(catalog, book).records, Wanted())
    fill(catalog, HIDDEN)
    assert said(catalog, book) == before
    assert holdings(told(catalog, book).records, Wanted()) == holders
    assert said(catalog, book, OF_YEMEN) == said(catalog, book, community("Partner"))
    assert states(catalog, book, STEWARD)["risk-education-coverage"] is State.MET
    assert "Quietcanary" in str(said(catalog, book, STEWARD))


def test_what_is_taken_back_counts_no_more_at_once(catalog: Catalog, book: Book):
    fill(catalog, replace(HIDDEN, visibility=None))
    assert states(catalog, book)["risk-education-coverage"] is State.MET
    fill(catalog, HIDDEN)
    assert states(catalog, book)["risk-education-coverage"] is State.GAP


def test_what_is_announced_is_planned_and_not_held(catalog: Catalog, book: Book):
    fill(catalog, record("plan", "Mine action funding of South Sudan", extra={"state": "planned"}))
    cell = next(one for one in said(catalog, book)["cells"] if one["need"] == "funding")
    assert (cell["state"], cell["rule"]) == ("planned", "A dataset on the subject is announced, and not there yet.")


def test_a_country_without_records_is_unknown_not_a_gap(catalog: Catalog, book: Book):
    fill(catalog)
    country = told(catalog, book).country("TCD")
    assert {cell.state for cell in country.cells} == {State.UNKNOWN}
    assert country.records == 0


def test_a_copy_on_two_portals_counts_once(catalog: Catalog, book: Book):
    fill(catalog)
    write(catalog, MIRROR, (RECORDS[0],), rules=rules(Settings()))
    assert _counting(catalog, book) == 3, "two records and another dataset"
    twins = dataset_id(PORTAL.key, "displaced"), dataset_id(MIRROR.key, "displaced")
    with catalog.writing() as session:
        same.decide(session, STEWARD, twins, same.CONFIRMED, "They are one.")
    assert _counting(catalog, book) == 2
    cell = next(one for one in said(catalog, book)["cells"] if one["need"] == "displaced-people")
    assert {cell["datasets"][0]["id"], *cell["datasets"][0]["also"]} == set(map(str, twins))
    held = holdings(told(catalog, book).records, Wanted(topic=("displacement",), country=("SSD",)))
    assert [(one.holder.name, one.topic, one.datasets) for one in held] == [("Sample Tracking", "displacement", 2)]


def _counting(catalog: Catalog, book: Book) -> int:
    cells = said(catalog, book)["cells"]
    return int(next(one for one in cells if one["need"] == "displaced-people")["counting"])


def test_a_gap_leads_to_neighbours_and_to_a_request(catalog: Catalog, book: Book):
    fill(catalog)
    found = told(catalog, book)
    cell = next(one for one in found.country("SSD").cells if one.need.id == "land-use")
    led = lead(found, cell)
    assert led is not None
    assert [(one.holder.name, one.records, one.contact) for one in led.nearest] == [
        ("Sample Mine Centre", 1, "info@data.example.org")
    ]
    assert [(one.iso3, one.weighed.verdict.value) for one in led.similar] == [("UGA", "meets it")]
    assert led.draft.splitlines()[:7] == [
        "Subject: South Sudan: How is land used, and what would be farmed or grazed if it were safe?",
        "",
        "Dear colleagues at Sample Mine Centre,",
        "",
        (
            'For South Sudan we cannot answer this question: "How is land used, and what would be farmed or grazed if '
            'it were safe?" Blocked fields are hunger; the use of land sets the worth of clearing it.'
        ),
        "",
        "What is missing:",
    ]
    met = next(one for one in found.country("SSD").cells if one.state is State.MET)
    assert lead(found, met) is None


def test_holders_are_listed_by_topic_and_country(catalog: Catalog, book: Book):
    fill(catalog, record("more", "Displaced people in Uganda", "UGA", TRACKING, locations=(LocationRecord("UGA", 1),)))
    found = holdings(told(catalog, book).records, Wanted(topic=("displacement",)))
    assert [(one.holder.name, one.iso3, one.datasets, one.access, one.how) for one in found] == [
        ("Sample Tracking", "SSD", 2, (("open", 2),), "Download it."),
        ("Sample Tracking", "UGA", 1, (("open", 1),), "Download it."),
    ]
    assert holdings(told(catalog, book).records, Wanted(organisation="nobody")) == []


def test_a_person_overrules_for_a_time_and_both_are_told(catalog: Catalog, book: Book):
    fill(catalog)
    given = {"viewer": STEWARD, "country": "SSD", "need": "funding", "today": TODAY}
    with catalog.writing() as session:
        overruling.overrule(
            session, state=State.MET, reason="The plan answers it.", expires=TODAY + timedelta(days=30), **given
        )
    cell = next(one for one in said(catalog, book)["cells"] if one["need"] == "funding")
    assert (cell["state"], cell["rule"], cell["judged"]["state"]) == ("met", "The plan answers it.", "gap")
    assert cell["overrule"] == {
        "state": "met", "reason": "The plan answers it.", "on": TODAY.isoformat(),
        "expires": (TODAY + timedelta(days=30)).isoformat(),
    }  # fmt: skip
    assert "Ada" not in str(said(catalog, book))
    with catalog.reading() as session:
        after = TODAY + timedelta(days=31)
        assert overruling.standing(session, TODAY + timedelta(days=30)).keys() == {("SSD", "funding")}
        assert overruling.standing(session, after) == {}, "it ends by itself"
    with catalog.writing() as session:
        overruling.withdraw(session, reason="It was a mistake.", **given)
    assert states(catalog, book)["funding"] is State.GAP
    with catalog.reading() as session:
        assert [one.reason for one in overruling.ended(session, TODAY, "SSD")] == ["The plan answers it."]
        lines = [(line["actor"], line["subject"], line["reason"]) for line in audit.lines(session)]
        assert lines[-2:] == [
            ("Ada Sample", "funding SSD", "The plan answers it."), ("Ada Sample", "funding SSD", "It was a mistake."),
        ]  # fmt: skip
        assert audit.verify(session) == []


@pytest.mark.parametrize(
    ("reason", "days", "said"),
    [
        ("Ask ada@sample.example.", 1, "Everybody reads it: name no person and no place."),
        ("The plan answers it.", -1, "expires: it must be a day from today to"),
        ("The plan answers it.", 400, "expires: it must be a day from today to"),
    ],
)
def test_an_overrule_is_refused_that_names_somebody_or_never_ends(catalog: Catalog, reason: str, days: int, said: str):
    given = {"viewer": STEWARD, "country": "SSD", "need": "funding", "today": TODAY, "state": State.MET}
    with catalog.writing() as session, pytest.raises(Refused, match=said):
        overruling.overrule(session, reason=reason, expires=TODAY + timedelta(days=days), **given)  # type: ignore[arg-type]
    with catalog.reading() as session:
        assert overruling.standing(session, TODAY) == {}


def test_actions_are_for_stewards_of_the_country(catalog: Catalog):
    with catalog.writing() as session:
        one = actions.assign(
            session, STEWARD, "SSD", "funding", "Ask the donors.", "Coordinator", "Sample Cluster",
            TODAY + timedelta(days=7), TODAY,
        )  # fmt: skip
    with catalog.reading() as session:
        listed = actions.actions(session, STEWARD, TODAY)
        assert [(entry.what, entry.owner, entry.state, entry.overdue) for entry in listed] == [
            ("Ask the donors.", "Coordinator", "open", False)
        ]
        assert actions.actions(session, STEWARD, TODAY + timedelta(days=8))[0].overdue
        assert actions.actions(session, steward("Cy Sample", countries=("SSD",)), TODAY) == listed
        assert [actions.actions(session, viewer, TODAY) for viewer in (OF_YEMEN, community("Partner"), PUBLIC)] == [
            [], [], [],
        ]  # fmt: skip
    with catalog.writing() as session, pytest.raises(Refused, match="There is no such action"):
        actions.close(session, OF_YEMEN, one.id, "done", "They gave it.", TODAY)
    with catalog.writing() as session:
        closed = actions.close(session, STEWARD, one.id, "done", "They gave it.", TODAY)
    assert (closed.state, closed.closing) == ("done", "They gave it.")
    with catalog.writing() as session, pytest.raises(Refused, match="The action is done already"):
        actions.close(session, STEWARD, one.id, "dropped", "Again.", TODAY)


def test_a_country_copy_judges_by_its_own_words(catalog: Catalog, tmp_path: Path):
    place = tmp_path / "config" / "needs" / "countries" / "SSD.yaml"
    place.parent.mkdir(parents=True)
    place.write_text(
        "from: [mine-action]\nneeds:\n  - {id: displaced-people, met_by: {admin_level: 3}}\n"
        "not_applicable: {improvised-devices: None was ever found.}\n",
        encoding="utf-8",
    )
    own = Book(needs(Settings(config_dir=tmp_path / "config")))
    fill(catalog)
    cells = {cell.need.id: cell for cell in told(catalog, own).country("SSD").cells}
    assert len(cells) == 29
    assert cells["displaced-people"].judged.missing == ("It goes down to admin 2 only; admin 3 is asked.",)
    assert (cells["improvised-devices"].state, cells["improvised-devices"].judged.rule) == (
        State.NOT_APPLICABLE, "None was ever found.",
    )  # fmt: skip
