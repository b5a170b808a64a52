"""A sheet is looked at, accepted as it was seen, and given back; each within the scope of who brings it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID  # noqa: TC003

import orjson
import pytest
from sqlalchemy.exc import DBAPIError

from catalog import audit, reading, runs
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.lease import RunInProgress
from catalog.levels import Conflict, Refused
from catalog.records import AgentRecord
from catalog.register import kept, scope
from catalog.register.book import written
from catalog.register.registry import LOOK_AGAIN, NOTHING, SOME, Accepted, Preview, Registry
from catalog.rows import dataset_id
from catalog.viewer import PUBLIC, Viewer, community, organisation, steward
from catalog.vocabulary import Audience, RunState
from config.settings import Settings

OFFICE = {"holder": "Sample Office", "countries": "AGO", "state": "held", "level": "low_no", "visibility": "public"}
MACHINE = Viewer(Audience.FULL, name="C. Sample")
STEWARD = steward("A. Sample", key="00000000000a")
ANGOLA = steward("B. Sample", countries=("AGO",), key="00000000000b")
PARTNER = community("P. Sample", key="00000000000c")


class House:
    """An empty register."""

    def __init__(self, catalog: Catalog, url: str, assessor: Assessor) -> None:
        self.catalog = catalog
        self.registry = Registry(Settings(config_dir=None, sources="register", database_url=url))
        # Made ready once for all tests: reading the rules takes a second.
        self.registry.assessor = assessor

    def sheet(self, *rows: Mapping[str, str]) -> bytes:
        return written(self.registry.words, "en", "csv", [OFFICE | row for row in rows])

    def look(self, body: bytes, viewer: Viewer) -> Preview:
        with self.catalog.reading() as session:
            return self.registry.preview(session, body, self.registry.read(body), viewer)

    def accept(self, body: bytes, viewer: Viewer, **more: Any) -> Accepted:
        return self.registry.accept(self.catalog, body, viewer, self.look(body, viewer).stamp, **more)

    def mine(self, viewer: Viewer) -> list[str]:
        with self.catalog.reading() as session:
            return [row.values["title"] for row in scope.mine(session, viewer).values()]

    def of(self, name: str, key: str, **bounds: tuple[str, ...]) -> Viewer:
        id_: UUID = self.registry.assessor.agents.resolve(AgentRecord(name)).id
        return organisation(id_, "O. Sample", key, **bounds)

    def known_to(self, title: str) -> str:
        with self.catalog.reading() as session:
            [row] = [one for one in scope.mine(session, MACHINE).values() if one.values["title"] == title]
        return row.visibility.value

    def audited(self) -> list[tuple[str, str, str]]:
        with self.catalog.reading() as session:
            return [(line["actor"], line["action"], line["reason"]) for line in audit.lines(session)]


@pytest.fixture
def house(catalog: Catalog, catalog_url: str, assessor: Assessor) -> House:
    return House(catalog, catalog_url, assessor)


def outcomes(found: Preview) -> list[str]:
    return [one.outcome for one in found.planned]


def test_what_was_seen_is_what_is_written_and_it_is_a_record_at_once(house: House):
    body = house.sheet({"title": "Sample: one"}, {"title": "Sample: two", "owner": "Sample Ministry"})
    seen = house.look(body, STEWARD)
    assert outcomes(seen) == ["new", "new"]
    assert house.mine(MACHINE) == []
    done = house.registry.accept(house.catalog, body, STEWARD, seen.stamp, opens=True)
    assert (done.acted.raised, done.acted.opened) == (2, 1)
    assert done.acted.waiting == [
        (
            "Sample: two",
            "Its owner's consent to list it is missing or over: fill in who gave it, when, and until when.",
        )
    ]
    with house.catalog.reading() as session:
        shown = [reading.document(session, PUBLIC, str(dataset_id("register", id_))) for id_ in done.ids.values()]
        last = runs.last_complete(session, "register")
    assert shown[0] is not None
    assert orjson.loads(shown[0][0])["title"] == "Sample: one"
    assert shown[1] is None
    assert last is not None
    assert ("A. Sample", "imported holdings", "2 new, 0 changed, key 00000000000a") in house.audited()
    assert outcomes(house.look(body, STEWARD)) == ["unchanged", "unchanged"]


def test_a_look_is_good_for_its_own_file_person_and_moment(house: House):
    body = house.sheet({"title": "Sample: one"})
    seen = house.look(body, STEWARD).stamp
    other = house.sheet({"title": "Sample: another"})
    for given, viewer in ((other, STEWARD), (body, ANGOLA)):
        with pytest.raises(Conflict, match=LOOK_AGAIN):
            house.registry.accept(house.catalog, given, viewer, seen)
    house.accept(house.sheet({"title": "Sample: one", "form": "Sample form"}), MACHINE)
    with pytest.raises(Conflict, match=LOOK_AGAIN):
        house.registry.accept(house.catalog, body, MACHINE, house.look(other, MACHINE).stamp)
    assert house.mine(MACHINE) == ["Sample: one"]


def test_rows_that_are_rejected_stop_the_others_until_somebody_says_so(house: House):
    body = house.sheet({"title": "Sample: one"}, {"title": "Sample: two", "state": "heldd"})
    with pytest.raises(Refused, match=SOME):
        house.accept(body, STEWARD)
    with pytest.raises(Refused, match=NOTHING):
        house.accept(house.sheet({"title": "Sample: two", "state": "heldd"}), STEWARD, valid=True)
    assert house.mine(MACHINE) == []
    done = house.accept(body, STEWARD, valid=True)
    assert house.mine(MACHINE) == ["Sample: one"]
    back = house.registry.returned(done, "csv").decode("utf-8-sig").splitlines()
    assert back[2].startswith(f"{done.ids[3]},Sample: one,")
    assert back[3].startswith(",Sample: two,")
    assert ",heldd," in back[3]


def test_nothing_is_written_while_the_register_is_read_by_another(house: House):
    body = house.sheet({"title": "Sample: one"})
    run = runs.begin(house.catalog, house.registry.source, "full")
    with pytest.raises(RunInProgress):
        house.accept(body, STEWARD)
    with house.catalog.writing() as session:
        runs.finish(session, run, RunState.COMPLETE, [], "")
    assert house.mine(MACHINE) == []
    house.accept(body, STEWARD)
    assert house.mine(MACHINE) == ["Sample: one"]


def test_rows_are_shown_to_their_stewards_and_owner_and_to_the_key_that_wrote_them(house: House):
    rows = [
        {"title": "Sample: for all"},
        {"title": "Sample: for stewards", "visibility": "restricted"},
        {"title": "Sample: owner's", "visibility": "", "level": "high"},
        {"title": "Sample: elsewhere", "countries": "UKR", "holder": "Another Sample Office", "visibility": ""},
    ]
    office, another = house.of("Sample Office", "00000000000d"), house.of("Another Sample Office", "00000000000e")
    house.accept(house.sheet(*rows), MACHINE, opens=True)
    assert house.mine(STEWARD) == ["Sample: for all", "Sample: for stewards"]
    assert house.mine(ANGOLA) == ["Sample: for all", "Sample: for stewards"]
    assert house.mine(office) == ["Sample: for all", "Sample: for stewards", "Sample: owner's"]
    assert house.mine(another) == ["Sample: elsewhere"]
    assert house.mine(PARTNER) == house.mine(PUBLIC) == []
    # What somebody is not shown is new to them, and what they bring stays theirs to see.
    body = house.sheet(rows[2])
    assert outcomes(house.look(body, STEWARD)) == ["new"]
    house.accept(body, STEWARD)
    assert outcomes(house.look(body, STEWARD)) == ["unchanged"]
    assert house.mine(steward("D. Sample", key="00000000000f")) == ["Sample: for all", "Sample: for stewards"]


def test_a_row_with_an_id_that_is_not_theirs_is_answered_as_one_that_never_was(house: House):
    done = house.accept(house.sheet({"title": "Sample: hidden", "visibility": ""}), MACHINE)
    [id_] = done.ids.values()
    told = []
    for given in (id_, "reg-00000000000000ff"):
        [one] = house.look(house.sheet({"title": "Sample: mine", "id": given}), STEWARD).planned
        faults = [(fault.cell, fault.reason.replace(given, "ID"), fault.mend) for fault in one.faults]
        told.append((one.outcome, one.changes, faults))
    assert told[0] == told[1]
    assert told[0][0] == "rejected"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({}, ""),
        ({"holder": "Another Sample Office", "owner": "SAMPLE  office"}, ""),
        ({"holder": "Another Sample Office"}, "your organisation is neither its holder nor its owner"),
        ({"countries": "UKR"}, "your key is bound to other countries or sources"),
    ],
)
def test_an_organisation_lists_what_it_holds_or_owns_within_its_bounds(house: House, row: dict[str, str], why: str):
    viewer = house.of("Sample Office", "00000000000d", countries=("AGO",))
    [one] = house.look(house.sheet({"title": "Sample: one"} | row), viewer).planned
    assert [fault.reason for fault in one.faults] == ([why] if why else [])


def test_a_steward_of_a_country_lists_no_other(house: House):
    found = house.look(house.sheet({"title": "Sample: one"}, {"title": "Sample: two", "countries": "UKR"}), ANGOLA)
    assert outcomes(found) == ["new", "rejected"]
    [fault] = found.planned[1].faults
    assert (fault.cell, fault.reason) == ("D4", "your key is for other countries or sources")


def test_an_owner_lets_stewards_know_and_nobody_else(house: House):
    office = house.of("Sample Office", "00000000000d")
    rows = [
        {"title": "Sample: for all"},
        {"title": "Sample: for stewards", "visibility": "restricted"},
        {"title": "Sample: owner's", "visibility": ""},
    ]
    done = house.accept(house.sheet(*rows), office, opens=True)
    assert [title for title, _ in done.acted.waiting] == ["Sample: for all"]
    assert [house.known_to(row["title"]) for row in rows] == ["restricted", "restricted", "owner"]
    # A steward who brings the same sheet opens it by name; the owner takes it back, and asks anew.
    assert house.accept(house.sheet(*rows[:2]), STEWARD, opens=True).acted.opened == 1
    assert house.known_to("Sample: for all") == "public"
    narrow = rows[0] | {"visibility": "owner"}
    assert house.accept(house.sheet(narrow), office).acted.narrowed == 1
    assert house.known_to("Sample: for all") == "owner"
    house.accept(house.sheet(rows[0]), office)
    assert house.known_to("Sample: for all") == "restricted"


def test_what_tells_of_people_is_for_stewards_and_for_who_wrote_it(house: House):
    office = house.of("Sample Office", "00000000000d")
    row = {"title": "Sample: one", "visibility": "restricted", "reviewer": "R. Canary"}
    house.accept(house.sheet(row), MACHINE, opens=True)
    with house.catalog.reading() as session:
        given = {who.name: house.registry.sheet(scope.mine(session, who), "en", "csv") for who in (office, ANGOLA)}
    assert b"Canary" in given["B. Sample"]
    assert b"Canary" not in given["O. Sample"]
    assert b"Reviewer" not in given["O. Sample"]
    # Brought again as it was given it empties nothing, and tells nothing.
    assert outcomes(house.look(given["O. Sample"], office)) == ["unchanged"]
    seen = house.look(house.sheet(row | {"reviewer": "Another"}), office)
    assert outcomes(seen) == ["changed"]
    assert seen.planned[0].id not in seen.named
    assert seen.planned[0].id in house.look(house.sheet(row), ANGOLA).named


def test_a_sheet_is_given_back_in_its_order_and_changes_nothing(house: House):
    titles = [f"Sample: {number:02}" for number in range(30)]
    house.accept(house.sheet(*({"title": title} for title in reversed(titles))), STEWARD)
    for language, kind in (("ar", "xlsx"), ("uk", "csv")):
        with house.catalog.reading() as session:
            body = house.registry.sheet(scope.mine(session, STEWARD), language, kind)
        found = house.look(body, STEWARD)
        assert outcomes(found) == ["unchanged"] * 30
        assert [one.values["title"] for one in found.planned] == titles[::-1]


def test_a_fault_half_way_leaves_neither_rows_nor_records(house: House):
    body = house.sheet({"title": "Sample: one"})
    seen = house.look(body, STEWARD).stamp
    with house.catalog.engine.begin() as connection:
        connection.exec_driver_sql("alter table audit rename to audit_away")
    with pytest.raises(DBAPIError):
        house.registry.accept(house.catalog, body, STEWARD, seen)
    with house.catalog.engine.begin() as connection:
        connection.exec_driver_sql("alter table audit_away rename to audit")
    assert house.mine(MACHINE) == []
    with house.catalog.reading() as session:
        assert kept.kept(session) == {}
    house.registry.accept(house.catalog, body, STEWARD, seen)
    assert house.mine(MACHINE) == ["Sample: one"]


def test_a_holding_whose_owners_consent_has_ended_is_for_stewards_again(house: House):
    yesterday = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()
    row = {"title": "Sample: one", "owner": "Sample Ministry", "consent_by": "C. Canary", "consent_on": "2026-01-01"}
    house.accept(house.sheet(row), STEWARD, opens=True)
    assert house.known_to("Sample: one") == "public"
    house.accept(house.sheet(row | {"consent_until": yesterday}), STEWARD)
    assert house.known_to("Sample: one") == "restricted"
