"""Links looked at and ways to the data told by the real command."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.journeys.installation import Installation
from tests.journeys.packages import package
from tests.portals_served import ckan, files
from tests.portals_served.files import File


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path / "home")


def test_links_are_looked_at_within_a_budget_and_the_way_to_the_data_is_told(installation: Installation):
    served = {"1.csv": File(b"a,b\n")}
    with ckan.stage() as portal, files.files(served) as server:
        hosts = [urlsplit(portal.address).netloc, server.host]
        for key, more in (("open", {}), ("closed", {"links": False})):
            installation.declare(key, portal.address, allow_hosts=hosts, **more)
        shown = [package(number) for number in (1, 2)]
        for number, made in enumerate(shown, 1):
            made["resources"][0]["url"] = f"{server.url}/{number}.csv"
        portal.show(shown)
        installation.run("init")
        installation.harvest("open")
        server.seen.clear()

        refused = installation.run("links", "check", "closed", code=64)
        assert refused.err == 'closed: its addresses are not looked at, for it says "links: false".\n'
        installation.keys = {"LANDMARK_LINKS": "false"}
        assert (
            installation.run("links", "check", "open", code=64).err
            == "No address is looked at: LANDMARK_LINKS is off.\n"
        )
        installation.run("links", "check")
        assert server.seen == []
        installation.keys = {}

        pages = [f"{portal.address}/dataset/{made['name']}" for made in shown]
        first = installation.run("links", "check", "open", "--budget", "2", "--json", "--as", "Sample Steward").json()[
            "items"
        ]
        assert [(one["source"], one["due"], one["looked"], one["left"], one["stopped"]) for one in first] == [
            ("open", 4, 2, 0, False)
        ]
        assert {one["address"] for one in first[0]["addresses"]} <= set(pages)
        assert server.seen == [], "ways to the data go before files"
        rest = installation.run("links", "check", "open", "--json").json()["items"][0]
        assert "addresses" not in rest
        assert (rest["due"], rest["looked"], rest["alive"], rest["dead"], rest["codes"]) == (
            2,
            2,
            1,
            1,
            {"http-404": 1},
        )
        assert {seen.method for seen in server.seen} == {"HEAD", "GET"}
        nothing = installation.run("links", "check")
        assert (nothing.text, nothing.err) == ("", "")

        found = installation.run("search", "--json").json()["items"][0]
        told = installation.run("show", found["id"], "--json").json()
        assert [line["line"] for line in told["access_route"]["lines"]] == [
            "steps", "ask", "address", "agreement", "asked", "wait", "conditions", "meanwhile",
        ]  # fmt: skip
        words = installation.run("show", found["id"]).text
        assert f"  Whom to ask: {found['holders'][0]} (holder of the data)\n" in words
        assert "  Usual wait: At once.\n" in words


def test_a_fault_in_what_is_known_of_access_is_told_with_file_line_and_mend(installation: Installation):
    installation.run("init")
    folder = installation.config / "access"
    folder.mkdir(parents=True)
    (folder / "ours.yaml").write_text("- id: a\n  sources: [b]\n  agrement: mou\n  evidence: x\n", encoding="utf-8")
    told = installation.run("search", "--csv", "-", code=64)
    assert told.err.endswith('ours.yaml: line 3, unknown key "agrement". Did you mean "agreement"?\n')
