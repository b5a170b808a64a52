"""Grants over HTTP: by stewards of the record; a record of others answers as one that never was."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.acting import NOT_A_STEWARD
from api.grants import NOT_GRANTED, NOT_KNOWN
from tests.api.desk import DAY, HIDDEN, OTHER, UNSEEN, Desk, opened

GRANTS = "/api/v1/grants"
WHY = {"reason": "Sample survey."}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path) as made:
        yield made


def asked(desk: Desk, record: str, **more: Any) -> dict[str, Any]:
    return {"dataset": desk.id(record), "organisation": OTHER.name, "until": str(DAY), **WHY, **more}


def without_day(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name != "until"}


def test_a_record_is_granted_listed_and_taken_back(desk: Desk) -> None:
    key = {"name": "Sample desk", "audience": "organisation", "organisation": OTHER.name, "purpose": "Sample."}
    partner = desk.post("/api/v1/keys", "ada", **key, expires=str(DAY)).json()["key"]
    assert desk.shown(partner) == {"partners"}
    granted = desk.post(GRANTS, "yemen", **asked(desk, "yemen"))
    assert (granted.status_code, granted.json()) == (
        201, {"dataset": desk.id("yemen"), "organisation": OTHER.name, "until": str(DAY)},
    )  # fmt: skip
    assert desk.shown(partner) == {"partners", "yemen"}
    assert desk.post(GRANTS, "ada", **asked(desk, "sudan")).status_code == 201

    listed = desk.get(GRANTS, "yemen")
    (item,) = listed.json()["items"]
    assert (listed.headers["cache-control"], listed.json()["total"]) == ("no-store", 1), "of their own records alone"
    assert item | {"at": "", "organisation": item["organisation"]["name"]} == {
        "dataset": desk.id("yemen"), "organisation": OTHER.name, "until": str(DAY), "reason": "Sample survey.",
        "granted_by": "yemen", "at": "",
    }  # fmt: skip
    pages = [desk.get(f"{GRANTS}?limit=1&after={start}", "ada").json() for start in (0, 1)]
    assert [(page["total"], page["next"]) for page in pages] == [(2, "1"), (2, "")]
    assert {page["items"][0]["dataset"] for page in pages} == {desk.id("yemen"), desk.id("sudan")}

    ended = desk.post(f"{GRANTS}/revoke", "yemen", **without_day(asked(desk, "yemen", reason="Done.")))
    assert (ended.status_code, ended.json()) == (200, {"dataset": desk.id("yemen"), "state": "ended"})
    assert desk.shown(partner) == {"partners", "sudan"}
    again = desk.post(f"{GRANTS}/revoke", "yemen", **without_day(asked(desk, "yemen")))
    assert (again.status_code, again.json()["detail"]) == (409, NOT_GRANTED)
    to = item["organisation"]["id"]
    assert [line for line in desk.audited() if "grant" in line[1]] == [
        ("yemen", "granted a record", f"{desk.id('yemen')} to {to} until {DAY}", "Sample survey."),
        ("ada", "granted a record", f"{desk.id('sudan')} to {to} until {DAY}", "Sample survey."),
        ("yemen", "listed the grants", "*", f"key {desk.key_id('yemen')}"),
        *[("ada", "listed the grants", "*", f"key {desk.key_id('ada')}")] * 2,
        ("yemen", "revoked a grant", f"{desk.id('yemen')} of {to}", "Done."),
    ]


@pytest.mark.parametrize("record", ["sudan", "owners", "displacement", "never-was"])
def test_a_record_of_others_is_granted_as_little_as_one_that_never_was(desk: Desk, record: str) -> None:
    before = desk.audited()
    told = [
        desk.post(GRANTS, "yemen", **asked(desk, record)),
        desk.post(GRANTS, "yemen", **asked(desk, record, organisation="Never Was")),
        desk.post(f"{GRANTS}/revoke", "yemen", **without_day(asked(desk, record))),
    ]
    assert [(one.status_code, one.json()) for one in told] == [(404, HIDDEN)] * 3
    assert desk.audited() == before


def test_what_is_for_its_owner_alone_is_granted_by_no_key(desk: Desk) -> None:
    from catalog import grants

    with desk.catalog.writing() as session:
        grants.grant(session, desk.id("owners"), OTHER.name, DAY, "Sample.", "A. Sample")
    for key in ("ada", "yemen"):
        assert desk.get(GRANTS, key).json()["items"] == []
        for path, body in ((GRANTS, asked(desk, "owners")), (f"{GRANTS}/revoke", without_day(asked(desk, "owners")))):
            assert desk.post(path, key, **body).json() == HIDDEN


def test_a_steward_of_some_countries_learns_of_no_hidden_organisation(desk: Desk) -> None:
    answers = [
        desk.post(path, "yemen", **body | {"organisation": name})
        for name in ("Never Was", UNSEEN.name, "UB")
        for path, body in ((GRANTS, asked(desk, "yemen")), (f"{GRANTS}/revoke", without_day(asked(desk, "yemen"))))
    ]
    assert [one.status_code for one in answers] == [409] * 6
    assert {one.json()["detail"] for one in answers[::2]} == {NOT_KNOWN}
    assert {one.json()["detail"] for one in answers[1::2]} == {NOT_GRANTED}


@pytest.mark.parametrize("record", ["yemen", "never-was"])
def test_who_is_no_steward_is_told_nothing_of_grants(desk: Desk, record: str) -> None:
    for key in ("partner", "holder"):
        told = [
            desk.get(GRANTS, key),
            desk.post(GRANTS, key, **asked(desk, record)),
            desk.post(f"{GRANTS}/revoke", key, **without_day(asked(desk, record))),
        ]
        assert [(one.status_code, one.json()["detail"]) for one in told] == [(403, NOT_A_STEWARD)] * 3
    assert [desk.get(GRANTS).status_code, desk.post(GRANTS, **asked(desk, record)).status_code] == [401, 401]


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"until": "2020-01-01"}, 409),
        ({"until": "9999-12-31"}, 409),
        ({"until": "soon"}, 422),
        ({"reason": " "}, 422),
        ({"to": "x"}, 422),
    ],
)
def test_what_is_no_grant_is_refused(desk: Desk, more: Any, status: int) -> None:
    refused = desk.post(GRANTS, "ada", **asked(desk, "yemen", **more))
    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json")
    assert desk.get(GRANTS, "ada").json()["total"] == 0
