"""A coordinator's journey without scripts: a country, its gaps, evidence, an overrule, an action, print, workbook."""

import csv
import io
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from catalog import keys
from catalog.database import Catalog
from catalog.keys import NewKey
from catalog.needs.records import Book
from catalog.sharing import snapshots
from config import load
from config.settings import Settings
from tests.browser.conftest import ready
from tests.catalog.needs.shelf import HIDDEN, TODAY, fill
from tests.journeys.installation import Installation

pytestmark = pytest.mark.browser
DAY = TODAY + timedelta(days=30)
REASON = "The plan of this year answers it."


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Installation]]:
    """Where the register is served, the key of a steward of South Sudan, and the installation, counted a month ago."""
    home = Installation(tmp_path_factory.mktemp("coverage") / "home")
    home.run("init")
    with Catalog(f"sqlite:///{(home.data / 'landmark.db').as_posix()}") as catalog:
        fill(catalog, HIDDEN)
        asked = NewKey("Coordinator", "steward", "Sample Mine Centre", "Sample.", DAY, (), ("SSD",))
        with catalog.writing() as session:
            key = keys.create(session, asked, "A. Sample")
        before = datetime.now(UTC) - timedelta(days=31)
        with catalog.reading() as session:
            made = snapshots.count(session, Book(load.needs(Settings())), before)
        with catalog.writing() as session:
            snapshots.write(session, made, before)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    process = home.start("serve", "--port", str(port))
    try:
        yield ready(f"http://127.0.0.1:{port}", process), key, home
    finally:
        process.terminate()
        process.communicate(timeout=30)


def look(page: Any, album: Path, name: str) -> None:
    """The page fits a phone and a desk, and is kept for looking at."""
    for width in (1440, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
        page.screenshot(path=album / f"{name}-{width}.png", full_page=True)


def states(text: str) -> dict[str, str]:
    """By question, the state that a page says in words."""
    found = re.findall(r"[●◐◆▷○?–] (met|partly|restricted|planned|gap|unknown)\*? (.+\?)", text)
    return {question: state for state, question in found}


def test_a_coordinator_finds_gaps_says_what_is_known_and_assigns(
    chromium: Any, served: tuple[str, str, Installation], album: Path
):
    address, key, home = served
    context = chromium.new_context(java_script_enabled=False, accept_downloads=True)
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    page.get_by_label("Key", exact=False).fill(key)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{address}/country/SSD")
    look(page, album, "country")
    gaps = [question for question, state in states(page.locator("main").inner_text()).items() if state == "gap"]
    assert len(gaps) >= 3

    page.goto(f"{address}/coverage/SSD")
    look(page, album, "country-coverage")
    page.get_by_role("link", name="How many displaced people are where?").click()
    look(page, album, "need")
    rows = [row.inner_text().split("\t") for row in page.locator("table.ticks").first.locator("tbody tr").all()]
    assert rows[0] == ["subject", "✓ yes", "It is on the subject."]
    assert {row[1] for row in rows} == {"✓ yes"}

    page.goto(f"{address}/coverage/SSD?need=funding")
    page.get_by_label("It is", exact=True).select_option("met")
    page.get_by_label("Because").first.fill(REASON)
    page.get_by_label("It stands until").fill(DAY.isoformat())
    page.get_by_role("button", name="Overrule").click()
    page.get_by_role("textbox", name="What is to be done").fill("Ask the donors for their lists.")
    page.get_by_label("Whose it is: a role, no name").fill("Coordinator")
    page.get_by_label("Due").fill(DAY.isoformat())
    page.get_by_role("button", name="Assign").click()
    said = page.locator("main").inner_text()
    assert REASON in said
    assert "○ gap" in said
    assert "Ask the donors for their lists." in said
    look(page, album, "steward")

    agree(context, page, address, album)
    moved(page, address, home, album)
    context.close()


def agree(context: Any, page: Any, address: str, album: Path) -> None:
    """The printed page, the workbook, the CSV and the API say the same of every cell."""
    page.goto(f"{address}/coverage?country=SSD&set=mine-action")
    look(page, album, "coverage")
    page.emulate_media(media="print")
    printed = {
        row.locator("th").inner_text(): row.locator("td").inner_text().split(" ", 1)[1].rstrip("*")
        for row in page.locator("table.grid tbody tr").all()
    }
    assert not page.get_by_role("link", name="Workbook").is_visible()
    page.emulate_media(media="screen")
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Workbook").click()
    book = openpyxl.load_workbook(io.BytesIO(Path(downloading.value.path()).read_bytes()))
    header, line = book["Coverage"].iter_rows(values_only=True)
    workbook = dict(zip(header[2:], line[2:], strict=True))
    api = context.request.get(f"{address}/api/v1/coverage/SSD?set=mine-action").json()
    short = {"held but restricted": "restricted"}
    assert {one["need"]: one["state"] for one in api["cells"]} == workbook
    assert {one["question"]["en"]: short.get(one["state"], one["state"]) for one in api["cells"]} == printed
    assert workbook["funding"] == "met"
    table = context.request.get(f"{address}/api/v1/coverage.csv?country=SSD&set=mine-action").body()
    told = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"))))[1:]
    assert {row["need"]: row["state"] for row in told} == workbook


def moved(page: Any, address: str, home: Installation, album: Path) -> None:
    """A month after the first count the feed says what moved, and the indicators are drawn."""
    home.run("sharing", "take")
    feed = page.request.get(f"{address}/feed.json?country=SSD").json()
    (said,) = [item for item in feed["items"] if item["url"] == f"{address}/coverage/SSD?need=funding"]
    assert said["title"].startswith('South Sudan: "')
    assert said["title"].endswith("moved from gap to met")
    page.goto(f"{address}/metrics?country=SSD")
    assert page.locator("svg").count() > 5
    look(page, album, "metrics")


def test_holders_fit_a_phone(chromium: Any, served: tuple[str, str, Installation], album: Path):
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.goto(f"{served[0]}/holders?country=SSD")
    look(page, album, "holders")
    assert "Sample Tracking" in page.locator("main").inner_text()
    assert "Quiet Hiders" not in page.locator("main").inner_text()
