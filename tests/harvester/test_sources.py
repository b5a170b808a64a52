"""Sources through the real command: proposed, checked, approved, tried out, read when due, paused; their health."""

import re
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from catalog.audit import lines as audit_lines
from catalog.database import Catalog
from tests.journeys.installation import Installation
from tests.journeys.packages import package, packages
from tests.portals_served import ckan

USAGE = 64
PRIVATE = package(90, title="Sample: Quietcanary list")


@pytest.fixture
def portal() -> Iterator[ckan.Stage]:
    with ckan.stage() as stage:
        stage.show(packages(4))
        yield stage


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Without the shipped portal, which is not on loopback."""
    home = Installation(tmp_path_factory.mktemp("begun") / "home")
    home.declare("hdx", "http://127.0.0.1:9", enabled=False)
    home.run("init")
    return home


@pytest.fixture
def landmark(begun: Installation, tmp_path: Path) -> Installation:
    return begun.copy(tmp_path / "home")


def propose(home: Installation, key: str, portal: ckan.Stage, *more: str, code: int = 0) -> str:
    host = portal.address.removeprefix("http://")
    said = home.run(
        "sources", "propose", key, "--kind", "hdx", "--title", "Sample exchange", "--url", portal.address,
        "--allow-host", host, "--schedule", "15 3 * * *", "--option", "rows=3", *more, code=code,
    )  # fmt: skip
    return said.text or said.err


def listed(home: Installation, *options: str) -> dict[str, dict[str, Any]]:
    return {item["key"]: item for item in home.run("sources", "--json", *options).json()["items"]}


def test_from_proposal_to_catalog(landmark: Installation, portal: ckan.Stage) -> None:
    assert propose(landmark, "trial", portal, "--as", "Ada") == (
        'trial waits for approval. Look at it with "landmark sources check trial".\n'
    )
    before = landmark.dump()
    assert listed(landmark).keys() == {"hdx"}
    waiting = listed(landmark, "--as", "Ada")["trial"]
    assert (waiting["health"]["state"], waiting["health"]["due"], waiting["health"]["next_run"]) == (
        "preview",
        False,
        None,
    )

    checked = landmark.run("sources", "check", "trial", "--json").json()["items"][0]

    fields = {field.pop("name"): field for field in checked.pop("fields")}
    assert fields["title"] == {"filled": 3, "kept": True, "needed": True, "becomes": ["title"]}
    assert fields["dataset_date"]["becomes"] == ["period_start", "period_end"]
    assert fields["organization"]["becomes"] == ["agents"]
    assert fields["pageviews_last_14_days"] == {"filled": 3, "kept": False, "needed": False, "becomes": []}
    assert {"methodology", "caveats"} <= set(checked.pop("empty"))
    would = checked.pop("would")
    assert [(one["kind"], one["title"]) for one in would] == [
        ("created", package(number)["title"]) for number in range(3)
    ]
    assert {"field": "countries", "old": None, "new": ["SSD"]} in would[0]["fields"]
    assert checked == {
        "source": "trial", "kind": "hdx", "url": portal.address, "origin": "preview", "reachable": True, "error": None,
        "portal_total": 4, "seen": 3, "created": 3, "updated": 0, "unchanged": 0, "failed": 0, "skipped": 0,
        "hidden": 0, "looked_at": 3, "issues": {}, "held": "",
    }  # fmt: skip
    text = landmark.run("sources", "check", "trial").text
    for said in (
        f"trial: Sample exchange, {portal.address} (hdx, waits for approval)",
        "It answers, and says it has 4 records. The first page has 3.",
        "created: Sample: Minefields, sheet 00000",
        "dataset_date (3): period_start, period_end",
        "pageviews_last_14_days (3): not kept",
        "title (3): title; no record can be read without it",
        "Empty in all of them: ",
    ):
        assert said in text, said

    refused = landmark.run("harvest", "trial", code=USAGE).err
    assert refused == 'trial was proposed by Ada and waits for "landmark sources approve trial --as NAME".\n'
    assert landmark.run("run-due").text == "Nothing is due.\n"
    assert landmark.run("harvest", "--all").text == ""
    assert "4 would be created" in landmark.run("harvest", "trial", "--dry-run").text
    assert landmark.dump() == before

    approved = landmark.run("sources", "approve", "trial", "--as", "Bo", "--visibility", "restricted").text
    assert approved == (
        f"trial is approved: Sample exchange, {portal.address}. Its records are restricted unless they say less.\n"
        f"It may reach {portal.address.removeprefix('http://')}.\nNext: landmark harvest trial\n"
    )
    (report,) = landmark.run("run-due", "--json").json()["items"]
    assert (report["source"], report["state"], report["created"]) == ("trial", "complete", 4)
    assert landmark.run("search", "--json").json()["total"] == 0
    # Nobody has assessed them yet, so they are for their owner alone.
    assert landmark.run("search", "--json", "--as", "Bo").json()["total"] == 0
    broken = ("--as", "Bo", "--break-glass", "Sample reason.")
    assert landmark.run("search", "--json", *broken).json()["total"] == 4
    assert landmark.run("run-due").text == "Nothing is due.\n"
    actions = [(line["actor"], line["action"], line["subject"]) for line in audit(landmark)]
    assert ("Ada", "propose source", "trial") in actions
    assert ("Bo", "approve source", "trial") in actions


def test_a_proposal_is_held_to_the_rules_of_a_file(landmark: Installation, portal: ckan.Stage) -> None:
    for given, told in (
        (["--schedule", "15 3 * * 1"], 'The proposal: the key "schedule": name the weekday'),
        (["--url", "ftp://portal.example"], 'The proposal: the key "url"'),
        (["--kind", "no-such-kind"], 'trial: there is no portal kind "no-such-kind". There are: '),
        (["--option", "rows"], "--option rows: write it as NAME=VALUE"),
        (["--allow-host", "127.0.0.1"], '"127.0.0.1" must be host:port'),
    ):
        assert told in propose(landmark, "trial", portal, "--as", "Ada", *given, code=USAGE)
    assert listed(landmark, "--as", "Ada").keys() == {"hdx"}


def test_who_proposes_approves_or_pauses_says_a_name(landmark: Installation, portal: ckan.Stage) -> None:
    asked = 'This is recorded under a name. Say who you are with "--as NAME" or LANDMARK_ACTOR.\n'
    assert propose(landmark, "trial", portal, code=USAGE) == asked
    for arguments in (["approve", "hdx"], ["pause", "hdx", "--reason", "Sample"], ["resume", "hdx"]):
        assert landmark.run("sources", *arguments, code=USAGE).err == asked


def test_a_file_is_used_before_a_proposal_of_the_same_key(landmark: Installation, portal: ckan.Stage) -> None:
    assert propose(landmark, "hdx", portal, "--as", "Ada", code=USAGE) == (
        "hdx is declared by the file hdx.yaml, which would be used instead. Change the file, or choose another key.\n"
    )
    propose(landmark, "trial", portal, "--as", "Ada")
    landmark.declare("trial", portal.address, title="Sample of the file")
    note = "trial: the file trial.yaml is used, not what Ada proposed under the same key.\n"
    said = landmark.run("sources", "--json")
    assert said.err == note
    assert [item["title"] for item in said.json()["items"]] == ["Sample exchange", "Sample of the file"]
    assert landmark.run("sources", "approve", "trial", "--as", "Bo", code=USAGE).err == (
        f"trial is declared by a file, and so counts as approved. {note}"
    )
    said = landmark.run("harvest", "trial", "--json")
    assert note in said.err
    assert said.json()["items"][0]["created"] == 4


def test_a_paused_source_is_read_neither_by_hand_nor_when_due(landmark: Installation, portal: ckan.Stage) -> None:
    landmark.declare("sample", portal.address, schedule="15 3 * * *")
    landmark.run("sources")
    landmark.run("sources", "pause", "sample", "--as", "Ada", "--reason", "The portal asked for quiet.")

    refused = landmark.run("harvest", "sample", code=USAGE).err
    assert re.fullmatch(
        r"sample is paused by Ada since \d{4}-\d\d-\d\d: The portal asked for quiet\. "
        r'Go on with "landmark sources resume sample --as NAME"\.\n',
        refused,
    )
    assert landmark.run("sources", "pause", "sample", "--as", "Bo", "--reason", "Sample", code=USAGE).err == refused
    assert landmark.run("run-due").text == "Nothing is due.\n"
    assert landmark.run("schedule", "--list").text == ""
    shown = listed(landmark)["sample"]["health"]
    assert (shown["state"], shown["paused"], shown["due"]) == ("paused", True, False)
    assert "Ada" not in landmark.run("sources", "health", "sample").text
    assert "by Ada: The portal asked for quiet." in landmark.run("sources", "health", "sample", "--as", "Bo").text

    landmark.run("sources", "resume", "sample", "--as", "Bo")
    assert landmark.run("sources", "resume", "sample", "--as", "Bo", code=USAGE).err == "sample is not paused.\n"
    assert landmark.run("run-due", "--json").json()["items"][0]["created"] == 4


def test_a_dry_run_prints_what_a_harvest_then_does(landmark: Installation, portal: ckan.Stage) -> None:
    landmark.declare("sample", portal.address)
    landmark.harvest("sample")
    before = landmark.dump()
    changed = package(1, title="Sample: Another title", data_update_frequency="30")
    portal.show([package(0, pageviews_last_14_days=7), changed, package(7)])

    said = landmark.run("harvest", "sample", "--dry-run", "--json")

    *found, counts = [orjson.loads(line) for line in said.out.splitlines()]
    assert landmark.dump() == before
    assert [(one["kind"], one["remote_id"]) for one in found] == [
        ("updated", changed["id"]),
        ("created", package(7)["id"]),
        ("unlisted", package(2)["id"]),
        ("unlisted", package(3)["id"]),
    ]
    assert counts == {
        "source": "sample", "seen": 3, "created": 1, "updated": 1, "unchanged": 1, "failed": 0, "skipped": 0,
        "unlisted": 2, "hidden": 0, "portal_total": 3, "issues": {}, "held": "", "error": None,
    }  # fmt: skip
    text = landmark.run("harvest", "sample", "--dry-run").text
    assert "  update frequency: every year -> every month\n" in text
    assert f'  title: "{package(7)["title"]}"\n' in text
    assert text.endswith("2 are no longer listed. Nothing was written.\n")

    report = landmark.harvest("sample")
    assert {name: report[name] for name in ("seen", "created", "updated", "unchanged")} == {
        name: counts[name] for name in ("seen", "created", "updated", "unchanged")
    }
    fed = [line for line in map(orjson.loads, landmark.dump().splitlines()) if line["table"] == "change"]
    (written,) = [line for line in fed if line["kind"] == "updated"]
    assert written["fields"] == found[0]["fields"]


def test_a_dry_run_and_a_check_say_that_a_harvest_would_be_held(landmark: Installation, portal: ckan.Stage) -> None:
    landmark.declare("sample", portal.address)
    portal.show(packages(20))
    landmark.harvest("sample")
    portal.show(packages(9))
    drop = "11 of 20 records are no longer listed, more than 5."
    told = orjson.loads(landmark.run("harvest", "sample", "--dry-run", "--json", code=3).out.splitlines()[-1])
    assert (told["held"], told["issues"], told["unlisted"]) == (drop, {"large-drop": 1}, 11)
    assert f"A harvest would be held: {drop}" in landmark.run("harvest", "sample", "--dry-run", code=3).text
    checked = landmark.run("sources", "check", "sample", "--json", code=3).json()["items"][0]
    assert (checked["held"], checked["issues"]) == (drop, {"large-drop": 1})
    portal.show([])
    checked = landmark.run("sources", "check", "sample", code=3).text
    assert "error empty-answer, 1 times: The portal gave 0 records; at least 1 were expected." in checked
    assert "A harvest would be held." in checked
    landmark.harvest("sample", code=3)
    landmark.declare("sample", portal.address, options={"rows": 5})
    portal.show(packages(9))
    checked = landmark.run("sources", "check", "sample", "--json", code=3).json()["items"][0]
    assert (checked["seen"], checked["held"]) == (5, drop), "its own total tells it"


def test_a_dry_run_shows_hidden_records_to_who_says_a_name(landmark: Installation, portal: ckan.Stage) -> None:
    landmark.declare("sample", portal.address, visibility="restricted")
    portal.show([*packages(3), PRIVATE])
    landmark.harvest("sample")
    portal.show([*packages(3), PRIVATE | {"notes": "Fictional sample record, written anew."}])
    public = landmark.run("harvest", "sample", "--dry-run").text
    assert public == (
        "sample: 4 seen; 0 would be created, 1 updated, 3 unchanged, 0 failed, 0 skipped; 0 are no longer listed. "
        "Nothing was written.\n  1 of them the public may not know of; say --as NAME to see them.\n"
    )
    named = ("harvest", "sample", "--dry-run", "--as", "Ada")
    assert "Quietcanary" not in landmark.run(*named).text, "it is for its owner alone"
    assert "Quietcanary" in landmark.run(*named, "--break-glass", "Sample reason.").text


def test_a_portal_that_does_not_answer(landmark: Installation, portal: ckan.Stage) -> None:
    landmark.declare("sample", portal.address, schedule="15 3 * * *")
    portal.show(packages(4), "http-500")
    said = landmark.run("sources", "check", "sample", "--json", code=1).json()["items"][0]
    assert (said["reachable"], said["error"]["code"], said["seen"]) == (False, "http-500", 0)
    assert "Cannot be read: http-500" in landmark.run("sources", "check", "sample", code=1).text
    tried = landmark.run("harvest", "sample", "--dry-run", code=1).text
    assert "The portal could not be read further: http-500" in tried

    for _ in range(2):
        landmark.harvest("sample", code=1)
    health = listed(landmark)["sample"]["health"]
    assert (health["state"], health["breaker"], health["consecutive_failures"]) == ("troubled", "closed", 2)
    landmark.harvest("sample", code=1)
    health = listed(landmark)["sample"]["health"]
    assert (health["state"], health["breaker"], health["consecutive_failures"]) == ("failing", "open", 3)
    assert health["issues"] == [{"code": "http-500", "severity": "error", "count": 1}]
    assert "asked more and more rarely" in landmark.run("sources", "health", "sample").text
    portal.show(packages(4))
    landmark.harvest("sample")
    health = listed(landmark)["sample"]["health"]
    assert (health["state"], health["breaker"], health["consecutive_failures"], health["days_silent"]) == (
        "healthy",
        "closed",
        0,
        0,
    )
    assert [point["records"] for point in health["trend"]] == [4]


def test_run_due_reads_what_is_due_and_exits_with_the_gravest_code(landmark: Installation, portal: ckan.Stage) -> None:
    with ckan.serve(packages(2), "http-500") as failing, ckan.serve(packages(5), "no-title") as partial:
        landmark.declare("good", portal.address, schedule="15 3 * * *")
        landmark.declare("failing", failing, schedule="15 3 * * *")
        landmark.declare("partial", partial, schedule="15 3 * * *")
        landmark.declare("unknown", portal.address, schedule="15 3 * * *", kind="no-such-kind")
        landmark.declare("by-hand", portal.address)
        said = landmark.run("run-due", "--json", code=1)
    assert [(item["source"], item["state"]) for item in said.json()["items"]] == [
        ("failing", "failed"),
        ("good", "complete"),
        ("partial", "partial"),
    ]
    assert 'unknown: there is no portal kind "no-such-kind"' in said.err
    (landmark.config / "sources" / "unknown.yaml").unlink()
    assert landmark.run("run-due").text == "Nothing is due.\n"


def test_the_schedule_command_reads_at_once_what_was_never_read_and_stops_when_asked(
    landmark: Installation, portal: ckan.Stage
) -> None:
    landmark.declare("sample", portal.address, schedule="15 3 * * *")
    process = landmark.start("schedule")
    watch = threading.Timer(60, process.kill)
    watch.start()
    lines = []
    for line in process.stderr:
        lines.append(line.decode())
        if ": complete." in lines[-1]:
            break
    # Windows knows no polite end but Ctrl-C's.
    process.send_signal(signal.SIGINT if sys.platform == "win32" else signal.SIGTERM)
    process.communicate()
    watch.cancel()
    assert process.returncode == 0, lines
    assert lines[0] == "sample: 15 3 * * *\n"
    assert listed(landmark)["sample"]["health"]["state"] == "healthy"


def test_a_key_that_does_not_exist(landmark: Installation, portal: ckan.Stage) -> None:
    propose(landmark, "trial", portal, "--as", "Ada")
    for arguments in (["check", "trail"], ["approve", "trail", "--as", "Bo"], ["resume", "trail", "--as", "Bo"]):
        said = landmark.run("sources", *arguments, code=USAGE).err
        assert said == 'There is no source "trail". Did you mean "trial"?\n'
    assert "health" not in landmark.run("sources", "health", "trail", code=1).text


def audit(home: Installation) -> list[dict[str, str]]:
    with Catalog(f"sqlite:///{(home.data / 'landmark.db').as_posix()}") as catalog, catalog.reading() as session:
        return [{name: line[name] for name in ("actor", "action", "subject")} for line in audit_lines(session)]


def test_a_proposal_is_stored_as_it_was_declared(landmark: Installation, portal: ckan.Stage) -> None:
    """What is stored could as well be a file."""
    propose(landmark, "trial", portal, "--as", "Ada")
    row = next(
        line for line in map(orjson.loads, landmark.dump().splitlines())
        if line["table"] == "source" and line["key"] == "trial"
    )  # fmt: skip
    assert yaml.safe_load(yaml.safe_dump(row["declaration"])) == {
        "key": "trial",
        "kind": "hdx",
        "title": "Sample exchange",
        "url": portal.address,
        "schedule": "15 3 * * *",
        "allow_hosts": [portal.address.removeprefix("http://")],
        "options": {"rows": 3},
    }
    assert row["visibility"] == "owner"
