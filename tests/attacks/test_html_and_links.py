"""A08 to A12: what portals write is text, and only links of the web are links."""

import time
from html.parser import HTMLParser
from typing import Any

import pytest

from api.app import create_app
from config.settings import Settings
from harvester.reading.markup import LONGEST, plain
from tests.attacks.conftest import Attacked
from tests.journeys.packages import package

ACTIVE = {"script", "svg", "iframe", "object", "embed", "style", "base"}


class Served(HTMLParser):
    """The elements of a page, their addresses, and attributes that act."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in {"href", "src", "action", "formaction", "srcdoc", "xlink:href"}:
                self.addresses.append(value or "")
            if name.startswith("on") or name in {"style", "srcdoc"}:
                self.handlers.append(name)


def page_of(attacked: Attacked, number: int = 0) -> Served:
    document = attacked.shown(number)
    answer = attacked.client.get(f"/dataset/{document['name']}")
    assert answer.status_code == 200
    assert "script-src" not in answer.headers["content-security-policy"], "the default is none"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    return Served(answer.text)


MARKUP = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<svg/onload=alert(1)//",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>", "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<<b>script>alert(1)</script>", "<a href=javascript:alert(1)>sample</a>", "<style>*{color:red}</style>",
)  # fmt: skip


def test_a08_markup_in_notes_is_served_as_words_or_not_at_all(attacked: Attacked):
    attacked.read(
        *(package(at, notes=f"Sample before {text} after", title=f"Sample {text}") for at, text in enumerate(MARKUP))
    )
    for at in range(len(MARKUP)):
        page, notes = page_of(attacked, at), attacked.shown(at)["notes"]
        assert (ACTIVE & set(page.tags), page.handlers) == (set(), [])
        assert [tag for tag in page.tags if tag == "img"] == ["img"], "our own mark"
        assert "<" not in notes, notes
        assert notes.startswith("Sample before")


LINKS = (
    "[x](javascript:alert(1))", "[x](  JaVaScRiPt:alert(1))", "[x](java\tscript:alert(1))",
    "[x][1]\n\n[1]: javascript:alert(1)", "<javascript:alert(1)>", "<a href='vbscript:x'>x</a>",
    "![x](data:text/html;base64,PHNjcmlwdD4=)",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "[x](data:text/html,<script>alert(1)</script>)",
)  # fmt: skip


def test_a09_no_way_to_write_a_link_makes_one_that_acts(attacked: Attacked):
    attacked.read(*(package(at, notes=f"Sample {text}", caveats=text) for at, text in enumerate(LINKS)))
    assert [attacked.shown(at)["notes"] for at in (0, 1)] == ["Sample x", "Sample x"]
    for at in range(len(LINKS)):
        page = page_of(attacked, at)
        assert all(one.startswith(("https://", "http://", "/", "#")) for one in page.addresses), page.addresses
        assert ACTIVE.isdisjoint(page.tags)


ADDRESSES = (
    "javascript:alert(1)", "JAVASCRIPT:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)",
    "\x01javascript:alert(1)", " \x00 javascript:alert(1)", "data:text/html,<script>alert(1)</script>",
    "DATA:text/html;base64,PHNjcmlwdD4=", "vbscript:msgbox(1)", "vb\u200bscript:x", "javascript&colon;alert(1)",
    "\\\\bad.example\\x", "blob:https://x/y", "http:javascript:alert(1)", "https://",
)  # fmt: skip


def test_a10_what_is_no_web_address_is_no_link(attacked: Attacked):
    files = [{"id": f"f{at}", "name": "Sample.csv", "url": address} for at, address in enumerate(ADDRESSES)]
    report = attacked.read(package(0, resources=files))
    page = page_of(attacked)
    assert [file["url"] for file in attacked.shown()["distributions"]] == [""] * len(ADDRESSES)
    assert [issue.code for issue in report.issues] == ["address-unreadable"] * len(ADDRESSES)
    assert all(one.startswith(("https://", "http://", "/", "#")) for one in page.addresses), page.addresses


@pytest.mark.parametrize("piece", ["<div>", "<b", "<a href='", "<ul><li>", "[[", "<!--", " "])
def test_a11_deep_and_unclosed_markup_costs_little(piece: str):
    began = time.process_time()
    text, _ = plain("Sample " + piece * 60_000 + "<")
    once = time.process_time() - began
    assert text.startswith("Sample")
    assert len(text) <= LONGEST
    assert once < 2


def test_a12_nothing_here_sends_a_reader_elsewhere(attacked: Attacked):
    names = {"go", "redirect", "out", "link", "next", "url", "return", "goto", "continue"}
    described: dict[str, Any] = create_app(Settings()).openapi()
    words = {word for path in described["paths"] for word in path.split("/")}
    assert words & names == set()
    attacked.read(package(0))
    paths = (
        "/go?url=https://bad.example",
        "/dataset/https://bad.example",
        "/?next=https://bad.example",
        "/%2f/bad.example",
    )
    for path in paths:
        answer = attacked.client.get(path, follow_redirects=False)
        assert "bad.example" not in answer.headers.get("location", ""), path
        assert answer.status_code in {404, 422}, path
