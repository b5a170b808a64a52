"""Kills at any moment, and races: minutes rather than seconds (``make soak``)."""

import random
import subprocess
from pathlib import Path

import pytest

from tests.journeys.installation import LONGEST, Installation
from tests.journeys.packages import packages
from tests.portals_served import ckan

pytestmark = pytest.mark.soak
KILLS, RACERS = 30, 20
ALL = packages(3000)


def test_kills_at_random_moments_leave_the_undisturbed_catalog(tmp_path: Path) -> None:
    seed = random.randrange(1_000_000)
    chance = random.Random(seed)
    with ckan.stage() as portal:
        portal.show(ALL)
        empty = Installation(tmp_path / "empty")
        empty.declare("sample", portal.address, options={"rows": 50})
        empty.run("init")
        still = empty.copy(tmp_path / "undisturbed")
        still.harvest("sample")
        undisturbed = still.dump()
        for kill in range(KILLS):
            home = empty.copy(tmp_path / f"kill-{kill}")
            killed = 0
            while True:
                process = home.start("harvest", "sample")
                try:
                    # Past the start of the interpreter, so that most kills fall into the harvest.
                    process.wait(timeout=1 + 4 * chance.random())
                    process.communicate()
                    break
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.communicate()
                    killed += 1
                    if killed == 3:
                        home.harvest("sample")
                        break
            assert home.dump() == undisturbed, f"seed {seed}, kill {kill}"
            home.run("index", "check")
            print(f"round {kill + 1} of {KILLS}: killed {killed} times, the same catalog")


def test_of_twenty_processes_for_one_source_one_runs(tmp_path: Path) -> None:
    with ckan.stage() as portal:
        portal.show(ALL)
        home = Installation(tmp_path / "home")
        home.declare("sample", portal.address, options={"rows": 10})
        home.run("init")
        started = [home.start("harvest", "sample") for _ in range(RACERS)]
        ended = []
        for process in started:
            _, err = process.communicate(timeout=5 * LONGEST)
            ended.append((process.returncode, err.decode()))
    refused = [err for code, err in ended if code == 1]
    assert all("is being harvested by" in err for err in refused)
    # Whoever starts after the first has ended harvests anew, and finds nothing changed.
    assert {code for code, _ in ended} == {0, 1}
    runs = home.run("runs", "--json", "--as", "tester", "--limit", "50").json()["items"]
    assert [run["created"] for run in runs if run["created"]] == [len(ALL)]
    assert {run["state"] for run in runs} == {"complete"}
