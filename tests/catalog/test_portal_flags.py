"""Every field in which a portal is known to speak of sensitivity has a rule, or a reason why it has none."""

import csv
from datetime import date
from pathlib import Path

import pytest

from catalog.records import DatasetRecord, PortalFlag, ReadingNote
from catalog.sensitivity import Sensitivity
from catalog.vocabulary import Level
from config.load import rules
from config.settings import Settings
from harvester.reading.fields import Fields
from harvester.reading.flags import flags

TABLE = Path(__file__).parent.parent.parent / "docs" / "portal-flags.md"
RULES = rules(Settings()).sensitivity
FLAGGED = {rule.id: rule.flag.partition("=")[0] for rule in RULES if rule.flag}


def rows() -> list[list[str]]:
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_table_names_each_rule_at_its_field() -> None:
    said = {(rule, field) for _, field, named, _ in rows() for rule in named.split(", ") if rule.startswith("portal-")}
    # Of NADA the kind itself says that a study is microdata.
    assert said == {*FLAGGED.items(), ("portal-microdata", "dtype")}


def test_each_row_gives_a_reason() -> None:
    assert [row for row in rows() if len(row) != 4 or len(row[3]) < 5] == []


@pytest.mark.recorded
def test_every_known_field_of_a_portal_has_a_row(shared: Path) -> None:
    with (shared / "sensitivity" / "portal_sensitivity_fields.csv").open(encoding="utf-8") as file:
        known = [(row["portal"], field.strip()) for row in csv.DictReader(file) for field in row["field"].split(" / ")]
    assert len(known) == 28
    assert set(known) - {(portal, field) for portal, field, *_ in rows()} == set()


@pytest.mark.parametrize(
    ("given", "level"),
    [
        ({"identifiability": "personally_identifiable"}, Level.SEVERE),
        ({"identifiability": "anonymized_public"}, Level.LOW_NO),
        ({"process_status": "cleaned"}, Level.HIGH),
        ({"pii": 1}, Level.HIGH),
        ({"sensitive": "True"}, None),
        ({"lastPublishedVersion": "below-1"}, None),
        ({"restricted": True}, Level.MODERATE),
    ],
)
def test_what_a_portal_says_is_its_own_assertion(given: dict[str, object], level: Level | None) -> None:
    said = flags(Fields(given), given)
    record = DatasetRecord("a", {"en": "Sample"}, flags=said)
    (found,) = Sensitivity(RULES).asserted(record, frozenset(), date(2026, 11, 22))
    assert (found.asserted_by, found.level, found.basis) == ("portal", level, "portal flag")


def test_flags_are_closed_words() -> None:
    part = Fields(
        {"a": "TRUE", "b": "0", "c": False, "d": "FINDINGS", "e": "Sample text of a cell", "f": ["x"], "g": "None"}
    )
    assert flags(part, "abcdefgh", "r1") == (PortalFlag("a", "true", "r1"), PortalFlag("d", "FINDINGS", "r1"))
    assert part.notes == [
        ReadingNote("flag-unreadable", "e", "a word was expected"),
        ReadingNote("flag-unreadable", "f", "a word was expected"),
    ]
