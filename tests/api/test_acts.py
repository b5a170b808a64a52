"""What stewards do over HTTP: levels, held runs, proposed sources; and that nobody else can."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.acting import MOST_BYTES, NEEDS_KEY, NOT_A_STEWARD
from api.app import create_app
from api.levels import LOOK_FIRST
from catalog import audit, keys
from catalog.database import Catalog
from catalog.keys import NewKey
from catalog.rows import dataset_id
from catalog.runs import begin, finish
from catalog.search.writer import follow
from catalog.tables import AccessKey
from catalog.vocabulary import RunState
from config.settings import Settings
from tests.api.conftest import CLEARANCE, PUBLIC, RECORDS, RELIEF, write

DAY = datetime.now(UTC).date() + timedelta(days=2)
ID = str(dataset_id(PUBLIC.key, "displacement"))
UKRAINE = str(dataset_id(PUBLIC.key, "schools"))
LEVEL = f"/api/v1/datasets/{ID}/level"


@dataclass(frozen=True)
class House:
    """A register with a held run, and keys."""

    catalog: Catalog
    client: TestClient
    keys: dict[str, str]
    held: str
    folder: Path

    def get(self, path: str, key: str = "") -> Any:
        return self.client.get(path, headers=self._key(key))

    def post(self, path: str, key: str = "", /, **asked: Any) -> Any:
        return self.client.post(path, headers=self._key(key), json=asked)

    def _key(self, key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[key]}"} if key else {}

    def audited(self) -> list[tuple[str, str, str]]:
        with self.catalog.reading() as session:
            assert audit.verify(session) == []
            return [(line["actor"], line["action"], line["reason"]) for line in audit.lines(session)]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    (tmp_path / "config" / "sources").mkdir(parents=True)
    settings = Settings(data_dir=tmp_path, database_url="", config_dir=tmp_path / "config", rate_address=0, rate_key=0)
    with Catalog(settings.catalog_url, create=True) as catalog:
        write(catalog, PUBLIC, RECORDS)
        run = begin(catalog, PUBLIC, "full")
        with catalog.writing() as session:
            finish(session, run, RunState.HELD, [], "All records are gone.")
        follow(catalog, settings.index_dir)
        made = {
            name: _key(catalog, name, audience, organisation.name, **more)
            for name, audience, organisation, more in (
                ("partner", "community", RELIEF, {}),
                ("stranger", "community", CLEARANCE, {}),
                ("ada", "steward", RELIEF, {}),
                ("bo", "steward", CLEARANCE, {}),
                ("yemen", "steward", CLEARANCE, {"countries": ("YEM",)}),
            )
        }
        with TestClient(create_app(settings), raise_server_exceptions=False) as client:
            yield House(catalog, client, made, str(run.id), tmp_path)


def _key(catalog: Catalog, name: str, audience: str, organisation: str, **more: Any) -> str:
    with catalog.writing() as session:
        return keys.create(session, NewKey(name, audience, organisation, "Sample purpose.", DAY, **more), "A. Sample")


def test_a_level_is_raised_by_any_key_at_once_and_lowered_from_severe_by_two_stewards(house: House) -> None:
    def level() -> str:
        return str(house.get(f"/api/v1/datasets/{ID}", "ada").json()["level"]["level"])

    why: dict[str, Any] = {"reason": "Sample reason."}
    told = house.post(LEVEL, "partner", act="raise", level="severe", **why)
    assert (told.status_code, told.json()) == (
        200,
        {"id": ID, "before": "moderate", "level": "severe", "waits_for_a_second_steward": False},
    )
    assert house.get(f"/api/v1/datasets/{ID}").json()["title"] == "Tables: Displacement (South Sudan)"
    assert house.get("/api/v1/datasets?q=fictional&level=severe").json()["total"] == 0
    assert house.post(LEVEL, "partner", act="lower", level="low_no", **why).status_code == 403
    assert house.post(LEVEL, "yemen", act="lower", level="low_no", **why).json()["detail"] == NOT_A_STEWARD

    blind = house.post(LEVEL, "ada", act="lower", level="high", **why)
    assert (blind.status_code, blind.json()["detail"]) == (409, LOOK_FIRST)
    why["expected"] = house.get(LEVEL, "ada").json()["newest"]
    asked = house.post(LEVEL, "ada", act="lower", level="high", **why)
    assert (asked.json()["waits_for_a_second_steward"], level()) == (True, "severe")
    assert house.post(LEVEL, "bo", act="accept", **why).status_code == 409, "it was asked for since"
    why["expected"] = house.get(LEVEL, "bo").json()["newest"]
    own = house.post(LEVEL, "ada", act="accept", **why)
    assert (own.status_code, own.json()["detail"]) == (
        409,
        "ada asked for this lowering; another steward must accept it.",
    )
    assert house.post(LEVEL, "bo", act="accept", **why).json()["level"] == "high"
    assert level() == "high"
    assert [line for line in house.audited() if "lower" in line[1] or "raised" in line[1]] == [
        ("partner", "raised the level to severe", "Sample reason."),
        ("ada", "asked to lower the level to high", "Sample reason."),
        ("bo", "accepted the lowering to high", "Sample reason."),
    ]


def test_two_stewards_who_save_at_the_same_time(house: House) -> None:
    newest = house.get(LEVEL, "ada").json()["newest"]
    first, second = (
        house.post(LEVEL, key, act="raise", level="high", reason="Sample reason.", expected=newest)
        for key in ("ada", "bo")
    )
    assert (first.status_code, second.status_code) == (200, 409)
    assert "since you looked" in second.json()["detail"]


def test_who_waits_for_a_second_cannot_have_another_lowering_accepted(house: House) -> None:
    def act(key: str, **asked: Any) -> Any:
        return house.post(LEVEL, key, reason="Sample reason.", **asked)

    act("ada", act="raise", level="severe")
    act("ada", act="lower", level="high", expected=house.get(LEVEL, "ada").json()["newest"])
    seen = house.get(LEVEL, "bo").json()["newest"]
    act("ada", act="lower", level="low_no", expected=seen)
    assert act("bo", act="accept", expected=seen).status_code == 409
    assert house.get(f"/api/v1/datasets/{ID}", "ada").json()["level"]["level"] == "severe"


@pytest.mark.parametrize("called", ["ada", "Ada (laptop)", "\u0430\u0501\u0430", "\uff21DA"])
def test_a_second_key_of_the_same_holder_is_no_second_steward(called: str, house: House) -> None:
    house.keys["again"] = _key(house.catalog, called, "steward", CLEARANCE.name)
    told = accepted_after_asking(house, "again")
    assert (told.status_code, told.json()["detail"]) == (
        409,
        "ada asked for this lowering; another steward must accept it.",
    )
    assert accepted(house, "bo").json()["level"] == "low_no"


def test_two_names_of_one_key_are_one_person(house: House) -> None:
    told = accepted_after_asking(house, "ada", renamed="Somebody Else")
    assert (told.status_code, told.json()["detail"]) == (
        409,
        "ada asked for this lowering; another steward must accept it.",
    )
    assert accepted(house, "bo").json()["level"] == "low_no"


def test_a_name_that_mixes_alphabets_gets_no_key_and_does_nothing(house: House) -> None:
    why = 'The name "Ad\u0430" has letters of several alphabets in one word (Cyrillic and Latin). Write it in one.'
    with pytest.raises(keys.KeyRefused, match=re.escape(why)):
        _key(house.catalog, "Ad\u0430", "steward", CLEARANCE.name)
    rename(house, "ada", "Ad\u0430")
    told = house.post(LEVEL, "ada", act="raise", level="severe", reason="Sample reason.")
    assert (told.status_code, told.json()["detail"]) == (409, why)
    rename(house, "ada", "ada")
    assert accepted_after_asking(house, "bo", renamed="B\u043e").json()["detail"] == why.replace("Ad\u0430", "B\u043e")


def accepted_after_asking(house: House, second: str, renamed: str = "") -> Any:
    """Ada asks for a lowering from severe, and somebody else wants to accept it, their key renamed meanwhile."""
    house.post(LEVEL, "ada", act="raise", level="severe", reason="Sample reason.")
    newest = house.get(LEVEL, "ada").json()["newest"]
    asked = house.post(LEVEL, "ada", act="lower", level="low_no", reason="Sample reason.", expected=newest)
    assert asked.json()["waits_for_a_second_steward"] is True
    if renamed:
        rename(house, second, renamed)
    return accepted(house, second)


def accepted(house: House, key: str) -> Any:
    newest = house.get(LEVEL, key).json()["newest"]
    return house.post(LEVEL, key, act="accept", reason="Sample reason.", expected=newest)


def rename(house: House, key: str, name: str) -> None:
    with house.catalog.writing() as session:
        row = session.get(AccessKey, house.keys[key].split("_")[1])
        assert row is not None
        row.name = name


def test_numbers_in_an_explanation_are_the_records_own(house: House) -> None:
    other = f"/api/v1/datasets/{dataset_id(PUBLIC.key, 'schools')}/level"
    for level in ("moderate", "high"):
        assert house.post(other, "ada", act="raise", level=level, reason="Sample reason.").status_code == 200
    told = house.get(other).json()
    assert [told["newest"], *((one["id"], one["supersedes"]) for one in told["assertions"])] == [2, (1, None), (2, 1)]


def test_a_steward_decides_who_may_know_of_a_record(house: House) -> None:
    id_ = dataset_id(PUBLIC.key, "clinics")
    path, shown = f"/api/v1/datasets/{id_}/visibility", f"/api/v1/datasets/{id_}"
    asked = {"to": "restricted", "reason": "Sample reason."}
    assert [house.post(path, key, **asked).status_code for key in ("", "partner", "yemen")] == [401, 403, 403]
    told = house.post(path, "ada", **asked)
    assert (told.status_code, told.json()) == (
        200,
        {"id": str(id_), "before": "public", "visibility": "restricted"},
    )
    assert [house.get(shown, key).status_code for key in ("", "partner", "ada")] == [404, 404, 200]
    assert house.get("/api/v1/datasets?q=clinics", "partner").json()["total"] == 0
    assert house.post(path, "ada", **asked).status_code == 409
    assert house.post(path, "partner", **asked).status_code == 404
    assert house.post(path, "ada", to="community", reason="Sample reason.").json()["visibility"] == "community"
    assert [house.get(shown, key).status_code for key in ("", "partner")] == [404, 200]
    assert [line for line in house.audited() if "decided" in line[1]] == [
        ("ada", "decided that its stewards and owner alone may know of it", "Sample reason."),
        ("ada", "decided that the community may know of it", "Sample reason."),
    ]


def test_why_a_level_is_what_it_is_names_people_to_its_stewards_alone(house: House) -> None:
    house.post(LEVEL, "ada", act="raise", level="high", reason="Sample reason.")
    told = {key: house.get(LEVEL, key).json() for key in ("", "partner", "yemen", "ada")}
    assert {key: said["level"] for key, said in told.items()} == dict.fromkeys(told, "high")
    assert {key: "ada" in str(said) for key, said in told.items()} == {
        "": False, "partner": False, "yemen": False, "ada": True,
    }  # fmt: skip
    assert house.get("/api/v1/datasets/never-was/level").status_code == 404


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        (LEVEL, {"act": "raise", "level": "high", "reason": "Sample."}),
        ("/api/v1/runs/{held}/release", {"reason": "Sample."}),
        ("/api/v1/runs/{held}/reject", {"reason": "Sample."}),
        ("/api/v1/sources", {"key": "new", "kind": "hdx", "title": "Sample", "url": "https://portal.example"}),
        ("/api/v1/sources/sample-ckan/pause", {"reason": "Sample."}),
        ("/api/v1/proposals/none/accept", {"reason": "Sample."}),
    ],
)
def test_nothing_is_changed_without_a_key_or_by_what_no_body_knows(house: House, path: str, asked: Any) -> None:
    path = path.format(held=house.held)
    before = house.audited()
    refused = house.post(path, "", **asked)
    assert (refused.status_code, refused.json()["detail"]) == (401, NEEDS_KEY)
    cookie = house.client.post(path, json=asked, headers={"Cookie": "landmark_session=sample"})
    assert cookie.status_code == 401
    more = house.post(path, "ada", **asked, visibility="public", steward="ada")
    assert (more.status_code, more.json()["errors"][0]["parameter"]) == (422, "visibility")
    assert house.audited() == [*before, *[line for line in house.audited() if line[1] == "used a key"]]


def test_bodies_are_bounded(house: House) -> None:
    key = {"Authorization": f"Bearer {house.keys['ada']}", "Content-Type": "application/json"}
    long = house.client.post(LEVEL, content=b"[" * (MOST_BYTES + 1), headers=key)
    deep = house.client.post(LEVEL, content=b"[" * MOST_BYTES, headers=key)
    huge = house.client.post(LEVEL, content=b'{"expected": 1e999, "act": "raise", "reason": "x"}', headers=key)
    assert (long.status_code, long.json()["title"], deep.status_code, huge.status_code) == (
        413, "Content Too Large", 400, 422,
    )  # fmt: skip


def test_a_held_run_is_looked_at_and_decided_on_by_its_stewards(house: House) -> None:
    path = f"/api/v1/runs/{house.held}"
    titles = sorted(str(record.title["en"]) for record in RECORDS)
    assert house.get(f"{path}/waiting", "yemen").status_code == 403
    waiting = house.get(f"{path}/waiting", "ada").json()
    assert (waiting["outcome"], [one["title"] for one in waiting["records"]]) == ("All records are gone.", titles)
    assert house.post(f"{path}/release", "partner", reason="Sample.").status_code == 403
    released = house.post(f"{path}/release", "ada", reason="The portal said so.").json()
    assert released == {"id": house.held, "decision": "released", "missing": len(RECORDS), "withdrawn": 0}
    again = house.post(f"{path}/reject", "bo", reason="Sample.")
    assert (again.status_code, again.json()["detail"]) == (409, "The run was released by ada already.")
    assert house.get(path, "ada").json()["decided_by"] == "ada"
    never = "/api/v1/runs/00000000-0000-4000-8000-000000000000"
    assert house.post(f"{never}/release", "ada", reason="Sample.").status_code == 404


def test_a_source_is_proposed_approved_paused_and_resumed(house: House) -> None:
    asked = {"key": "trial", "kind": "hdx", "title": "Sample trial", "url": "https://portal.example"}
    assert house.post("/api/v1/sources", "partner", **asked).status_code == 403
    bad = house.post("/api/v1/sources", "ada", **asked | {"url": "ftp://portal.example"})
    assert (bad.status_code, bad.json()["detail"][:24]) == (409, 'The proposal: the key "u')
    made = house.post("/api/v1/sources", "ada", **asked)
    assert (made.status_code, made.json()) == (201, {"key": "trial", "origin": "preview", "paused": False})
    assert house.get("/api/v1/sources/trial").status_code == 404
    assert house.post("/api/v1/sources/trial/approve", "yemen", visibility="public").status_code == 403
    approved = house.post("/api/v1/sources/trial/approve", "bo", visibility="community").json()
    assert approved == {"key": "trial", "origin": "approved", "paused": False}
    assert house.get("/api/v1/sources/trial").status_code == 404
    assert house.get("/api/v1/sources/trial", "partner").json()["title"] == "Sample trial"
    paused = house.post("/api/v1/sources/trial/pause", "ada", reason="Sample reason.").json()
    assert paused == {"key": "trial", "origin": "approved", "paused": True}
    assert house.post("/api/v1/sources/trial/pause", "ada", reason="Sample.").status_code == 409
    assert house.post("/api/v1/sources/trial/resume", "ada").json()["paused"] is False
    assert house.post("/api/v1/sources/never-was/approve", "ada").status_code in {404, 422}


def test_what_somebody_else_proposed_is_replaced_by_a_steward_of_everything_alone(house: House) -> None:
    def propose(key: str, url: str) -> int:
        return int(house.post("/api/v1/sources", key, key="swap", kind="hdx", title="Sample", url=url).status_code)

    assert [propose("yemen", "https://one.example"), propose("yemen", "https://two.example")] == [201, 201]
    assert propose("ada", "https://three.example") == 201
    assert propose("yemen", "https://four.example") == 409
    assert house.get("/api/v1/sources/swap", "bo").json()["url"] == "https://three.example"


def test_how_much_is_hidden_is_told_exactly_to_stewards_alone(house: House) -> None:
    assert (house.get("/api/v1/metrics").status_code, house.get("/api/v1/metrics", "partner").status_code) == (401, 403)
    exact = house.get("/api/v1/metrics", "ada").json()
    assert (exact["items"][0]["iso3"], exact["items"][0]["records"]) == ("ALL", len(RECORDS))
    assert (house.get("/api/v1/notices").status_code, house.get("/api/v1/notices", "partner").status_code) == (401, 403)
    assert house.get("/api/v1/notices", "ada").json() == {"total": 0, "items": [], "facets": {}, "next": ""}


def test_who_raises_a_level_is_told_as_what_they_are_and_noticed_by_its_stewards(house: House) -> None:
    why = {"reason": "Sample reason."}
    for key, level in (("partner", "high"), ("stranger", "severe")):
        assert house.post(LEVEL, key, act="raise", level=level, **why).status_code == 200
    assert house.post(f"/api/v1/datasets/{UKRAINE}/level", "ada", act="raise", level="high", **why).status_code == 200
    said = house.get(LEVEL, "ada").json()["assertions"]
    assert {one["actor"]: one["asserted_by"] for one in said if one["actor"]} == {
        "partner": "owner", "stranger": "member",
    }  # fmt: skip
    told = house.get("/api/v1/notices", "ada").json()
    assert [(item["who"], item["what"], item["reason"]) for item in told["items"]] == [
        ("stranger", f"raise the level to severe {ID}", "Sample reason."),
        ("partner", f"raise the level to high {ID}", "Sample reason."),
    ]
    assert house.get("/api/v1/notices", "yemen").json()["items"] == []


def test_who_is_no_steward_acts_thirty_times_an_hour(house: House) -> None:
    def act(key: str) -> Any:
        return house.post(LEVEL, key, act="raise", level="low_no", reason="Sample reason.")

    for key in ("partner", "ada"):
        assert {act(key).status_code for _ in range(30)} == {409}
    wait = act("partner")
    assert (wait.status_code, 0 < int(wait.headers["retry-after"]) <= 120) == (429, True)
    assert [act("ada").status_code, act("stranger").status_code] == [409, 409]
    assert house.get(LEVEL, "partner").status_code == 200


@pytest.mark.parametrize("broken", ["another", PUBLIC.key])
def test_a_run_is_released_though_the_file_of_another_source_is_broken(house: House, broken: str) -> None:
    (house.folder / "config" / "sources" / f"{broken}.yaml").write_text("key: [", encoding="utf-8")
    released = house.post(f"/api/v1/runs/{house.held}/release", "ada", reason="The portal said so.")
    assert released.status_code == (409 if broken == PUBLIC.key else 200)
    assert ("missing" in released.json()) == (broken != PUBLIC.key)
