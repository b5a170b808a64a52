"""From an empty catalog, with the template alone: an authority's holdings are listed, mended, opened, and asked for."""

import io
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from tests.browser.conftest import ready
from tests.journeys.installation import Installation
from tests.journeys.test_register import AUTHORITY, CLERK, CLOSED, PLANNED, SHARED, fill, holdings

pytestmark = pytest.mark.browser
SECRETS = ("Sample: closed", "Reviewer Canary", "C. Sample")
MOST_PAGES = 400
PHONE, DESK = 360, 1440


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, str, str]]:
    """An empty register, served by the real command, and a steward's key."""
    home = Installation(tmp_path_factory.mktemp("register") / "home")
    home.sources = "register"
    home.run("init")
    until = (datetime.now(UTC).date() + timedelta(days=2)).isoformat()
    who = ("--name", "S. Sample", "--audience", "steward", "--organisation", AUTHORITY, "--new-organisation")
    made = home.run("keys", "create", *who, "--purpose", "Sample purpose.", "--expires", until, *CLERK)
    [key] = re.findall(r"lmk_\w{12}_[\w-]{20,}", made.text)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    process = home.start("serve", "--port", str(port))
    try:
        yield home, ready(f"http://127.0.0.1:{port}", process), key
    finally:
        process.terminate()
        process.communicate(timeout=30)


class Clerk:
    """Somebody at a telephone, without scripts, who goes by the keyboard."""

    def __init__(self, chromium: Any, address: str, album: Path, width: int) -> None:
        self.address, self.album, self.width = address, album, width
        self.context = chromium.new_context(viewport={"width": width, "height": 900}, java_script_enabled=False)
        self.page = self.context.new_page()

    def open(self, path: str) -> None:
        assert self.page.goto(self.address + path).status == 200

    def press(self, name: str) -> None:
        """Go to a button by the keyboard and press it."""
        self.page.get_by_role("button", name=name).focus()
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def sign_in(self, key: str) -> None:
        self.open("/sign-in")
        self.page.get_by_label("Key").focus()
        self.page.keyboard.type(key)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def bring(self, file: Path) -> None:
        self.open("/register")
        self.page.get_by_label("A sheet as").set_input_files(file)
        self.press("Look at what it would change")

    def tick(self, label: str) -> None:
        self.page.get_by_label(label).focus()
        self.page.keyboard.press("Space")

    def download(self, name: str, into: Path) -> None:
        link = self.page.get_by_role("link", name=name, exact=True)
        link.focus()
        with self.page.expect_download() as waiting:
            self.page.keyboard.press("Enter")
        waiting.value.save_as(into)

    def says(self, text: str) -> bool:
        return bool(self.page.get_by_text(text).count())

    def shot(self, name: str) -> None:
        """A picture to look at; the page is no wider than the window."""
        assert self.page.evaluate("document.documentElement.scrollWidth") <= self.width, name
        assert self.page.locator("h1").count() == 1, name
        self.page.screenshot(path=self.album / f"register-{name}-{self.width}.png", full_page=True)


def test_fifty_holdings_are_listed_mended_opened_and_asked_for(
    chromium: Any, served: tuple[Installation, str, str], album: Path
) -> None:
    home, address, key = served
    template, filled, back = (home.home / f"{name}.xlsx" for name in ("template", "holdings", "returned"))
    clerk = Clerk(chromium, address, album, PHONE)
    clerk.open("/register")
    clerk.shot("public")
    clerk.download("Excel template, English", template)
    rows = mistaken()
    fill(template, rows, filled)

    listed(clerk, key, filled, back)
    public = {rows[number]["title"] for number in (*PLANNED, *SHARED) if number != 48}
    found = httpx.get(f"{address}/api/v1/datasets?limit=100").json()
    assert {item["title"] for item in found["items"]} == public
    assert found["total"] == len(public) == 24
    visitor = Clerk(chromium, address, album, PHONE)
    visitor.open("/")
    visitor.page.get_by_role("searchbox").focus()
    visitor.page.keyboard.type("holding 03")
    with visitor.page.expect_navigation():
        visitor.page.keyboard.press("Enter")
    visitor.page.get_by_role("link", name="Sample: holding 03").first.focus()
    with visitor.page.expect_navigation():
        visitor.page.keyboard.press("Enter")
    asked = visitor.page.locator("main").inner_text()
    for words in ("Write to the sample office.", "30 days", "im@authority.example"):
        assert words in asked, asked
    visitor.shot("asked")
    titles = leaks(address, home)
    assert titles >= public, "the walk has seen what is public"
    for one in (clerk, visitor):
        one.context.close()
    wide = Clerk(chromium, address, album, DESK)
    wide.open("/register")
    wide.shot("public")
    wide.sign_in(key)
    wide.open("/register")
    wide.shot("own")
    wide.bring(filled)
    wide.shot("preview")
    wide.context.close()


def mistaken() -> list[dict[str, Any]]:
    """The holdings with three mistakes, and one whose owner has not agreed."""
    rows = holdings()
    rows[2] |= {"last_verified": "03/04/2026"}
    rows[20] |= {"state": "heldd"}
    rows[45] |= {"ask_at": "jane.doe@authority.example"}
    rows[48] |= {"owner": "Sample Ministry"}
    return rows


def listed(clerk: Clerk, key: str, filled: Path, back: Path) -> None:
    """The sheet is brought with its mistakes, mended in the returned copy by what was told, and opened."""
    clerk.sign_in(key)
    clerk.open("/register")
    clerk.shot("signed-in")
    clerk.bring(filled)
    assert clerk.says("47 new, 0 changed, 0 unchanged, 3 rejected. Nothing has been written.")
    text = clerk.page.locator("main").inner_text()
    for cell, mistake in (
        ("AF6", 'Last verified: "03/04/2026": it may be two days. Write 2026-04-03 or 2026-03-04, whichever is meant.'),
        ("L24", 'State: "heldd" cannot be chosen. Write one of: planned, collecting, held, shared, retired.'),
        ("Z49", "Ask at: it may be a person's own mailbox. Write the office's mailbox, such as im@office.example."),
    ):
        assert f"{cell} {mistake}" in text
    clerk.shot("preview")
    clerk.press("Accept")
    assert clerk.page.get_by_role("alert").inner_text().startswith("Some rows are rejected.")
    assert httpx.get(f"{clerk.address}/api/v1/datasets").json()["total"] == 0

    clerk.bring(filled)
    clerk.tick("Take the good rows although 3 are rejected")
    clerk.press("Accept")
    assert clerk.says("47 new, 0 changed, 0 unchanged; 3 rejected, which are not written.")
    assert clerk.says("Levels raised: 47.")
    clerk.shot("accepted-some")
    clerk.download("Download the sheet with its register ids", back)
    assert httpx.get(f"{clerk.address}/api/v1/datasets").json()["total"] == 0, "nothing is public before it is opened"

    mend(back, {"heldd": "held", "03/04/2026": "2026-04-03", "jane.doe@authority.example": "im@authority.example"})
    clerk.bring(back)
    assert clerk.says("3 new, 0 changed, 47 unchanged, 0 rejected. Nothing has been written.")
    clerk.tick("Show holdings to as many as their rows ask for, under my name")
    clerk.press("Accept")
    assert clerk.says("Shown to as many as their rows ask for: 24.")
    assert clerk.says("Its owner's consent to list it is missing or over")
    clerk.shot("accepted")
    clerk.open("/register")
    assert clerk.says("50 holdings that you may change")
    clerk.shot("own")
    clerk.download("Français", back)
    clerk.bring(back)
    assert clerk.says("0 new, 0 changed, 50 unchanged, 0 rejected. Nothing has been written.")


def mend(sheet: Path, cells: dict[str, str]) -> None:
    """Correct cells of the returned copy, as the messages say."""
    book = openpyxl.load_workbook(sheet)
    mended = 0
    for row in book.worksheets[0].iter_rows():
        for cell in row:
            if cell.value in cells:
                cell.value = cells[str(cell.value)]
                mended += 1
    assert mended == len(cells)
    book.save(sheet)


def leaks(address: str, home: Installation) -> set[str]:
    """Walk every page and address that the public is led to; the titles met. None has what is closed."""
    begin = ["/", "/organizations", "/runs", "/register", "/docs", "/upcoming", "/api/v1/openapi.json"]
    begin += [f"/api/v1/{name}" for name in ("datasets.csv", "datasets.xlsx", "changes?limit=1000", "runs", "sources")]
    begin += [f"/api/v1/{name}" for name in ("datasets?limit=1000", "organizations", "guidance", "hxl/tags")]
    begin += [f"/?q={word}" for word in ("closed", "closed+20", "reviewer")]
    begin += [f"/api/v1/datasets?q=closed&{more}" for more in ("level=high", "source=register", "country=AGO")]
    seen, left, met = set(begin), list(begin), set()
    with httpx.Client(base_url=address) as client:
        for item in client.get("/api/v1/datasets?limit=1000").json()["items"]:
            left += [f"/api/v1/datasets/{item['id']}", f"/api/v1/datasets/{item['id']}/level"]
        while left and len(seen) < MOST_PAGES:
            answer = client.get(left.pop(0), follow_redirects=True)
            assert answer.status_code < 500
            text = answer.text + str(answer.headers)
            if "spreadsheetml" in answer.headers.get("content-type", ""):
                book = openpyxl.load_workbook(io.BytesIO(answer.content))
                text = str([list(sheet.iter_rows(values_only=True)) for sheet in book])
            for secret in SECRETS:
                assert secret not in text, answer.url
            met |= set(re.findall(r"Sample: holding \d\d", text))
            found = {one.replace("&amp;", "&") for one in re.findall(r'href="(/[^"#]*)"', answer.text)} - seen
            seen |= found
            left += sorted(found)
    for file in (home.data / "index" / "public").rglob("*"):
        if file.is_file():
            assert not any(secret.encode() in file.read_bytes() for secret in SECRETS), file
    assert not [number for number in CLOSED if f"Sample: holding {number:02}" in met]
    return met
