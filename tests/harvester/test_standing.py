"""How sources stand: live, wanting a key, off, ended, part of another; and how often a portal may be asked in a day.

Through the real command; the portal is an exchange on loopback with sample records.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.testclient import TestClient

from api.app import create_app
from catalog import runs
from catalog.database import Catalog
from config import load
from config.declarations import Source
from config.load import ConfigurationError
from config.settings import Settings
from tests.journeys.installation import Installation
from tests.journeys.packages import packages
from tests.portals_served import ckan

USAGE = 64


@pytest.fixture
def portal() -> Iterator[ckan.Stage]:
    with ckan.stage() as stage:
        stage.show(packages(6))
        yield stage


@pytest.fixture
def landmark(portal: ckan.Stage, tmp_path: Path) -> Installation:
    home = Installation(tmp_path / "home")
    home.declare("hdx", "http://127.0.0.1:9", enabled=False)
    home.declare("exchange", portal.address)
    home.run("init")
    return home


def declare(home: Installation, key: str, **content: Any) -> None:
    """Write a source's file as it stands."""
    (home.config / "sources" / f"{key}.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")


def view(home: Installation, **query: list[str]) -> None:
    declare(home, "part", kind="view", title="Sample part", of="exchange", query=query)


def listed(home: Installation, code: int = 0) -> dict[str, dict[str, Any]]:
    return {item["key"]: item for item in home.run("sources", "--json", code=code).json()["items"]}


def test_a_view_counts_what_it_is_a_part_of_and_is_never_read_twice(landmark: Installation) -> None:
    view(landmark, country=["SSD"])
    landmark.harvest("exchange")

    found = landmark.run("search", "--source", "exchange", "--country", "SSD", "--json").json()["total"]
    part = listed(landmark)["part"]

    assert found in range(1, 6)
    assert (part["datasets"], part["state"], part["health"]["state"], part["last_run"], part["health"]["due"]) == (
        found, "live", "view", None, False,
    )  # fmt: skip
    assert part["standing"] == {"of": "exchange", "query": {"country": ["SSD"]}}
    assert landmark.run("harvest", "part", code=USAGE).err == (
        'part is a part of exchange, and not read by itself: "landmark harvest exchange".\n'
    )
    said = landmark.run("harvest", "--all").err
    assert "exchange: complete." in said
    assert "part" not in said


def test_the_api_and_the_page_count_a_view_as_the_command_does(landmark: Installation) -> None:
    view(landmark, country=["SSD"])
    landmark.harvest("exchange")
    told = listed(landmark)["part"]["datasets"]

    with TestClient(create_app(Settings(data_dir=landmark.data, config_dir=landmark.config))) as client:
        assert client.get("/api/v1/sources/part").json()["datasets"] == told
        (one,) = [item for item in client.get("/api/v1/sources").json()["items"] if item["key"] == "part"]
        assert one["datasets"] == told
        page = client.get("/runs").text
    assert '<a href="/?source=exchange&amp;country=SSD">Sample part</a>' in page
    assert "A part of another source" in page
    assert "with exchange" in page


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            {"of": "nowhere", "query": {"country": ["SSD"]}},
            'part: the key "of": there is no source "nowhere".',
        ),
        (
            {"of": "exchange", "query": {"planet": ["Mars"]}},
            'part: the key "query": "planet" is no facet. There are: country,',
        ),
        ({"of": "exchange"}, 'a view has "of" (a source\'s key) and "query" (facets), and nothing else has them'),
        (
            {"of": "exchange", "query": {"country": ["SSD"]}, "schedule": "15 3 * * *"},
            'a view is not read by itself: leave out "schedule"; "exchange" has one',
        ),
    ],
)
def test_a_view_that_is_none_is_told(landmark: Installation, content: dict[str, Any], told: str) -> None:
    declare(landmark, "part", kind="view", title="Sample part", **content)
    assert told in landmark.run("sources", code=USAGE).err


def test_a_source_without_its_key_is_passed_over_and_says_what_to_do(
    landmark: Installation, portal: ckan.Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = {"how": "Ask the sample exchange for one.", "variable": "LANDMARK_KEY_SHARED"}
    landmark.declare("keyed", portal.address, access_key=how, schedule="15 3 * * *")
    told = "keyed is read with a key only. Set LANDMARK_KEY_SHARED to a key that may read this. Ask the sample exchange"

    assert told in landmark.run("harvest", "keyed", code=USAGE).err
    said = landmark.run("harvest", "--all").err
    assert told in said
    assert "exchange: complete." in said
    keyed = listed(landmark)["keyed"]
    assert (keyed["state"], keyed["health"]["state"], keyed["health"]["due"]) == ("needs key", "needs key", False)
    assert landmark.run("run-due").text == "Nothing is due.\n"

    landmark.keys = {"LANDMARK_KEY_SHARED": "sample-exchange-key"}
    assert listed(landmark)["keyed"]["state"] == "live"
    assert landmark.harvest("keyed")["state"] == "complete"


def test_a_source_that_has_ended_says_where_its_holdings_are(landmark: Installation, portal: ckan.Stage) -> None:
    ended = {"since": "2023", "reason": "The sample office closed.", "successors": ["exchange", "the sample archive"]}
    landmark.declare("former", portal.address, retired=ended, schedule="15 3 * * *")

    assert landmark.run("harvest", "former", code=USAGE).err == (
        "former has ended (2023): The sample office closed. Today: exchange; the sample archive.\n"
    )
    assert "former" not in landmark.run("harvest", "--all").err
    former = listed(landmark)["former"]
    assert (former["state"], former["health"]["state"], former["health"]["next_run"]) == ("retired", "retired", None)
    assert former["standing"] == ended


def test_a_source_that_is_off_is_read_by_hand_only(landmark: Installation, portal: ckan.Stage) -> None:
    landmark.declare("quiet", portal.address, enabled=False, note="Ask the office first.")
    assert "quiet" not in landmark.run("harvest", "--all").err
    assert "quiet is off by default: Ask the office first.\n" in landmark.run("harvest", "quiet").err
    quiet = listed(landmark)["quiet"]
    assert (quiet["state"], quiet["standing"]) == ("off by default", {"note": "Ask the office first."})


def test_a_portal_is_asked_no_more_often_in_a_day_than_it_allows(landmark: Installation, portal: ckan.Stage) -> None:
    landmark.declare("exchange", portal.address, calls_per_day=3, options={"rows": 2})
    first = landmark.harvest("exchange")
    assert (first["state"], first["seen"]) == ("complete", 6)
    with Catalog(Settings(data_dir=landmark.data).catalog_url) as catalog, catalog.reading() as session:
        asked = runs.asked_today(session, "exchange", datetime.now(UTC))
    assert asked == 3

    again = landmark.harvest("exchange", code=1)
    assert (again["state"], again["seen"], again["issues"], again["outcome"]) == (
        "failed",
        0,
        {"budget-spent": 1},
        "The portal could not be read further: exchange may be asked 3 times a day, and has been",
    )


def test_kinds_are_listed_with_their_sources(landmark: Installation) -> None:
    kinds = {kind["kind"]: kind for kind in landmark.run("sources", "--json").json()["kinds"]}
    assert kinds["hdx"]["sources"] == ["exchange", "hdx"]
    assert kinds["nada"]["api"].startswith("https://ihsn.github.io/nada-api-redoc/catalog-search/")
    assert kinds["nada"] == {
        "kind": "nada",
        "title": "Microdata libraries that run NADA: national statistics offices, UNHCR, the World Bank, IHSN",
        "publisher": "each library its own; the software is by IHSN (https://nada.ihsn.org).",
        "api": kinds["nada"]["api"],
        "terms": "study descriptions are public; the microdata itself stands under each study's own access policy.",
        "unit": "a study.",
        "sources": [],
    }


@pytest.mark.parametrize(("chosen", "there"), [("none", set()), ("hdx, cod", {"hdx", "cod"}), ("hdx none", {"hdx"})])
def test_the_shipped_sources_that_there_are_can_be_chosen(chosen: str, there: set[str]) -> None:
    assert {source.key for source in load.sources(Settings(sources=chosen))} == there


def test_a_shipped_source_that_does_not_exist_is_told() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load.sources(Settings(sources="hdx, hdx-dmt"))
    assert str(caught.value) == 'LANDMARK_SOURCES: no source "hdx-dmt" is shipped. Did you mean "hdx-dtm"?'


def test_every_shipped_source_is_of_a_kind_that_there_is() -> None:
    shipped = {source.key: source for source in load.sources(Settings(sources="all"))}
    views = {key: source.of for key, source in shipped.items() if source.kind == "view"}
    assert set(views.values()) == {"hdx"}
    assert {"hdx-dtm", "hdx-acled", "hdx-insecurity-insight", "hdx-reach", "hdx-immap", "hdx-idmc", "cod"} <= set(views)


@pytest.mark.parametrize(("given", "read"), [(7, 7), (900, 100), (0, 20), (-1, 20), (True, 20), ("7", 20), (None, 20)])
def test_an_option_that_is_no_whole_number_is_as_if_it_were_not_given(given: Any, read: int) -> None:
    source = Source(key="a", kind="hdx", title="Sample", url="https://sample.example", options={"rows": given})
    assert source.whole("rows", 20, 100) == read
    assert source.whole("pages", 3) == 3
