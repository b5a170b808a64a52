"""False changes: what a portal says in other words, and the same twice, changes nothing that a reader is told."""

import random
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from catalog import dump
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.vocabulary import RunState
from config.declarations import Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import portals
from harvester.recording import INDEX, Recorder, Replay, Tape
from harvester.run import Report, harvest
from harvester.sample import SamplePortals
from tests.portals_served import ckan

ROUNDS = 3
COUNTERS = {"pageviews_last_14_days", "total_res_downloads", "total_views", "total_downloads", "download_count"}
MOVING = {"metadata_modified": "2999-01-01T00:00:00", "due_date": "2999-01-01", "is_fresh": None, "update_status": ""}
"""Fields that a portal moves by itself, and what they may be."""
TEXTS = {"title", "notes", "description", "methodology_other", "caveats"}
UNORDERED = {"tags", "groups"}


def reworded(value: Any, chance: random.Random, key: str = "") -> Any:
    """JSON that says the same: keys in another order, other blanks in texts, other counters, more looks at files."""
    if key in COUNTERS:
        return str(chance.randint(1, 9)) if isinstance(value, str) else chance.randint(1, 9)
    if key in MOVING:
        return MOVING[key]
    if key in {"fs_check_info", "shape_info"} and value:
        return more_events(value, chance)
    if isinstance(value, Mapping):
        names = list(value)
        chance.shuffle(names)
        said = {name: reworded(value[name], chance, name) for name in names}
        return said | ({"sample_counter": chance.random()} if "title" in value else {})
    if isinstance(value, list):
        parts = [reworded(part, chance, key) for part in value]
        if key in UNORDERED:
            chance.shuffle(parts)
        return parts
    return blanks(value, chance) if key in TEXTS and isinstance(value, str) else value


def blanks(text: str, chance: random.Random) -> str:
    """The text with other blanks between its words, at its ends, and other ends of lines."""
    ends = chance.choice(("\n", "\r\n", " \n"))
    lines = (
        " ".join(part + " " * chance.randint(0, 1) for part in line.split(" ")) for line in re.split(r"\r?\n", text)
    )
    around = " " * chance.randint(0, 2)
    return f"{around}{ends.join(lines)}{around}"


def more_events(value: str | list[Any], chance: random.Random) -> Any:
    """A list of events with one that failed, one under way, and an older success that says something else."""
    heard = orjson.loads(value) if isinstance(value, str) else list(value)
    if not isinstance(heard, list):
        return value
    failed = {"state": "failed", "timestamp": "2999-01-01T00:00:00", "message": "sample", "sheet_changes": []}
    begun = {"state": "processing", "timestamp": "2999-01-02T00:00:00", "message": "sample"}
    old = {
        "state": "success",
        "timestamp": "1999-01-01T00:00:00",
        "hxl_proxy_response": {"sheets": [{"name": "Old", "headers": ["Sample"], "hxl_headers": ["#sample"]}]},
        "layer_fields": [{"field_name": "sample"}],
    }
    # An old success alone would be the newest one.
    older = [old] if any(isinstance(one, dict) and one.get("state") == "success" for one in heard) else []
    events = [*older, *heard, *chance.sample([failed, begun], k=chance.randint(0, 2))]
    return orjson.dumps(events).decode() if isinstance(value, str) else events


@pytest.fixture
def read(catalog: Catalog, assessor: Assessor) -> Callable[..., Report]:
    def run(source: Source, tape: Tape | None = None) -> Report:
        def client(asked: Source, settings: Settings) -> Client:
            return Client(asked, settings, tape=tape)

        return harvest(catalog, source, portals()[source.kind], assessor, Settings(), client=client)

    return run


def told(catalog: Catalog) -> list[bytes]:
    """The content without what only shows how the portal put it: hashes and native payloads."""
    private = {"catalog_record", "payload_version"}
    with catalog.reading() as session:
        return [line for line in dump.lines(session) if orjson.loads(line)["table"] not in private]


def test_every_sample_portal_in_other_words(catalog: Catalog, read: Callable[..., Report], tmp_path: Path) -> None:
    with SamplePortals() as running:
        sources = running.sources()
        for source in sources:
            read(source, Recorder(tmp_path, source.key))
    assert {source.kind for source in sources} <= set(portals())
    before = told(catalog)
    chance = random.Random(4711)
    for source in sources * ROUNDS:
        folder = tmp_path / source.key
        for line in (folder / INDEX).read_bytes().splitlines():
            path = folder / orjson.loads(line)["file"]
            path.write_bytes(orjson.dumps(reworded(orjson.loads(path.read_bytes()), chance)))
        report = read(source, Replay(tmp_path, source.key))
        assert (report.state, report.run.counts.updated, report.issues) == (RunState.COMPLETE, 0, ())
    assert told(catalog) == before
    assert {row["kind"] for row in map(orjson.loads, before) if row["table"] == "change"} == {"created"}


def declared(portal: ckan.Stage) -> Source:
    host = portal.address.removeprefix("http://")
    return Source(key="sample", kind="hdx", title="Sample", url=portal.address, allow_hosts=(host,))


@pytest.mark.recorded
def test_recorded_packages_twice_and_in_other_words(
    catalog: Catalog, portal: ckan.Stage, read: Callable[..., Report], shared: Path
) -> None:
    folder = shared / "portals" / "hdx"
    packages = {
        package["id"]: package
        for name in ("hdx_package_show_objects.jsonl.gz", "hdx_package_search_response_2024-08-24.json.gz")
        for package in ckan.load(folder / name)
    }
    portal.show(packages.values())
    assert read(declared(portal)).run.counts.created == len(packages)
    before = told(catalog)
    again = read(declared(portal))
    assert again.run.counts.unchanged == len(packages)
    chance = random.Random(4711)
    for _ in range(ROUNDS):
        portal.show([reworded(package, chance) for package in packages.values()])
        report = read(declared(portal))
        assert [issue.remote_id for issue in report.issues if issue.code != "place-unknown"] == []
        assert (report.state, report.run.counts.updated) == (RunState.COMPLETE, 0), differing(catalog, before)
    assert told(catalog) == before


def differing(catalog: Catalog, before: list[bytes]) -> list[bytes]:
    """What is told now and was not before: the first lines of it."""
    known = set(before)
    return [line for line in told(catalog) if line not in known and b'"table":"change"' in line][:5]
