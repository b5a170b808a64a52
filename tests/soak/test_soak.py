"""Kills at any moment, and races: minutes rather than seconds (``make soak``)."""

import random
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from tests.journeys.installation import LONGEST, Installation
from tests.journeys.packages import packages
from tests.portals_served import ckan

pytestmark = pytest.mark.soak
KILLS, RACERS = 100, 20
ALL = packages(3000)


def test_kills_at_random_moments_leave_the_undisturbed_catalog(tmp_path: Path) -> None:
    seed = random.randrange(1_000_000)
    chance = random.Random(seed)
    killed, rounds = 0, 0
    with ckan.stage() as portal:
        portal.show(ALL)
        empty = Installation(tmp_path / "empty")
        empty.declare("sample", portal.address, options={"rows": 50})
        empty.run("init")
        still = empty.copy(tmp_path / "undisturbed")
        still.harvest("sample")
        undisturbed = still.dump()
        while killed < KILLS:
            home = empty.copy(tmp_path / f"round-{rounds}")
            for _ in range(3):
                killed += _killed(home, 1 + 4 * chance.random())
            home.harvest("sample")
            assert home.dump() == undisturbed, f"seed {seed}, round {rounds}"
            home.run("index", "check")
            shutil.rmtree(home.home)
            rounds += 1
    print(f"kill -9: {killed} kills at random moments in {rounds} harvests, seed {seed}: the same catalog after each")


def _killed(home: Installation, after: float) -> bool:
    """Start a harvest and kill it; whether it had not ended by then. Most kills fall past the interpreter's start."""
    process = home.start("harvest", "sample")
    try:
        process.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return True
    return False


def test_of_twenty_processes_for_one_source_one_runs(tmp_path: Path, catalog_url: str) -> None:
    """The portal answers the first page when nineteen have been refused, so that each of them meets a living holder."""
    refused, all_refused = [], threading.Event()
    with ckan.stage() as portal:
        portal.show(ALL, before_page=lambda _: all_refused.wait(5 * LONGEST))
        home = Installation(tmp_path / "home", database_url=catalog_url)
        home.declare("sample", portal.address, options={"rows": 500})
        home.run("init")
        racing = [home.start("harvest", "sample") for _ in range(RACERS)]
        watching = [threading.Thread(target=_await, args=(process, refused, all_refused)) for process in racing]
        for thread in watching:
            thread.start()
        for thread in watching:
            thread.join()
    winner = next(process for process in racing if process.returncode == 0)
    assert len(refused) == RACERS - 1
    assert all(code == 1 for code, _ in refused)
    assert all(f"sample is being harvested by process {winner.pid} " in err for _, err in refused)
    runs = home.run("runs", "--json", "--as", "tester").json()["items"]
    assert [(run["state"], run["created"]) for run in runs] == [("complete", len(ALL))]
    print(f"race: of {RACERS} processes one ran, {len(refused)} said who holds the source")


def _await(process: subprocess.Popen[bytes], refused: list[tuple[int, str]], all_refused: threading.Event) -> None:
    _, err = process.communicate(timeout=5 * LONGEST)
    if process.returncode:
        refused.append((process.returncode, err.decode()))
    if len(refused) == RACERS - 1:
        all_refused.set()
