"""Whether sharing improves, over HTTP; and what changed, as feeds."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path  # noqa: TC003
from xml.etree import ElementTree as ET

import orjson
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from api import feeds
from api.app import create_app
from catalog import use
from catalog.database import Catalog
from catalog.search.writer import follow
from catalog.sharing import snapshots
from catalog.tables import Disclosure, SharingSnapshot
from catalog.vocabulary import Audience
from config.settings import Settings
from tests.api.conftest import PUBLIC, RECORDS, write

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The sample catalog, counted today, with a snapshot of yesterday on which a need of South Sudan was a gap."""
    folder: Path = tmp_path_factory.mktemp("sharing")
    settings = Settings(data_dir=folder, database_url="", config_dir=None)
    with Catalog(settings.catalog_url, create=True) as catalog:
        write(catalog, PUBLIC, RECORDS)
        now = datetime.now(UTC)
        with catalog.writing() as session:
            shown = session.scalars(select(Disclosure.seq).where(Disclosure.audience == Audience.PUBLIC)).all()
            use.note(session, {number: {"downloads": 1_000} for number in shown}, now.date())
        assert snapshots.keep(catalog, settings, now) is not None
        with catalog.writing() as session:
            day = now.date() - timedelta(days=1)
            for country, cells in (
                ("", {"": {"n": 4, "access": {"open": 1}, "needs": {}}}),
                ("SSD", {"": {"n": 1, "states": {"displaced-people": "not applicable", "no-such-need": "met"}}}),
            ):
                session.add(
                    SharingSnapshot(day=day, audience=Audience.PUBLIC, country=country, cells=orjson.dumps(cells))
                )
        follow(catalog, settings.index_dir)
    with TestClient(create_app(settings), raise_server_exceptions=False) as running:
        yield running


def test_every_indicator_is_told_with_its_definition_and_newest_value(client: TestClient) -> None:
    answer = client.get("/api/v1/sharing").json()

    assert (answer["country"], answer["cut"]) == ("", "")
    told = {item["id"]: [value["value"] for value in item["values"]] for item in answer["items"]}
    assert told["holdings"] == [5]
    assert told["open-share"] == [0.2]
    assert "hidden-share" not in told
    assert all(item["definition"] and item["source"] for item in answer["items"])


def test_downloads_are_told_with_the_number_of_datasets_whose_portals_count_them(client: TestClient) -> None:
    values = client.get("/api/v1/sharing/downloads").json()["values"]
    page = client.get("/metrics").text

    # Of the day before nothing is told: it was not counted then.
    assert [(value["value"], value["of"]) for value in values] == [(None, None), (5_000, 5)]
    assert "<b>5,000</b> <small>of 5 datasets</small>" in page
    assert client.get("/api/v1/sharing/views").json()["values"][-1]["of"] == 0


def test_an_indicator_moves_from_day_to_day(client: TestClient) -> None:
    values = client.get("/api/v1/sharing/open-share").json()["values"]
    of_topic = client.get("/api/v1/sharing/holdings?topic=displacement&country=ssd").json()

    assert [(value["value"], value["of"]) for value in values] == [(0.25, 4), (0.2, 5)]
    assert of_topic["cut"] == "topic:displacement"
    assert [value["value"] for value in of_topic["values"]] == [0, 1]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/v1/sharing/no-such", 404),
        ("/api/v1/sharing/hidden-share", 404),
        ("/api/v1/sharing/holdings?country=SOUTH", 422),
        ("/api/v1/sharing/holdings?topic=a&kind=b", 422),
        ("/api/v1/sharing?unknown=1", 422),
        ("/metrics?country=1", 422),
        ("/feed.atom?need=no-such", 422),
        ("/feed.atom?contry=SSD", 422),
        ("/feed.atom?after=made-up", 422),
        ("/feed.json?after=made-up", 422),
        ("/feed.json?limit=1001", 422),
    ],
)
def test_what_cannot_be_answered(client: TestClient, address: str, status: int) -> None:
    assert client.get(address).status_code == status


def test_what_only_stewards_may_know_is_as_what_never_was(client: TestClient) -> None:
    hidden, never = (client.get(f"/api/v1/sharing/{key}") for key in ("hidden-share", "no-such"))

    assert hidden.status_code == 404
    assert hidden.content == never.content


def test_the_page_shows_figures_plots_and_definitions_without_scripts(client: TestClient) -> None:
    page = client.get("/metrics").text
    of_country = client.get("/metrics?country=ssd").text

    assert "Is sharing improving?" in page
    assert "<b>20%</b> <small>of 5</small>" in page
    assert '<polyline points="4,60 316,63.6"/>' in page
    assert page.count("<svg") >= 3
    assert "<script" not in page
    assert "Hidden from the public" not in page
    assert "South Sudan: how sharing stands" in of_country
    assert len(page.encode()) < 50_000


def test_any_question_is_a_feed_of_plain_sentences(client: TestClient) -> None:
    answer = client.get("/feed.atom?country=SSD")
    feed = ET.fromstring(answer.content)  # noqa: S314 - our own answer
    entries = [
        (entry.findtext(f"{ATOM}title"), entry.find(f"{ATOM}link").get("href"))  # type: ignore[union-attr]
        for entry in feed.findall(f"{ATOM}entry")
    ]
    told = client.get("/feed.json?country=SSD").json()

    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert feed.findtext(f"{ATOM}title") == "Landmark: South Sudan"
    assert [link.rpartition("-")[0] for title, link in entries if title.endswith("Sudan: Newly listed")] == [
        "http://testserver/dataset/sample-displacement-in-south-sudan"
    ]
    assert [item["title"] for item in told["items"]] == [title for title, _ in entries]
    assert told["version"] == "https://jsonfeed.org/version/1.1"


def test_a_feed_tells_the_newest_of_however_many_changes(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = client.get("/feed.json").json()["items"]
    monkeypatch.setattr(feeds, "MOST_CHANGES", 2)

    assert len(whole) > 3
    assert client.get("/feed.json").json()["items"] == whole


def test_a_feed_has_as_many_entries_as_are_asked_for(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = client.get("/feed.json").json()["items"]
    atom = ET.fromstring(client.get("/feed.atom?limit=2").content)  # noqa: S314 - our own answer

    assert client.get("/feed.json?limit=2").json()["items"] == whole[:2]
    assert [entry.findtext(f"{ATOM}id") for entry in atom.findall(f"{ATOM}entry")] == [one["id"] for one in whole[:2]]
    assert client.get("/feed.json?limit=0").json()["items"] == []
    assert client.get("/feed.json?limit=&after=").json()["items"] == whole
    monkeypatch.setattr(feeds, "MOST_ENTRIES", 3)
    assert len(client.get("/feed.json?limit=1000").json()["items"]) == 3


def test_a_feed_has_no_further_pages(client: TestClient) -> None:
    further = client.get("/api/v1/datasets?limit=1").json()["next"]
    for name in ("feed.atom", "feed.json"):
        refused = client.get(f"/{name}", params={"after": further})
        assert (refused.status_code, "after: a feed has no further pages" in refused.text) == (422, True)


def test_a_feed_tells_how_needs_moved(client: TestClient) -> None:
    (moved,) = client.get("/feed.json?need=displaced-people").json()["items"]
    of_country = client.get("/feed.json?country=SSD").json()["items"]
    of_words = client.get("/feed.json?country=SSD&q=displacement").json()["items"]

    assert moved["title"].startswith('South Sudan: "')
    assert moved["title"].rpartition('" ')[2].startswith("moved from not applicable to ")
    assert moved["url"] == "http://testserver/coverage/SSD?need=displaced-people"
    assert moved in of_country
    assert moved not in of_words


def test_a_feed_holds_nothing_hidden_and_is_told_once(client: TestClient) -> None:
    first = client.get("/feed.atom")
    again = client.get("/feed.atom", headers={"If-None-Match": first.headers["etag"]})

    assert "Quietcanary" not in first.text
    assert "Canary Holders" not in first.text
    assert (again.status_code, again.content) == (304, b"")
