"""The register's sheet over HTTP and on its page: who may bring one, what they are told, and what is written."""

import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from starlette.testclient import TestClient

from api import sheets
from api.acting import MOST_BYTES
from api.app import create_app
from api.register import LISTS_NOTHING, MOST_ROWS, TOO_LARGE, TOO_MANY
from api.sheets import Sheets
from catalog import keys
from catalog.assess import Assessor
from catalog.keys import NewKey
from catalog.register import files
from catalog.register.registry import LOOK_AGAIN, SOME
from config.settings import Settings
from tests.api.desk import DAY, HOLDER, OTHER, Desk, opened

PREVIEW, ACCEPT = "/api/v1/register/preview", "/api/v1/register/accept"
HEADINGS = ("Title", "Holder", "Country", "State", "Level", "Who may know of it", "Reviewer")
ONE = ("Sample: quietcanary one", HOLDER.name, "Yemen", "held", "high", "stewards and owner", "R. Canary")
TWO = ("Sample: two", HOLDER.name, "YEM", "planned", "moderate", "everybody", "")
WRONG = ("Sample: three", HOLDER.name, "YEM", "heldd", "", "", "")
SENT = {"Sec-Fetch-Site": "same-origin"}


def workbook(*rows: tuple[str, ...], headings: tuple[str, ...] = HEADINGS) -> bytes:
    book = Workbook()
    for row in (headings, *rows):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, assessor: Assessor) -> Iterator[Desk]:
    monkeypatch.setenv("LANDMARK_SOURCES", "register")
    with opened(tmp_path) as made:
        made.client.app.state.register.sheets.registry.assessor = assessor
        asked = NewKey("other", "organisation", OTHER.name, "Sample purpose.", DAY)
        with made.catalog.writing() as session:
            made.keys["other"] = keys.create(session, asked, "A. Sample")
        yield made


def look(desk: Desk, key: str, body: bytes) -> Any:
    return desk.client.post(PREVIEW, headers=desk.headers(key), content=body)


def accept(desk: Desk, key: str, body: bytes, **asked: str) -> Any:
    seen = asked.pop("preview", "") or look(desk, key, body).json()["preview"]
    return desk.client.post(ACCEPT, headers=desk.headers(key), content=body, params={"preview": seen} | asked)


def titles(desk: Desk, key: str = "") -> set[str]:
    return {item["title"] for item in desk.get("/api/v1/datasets?limit=100", key).json()["items"]}


def test_a_sheet_is_looked_at_mended_accepted_opened_and_found(desk: Desk):
    before = titles(desk)
    body = workbook(ONE, TWO, WRONG)
    seen = look(desk, "ada", body).json()
    stamp = seen.pop("preview")
    assert re.fullmatch("[0-9a-f]{64}", stamp)
    fault = {
        "cell": "D4",
        "column": "state",
        "reason": '"heldd" cannot be chosen',
        "mend": "Write one of: planned, collecting, held, shared, retired.",
    }
    rows = [
        {"row": 2, "outcome": "new", "id": "", "title": ONE[0], "changes": [], "faults": []},
        {"row": 3, "outcome": "new", "id": "", "title": TWO[0], "changes": [], "faults": []},
        {"row": 4, "outcome": "rejected", "id": "", "title": WRONG[0], "changes": [], "faults": [fault]},
    ]
    counted = {"sheet": "Sheet", "language": "en", "notes": [], "new": 2, "changed": 0, "unchanged": 0, "rejected": 1}
    assert seen == counted | {"rows": rows}
    refused = accept(desk, "ada", body)
    assert (refused.status_code, refused.json()["detail"]) == (409, SOME)
    assert desk.get("/api/v1/register/rows", "ada").json()["total"] == 0
    done = accept(desk, "ada", body, accept_valid="true", open="true").json()
    ids = [row["id"] for row in done["rows"]]
    assert [re.fullmatch("reg-[0-9a-f]{16}", id_) is not None for id_ in ids] == [True, True, False]
    assert {key: done[key] for key in ("new", "raised", "opened", "narrowed", "lower", "waiting")} == {
        "new": 2, "raised": 2, "opened": 2, "narrowed": 0, "lower": [], "waiting": [],
    }  # fmt: skip
    assert titles(desk) - before == {TWO[0]}, "it is found at once"
    assert ONE[0] in titles(desk, "bo")
    assert ONE[0] not in titles(desk, "partner")
    mended = workbook(ONE, TWO, (*WRONG[:3], "held", "low or no", "", ""))
    assert accept(desk, "ada", mended).json()["new"] == 1
    assert [row["outcome"] for row in look(desk, "ada", mended).json()["rows"]] == ["unchanged"] * 3
    key = f"key {desk.key_id('ada')}"
    assert [line for line in desk.audited() if line[2] == "register"] == [
        ("ada", "looked at what a sheet would change: 2 new, 0 changed, 0 unchanged, 1 rejected", "register", key),
        ("ada", "looked at what a sheet would change: 2 new, 0 changed, 0 unchanged, 1 rejected", "register", key),
        ("ada", "listed rows of the register", "register", f"0 holdings, {key}"),
        ("ada", "looked at what a sheet would change: 2 new, 0 changed, 0 unchanged, 1 rejected", "register", key),
        ("ada", "imported holdings", "register", f"2 new, 0 changed, {key}"),
        ("ada", "looked at what a sheet would change: 1 new, 0 changed, 2 unchanged, 0 rejected", "register", key),
        ("ada", "imported holdings", "register", f"1 new, 0 changed, {key}"),
        ("ada", "looked at what a sheet would change: 0 new, 0 changed, 3 unchanged, 0 rejected", "register", key),
    ]


def test_who_may_bring_a_sheet(desk: Desk):
    body = workbook(ONE)
    told = {key: look(desk, key, body) for key in ("", "partner", "holder", "yemen", "ada")}
    assert {key: answer.status_code for key, answer in told.items()} == {
        "": 401, "partner": 403, "holder": 200, "yemen": 200, "ada": 200,
    }  # fmt: skip
    assert told["partner"].json()["detail"] == LISTS_NOTHING
    for path in ("/api/v1/register/rows", "/api/v1/register/export"):
        assert [desk.get(path, key).status_code for key in ("", "partner", "holder")] == [401, 403, 200]
    elsewhere = workbook((*ONE[:2], "Ukraine", *ONE[3:]))
    [row] = look(desk, "yemen", elsewhere).json()["rows"]
    assert [fault["reason"] for fault in row["faults"]] == ["your key is for other countries or sources"]
    [row] = look(desk, "holder", workbook((ONE[0], "Somebody Else", *ONE[2:]))).json()["rows"]
    assert [fault["reason"] for fault in row["faults"]] == ["your organisation is neither its holder nor its owner"]


def test_what_is_not_theirs_is_to_them_not_there(desk: Desk):
    owners = (*ONE[:5], "", "")
    accept(desk, "holder", workbook(owners))
    for key in ("ada", "bo", "yemen"):
        assert desk.get("/api/v1/register/rows", key).json() == {"total": 0, "items": [], "facets": {}, "next": ""}
        assert [row["outcome"] for row in look(desk, key, workbook(owners)).json()["rows"]] == ["new"]
    [own] = desk.get("/api/v1/register/rows", "holder").json()["items"]
    assert (own["visibility"], own["values"]["title"]) == ("owner", ONE[0])
    assert desk.get(f"/api/v1/datasets/{own['dataset']}", "holder").is_success
    assert desk.get(f"/api/v1/datasets/{own['dataset']}", "ada").json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing here that this service may show.",
    }


def test_an_owner_lets_stewards_know_and_a_steward_opens_it(desk: Desk):
    done = accept(desk, "holder", workbook(ONE, TWO), open="true").json()
    assert (done["opened"], done["waiting"]) == (
        1,
        [{"title": TWO[0], "reason": "A steward of the register opens it."}],
    )
    assert TWO[0] not in titles(desk)
    rows = desk.get("/api/v1/register/rows", "yemen").json()["items"]
    assert [(row["values"]["title"], row["visibility"]) for row in rows] == [
        (ONE[0], "restricted"),
        (TWO[0], "restricted"),
    ]
    waits = accept(desk, "yemen", workbook(TWO)).json()["waiting"]
    assert waits == [
        {"title": TWO[0], "reason": "Accept the sheet with open, and it is shown as its row asks, under your name."}
    ]
    assert accept(desk, "yemen", workbook(TWO), open="true").json()["opened"] == 1
    assert TWO[0] in titles(desk)


def test_names_in_a_row_are_for_its_stewards_and_for_who_wrote_it(desk: Desk):
    accept(desk, "ada", workbook(ONE), open="true")
    sheet = {key: desk.get("/api/v1/register/export?format=csv", key).text for key in ("ada", "yemen", "holder")}
    assert {key: "R. Canary" in told for key, told in sheet.items()} == {"ada": True, "yemen": True, "holder": False}
    [row] = desk.get("/api/v1/register/rows", "holder").json()["items"]
    assert "reviewer" not in row["values"]
    [row] = look(desk, "holder", workbook((*ONE[:6], "Another"))).json()["rows"]
    assert row["changes"] == [{"column": "reviewer", "old": None, "new": "Another"}]
    [row] = look(desk, "yemen", workbook((*ONE[:6], "Another"))).json()["rows"]
    assert row["changes"] == [{"column": "reviewer", "old": "R. Canary", "new": "Another"}]


def test_who_writes_a_row_without_its_names_is_not_told_them_for_it(desk: Desk):
    accept(desk, "ada", workbook(ONE), open="true")
    sheet = desk.get("/api/v1/register/export?format=csv", "holder").text
    done = accept(desk, "holder", sheet.replace(ONE[0], f"{ONE[0]} mended").encode())
    assert (done.status_code, done.json()["changed"]) == (200, 1)
    [row] = desk.get("/api/v1/register/rows", "holder").json()["items"]
    assert (row["values"]["title"], "reviewer" in row["values"]) == (f"{ONE[0]} mended", False)
    assert "R. Canary" not in desk.get("/api/v1/register/export?format=csv", "holder").text
    again = accept(desk, "holder", workbook((f"{ONE[0]} mended", *ONE[1:6], "Another")))
    assert again.json()["changed"] == 1
    [row] = desk.get("/api/v1/register/rows", "holder").json()["items"]
    assert row["values"]["reviewer"] == "Another", "who wrote it knows it"


def test_no_safe_product_tells_whether_somebody_else_has_a_holding_of_a_title(desk: Desk):
    secret, headings = "Sample: list of quietcanary kin", (*HEADINGS[:4], "Safe product of")
    closed = (secret, HOLDER.name, "YEM", "held", "severe", "everybody, only that it exists", "")
    assert accept(desk, "ada", workbook(closed), open="true").json()["opened"] == 1
    assert secret not in titles(desk, "other")
    rows = ((secret, OTHER.name, "SSD", "held", ""), ("Sample: totals", OTHER.name, "SSD", "held", secret))
    assert accept(desk, "other", workbook(*rows, headings=headings)).json()["new"] == 2
    assert _relations(desk, "other", "Sample: totals") == []
    own = ("Sample: own totals", HOLDER.name, "YEM", "held", secret)
    [new] = accept(desk, "holder", workbook(own, headings=headings)).json()["rows"]
    [row] = [one for one in desk.get("/api/v1/register/rows", "holder").json()["items"] if one["id"] != new["id"]]
    meant = [{"kind": "safe_product_of", "target": row["id"]}]
    assert _relations(desk, "holder", "Sample: own totals") == meant
    # A sheet that has no such column leaves what it is made of.
    assert accept(desk, "holder", workbook((*own[:3], "shared"), headings=headings[:4])).json()["changed"] == 1
    assert _relations(desk, "holder", "Sample: own totals") == meant


def _relations(desk: Desk, key: str, title: str) -> list[dict[str, str]]:
    [one] = [one for one in desk.get("/api/v1/datasets?limit=100", key).json()["items"] if one["title"] == title]
    found: list[dict[str, str]] = desk.get(f"/api/v1/datasets/{one['id']}", key).json()["relations"]
    return found


def test_rows_come_page_by_page_and_as_a_sheet_that_changes_nothing(desk: Desk):
    accept(desk, "ada", workbook(*((f"Sample: {number}", *ONE[1:]) for number in range(5))))
    first = desk.get("/api/v1/register/rows?limit=3", "ada").json()
    second = desk.get(f"/api/v1/register/rows?limit=3&after={first['next']}", "ada").json()
    found = [row["values"]["title"] for row in first["items"] + second["items"]]
    assert (first["total"], found, second["next"]) == (5, [f"Sample: {number}" for number in range(5)], "")
    for kind in ("xlsx", "csv"):
        answer = desk.get(f"/api/v1/register/export?format={kind}&language=ar", "ada")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-disposition"] == f'attachment; filename="register-ar.{kind}"'
        assert [row["outcome"] for row in look(desk, "ada", answer.content).json()["rows"]] == ["unchanged"] * 5


def test_a_look_is_good_for_one_file_and_one_key(desk: Desk):
    seen = look(desk, "ada", workbook(ONE)).json()["preview"]
    for key, body in (("ada", workbook(TWO)), ("yemen", workbook(ONE))):
        answer = accept(desk, key, body, preview=seen)
        assert (answer.status_code, answer.json()["detail"]) == (409, LOOK_AGAIN)
    assert desk.get("/api/v1/register/rows", "ada").json()["total"] == 0


def test_files_that_are_none_are_refused_and_told(desk: Desk):
    for body, told in (
        (b"", "No sheet has a row of headings"),
        (b"\xd0\xcf\x11\xe0 old", "The file is an old Excel file or has a password. Save it as XLSX"),
        (b"PK\x03\x04 broken", "The workbook cannot be read (BadZipFile)."),
        (bytes(files.MOST_BYTES + 1), TOO_LARGE),
    ):
        answer = look(desk, "ada", body)
        assert answer.status_code == (413 if told is TOO_LARGE else 422)
        assert answer.json()["detail"].startswith(told)
    many = [(f"Sample: {number}", *ONE[1:]) for number in range(MOST_ROWS + 1)]
    most = look(desk, "ada", workbook(*many[1:]) + bytes(MOST_BYTES))
    assert most.json()["new"] == MOST_ROWS, "a body may be larger here than elsewhere"
    refused = look(desk, "ada", workbook(*many))
    assert (refused.status_code, refused.json()["detail"]) == (422, TOO_MANY)
    unasked = desk.client.post(f"{PREVIEW}?x=1", headers=desk.headers("ada"), content=workbook(ONE))
    assert unasked.status_code == 422


@pytest.mark.parametrize("language", ["en", "fr", "es", "ar", "uk"])
def test_the_template_is_everybodys(desk: Desk, language: str):
    answer = desk.get(f"/api/v1/register/template?language={language}")
    assert answer.headers["content-disposition"] == f'attachment; filename="holdings-{language}.xlsx"'
    assert len(load_workbook(io.BytesIO(answer.content)).worksheets) == 3
    again = desk.client.get(answer.request.url, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    text = desk.get(f"/api/v1/register/template?language={language}&format=csv").content
    assert look(desk, "ada", text).json()["language"] == language


def test_only_so_many_acts_an_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, assessor: Assessor):
    monkeypatch.setenv("LANDMARK_SOURCES", "register")
    with opened(tmp_path) as desk:
        settings = Settings(data_dir=tmp_path, database_url="", config_dir=None, rate_acts=2)
        with TestClient(create_app(settings)) as client:
            client.app.state.register.sheets.registry.assessor = assessor
            asked = [
                client.post(PREVIEW, headers=desk.headers("holder"), content=workbook(ONE)).status_code
                for _ in range(3)
            ]
            assert asked == [200, 200, 429]
            assert client.post(PREVIEW, headers=desk.headers("ada"), content=workbook(ONE)).status_code == 200


class Page:
    """Somebody before a browser, who signed in with a key."""

    def __init__(self, desk: Desk, key: str) -> None:
        self.desk = desk
        desk.client.cookies.clear()
        token = self.token(desk.client.get("/sign-in").text)
        fields = {"token": token, "key": desk.keys[key]}
        answer = desk.client.post("/sign-in", data=fields, headers=SENT, follow_redirects=False)
        assert answer.status_code == 303
        # The cookie is for https where the page came by it; the test's client keeps it either way.
        self.text = self.get("/register").text

    @staticmethod
    def token(text: str) -> str:
        return re.findall(r'name="token" value="([^"]+)"', text)[-1]

    def get(self, path: str) -> Any:
        return self.desk.client.get(path)

    def bring(self, body: bytes, headers: Mapping[str, str] = SENT, sealed: str = "") -> Any:
        sent = {"token": sealed or self.token(self.text)}
        return self.desk.client.post(
            "/register/preview", data=sent, files={"file": ("holdings.xlsx", body)}, headers=dict(headers)
        )

    def accept(self, shown: str, **ticked: str) -> Any:
        [stamp] = re.findall(r'name="preview" value="([^"]+)"', shown)
        fields = {"token": self.token(shown), "preview": stamp} | ticked
        return self.desk.client.post("/register/accept", data=fields, headers=SENT)


def test_a_sheet_is_brought_on_the_page(desk: Desk):
    page = Page(desk, "ada")
    shown = page.bring(workbook(ONE, TWO, WRONG))
    assert shown.status_code == 200
    assert "2 new, 0 changed, 0 unchanged, 1 rejected. Nothing has been written." in shown.text
    assert "<strong>D4</strong> State:" in shown.text
    assert "Write one of: planned, collecting, held, shared, retired." in shown.text
    refused = page.accept(shown.text)
    assert refused.status_code == 409
    assert SOME in refused.text
    done = page.accept(shown.text, accept_valid="yes", open="yes")
    assert done.status_code == 200
    assert "2 new, 0 changed, 0 unchanged; 1 rejected, which are not written." in done.text
    assert "Shown to as many as their rows ask for: 2." in done.text
    returned = load_workbook(io.BytesIO(page.get("/register/returned").content)).worksheets[0]
    assert [[cell.value for cell in row[:2]] for row in returned.iter_rows(min_row=3)][2] == [None, "Sample: three"]
    assert re.fullmatch("reg-[0-9a-f]{16}", returned["A3"].value)
    own = page.get("/register").text
    assert "2 holdings that you may change" in own
    assert TWO[0] in own
    over = page.accept(shown.text, accept_valid="yes")
    assert over.status_code == 409
    assert "Upload the sheet again." in over.text
    again = page.bring(page.get("/register/export?language=uk&format=xlsx").content).text
    assert "0 new, 0 changed, 2 unchanged, 0 rejected." in again
    assert TWO[0] in desk.client.get("/?q=two", headers={"Cookie": ""}).text


def test_only_our_own_pages_forms_are_taken_and_only_from_who_lists(desk: Desk):
    page = Page(desk, "ada")
    body = workbook(ONE)
    assert page.bring(body, {"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert page.bring(body, {}).status_code == 403
    assert page.bring(body, sealed="of another session").status_code == 403
    assert page.bring(b"").status_code == 422
    plain = desk.client.post("/register/preview", data={"token": page.token(page.text)}, headers=SENT)
    assert plain.status_code == 422
    large = page.bring(bytes(files.MOST_BYTES + 100_000))
    assert large.status_code == 413
    assert TOO_LARGE in large.text
    seen = page.bring(body).text
    # Another's look is not there for them.
    other = Page(desk, "yemen")
    [stamp] = re.findall(r'name="preview" value="([^"]+)"', seen)
    sent = {"token": other.token(other.text), "preview": stamp}
    assert desk.client.post("/register/accept", data=sent, headers=SENT).status_code == 409
    partner = Page(desk, "partner")
    assert "file" not in re.findall(r'type="(\w+)"', partner.text)
    assert LISTS_NOTHING in partner.text
    for path in ("/register/export", "/register/returned"):
        assert partner.get(path).status_code == 403
    assert partner.bring(body, sealed="x").status_code == 403
    desk.client.cookies.clear()
    assert desk.client.post("/register/preview", content=b"x", headers=SENT).status_code == 403
    assert desk.client.get("/register").status_code == 200
    assert "Sign in with a key" in desk.client.get("/register").text


@pytest.mark.parametrize("boundary", ["*=\x00''x", f"*{'9' * 5000}=x", "*=undefined''x%ff", "*=idna''%ff.", ""])
def test_a_boundary_that_is_none_is_refused(desk: Desk, boundary: str):
    page = Page(desk, "ada")
    kind = f"multipart/form-data; boundary{boundary}"
    answer = desk.client.post("/register/preview", content=b"--x", headers=SENT | {"Content-Type": kind.encode()})
    assert answer.status_code == 422
    assert page.get("/register").status_code == 200


@pytest.mark.parametrize("name", ["filename*=a\x00b''x", f"filename*{'9' * 5000}=x", "name*=undefined''x; filename=x"])
def test_a_part_whose_head_cannot_be_read_is_refused(desk: Desk, name: str):
    page = Page(desk, "ada")
    parts = f'--x\r\nContent-Disposition: form-data; name="token"\r\n\r\n{page.token(page.text)}\r\n'
    parts += f"--x\r\nContent-Disposition: form-data; {name}\r\n\r\nSample\r\n--x--\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    assert desk.client.post("/register/preview", content=parts.encode(), headers=SENT | kind).status_code == 422


def test_a_public_process_gives_templates_and_takes_nothing(desk: Desk):
    with TestClient(create_app(desk.client.app.state.register.settings, public_only=True)) as client:
        assert client.get("/api/v1/register/template").status_code == 200
        page = client.get("/register")
        assert page.status_code == 200
        assert "Sign in" not in page.text
        assert client.post(PREVIEW, content=workbook(ONE)).status_code == 404
        assert client.get("/register/export").status_code == 404


def test_a_sheet_is_kept_for_a_while_one_for_each_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    now = [0.0]
    kept = Sheets(Settings(data_dir=tmp_path), clock=lambda: now[0])
    kept.keep("a", "brought", "one", b"1")
    kept.keep("b", "brought", "one", b"2")
    kept.keep("a", "brought", "two", b"3")
    assert [kept.kept("a", "brought", stamp) for stamp in ("one", "two")] == [None, b"3"]
    assert kept.kept("b", "brought", "one") == b"2"
    assert kept.kept("b", "returned", "one") is None
    now[0] = sheets.KEPT_SECONDS + 1.0
    assert kept.kept("b", "brought", "one") is None
    monkeypatch.setattr(sheets, "MOST_KEPT", 5)
    kept.keep("a", "brought", "x", b"1234")
    kept.keep("b", "brought", "x", b"5678")
    assert (kept.kept("a", "brought", "x"), kept.kept("b", "brought", "x")) == (None, b"5678")
