"""The commands: coverage, holders, needs, as somebody at a desk gives them."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import pytest
from typer.testing import CliRunner

from catalog.commands.needs import app
from catalog.database import Catalog
from catalog.needs import unmet
from config.load import ConfigurationError
from config.settings import Settings
from tests.catalog.needs.shelf import HIDDEN, TODAY, fill

UNTIL = (TODAY + timedelta(days=30)).isoformat()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a catalog and one for configuration."""
    (tmp_path / "config").mkdir()
    monkeypatch.setenv("LANDMARK_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LANDMARK_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "300")
    with Catalog(Settings().catalog_url, create=True) as catalog:
        fill(catalog, HIDDEN)
    return tmp_path


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return str(done.stdout)


def told(*arguments: str) -> Any:
    return orjson.loads(run(*arguments, "--json"))


def states(found: Any) -> dict[str, str]:
    return {one["need"]: one["state"] for one in found["cells"]}


def test_a_country_is_told_gaps_first_and_stewards_are_told_more(desk: Path):
    found = told("coverage", "--country", "South Sudan")
    assert next(iter(states(found).values())) == "gap"
    assert states(found)["risk-education-coverage"] == "gap"
    assert states(told("coverage", "--country", "SSD", "--as", "Ada Sample"))["risk-education-coverage"] == "met"
    shown = run("coverage", "--country", "SSD", "--set", "mine-action")
    head = shown.splitlines()[0]
    assert head.startswith(f"South Sudan, {TODAY}, 6 records: 1 met,")
    assert "○ gap" in shown
    assert "Quietcanary" not in shown


def test_all_countries_are_counted(desk: Path):
    found = told("coverage", "--set", "mine-action")
    assert [(one["country"], sum(one["counts"].values())) for one in found["countries"]] == [("SSD", 29), ("UGA", 29)]
    assert "South Sudan" in run("coverage")


def test_files_have_the_same_cells(desk: Path):
    table, book = desk / "coverage.csv", desk / "coverage.xlsx"
    said = run("coverage", "--country", "SSD", "--csv", str(table), "--xlsx", str(book))
    assert said.splitlines() == [f"Wrote {table}: 46 rows, TLP:CLEAR.", f"Wrote {book}: 46 rows, TLP:CLEAR."]
    rows = list(csv.DictReader(io.StringIO(table.read_bytes().decode("utf-8-sig"))))
    found = states(told("coverage", "--country", "SSD"))
    assert {row["need"]: row["state"] for row in rows[1:]} == found
    header, line = openpyxl.load_workbook(book)["Coverage"].iter_rows(values_only=True)
    assert dict(zip(header[2:], line[2:], strict=True)) == found


def test_holders_by_topic(desk: Path):
    found = told("holders", "--topic", "casualties")
    assert [(one["organisation"], one["country"], one["datasets"]) for one in found["items"]] == [
        ("Sample Mine Centre", "SSD", 1)
    ]
    assert "Sample Mine Centre" in run("holders", "--topic", "casualties")


def test_a_country_copy_begins_as_the_sets_and_is_used(desk: Path):
    path = desk / "config" / "needs" / "countries" / "SSD.yaml"
    assert run("needs", "init", "--country", "SSD", "--from", "mine-action") == (
        f'Wrote {path}. Change it, then "landmark needs check" and "landmark coverage --country SSD".\n'
    )
    assert run("needs", "check").splitlines() == [
        "mine-action: 29 needs.",
        "protection: 17 needs.",
        "SSD: from mine-action; 0 of its own, 0 do not apply.",
        "All can be used.",
    ]
    assert len(told("needs", "list", "--country", "SSD")["items"]) == 29
    text = path.read_text(encoding="utf-8")
    assert '#   funding: ""  # Who funds mine action, with how much, and what is not funded?' in text
    path.write_text(text.replace("not_applicable: {}", "not_applicable: {funding: It is told elsewhere.}"), "utf-8")
    assert states(told("coverage", "--country", "SSD"))["funding"] == "not applicable"
    again = CliRunner().invoke(app, ["needs", "init", "--country", "SSD", "--from", "mine-action"])
    assert (again.exit_code, again.stderr) == (1, f"{path} is there already: change it, or remove it first.\n")


def test_an_overrule_is_said_under_a_name_and_ends(desk: Path):
    said = ("--country", "SSD", "--reason", "The plan answers it.", "--as", "Ada Sample")
    assert run("needs", "overrule", "funding", "met", "--until", UNTIL, *said) == (
        f"Said: met until {UNTIL}. What is judged stays to be seen beside it.\n"
    )
    cell = next(one for one in told("coverage", "--country", "SSD")["cells"] if one["need"] == "funding")
    assert (cell["state"], cell["judged"]["state"], cell["rule"]) == ("met", "gap", "The plan answers it.")
    run("needs", "withdraw", "funding", *said)
    assert states(told("coverage", "--country", "SSD"))["funding"] == "gap"


def test_what_was_not_found_is_listed_for_stewards_and_closed(desk: Path):
    with Catalog(Settings().catalog_url) as catalog, catalog.writing() as session:
        for words, country in (("minefield maps", "SSD"), ("Minefield maps", "SSD"), ("clinics", "")):
            unmet.log(session, words, country, TODAY)
    ada = ("--as", "Ada Sample")
    day = TODAY.isoformat()
    maps = {"words": "minefield maps", "country": "SSD", "count": 2, "first": day, "last": day}
    here = told("needs", "logged", "--country", "South Sudan", *ada)
    assert here["items"] == [{"id": 1, **maps, "state": "open", "closed": None, "closing": ""}]
    assert [one["words"] for one in told("needs", "logged", *ada)["items"]] == ["minefield maps", "clinics"]
    assert run("needs", "close", "1", "--why", "It is listed now.", *ada) == "Closed: minefield maps\n"
    shown = [line.split() for line in run("needs", "logged", *ada, "--limit", "1").splitlines()]
    assert shown[1:] == [
        ["1", "minefield", "maps", "SSD", "2", day, day, "closed", "It", "is", "listed", "now."],
        ["1", "of", "2"],
    ]
    again = CliRunner().invoke(app, ["needs", "close", "9", "--why", "Sample.", *ada])
    assert (again.exit_code, again.stderr) == (1, "There is no such logged need.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("coverage", "--country", "Nowhere"), '"Nowhere" is no country; write its ISO3 code, such as SSD.'),
        (("coverage", "--set", "mine"), '--set: there is no set "mine". Known: mine-action, protection.'),
        (("needs", "init", "--country", "SSD", "--from", "mine"),
         '--from: there is no set "mine". Known: mine-action, protection.'),
        (("needs", "overrule", "funding", "good", "--country", "SSD", "--until", UNTIL, "--reason", "x"),
         'There is no state "good". Known: met, partly, held but restricted, planned, gap, unknown, not applicable.'),
        (("needs", "overrule", "funding", "met", "--country", "SSD", "--until", UNTIL, "--reason", "x"),
         'What is overruled is said under a name. Say who you are with "--as NAME" or LANDMARK_ACTOR.'),
        (("needs", "logged"),
         'What was logged is for stewards. Say who you are with "--as NAME" or LANDMARK_ACTOR.'),
        (("needs", "close", "1", "--why", "x"),
         'A need is closed under a name. Say who you are with "--as NAME" or LANDMARK_ACTOR.'),
        (("needs", "close", "1", "--why", " ", "--as", "Ada Sample"), "--why: say why, in a sentence."),
    ],
)  # fmt: skip
def test_what_cannot_be_done_says_how_it_can(desk: Path, arguments: tuple[str, ...], message: str):
    with pytest.raises(ConfigurationError) as raised:
        CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert str(raised.value) == message
