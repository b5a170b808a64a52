import orjson
import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from api.examples import DATASET, ITEM
from tests.api.conftest import Shelf


def _titles(answer: Response) -> list[str]:
    return [item["title"] for item in answer.json()["items"]]


def test_an_empty_question_lists_all_that_the_public_may_know(client: TestClient):
    answer = client.get("/api/v1/datasets", params={"facets": "country,access"})
    body = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert body | {"items": _titles(answer)} == {
        "total": 5,
        "items": [
            "Sample: Displacement in South Sudan",
            "Sample: إزالة الألغام",
            '=HYPERLINK("https://bad.example.org")',
            "Sample: Schools <script>",
            "Sample: Clinics",
        ],
        "facets": {
            "country": [
                {"value": "UKR", "label": "Ukraine", "count": 3, "selected": False},
                {"value": "SSD", "label": "South Sudan", "count": 1, "selected": False},
                {"value": "SDN", "label": "Sudan", "count": 1, "selected": False},
            ],
            "access": body["facets"]["access"],
        },
        "next": "",
        "notices": [],
        "wording": {},
    }
    assert {count["value"]: count["count"] for count in body["facets"]["access"] if count["count"]} == {
        "unknown": 2,
        "on_request": 1,
        "not_shared": 1,
        "open": 1,
    }


def test_an_item_says_who_holds_it_how_to_get_it_and_how_sensitive_it_is(client: TestClient, shelf: Shelf):
    (item,) = client.get("/api/v1/datasets", params={"q": "displacement", "facets": "none"}).json()["items"]
    assert item.keys() == ITEM.keys()
    assert {name: item[name] for name in ("id", "holders", "link", "formats", "freshness_state", "notes")} == {
        "id": shelf.id("displacement"),
        "holders": ["Sample Relief"],
        "link": "https://data.example.org/dataset/displacement",
        "formats": ["XLSX"],
        "freshness_state": "delinquent",
        "notes": "Fictional counts <b>of</b> displaced people.",
    }
    assert item["access"] | {"artefacts": []} == {
        "modality": "on_request",
        "steps": ["Write to the data desk."],
        "address": "https://data.example.org/ask",
        "contacts": [],
        "artefacts": [],
    }
    assert item["tags"] == [
        {"tag": "#adm1+name", "origin": "declared"},
        {"tag": "#affected+idps", "origin": "declared"},
    ]
    assert (item["level"]["level"], item["level"]["reason"]) == (
        "moderate",
        "Counts of displaced people per settlement.",
    )


def test_repeats_mean_any_and_different_parameters_mean_all(client: TestClient):
    both = client.get("/api/v1/datasets", params={"country": ["SSD", "SDN"], "facets": "country"}).json()
    assert both["total"] == 2
    assert [(c["value"], c["count"], c["selected"]) for c in both["facets"]["country"]] == [
        ("UKR", 3, False),
        ("SSD", 1, True),
        ("SDN", 1, True),
    ]
    none = client.get("/api/v1/datasets", params={"country": "SSD", "access": "open"}).json()
    assert (none["total"], none["items"]) == (0, [])


def test_pages_follow_one_another(client: TestClient):
    seen, after = [], ""
    while True:
        answer = client.get("/api/v1/datasets", params={"limit": 2, "after": after, "sort": "title"})
        seen += _titles(answer)
        after = answer.json()["next"]
        if not after:
            break
    assert sorted(seen) == sorted(_titles(client.get("/api/v1/datasets")))
    assert len(seen) == 5


def test_facets_are_counted_unless_declined(client: TestClient):
    assert client.get("/api/v1/datasets", params={"facets": "none"}).json()["facets"] == {}
    counted = client.get("/api/v1/datasets").json()["facets"]
    assert {"country", "organization", "topic", "hashtag", "level", "access", "source", "format"} <= counted.keys()


def test_a_dataset_is_found_by_id_and_by_name(client: TestClient, shelf: Shelf):
    by_id = client.get(f"/api/v1/datasets/{shelf.id('displacement')}")
    document = by_id.json()
    assert document.keys() == DATASET.keys()
    assert (document["id"], document["freshness_state"]) == (shelf.id("displacement"), "delinquent")
    assert client.get(f"/api/v1/datasets/{document['name']}").json() == document


def test_hidden_and_never_existed_answer_with_the_same_bytes(client: TestClient, shelf: Shelf):
    hidden = client.get(f"/api/v1/datasets/{shelf.id('hidden')}")
    never = client.get("/api/v1/datasets/00000000-0000-5000-8000-000000000000")
    word = client.get("/api/v1/datasets/no-such-name")
    assert hidden.status_code == 404
    assert hidden.headers["content-type"] == "application/problem+json"
    assert hidden.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing here that this service may show.",
    }
    assert (hidden.content, hidden.headers) == (never.content, never.headers) == (word.content, word.headers)


def test_nothing_hidden_is_in_any_answer(client: TestClient, shelf: Shelf):
    addresses = [
        "/api/v1/datasets?q=quietcanary", "/api/v1/datasets?country=YEM", "/api/v1/datasets", "/api/v1/organizations",
        "/api/v1/sources", "/api/v1/runs", f"/api/v1/runs/{shelf.run}", f"/api/v1/runs/{shelf.closed_run}",
        "/api/v1/datasets.csv", "/", "/runs", "/organizations", f"/dataset/{shelf.id('hidden')}", "/?country=YEM",
        "/api/v1/openapi.json",
    ]  # fmt: skip
    for address in addresses:
        text = client.get(address).text.casefold()
        for word in ("quietcanary hospital", "not a date", "canary holders", "closed portal", shelf.id("hidden")):
            assert word not in text, address


def test_an_etag_spares_the_second_reading(client: TestClient):
    first = client.get("/api/v1/datasets")
    again = client.get("/api/v1/datasets", headers={"If-None-Match": first.headers["etag"]})
    other = client.get("/api/v1/datasets?q=schools", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, other.status_code) == (304, b"", 200)


def test_answers_are_compressed_on_demand(client: TestClient):
    packed = client.get("/api/v1/datasets", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert orjson.loads(packed.content) == client.get("/api/v1/datasets").json()


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip;q=0", None),
        ("gzip; Q=0.000, deflate", None),
        ("gzip;q=0, *", None),
        ("gzip;q=none", None),
        ("*;q=0", None),
        ("identity", None),
        ("gzip;q=0.5, identity", None),
        ("", None),
        ("deflate, gzip;q=0.001, *;q=0", "gzip"),
        ("gzip, deflate, br", "gzip"),
        ("identity;q=0.5, gzip;q=1.0", "gzip"),
    ],
)
def test_an_answer_is_not_compressed_for_who_forbids_it(client: TestClient, accepted: str, coding: str | None):
    for address in ("/api/v1/datasets", "/", "/api/v1/datasets.csv"):
        answer = client.get(address, headers={"Accept-Encoding": accepted})
        assert answer.status_code == 200
        assert answer.headers.get("content-encoding") == coding
        assert "Accept-Encoding" in answer.headers["vary"]


def test_how_a_question_was_read_is_told_and_can_be_switched_off(client: TestClient):
    asked = {"q": "نازحون South Sudan", "facets": "none"}
    body = client.get("/api/v1/datasets", params=asked).json()
    assert [item["title"] for item in body["items"]] == ["Sample: Displacement in South Sudan"]
    assert [(part["said"], part["kind"], part["title"]) for part in body["wording"]["parts"]] == [
        ("نازحون", "meaning", "internally displaced people"),
        ("south sudan", "place", "South Sudan"),
    ]
    assert body["items"][0].keys() == ITEM.keys()
    literal = client.get("/api/v1/datasets", params={**asked, "expand": "false"}).json()
    assert literal["notices"] == ['No record has all words; left out: "نازحون".']
    assert literal["wording"]["expand"] is False


def test_why_an_item_was_found_is_told_on_demand(client: TestClient):
    asked = {"q": "displacement", "facets": "none", "explain": "true"}
    (item,) = client.get("/api/v1/datasets", params=asked).json()["items"]
    assert item.keys() == {*ITEM, "why"}
    assert item["why"][0] == {
        "said": "displacement",
        "found": "displacement",
        "in": ["title", "keywords"],
        "because": "typed",
        "sentence": '"displacement" is in the title and the keywords.',
    }


def test_words_beyond_the_bound_are_refused_by_name(client: TestClient):
    answer = client.get("/api/v1/datasets", params={"q": "a" * 501})
    assert answer.status_code == 422
    assert '"q"' in answer.text or "q:" in answer.text
    for q in ("\x00\u202e", '"unbalanced', "AND OR NOT NEAR(", "😀" * 200, "*:*", "title:", "-"):
        assert client.get("/api/v1/datasets", params={"q": q}).status_code == 200
