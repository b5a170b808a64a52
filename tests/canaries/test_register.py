"""Rows of the register, each field with a word of its own: walked by everybody, met by whom they are for alone."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.register.book import written
from config.load import rules
from config.settings import Settings
from tests.canaries.planted import OWNERS, THE_COUNTRY, Planted, canary, planted, words
from tests.canaries.test_walk import VIEWERS, asked, content, filled, templates, told

FIELDS = ("title", "contents", "form", "how_to_ask", "conditions", "harm_if_withheld", "agreement", "columns")
NAMES = ("steward_role", "consent_by", "reviewer")
ELSEWHERE = "SSD"
ROWS = {
    "public": (0, THE_COUNTRY, "public"),
    "first's, for stewards": (0, THE_COUNTRY, "restricted"),
    "second's, for stewards": (1, ELSEWHERE, "restricted"),
    "first's alone": (0, THE_COUNTRY, ""),
    "second's alone": (1, ELSEWHERE, ""),
}
"""Owner, country, and as whom it may be known."""
OF_REGISTER = ("/register", "/api/v1/register")
SHOWN = {
    "public": {"public"},
    "community": {"public"},
    "first owner": {"public", "first's, for stewards", "first's alone"},
    "signed in": {"public", "first's, for stewards", "first's alone"},
    "second owner": {"public", "second's, for stewards", "second's alone"},
    "steward": {"public", "first's, for stewards", "second's, for stewards"},
    "steward of a source": {"public"},
    "steward of a country": {"public", "first's, for stewards"},
}
"""Which rows' records each is shown in full; the steward brought them all."""


def word(row: str, field: str) -> str:
    """The word in a field of a row."""
    return canary(1000 + list(ROWS).index(row), field)


def all_words(row: str, fields: tuple[str, ...] = FIELDS + NAMES) -> frozenset[str]:
    return frozenset(word(row, field) for field in fields)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Planted, Catalog, TestClient]]:
    with planted(tmp_path_factory.mktemp("register")) as (made, catalog, client):
        registry = client.app.state.register.sheets.registry
        registry.assessor = Assessor(rules(Settings(config_dir=None)))
        rows = [
            {field: f"Sample {word(name, field)}" for field in FIELDS + NAMES}
            | {"holder": OWNERS[owner].name, "countries": country, "state": "held", "level": "low_no"}
            | {"visibility": visibility, "ask_at": "https://office.example/ask"}
            for name, (owner, country, visibility) in ROWS.items()
        ]
        body = written(registry.words, "en", "xlsx", rows)
        key = made.viewer("steward").headers
        seen = client.post("/api/v1/register/preview", headers=key, content=body).json()
        assert (seen["new"], seen["rejected"]) == (len(ROWS), 0), seen
        path = f"/api/v1/register/accept?preview={seen['preview']}&open=true"
        done = client.post(path, headers=key, content=body)
        assert (done.status_code, done.json()["opened"]) == (200, 3), done.text
        yield made, catalog, client


@pytest.mark.parametrize("name", VIEWERS)
def test_rows_are_met_by_whom_they_are_for(name: str, place: tuple[Planted, Catalog, TestClient]):
    made, catalog, client = place
    viewer = made.viewer(name)
    stored = made.renderings(catalog)
    ids = [item["dataset"] for item in _rows(client, made.viewer("steward").headers)]
    of_rows = frozenset().union(*(all_words(row) for row in ROWS))
    met: dict[bool, set[str]] = {True: set(), False: set()}
    for method, path in sorted(templates(client.app)):
        ways = addresses(made, stored, path, ids)
        for address in ways:
            for way in asked(method, address, most=True):
                body: dict[str, Any] = {"json": {}} if method != "GET" else {}
                answer = client.request(method, way, headers=viewer.headers, **body)
                assert answer.status_code < 500, (way, answer.text)
                met[path.startswith(OF_REGISTER)] |= told(answer) & of_rows
    for row in ROWS:
        found = client.get("/api/v1/datasets", params={"q": word(row, "title")}, headers=viewer.headers).json()
        assert found["total"] == (row in SHOWN[name]), row
    shown = frozenset().union(*(all_words(row, FIELDS) for row in SHOWN[name]))
    assert met[False] == shown, "in records no name is told"
    kept = {
        "public": set(),
        "community": set(),
        "steward": set(ROWS),
        "steward of a source": set(),
        "second owner": SHOWN[name] - {"public"},
    }.get(name, SHOWN[name])
    names = () if name in {"first owner", "second owner", "signed in"} else NAMES
    assert met[True] == frozenset().union(*(all_words(row, FIELDS + names) for row in kept))


def test_no_public_file_and_no_feed_has_a_word_of_what_is_closed(place: tuple[Planted, Catalog, TestClient]):
    made, _, client = place
    closed = frozenset().union(*(all_words(row) for row in ROWS if row != "public"))
    for audience in ("public", "community"):
        assert words(content(made, audience).decode("latin-1")) & closed == frozenset()
    for path in ("/api/v1/changes?limit=1000", "/api/v1/datasets.csv", "/api/v1/datasets?limit=1000", "/runs", "/"):
        assert words(client.get(path).content) & closed == frozenset(), path
    assert word("public", "title") in words(client.get("/api/v1/datasets.csv").content)


def test_counts_are_those_of_a_register_without_what_is_closed(place: tuple[Planted, Catalog, TestClient]):
    _, _, client = place
    page = client.get("/api/v1/datasets?source=register").json()
    assert page["total"] == len(page["items"]) == 1
    assert {item["value"]: item["count"] for item in page["facets"]["source"] if item["value"] == "register"} == {
        "register": 1
    }
    assert re.findall(r"(\d+) holding", client.get("/register").text) == []


def addresses(made: Planted, stored: Any, path: str, ids: list[str]) -> list[str]:
    """Those of a template: with each row's record; of what the rows have no part in, some."""
    if path.startswith(("/api/v1/datasets/{key}", "/dataset/{key}")):
        return [path.replace("{key}", id_) for id_ in ids]
    try:
        return filled(made, stored, path)[:2]
    except KeyError:  # that every address is known is another test's
        return []


def _rows(client: TestClient, headers: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get("/api/v1/register/rows", headers=headers).json()["items"]
    return items


def test_the_rows_lie_where_they_are_looked_for(place: tuple[Planted, Catalog, TestClient], tmp_path: Path):
    made, _, client = place
    rows = _rows(client, made.viewer("steward").headers)
    assert [row["visibility"] for row in rows] == ["public", "restricted", "restricted", "owner", "owner"]
    assert all_words("first's alone", FIELDS) <= words(str(rows))
