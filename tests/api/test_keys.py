"""Keys over HTTP: who is shown what by every route, and that nobody else is told anything."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.limits import Buckets
from api.seal import Seal
from catalog import audit, grants, keys
from catalog.database import Catalog
from catalog.keys import NewKey
from catalog.records import AgentRecord, AgentRole, DatasetRecord, LocationRecord
from catalog.rows import dataset_id
from catalog.search.writer import follow
from catalog.vocabulary import Role, Visibility
from config.settings import Settings
from tests.api.conftest import PUBLIC, RECORDS, write

DAY = datetime.now(UTC).date() + timedelta(days=2)
HOLDER, OTHER = AgentRecord("Canary Holders"), AgentRecord("Quiet Partners")
HIDDEN = "There is nothing here that this service may show."


def record(
    remote_id: str, title: str, visibility: Visibility, iso3: str, holder: AgentRecord = HOLDER
) -> DatasetRecord:
    return DatasetRecord(
        remote_id=remote_id, title={"en": title}, landing_page=f"https://data.example.org/dataset/{remote_id}",
        agents=(AgentRole(holder, Role.HOLDER),), locations=(LocationRecord(iso3),), visibility=visibility,
    )  # fmt: skip


CLOSED = (
    record("partners", "Sample: Quietcanary partners", Visibility.COMMUNITY, "SSD"),
    record("restricted", "Sample: Quietcanary restricted", Visibility.RESTRICTED, "YEM"),
    record("owners", "Sample: Quietcanary owners", Visibility.OWNER, "YEM"),
    record("others", "Sample: Quietcanary others", Visibility.OWNER, "SSD", OTHER),
)
NAMES = ("public", "partners", "restricted", "owners", "others")
SHOWN = {
    "": {"public"},
    "community": {"public", "partners"},
    "holder": {"public", "partners", "restricted", "owners"},
    "other": {"public", "partners", "others"},
    "steward": {"public", "partners", "restricted"},
    "country": {"public", "partners", "restricted"},
    "elsewhere": {"public", "partners"},
}


@dataclass(frozen=True)
class House:
    """A register with closed records, and a key of each sort."""

    settings: Settings
    catalog: Catalog
    client: TestClient
    keys: dict[str, str]

    def get(self, path: str, key: str = "", **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.keys[key]}"} if key else {}
        return self.client.get(path, headers=headers | more.pop("headers", {}), **more)

    def id(self, name: str) -> str:
        return str(dataset_id(PUBLIC.key, "displacement" if name == "public" else name))

    def audited(self, action: str) -> list[str]:
        with self.catalog.reading() as session:
            return [line["subject"] for line in audit.lines(session) if line["action"] == action]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("keys")
    settings = Settings(data_dir=folder, database_url="", config_dir=None)
    with Catalog(settings.catalog_url, create=True) as catalog:
        write(catalog, PUBLIC, (RECORDS[0], *CLOSED))
        follow(catalog, settings.index_dir)
        made = {
            "community": make(catalog, "community", HOLDER.name),
            "holder": make(catalog, "organisation", HOLDER.name),
            "other": make(catalog, "organisation", OTHER.name),
            "steward": make(catalog, "steward", HOLDER.name),
            "country": make(catalog, "steward", HOLDER.name, countries=("YEM",)),
            "elsewhere": make(catalog, "steward", HOLDER.name, countries=("UKR",)),
        }
        with TestClient(create_app(settings), raise_server_exceptions=False, follow_redirects=False) as client:
            yield House(settings, catalog, client, made)


def make(catalog: Catalog, audience: str, organisation: str, **more: Any) -> str:
    asked = NewKey(f"{audience} sample", audience, organisation, "Sample purpose.", DAY, **more)
    with catalog.writing() as session:
        return keys.create(session, asked, "A. Sample")


@pytest.mark.parametrize("key", SHOWN)
def test_every_route_shows_each_viewer_the_same_records(house: House, key: str) -> None:
    ids = {house.id(name): name for name in NAMES}
    page = house.get("/api/v1/datasets?limit=100", key).json()
    assert {ids[item["id"]] for item in page["items"]} == SHOWN[key]
    assert page["total"] == sum(count["count"] for count in page["facets"]["source"]) == len(SHOWN[key])
    answers = {name: house.get(f"/api/v1/datasets/{house.id(name)}", key) for name in NAMES}
    assert {name for name, answer in answers.items() if answer.status_code == 200} == SHOWN[key]
    never = house.get("/api/v1/datasets/never-was", key)
    for name in set(NAMES) - SHOWN[key]:
        assert (answers[name].status_code, answers[name].content) == (404, never.content)
        assert house.get(f"/dataset/{house.id(name)}", key).content == house.get("/dataset/never-was", key).content
    words = {name: f"Quietcanary {name}" for name in NAMES if name != "public"}
    texts = [
        house.get(path, key).text
        for path in ("/api/v1/datasets?limit=100", "/api/v1/datasets.csv", "/api/v1/changes?limit=1000", "/?limit=100")
    ]
    for text in texts:
        assert {name for name, said in words.items() if said in text} == SHOWN[key] - {"public"}
    sources = house.get("/api/v1/sources", key).json()["items"]
    assert [entry["datasets"] for entry in sources] == [len(SHOWN[key])]
    assert ("seen" in sources[0]["last_run"]) == (key == "steward"), "only its stewards are told what a run counted"
    holders = {"Canary Holders": bool(SHOWN[key] - {"public", "others"}), "Quiet Partners": "others" in SHOWN[key]}
    listed = house.get("/api/v1/organizations", key).text
    assert {name: name in listed for name in holders} == holders


BAD = {
    "unknown": "Bearer lmk_000000000000_" + "a" * 43,
    "form": "Bearer x",
    "scheme": "Basic bG1rOngK",
    "empty": "Bearer ",
}


@pytest.mark.parametrize("how", [*BAD, "revoked", "changed"])
def test_a_key_that_is_not_good_is_refused_without_saying_why(house: House, how: str) -> None:
    given = BAD.get(how, "")
    if how == "revoked":
        key = make(house.catalog, "community", HOLDER.name)
        assert house.client.get("/api/v1/datasets", headers={"Authorization": f"Bearer {key}"}).is_success
        with house.catalog.writing() as session:
            keys.revoke(session, key.split("_")[1], "Sample.", "A. Sample")
        given = f"Bearer {key}"
    elif how == "changed":
        given = f"Bearer {house.keys['steward'][:-2]}xx"
    for path in ("/api/v1/datasets", f"/api/v1/datasets/{house.id('public')}", "/api/v1/runs", "/api/v1/never"):
        answer = house.client.get(path, headers={"Authorization": given})
        if path == "/api/v1/never":
            assert answer.status_code == 404
            continue
        assert (answer.status_code, answer.json()) == (401, {
            "type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "This key is not good here.",
        })  # fmt: skip
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_key_in_an_address_is_refused(house: House) -> None:
    for name in ("key", "api_key", "access_token"):
        answer = house.client.get("/api/v1/datasets", params={name: house.keys["steward"]})
        assert answer.status_code == 422
        assert house.keys["steward"][-43:] not in answer.text


def test_answers_are_kept_apart_by_key(house: House) -> None:
    public, steward = house.get("/api/v1/datasets"), house.get("/api/v1/datasets", "steward")
    assert {"Authorization", "Cookie"} <= {part.strip() for part in public.headers["vary"].split(",")}
    assert (public.headers["cache-control"], steward.headers["cache-control"]) == ("no-cache", "private, no-cache")
    etags = {house.get("/api/v1/datasets", key).headers["etag"] for key in SHOWN}
    assert len(etags) == len(SHOWN)
    again = house.get("/api/v1/datasets", "", headers={"If-None-Match": steward.headers["etag"]})
    assert again.status_code == 200
    assert (
        house.get("/api/v1/datasets", "steward", headers={"If-None-Match": steward.headers["etag"]}).status_code == 304
    )


def test_a_cursor_is_of_use_to_its_role_alone(house: House) -> None:
    for sort in ("modified", "title"):
        path = f"/api/v1/datasets?limit=1&sort={sort}"
        mine = house.get(path, "steward").json()["next"]
        assert house.get(f"{path}&after={mine}", "steward").status_code == 200
        for key in ("", "community", "holder", "country"):
            assert house.get(f"{path}&after={mine}", key).status_code == 422
        tampered = mine[:-4] + ("AAAA" if not mine.endswith("AAAA") else "BBBB")
        assert house.get(f"{path}&after={tampered}", "steward").status_code == 422


def test_a_seal_is_deterministic_and_opens_for_its_owner_alone() -> None:
    seal, other = Seal(b"0" * 32), Seal(b"1" * 32)
    closed = seal.close("public", "the seventh of twelve")
    assert closed == seal.close("public", "the seventh of twelve") != other.close("public", "the seventh of twelve")
    assert seal.open("public", closed) == "the seventh of twelve"
    for owner, given in (("steward", closed), ("public", closed[:-1]), ("public", "é"), ("public", "x" * 9_000)):
        with pytest.raises(ValueError, match=r"."):
            seal.open(owner, given)
    assert "seventh" not in str(orjson.dumps(closed))


def test_use_readings_of_high_level_and_exports_are_audited_and_nothing_of_the_public_is(house: House) -> None:
    before, exports = len(house.audited("used a key")), len(house.audited("exported a search"))
    key = make(house.catalog, "community", HOLDER.name)
    for _ in range(3):
        house.client.get("/api/v1/datasets.csv?q=sample", headers={"Authorization": f"Bearer {key}"})
    house.get("/api/v1/datasets.csv?q=nobodys")
    assert house.audited("used a key")[before:] == [key.split("_")[1]]
    for ending in ("csv", "xlsx"):
        for asked in ("?level=severe&country=YEM&q=quarryside", "?q=quarryside&level=severe&country=YEM", ""):
            assert house.get(f"/api/v1/datasets.{ending}{asked}", "steward").status_code == 200
    told = house.audited("exported a search")[exports:]
    assert [line.split(" words:")[0] for line in told] == ["q"] * 3 + ["country level q", "country level q", "*"] * 2
    assert {len(line.partition("words:")[2]) for line in told} == {16, 0}
    assert (len(set(told)), len(set(told[3:5]))) == (3, 1), "the same question leaves the same line"
    assert not {"sample", "nobodys", "quarryside", "severe", "YEM"} & {word for line in told for word in line.split()}


def test_whoever_reads_why_a_level_is_severe_is_recorded(house: House) -> None:
    id_, key = house.id("restricted"), house.keys["steward"]
    why = {"act": "raise", "level": "severe", "reason": "Sample reason."}
    before = house.audited("read why a level is as it is")
    house.get(f"/api/v1/datasets/{id_}/level", "steward")
    assert house.audited("read why a level is as it is") == before, "it was not high yet"
    raised = house.client.post(f"/api/v1/datasets/{id_}/level", json=why, headers={"Authorization": f"Bearer {key}"})
    assert raised.status_code == 200
    for asks in ("steward", "holder", "community", ""):
        house.get(f"/api/v1/datasets/{id_}/level", asks)
    assert house.audited("read why a level is as it is") == [*before, id_, id_]


def test_a_granted_record_is_shown_until_the_grant_ends(house: House) -> None:
    path = f"/api/v1/datasets/{house.id('owners')}"
    with house.catalog.writing() as session:
        grants.grant(session, house.id("owners"), OTHER.name, DAY, "Sample survey.", "A. Sample")
    follow(house.catalog, house.settings.index_dir)
    assert house.get(path, "other").status_code == 200
    assert house.get("/api/v1/datasets?q=owners", "other").json()["total"] == 1
    assert house.get(path, "community").status_code == 404
    with house.catalog.writing() as session:
        grants.revoke(session, house.id("owners"), OTHER.name, "Done.", "A. Sample")
    follow(house.catalog, house.settings.index_dir)
    assert house.get(path, "other").status_code == 404
    assert house.get("/api/v1/datasets?q=owners", "other").json()["total"] == 0


OURS = {"Sec-Fetch-Site": "same-origin"}


def token_in(text: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', text)
    assert found
    return found[1]


def test_signing_in_shows_the_pages_to_the_key_and_signing_out_ends_it(house: House) -> None:
    browser = TestClient(house.client.app, follow_redirects=False)
    form = browser.get("/sign-in")
    answer = browser.post("/sign-in", data={"key": house.keys["holder"], "token": token_in(form.text)}, headers=OURS)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert house.keys["holder"][-43:] not in cookie
    page = browser.get("/?limit=100")
    assert "Signed in as organisation sample: you see in full what your organisation owns" in page.text
    assert "Quietcanary owners" in page.text
    assert page.headers["cache-control"] == "private, no-cache"
    assert "Quietcanary owners" in browser.get("/api/v1/datasets.csv").text
    session = browser.cookies["landmark_session"]
    refused = browser.post("/sign-out", data={"token": token_in(form.text)}, headers=OURS)
    assert refused.status_code == 403, "a form of before belongs to no session"
    gone = browser.post("/sign-out", data={"token": token_in(page.text)}, headers=OURS)
    assert gone.status_code == 303
    browser.cookies.clear()
    browser.cookies.set("landmark_session", session)
    assert "Quietcanary" not in browser.get("/?limit=100").text, "the session itself has ended"


def test_signing_in_again_begins_another_session(house: House) -> None:
    browser = TestClient(house.client.app, follow_redirects=False)
    sessions = []
    for _ in range(2):
        token = token_in(browser.get("/sign-in").text)
        browser.post("/sign-in", data={"key": house.keys["holder"], "token": token}, headers=OURS)
        sessions.append(browser.cookies["landmark_session"])
    assert sessions[0] != sessions[1]
    browser.cookies.clear()
    browser.cookies.set("landmark_session", sessions[0])
    assert "Quietcanary owners" not in browser.get("/?limit=100").text


def signed_in(house: House, key: str) -> TestClient:
    browser = TestClient(house.client.app, follow_redirects=False)
    token = token_in(browser.get("/sign-in").text)
    assert browser.post("/sign-in", data={"key": key, "token": token}, headers=OURS).status_code == 303
    return browser


def test_a_session_ends_with_the_secret_that_it_was_opened_with(house: House) -> None:
    old = make(house.catalog, "organisation", HOLDER.name)
    with_old = signed_in(house, old)
    path = f"/api/v1/datasets/{house.id('owners')}"
    with house.catalog.writing() as session:
        new = keys.rotate(session, old.split("_")[1], 7, "A. Sample")
    with_new = signed_in(house, new)
    assert [browser.get(path).status_code for browser in (with_old, with_new)] == [200, 200]
    with house.catalog.writing() as session:
        newest = keys.rotate(session, old.split("_")[1], 0, "A. Sample")
    with_newest = signed_in(house, newest)
    assert [browser.get(path).status_code for browser in (with_old, with_new, with_newest)] == [404, 404, 200]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://testserver"}, 303),
        (OURS, 303),
    ],
)
def test_a_form_of_another_site_is_refused(house: House, headers: dict[str, str], status: int) -> None:
    browser = TestClient(house.client.app, follow_redirects=False)
    fields = {"key": house.keys["holder"], "token": token_in(browser.get("/sign-in").text)}
    answer = browser.post("/sign-in", data=fields, headers=headers)
    assert answer.status_code == status
    assert ("set-cookie" in answer.headers) == (status == 303)


def test_a_bad_key_does_not_sign_in_and_a_long_form_is_not_read(house: House) -> None:
    browser = TestClient(house.client.app, follow_redirects=False)
    token = token_in(browser.get("/sign-in").text)
    answer = browser.post("/sign-in", data={"key": "lmk_x", "token": token}, headers=OURS)
    assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
    assert "This key is not good here." in answer.text
    assert browser.post("/sign-in", data={"key": "x" * 9_000, "token": token}, headers=OURS).status_code == 413


def test_no_other_sites_page_reads_an_answer(house: House) -> None:
    for origin in ("null", "https://evil.example"):
        answer = house.get("/api/v1/datasets", "steward", headers={"Origin": origin})
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_a_bucket_fills_again() -> None:
    now = [0.0]
    buckets = Buckets(60, lambda: now[0])
    assert [buckets.take("a") for _ in range(61)] == [0] * 60 + [1]
    assert buckets.take("b") == 0
    now[0] += 1
    assert [buckets.take("a"), buckets.take("a")] == [0, 1]
    assert Buckets(0).take("a") == 0
    guesses = Buckets(60, lambda: 0.0)
    assert guesses.take("a", 20) == guesses.take("a", 50) == 0
    assert guesses.take("a") == 1


def test_who_asks_too_often_is_told_when_to_go_on_and_nothing_else(house: House) -> None:
    narrow = house.settings.model_copy(update={"rate_address": 5, "rate_key": 3})
    with TestClient(create_app(narrow), raise_server_exceptions=False) as client:
        said = {"Authorization": f"Bearer {house.keys['steward']}"}
        mine = [client.get("/api/v1/runs", headers=said).status_code for _ in range(4)]
        paths = (f"/api/v1/datasets/{house.id('owners')}", "/api/v1/datasets/never-was", "/dataset/never-was")
        client.get("/api/v1/runs")
        answers = [client.get(path) for path in paths]
        assert mine == [200, 200, 200, 429]
        assert [answer.status_code for answer in answers] == [429, 429, 429]
        assert answers[0].content == answers[1].content
        assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)
        assert answers[0].headers["content-type"] == "application/problem+json"
        assert client.get("/healthz").status_code == 200


def test_a_public_process_opens_the_public_index_only_and_refuses_keys(house: House, tmp_path: Path) -> None:
    apart = Settings(data_dir=tmp_path, database_url=house.settings.catalog_url, config_dir=None)
    with TestClient(create_app(apart, public_only=True), raise_server_exceptions=False) as client:
        refused = client.get("/api/v1/datasets", headers={"Authorization": f"Bearer {house.keys['steward']}"})
        assert refused.status_code == 401
        assert client.get("/sign-in").status_code == 404
        assert "/sign-in" not in client.get("/").text
        assert client.get("/api/v1/datasets").json()["total"] == 1
        assert "securitySchemes" not in client.get("/api/v1/openapi.json").json().get("components", {})
    assert [entry.name for entry in apart.index_dir.iterdir() if entry.is_dir()] == ["public"]
    kept = b"".join(path.read_bytes() for path in apart.index_dir.rglob("*") if path.is_file())
    assert b"uietcanary" not in kept


def test_the_openapi_document_names_the_key_and_its_refusals(house: House) -> None:
    said = house.client.get("/api/v1/openapi.json").json()
    assert said["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    for path, operations in said["paths"].items():
        if path.startswith("/api/"):
            for operation in operations.values():
                assert operation["security"] == [{}, {"key": []}]
                assert {"401", "429"} <= operation["responses"].keys()


def test_what_is_not_answered_is_said_of_the_method(house: House) -> None:
    answer = house.client.delete("/api/v1/datasets")
    assert (answer.status_code, answer.json()["detail"]) == (405, "This address does not answer that method.")
