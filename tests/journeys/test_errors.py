"""What goes wrong at the command line is said in a sentence with its mend, and by the exit code."""

import pytest

from tests.journeys.installation import Installation
from tests.journeys.packages import packages
from tests.portals_served import ckan

USAGE = 64


def test_without_a_catalog_the_command_that_makes_one_is_named(landmark: Installation) -> None:
    for command in (["search"], ["show", "x"], ["harvest", "hdx"], ["index", "check"]):
        said = landmark.run(*command, code=USAGE)
        assert "landmark init" in said.err
        assert said.out == b""
    assert not landmark.data.exists() or not list(landmark.data.iterdir())


@pytest.mark.parametrize(
    ("line", "key", "mend"),
    [
        ("shedule: 1 2 * * mon", 'unknown key "shedule"', 'Did you mean "schedule"?'),
        ("zzz: 1", 'unknown key "zzz"', "Known keys: key, kind, title, url"),
        ('schedule: "15 3 * * 1"', 'the key "schedule"', 'name the weekday ("mon", "tue-fri")'),
        ('schedule: "15 3 * *"', 'the key "schedule"', "a schedule has five fields"),
        ("url: not-an-address", 'the key "url"', "URL"),
        ("allow_hosts: [localhost]", 'the key "allow_hosts.0"', "must be host:port"),
        ("kind: [", "line", "not valid YAML"),
    ],
)
def test_a_declaration_that_cannot_be_used(landmark: Installation, line: str, key: str, mend: str) -> None:
    path = landmark.config / "sources" / "sample.yaml"
    base = {"kind": "kind: hdx", "title": "title: Sample", "url": "url: https://portal.example"}
    base.pop(line.split(":", maxsplit=1)[0], None)
    path.write_text("\n".join([*base.values(), line, ""]), encoding="utf-8")

    said = landmark.run("init", code=USAGE).err

    assert str(path) in said
    assert key in said
    assert mend in said
    assert not (landmark.data / "landmark.db").exists()


def test_a_missing_key(landmark: Installation) -> None:
    path = landmark.config / "sources" / "sample.yaml"
    path.write_text("kind: hdx\ntitle: Sample\n", encoding="utf-8")

    assert landmark.run("harvest", "sample", code=USAGE).err == f'{path}: the key "url" is missing. Add it.\n'


def test_a_source_that_does_not_exist(landmark: Installation) -> None:
    landmark.declare("nosuchpla", "http://127.0.0.1:9")

    near = landmark.run("harvest", "nosuch", code=USAGE).err
    far = landmark.run("harvest", "qqqqqqqqqq", code=USAGE).err

    assert near == 'There is no source "nosuch". Did you mean "nosuchpla"?\n'
    assert far == 'There is no source "qqqqqqqqqq". Known: hdx, nosuchpla.\n'


def test_a_kind_that_does_not_exist(landmark: Installation) -> None:
    landmark.declare("sample", "http://127.0.0.1:9", kind="no-such-kind")
    landmark.run("init")

    said = landmark.run("harvest", "sample", code=USAGE).err

    assert 'sample: there is no portal kind "no-such-kind". There are: dcat-us, hdx, nada.' in said


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nosuch"], "nosuch"),
        (["search", "--nosuch"], "--nosuch"),
        (["search", "--limit", "many"], "--limit"),
        (["harvest"], "--all"),
        (["harvest", "hdx", "--all"], "--all"),
        (["show"], "key"),
    ],
)
def test_usage_errors(landmark: Installation, arguments: list[str], told: str) -> None:
    said = landmark.run(*arguments, code=USAGE)
    assert told in said.err
    assert said.out == b""


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    home = Installation(tmp_path_factory.mktemp("empty") / "home")
    home.run("init")
    return home


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["dump"], "--as NAME"),
        (["search", "--country", "Nowhereland"], "country"),
        (["search", "--hxl", "#adm1,#adm2"], "#adm1,#adm2"),
        (["search", "--covers", "2024-13..2024-14"], "--covers"),
        (["search", "--modified-since", "yesterday"], "--modified-since"),
        (["search", "--sort", "colour"], "relevance, modified, title"),
        (["search", "--facets", "colour"], 'There is no facet "colour"'),
        (["search", "--limit", "5000"], "0 to 1,000"),
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


def test_a_host_that_is_not_allowed_is_never_asked(landmark: Installation, portal: ckan.Stage) -> None:
    queries: list[dict[str, object]] = []
    portal.show(packages(3), queries=queries)
    landmark.declare("sample", portal.address, allow_hosts=[])
    landmark.run("init")

    report = landmark.harvest("sample", code=1)

    assert (report["state"], report["seen"]) == ("failed", 0)
    assert list(report["issues"]) in (["host-refused"], ["address-refused"])
    assert queries == []
