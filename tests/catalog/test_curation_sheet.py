"""Corrections of many records by a sheet, and a steward who hands over: looked at first, told row by row."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from catalog import audit, keys, levels
from catalog.assess import Assessor
from catalog.curation import acts, handover, sheet
from catalog.curation.columns import Place
from catalog.curation.sheet import Look
from catalog.database import Catalog
from catalog.keys import NewKey
from catalog.levels import Refused
from catalog.register.files import Unreadable
from catalog.rows import dataset_id
from catalog.tables import AccessKey, CuratedValue
from catalog.viewer import Viewer, steward
from catalog.vocabulary import Audience, Level
from tests.catalog.test_curation import FIRST, ID, NOW, RECORD, SECOND, WHY, World

OTHER = dataset_id("sample", "a2")
LATER = (datetime.now(UTC) + timedelta(days=30)).date()


@pytest.fixture
def world(catalog: Catalog, assessor: Assessor) -> World:
    from dataclasses import replace

    made = World(catalog, assessor)
    made.harvest(RECORD, replace(RECORD, remote_id="a2", title={"en": "Sample: another"}))
    return made


def csv(*rows: str) -> bytes:
    return "\r\n".join(rows).encode()


def looked(world: World, body: bytes, viewer: Viewer | None = None, because: str = WHY) -> Look:
    with world.catalog.reading() as session:
        read = sheet.read(body)
        return sheet.look(session, read, viewer or steward(FIRST), world.bench, NOW.date(), because=because)


def outcomes(look: Look) -> list[tuple[int, str]]:
    return [(one.row.number, one.outcome) for one in look.planned]


def test_a_sheet_is_looked_at_row_by_row_and_then_written(world: World):
    body = csv(
        "Dataset;Why;Licence;Update-rhythm;hxl: Persons;name;colour",
        f"{ID};The holder wrote.;CC0;monthly;#affected+idps;x;red",
        f"{OTHER};;Creative Commons Attribution;;;y;blue",
    )
    look = looked(world, body)
    assert outcomes(look) == [(2, "new"), (3, "unchanged")]
    assert look.planned[0].changes == (
        ("licence", "Creative Commons Attribution", "CC0"),
        ("update_rhythm", "every three months", "every month"),
        (Place("Persons").field, "#affected+killed (declared)", "#affected+idps"),
    )
    assert (
        sheet.read(body)
        .notes[0]
        .startswith('The column "colour" (G1) was left out: it is no field that can be corrected.')
    )
    assert world.shown()["licence"] == "Creative Commons Attribution", "nothing is written by looking"
    with world.catalog.writing() as session:
        done = sheet.accept(session, sheet.read(body), steward(FIRST), world.bench, because=WHY)
    assert outcomes(done) == [(2, "new"), (3, "unchanged")]
    assert (world.shown()["licence"], world.shown()["update_frequency"]["days"]) == ("CC0", 30)
    with world.catalog.reading() as session:
        assert session.scalars(select(CuratedValue.reason).distinct()).all() == ["The holder wrote."]
        assert list(audit.lines(session))[-1]["action"] == "corrected records by a sheet"
    assert outcomes(looked(world, body)) == [(2, "unchanged"), (3, "unchanged")], "the same sheet changes nothing"
    again = csv("dataset,licence,update_rhythm", f"{ID},CC BY,as source")
    look = looked(world, again)
    assert outcomes(look) == [(2, "changed")]
    assert look.planned[0].changes == (
        ("licence", "CC0", "CC BY"),
        ("update_rhythm", "every month", "(as its source says)"),
    )


def test_a_bad_row_is_told_by_its_cells_and_does_not_block_the_good_ones(world: World):
    body = csv(
        "dataset,why,places,topics,licence",
        f"{ID},ok,Atlantis,displacment,CC0",
        f"{OTHER},,,,CC0",
        f"{OTHER},ok,UKR,,",
        "nothing,ok,UKR,,",
        ",ok,UKR,,",
    )
    look = looked(world, body, because="")
    assert [(one.row.number, [(f.cell, f.reason, f.mend) for f in one.faults]) for one in look.planned] == [
        (2, [
            ("C2", '"Atlantis" is no country', "Write the country's name or ISO code, such as UKR."),
            ("D2", '"displacment" is no topic', 'Did you mean "displacement"?'),
        ]),
        (3, [("B3", "nobody says why", 'Fill it in, or say "--why" for the whole sheet.')]),
        (4, [("A4", "it is the same record as in row 3", "Put both into one row.")]),
        (5, [("A5", 'there is no record "nothing" that you are the steward of', "Write its id or name.")]),
        (6, [("A6", "it is empty", "Write the record's id or name.")]),
    ]  # fmt: skip
    good = csv("dataset,why,places", f"{ID},ok,Atlantis", f"{OTHER},ok,UKR")
    with world.catalog.writing() as session:
        done = sheet.accept(session, sheet.read(good), steward(FIRST), world.bench)
    assert outcomes(done) == [(2, "rejected"), (3, "new")]
    assert world.shown()["countries"] == ["SSD"]
    with world.catalog.reading() as session:
        assert [one["id"] for one in acts.review(session, steward(FIRST), date(2026, 12, 1))] == [str(OTHER)]


def test_a_steward_of_another_country_finds_no_record_in_the_sheet(world: World):
    look = looked(world, csv("dataset,licence", f"{ID},CC0"), steward("C. Other", countries=["UKR"]))
    assert outcomes(look) == [(2, "rejected")]
    assert look.planned[0].faults[0].reason == f'there is no record "{ID}" that you are the steward of'


@pytest.mark.parametrize("body", [b"", b"licence,why\r\nCC0,x\r\n", b"dataset,colour\r\na,b\r\n"])
def test_a_sheet_without_records_or_fields_is_refused(body: bytes):
    with pytest.raises(Unreadable, match=r'No sheet has a row of headings with "dataset" and at least one field'):
        sheet.read(body)


def key(world: World, name: str, **scope: Any) -> str:
    asked = NewKey(name, "steward", "Northfold Tracking", "Sample purpose.", LATER, **scope)
    with world.catalog.writing() as session:
        return keys.create(session, asked, "C. Third").split("_")[1]


def test_a_steward_hands_over_in_one_act(world: World):
    world.correct(title="Sample: a")
    world.correct(SECOND, licence="CC0")
    theirs, others = key(world, FIRST, sources=("sample",), countries=("SSD",)), key(world, SECOND, countries=("UKR",))
    world.do(levels.raise_level, ID, Level.SEVERE, FIRST, WHY)
    world.do(levels.lower, ID, Level.HIGH, FIRST, WHY, expected=None)
    with world.catalog.writing() as session:
        done = handover.hand_over(session, FIRST, SECOND, "C. Third", "Leaves.")
    assert (done.corrections, done.sources, done.countries, done.everything, done.revoked) == (
        1, ("sample",), ("SSD",), False, (theirs,),
    )  # fmt: skip
    assert [(one["id"], one["level"]) for one in done.waiting] == [(str(ID), "high")]
    with world.catalog.reading() as session:
        listed = acts.review(session, steward(SECOND), date(2026, 12, 1))
        assert [(one["field"], one["by"], one["keeper"]) for one in listed] == [
            ("title", FIRST, SECOND), ("licence", SECOND, SECOND),
        ]  # fmt: skip
        rows = {row.id: row for row in session.scalars(select(AccessKey))}
        assert rows[theirs].revoked is not None
        assert (rows[others].sources, rows[others].countries) == (["sample"], ["SSD", "UKR"])
        assert audit.verify(session) == []
    world.do(levels.accept, ID, SECOND, "Sample.", assertion=None)
    assert world.shown(Audience.FULL)["level"]["level"] == "high", "who takes over may be the second"


def test_nothing_is_handed_over_to_nobody(world: World):
    key(world, FIRST)
    for leaving, to, why in (
        (FIRST, SECOND, f"{SECOND} has no steward's key"),
        (FIRST, "a.  sample", "two people"),
        ("D. Unknown", SECOND, "Nothing is known"),
    ):
        with world.catalog.writing() as session, pytest.raises(Refused, match=why):
            handover.hand_over(session, leaving, to, "C. Third", "Leaves.")
    with world.catalog.reading() as session:
        assert [row.revoked for row in session.scalars(select(AccessKey))] == [None]
