"""A steward corrects records by command, a harvest comes between, and hands over. All content is fictional."""

from pathlib import Path

from tests.journeys.installation import Installation
from tests.journeys.packages import package
from tests.journeys.test_hxl_columns import _checked
from tests.portals_served import ckan

AS = ("--as", "A. Sample")
WHY = ("--why", "The holder told us so.")


def test_what_is_corrected_stands_over_harvests_until_it_is_handed_over(tmp_path: Path) -> None:
    home = Installation(tmp_path / "home")
    home.run("init")
    first, second = package(1), package(2)
    first["resources"][0]["fs_check_info"] = _checked(("Sample area", "#adm2+code"), ("Sample sum", "#affected+killed"))
    with ckan.stage() as portal:
        portal.show([first, second])
        home.declare("sample", portal.address)
        home.harvest("sample")
        [found] = home.run("search", "--hxl", "#adm2", "--json").json()["items"]
        id_, title = found["id"], found["title"]

        told = home.run("curate", id_, "--set", "title=Sample: mended title", "--set", "places=Sudan", *WHY, *AS).text
        assert told.splitlines() == [f'Title: "{title}" -> "Sample: mended title"', 'Countries: "UKR" -> "SDN"']
        told = home.run("hxl", "tag", id_, "sample sum", "#affected+injured", *WHY, *AS).text
        assert told == 'Hashtag of "sample sum": "#affected+killed (declared)" -> "#affected+injured"\n'

        first["notes"] = "Sample: the portal has changed its description."
        first["title"] = "Sample: mended title"
        portal.show([first, second])
        home.harvest("sample")
        shown = home.run("show", id_, "--json").json()
        assert (shown["title"], shown["countries"], shown["notes"]) == (
            "Sample: mended title",
            ["SDN"],
            "Sample: the portal has changed its description.",
        )
        searched = ("search", "--hxl", "#affected+injured", "--hxl-origin", "curated", "--json")
        assert [one["id"] for one in home.run(*searched).json()["items"]] == [id_]
        assert "A steward set it on" in home.run("hxl", "explain", id_).text

        beside = {one["field"]: one for one in home.run("curate", "--show", id_, "--json", *AS).json()["fields"]}
        assert (beside["places"]["harvested"], beside["places"]["curated"], beside["places"]["effective"]) == (
            "UKR",
            "SDN",
            "SDN",
        )
        assert beside["title"]["caught_up"] is not None
        assert "the source now says what a person corrected: title" in home.run("changes", "--json").text

    sheet = tmp_path / "corrections.csv"
    sheet.write_text(f"dataset,licence,topics\n{id_},CC0,displacment\n{found['name']},CC0,\n", encoding="utf-8")
    looked = home.run("curate", "batch", str(sheet), *WHY, *AS, code=1).text
    assert '  C2 Topics: "displacment" is no topic. Did you mean "displacement"?' in looked
    assert "Row 3: rejected" in looked, "it is the record of row 2"
    sheet.write_text(f"dataset,licence,topics\n{id_},CC0,displacement\nnothing,CC0,\n", encoding="utf-8")
    home.run("curate", "batch", str(sheet), "--yes", *WHY, *AS, code=1)
    written = home.run("curate", "batch", str(sheet), "--yes", "--accept-valid", *WHY, *AS, code=2).text
    assert "1 new, 0 changed, 0 unchanged, 1 rejected.\nWritten." in written
    assert home.run("show", id_, "--json").json()["licence"] == "CC0"

    assert home.run("curate", "verify", id_, "title", *AS).text == "Verified: Title.\n"
    handed = home.run("curate", "hand-over", "A. Sample", "B. Example", *WHY, "--as", "C. Third").text
    assert handed == "5 corrections to be looked at by B. Example from now on.\n"
    listed = home.run("curate", "review", "--json", "--as", "B. Example").json()["items"]
    assert {one["keeper"] for one in listed} == {"B. Example"}
    assert {one["by"] for one in listed} == {"A. Sample"}

    assert "taken back" in home.run("curate", id_, "--clear", "places", *WHY, *AS).text
    assert home.run("show", id_, "--json").json()["countries"] == ["UKR"]
    wrong = home.run("curate", id_, "--set", "titel=x", *WHY, *AS, code=64).err
    assert wrong == 'titel: it is no field that can be corrected. Did you mean "title"?\n'
    assert "Say who you are" in home.run("curate", id_, "--set", "title=x", *WHY, code=64).err


def test_a_name_is_said_once_and_counts_when_records_are_judged(landmark: Installation, portal: ckan.Stage) -> None:
    landmark.run("init")
    portal.show([package(1)])
    landmark.declare("sample", portal.address)
    landmark.harvest("sample")
    [before] = landmark.run("search", "--json").json()["items"]
    written = before["holders"][0]
    told = landmark.run("curate", "name", written, "--is", "UNHCR", *WHY, *AS).text
    assert told.startswith(f'"{written}" is United Nations High Commissioner for Refugees.')
    landmark.run("reassess")
    [after] = landmark.run("search", "--json").json()["items"]
    assert after["holders"] == ["United Nations High Commissioner for Refugees"]
    landmark.harvest("sample")
    assert landmark.run("search", "--json").json()["items"][0]["holders"] == after["holders"]
    [listed] = landmark.run("curate", "names", "--json", *AS).json()["items"]
    assert (listed["name"], listed["organisation"]) == (written, after["holders"][0])
    landmark.run("curate", "name", written, "--take-back", *WHY, *AS)
    landmark.run("reassess")
    assert landmark.run("search", "--json").json()["items"][0]["holders"] == before["holders"]
