"""Held runs of one source, one after the other: which can be decided on, and what is said of those that cannot."""

import pytest

from tests.journeys.installation import Installation
from tests.journeys.packages import packages
from tests.portals_served import ckan

HELD, FAILED = 3, 1


@pytest.fixture
def sample(landmark: Installation, portal: ckan.Stage) -> Installation:
    """Thirty records are listed."""
    landmark.declare("sample", portal.address)
    landmark.run("init")
    portal.show(packages(30))
    landmark.harvest("sample")
    return landmark


def held(home: Installation, portal: ckan.Stage, count: int) -> str:
    portal.show(packages(count))
    return str(home.harvest("sample", code=HELD)["id"])


def decide(home: Installation, decision: str, run: str, code: int = 0) -> tuple[str, str]:
    said = home.run("runs", decision, run, "--yes", "--as", "Ada", code=code)
    return said.text, said.err


def test_a_run_after_which_the_source_was_read_whole_is_only_closed(sample: Installation, portal: ckan.Stage) -> None:
    first = held(sample, portal, 10)
    portal.show(packages(30))
    later = sample.harvest("sample")["id"]
    since = f"sample was read whole again since, by run {later}, which"
    close = f'nothing is left to release. Close this one with "landmark runs reject {first} --as NAME".\n'
    assert decide(sample, "release", first, FAILED) == ("", f"{since} is complete: {close}")
    assert decide(sample, "reject", first)[0].endswith("Rejected: 0 records stay listed.\n")


def test_of_two_held_runs_the_later_is_decided_on_and_the_earlier_only_if_that_is_rejected(
    sample: Installation, portal: ckan.Stage
) -> None:
    first, later = held(sample, portal, 10), held(sample, portal, 5)
    since = f"sample was read whole again since, by run {later}"
    look = f'. Decide on that one first: "landmark runs release {later} --as NAME".\n'
    assert decide(sample, "release", first, FAILED) == ("", since + look)

    released = sample.copy(sample.home.parent / "released")
    decide(released, "release", later)
    close = f'nothing is left to release. Close this one with "landmark runs reject {first} --as NAME".\n'
    assert decide(released, "release", first, FAILED) == ("", f"{since}, which was released by Ada: {close}")

    decide(sample, "reject", later)
    assert decide(sample, "release", first)[0].endswith("Released: 20 marked missing, 0 withdrawn.\n")
