"""Keys over HTTP: given, listed, renewed and ended, by nobody for more than their own."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.acting import NEEDS_KEY
from api.keys import NOT_KNOWN
from catalog.keyring import NO_STEWARD, REPLACED, WIDER
from tests.api.conftest import PUBLIC
from tests.api.desk import DAY, HIDDEN, HOLDER, OTHER, UNSEEN, Desk, opened

KEYS = "/api/v1/keys"
ASKED = {
    "name": "Sample desk", "audience": "community", "organisation": OTHER.name, "purpose": "Sample purpose.",
    "expires": str(DAY),
}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path) as made:
        yield made


def give(desk: Desk, by: str, **more: Any) -> str:
    answer = desk.post(KEYS, by, **ASKED | more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["key"])


def held(desk: Desk, by: str) -> list[str]:
    return [item["id"] for item in desk.get(KEYS, by).json()["items"]]


def test_a_key_is_answered_once_and_listed_without_its_secret(desk: Desk) -> None:
    answer = desk.post(KEYS, "ada", **ASKED | {"audience": "organisation", "organisation": HOLDER.name})
    made = answer.json()
    assert (answer.status_code, sorted(made), answer.headers["cache-control"]) == (201, ["id", "key"], "no-store")
    assert (made["key"][:17], desk.shown(made["key"])) == (f"lmk_{made['id']}_", desk.shown("holder"))
    listed = desk.get(KEYS, "ada")
    told = listed.json()
    with desk.catalog.reading() as session:
        from catalog.tables import AccessKey

        kept = session.get_one(AccessKey, made["id"]).hash
    assert (listed.headers["cache-control"], told["total"], told["next"]) == ("no-store", 6, "")
    assert told["items"][-1] | {"created": "", "organisation": ""} == {
        "id": made["id"], "name": "Sample desk", "audience": "organisation", "organisation": "",
        "purpose": "Sample purpose.", "sources": [], "countries": [], "state": "good", "created": "",
        "created_by": "ada", "expires": str(DAY), "last_used": str(DAY - timedelta(days=2)),
    }  # fmt: skip
    assert made["key"].split("_", 2)[2] not in listed.text
    assert kept not in listed.text
    first = desk.get(f"{KEYS}?limit=2", "ada").json()
    rest = desk.get(f"{KEYS}?limit=1000&after={first['next']}", "ada").json()
    assert (first["total"], first["next"], first["items"] + rest["items"]) == (6, "2", told["items"])
    given = desk.audited()[5]
    assert (given[:3], given[3].endswith(f"until {DAY}, under the key {desk.key_id('ada')}")) == (
        ("ada", "created a key", made["id"]), True,
    )  # fmt: skip
    assert desk.audited()[-1] == ("ada", "listed the keys", "*", f"key {desk.key_id('ada')}")


def test_who_is_no_steward_gives_no_key_and_is_told_of_their_own_alone(desk: Desk) -> None:
    for key in ("partner", "holder"):
        refused = desk.post(KEYS, key, **ASKED)
        assert (refused.status_code, refused.json()["detail"]) == (403, NO_STEWARD)
        told = desk.get(KEYS, key).json()
        assert (told["total"], [item["id"] for item in told["items"]]) == (1, [desk.key_id(key)])
        assert "A. Sample" not in str(told)
    assert [desk.get(KEYS).status_code, desk.post(KEYS, **ASKED).json()["detail"]] == [401, NEEDS_KEY]
    assert [line for line in desk.audited() if line[0] in {"partner", "holder"}] == []


@pytest.mark.parametrize(
    "more",
    [
        {"audience": "steward"},
        {"audience": "steward", "countries": ["SSD"]},
        {"audience": "steward", "countries": ["YEM", "SSD"]},
        {"audience": "steward", "sources": [PUBLIC.key]},
        {"audience": "steward", "countries": ["YEM"], "sources": ["never-was"]},
        {"audience": "organisation", "countries": ["SSD"]},
        {"audience": "organisation", "sources": [PUBLIC.key]},
        {"audience": "community", "countries": ["SSD"]},
    ],
)
def test_a_steward_of_some_countries_gives_no_key_that_is_wider_than_their_own(desk: Desk, more: Any) -> None:
    before = desk.audited()
    refused = desk.post(KEYS, "yemen", **ASKED | more)
    assert (refused.status_code, refused.json()["detail"]) == (403, WIDER)
    assert (desk.audited(), held(desk, "yemen")) == (before, [desk.key_id("yemen")])


def test_what_a_steward_of_some_countries_gives_shows_no_more_than_they_are_shown(desk: Desk) -> None:
    assert desk.shown("yemen") == {"yemen", "partners"}
    assert desk.shown("holder") == {"yemen", "sudan", "owners", "partners"}
    community = give(desk, "yemen")
    bound = give(desk, "yemen", audience="organisation", organisation=HOLDER.name)
    steward = give(desk, "yemen", audience="steward", countries=["yem"])
    assert [desk.shown(key) for key in (community, bound, steward)] == [
        {"partners"}, {"yemen", "partners"}, {"yemen", "partners"},
    ]  # fmt: skip
    scopes = {item["id"]: item["countries"] for item in desk.get(KEYS, "yemen").json()["items"]}
    assert scopes == {
        desk.key_id("yemen"): ["YEM"], desk.key_id(community): [], desk.key_id(bound): ["YEM"],
        desk.key_id(steward): ["YEM"],
    }  # fmt: skip
    seen = desk.get("/api/v1/datasets?q=Quietcanary&facets=organization", bound).json()
    assert (seen["total"], {count["label"] for count in seen["facets"]["organization"]}) == (
        3,
        {HOLDER.name, OTHER.name},
    )
    granted = {"dataset": desk.id("yemen"), "organisation": OTHER.name, "until": str(DAY), "reason": "Sample."}
    assert desk.post("/api/v1/grants", "ada", **granted).status_code == 201
    assert desk.post("/api/v1/grants", "ada", **granted | {"dataset": desk.id("sudan")}).status_code == 201
    others = give(desk, "yemen", audience="organisation")
    assert desk.shown(others) == {"yemen", "partners"}, "a grant elsewhere is not theirs to hand on"
    late = desk.post(KEYS, "yemen", **ASKED | {
        "audience": "steward", "countries": ["YEM"], "expires": str(DAY + timedelta(days=1)),
    })  # fmt: skip
    assert (late.status_code, f"until {DAY}" in late.json()["detail"]) == (409, True)


def test_a_steward_of_some_countries_learns_of_no_hidden_organisation(desk: Desk) -> None:
    shown = desk.post(KEYS, "yemen", **ASKED | {"organisation": HOLDER.name})
    never, hidden, acronym = (
        desk.post(KEYS, "yemen", **ASKED | {"organisation": name}) for name in ("Never Was", UNSEEN.name, "UB")
    )
    assert (shown.status_code, never.status_code, never.json()["detail"]) == (201, 409, NOT_KNOWN)
    assert never.content == hidden.content == acronym.content
    answers = [
        desk.post(KEYS, "yemen", **ASKED | {"organisation": name, "new_organisation": True}).status_code
        for name in ("Never Was", UNSEEN.name, "UB")
    ]
    assert answers == [201, 201, 201]
    named = [item["organisation"]["name"] for item in desk.get(KEYS, "yemen").json()["items"]]
    assert named[2:] == ["Never Was", UNSEEN.name, "UB"], "an acronym leads to nobody whom they may not know of"


def test_nobody_has_to_do_with_keys_of_others_and_they_answer_as_none(desk: Desk) -> None:
    theirs = give(desk, "ada", name="yemen")
    for by in ("partner", "holder", "yemen"):
        for key in ("ada", "bo", theirs, "0123456789ab", "lmk_x"):
            path = f"{KEYS}/{desk.key_id(key) if '_' in desk.keys.get(key, key) and key != 'lmk_x' else key}"
            told = [desk.post(f"{path}/rotate", by), desk.post(f"{path}/revoke", by, reason="Sample.")]
            assert [(one.status_code, one.json()) for one in told] == [(404, HIDDEN)] * 2, (by, key)
    assert [desk.get(KEYS, key).status_code for key in ("ada", "bo", theirs)] == [200, 200, 200]
    assert [line[1] for line in desk.audited() if "rotated" in line[1] or "revoked" in line[1]] == []


@pytest.mark.parametrize("giver", ["bo", "A. Sample"])
def test_a_key_in_a_givers_name_has_nothing_to_do_with_the_keys_they_gave(desk: Desk, giver: str) -> None:
    given = desk.key_id(give(desk, "bo"))
    puppet = give(desk, "ada", name=giver, audience="steward", countries=["YEM"])
    assert held(desk, puppet) == [desk.key_id(puppet)]
    for key in (given, desk.key_id("partner"), desk.key_id("yemen")):
        told = desk.post(f"{KEYS}/{key}/rotate", puppet), desk.post(f"{KEYS}/{key}/revoke", puppet, reason="Sample.")
        assert [(one.status_code, one.json()) for one in told] == [(404, HIDDEN)] * 2, key
    assert held(desk, "bo") == held(desk, "ada"), "a steward of everything has to do with all"


@pytest.mark.parametrize("name", ["bo", "BO", "b\u00f3", "b\u03bf", "A. Sample", "a sample"])
def test_a_steward_of_some_countries_gives_no_key_under_another_stewards_name(desk: Desk, name: str) -> None:
    for more in ({"audience": "steward", "countries": ["YEM"]}, {}):
        refused = desk.post(KEYS, "yemen", **ASKED | {"name": name} | more)
        assert refused.status_code == 409, refused.text
    assert held(desk, "yemen") == [desk.key_id("yemen")]
    assert [len(held(desk, give(desk, "yemen", name=own))) for own in ("yemen", "partner", "Sample", "Sample")] == [
        1
    ] * 4
    for _ in range(2):
        give(desk, "yemen", name="Cleo Sample", audience="steward", countries=["YEM"])


def test_a_holder_renews_and_ends_their_own_key(desk: Desk) -> None:
    id_ = desk.key_id("partner")
    answer = desk.post(f"{KEYS}/{id_}/rotate", "partner", overlap=3)
    new = answer.json()["key"]
    assert (answer.status_code, answer.headers["cache-control"], answer.json()["id"]) == (200, "no-store", id_)
    assert [desk.get(KEYS, key).status_code for key in ("partner", new)] == [200, 200]
    stale = desk.post(f"{KEYS}/{id_}/rotate", "partner")
    assert (stale.status_code, stale.json()["detail"]) == (409, REPLACED), "a secret that leaked renews nothing"
    newest = desk.post(f"{KEYS}/{id_}/rotate", new, overlap=0).json()["key"]
    assert [desk.get(KEYS, key).status_code for key in ("partner", new, newest)] == [401, 401, 200]
    assert desk.post(f"{KEYS}/{id_}/rotate", newest, overlap=91).status_code == 422
    ended = desk.post(f"{KEYS}/{id_}/revoke", newest, reason="Sample reason.")
    assert (ended.status_code, ended.json(), desk.get(KEYS, newest).status_code) == (
        200, {"id": id_, "state": "revoked"}, 401,
    )  # fmt: skip
    assert desk.audited()[-3:] == [
        ("partner", "rotated a key", id_, f"The old secret is good for 3 days more, under the key {id_}"),
        ("partner", "rotated a key", id_, f"The old secret is good for 0 days more, under the key {id_}"),
        ("partner", "revoked a key", id_, "Sample reason."),
    ]


def test_stewards_end_any_key_or_those_they_gave(desk: Desk) -> None:
    given, wide = give(desk, "yemen"), give(desk, "ada", name="yemen")
    assert desk.post(f"{KEYS}/{desk.key_id(given)}/rotate", "yemen", overlap=0).status_code == 200
    assert desk.get(KEYS, given).status_code == 401
    assert desk.post(f"{KEYS}/{desk.key_id(wide)}/revoke", "yemen", reason="Sample.").json() == HIDDEN
    for key in (given, "partner", "bo", "yemen"):
        ended = desk.post(f"{KEYS}/{desk.key_id(key)}/revoke", "ada", reason="Sample.")
        assert ended.json() == {"id": desk.key_id(key), "state": "revoked"}
        assert desk.get(KEYS, key).status_code == 401
    again = desk.post(f"{KEYS}/{desk.key_id(given)}/revoke", "ada", reason="Sample.")
    dead = desk.post(f"{KEYS}/{desk.key_id(given)}/rotate", "ada")
    assert (again.status_code, dead.status_code) == (409, 409)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"expires": "2020-01-01"}, 409),
        ({"expires": "9999-12-31"}, 409),
        ({"name": "landmark"}, 409),
        ({"name": "Person-0123456789abcdef01234567"}, 409),
        ({"organisation": "Never Was"}, 409),
        ({"audience": "steward", "sources": ["never-was"]}, 409),
        ({"countries": ["YEM"]}, 409),
        ({"audience": "everyone"}, 422),
        ({"name": "  "}, 422),
        ({"purpose": "x\u001b[2J"}, 422),
        ({"countries": ["Yemen"]}, 422),
        ({"hash": "x"}, 422),
    ],
)
def test_what_makes_no_key_is_refused_and_leaves_nothing(desk: Desk, more: Any, status: int) -> None:
    before = held(desk, "ada")
    refused = desk.post(KEYS, "ada", **ASKED | more)
    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json")
    assert "--" not in refused.json()["detail"], "no option of the command is named"
    assert held(desk, "ada") == before


def test_nobody_makes_their_own_second_steward(desk: Desk) -> None:
    path = f"/api/v1/datasets/{desk.id('displacement')}/level"

    def act(key: str, **asked: Any) -> Any:
        return desk.post(path, key, reason="Sample reason.", expected=desk.get(path, key).json()["newest"], **asked)

    puppet, other = (give(desk, "ada", name=name, audience="steward") for name in ("Cleo Sample", "Dan Example"))
    handed = desk.post(f"{KEYS}/{desk.key_id(other)}/rotate", "ada").json()["key"]
    assert act("ada", act="raise", level="severe").status_code == 200
    for first, second in (("ada", puppet), (puppet, "ada"), (puppet, handed)):
        assert act(first, act="lower", level="high").json()["waits_for_a_second_steward"]
        refused = act(second, act="accept")
        assert (refused.status_code, "by one hand" in refused.json()["detail"]) == (409, True), refused.text
        assert act("bo", act="decline").status_code == 200
    assert act("ada", act="lower", level="high").status_code == 200
    assert act("bo", act="accept").json()["level"] == "high", "whose key was made on the machine is another"
