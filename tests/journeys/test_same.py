"""One dataset at two portals, by command: each record names the other, a steward decides, both stay."""

from pathlib import Path

from tests.journeys.installation import Installation
from tests.journeys.packages import package, packages
from tests.portals_served import ckan

STEWARD = ("--as", "A. Sample")
WHY = ("--reason", "Sample reason.", *STEWARD)


def test_a_dataset_at_two_portals_is_found_refused_and_confirmed(tmp_path: Path) -> None:
    home = Installation(tmp_path / "home")
    home.run("init")
    with ckan.stage() as one, ckan.stage() as other:
        one.show(packages(3))
        other.show([package(1), package(40, title="Sample: something else")])
        home.declare("sample", one.address)
        home.declare("sample-mirror", other.address, title="Sample mirror")
        home.harvest("sample")
        home.harvest("sample-mirror")
        [pair] = home.run("same", "list", "--json", *STEWARD).json()["items"]
        first, second = pair["first"]["id"], pair["second"]["id"]
        assert {pair["first"]["source"], pair["second"]["source"]} == {"sample", "sample-mirror"}
        assert "portal-id" in {reason["code"] for reason in pair["reasons"]}
        shown = home.run("show", first).text
        assert f"Also at: Sample mirror, {pair['second']['title']} ({second})." in shown
        assert "One has the identifier of the other, as its own or in its addresses." in shown
        assert [there["id"] for there in home.run("show", second, "--json").json()["also_at"]] == [first]
        holders = {one["name"]: one for one in home.run("organizations", "--json").json()["items"]}
        holder = holders["Sample Survey Office"]
        assert (holder["datasets"], holder["records"]) == (2, 3)
        assert ": 2 datasets in 3 records" in home.run("organizations", holder["id"]).text
        assert home.run("search", "--json").json()["total"] == 5, "records are listed, each with its way to the data"

        assert "Refused" in home.run("same", "refuse", first, second, *WHY).text
        other.show([package(1, notes="Sample: changed."), package(40, title="Sample: something else")])
        home.harvest("sample-mirror")
    assert "Also at" not in home.run("show", first).text
    assert home.run("same", "list", "--json", *STEWARD).json()["total"] == 0
    [pair] = home.run("same", "list", "--refused", "--json", *STEWARD).json()["items"]
    assert (pair["decided_by"], pair["reason"]) == ("A. Sample", "Sample reason.")
    assert "It is refused already." in home.run("same", "refuse", first, second, *WHY, code=1).err
    assert "Confirmed" in home.run("same", "confirm", first, second, *WHY).text
    assert "A steward of this register says so." in home.run("show", second).text
    assert "Reopened" in home.run("same", "reopen", first, second, *WHY).text
    assert "portal-id" in home.run("same", "list", *STEWARD).text.replace("\n", "")
    assert "There is no dataset" in home.run("same", "confirm", first, "nothing", *WHY, code=1).err
    assert "Say why" in home.run("same", "refuse", first, second, *STEWARD, code=1).err
    assert home.run("same", "follow").text.startswith("Compared: 0 records")
    assert "The audit holds" in home.run("audit", "verify").text
