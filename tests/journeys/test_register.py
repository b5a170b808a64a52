"""A fictional authority lists fifty holdings in the template, mends three mistakes by the messages, and is asked."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from catalog import reading
from catalog.database import Catalog
from catalog.register.words import Words
from catalog.viewer import PUBLIC
from config import load
from config.settings import Settings
from tests.journeys.installation import Installation

AUTHORITY = "Sample Mine Action Authority"
CLERK = ("--as", "C. Sample")
PLANNED, CLOSED, SHARED = range(15), range(15, 40), range(40, 50)
WORDS = Words(load.register_sheet(Settings(config_dir=None)))
PLACES = {key: place for place, key in enumerate(WORDS.columns, 1)}


@pytest.fixture
def home(tmp_path: Path) -> Installation:
    made = Installation(tmp_path / "home")
    made.sources = "register"
    made.run("init")
    return made


def holdings() -> list[dict[str, Any]]:
    return [holding(number) for number in range(50)]


def holding(number: int) -> dict[str, Any]:
    told = {
        "title": f"Sample: holding {number:02}",
        "contents": "Invented for this test.",
        "holder": AUTHORITY,
        "countries": "Angola",
        "access": "on request",
        "how_to_ask": "Write to the sample office.\nSay what it is for.",
        "ask_at": "im@authority.example",
        "expected_days": 30,
        "last_verified": "2026-11-01",
        "reviewer": "Reviewer Canary",
    }
    if number in PLANNED:
        return (
            told
            | {"state": "planned", "expected": "May 2027", "level": "moderate", "visibility": "everybody"}
            | {"expected": "2027-05-31"}
        )
    if number in CLOSED:
        return told | {"title": f"Sample: closed {number:02}", "state": "held", "level": "high"}
    return told | {"state": "shared", "level": "low or no", "visibility": "everybody", "access": "open"}


def fill(template: Path, rows: list[dict[str, Any]], into: Path) -> None:
    book = load_workbook(template)
    sheet = book.worksheets[0]
    for number, row in enumerate(rows, 4):
        for key, value in row.items():
            sheet.cell(number, PLACES[key], value)
    book.save(into)


def test_fifty_holdings_are_listed_mended_and_asked_for(home: Installation) -> None:
    template, filled, back = (home.home / f"{name}.xlsx" for name in ("template", "holdings", "returned"))
    assert "Fill in" in home.run("register", "template", "-o", str(template)).text
    rows = holdings()
    rows[2] |= {"last_verified": "03/04/2026"}
    rows[20] |= {"state": "heldd"}
    rows[45] |= {"ask_at": "jane.doe@authority.example"}
    rows[46] |= {"safe_product_of": "Sample: holding 00"}
    rows[47] |= {"safe_product_of": "Sample: closed 16"}
    rows[48] |= {"owner": "Sample Ministry"}
    fill(template, rows, filled)

    told = home.run("register", "import", str(filled), "--yes", *CLERK, code=1).text
    assert "47 new, 0 changed, 0 unchanged, 3 rejected." in told
    assert "Nothing was written. Mend the rows that are rejected, or say --accept-valid" in told
    for mistake in (
        'Last verified: "03/04/2026": it may be two days. Write 2026-04-03 or 2026-03-04, whichever is meant.',
        'State: "heldd" cannot be chosen. Write one of: planned, collecting, held, shared, retired.',
        "Ask at: it may be a person's own mailbox. Write the office's mailbox, such as im@office.example.",
    ):
        assert mistake in told
    assert home.run("search", "--json").json()["total"] == 0

    accepted = home.run("register", "import", str(filled), "--yes", "--accept-valid", "--json", *CLERK, code=2).json()
    assert (accepted["written"], accepted["new"], accepted["rejected"], accepted["raised"]) == (True, 47, 3, 47)
    assert len(accepted["waiting"]) == 23
    assert home.run("search", "--json").json()["total"] == 0, "nothing is public before somebody opens it"

    rows[2] |= {"last_verified": "2026-04-03"}
    rows[20] |= {"state": "held"}
    rows[45] |= {"ask_at": "im@authority.example"}
    fill(template, rows, filled)
    opened = home.run("register", "import", str(filled), "--yes", "--open", "--write-back", str(back), *CLERK).text
    assert "3 new, 0 changed, 47 unchanged, 0 rejected." in opened
    assert "Opened: 24 holdings." in opened
    assert "Its owner's consent to list it is missing or over" in opened
    assert opened.count("Sample: holding 48") == 1

    before = home.dump()
    again = home.run("register", "import", str(back), "--yes", "--open", *CLERK).text
    assert "0 new, 0 changed, 50 unchanged, 0 rejected." in again
    assert home.dump() == before, "the same sheet twice changes nothing"

    found = home.run("search", "--limit", "100", "--json").json()
    titles = {item["title"] for item in found["items"]}
    assert titles == {row["title"] for number, row in enumerate(rows) if number not in CLOSED and number != 48}
    public = home.run("search", "holding 03", "--json").json()["items"][0]
    shown = home.run("show", public["id"], "--json").json()
    assert shown["access"]["modality"] == "on_request"
    assert shown["access"]["steps"] == [
        "Write to the sample office.",
        "Say what it is for.",
        "An answer usually takes 30 days.",
    ]
    assert shown["access"]["contacts"] == ["im@authority.example"]
    assert {"name": "expected", "value": "2027-05-31"} in shown["facts"]
    with Catalog(f"sqlite:///{(home.data / 'landmark.db').as_posix()}") as catalog, catalog.reading() as session:
        documents = [reading.document(session, PUBLIC, item["id"]) for item in found["items"]]
    asked = "".join(told[0].decode() for told in documents if told is not None)
    assert len(documents) == 24
    assert "safe_product_of" in asked
    assert asked.count("safe_product_of") == 1, "the relation to the closed holding would tell that it exists"
    for secret in ("closed", "Reviewer Canary", "C. Sample"):
        assert secret not in asked


def test_an_export_is_imported_as_it_was(home: Installation) -> None:
    template, filled = home.home / "template.csv", home.home / "holdings.xlsx"
    home.run("register", "template", "-o", str(filled))
    fill(filled, holdings()[10:20], filled)
    home.run("register", "import", str(filled), "--yes", *CLERK)
    for name in ("one.csv", "two.xlsx"):
        out = home.home / name
        home.run("register", "export", "-o", str(out), "--language", "uk", *CLERK)
        assert "0 new, 0 changed, 10 unchanged" in home.run("register", "import", str(out), *CLERK).text
    again = home.home / "again.csv"
    home.run("register", "export", "-o", str(again), "--language", "uk", *CLERK)
    assert again.read_bytes() == (home.home / "one.csv").read_bytes()
    assert "Say who you are" in home.run("register", "export", "-o", str(template), code=64).err


def test_a_level_that_a_steward_lowered_stays_and_one_that_was_raised_is_not_lowered(home: Installation) -> None:
    sheet = home.home / "holdings.xlsx"
    glass = (*CLERK, "--break-glass", "Sample reason.")

    def imported(level: str) -> str:
        book = Workbook()
        book.active.append(["Title", "Holder", "Country", "State", "Level"])
        book.active.append(["Sample: one", AUTHORITY, "Angola", "held", level])
        book.save(sheet)
        return home.run("register", "import", str(sheet), "--yes", *CLERK).text

    def level() -> str:
        [item] = home.run("search", "--json", *glass).json()["items"]
        return str(item["level"]["level"])

    assert "Levels raised: 1 holding." in imported("high")
    assert level() == "high"
    assert "a higher level than its row says is in effect and stays" in imported("moderate")
    assert level() == "high"
    [item] = home.run("search", "--json", *glass).json()["items"]
    home.run("classify", item["id"], "--lower", "low_no", "--reason", "Sample reason.", *glass)
    assert "0 new, 0 changed, 1 unchanged" in imported("moderate")
    assert level() == "low_no"
