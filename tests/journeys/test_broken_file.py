"""A source's file with a fault stops that source alone, is told by every command that meets it, and is no success."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.installation import Installation
from tests.journeys.packages import packages
from tests.portals_served import ckan

FAILED, HELD, USAGE = 1, 3, 64
FAULT = 'lost.yaml: line 1, unknown key "titel". Did you mean "title"?\n'
KEY_FAULT = (
    'lost.yaml: line 1, the key "key" says "good", but the file\'s name makes the source "lost". '
    "Remove the line, or rename the file.\n"
)


@pytest.fixture(scope="module")
def portal() -> Iterator[ckan.Stage]:
    with ckan.stage() as stage:
        stage.show(packages(30))
        yield stage


@pytest.fixture(scope="module")
def begun(portal: ckan.Stage, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """One source that is well and has been read, one whose file was well once; none but these is read."""
    home = Installation(tmp_path_factory.mktemp("begun") / "home")
    home.declare("hdx", "http://127.0.0.1:9", enabled=False)
    home.declare("good", portal.address, schedule="15 3 * * *")
    home.declare("lost", portal.address, schedule="15 3 * * *")
    home.run("init")
    return home


@pytest.fixture
def home(begun: Installation, tmp_path: Path) -> Installation:
    copy = begun.copy(tmp_path / "home")
    (copy.config / "sources" / "lost.yaml").write_text(f"titel: Sample\n{_declared(copy)}", encoding="utf-8")
    return copy


def _declared(home: Installation) -> str:
    return (home.config / "sources" / "lost.yaml").read_text(encoding="utf-8")


def test_what_is_due_is_read_beside_a_broken_file(home: Installation, portal: ckan.Stage) -> None:
    portal.show(packages(30))
    due = home.run("run-due", "--json", code=FAILED)
    assert [(item["source"], item["state"]) for item in due.json()["items"]] == [("good", "complete")]
    assert FAULT in due.err
    again = home.run("run-due", code=FAILED)
    assert (again.text, FAULT in again.err) == ("", True)
    every = home.run("harvest", "--all", "--json", code=FAILED)
    assert [(item["source"], item["state"]) for item in every.json()["items"]] == [("good", "complete")]
    assert FAULT in every.err


def test_sources_are_listed_and_checked_beside_a_broken_file(home: Installation, portal: ckan.Stage) -> None:
    portal.show(packages(30))
    listed = home.run("sources", "--json", code=USAGE)
    assert [item["key"] for item in listed.json()["items"]] == ["good", "hdx", "lost"]
    assert FAULT in listed.err
    times = home.run("schedule", "--list", code=USAGE)
    assert (times.text.count("\n"), times.text.startswith("good: due"), FAULT in times.err) == (1, True, True)
    checked = home.run("sources", "check", "--json", code=FAILED)
    assert [(item["source"], item["created"]) for item in checked.json()["items"]] == [("good", 30)]
    assert FAULT in checked.err
    judged = home.run("reassess", "--source", "good", "--json")
    assert [item["source"] for item in judged.json()["items"]] == ["good"]
    judged = home.run("reassess", "--json", code=FAILED)
    assert [item["source"] for item in judged.json()["items"]] == ["good", "hdx"]
    assert FAULT in judged.err


def test_a_held_run_is_decided_on_beside_the_broken_file_of_another(home: Installation, portal: ckan.Stage) -> None:
    portal.show(packages(30))
    home.harvest("good")
    portal.show(packages(10))
    held = home.harvest("good", code=HELD)["id"]
    said = home.run("runs", "release", held, "--yes", "--as", "Ada")
    assert said.text.endswith("Released: 20 marked missing, 0 withdrawn.\n")


def test_what_the_own_file_says_wrong_is_told_before_the_list_is_shown(home: Installation, portal: ckan.Stage) -> None:
    portal.show(packages(30))
    broken = _declared(home)
    (home.config / "sources" / "lost.yaml").write_text(broken.removeprefix("titel: Sample\n"), encoding="utf-8")
    home.harvest("lost")
    portal.show(packages(10))
    held = home.harvest("lost", code=HELD)["id"]
    (home.config / "sources" / "lost.yaml").write_text(broken, encoding="utf-8")
    said = home.run("runs", "release", held, "--yes", "--as", "Ada", code=USAGE)
    assert (said.text, FAULT in said.err) == ("", True)


def test_a_proposal_is_not_used_for_a_file_that_is_broken(home: Installation, portal: ckan.Stage) -> None:
    portal.show(packages(30))
    lost = home.config / "sources" / "lost.yaml"
    broken = lost.read_text(encoding="utf-8")
    proposed = home.copy(home.home.parent / "proposed")
    (proposed.config / "sources" / "lost.yaml").unlink()
    (proposed.config / "sources" / "later.yaml").unlink(missing_ok=True)
    host = portal.address.removeprefix("http://")
    proposed.run(
        "sources", "propose", "later", "--kind", "hdx", "--title", "Sample", "--url", portal.address,
        "--allow-host", host, "--schedule", "15 3 * * *", "--as", "Ada",
    )  # fmt: skip
    proposed.run("sources", "approve", "later", "--as", "Ada")
    (proposed.config / "sources" / "later.yaml").write_text(broken, encoding="utf-8")
    due = proposed.run("run-due", "--json", code=FAILED)
    assert [item["source"] for item in due.json()["items"]] == ["good"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "expect:\n  min_record: 3\n",
            'lost.yaml: line 2, unknown key "expect.min_record". Did you mean "expect.min_records"?\n',
        ),
        (
            "removal:\n  sooner: 3\n",
            'lost.yaml: line 2, unknown key "removal.sooner". Known keys: removal.runs, removal.days.\n',
        ),
        (
            "key: good\n",
            KEY_FAULT,
        ),
    ],
)
def test_what_to_mend_is_said_where_it_stands(home: Installation, content: str, said: str) -> None:
    lost = home.config / "sources" / "lost.yaml"
    whole = lost.read_text(encoding="utf-8").removeprefix("titel: Sample\n")
    lost.write_text(content + whole, encoding="utf-8")
    assert said in home.run("harvest", "lost", code=USAGE).err
