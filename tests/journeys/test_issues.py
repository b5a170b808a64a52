"""Issue rows as a steward and as the public read them, and questions that name what is not there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.installation import Installation
from tests.journeys.packages import package, packages
from tests.portals_served import ckan

FAILED, USAGE = 1, 64
BAD = {"dataset_date": "[soon]"}
PRIVATE = package(7, private=True, title="Sample: Quietcanary list", **BAD)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Read once: a date of record 3 cannot be read, nor one of a private record."""
    made = Installation(tmp_path_factory.mktemp("issues") / "home")
    with ckan.stage() as portal:
        made.declare("hdx", "http://127.0.0.1:9", enabled=False)
        made.declare("sample", portal.address)
        made.declare("closed", portal.address, visibility="restricted")
        made.run("init")
        portal.show([*packages(3), package(3, **BAD), PRIVATE])
        made.harvest("sample")
        made.harvest("closed")
    return made


def run_of(home: Installation, source: str) -> dict[str, Any]:
    (found,) = home.run("runs", source, "--json", "--as", "Ada").json()["items"]
    return dict(found)


def test_a_steward_reads_what_is_wrong_where_and_what_to_do(home: Installation) -> None:
    run = run_of(home, "sample")
    grouped = [(entry["code"], entry["count"]) for entry in run["issues"]]
    items = home.run("runs", "issues", run["id"][:8], "--json", "--as", "Ada").json()
    assert (items["total"], sum(count for _, count in grouped)) == (len(items["items"]), len(items["items"]))
    code = grouped[0][0]
    listed = home.run("runs", "issues", run["id"], "--code", code, "--json", "--as", "Ada").json()
    first = listed["items"][0]
    assert {**first, "message": "", "mend": "", "at": "", "address": ""} == {
        "code": code,
        "severity": "warning",
        "dataset": first["dataset"],
        "field": "dataset_date",
        "at": "",
        "record": package(3)["id"],
        "address": "",
        "message": "",
        "mend": "",
    }
    assert (bool(first["dataset"]), bool(first["message"]), listed["total"]) == (True, True, dict(grouped)[code])
    text = home.run("runs", "issues", run["id"], "--code", code, "--limit", "1", "--as", "Ada").text
    assert f"warning {code} {package(3)['id']} dataset_date" in text
    assert first["message"] in text
    assert home.run("runs", "issues", run["id"], "--code", "no-such", "--as", "Ada").text == "0 issues\n"


def test_the_public_reads_of_records_that_it_is_shown_and_no_message(home: Installation) -> None:
    run = run_of(home, "sample")
    all_ = home.run("runs", "issues", run["id"], "--json", "--as", "Ada").json()["items"]
    shown = home.run("runs", "issues", run["id"], "--json").json()
    of_it = {"code", "severity", "dataset", "field", "at"}
    theirs = [item for item in all_ if item["record"] == package(3)["id"]]
    assert len(theirs) < len(all_)
    assert shown["items"] == [{name: item[name] for name in of_it} for item in theirs]
    assert home.run("runs", "issues", run_of(home, "closed")["id"], code=FAILED).err.startswith("There is no run ")


def test_the_table_tells_a_steward_how_each_run_ended(home: Installation) -> None:
    run = run_of(home, "sample")
    text = home.run("runs", "sample", "--as", "Ada").text
    head = text.splitlines()[0].split()
    assert head == [
        "Source", "Started", "State", "Seen", "Created", "Updated", "Unchanged", "Failed", "Skipped", "Missing",
        "Issues", "Run",
    ]  # fmt: skip
    assert f"sample {run['started']}, {run['state']}." in text
    assert f"  read {run['stages']['read'] / 1000:.1f} s, " in text
    assert all(entry["mend"] in text for entry in run["issues"])
    public = home.run("runs", "sample").text
    assert public.splitlines()[0].split() == ["Source", "Started", "State", "Created", "Updated", "Issues", "Run"]
    assert " s, " not in public


@pytest.mark.parametrize(
    ("number", "bound"),
    [("-3", "greater than or equal to 0"), ("99999999999999999999", "less than or equal to 1000")],
)
def test_a_number_that_cannot_be_is_refused(home: Installation, number: str, bound: str) -> None:
    assert bound in home.run("runs", "--limit", number, code=USAGE).err


def test_a_source_that_does_not_exist_is_told_and_one_that_is_hidden_is_not(home: Installation, tmp_path: Path) -> None:
    never = 'There is no source "sampel". Did you mean "sample"?\n'
    hidden = 'There is no source "closed". Known: hdx, sample.\n'
    for command in (("runs",), ("changes", "--source")):
        assert home.run(*command, "sampel", code=USAGE).err == never
        assert home.run(*command, "closed", code=USAGE).err == hidden
        home.run(*command, "closed", "--as", "Ada")
    later = home.copy(tmp_path / "home")
    later.declare("written", "http://127.0.0.1:9")
    assert later.run("runs", "written").text == "Nothing to show.\n"
