"""A portal that misbehaves: said by name, and nothing that is stored is changed or lost."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.journeys.installation import Installation, rows
from tests.journeys.packages import packages
from tests.portals_served import ckan

COUNT = 30
ALL = packages(COUNT)
FIRST = ALL[0]["id"]


@pytest.fixture(scope="module")
def served() -> Iterator[ckan.Stage]:
    with ckan.stage() as stage:
        yield stage


@pytest.fixture(scope="module")
def harvested(served: ckan.Stage, tmp_path_factory: pytest.TempPathFactory) -> tuple[Installation, bytes]:
    """After one good harvest, and its dump."""
    home = Installation(tmp_path_factory.mktemp("good") / "home")
    home.declare("sample", served.address, options={"rows": 10}, expect={"min_records": 20})
    served.show(ALL)
    home.run("init")
    report = home.harvest("sample")
    report.pop("id")
    assert report == {
        "source": "sample",
        "state": "complete",
        "outcome": "",
        "resumed": False,
        "seen": COUNT,
        "created": COUNT,
        "updated": 0,
        "unchanged": 0,
        "failed": 0,
        "skipped": 0,
        "portal_total": COUNT,
        "missing": 0,
        "withdrawn": 0,
        "issues": {},
        "new_issues": {},
    }
    return home, home.dump()


NOTHING = {"seen": 0, "unchanged": 0, "failed": 0, "skipped": 0}


@pytest.mark.parametrize(
    ("misbehaviour", "code", "state", "counts", "issues"),
    [
        ("html", 1, "failed", NOTHING, {"not-json": 1}),
        ("http-500", 1, "failed", NOTHING, {"http-500": 1}),
        ("truncated", 1, "failed", NOTHING, {"not-json": 1}),
        ("empty", 3, "held", NOTHING, {"empty-answer": 1}),
        (
            "repeated-page",
            2,
            "partial",
            {"seen": 30, "unchanged": 10, "skipped": 20},
            {"repeated-page": 2, "duplicate-id": 20, "count-mismatch": 1},
        ),
        ("wrong-count", 2, "partial", {"seen": 30, "unchanged": 30}, {"wrong-count": 1, "count-mismatch": 1}),
        (
            "duplicate-ids",
            2,
            "partial",
            {"seen": 30, "unchanged": 29, "failed": 1},
            {"duplicate-id": 1, "count-mismatch": 1},
        ),
        ("no-id", 2, "partial", {"seen": 30, "unchanged": 29, "failed": 1}, {"no-id": 1}),
        ("no-title", 2, "partial", {"seen": 30, "unchanged": 29, "failed": 1}, {"no-title": 1}),
    ],
)
def test_a_misbehaving_portal_changes_nothing_that_is_stored(
    harvested: tuple[Installation, bytes],
    served: ckan.Stage,
    tmp_path: Path,
    misbehaviour: str,
    code: int,
    state: str,
    counts: dict[str, int],
    issues: dict[str, int],
) -> None:
    good, before = harvested
    served.show(ALL, misbehaviour)
    home = good.copy(tmp_path / "home")

    report = home.harvest("sample", code=code)

    assert (report["state"], report["issues"]) == (state, issues)
    assert {name: report[name] for name in counts} == counts
    assert (report["created"], report["updated"], report["missing"]) == (0, 0, 0)
    assert report["outcome"]
    assert home.dump() == before


@pytest.mark.parametrize(
    ("misbehaviour", "issues"),
    [("huge-notes", {"notes-cut": 1}), ("bad-dates", {"date-unreadable": 3})],
)
def test_a_record_that_can_be_read_in_part_is_kept_and_the_others_are_untouched(
    harvested: tuple[Installation, bytes],
    served: ckan.Stage,
    tmp_path: Path,
    misbehaviour: str,
    issues: dict[str, int],
) -> None:
    good, before = harvested
    served.show(ALL, misbehaviour)
    home = good.copy(tmp_path / "home")

    report = home.harvest("sample")

    assert (report["state"], report["updated"], report["unchanged"], report["issues"]) == ("complete", 1, 29, issues)
    after = home.dump()
    identifier = next(row["dataset_id"] for row in rows(before, "catalog_record") if row["remote_id"] == FIRST)
    assert _without(after, identifier) == _without(before, identifier)
    assert len(rows(after, "dataset")) == COUNT


def _without(dump: bytes, identifier: str) -> list[bytes]:
    return [line for line in dump.splitlines() if identifier not in orjson.loads(line).values()]
