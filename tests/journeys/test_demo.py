"""The demonstration: one command in an empty folder, from portals to answer."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from config.settings import Settings
from tests.journeys.installation import LONGEST, Installation

LEAST = 84
"""Sample records that the demonstration promises."""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Installation, dict[str, Any]]:
    """After ``landmark demo --once --json`` in an empty folder: the demo's own catalog, and what was printed."""
    home = Installation(tmp_path_factory.mktemp("demo") / "home")
    printed = home.run("demo", "--once", "--json").json()
    assert not (home.data / "landmark.db").exists()
    home.data /= "demo"
    return home, printed


def test_its_counts_are_what_is_stored(shown: tuple[Installation, dict[str, Any]]) -> None:
    home, printed = shown
    assert {report["state"] for report in printed["sources"]} == {"complete"}
    counted = {report["source"]: report["created"] for report in printed["sources"]}
    assert all(report["seen"] == report["created"] == report["portal_total"] for report in printed["sources"])

    counting = ("--json", "--limit", "0", "--facets", "source")
    everything = home.run("search", "--as", "someone", "--break-glass", "Sample: to count all.", *counting).json()
    steward = home.run("search", "--as", "someone", *counting).json()
    public = home.run("search", "--json", "--limit", "0", "--facets", "source").json()

    assert {count["value"]: count["count"] for count in everything["facets"]["source"]} == counted
    assert everything["total"] == sum(counted.values()) >= LEAST
    assert "sample-network" in counted
    open_to_all = {key: count for key, count in counted.items() if key != "sample-network"}
    assert {count["value"]: count["count"] for count in public["facets"]["source"]} == open_to_all
    assert public["total"] == sum(open_to_all.values())
    # Of a closed source, what nobody has judged yet is its owner's alone.
    assert {count["value"]: count["count"] for count in steward["facets"]["source"]} == open_to_all | {
        "sample-network": 2
    }


def test_its_answer_is_the_apis(shown: tuple[Installation, dict[str, Any]]) -> None:
    home, printed = shown
    settings = Settings(data_dir=home.data, database_url="", config_dir=None)
    with TestClient(create_app(settings)) as client:
        answer = client.get(printed["query"]).json()
        hidden = client.get("/api/v1/datasets", params={"q": "Kestrel", "limit": 1000}).json()

    assert printed["total"] == answer["total"] == len(answer["items"]) > 1
    assert [_holding(item) for item in answer["items"]] == printed["items"]
    assert len({item["access"] for item in printed["items"]}) > 1
    assert all(item["holders"] and item["steps"] for item in printed["items"])
    assert "sample-network" not in {item["source"]["key"] for item in hidden["items"]}


def _holding(item: dict[str, Any]) -> dict[str, Any]:
    access = item["access"]
    return {
        "id": item["id"],
        "title": item["title"],
        "holders": item["holders"],
        "access": access["modality"],
        "steps": access["steps"],
        "address": access["address"],
        "level": item["level"]["level"],
    }


def test_it_serves_until_it_is_stopped(landmark: Installation) -> None:
    port = _free_port()
    with _serving(landmark, "demo", "--port", str(port)) as process:
        address = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=address, trust_env=False, timeout=LONGEST) as client:
            ready = _ready(client, process)
            page = client.get("/")
            answer = client.get("/api/v1/datasets", params={"limit": 1})
        assert ready == {"status": "ok", "catalog": "ok", "index": "ok"}
        assert (page.status_code, "Landmark" in page.text) == (200, True)
        assert answer.status_code == 200
        assert answer.json()["total"] >= LEAST - 12

        if os.name == "nt":
            process.terminate()
        else:
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LONGEST)

    assert f"Serving on {address}" in out.decode("utf-8")
    assert "Traceback" not in err.decode("utf-8")
    if os.name != "nt":
        assert process.returncode in {0, 130}


@contextmanager
def _serving(home: Installation, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    with home.start(*arguments) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ready(client: httpx.Client, process: subprocess.Popen[bytes]) -> Any:
    """What /readyz says once it is 200; fails if the process ends first or takes too long."""
    until = time.monotonic() + LONGEST
    while time.monotonic() < until:
        try:
            answer = client.get("/readyz")
        except httpx.ConnectError:
            try:
                process.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                continue
            pytest.fail(f"it ended with {process.returncode}")
        if answer.status_code == 200:
            return answer.json()
    return pytest.fail("it was not ready in time")


def test_a_second_demonstration_begins_anew(shown: tuple[Installation, dict[str, Any]], tmp_path: Path) -> None:
    _, printed = shown
    again = Installation(tmp_path / "home")
    again.data.mkdir()
    (again.data / "demo").mkdir()
    (again.data / "demo" / "landmark.db").write_bytes(b"what an older version left")

    repeated = again.run("demo", "--once", "--json").json()

    assert [(item["id"], item["title"]) for item in repeated["items"]] == [
        (item["id"], item["title"]) for item in printed["items"]
    ]
    assert [report["created"] for report in repeated["sources"]] == [report["created"] for report in printed["sources"]]
