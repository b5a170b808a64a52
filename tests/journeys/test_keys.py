"""Keys, grants and breaking the glass by command, as a steward would go about it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from catalog.audit import unspoken
from tests.journeys.installation import Installation
from tests.journeys.packages import package, packages
from tests.portals_served import ckan

DAY = str(datetime.now(UTC).date() + timedelta(days=30))
PRIVATE = package(90, title="Sample: Quietcanary list", private=True)
STEWARD = ("--as", "A. Sample")


def test_from_a_private_record_to_a_grant_and_a_verified_audit(tmp_path: Path) -> None:
    home = Installation(tmp_path / "home")
    with ckan.stage() as stage:
        stage.show([*packages(2), PRIVATE])
        home.declare("sample", stage.address)
        home.run("init")
        home.harvest("sample")
    broken = (*STEWARD, "--break-glass", "A life is at stake.")
    assert home.run("search", "--json").json()["total"] == 2
    assert home.run("search", "--json", *STEWARD).json()["total"] == 2, "it is for its owner alone"
    (hidden,) = home.run("search", "Quietcanary", "--json", *broken).json()["items"]
    assert "There is no dataset" in home.run("show", hidden["id"], *STEWARD, code=1).err
    assert "Quietcanary" in home.run("show", hidden["id"], *broken).text
    assert "Quietcanary" not in home.run("changes", "--json", *STEWARD).text
    assert "Quietcanary" in home.run("changes", "--json", *broken).text
    noticed = home.run("notices", "--json", *STEWARD).json()
    assert [(one["who"], one["what"], one["reason"]) for one in noticed["items"]] == [
        ("A. Sample", what, "A life is at stake.")
        for what in ("changes *", f"show {hidden['id']}", f"search {unspoken('Quietcanary')}")
    ]

    asked = ("--name", "Desk", "--audience", "organisation", "--purpose", "Sample survey.", "--expires", DAY)
    assert (
        "--new-organisation" in home.run("keys", "create", *asked, "--organisation", "Nobody's", *STEWARD, code=1).err
    )
    key = home.run("keys", "create", *asked, "--organisation", "New Partners", "--new-organisation", *STEWARD).out
    key = key.decode().strip()
    assert key.startswith("lmk_")
    listed = home.run("keys", "list", "--json", *STEWARD)
    assert [(one["name"], one["organisation"]["name"], one["state"]) for one in listed.json()["items"]] == [
        ("Desk", "New Partners", "good")
    ]
    assert key.split("_", 2)[2] not in listed.text
    to = ("--to", "New Partners")
    home.run("grants", "add", hidden["id"], *to, "--until", DAY, "--reason", "Sample survey.", *STEWARD)
    (granted,) = home.run("grants", "list", "--json", *STEWARD).json()["items"]
    assert (granted["dataset"], granted["until"]) == (hidden["id"], DAY)
    home.run("grants", "revoke", hidden["id"], *to, "--reason", "Done.", *STEWARD)
    assert home.run("grants", "list", "--json", *STEWARD).json()["items"] == []
    assert home.run("keys", "rotate", key.split("_")[1], *STEWARD).out.decode().strip() != key
    home.run("keys", "revoke", key.split("_")[1], "--reason", "Done.", *STEWARD)
    assert "revoked already" in home.run("keys", "revoke", key.split("_")[1], "--reason", "x", *STEWARD, code=1).err
    assert "Erased" in home.run("privacy", "erase", "Desk", *STEWARD).text
    assert "The audit holds" in home.run("audit", "verify").text
    assert home.run("index", "check").text.strip() == "The indexes agree with the database."
