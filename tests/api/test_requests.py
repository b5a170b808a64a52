"""Requests over HTTP: what each is answered, and that to all others a request never existed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from catalog import opening
from catalog.vocabulary import Visibility
from tests.api.desk import DAY, HIDDEN, TODAY, Desk, opened

REQUESTS = "/api/v1/requests"
ASKED = {"purpose": "Planning of clearance.", "for_whom": "Two survey teams.", "until": DAY.isoformat()}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path) as made:
        yield made


def ask(desk: Desk, key: str, record: str, **more: str) -> str:
    answer = desk.post(REQUESTS, key, dataset=desk.id(record), **(ASKED | more))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_from_a_draft_to_an_answer(desk: Desk) -> None:
    answer = desk.post(REQUESTS, "holder", dataset=desk.id("partners"), **ASKED, agreement="Memorandum")
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    told = answer.json()
    message = told.pop("message")
    assert told.pop("withheld") == {}
    assert [line.pop("at")[:10] for line in told["history"]] == [TODAY.isoformat()]
    assert told == {
        "id": told["id"],
        "dataset": {
            "id": desk.id("partners"), "shown": True, "name": "", "title": "Sample: Quietcanary partners",
            "holders": ["Quiet Partners"], "countries": ["YEM"],
            "link": "https://data.example.org/dataset/partners",
        },
        "as": ["requester"],
        "requester": {
            "name": "holder",
            "organisation": {"id": told["requester"]["organisation"]["id"], "name": "Canary Holders"},
        },
        "purpose": "Planning of clearance.", "for_whom": "Two survey teams.", "until": DAY.isoformat(),
        "agreement": "Memorandum", "language": "ar", "expected_days": 30, "opened": told["opened"],
        "state": "drafted", "since": told["opened"], "due": None, "newest": 1,
        "history": [{"number": 1, "state": "drafted", "as": "requester", "by": "holder", "why": "", "category": ""}],
        "possible": ["sent", "expired"],
    }  # fmt: skip
    assert message["subject"] == "طلب بيانات: Sample: Quietcanary partners"
    where = "https://data.example.org/dataset/partners"
    assert (message["direction"], message["to"], message["mailto"], message["form"]) == ("rtl", "", "", where)
    path = f"{REQUESTS}/{told['id']}"
    english = desk.get(f"{path}?language=en", "holder").json()["message"]
    assert english["subject"] == "Request for data: Sample: Quietcanary partners"
    assert desk.get(f"{path}?language=ru", "holder").status_code == 422

    def note(key: str, **said: object) -> tuple[int, object]:
        answer = desk.post(f"{path}/state", key, **said)
        return answer.status_code, answer.json() if answer.is_success else answer.json()["detail"]

    assert note("holder", state="granted") == (
        409, "The request is drafted, so it cannot be noted as granted by you; you may note: sent, expired.",
    )  # fmt: skip
    moved = {"id": told["id"], "before": "drafted", "state": "sent", "withheld": {}}
    assert note("holder", state="sent", expected=1) == (200, moved)
    conflict = "Something was noted of this request since you looked. Look again, then act."
    assert note("yemen", state="acknowledged", expected=1) == (409, conflict)
    assert note("yemen", state="acknowledged", why="Spoke to +967 1 234 567.", expected=2) == (
        200,
        {"id": told["id"], "before": "sent", "state": "acknowledged", "withheld": {"why": ["a telephone number"]}},
    )
    assert note("ada", state="refused", why="Villages are named.")[1].startswith("Say the category of the reason: harm")  # type: ignore[attr-defined]
    assert note("ada", state="refused", why="Villages are named.", category="harm")[0] == 200
    found = desk.get(path, "holder").json()
    assert [(line["state"], line["as"], line["by"], line["why"], line["category"]) for line in found["history"]] == [
        ("drafted", "requester", "holder", "", ""),
        ("sent", "requester", "holder", "", ""),
        ("acknowledged", "steward", "", "Spoke to [telephone number withheld].", ""),
        ("refused", "steward", "", "Villages are named.", "harm"),
    ]
    assert (found["state"], found["possible"], found["due"]) == ("refused", [], None)
    listed = desk.get(f"{REQUESTS}?state=refused&limit=1", "ada").json()
    assert (listed["total"], listed["next"]) == (1, "")
    assert [(item["id"], item["as"], item["possible"]) for item in listed["items"]] == [
        (told["id"], ["steward"], ["granted", "partly"])
    ]
    assert "message" not in listed["items"][0]
    looked = [line[:3] for line in desk.audited() if line[1] in {"listed the requests", "read a request"}]
    assert looked == [("ada", "listed the requests", "*")], "that a steward looked is recorded"
    assert desk.get(f"{REQUESTS}?state=sent", "ada").json()["total"] == 0


def test_to_all_others_it_never_existed(desk: Desk) -> None:
    id_ = ask(desk, "holder", "partners")
    nothing = {"total": 0, "items": [], "facets": {}, "next": ""}
    for key in ("", "partner"):
        for one in (id_, str(uuid4())):
            told = desk.get(f"{REQUESTS}/{one}", key)
            assert (told.status_code, told.json()) == (404, HIDDEN)
        assert desk.get(REQUESTS, key).json() == nothing
    for one in (id_, str(uuid4())):
        told = desk.post(f"{REQUESTS}/{one}/state", "partner", state="sent")
        assert (told.status_code, told.json()) == (404, HIDDEN)
    assert desk.post(f"{REQUESTS}/{id_}/state", state="sent").status_code == 401
    assert desk.get(f"{REQUESTS}/nothing", "holder").status_code == 404
    assert desk.get(f"{REQUESTS}/{id_}", "bo").json()["as"] == ["steward"]


@pytest.mark.parametrize("record", ["yemen", "owners", "others", "never"])
def test_what_is_hidden_cannot_be_asked_for_and_answers_as_what_never_was(desk: Desk, record: str) -> None:
    answer = desk.post(REQUESTS, "partner", dataset=desk.id(record), **ASKED)
    assert (answer.status_code, answer.json()) == (404, HIDDEN)
    assert desk.post(REQUESTS, dataset=desk.id("displacement"), **ASKED).status_code == 401


def test_a_record_that_is_hidden_later_is_told_of_no_more(desk: Desk) -> None:
    id_ = ask(desk, "partner", "partners")
    with desk.catalog.writing() as session:
        opening.show_to(session, UUID(desk.id("partners")), Visibility.RESTRICTED, "A. Sample", "Sample.")
    answer = desk.get(f"{REQUESTS}/{id_}", "partner")
    assert "Quietcanary" not in answer.text
    assert answer.json()["dataset"] == {
        "id": desk.id("partners"), "shown": False, "name": "", "title": "", "holders": [], "countries": [], "link": "",
    }  # fmt: skip
    assert answer.json()["message"] is None
    assert "Quietcanary" not in desk.get(REQUESTS, "partner").text


def test_what_cannot_be_taken_is_named(desk: Desk) -> None:
    whole = {"dataset": desk.id("displacement")} | ASKED
    wrong = {
        "purpose": ("", "  ", "x" * 1001, "\0"), "for_whom": ("", "x" * 301), "until": ("soon", ""),
        "agreement": ("x" * 301,), "language": ("ru",), "dataset": ("", "a\nb"), "until_when": ("x",),
    }  # fmt: skip
    for field, values in wrong.items():
        for value in values:
            answer = desk.post(REQUESTS, "partner", **(whole | {field: value}))
            assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, field), (field, value)
    past = (TODAY - timedelta(days=1)).isoformat()
    answer = desk.post(REQUESTS, "partner", **(whole | {"until": past}))
    assert (answer.status_code, answer.json()["detail"]) == (
        409, f"{past} is past; say the last day on which you need the data.",
    )  # fmt: skip
    first = ask(desk, "partner", "displacement")
    again = desk.post(REQUESTS, "partner", **whole)
    assert (again.status_code, again.json()["detail"]) == (
        409, f"There is an open request for this record under this key already: {first}.",
    )  # fmt: skip
    assert desk.get(REQUESTS, "partner").json()["total"] == 1


@pytest.mark.parametrize("field", ["dataset", "purpose", "language"])
def test_half_a_letter_is_refused(desk: Desk, field: str) -> None:
    headers = desk.headers("partner") | {"Content-Type": "application/json"}
    answer = desk.client.post(REQUESTS, headers=headers, content=f'{{"{field}": "\\ud800"}}'.encode())
    assert answer.status_code == 422
    assert field in {error["parameter"] for error in answer.json()["errors"]}


def test_outcomes_are_exact_of_what_is_seen_and_silent_of_a_few(desk: Desk) -> None:
    for record in ("displacement", "clearance"):
        desk.post(f"{REQUESTS}/{ask(desk, 'partner', record)}/state", "partner", state="sent")
    answer = desk.get(f"{REQUESTS}/outcomes", "partner")
    untold = {"requests": None, "states": {}, "median_days": None}
    two, one = ({"requests": count, "states": {"sent": count}, "median_days": None} for count in (2, 1))
    assert answer.json() == {
        "k": 5,
        "items": [
            {"iso3": "ALL", "name": "All countries", "yours": two, "all": untold},
            {"iso3": "SDN", "name": "Sudan", "yours": one, "all": untold},
            {"iso3": "SSD", "name": "South Sudan", "yours": one, "all": untold},
        ],
    }
    none = {"requests": 0, "states": {}, "median_days": None}
    nobody = {"k": 5, "items": [{"iso3": "ALL", "name": "All countries", "yours": none, "all": untold}]}
    assert desk.get(f"{REQUESTS}/outcomes").json() == nobody
    assert desk.get(f"{REQUESTS}/outcomes", "holder").json() == nobody
