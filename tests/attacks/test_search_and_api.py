"""A32 to A44: questions of any kind are answered as questions, and what is hidden takes part in nothing."""

import base64
import shutil
import statistics
import time
import tracemalloc
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import orjson
import pytest
from starlette.testclient import TestClient

from catalog import keys
from catalog.database import Catalog
from catalog.facets import facets
from catalog.keys import NewKey
from catalog.rows import dataset_id
from tests.attacks.conftest import Attacked
from tests.journeys.packages import package
from tests.portals_served import ckan

HIDDEN = "quietcanary"
LISTS = ("/api/v1/datasets", "/api/v1/datasets.csv", "/api/v1/datasets.xlsx", "/")


@pytest.fixture(scope="module")
def holdings(nothing_read: Any, assessor: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    """Eleven public records, and one between them that nobody may know of."""
    folder = tmp_path_factory.mktemp("holdings")
    shutil.copy(nothing_read, folder / "landmark.db")
    with ckan.stage() as stage:
        made = Attacked(folder, assessor, stage)
        hidden = package(
            5,
            private=True,
            title=f"Sample {HIDDEN} hospital",
            notes=HIDDEN,
            organization={"title": f"Sample {HIDDEN} holder"},
            groups=[{"name": "tcd"}],
            tags=[{"name": HIDDEN}],
            metadata_modified="2031-01-01T00:00:00",
            last_modified="2031-01-01T00:00:00",
        )
        made.read(*(hidden if at == 5 else package(at) for at in range(12)))
        yield made
        made.close()


@pytest.fixture
def client(holdings: Attacked) -> TestClient:
    return holdings.client


ODD = (
    '"', '"a', "NEAR(a b)", "NEAR(", "*", "a*", "^a", "title:a", "title:", "a AND OR NOT", "AND", "NOT", "-", "--",
    "(((", "a~2", "a^9999", "\\", "\x00", "[* TO *]", "{a TO b]", "/a(/", "+", "?", "a" * 500, "' OR 1=1 --", "%",
    "%%", "_", "\ud7ff", "🙂",
)  # fmt: skip


def test_a32_whatever_is_searched_for_is_text(client: TestClient):
    for words in ODD:
        for path in LISTS:
            assert client.get(path, params={"q": words}).status_code in {200, 422}, (path, words)
    assert client.get("/api/v1/datasets", params={"q": "a " * 10_000}).status_code == 422
    assert client.get("/api/v1/datasets", params={"q": "a " * 249}).status_code == 200
    assert client.get("/api/v1/datasets", params={"q": f"title:{HIDDEN} OR *"}).json()["total"] == 0


SQL = ("' OR 1=1 --", "1; drop table dataset", "x') union select title from dataset --", '"; --', "id", "visibility")


def test_a33_nothing_that_is_asked_becomes_sql(client: TestClient, holdings: Attacked):
    before = client.get("/api/v1/datasets").content
    for words in SQL:
        for name in ("q", "sort", "after", "covers", "modified_since", "hxl", "facets", "limit", *facets()):
            assert client.get("/api/v1/datasets", params={name: words}).status_code in {200, 422}, (name, words)
        for path in ("datasets", "organizations", "sources", "runs"):
            assert client.get(f"/api/v1/{path}/{quote(words, safe='')}").status_code == 404
        for name in ("since", "source", "dataset", "after"):
            assert client.get("/api/v1/changes", params={name: words}).status_code in {200, 422}
    assert client.get("/api/v1/datasets", params={"sort": "visibility"}).status_code == 422
    assert client.get("/api/v1/datasets").content == before


@pytest.mark.parametrize("value", ["1000000000000000000", "-1", "NaN", "1.5", "1e3", "٣", " 5", "0x10", "9" * 5000])
def test_a34_pages_have_bounds(value: str, client: TestClient):
    for path in ("datasets", "datasets.csv", "organizations", "runs", "changes"):
        assert client.get(f"/api/v1/{path}", params={"limit": value}).status_code == 422, path
        assert client.get(f"/api/v1/{path}", params={"after": value}).status_code in {200, 422}, path
        assert HIDDEN not in client.get(f"/api/v1/{path}", params={"after": value}).text


def test_a34_a_forged_cursor_leads_to_nothing_hidden(client: TestClient):
    for place in (0, 1 << 62, "zzz", [-1.0, 0], None, {"a": 1}, [[]], -5):
        for order in ("modified", "title", "relevance", "seq", "visibility"):
            said = base64.urlsafe_b64encode(orjson.dumps(["x", order, place, 3])).rstrip(b"=").decode()
            answer = client.get(
                "/api/v1/datasets", params={"after": said, "sort": order if order in {"modified", "title"} else ""}
            )
            assert answer.status_code in {200, 422}
            assert HIDDEN not in answer.text


def test_a35_a_walk_through_everything_finds_what_the_public_may_know(client: TestClient):
    for order in ("modified", "title"):
        seen: list[str] = []
        after = ""
        while True:
            page = client.get("/api/v1/datasets", params={"limit": 3, "sort": order, "after": after}).json()
            seen += [item["title"] for item in page["items"]]
            after = page["next"]
            if not after:
                break
        assert (len(seen), len(set(seen)), HIDDEN in " ".join(seen)) == (11, 11, False)
    assert client.get("/api/v1/datasets", params={"limit": 1001}).status_code == 422
    assert client.get("/api/v1/datasets.csv", params={"limit": 10_001}).status_code == 422


def test_a36_no_narrowing_closes_in_on_a_hidden_record(client: TestClient):
    assert client.get("/api/v1/datasets", params={"bbox": "0,0,1,1"}).status_code == 422, (
        "there is no search by coordinates"
    )
    for narrowed in ({"country": "TCD"}, {"modified_since": "2030-01-01"}, {"covers": "2030-01-01.."}):
        answer = client.get("/api/v1/datasets", params=narrowed).json()
        assert (answer["total"], answer["items"]) == (0, [])


def test_a37_no_order_shows_where_a_hidden_record_stands(client: TestClient):
    for order in ("modified", "title", "relevance"):
        pages = [client.get("/api/v1/datasets", params={"sort": order, "limit": 1, "q": "sample"}).json()]
        while pages[-1]["next"]:
            asked = {"sort": order, "limit": 1, "q": "sample", "after": pages[-1]["next"]}
            pages.append(client.get("/api/v1/datasets", params=asked).json())
        assert [len(page["items"]) for page in pages] == [1] * 11
        assert {page["total"] for page in pages} == {11}
    for field in ("level", "sensitivity", "size", "seq", "visibility"):
        assert client.get("/api/v1/datasets", params={"sort": field}).status_code == 422


def test_a38_a_hidden_record_is_counted_named_and_suggested_nowhere(client: TestClient):
    found = client.get("/api/v1/datasets").json()
    assert found["total"] == len(found["items"]) == 11
    for name, counts in found["facets"].items():
        assert sum(count["count"] for count in counts) <= 11 * 20, name
        assert not [count for count in counts if count["value"] == "TCD" or HIDDEN in count["label"].lower()], name
    assert sum(count["count"] for count in found["facets"]["source"]) == 11
    for words in (HIDDEN, f"{HIDDEN}x", f"sample {HIDDEN}", "Chad"):
        for name in ("q", "organization", "country", "hashtag"):
            answer = client.get("/api/v1/datasets", params={name: words}).json()
            counts = [count for each in answer.get("facets", {}).values() for count in each if not count["selected"]]
            assert HIDDEN not in str(answer.get("items", "")) + str(counts)
            if name == "q":
                assert answer["total"] == (11 if words.startswith("sample") else 0)
    assert HIDDEN not in client.get("/api/v1/organizations", params={"q": "sample"}).text
    runs, sources = (client.get(f"/api/v1/{path}").json()["items"] for path in ("runs", "sources"))
    assert (runs[0]["created"], sources[0]["datasets"]) == (11, 11)


def hidden_id(client: TestClient) -> str:
    return str(dataset_id("sample", package(5)["id"]))


def test_a39_hidden_and_never_existed_are_one_answer(client: TestClient):
    took: dict[str, list[float]] = {"hidden": [], "never": []}
    for _ in range(40):
        for name, key in (("hidden", hidden_id(client)), ("never", str(uuid4()))):
            began = time.perf_counter()
            client.get(f"/api/v1/datasets/{key}")
            took[name].append(time.perf_counter() - began)
    for prefix in ("/api/v1/datasets/", "/dataset/"):
        hidden, never = (client.get(f"{prefix}{key}") for key in (hidden_id(client), str(uuid4())))
        assert (hidden.status_code, hidden.content) == (404, never.content)
        assert dict(hidden.headers) == dict(never.headers)
    ratio = statistics.median(took["hidden"]) / statistics.median(took["never"])
    assert 1 / 3 < ratio < 3


def test_a40_no_other_way_to_write_an_address_shows_more(client: TestClient):
    key = hidden_id(client)
    ways = (
        f"/api/v1/datasets/{key}/", f"/api/v1//datasets/{key}", f"http://testserver//api/v1/datasets/{key}",
        f"/api/v1/datasets/{key}.json", f"/api/v1/datasets/%2e%2e/datasets/{key}", f"/api/v1/datasets/{key.upper()}",
        f"/dataset/{key}/", f"/dataset/{key}%00", f"/api/v1/datasets/{key}%20", f"/api/v1/datasets/{{{key}}}",
        f"/API/v1/datasets/{key}", f"/dataset/ｘ{key}",
    )  # fmt: skip
    for way in ways:
        for method in ("GET", "HEAD", "OPTIONS", "POST"):
            answer = client.request(method, way)
            assert answer.status_code in {404, 405}, (method, way)
            assert HIDDEN not in answer.text + str(answer.headers)


def test_a41_no_answer_tells_of_the_inside(client: TestClient, holdings: Attacked):
    paths = (
        "/api/v1/openapi.json",
        "/docs",
        "/redoc",
        "/nothing",
        "/api/v1/nothing",
        "/api/v1/runs/x",
        "/openapi.json",
    )
    paths += (
        "/api/v1/datasets?limit=<b>",
        "/?contry=<script>",
        "/api/v1/datasets?after=%00",
        "/metrics",
        "/debug",
        "/.env",
    )
    for path in paths:
        answer = client.get(path)
        assert answer.status_code in {200, 404, 422}, path
        for inside in (
            HIDDEN,
            "Traceback",
            "sqlite",
            "postgres",
            str(holdings.folder),
            "site-packages",
            ".py",
            "LANDMARK_",
        ):
            assert inside not in answer.text, (path, inside)
        if "html" in answer.headers["content-type"]:
            assert "<script" not in answer.text


BODIES = (b"x" * 30_000_000, b"[" * 100_000, b'{"a":1,"a":2}', b'{"n":' + b"9" * 5_000 + b"}")


def test_a42_a_huge_body_fills_no_memory(client: TestClient):
    for body in BODIES:
        for path in ("/api/v1/datasets", "/", "/api/v1/runs"):
            answer, peak = posted(client, path, body)
            assert answer in {404, 405, 413, 422}, path
            assert peak < len(body) + 20_000_000


def test_a42_an_act_takes_no_huge_body_either(client: TestClient, holdings: Attacked):
    day = datetime.now(UTC).date() + timedelta(days=9)
    asked = NewKey("Ada", "steward", "Sample Desk", "Sample purpose.", day, introduce=True)
    with Catalog(holdings.settings.catalog_url) as catalog, catalog.writing() as session:
        key = keys.create(session, asked, "Ada")
    sent = {"authorization": f"Bearer {key}"}
    told = [posted(client, "/api/v1/privacy/erase", body, sent)[0] for body in BODIES]
    assert told == [413, 413, 422, 400]
    assert posted(client, "/api/v1/privacy/erase", BODIES[0])[0] == 413


def posted(client: TestClient, path: str, body: bytes, more: Mapping[str, str] | None = None) -> tuple[int, int]:
    """The status of an answer, and the most memory that was taken meanwhile."""
    tracemalloc.start()
    answer = client.post(path, content=body, headers={"content-type": "application/json", **(more or {})})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return answer.status_code, peak


def test_a43_no_other_site_is_let_in(client: TestClient):
    for origin in ("null", "https://evil.example", "http://testserver.evil.example"):
        for method in ("GET", "OPTIONS", "HEAD"):
            sent = {"Origin": origin, "Access-Control-Request-Method": "GET", "Cookie": "a=b"}
            headers = client.request(method, "/api/v1/datasets", headers=sent).headers
            assert not [name for name in headers if name.startswith("access-control-")]


def test_a44_nothing_is_changed_by_who_may_not(client: TestClient, holdings: Attacked):
    before = client.get("/api/v1/datasets").content
    body = {
        "visibility": "public",
        "level": "low_no",
        "classification": "low_no",
        "steward": "me",
        "asserted_by": "steward",
    }
    known = client.get("/api/v1/datasets").json()["items"][0]["id"]
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for path in ("/api/v1/datasets", f"/api/v1/datasets/{known}", f"/api/v1/datasets/{hidden_id(client)}", "/"):
            answer = client.request(method, path, json=body)
            assert answer.status_code in {401, 403, 404, 405, 422}, (method, path)
    for name in body:
        assert client.get("/api/v1/datasets/" + known, params={name: "public"}).status_code == 422
    assert client.get("/api/v1/datasets").content == before
