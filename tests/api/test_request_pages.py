"""The pages of requests: a form that asks, the message to copy, and what happened."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest

from catalog import opening
from catalog.vocabulary import Visibility
from tests.api.desk import DAY, Desk, opened

SENT = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path) as made:
        yield made


def sign_in(desk: Desk, key: str) -> None:
    desk.client.cookies.clear()
    token = re.search(r'name="token" value="([^"]+)"', desk.get("/sign-in").text)
    assert token is not None
    answer = send(desk, "/sign-in", token=token[1], key=desk.keys[key])
    assert answer.status_code == 303, answer.text


def send(desk: Desk, path: str, **fields: str) -> Any:
    return desk.client.post(path, content=urlencode(fields), headers=SENT, follow_redirects=False)


def text(answer: Any) -> str:
    """What stands on a page, without its marks."""
    main = answer.text.partition("<main")[2].partition(">")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def token(answer: Any) -> str:
    found = re.findall(r'name="token" value="([^"]+)"', answer.text)
    assert found
    return str(found[-1])


def asked(desk: Desk, record: str, **more: str) -> dict[str, str]:
    form = desk.get(f"/request/new?dataset={desk.id(record)}")
    assert form.status_code == 200
    return {
        "token": token(form), "dataset": desk.id(record), "purpose": "Planning of clearance.",
        "for_whom": "Two survey teams", "until": DAY.isoformat(), "agreement": "Memorandum", "language": "",
    } | more  # fmt: skip


def test_from_the_dataset_to_a_message_and_an_answer(desk: Desk) -> None:
    sign_in(desk, "partner")
    page = desk.get(f"/dataset/{desk.id('displacement')}")
    assert f'<a href="/request/new?dataset={desk.id("displacement")}">Ask for this</a>' in page.text
    form = desk.get(f"/request/new?dataset={desk.id('displacement')}")
    assert form.headers["cache-control"] == "no-store"
    assert "Sample: Displacement in South Sudan Held by Sample Relief . Landmark records your request" in text(form)
    assert "The holder’s: English" in text(form)
    made = send(desk, "/request/new", **asked(desk, "displacement", language="uk"))
    assert made.status_code == 303
    where = made.headers["location"]
    shown = desk.get(where)
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store")
    assert text(shown).startswith(
        "Requests Sample: Displacement in South Sudan Held by Sample Relief · see the dataset Drafted"
    )
    assert '<textarea id="body" rows="20" lang="uk" dir="ltr" readonly>До уваги: Sample Relief' in shown.text
    assert "Мета: Planning of clearance.\nХто користуватиметься: Two survey teams\n" in shown.text
    assert '<a class="button" href="https://data.example.org/ask" rel="noreferrer">' in shown.text
    arabic = desk.get(f"{where}?language=ar").text
    assert '<textarea id="body" rows="20" lang="ar" dir="rtl" readonly>إلى Sample Relief،' in arabic
    assert re.findall(r'name="state" value="(\w+)"', shown.text) == ["sent", "expired"]
    noted = send(desk, where, token=token(shown), state="sent", why="", expected="1")
    assert (noted.status_code, noted.headers["location"]) == (303, where)
    again = send(desk, where, token=token(shown), state="expired", why="", expected="1")
    assert again.status_code == 409
    assert "Something was noted of this request since you looked." in text(again)
    unsaid = send(desk, where, token=token(shown), state="refused", why="No.", category="", expected="2")
    assert (unsaid.status_code, "Say the category of the reason: harm, consent" in text(unsaid)) == (409, True)
    for wrong in (
        {"state": ""},
        {"state": "lost"},
        {"state": "granted", "category": "x"},
        {"state": "granted", "why": "x" * 501},
    ):
        answer = send(desk, where, token=token(shown), **wrong)
        assert answer.status_code == 422, wrong
        assert "Choose what happened" in text(answer)
    refused = send(desk, where, token=token(shown), state="refused", why="Villages.", category="harm", expected="2")
    assert refused.status_code == 303
    end = text(desk.get(where))
    assert "Refused on" in end
    assert ": sharing it could harm people or operations. Villages. Noted by the requester, partner" in end
    assert "Note what happened" not in end
    assert "Text to copy" not in end
    listed = desk.get("/requests")
    assert f'<a href="{where}">Sample: Displacement in South Sudan</a>' in listed.text
    assert "1 request Sample: Displacement in South Sudan Refused since" in text(listed)
    assert "All countries Refused: 1 0.0 not told South Sudan Refused: 1 0.0 not told" in text(listed)


def test_what_cannot_be_taken_is_said_and_what_was_written_stays(desk: Desk) -> None:
    sign_in(desk, "partner")
    for more, status, said in (
        ({"purpose": ""}, 409, "The purpose is empty: say it in a sentence or two."),
        ({"until": "soon"}, 422, "Needed until: it must be a day such as 2027-01-31."),
        ({"until": "2020-01-01"}, 409, "2020-01-01 is past; say the last day on which you need the data."),
        ({"agreement": "x" * 301}, 409, "The agreement has 301 characters; it may have 300."),
        ({"language": "xx"}, 409, 'There is no message in "xx"; write en, fr, es, ar, uk.'),
    ):
        answer = send(desk, "/request/new", **asked(desk, "displacement", for_whom='Teams "A" & <b>', **more))
        assert (answer.status_code, said in text(answer)) == (status, True), more
        assert 'value="Teams &#34;A&#34; &amp; &lt;b&gt;"' in answer.text
    assert desk.get("/api/v1/requests", "partner").json()["total"] == 0
    arabic = {"purpose": "خ" * 1000, "for_whom": "خ" * 300, "agreement": "خ" * 300}
    assert send(desk, "/request/new", **asked(desk, "displacement", **arabic)).status_code == 303, (
        "letters of any script"
    )
    named = asked(desk, "clearance", purpose="For Mr Sample Person, +249 912 345 678.")
    masked = desk.get(send(desk, "/request/new", **named).headers["location"])
    assert "For [name withheld], [telephone number withheld]." in text(masked)
    assert "What looked like a person’s name" in text(masked)


def test_who_has_no_key_is_told_how_to_get_one_and_nothing_of_the_record(desk: Desk) -> None:
    pages = {desk.get(f"/request/new?dataset={key}").text for key in (desk.id("displacement"), desk.id("yemen"), "x")}
    assert len(pages) == 1
    assert "A request takes a key: sign in first" in text(desk.get("/request/new"))
    assert "A request takes a key: sign in first." in text(desk.get("/requests"))
    assert send(desk, "/request/new", dataset=desk.id("displacement")).status_code == 403, "without a token"
    form = desk.get("/sign-in")
    given = {
        "token": token(form),
        "dataset": desk.id("displacement"),
        "purpose": "x",
        "for_whom": "x",
        "until": str(DAY),
    }
    assert send(desk, "/request/new", **given).status_code == 403, "a token is no key"


def test_another_sites_form_opens_and_notes_nothing(desk: Desk) -> None:
    sign_in(desk, "partner")
    given = asked(desk, "displacement")
    where = send(desk, "/request/new", **given).headers["location"]
    for headers in (SENT | {"Sec-Fetch-Site": "cross-site"}, {"Content-Type": SENT["Content-Type"]}):
        for path, fields in (("/request/new", asked(desk, "clearance")), (where, given | {"state": "sent"})):
            answer = desk.client.post(path, content=urlencode(fields), headers=headers, follow_redirects=False)
            assert answer.status_code == 403
    for bad in ("", "x"):
        assert send(desk, where, token=bad, state="sent").status_code == 403
    states = [item["state"] for item in desk.get("/api/v1/requests", "partner").json()["items"]]
    assert states == ["drafted"]


def test_to_all_others_the_page_never_existed_and_a_hidden_record_is_not_told(desk: Desk) -> None:
    sign_in(desk, "partner")
    where = send(desk, "/request/new", **asked(desk, "partners")).headers["location"]
    for key in ("yemen", "bo"):
        sign_in(desk, key)
        page = desk.get(where)
        assert "Quietcanary partners" in text(page)
        assert re.findall(r'name="state" value="(\w+)"', page.text) == ["sent", "expired"]
    with desk.catalog.writing() as session:
        opening.show_to(session, UUID(desk.id("partners")), Visibility.RESTRICTED, "A. Sample", "Sample.")
    sign_in(desk, "partner")
    for page in (desk.get(where), desk.get("/requests")):
        assert page.status_code == 200
        assert "Quietcanary" not in page.text
        assert "A record that is not shown to you any more" in text(page)
    for hidden in (desk.id("yemen"), desk.id("owners"), str(uuid4())):
        assert desk.get(f"/request/new?dataset={hidden}").status_code == 404
        assert send(desk, "/request/new", **(asked(desk, "displacement") | {"dataset": hidden})).status_code == 404
    sign_in(desk, "holder")
    never = [desk.get(path) for path in (where, f"/request/{uuid4()}")]
    assert {(page.status_code, text(page)) for page in never} == {(404, text(never[0]))}
    assert send(desk, where, token=token(desk.get("/requests")), state="sent").status_code == 404
    assert desk.get("/request/nothing").status_code == 404
