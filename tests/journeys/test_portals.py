"""The real command over every portal at once: those served with sample content, and those that replay recordings."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.journeys.installation import Installation
from tests.portals_served.served import Served, recorded_portals, served, served_portals

PARTIAL = 2


@contextmanager
def installed(portals: Mapping[str, Served], home: Path) -> Iterator[Installation]:
    """An installation whose only sources are these portals, each on loopback."""
    landmark = Installation(home)
    landmark.sources = "none"
    with ExitStack() as servers:
        keys = {}
        for portal in portals.values():
            source = portal.source(servers.enter_context(served(portal)))
            content = source.model_dump(mode="json", exclude_defaults=True, exclude={"key"})
            (landmark.config / "sources" / f"{source.key}.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
            if portal.key:
                keys[source.key_variable] = portal.key
        landmark.keys = keys
        landmark.run("init")
        yield landmark


def harvested(landmark: Installation, portals: Mapping[str, Served]) -> dict[str, dict[str, Any]]:
    """The report of each source of one harvest of them all."""
    code = PARTIAL if any(portal.state == "partial" for portal in portals.values()) else 0
    items = landmark.run("harvest", "--all", "--json", code=code).json()["items"]
    return {report["source"]: report for report in items}


def told(portals: Mapping[str, Served], reports: Mapping[str, Mapping[str, Any]], count: str) -> dict[str, Any]:
    """What is asserted of each portal: how its run ended, and one of the run's counts."""
    return {kind: (reports[f"sample-{kind}"]["state"], reports[f"sample-{kind}"][count]) for kind in portals}


def test_every_served_portal_is_harvested_and_read_again_by_one_command(tmp_path: Path) -> None:
    portals = served_portals()
    with installed(portals, tmp_path / "home") as landmark:
        expected = {kind: (portal.state, len(portal.ids)) for kind, portal in portals.items()}
        assert told(portals, harvested(landmark, portals), "created") == expected
        assert told(portals, harvested(landmark, portals), "unchanged") == expected
        listed = {item["key"]: item for item in landmark.run("sources", "--json").json()["items"]}
        dumped = landmark.dump()
    public = [kind for kind, portal in portals.items() if portal.declared.get("visibility", "public") == "public"]
    assert {key: item["state"] for key, item in listed.items()} == {f"sample-{kind}": "live" for kind in public}
    assert len(portals) - len(public) == 1, "that an owner's forms are listed is for the owner alone"
    assert [portal.kind for portal in portals.values() if portal.key and portal.key.encode() in dumped] == []


@pytest.mark.recorded
def test_every_recorded_portal_is_replayed_by_one_command(shared: Path, tmp_path: Path) -> None:
    portals = recorded_portals(shared)
    with installed(portals, tmp_path / "home") as landmark:
        expected = {kind: (portal.state, len(portal.ids)) for kind, portal in portals.items()}
        assert told(portals, harvested(landmark, portals), "created") == expected
