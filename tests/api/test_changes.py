"""What changed, over HTTP: as the public may know it, refusals, and the command's same answer."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from api.app import create_app
from catalog.assess import Assessor
from catalog.cli import app as command
from catalog.database import Catalog
from catalog.records import DatasetRecord
from catalog.rows import Entry
from catalog.runs import sync_sources
from catalog.store import Store
from catalog.vocabulary import Visibility
from config.settings import Settings
from tests.api.conftest import PUBLIC, RECORDS, RULES


@dataclass(frozen=True)
class Changing:
    """A catalog whose records are written again and again."""

    settings: Settings
    catalog: Catalog
    client: TestClient

    def write(self, day: int, *records: DatasetRecord) -> None:
        now, assessor = datetime(2026, 11, day, tzinfo=UTC), Assessor(RULES)
        entries = [
            Entry(one, assessor.assess(one, PUBLIC, now.date()), f"{day}", b"{}", one.landing_page) for one in records
        ]
        with self.catalog.writing() as session:
            Store(PUBLIC, assessor, self.catalog.address.drivername).write(session, None, entries, now)


@pytest.fixture
def changing(tmp_path: Path) -> Iterator[Changing]:
    settings = Settings(data_dir=tmp_path, database_url="", config_dir=None)
    with Catalog(settings.catalog_url, create=True) as catalog:
        sync_sources(catalog, [PUBLIC])
        with TestClient(create_app(settings), raise_server_exceptions=False) as client:
            changing = Changing(settings, catalog, client)
            changing.write(1, *RECORDS)
            changing.write(2, replace(RECORDS[0], update_frequency=90), replace(RECORDS[-1], licence="Quietcanary"))
            changing.write(3, replace(RECORDS[1], visibility=Visibility.RESTRICTED))
            yield changing


def test_what_changed_as_the_public_may_know_it(changing: Changing) -> None:
    answer = changing.client.get("/api/v1/changes")
    assert "quietcanary" not in answer.text.lower()
    body = answer.json()
    assert (body["total"], body["facets"], body["next"]) == (5, {}, "")
    assert [(item["kind"], item["title"]) for item in body["items"]] == [
        ("created", "Sample: Displacement in South Sudan"),
        ("created", '=HYPERLINK("https://bad.example.org")'),
        ("created", "Sample: Schools <script>"),
        ("created", "Sample: Clinics"),
        ("updated", "Sample: Displacement in South Sudan"),
    ]
    last = body["items"][-1]
    assert last["sentences"] == [
        "next update expected: now 2024-09-29",
        "update frequency: every month -> every three months",
    ]
    assert last["fields"][1]["new"] == {"days": 90, "words": "every three months"}
    assert changing.client.get("/api/v1/changes", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_each_parameter_and_the_next_page(changing: Changing) -> None:
    def asked(**given: str | int) -> list[str]:
        return [item["kind"] for item in changing.client.get("/api/v1/changes", params=given).json()["items"]]

    every = changing.client.get("/api/v1/changes").json()["items"]
    assert asked(since="2026-11-02") == asked(since="2026-11-02T00:00:00Z") == ["updated"]
    assert asked(since="2026-11-02T02:00:00+02:00") == ["updated"]
    assert asked(source="sample-ckan") == [item["kind"] for item in every]
    assert asked(source="sample-closed") == []
    assert asked(dataset=every[0]["dataset"]) == asked(dataset=every[0]["name"]) == ["created", "updated"]
    first = changing.client.get("/api/v1/changes", params={"limit": 3}).json()
    second = changing.client.get("/api/v1/changes", params={"limit": 3, "after": first["next"]}).json()
    assert (first["total"], second["total"], second["next"]) == (5, 5, "")
    assert first["items"] + second["items"] == every


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("sinse=2026-11-01", 'There is no parameter "sinse". Did you mean "since"?'),
        (
            "since=yesterday",
            (
                'since: "yesterday" cannot be used. It must be a day such as 2024-01-31, or a time such as '
                "2024-01-31T08:00:00Z."
            ),
        ),
        ("limit=1001", 'limit: "1001" cannot be used. It must be a whole number from 0 to 1,000.'),
        ("after=7", 'after: "7" is no "next" of a page before. Leave it out to begin anew.'),
    ],
)
def test_what_cannot_be_asked_is_refused(changing: Changing, question: str, message: str) -> None:
    answer = changing.client.get(f"/api/v1/changes?{question}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["detail"] == message


def test_the_command_tells_the_same(changing: Changing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDMARK_DATA_DIR", str(changing.settings.data_dir))
    for name in ("LANDMARK_ACTOR", "LANDMARK_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    runner = CliRunner()
    said = runner.invoke(command, ["changes", "--json", "--limit", "3"])
    assert (said.exit_code, said.stdout_bytes) == (
        0,
        changing.client.get("/api/v1/changes", params={"limit": 3}).content + b"\n",
    )
    after = orjson.loads(said.stdout_bytes)["next"]
    shown = runner.invoke(command, ["changes", "--since", "2026-11-02", "--source", "sample-ckan"]).stdout
    identifier = orjson.loads(said.stdout_bytes)["items"][0]["dataset"]
    assert shown.splitlines() == [
        "1 change",
        f"2026-11-02T00:00:00Z  Sample: Displacement in South Sudan  (sample-ckan, {identifier})",
        "    next update expected: now 2024-09-29",
        "    update frequency: every month -> every three months",
    ]
    assert f"More: --after {after}" in runner.invoke(command, ["changes", "--limit", "3"]).stdout
    full = orjson.loads(runner.invoke(command, ["changes", "--json", "--as", "Sample Steward"]).stdout_bytes)
    assert (full["total"], "Quietcanary" in str(full)) == (9, True)
    assert "--since: It must be a day" in str(runner.invoke(command, ["changes", "--since", "x"]).exception)
