"""What goes wrong at the command line is said in a sentence with its mend, and by the exit code."""

from pathlib import Path

import pytest

from tests.journeys.installation import Installation
from tests.journeys.packages import packages
from tests.portals_served import ckan

USAGE = 64


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    home = Installation(tmp_path_factory.mktemp("empty") / "home")
    home.run("init")
    return home


def test_without_a_catalog_the_command_that_makes_one_is_named(landmark: Installation) -> None:
    for command in (["search"], ["harvest", "hdx"], ["index", "check"]):
        said = landmark.run(*command, code=USAGE)
        assert "landmark init" in said.err
        assert said.out == b""
    assert not landmark.data.exists() or not list(landmark.data.iterdir())


WRONG = """\
kind: hdx
title: Sample
shedule: "1 2 * * mon"
zzz: 1
url: not-an-address
schedule: "15 3 * * 1"
allow_hosts: [localhost]
"""


def test_every_fault_of_a_declaration_is_told_with_file_key_and_mend(landmark: Installation) -> None:
    path = landmark.config / "sources" / "sample.yaml"
    path.write_text(WRONG, encoding="utf-8")

    told = landmark.run("init", code=USAGE).err.splitlines()

    assert len(told) == 5
    assert all(line.startswith(f"{path}: ") for line in told)
    for key, mend in (
        ('unknown key "shedule"', 'Did you mean "schedule"?'),
        ('unknown key "zzz"', "Known keys: key, kind, title, url"),
        ('the key "url"', "URL"),
        ('the key "schedule"', 'name the weekday ("mon", "tue-fri")'),
        ('the key "allow_hosts.0"', "must be host:port"),
    ):
        assert [line for line in told if key in line and mend in line], (key, told)
    assert not (landmark.data / "landmark.db").exists()


def test_a_declaration_that_is_no_yaml(landmark: Installation) -> None:
    path = landmark.config / "sources" / "sample.yaml"
    path.write_text("title: Sample\nkind: [\n", encoding="utf-8")

    told = landmark.run("init", code=USAGE).err

    assert told.startswith(f"{path}, line 3: not valid YAML")


def test_a_missing_key(landmark: Installation) -> None:
    path = landmark.config / "sources" / "sample.yaml"
    path.write_text("kind: hdx\ntitle: Sample\n", encoding="utf-8")

    said = landmark.run("harvest", "sample", code=USAGE).err

    assert said == f'{path}: the key "url" is missing. Add the base address of the portal.\n'


def test_a_source_that_does_not_exist(landmark: Installation) -> None:
    landmark.declare("nosuchpla", "http://127.0.0.1:9")

    near = landmark.run("harvest", "nosuch", code=USAGE).err

    assert near == 'There is no source "nosuch". Did you mean "nosuchpla"?\n'


def test_a_kind_that_does_not_exist(empty: Installation, tmp_path: Path) -> None:
    empty = empty.copy(tmp_path / "home")
    empty.declare("sample", "http://127.0.0.1:9", kind="no-such-kind")

    said = empty.run("harvest", "sample", code=USAGE).err

    assert 'sample: there is no portal kind "no-such-kind". There are: ' in said


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nosuch"], "nosuch"),
        (["search", "--nosuch"], "--nosuch"),
        (["search", "--limit", "many"], "--limit"),
        (["harvest"], "--all"),
        (["show"], "key"),
    ],
)
def test_usage_errors(landmark: Installation, arguments: list[str], told: str) -> None:
    said = landmark.run(*arguments, code=USAGE)
    assert told in said.err
    assert said.out == b""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["dump"], "--as NAME"),
        (["dump", "--as", "tester"], "--break-glass REASON"),
        (["show", "x", "--break-glass", "Sample reason."], "--as NAME"),
        (["show", "x", "--as", "tester", "--break-glass", " "], "Say why the glass is broken"),
        (["search", "--country", "Nowhereland"], "country"),
        (["search", "--hxl", "#adm1,#adm2"], "#adm1,#adm2"),
        (["search", "--covers", "2024-13..2024-14"], "--covers"),
        (["search", "--facets", "colour"], 'There is no facet "colour"'),
        (["search", "--after", "zzz"], "after"),
    ],
)
def test_questions_that_cannot_be_asked(empty: Installation, arguments: list[str], told: str) -> None:
    said = empty.run(*arguments, code=USAGE)
    assert told in said.err
    assert said.out == b""


def test_what_is_not_there_is_no_usage_error(empty: Installation) -> None:
    assert 'no dataset "nothing"' in empty.run("show", "nothing", code=1).err
    assert 'the organisation "nobody"' in empty.run("organizations", "nobody", code=1).err


def test_a_host_that_is_not_allowed_is_never_asked(empty: Installation, portal: ckan.Stage, tmp_path: Path) -> None:
    queries: list[dict[str, object]] = []
    portal.show(packages(3), queries=queries)
    empty = empty.copy(tmp_path / "home")
    empty.declare("sample", portal.address, allow_hosts=[])

    report = empty.harvest("sample", code=1)

    assert (report["state"], report["seen"]) == ("failed", 0)
    assert list(report["issues"]) in (["host-refused"], ["address-refused"])
    assert queries == []
