"""A request in a browser without scripts: asked for from the dataset's page, copied, noted, at phone and desk width."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import ready
from tests.journeys.installation import Installation
from tests.journeys.packages import package
from tests.portals_served import ckan

pytestmark = pytest.mark.browser
DAY = datetime.now(UTC).date() + timedelta(days=30)
STEWARD = ("--as", "A. Sample")
TITLE = "Sample: cleared areas of Colombia"
BY_REQUEST = package(
    4, title=TITLE, is_requestdata_type=True, field_names=["area", "status"], file_types=["csv"], resources=[]
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Where a register with a dataset that must be asked for is served, and a community key of it."""
    home = Installation(tmp_path_factory.mktemp("requests") / "home")
    with ckan.stage() as stage:
        stage.show([BY_REQUEST])
        home.declare("sample", stage.address, title="Sample: exchange")
        home.run("init")
        home.harvest("sample")
    named = ("--name", "Survey desk", "--audience", "community", "--purpose", "Sample survey.", "--expires", str(DAY))
    made = home.run("keys", "create", *named, "--organisation", "Sample Survey", "--new-organisation", *STEWARD)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    process = home.start("serve", "--port", str(port))
    try:
        yield ready(f"http://127.0.0.1:{port}", process), made.text.strip()
    finally:
        process.terminate()
        process.communicate(timeout=30)


class Reader:
    """Somebody with a keyboard, without a mouse and scripts.

    Attributes:
        page: What they look at.
    """

    def __init__(self, page: Any, album: Path) -> None:
        self.page, self.album = page, album

    def follow(self, role: str, name: str, key: str = "Enter", *, exact: bool = False) -> None:
        """Go on to another page by a link or a button."""
        self.page.get_by_role(role, name=name, exact=exact).focus()
        with self.page.expect_navigation():
            self.page.keyboard.press(key)

    def write(self, label: str, text: str) -> None:
        self.page.get_by_label(label).focus()
        self.page.keyboard.type(text)

    def look(self, name: str) -> None:
        """The page fits a phone and a desk, and is kept for looking at."""
        for width in (1440, 360):
            self.page.set_viewport_size({"width": width, "height": 900})
            assert self.page.evaluate("document.documentElement.scrollWidth") <= width, f"{name}, {width} px"
            self.page.screenshot(path=self.album / f"request-{name}-{width}.png", full_page=True)
        assert self.page.locator("h1").count() == 1


@pytest.fixture
def reader(chromium: Any, album: Path) -> Iterator[Reader]:
    context = chromium.new_context(viewport={"width": 360, "height": 900}, java_script_enabled=False)
    yield Reader(context.new_page(), album)
    context.close()


def test_a_request_is_opened_copied_and_noted_from_the_keyboard(served: tuple[str, str], reader: Reader) -> None:
    address, key = served
    page = reader.page
    (record,) = page.request.get(f"{address}/api/v1/datasets").json()["items"]
    page.goto(f"{address}/dataset/{record['name']}")
    reader.look("dataset")
    reader.follow("link", "Ask for this")
    assert page.get_by_text("A request takes a key").count() == 1
    reader.look("without-a-key")
    reader.follow("link", "sign in", exact=True)
    reader.write("Key", key)
    reader.follow("button", "Sign in")
    page.goto(f"{address}/dataset/{record['name']}")
    reader.follow("link", "Ask for this")
    reader.write("What you need it for", "Planning of surveys with Dr. Mona Sample.")
    reader.write("Who would use it: offices or teams", "Two survey teams")
    page.get_by_label("Needed until").fill(str(DAY))
    reader.look("form")
    reader.follow("button", "Draft the request")
    assert page.get_by_role("heading", level=1).inner_text() == TITLE
    assert page.get_by_text("What looked like a person’s name").count() == 1
    body = page.get_by_label("Text to copy").input_value()
    assert body.splitlines()[:3] == [
        "A la atención de Sample Survey Office:",
        "",
        "Sample Survey le solicita acceso a datos que el registro Landmark indica como suyos.",
    ]
    assert "Para qué: Planning of surveys with [name withheld]." in body
    assert page.get_by_label("Subject").input_value() == f"Solicitud de datos: {TITLE}"
    reader.look("drafted")
    reader.follow("link", "العربية")
    assert page.get_by_label("Text to copy").get_attribute("dir") == "rtl"
    reader.look("arabic")
    page.get_by_label("It was sent").focus()
    page.keyboard.press("Space")
    reader.follow("button", "Note it")
    assert "Sent since" in page.locator("header p").filter(has_text="since").inner_text()
    reader.look("sent")
    reader.follow("link", "Requests", exact=True)
    assert page.get_by_role("link", name=TITLE).count() == 1
    reader.look("list")
