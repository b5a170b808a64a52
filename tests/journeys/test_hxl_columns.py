"""What columns hold, by command: hxl tags, hxl explain, and the search over them. All records are fictional."""

import json
from pathlib import Path

from tests.journeys.installation import Installation
from tests.journeys.packages import package
from tests.portals_served import ckan


def _checked(*columns: tuple[str, str]) -> str:
    """What a portal keeps of having looked at a file with one sheet."""
    sheet = {
        "name": "Sample sheet",
        "headers": [header for header, _ in columns],
        "hxl_headers": [tag for _, tag in columns],
    }
    event = {"state": "success", "timestamp": "2024-05-01T00:00:00", "hxl_proxy_response": {"sheets": [sheet]}}
    return json.dumps([event])


def test_columns_are_listed_explained_and_searched(tmp_path: Path) -> None:
    home = Installation(tmp_path / "home")
    home.run("init")
    tagged = package(1)
    tagged["resources"][0]["fs_check_info"] = _checked(
        ("Sample area", "#adm2+code"), ("Sample sum", "#affected+killed")
    )
    with ckan.stage() as portal:
        portal.show([tagged, package(2)])
        home.declare("sample", portal.address)
        home.harvest("sample")

    listed = home.run("hxl", "tags", "--json").json()
    counted = {"declared": 1, "mapped": 0, "inferred": 0, "curated": 0}
    assert [(one["tag"], one["datasets"], one["origins"]) for one in listed["items"]] == [
        ("#adm2", 1, counted),
        ("#affected", 1, counted),
    ]
    assert "Second administrative level" in home.run("hxl", "tags", "adm").text

    [dataset] = home.run("search", "--hxl", "#adm2", "--json").json()["items"]
    explained = home.run("hxl", "explain", dataset["id"], "--json").json()
    assert explained["tables"] == [
        {
            "file": "sheet-00001.csv",
            "sheet": "Sample sheet",
            "columns": [
                {
                    "position": place,
                    "header": header,
                    "tags": [
                        {
                            "tag": tag,
                            "origin": "declared",
                            "rule": "portal",
                            "confidence": 1.0,
                            "evidence": "The source's own metadata declare it.",
                        }
                    ],
                }
                for place, header, tag in ((0, "Sample area", "#adm2+code"), (1, "Sample sum", "#affected+killed"))
            ],
        }
    ]
    told = home.run("hxl", "explain", dataset["name"]).text
    assert "sheet-00001.csv · Sample sheet" in told
    assert "#affected+killed" in told
    assert "The source's own metadata declare it." in told
    nothing = next(one for one in home.run("search", "--json").json()["items"] if one["id"] != dataset["id"])
    assert "Its columns are not known." in home.run("hxl", "explain", nothing["id"]).text
    assert "There is no dataset" in home.run("hxl", "explain", "nothing", code=1).err

    def found(*options: str) -> int:
        return int(home.run("search", *options, "--json").json()["total"])

    same = ("--hxl-same", "#adm2+code", "--hxl-same", "#*+killed")
    assert found(*same) == 1
    assert found(*same, "--hxl-origin", "inferred,curated") == 0
    assert found("--hxl", "#adm2", "--hxl-same", "true", "--hxl-min-confidence", "0.9") == 1
    for concept in ("people killed", "district codes", "people-killed"):
        assert found("--concept", concept) == 1, concept
    assert "one of declared" in home.run("search", "--hxl-origin", "guessed", code=64).err
    assert "only #* alone" in home.run("search", "--hxl-same", "#adm*", code=64).err
