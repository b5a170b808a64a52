"""A plan from the blank template to the page and the calendar; and a form that becomes a row of the register."""

import csv
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from openpyxl import Workbook, load_workbook
from starlette.testclient import TestClient

from api.app import create_app
from config.load import SHIPPED
from config.settings import Settings
from tests.journeys.installation import Installation, rows

CLERK = ("--as", "C. Sample")
ROUND = ("--operation", "Sudan", "--round", "7")
DAYS = ("--until", "2098-12-31", "--expected", "2099-01-31", "--ask", "im@office.example", "--holder", "Sample Office")


@pytest.fixture
def home(tmp_path: Path) -> Installation:
    made = Installation(tmp_path / "home")
    made.sources = "plans,register"
    made.run("init")
    return made


def fill(template: Path, needs: list[tuple[Any, ...]], into: Path) -> None:
    book = load_workbook(template)
    for number, need in enumerate(needs, 3):
        for place, value in enumerate(need, 1):
            book.worksheets[0].cell(number, place, value)
    book.save(into)


NEEDS: list[tuple[Any, ...]] = [
    ("Sample: tents", "Public Data", None, None, "Shelter", "Core", None, "How many tents?"),
    ("Sample: movements", "Data for Urgent Action; Sensitive Data", "Protection Cluster; Canary Person"),
    ("Sample: ordnance seen", "urgent action", "UNMAS", "Call Canary Person, 0912 345 678"),
    ("Sample: schools", "TBD"),
]


def test_from_the_blank_plan_to_the_calendar(home: Installation) -> None:
    blank, filled = home.home / "blank.xlsx", home.home / "plan.xlsx"
    assert "Fill in" in home.run("plan", "template", "-o", str(blank)).text
    fill(blank, [*NEEDS, (None, "Public Data")], filled)
    told = home.run("plan", "import", str(filled), *ROUND, *DAYS, "--yes", *CLERK, code=1).text
    assert "A7 Information need: it is empty. Fill it in:" in told
    assert "4 new, 0 changed, 0 unchanged, 0 removed, 1 rejected." in told
    assert "Not classified, and for their owner alone: 2 needs." in told
    assert "Nothing was written. Mend the rows that are rejected, or say --accept-valid to take the others." in told
    assert rows(home.dump(), "dataset") == []

    fill(blank, NEEDS, filled)
    assert "To write it say --yes." in home.run("plan", "import", str(filled), *ROUND, *DAYS, *CLERK).text
    told = home.run("plan", "import", str(filled), *ROUND, *DAYS, "--yes", "--open", *CLERK).text
    assert 'Round: questions can be added until: "" -> "2098-12-31"' in told
    assert "Written.\nLevels raised: 2 needs.\nOpened: 2 needs." in told
    before = home.dump()
    assert b"Canary" not in before
    assert b"345 678" not in before
    again = home.run("plan", "import", str(filled), *ROUND, "--yes", "--open", "--json", *CLERK).json()
    counted = {name: again[name] for name in ("new", "changed", "unchanged", "removed", "rejected", "opened", "raised")}
    assert counted == dict.fromkeys(counted, 0) | {"unchanged": 4}
    assert again["facts"] == {
        "holder": "Sample Office",
        "countries": "SDN",
        "ask_at": "im@office.example",
        "until": "2098-12-31",
        "expected": "2099-01-31",
    }
    assert home.dump() == before, "the same plan twice changes nothing"

    fill(
        blank, [("Sample: tents", "Public Data", None, None, "Shelter; WASH", "Core", None, "How many tents?")], filled
    )
    told = home.run("plan", "import", str(filled), *ROUND, "--yes", *CLERK).text
    assert 'Row 3: changed. Sample: tents\n  Interested sectors: "Shelter" -> "Shelter; WASH"' in told
    assert "Removed: Sample: movements\nRemoved: Sample: ordnance seen\nRemoved: Sample: schools" in told
    assert "0 new, 1 changed, 0 unchanged, 3 removed, 0 rejected." in told
    found = home.run("search", "--json").json()
    assert [item["title"] for item in found["items"]] == ["Sample: tents"]
    events = Calendar.from_ical(served(home, "/upcoming.ics")).walk("VEVENT")
    assert [str(event["summary"]) for event in events] == [
        "Last day to add questions: Sudan, round 7",
        "Data expected: Sudan, round 7",
    ]


def served(home: Installation, path: str) -> bytes:
    """What the installation answers to the public."""
    settings = Settings(data_dir=home.data, database_url="", config_dir=None)
    with TestClient(create_app(settings)) as client:
        return client.get(path).content


def test_what_cannot_be_meant_is_said_with_its_mend(home: Installation) -> None:
    sheet = home.home / "plan.csv"
    sheet.write_text("Information need,,Sector\nSample: tents,Public Data,Shelter\n", encoding="utf-8")
    given = ("plan", "import", str(sheet), "--operation", "Sudan", *CLERK)
    assert "say --assume-column-b if that column is it" in home.run(*given, code=1).err
    assert "1 new" in home.run(*given, "--assume-column-b").text
    for more, told in (
        (("--until", "tomorrow"), '--until: "tomorrow" is no day. Write it as in 2026-03-05.'),
        (("--ask", "jane.doe@office.example"), "--ask: it is neither a page nor an office's mailbox."),
        (("--country", "Nowhere"), '--country: "Nowhere" is no country.'),
    ):
        assert told in home.run(*given, *more, code=64).err
    nowhere = ("plan", "import", str(sheet), "--operation", "Sample", "--assume-column-b", *CLERK)
    assert "Say where it is with --country, such as SDN." in home.run(*nowhere, code=64).err
    assert "Say who you are" in home.run("plan", "import", str(sheet), "--operation", "Sudan", code=64).err
    assert "cannot be read" in home.run("plan", "import", "missing.xlsx", *ROUND, *CLERK, code=1).err
    assert rows(home.dump(), "dataset") == []


def test_a_layout_of_a_mission_is_a_file(home: Installation) -> None:
    sheet = home.home / "plan.csv"
    sheet.write_text("Qué queremos saber,Dissemination Category\nSample: tents,Public Data\n", encoding="utf-8")
    given = ("plan", "import", str(sheet), "--operation", "Sudan", *CLERK)
    assert "no other heading of that row is known" in home.run(*given, code=1).err
    own = home.config / "vocab"
    own.mkdir()
    shipped = (SHIPPED / "vocab" / "plan.yaml").read_text(encoding="utf-8")
    known = 'aliases: ["information needs", '
    changed = shipped.replace(known, known.replace('["', '["qué queremos saber", "'))
    (own / "plan.yaml").write_text(changed, encoding="utf-8")
    assert "1 new" in home.run(*given).text


def test_a_form_becomes_a_row_that_is_imported(home: Installation) -> None:
    form, row = home.home / "form.xlsx", home.home / "row.xlsx"
    book = Workbook()
    book.active.title = "survey"
    for line in (
        ["type", "name", "label"],
        ["text", "full_name", "Full name"],
        ["integer", "fem_child", "Female adult beneficiaries"],
        ["geopoint", "spot", "Where"],
    ):
        book.active.append(line)
    book.create_sheet("settings").append(["form_title"])
    book["settings"].append(["Sample visits"])
    book.save(form)
    told = home.run("register", "from-xlsform", str(form), "-o", str(row), "--holder", "Sample Office").text
    assert 'The name "fem_child" says children, the label "Female adult beneficiaries" says adults.' in told
    assert "Personal data: yes" in told
    assert "Sensitivity level: high" in told
    assert f"Nothing was stored. The row is in {row}.\nFill in before you import it: Countries, State." in told
    assert rows(home.dump(), "dataset") == []
    whole = ("--holder", "Sample Office", "--country", "Sudan", "--state", "planned")
    made = home.run("register", "from-xlsform", str(form), "-o", str(row), *whole, "--json").json()
    assert made["missing"] == []
    assert made["row"]["columns"] == "Full name; spot"
    assert "1 new" in home.run("register", "import", str(row), *CLERK).text
    table = home.home / "fields.csv"
    with table.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([["name", "label"], ["a", "b"]])
    assert "No sheet lists fields" in home.run("register", "from-xlsform", str(table), code=1).err
    wrong = home.run("register", "from-xlsform", str(form), "--state", "soon", code=64).err
    assert '--state: "soon" cannot be chosen. Write one of: planned, collecting' in wrong
