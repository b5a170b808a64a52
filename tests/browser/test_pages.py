"""Every page at phone and desk width, without scripts, from the keyboard."""

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser
WIDTHS = (360, 1440)
LIMIT = 50_000
"""Bytes a page may weigh."""


def pages(address: str, context: Any) -> dict[str, str]:
    listed = context.request.get(f"{address}/api/v1/datasets?country=SSD&topic=displacement").json()["items"]
    organization = listed[0]["organizations"][0]["id"]
    arabic = context.request.get(f"{address}/api/v1/datasets?country=YEM&sort=title").json()["items"]
    return {
        "search": "/",
        "question": "/?q=displacement&country=SSD",
        "nothing": "/?q=xylophone",
        "dataset": f"/dataset/{listed[0]['name']}",
        "dataset-yemen": f"/dataset/{arabic[0]['name']}",
        "organizations": "/organizations",
        "organization": f"/organizations/{organization}",
        "runs": "/runs",
        "docs": "/docs",
        "absent": "/dataset/no-such-dataset",
    }


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_fits_its_window_and_weighs_little(chromium: Any, address: str, album: Path, width: int) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 900}, java_script_enabled=False)
    for name, path in pages(address, context).items():
        page = context.new_page()
        faults: list[str] = []
        page.on("console", lambda message, into=faults: into.append(message.text) if message.type == "error" else None)
        answer = page.goto(address + path)
        assert answer.status == (404 if name == "absent" else 200), name
        assert len(answer.body()) < LIMIT, name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than {width} px"
        assert page.locator("h1").count() == 1, name
        assert page.get_by_text("fictional").count() >= 1, name
        assert [fault for fault in faults if "404" not in fault] == [], name
        page.screenshot(path=album / f"{name}-{width}.png", full_page=True)
        page.close()
    context.close()


def test_a_question_is_asked_narrowed_and_followed_from_the_keyboard(chromium: Any, address: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    page.get_by_role("searchbox").focus()
    page.keyboard.type("displacement")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "q=displacement" in page.url
    before = page.get_by_role("heading", level=2).first.inner_text()
    page.get_by_label("South Sudan").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Apply", exact=True).focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "country=SSD" in page.url
    assert page.get_by_role("heading", level=2).first.inner_text() != before
    page.get_by_role("link", name="South Sudan - Displacement baseline by county, round 18").first.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert (
        page.get_by_role("heading", level=1).inner_text() == "South Sudan - Displacement baseline by county, round 18"
    )
    assert page.get_by_role("heading", name="How to get it").count() == 1
    assert page.get_by_text("#affected+idps+ind").count() >= 1
    page.get_by_role("link", name="Northfold Displacement Tracking").first.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.get_by_role("heading", level=1).inner_text() == "Northfold Displacement Tracking"
    context.close()


def test_the_page_and_the_api_count_alike(chromium: Any, address: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    for question in ("", "q=mines", "country=UKR", "access=on_request", "level=severe", "q=déplacement"):
        total = context.request.get(f"{address}/api/v1/datasets?{question}").json()["total"]
        page.goto(f"{address}/?{question}")
        assert page.get_by_role("heading", level=2).first.inner_text().startswith(f"{total} dataset"), question
    context.close()
