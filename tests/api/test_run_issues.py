"""Issues of a run over the API: the public is told of whole pages and of what it is shown, and no message."""

from starlette.testclient import TestClient

from catalog import reading
from catalog.database import Catalog
from catalog.issues import Issue
from catalog.viewer import steward
from tests.api.conftest import PUBLIC, RECORDS, Shelf, write


def test_issues_one_by_one(client: TestClient, shelf: Shelf) -> None:
    path = f"/api/v1/runs/{shelf.run}/issues"
    answer = client.get(path)
    items = answer.json()["items"]
    assert [{**item, "at": ""} for item in items] == [
        {"code": "bad_date", "severity": "warning", "dataset": shelf.id("displacement"), "field": "", "at": ""}
    ] * 2
    assert "uietcanary" not in answer.text
    assert client.get(path, params={"code": "closed_date"}).json()["total"] == 0
    first = client.get(path, params={"limit": 1}).json()
    assert (first["items"], first["total"]) == (items[:1], 2)
    assert client.get(path, params={"limit": 1, "after": first["next"]}).json()["items"] == items[1:]
    hidden, never = (
        client.get(f"/api/v1/runs/{run}/issues") for run in (shelf.closed_run, "00000000-0000-4000-8000-000000000000")
    )
    assert (hidden.status_code, hidden.content) == (404, never.content)
    assert client.get(path, params={"code": "%00"}).status_code == 422


def test_a_steward_is_told_all_but_of_owners_own_records(catalog: Catalog) -> None:
    owners = PUBLIC.model_copy(update={"visibility": "owner"})
    said = {"address": "https://data.example.org/page", "mend": "Sample mend."}
    page = Issue("slow_page", "Sample: slow.", "warning", **said)
    of_one = Issue(
        "bad_date", "Quietcanary: not a date", "warning", remote_id=RECORDS[0].remote_id, field="modified", **said
    )
    run = write(catalog, owners, RECORDS[:1], (page, of_one))
    with catalog.reading() as session:
        items, total = reading.issues(session, steward("A. Sample"), run) or ([], 0)
    assert total == 2
    of_page, of_record = ({name: value for name, value in item.items() if name != "at"} for item in items)
    assert of_page == {
        "code": "slow_page", "severity": "warning", "dataset": None, "field": "", "record": "",
        "message": "Sample: slow.", **said,
    }  # fmt: skip
    assert of_record == {
        "code": "bad_date", "severity": "warning", "dataset": None, "field": "modified", "record": "",
        "message": "", "address": "", "mend": "Sample mend.",
    }  # fmt: skip
