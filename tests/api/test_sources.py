"""How sources fare, as the public may know it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from api.app import create_app
from catalog import health, sources
from catalog.database import Catalog
from catalog.runs import Issue, begin, finish, sync_sources
from catalog.tables import CatalogRecord, HarvestRun, SourceRow
from catalog.viewer import Viewer
from catalog.vocabulary import Audience, RunState
from config.declarations import Source
from config.settings import Settings
from tests.api.conftest import CLOSED, PUBLIC, RECORDS, write

DAILY = PUBLIC.model_copy(update={"schedule": "15 3 * * *"})
ISSUE = Issue("http-500", "Quietcanary: the portal failed", address="https://data.example.org/quietcanary")


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[Catalog, TestClient, Settings]]:
    """One complete run of six records, five of them public, on Wednesday; since then four failures, one a day."""
    settings = Settings(data_dir=tmp_path, database_url="", config_dir=None)
    with Catalog(settings.catalog_url, create=True) as catalog:
        _dated(catalog, write(catalog, DAILY, RECORDS), days=5)
        for days in (4, 3, 2, 1):
            run = begin(catalog, DAILY, "full")
            with catalog.writing() as session:
                finish(session, run, RunState.FAILED, [ISSUE], "Quietcanary")
            _dated(catalog, run.id, days)
        write(catalog, CLOSED, RECORDS[-1:])
        with TestClient(create_app(settings)) as client:
            yield catalog, client, settings


def test_health_is_told_to_the_public_and_hides_what_is_hidden(kept: tuple[Catalog, TestClient, Settings]) -> None:
    catalog, client, _ = kept
    answer = client.get("/api/v1/sources/sample-ckan")
    found = answer.json()["health"]
    (point,) = found.pop("trend")
    assert (point["records"], point["started"]) == (5, found.pop("last_complete"))
    # Four failures: four days after the last of them, give or take half of one.
    following = datetime.fromisoformat(found.pop("next_run"))
    assert timedelta(days=2.5) <= following - datetime.now(UTC) <= timedelta(days=3.6)
    assert (following.hour, following.minute) == (3, 15)
    assert found == {
        "state": "failing",
        "consecutive_failures": 4,
        "breaker": "open",
        "days_silent": 5,
        "issues": [{"code": "http-500", "severity": "error", "count": 1}],
        "paused": False,
        "due": False,
    }
    assert "uietcanary" not in answer.text
    assert client.get("/api/v1/sources").json()["items"] == [answer.json()]
    with catalog.reading() as session:
        full = health.source(session, Viewer(Audience.FULL), "sample-ckan", datetime.now(UTC))
    assert [point["records"] for point in full["health"]["trend"]] == [6]


def test_hidden_sources_answer_as_those_that_never_existed(kept: tuple[Catalog, TestClient, Settings]) -> None:
    catalog, client, settings = kept
    proposed = Source(key="sample-proposed", kind="hdx", title="Sample: proposed", url="https://new.example.org")
    with catalog.writing() as session:
        sources.propose(session, settings, proposed, "Ada")
    closed, waiting, never = (client.get(f"/api/v1/sources/{key}") for key in (CLOSED.key, proposed.key, "never"))
    assert (closed.status_code, closed.content) == (404, never.content) == (404, waiting.content)
    assert [item["key"] for item in client.get("/api/v1/sources").json()["items"]] == ["sample-ckan"]
    with catalog.writing() as session:
        sources.approve(session, settings, proposed.key, "Bo")
    assert client.get("/api/v1/sources/sample-proposed").json()["health"]["state"] == "new"


def test_who_paused_a_source_and_why_is_not_public(kept: tuple[Catalog, TestClient, Settings]) -> None:
    catalog, client, _ = kept
    paused = datetime(2026, 7, 1, tzinfo=UTC)
    with catalog.writing() as session:
        why = {"paused": paused, "paused_by": "Quietcanary", "paused_reason": "Quietcanary asked."}
        session.execute(update(SourceRow).where(SourceRow.key == "sample-ckan").values(why))
    answer = client.get("/api/v1/sources/sample-ckan")
    shown = answer.json()["health"]
    assert (shown["state"], shown["paused"], shown["next_run"]) == ("paused", True, None)
    assert "uietcanary" not in answer.text
    with catalog.reading() as session:
        full = health.source(session, Viewer(Audience.FULL), "sample-ckan", datetime.now(UTC))
    told = {name: full["health"][name] for name in ("paused_since", "paused_by", "paused_reason")}
    assert told == {
        "paused_since": "2026-07-01T00:00:00Z",
        "paused_by": "Quietcanary",
        "paused_reason": "Quietcanary asked.",
    }


def test_the_page_tells_how_a_source_fares(kept: tuple[Catalog, TestClient, Settings]) -> None:
    _, client, _ = kept
    text = " ".join(client.get("/runs").text.split())
    told = "Not answering; asked more rarely until it does; failed 4 times in a row; last complete 5 days ago"
    assert f'<td>{told}</td><td class="n">5</td>' in text
    assert "uietcanary" not in text


@pytest.mark.parametrize(
    ("days", "state"),
    [
        ((0,), "healthy"),
        ((1,), "healthy"),
        ((3,), "late"),
    ],
)
def test_a_source_that_was_silent_for_two_intervals_is_late(tmp_path: Path, days: tuple[int], state: str) -> None:
    with Catalog(f"sqlite:///{(tmp_path / 'landmark.db').as_posix()}", create=True) as catalog:
        sync_sources(catalog, [DAILY])
        _dated(catalog, write(catalog, DAILY, RECORDS[:1]), days[0])
        with catalog.reading() as session:
            found = health.source(session, Viewer(Audience.PUBLIC), DAILY.key, datetime.now(UTC))
    assert (found["health"]["state"], found["health"]["days_silent"]) == (state, days[0])


def _dated(catalog: Catalog, run_id: object, days: float) -> None:
    """Let a run have been so many days ago."""
    ago = timedelta(days=days)
    with catalog.writing() as session:
        run = session.get_one(HarvestRun, run_id)
        run.started, run.ended = run.started - ago, run.ended - ago
        for record in session.scalars(select(CatalogRecord).where(CatalogRecord.last_seen_run == run_id)):
            record.first_seen -= ago
