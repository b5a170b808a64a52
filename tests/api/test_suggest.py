"""Suggestions while somebody types."""

from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from catalog.query import DatasetQuery, Page
from catalog.search import Reader
from catalog.suggest import VIEWS, Kept, Names, suggest
from catalog.vocabulary import Audience
from tests.api.conftest import Shelf


def _items(client: TestClient, text: str, limit: int = 10) -> list[tuple[str, str, int]]:
    answer = client.get("/api/v1/suggest", params={"q": text, "limit": limit})
    assert answer.status_code == 200
    return [(item["kind"], item["label"], item["count"]) for item in answer.json()["items"]]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", []),
        ("   ", []),
        ("ukr", [("country", "Ukraine", 3)]),
        ("relie", [("organization", "Sample Relief", 3)]),
        ("sample mine", [("organization", "Sample Mine Action Centre", 2)]),
        ("SUDAN dis", [("dataset", "Sample: Displacement in South Sudan", 1)]),
        ("clin", [("dataset", "Sample: Clinics", 1)]),
        ("الألغا", [("dataset", "Sample: إزالة الألغام", 1)]),
        ("#affec", [("hashtag", "#affected", 1)]),
        ("affec", []),
        ("quietcan", []),
        ("hospital li", []),
        ("canary", []),
        ("yem", []),
        ("*", []),
        ('"', []),
        ("title:-", []),
    ],
)
def test_what_may_be_meant(client: TestClient, typed: str, expected: list[tuple[str, str, int]]) -> None:
    assert _items(client, typed) == expected


def test_things_come_before_titles_and_those_that_begin_so_before_others(client: TestClient) -> None:
    found = _items(client, "s")

    assert [kind for kind, *_ in found][-1] == "dataset"
    assert [label for kind, label, _ in found if kind == "country"] == ["South Sudan", "Sudan"]
    assert len(_items(client, "s", 3)) == 3
    assert _items(client, "s", 0) == []
    assert ("topic", "Displacement", 1) in _items(client, "disp")


@pytest.mark.parametrize("query", ["limit=21", "limit=x", "unknown=1", f"q={'a' * 501}"])
def test_what_cannot_be_asked_is_refused(client: TestClient, query: str) -> None:
    assert client.get(f"/api/v1/suggest?{query}").status_code == 422


def test_an_answer_is_told_once(client: TestClient) -> None:
    first = client.get("/api/v1/suggest?q=ukr")

    assert client.get("/api/v1/suggest?q=ukr", headers={"If-None-Match": first.headers["etag"]}).status_code == 304


def test_each_viewer_is_suggested_what_they_are_shown(shelf: Shelf) -> None:
    today = datetime.now(UTC).date()
    for audience, expected in ((Audience.PUBLIC, []), (Audience.FULL, ["Canary Holders"])):
        reader = Reader(shelf.settings.index_dir, audience)

        def search(query: object, reader: Reader = reader) -> object:
            return reader.search(query, today)  # type: ignore[arg-type]

        names = Names(search)  # type: ignore[arg-type]
        found = suggest(search, names, "canary h")  # type: ignore[arg-type]
        assert [one.label for one in found if one.kind == "organization"] == expected


def test_a_suggestion_is_for_what_was_typed_or_for_nothing(shelf: Shelf) -> None:
    """So nothing is looked for that would find more, which takes twenty times as long."""
    reader = Reader(shelf.settings.index_dir, Audience.PUBLIC)
    asked: list[DatasetQuery] = []

    def search(query: DatasetQuery) -> Page:
        asked.append(query)
        return reader.search(query, datetime.now(UTC).date())

    names = Names(search)
    asked.clear()
    assert suggest(search, names, "no such words at all") == []
    assert [query.relax for query in asked] == [False]


def test_names_of_who_asks_again_and_again_are_kept() -> None:
    kept, made = Kept(), list[str]()

    def of(generation: str) -> None:
        def search(query: DatasetQuery) -> Page:
            made.append(generation)
            return Page(0, (), dict.fromkeys(query.facets, ()), "", (), generation)

        kept.of(generation, search)

    for number in range(2 * VIEWS):
        of("public")
        of(f"organisation {number}")
    assert made.count("public") == 1
