"""The audit, broken glass and the erasing of names over HTTP."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from api.acting import NOT_A_STEWARD, OF_EVERYTHING
from catalog import privacy
from catalog.tables import Audit
from tests.api.desk import DAY, HIDDEN, HOLDER, OTHER, TODAY, Desk, opened
from tests.api.test_register import fits

AUDIT = "/api/v1/audit"
WHY = {"reason": "Somebody is in danger."}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path) as made:
        yield made


def glass(desk: Desk, record: str) -> str:
    return f"/api/v1/datasets/{desk.id(record)}/break-glass"


def test_the_audit_is_listed_by_page_and_by_who_what_and_when(desk: Desk) -> None:
    first = desk.get(f"{AUDIT}?limit=3", "ada")
    told = first.json()
    assert (first.headers["cache-control"], told["total"], told["next"]) == ("no-store", 7, "3")
    assert [(item["seq"], item["actor"], item["action"]) for item in told["items"]] == [
        (number, "A. Sample", "created a key") for number in (1, 2, 3)
    ]
    rest = desk.get(f"{AUDIT}?limit=1000&after=3", "ada").json()
    assert (rest["total"], rest["next"], [item["seq"] for item in rest["items"]]) == (8, "", [4, 5, 6, 7, 8])
    assert {**rest["items"][-1], "at": ""} == {
        "seq": 8, "at": "", "actor": "ada", "action": "read the audit", "subject": "*",
        "reason": f"key {desk.key_id('ada')}",
    }  # fmt: skip

    def found(asked: str) -> list[int]:
        items = desk.get(f"{AUDIT}?{asked}&limit=1000", "ada").json()["items"]
        return [item["seq"] for item in items if item["action"] != "read the audit"]

    assert [found(asked) for asked in ("actor=A.%20Sample", "actor=ada", "actor=Nobody")] == [
        [1, 2, 3, 4, 5], [6], [],
    ]  # fmt: skip
    asks = ("act=CREATED", "act=key", f"subject={desk.key_id('bo').upper()}", "act=%25")
    assert [found(asked) for asked in asks] == [
        [1, 2, 3, 4, 5], [], [4], [],
    ]  # fmt: skip
    assert [found(asked) for asked in (f"day={TODAY}", "day=2020-01-01", "day=9999-12-31")] == [
        [1, 2, 3, 4, 5, 6], [], [],
    ]  # fmt: skip
    assert desk.get(f"{AUDIT}?actor=Nobody", "ada").json() == {"total": 0, "items": [], "facets": {}, "next": ""}
    assert desk.get(f"{AUDIT}?day=soon", "ada").status_code == 422


def test_the_audit_is_told_to_stewards_of_everything_alone(desk: Desk) -> None:
    for path in (AUDIT, f"{AUDIT}?actor=ada", f"{AUDIT}/verification"):
        told = {key: desk.get(path, key) for key in ("", "partner", "holder", "yemen")}
        assert [answer.status_code for answer in told.values()] == [401, 403, 403, 403]
        assert {told[key].json()["detail"] for key in ("partner", "holder", "yemen")} == {OF_EVERYTHING}
    assert [line for line in desk.audited() if line[1] == "read the audit"] == []


def test_the_first_line_that_was_changed_is_named(desk: Desk) -> None:
    sound = desk.get(f"{AUDIT}/verification", "ada").json()
    assert sound == {"ok": True, "lines": 6, "line": None, "fault": ""}
    with desk.catalog.writing() as session:
        session.execute(update(Audit).where(Audit.seq.in_((2, 4))).values(reason="Another."))
    assert desk.get(f"{AUDIT}/verification", "ada").json() == {
        "ok": False, "lines": 6, "line": 2, "fault": "Line 2 was changed after it was written.",
    }  # fmt: skip


def test_a_steward_breaks_the_glass_once_and_it_is_written_and_noticed(desk: Desk) -> None:
    plain = f"/api/v1/datasets/{desk.id('owners')}"
    assert desk.get(plain, "ada").status_code == 404
    shown = desk.post(glass(desk, "owners"), "ada", **WHY)
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store")
    own = desk.get(plain, "holder").json()
    assert shown.json() == own
    assert (own["title"], own["visibility"]) == ("Sample: Quietcanary owners", "owner")
    assert desk.get(plain, "ada").status_code == 404, "once"
    assert desk.audited()[-1] == ("ada", "broke the glass", f"show {desk.id('owners')}", WHY["reason"])
    (notice,) = desk.get("/api/v1/notices", "bo").json()["items"]
    assert notice | {"at": ""} == {
        "at": "", "who": "ada", "what": f"show {desk.id('owners')}", "reason": WHY["reason"],
    }  # fmt: skip
    name = desk.get(f"/api/v1/datasets/{desk.id('displacement')}").json()["name"]
    named = desk.post(f"/api/v1/datasets/{name}/break-glass", "ada", **WHY)
    assert (named.json()["id"], desk.audited()[-1][2]) == (
        desk.id("displacement"), f"show {desk.id('displacement')}",
    ), "a record is written by its id, never by words of its title"  # fmt: skip


def test_a_steward_of_some_countries_breaks_the_glass_over_their_own_records_alone(desk: Desk) -> None:
    assert desk.post(glass(desk, "owners"), "yemen", **WHY).json()["title"] == "Sample: Quietcanary owners"
    elsewhere = ("sudan", "others", "displacement", "never-was")
    told = [desk.post(glass(desk, record), "yemen", **WHY) for record in elsewhere]
    assert [(one.status_code, one.json()) for one in told] == [(404, HIDDEN)] * 4
    assert [line[:3] for line in desk.audited() if line[0] == "yemen"] == [
        ("yemen", "broke the glass", f"show {desk.id(record)}") for record in ("owners", *elsewhere)
    ], "that it was tried is told as well"


def test_the_glass_holds_for_who_is_no_steward_or_says_no_reason(desk: Desk) -> None:
    for record in ("owners", "never-was"):
        told = {key: desk.post(glass(desk, record), key, **WHY) for key in ("", "partner", "holder")}
        assert [answer.status_code for answer in told.values()] == [401, 403, 403]
        assert {told[key].json()["detail"] for key in ("partner", "holder")} == {NOT_A_STEWARD}
        silent: list[dict[str, Any]] = [{}, {"reason": ""}, {"reason": " \n"}, {"reason": "x" * 501}]
        assert [desk.post(glass(desk, record), "ada", **why).status_code for why in silent] == [422] * 4
    assert desk.get(glass(desk, "owners"), "ada").status_code == 405
    assert [line for line in desk.audited() if line[1] == "broke the glass"] == []


def test_a_name_is_erased_everywhere_and_the_chain_holds(desk: Desk) -> None:
    for key in ("", "partner", "yemen"):
        assert desk.post("/api/v1/privacy/erase", key, name="bo").status_code == (403 if key else 401)
    assert desk.get("/api/v1/sources", "bo").status_code == 200
    erased = desk.post("/api/v1/privacy/erase", "ada", name=" bo ")
    assert (erased.status_code, erased.json()) == (200, {"places": 2}), "a key and a line of the audit"
    assert desk.get("/api/v1/sources", "bo").status_code == 401, "their key has ended"
    actor, action, subject, _ = desk.audited()[-1]
    assert (actor, action, subject[:7]) == ("ada", "erased a name", "person-")
    told = desk.get(f"{AUDIT}?limit=1000", "ada").text + desk.get("/api/v1/keys", "ada").text
    assert ('"bo"' in told, subject in told) == (False, True)
    assert desk.get(f"{AUDIT}?actor={subject}", "ada").json()["total"] == 1
    assert desk.get(f"{AUDIT}/verification", "ada").json()["ok"]


def test_whoever_erases_their_own_name_leaves_a_line_without_it(desk: Desk) -> None:
    assert desk.post("/api/v1/privacy/erase", "ada", name="ada").json() == {"places": 2}
    actor, action, subject, _ = desk.audited()[-1]
    assert (actor, action, subject[:7]) == ("landmark", "erased a name", "person-")
    assert '"ada"' not in desk.get(f"{AUDIT}?limit=1000", "bo").text


@pytest.mark.parametrize(("name", "status"), [("Never Was", 404), ("bo", 404), ("", 422), ("  ", 422), ("\u0000", 422)])
def test_a_name_that_nobody_has_changes_nothing(desk: Desk, name: str, status: int) -> None:
    desk.post("/api/v1/privacy/erase", "ada", name="bo")
    desk.post(f"/api/v1/datasets/{desk.id('displacement')}/level", "ada", act="raise", level="high", reason="Sample.")
    level = f"/api/v1/datasets/{desk.id('displacement')}/level"
    desk.get(level, "holder")
    before = (desk.audited(), desk.get("/api/v1/keys", "ada").json(), desk.get(level, "holder").json())
    told = desk.post("/api/v1/privacy/erase", "ada", name=name)
    assert told.status_code == status
    with desk.catalog.writing() as session:
        assert privacy.erase(session, name.strip("\0"), "ada") == 0, "nor on the machine itself"
    after = (desk.audited(), desk.get("/api/v1/keys", "ada").json(), desk.get(level, "holder").json())
    reading = [line for line in after[0] if line not in before[0]]
    assert {line[1] for line in reading} <= {"listed the keys", "read why a level is as it is"}
    assert after[1:] == before[1:]


def test_whose_key_it_was_is_not_told_by_their_organisation(desk: Desk) -> None:
    assert desk.post("/api/v1/privacy/erase", "ada", name=HOLDER.name).json() == HIDDEN


def test_what_is_documented_of_acts_is_what_they_answer(desk: Desk) -> None:
    until = {"expires": str(DAY)}
    key = {"name": "Sample desk", "audience": "community", "organisation": OTHER.name, "purpose": "Sample."} | until
    granted = {"dataset": desk.id("yemen"), "organisation": OTHER.name, **WHY}
    described = desk.get("/api/v1/openapi.json").json()["paths"]
    asked: list[tuple[str, str, dict[str, Any] | None]] = [
        ("get", "/api/v1/keys", None),
        ("post", "/api/v1/keys", key),
        ("post", "/api/v1/keys/{key_id}/rotate", {}),
        ("post", "/api/v1/keys/{key_id}/revoke", WHY),
        ("post", "/api/v1/grants", granted | {"until": str(DAY)}),
        ("get", "/api/v1/grants", None),
        ("post", "/api/v1/grants/revoke", granted),
        ("get", AUDIT, None),
        ("get", f"{AUDIT}/verification", None),
        ("post", "/api/v1/datasets/{key}/break-glass", WHY),
        ("post", "/api/v1/privacy/erase", {"name": "bo"}),
    ]
    for method, path, body in asked:
        address = path.format(key_id=desk.key_id("partner"), key=desk.id("owners"))
        answer = desk.get(address, "ada") if body is None else desk.post(address, "ada", **body)
        told = described[path][method]["responses"]
        assert {"401", "403", "409", "413", "422", "429", str(answer.status_code)} <= told.keys(), path
        assert answer.is_success, (path, answer.text)
        example = told[str(answer.status_code)]["content"]["application/json"]["example"]
        if path.endswith("break-glass"):
            assert example.keys() == answer.json().keys(), "the example is of what the public is shown"
        else:
            fits(example, answer.json(), path)
