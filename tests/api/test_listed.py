"""A record of which the public is only told that it exists: on its page, in lists, files, facets and the feed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.records import (
    AccessRecord,
    AgentRecord,
    AgentRole,
    ColumnRecord,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
)
from catalog.rows import Entry, dataset_id
from catalog.runs import Issue, begin, finish, sync_sources
from catalog.search import follow
from catalog.store import Store
from catalog.vocabulary import AccessModality, Role, RunState, Visibility
from config.declarations import Source
from config.settings import Settings

PORTAL = Source(key="sample", kind="hdx", title="Sample portal", url="http://127.0.0.1:9", visibility="public")
RECORD = DatasetRecord(
    remote_id="quietcanary-1",
    title={"en": "Sample: Quietcanary village"},
    notes={"en": "Quietcanary."},
    landing_page="http://127.0.0.1:9/quietcanary",
    licence="Quietcanary licence",
    keywords=("quietcanary",),
    agents=(AgentRole(AgentRecord("Sample Relief"), Role.HOLDER, "info@relief.example"),),
    locations=(LocationRecord("SSD", 3),),
    distributions=(
        DistributionRecord(
            "r1", "Quietcanary", "http://127.0.0.1:9/quietcanary.csv", format="CSV",
            columns=(ColumnRecord("", 0, "Quietcanary", "#adm1"),),
        ),
    ),
    access=(AccessRecord(AccessModality.OPEN, ("Download quietcanary.",), "http://127.0.0.1:9/quietcanary"),),
    visibility=Visibility.LISTED,
)  # fmt: skip
ID = str(dataset_id("sample", "quietcanary-1"))


@pytest.fixture
def client(tmp_path: Path, assessor: Assessor) -> Iterator[TestClient]:
    settings = Settings(data_dir=tmp_path, database_url="", config_dir=None)
    described = replace(RECORD, remote_id="quietcanary-2", visibility=Visibility.DESCRIBED)
    with Catalog(settings.catalog_url, create=True) as catalog:
        sync_sources(catalog, [PORTAL])
        run = begin(catalog, PORTAL, "full")
        with catalog.writing() as session:
            store = Store(PORTAL, assessor, catalog.address.drivername)
            for version, licence in enumerate(("Quietcanary licence", "Quietcanary other")):
                entries = [
                    Entry(one, assessor.assess(one, PORTAL, run.started.date()), f"{version}", b"{}", "")
                    for one in (replace(RECORD, licence=licence), replace(described, licence=licence))
                ]
                store.write(session, run.id, entries, run.started)
            issues = [Issue("quietcanary-code", "Quietcanary", "warning", remote_id=RECORD.remote_id)]
            finish(session, run, RunState.PARTIAL, tuple(issues), "")
        follow(catalog, settings.index_dir)
        with TestClient(create_app(settings), raise_server_exceptions=False) as made:
            yield made


def test_no_answer_has_a_word_that_is_not_to_be_told(client: TestClient) -> None:
    for address in (
        f"/api/v1/datasets/{ID}", f"/dataset/{ID}", f"/api/v1/datasets/{ID}/level", "/api/v1/datasets",
        "/api/v1/datasets.csv", "/", "/api/v1/changes", "/api/v1/runs", "/runs", "/api/v1/sources",
        "/api/v1/organizations", "/organizations", "/api/v1/datasets?q=quietcanery",
    ):  # fmt: skip
        answer = client.get(address)
        assert (answer.status_code, "quietcanary" in answer.text.lower()) == (200, False), address


def test_its_page_says_that_it_exists_and_that_the_holder_must_be_asked(client: TestClient) -> None:
    page = client.get(f"/dataset/{ID}").text
    for said in (
        "This exists, and nothing more of it is shown to you.", "Its holder must be asked, as said below.",
        "Ask the holder: Sample Relief.", "info@relief.example", "South Sudan",
    ):  # fmt: skip
        assert said in page, said
    for absent in ("Files and services", "Reference period", "Licence", "What would change it", "#adm1", "CSV"):
        assert absent not in page, absent
    assert "This exists. More is not shown to you: the holder must be asked." in client.get("/").text


def test_it_is_found_by_what_is_told_and_counted_exactly(client: TestClient) -> None:
    page = client.get("/api/v1/datasets", params={"country": "SSD"}).json()
    found = {item["id"]: (item["mode"], item["title"]) for item in page["items"]}
    assert page["total"] == len(found) == 2
    assert found[ID] == ("ask", "Tables (South Sudan)")
    for facet, told in (("access", ["on_request", "unknown"]), ("format", ["CSV"]), ("hashtag", [])):
        counted = client.get("/api/v1/datasets", params={"facets": facet, "limit": 0}).json()["facets"][facet]
        assert (sorted(count["value"] for count in counted), {count["count"] for count in counted} <= {1}) == (
            told,
            True,
        )
    assert client.get("/api/v1/datasets", params={"q": "quietcanary"}).json()["total"] == 0
    assert client.get("/api/v1/datasets", params={"q": "relief"}).json()["total"] == 2


def test_a_file_says_in_words_that_the_holder_must_be_asked(client: TestClient) -> None:
    [line] = [line for line in client.get("/api/v1/datasets.csv").text.splitlines() if ID in line]
    assert "that it exists: the holder must be asked" in line
    assert "TLP:CLEAR" in line


def test_the_feed_and_the_run_tell_that_it_is_there_and_no_more(client: TestClient) -> None:
    changed = client.get("/api/v1/changes").json()
    assert (changed["total"], [item["kind"] for item in changed["items"]]) == (2, ["created", "created"])
    [run] = client.get("/api/v1/runs").json()["items"]
    assert (run["created"], run["updated"], run["issues"]) == (2, 0, [])
    assert client.get(f"/api/v1/runs/{run['id']}/issues").json()["total"] == 0
