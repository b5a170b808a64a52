"""Organisations, sources, runs, health, the description, and that new records are found by themselves."""

import re
import shutil
import threading
import time
from pathlib import Path

from filelock import FileLock
from starlette.testclient import TestClient

from api.app import create_app
from catalog.database import Catalog
from config.settings import Settings
from tests.api import conftest
from tests.api.conftest import PUBLIC, RECORDS, Shelf


def test_organisations_with_counts(client: TestClient):
    answer = client.get("/api/v1/organizations").json()
    ids = [item.pop("id") for item in answer["items"]]
    assert answer == {
        "total": 2,
        "items": [
            {"name": "Sample Relief", "datasets": 3, "records": 3},
            {"name": "Sample Mine Action Centre", "datasets": 2, "records": 2},
        ],
        "facets": {},
        "next": "",
    }
    found = client.get("/api/v1/organizations", params={"q": "MINE"}).json()
    assert [item["id"] for item in found["items"]] == ids[1:]
    first = client.get("/api/v1/organizations", params={"limit": 1}).json()
    second = client.get("/api/v1/organizations", params={"limit": 1, "after": first["next"]}).json()
    assert [item["id"] for item in first["items"] + second["items"]] == ids
    assert second["next"] == ""


def test_what_an_organisation_holds(client: TestClient):
    listed = client.get("/api/v1/organizations").json()["items"][0]
    answer = client.get(f"/api/v1/organizations/{listed['id']}").json()
    assert answer["name"] == "Sample Relief"
    assert answer["datasets"] == len(answer["items"]) == 3
    held = {name: {c["value"]: c["count"] for c in counts if c["count"]} for name, counts in answer["facets"].items()}
    assert held == {
        "topic": {"displacement": 1},
        "country": {"UKR": 2, "SSD": 1},
        "access": {"on_request": 1, "open": 1, "unknown": 1},
    }
    assert client.get("/api/v1/organizations/never").status_code == 404


def test_sources_and_runs_are_the_public_ones(client: TestClient, shelf: Shelf):
    sources = client.get("/api/v1/sources").json()
    assert [(item["key"], item["datasets"], item["last_run"]["id"]) for item in sources["items"]] == [
        ("sample-ckan", 5, str(shelf.run))
    ]
    runs = client.get("/api/v1/runs").json()
    assert [(item["id"], item["state"]) for item in runs["items"]] == [(str(shelf.run), "partial")]
    assert client.get(f"/api/v1/runs/{shelf.run}").json() == runs["items"][0]
    closed, never, word = (
        client.get(f"/api/v1/runs/{key}") for key in (shelf.closed_run, "00000000-0000-4000-8000-000000000000", "x")
    )
    assert (closed.status_code, closed.content) == (404, never.content) == (404, word.content)


def test_health(client: TestClient):
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok", "catalog": "ok", "index": "ok"}


def test_not_ready_without_its_tables(tmp_path: Path):
    settings = Settings(data_dir=tmp_path, database_url="", config_dir=None)
    Catalog(settings.catalog_url, create=True).close()
    with TestClient(create_app(settings)) as running:
        assert running.get("/readyz").status_code == 200
        running.app.state.register.catalog.close()
        with running.app.state.register.catalog.engine.begin() as connection:
            connection.exec_driver_sql("drop table change")
        answer = running.get("/readyz")
    assert (answer.status_code, answer.json()["catalog"]) == (503, "unreachable")


def test_a_damaged_index_is_told_and_the_last_good_one_answers_meanwhile(tmp_path: Path):
    settings = Settings(data_dir=tmp_path, database_url="", config_dir=None)
    with Catalog(settings.catalog_url, create=True) as catalog:
        conftest.write(catalog, PUBLIC, RECORDS)
        with TestClient(create_app(settings)) as running:
            before = running.get("/api/v1/datasets").json()
            # Who holds the lock builds; so the server cannot yet.
            with FileLock(settings.index_dir / "writer.lock"):
                shutil.rmtree(settings.index_dir / "public")
                told = running.get("/readyz")
                assert (told.status_code, told.json()) == (
                    503, {"status": "not ready", "catalog": "ok", "index": "being built anew"},
                )  # fmt: skip
                assert running.get("/api/v1/datasets").json() == before
            asked, pause = time.monotonic(), threading.Event()
            while running.get("/readyz").status_code != 200:
                assert time.monotonic() - asked < 10
                pause.wait(0.02)
            assert running.get("/api/v1/datasets").json() == before


def test_what_another_process_harvests_is_found_within_a_second(tmp_path: Path):
    settings = Settings(data_dir=tmp_path, database_url="", config_dir=None)
    with Catalog(settings.catalog_url, create=True) as catalog, TestClient(create_app(settings)) as running:
        assert running.get("/api/v1/datasets").json()["total"] == 0
        conftest.write(catalog, PUBLIC, RECORDS)
        asked, pause = time.monotonic(), threading.Event()
        while running.get("/api/v1/datasets").json()["total"] != 5:
            assert time.monotonic() - asked < 5
            pause.wait(0.02)


KEYED_BY_CONTENT = ("met_by", "holders.items[0].access", "holders.items[0].levels", "countries[0].cells", ".states")
"""Objects whose keys are what each record, need or country has."""


def fits(example: object, real: object, where: str) -> None:
    """Every documented field is there and nothing else; example lists may be shorter."""
    if isinstance(example, dict) and isinstance(real, dict):
        if where.endswith(
            ("met_by", "/holders.items[0].access", "/holders.items[0].levels", "countries[0].cells", ".states")
        ):
            return  # each need and holder has what it has
        if where.endswith(("facets", "titles")):
            assert example.keys() <= real.keys(), where
        else:
            assert example.keys() == real.keys(), where
        for key in example:
            fits(example[key], real[key], f"{where}.{key}")
    elif isinstance(example, list):
        assert isinstance(real, list), where
        if example and real:
            fits(example[0], real[0], f"{where}[0]")


def test_each_documented_example_is_answered_as_documented(client: TestClient, shelf: Shelf):
    described = client.get("/api/v1/openapi.json").json()
    organization = client.get("/api/v1/organizations").json()["items"][0]["id"]
    keys = {
        "/api/v1/datasets/{key}": shelf.id("displacement"),
        "/api/v1/organizations/{key}": organization,
        "/api/v1/runs/{run_id}": str(shelf.run),
        "/api/v1/runs/{run_id}/issues": str(shelf.run),
        "/api/v1/sources/{key}": "sample-ckan",
        "/api/v1/datasets/{key}/level": shelf.id("displacement"),
        "/api/v1/hxl/tags/{tag}": "affected",
        "/api/v1/datasets/{key}/access": shelf.id("displacement"),
        "/api/v1/coverage/{iso3}": "SSD",
        "/api/v1/sharing/{indicator}": "holdings",
    }
    # What takes a key is asked in test_acts.py and its like.
    keyed = (
        "/waiting",
        "/notices",
        "/metrics",
        "/keys",
        "/grants",
        "/audit",
        "/verification",
        "/same",
        "/register/rows",
        "/register/export",
        "/curation",
        "/review",
        "/requests",
        "/requests/{request_id}",
        "/actions",
        "/logged",
    )
    open_to_all = {
        path: methods for path, methods in described["paths"].items() if "get" in methods and not path.endswith(keyed)
    }
    assert len(open_to_all) >= 30
    asked = 0
    for path, methods in open_to_all.items():
        get = methods["get"]
        address = re.sub(r"{\w+}", keys.get(path, ""), path)
        answer = client.get(address)
        assert answer.status_code == 200, path
        content = get["responses"]["200"]["content"]
        assert answer.headers["content-type"] in content
        example = content.get("application/json", {}).get("example")
        if path == "/api/v1/guidance":
            assert example.keys() == answer.json().keys()
        elif example:
            fits(example, answer.json(), path)
        for parameter in get.get("parameters", []):
            assert parameter.get("description") or parameter["in"] == "path", (path, parameter["name"])
            for value in parameter["schema"].get("examples", []):
                asked += 1
                given = client.get(address, params={parameter["name"]: value})
                assert given.status_code == 200, (path, parameter["name"])
                if "application/json" in content:
                    assert given.json().keys() >= (example or {}).keys(), (path, parameter["name"])
    assert asked >= 20


def test_documented_refusals_are_the_real_ones(client: TestClient, shelf: Shelf):
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    refused = paths["/api/v1/datasets"]["get"]["responses"]["422"]["content"]["application/problem+json"]["example"]
    assert client.get("/api/v1/datasets?contry=SSD").json() == refused
    missing = paths["/api/v1/datasets/{key}"]["get"]["responses"]["404"]["content"]["application/problem+json"]
    assert client.get(f"/api/v1/datasets/{shelf.id('hidden')}").json() == missing["example"]
