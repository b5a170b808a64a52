"""Hashtags over HTTP: which there are, what one means, where they come from, how they are asked for and read back."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import hxl
import pytest
from hxl.input import InputOptions, make_input
from starlette.testclient import TestClient

from api.app import create_app
from catalog.database import Catalog
from catalog.records import AgentRecord, AgentRole, ColumnRecord, DatasetRecord, DistributionRecord, LocationRecord
from catalog.search.writer import follow
from catalog.vocabulary import Role, Visibility
from config.load import rules
from config.settings import Settings
from tests.api.conftest import CLOSED, PUBLIC, RECORDS, Shelf, write

DECLARED = {"declared": 1, "mapped": 0, "inferred": 0, "curated": 0}


def _file(key: str, *columns: ColumnRecord) -> DistributionRecord:
    return DistributionRecord(key=key, name=f"{key}.csv", url=f"https://data.example.org/{key}.csv", columns=columns)


def test_hashtags_are_listed_with_what_they_mean(client: TestClient) -> None:
    answer = client.get("/api/v1/hxl/tags")
    assert answer.status_code == 200
    assert answer.json() == {
        "total": 2,
        "items": [
            {
                "tag": "#adm1",
                "label": "First administrative level below the country",
                "datasets": 1,
                "origins": DECLARED,
            },
            {
                "tag": "#affected",
                "label": "People or households that a crisis affects",
                "datasets": 1,
                "origins": DECLARED,
            },
        ],
        "facets": {},
        "next": "",
    }
    words = client.get("/api/v1/hxl/tags", params={"q": "crisis people"}).json()
    assert [item["tag"] for item in words["items"]] == ["#affected"]
    first = client.get("/api/v1/hxl/tags", params={"limit": 1}).json()
    assert ([item["tag"] for item in first["items"]], first["next"]) == (["#adm1"], "1")
    rest = client.get("/api/v1/hxl/tags", params={"limit": 1, "after": "1"}).json()
    assert ([item["tag"] for item in rest["items"]], rest["next"]) == (["#affected"], "")
    assert client.get("/api/v1/hxl/tags", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


@pytest.mark.parametrize("name", ["affected", "%23affected", "%23Affected%20"])
def test_one_hashtag(client: TestClient, shelf: Shelf, name: str) -> None:
    said = client.get(f"/api/v1/hxl/tags/{name}").json()
    assert [item["id"] for item in said.pop("items")] == [shelf.id("displacement")]
    assert said == {
        "tag": "#affected",
        "label": "People or households that a crisis affects",
        "in_dictionary": True,
        "datasets": 1,
        "origins": DECLARED,
        "attributes": [{"attribute": "+idps", "label": "internally displaced people", "datasets": 1}],
        "tags": [{"tag": "#affected+idps", "datasets": 1, "origins": DECLARED}],
    }


def test_a_hashtag_with_attributes_and_one_that_nobody_has(client: TestClient) -> None:
    full = client.get("/api/v1/hxl/tags/affected+idps").json()
    assert (full["tag"], full["datasets"], full["attributes"]) == ("#affected+idps", 1, [])
    nobody = client.get("/api/v1/hxl/tags/capacity").json()
    assert (nobody["label"], nobody["datasets"], nobody["items"]) == ("How much can be handled", 0, [])
    for name in ("x_nobody", "affected+nobody", "adm*", "no%20tag", "%23"):
        assert client.get(f"/api/v1/hxl/tags/{name}").status_code == 404


def test_where_tags_come_from(client: TestClient) -> None:
    said = client.get("/api/v1/hxl/stats").json()
    whole, none = {"datasets": 1, "share": 1.0}, {"datasets": 0, "share": 0.0}
    origins = {"declared": whole, "mapped": none, "inferred": none, "curated": none}
    by = said.pop("by")
    assert said == {"datasets": 5, "columns_known": 1, "origins": origins}
    assert by["country"] == [{"value": "SSD", "label": "South Sudan", "columns_known": 1, "origins": origins}]
    assert by["month"] == [{"value": "2024-07", "label": "2024-07", "columns_known": 1, "origins": origins}]
    assert [entry["label"] for entry in by["organization"]] == ["Sample Relief"]
    assert client.get("/api/v1/hxl/stats", params={"limit": 0}).json()["by"]["country"] == []


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ({"hxl.same": ["#adm1", "#affected-f"]}, ["displacement"]),
        ({"hxl.same": ["#adm1", "#geo"]}, []),
        ({"hxl": ["#adm1", "#affected"], "hxl.same": "true"}, ["displacement"]),
        ({"hxl": "#adm1", "hxl.origin": "declared,curated"}, ["displacement"]),
        ({"hxl": "#adm1", "hxl.origin": ["inferred", "curated"]}, []),
        ({"hxl": "#adm1", "hxl.min_confidence": "0.9"}, ["displacement"]),
        ({"columns": "known"}, ["displacement"]),
        ({"month": "2024-05"}, ["clearance"]),
    ],
)
def test_columns_are_asked_for_in_the_address(
    client: TestClient, shelf: Shelf, asked: dict[str, str], ids: list[str]
) -> None:
    answer = client.get("/api/v1/datasets", params=asked)
    assert [item["id"] for item in answer.json()["items"]] == [shelf.id(key) for key in ids]
    assert client.get("/", params=asked).text.count("<article>") == len(ids)


@pytest.mark.parametrize(
    ("name", "value", "mend"),
    [
        ("hxl.same", "#adm*", "only #* alone stands for any tag"),
        ("hxl.same", "#adm1,#adm2", "a parameter of its own"),
        ("hxl.origin", "guessed", "one of declared, mapped, inferred, curated"),
        ("hxl.min_confidence", "2", "a number from 0 to 1, such as 0.8"),
        ("hxl.min_confidence", "nan", "a number from 0 to 1, such as 0.8"),
        ("month", "July", "such as 2024-07"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_mend(client: TestClient, name: str, value: str, mend: str) -> None:
    answer = client.get("/api/v1/datasets", params={name: value})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    problem = answer.json()
    assert name in str(problem)
    assert mend in str(problem)


def test_filters_on_columns_can_be_taken_off_one_by_one(client: TestClient) -> None:
    page = client.get("/", params={"hxl": "#adm1", "hxl.same": "#affected", "hxl.origin": "declared"}).text
    for label in ("Column tagged #adm1", "On one table: #affected", "Tags that are declared"):
        assert f'aria-label="Remove {label}"' in page
    assert 'href="/?hxl=%23adm1&amp;hxl.origin=declared" aria-label="Remove On one table: #affected"' in page


def test_a_dataset_shows_where_each_tag_comes_from(client: TestClient, shelf: Shelf) -> None:
    page = client.get(f"/dataset/{shelf.id('displacement')}").text
    assert (
        '<td dir="auto">IDPs</td><td><code>#affected+idps</code> </td><td><details><summary>declared by the source'
        "</summary>The source&#39;s own metadata declare it.</details></td>"
    ) in page
    assert "<script" not in page


def test_what_columns_hold_is_offered_in_plain_words(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url="", config_dir=None, rate_address=0)
    columns = (ColumnRecord("", 0, "A", "#adm2+code"), ColumnRecord("", 1, "B", "#affected+killed"))
    record = replace(RECORDS[0], distributions=(_file("s", *columns, ColumnRecord("", 2, "C", "#geo+lat")),))
    with Catalog(settings.catalog_url, create=True) as catalog:
        write(catalog, PUBLIC, (record,), rules=rules(settings))
        follow(catalog, settings.index_dir)
    with TestClient(create_app(settings), raise_server_exceptions=False) as running:
        page = running.get("/").text
        offered = page.partition("<summary>What columns hold</summary>")[2].partition("</details>")[0]
        for key, title in (
            ("people-killed", "People killed"),
            ("district-codes", "District codes"),
            ("coordinates", "Coordinates"),
        ):
            assert f'name="concept" value="{key}"><span dir="auto">{title}</span><b>1</b>' in offered
            assert running.get("/api/v1/datasets", params={"concept": title.casefold()}).json()["total"] == 1
        assert 'value="displacement"' not in offered, "a topic is offered among the topics"


@pytest.fixture(scope="module")
def hidden(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A register in which a public record and one for stewards have hashtags."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("hxl"), database_url="", config_dir=None, rate_address=0)
    secret = DatasetRecord(
        remote_id="secret",
        title={"en": "Sample: Quietcanary"},
        landing_page="https://data.example.org/secret",
        agents=(AgentRole(AgentRecord("Sample Quietcanary"), Role.PUBLISHER),),
        locations=(LocationRecord("YEM"),),
        visibility=Visibility.RESTRICTED,
        distributions=(
            _file("s", ColumnRecord("", 0, "A", "#x_quietcanary"), ColumnRecord("", 1, "B", "#adm1+quiet")),
        ),
    )
    with Catalog(settings.catalog_url, create=True) as catalog:
        write(catalog, PUBLIC, RECORDS[:1])
        write(catalog, CLOSED, (secret,))
        follow(catalog, settings.index_dir)
    with TestClient(create_app(settings), raise_server_exceptions=False) as running:
        yield running


def test_what_is_hidden_is_in_no_list_no_count_and_no_answer(hidden: TestClient) -> None:
    listed = hidden.get("/api/v1/hxl/tags")
    assert [(item["tag"], item["datasets"]) for item in listed.json()["items"]] == [("#adm1", 1), ("#affected", 1)]
    stats, one = hidden.get("/api/v1/hxl/stats"), hidden.get("/api/v1/hxl/tags/adm1")
    assert stats.json()["datasets"] == 1
    assert [entry["attribute"] for entry in one.json()["attributes"]] == ["+name"]
    assert hidden.get("/api/v1/hxl/tags/x_quietcanary").status_code == 404
    assert not any("quiet" in answer.text.casefold() for answer in (listed, stats, one))


# What libhxl reads workbooks with imports what is deprecated.
@pytest.mark.filterwarnings("ignore:defusedxml.cElementTree:DeprecationWarning")
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_libhxl_reads_an_export_back(client: TestClient, form: str) -> None:
    content = client.get(f"/api/v1/datasets.{form}", params={"hashtags": "true"}).content
    # It is given bytes, never an address.
    with make_input(io.BytesIO(content), InputOptions(encoding="utf-8-sig" if form == "csv" else None)) as rows:
        data = hxl.data(rows)
        assert data.display_tags[:4] == [
            "#meta+dataset+title",
            "#org+holder+list",
            "#country+code+list",
            "#subject+list",
        ]
        found = [(row.get("#country+code"), row.get("#meta+hxl") or None) for row in data]
    assert found == [("SSD", "#adm1+name; #affected+idps"), ("SDN", None), ("UKR", None), ("UKR", None), ("UKR", None)]
