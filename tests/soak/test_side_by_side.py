"""One process follows the schedule, another harvests by hand: five minutes, and never one source together."""

import json
import os
import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.journeys.installation import LONGEST, Installation
from tests.journeys.packages import packages
from tests.portals_served import ckan

pytestmark = pytest.mark.soak
SECONDS = float(os.environ.get("SOAK_SECONDS", "300"))
SOURCES = ("sample-one", "sample-two")


def test_a_scheduler_and_a_person_never_run_one_source_together(tmp_path: Path, catalog_url: str) -> None:
    home = Installation(tmp_path / "home", database_url=catalog_url)
    tried = refused = 0
    with ckan.stage() as portal:
        portal.show(packages(1500))
        for key in SOURCES:
            home.declare(key, portal.address, options={"rows": 25}, schedule="* * * * *")
        home.run("init")
        scheduler = home.start("schedule")
        begun = time.monotonic()
        try:
            while time.monotonic() - begun < SECONDS:
                for key in SOURCES:
                    by_hand = home.start("harvest", key)
                    _, err = by_hand.communicate(timeout=LONGEST)
                    tried += 1
                    if by_hand.returncode:
                        holder = f"{key} is being harvested by process {scheduler.pid} "
                        assert (by_hand.returncode, holder in err.decode()) == (1, True), err.decode()[-2000:]
                        refused += 1
            assert scheduler.poll() is None, "the scheduler ended by itself"
        finally:
            scheduler.terminate()
            scheduler.communicate(timeout=LONGEST)
    scheduled = 0
    for key in SOURCES:
        runs = home.run("runs", key, "--limit", "1000", "--json", "--as", "tester").json()["items"]
        assert {run["state"] for run in runs} <= {"complete", "cancelled"}, json.dumps(runs)[:2000]
        ordered = sorted((run["started"], run["ended"]) for run in runs)
        assert all(ended <= started for (_, ended), (started, _) in pairwise(ordered))
        scheduled += len(runs)
    by_schedule = scheduled - (tried - refused)
    print(
        f"side by side, {SECONDS:.0f} s: {tried} harvests by hand, {refused} of them refused, {by_schedule} scheduled"
    )
    # A time of the crontab that a harvest by hand has served is not served again.
    assert by_schedule >= len(SOURCES)
