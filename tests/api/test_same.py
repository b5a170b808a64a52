"""Where else a dataset is: in the JSON, on the page, and what stewards do about it over HTTP."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.acting import NOT_A_STEWARD
from api.app import create_app
from catalog import audit, keys, same
from catalog.database import Catalog
from catalog.keys import NewKey
from catalog.records import DistributionRecord
from catalog.rows import dataset_id
from catalog.search.writer import follow
from catalog.vocabulary import Visibility
from config.settings import Settings
from tests.api.conftest import CLEARANCE, PUBLIC, RECORDS, RELIEF, write
from tests.api.test_acts import DAY

DESK = PUBLIC.model_copy(update={"key": "sample-desk", "title": "Sample: data desk", "url": "https://desk.example.org"})
COUNTS = DistributionRecord("copy", "counts.xlsx", "http://data.example.org/counts.xlsx", format="XLSX")
TWIN = replace(
    RECORDS[0], remote_id="twin", title={"en": "Sample: displacement, South Sudan"}, distributions=(COUNTS,),
    landing_page="https://desk.example.org/twin",
)  # fmt: skip
HIDDEN = replace(TWIN, remote_id="hidden-twin", title={"en": "Quietcanary twin"}, visibility=Visibility.RESTRICTED)
ID, OTHER = str(dataset_id(PUBLIC.key, "displacement")), str(dataset_id(DESK.key, "twin"))
UNSEEN = str(dataset_id(DESK.key, "hidden-twin"))


class House:
    def __init__(self, catalog: Catalog, client: TestClient, made: dict[str, str]) -> None:
        self.catalog, self.client, self.keys = catalog, client, made

    def get(self, path: str, key: str = "", **more: Any) -> Any:
        return self.client.get(path, headers=self._headers(key), **more)

    def act(self, key: str, act: str, one: str = ID, other: str = OTHER, reason: str = "Sample reason.") -> Any:
        asked = {"act": act, "other": other, "reason": reason}
        return self.client.post(f"/api/v1/datasets/{one}/same", headers=self._headers(key), json=asked)

    def also_at(self, id_: str = ID, key: str = "") -> list[str]:
        return [there["id"] for there in self.get(f"/api/v1/datasets/{id_}", key).json()["also_at"]]

    def _headers(self, key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[key]}"} if key else {}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    settings = Settings(data_dir=tmp_path, database_url="", config_dir=None, rate_address=0, rate_key=0)
    with Catalog(settings.catalog_url, create=True) as catalog:
        write(catalog, PUBLIC, RECORDS)
        write(catalog, DESK, (TWIN, HIDDEN))
        same.follow(catalog)
        follow(catalog, settings.index_dir)
        made = {}
        with catalog.writing() as session:
            for name, audience, organisation, more in (
                ("partner", "community", RELIEF, {}),
                ("ada", "steward", RELIEF, {}),
                ("desk", "steward", CLEARANCE, {"sources": (DESK.key,)}),
                ("public", "steward", CLEARANCE, {"sources": (PUBLIC.key,)}),
                ("yemen", "steward", CLEARANCE, {"countries": ("YEM",)}),
            ):
                asked = NewKey(name, audience, organisation.name, "Sample purpose.", DAY, **more)
                made[name] = keys.create(session, asked, "A. Sample")
        with TestClient(create_app(settings), raise_server_exceptions=False) as client:
            yield House(catalog, client, made)


def test_the_page_says_where_else_it_is_in_plain_words(house: House):
    page = house.get(f"/dataset/{ID}").text
    assert ">Also at<" in page
    assert "Sample: displacement, South Sudan</a>" in page
    assert "Both list the same file address." in page
    assert 'href="https://desk.example.org/twin"' in page
    assert "On request" in page.split(">Also at<")[1].split("</ul>")[0], "the other's own way to the data"
    assert "uietcanary" not in page
    assert ">Also at<" in house.get(f"/dataset/{OTHER}").text
    assert ">Also at<" not in house.get(f"/dataset/{dataset_id(PUBLIC.key, 'clearance')}").text


def test_an_answer_is_another_version_when_a_link_ends(house: House):
    first = house.get(f"/api/v1/datasets/{ID}")
    seen = {"If-None-Match": first.headers["etag"]}
    assert house.client.get(f"/api/v1/datasets/{ID}", headers=seen).status_code == 304
    assert house.act("ada", "refuse").status_code == 200
    again = house.client.get(f"/api/v1/datasets/{ID}", headers=seen)
    assert (again.status_code, again.json()["also_at"]) == (200, [])


def test_stewards_decide_and_it_is_audited(house: House):
    assert (house.also_at(), house.also_at(OTHER)) == ([OTHER], [ID])
    refused = house.act("ada", "refuse")
    assert (refused.status_code, refused.json()) == (200, {"ids": [ID, OTHER], "before": "", "decision": "refused"})
    assert house.also_at() == house.also_at(OTHER) == []
    again = house.act("ada", "refuse")
    assert (again.status_code, again.json()["detail"]) == (409, "It is refused already.")
    assert house.act("desk", "confirm").json()["before"] == "refused"
    [there] = house.get(f"/api/v1/datasets/{ID}").json()["also_at"]
    assert (there["confirmed"], [reason["code"] for reason in there["reasons"]][-1]) == (True, "steward")
    assert house.act("public", "reopen").json()["decision"] == ""
    with house.catalog.reading() as session:
        assert audit.verify(session) == []
        said = [
            (line["actor"], line["action"], line["subject"], line["reason"])
            for line in audit.lines(session)
            if line["action"].endswith("of one dataset")
        ]
    assert said == [
        (actor, f"{act} that two records are of one dataset", f"{ID} {OTHER}", "Sample reason.")
        for actor, act in (("ada", "refused"), ("desk", "confirmed"), ("public", "reopened"))
    ]


def test_nobody_else_decides(house: House):
    assert house.act("", "refuse").status_code == 401
    for key in ("partner", "yemen"):
        answer = house.act(key, "refuse")
        assert (answer.status_code, answer.json()["detail"]) == (403, NOT_A_STEWARD)
    for other in (UNSEEN, "00000000-0000-4000-8000-000000000000"):
        assert house.act("public", "confirm", other=other).status_code == 404, "hidden as well as never there"
    assert house.act("ada", "merge").status_code == 422
    assert house.act("ada", "refuse", reason=" ").status_code == 422
    assert house.also_at() == [OTHER]


def test_what_is_shown_to_whom(house: House):
    assert house.also_at(key="partner") == [OTHER]
    assert house.also_at(key="public") == [OTHER], "a steward of one source is shown no hidden record of another"
    assert set(house.also_at(key="ada")) == set(house.also_at(key="desk")) == {OTHER, UNSEEN}


def test_stewards_list_what_may_be_the_same(house: House):
    def listed(key: str, query: str = "") -> list[set[str]]:
        items = house.get(f"/api/v1/same{query}", key).json()["items"]
        return [{item["first"]["id"], item["second"]["id"]} for item in items]

    pairs = [{ID, OTHER}, {ID, UNSEEN}, {OTHER, UNSEEN}]
    assert sorted(listed("ada"), key=sorted) == sorted(pairs, key=sorted) == sorted(listed("desk"), key=sorted)
    assert listed("public") == [{ID, OTHER}]
    assert listed("") == listed("partner") == listed("yemen") == []
    [found] = house.get("/api/v1/same", "public").json()["items"]
    assert (found["shown"], found["decision"]) == (True, "")
    assert found["reasons"][0] == {
        "code": "file-address",
        "said": "Both list the same file address.",
        "evidence": "data.example.org/counts.xlsx",
    }
    page = house.get("/api/v1/same?limit=2", "ada").json()
    assert (page["total"], len(page["items"]), page["next"]) == (3, 2, "2")
    rest = house.get("/api/v1/same?limit=2&after=2", "ada").json()
    assert (rest["total"], len(rest["items"]), rest["next"]) == (3, 1, "")
    house.act("ada", "refuse")
    assert listed("public", "?decision=refused") == [{ID, OTHER}]
    assert house.get("/api/v1/same?decision=maybe", "ada").status_code == 422


def test_holdings_count_the_dataset_once(house: House):
    def relief(key: str = "") -> tuple[int, int]:
        items = house.get("/api/v1/organizations?q=relief", key).json()["items"]
        return items[0]["datasets"], items[0]["records"]

    assert relief() == (3, 4)
    assert relief("ada") == (3, 5)
    one = house.get("/api/v1/organizations/SR").json()
    assert (one["datasets"], one["records"]) == (3, 4)
    assert {count["value"]: count["count"] for count in one["facets"]["country"]} == {"UKR": 2, "SSD": 1}
    page = house.get("/organizations/SR").text
    assert "3 datasets</a>, in 4 records: what several sources list counts once here" in page
    assert house.get("/api/v1/datasets?organization=SR").json()["total"] == 4, "a search lists records"
    before = house.get("/api/v1/organizations").headers["etag"]
    house.act("ada", "refuse")
    assert relief() == (4, 4)
    assert house.get("/api/v1/organizations").headers["etag"] != before
