"""The everyday commands over one harvested catalog."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from landmark import app
from tests.journeys.installation import Installation, rows
from tests.journeys.packages import package, packages
from tests.portals_served import ckan

FORMULA = '=HYPERLINK("https://away.example")'
ALL = [*packages(11), package(11, title=f"{FORMULA} Sample: Зразок, міни")]


@pytest.fixture(scope="module")
def harvested(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    home = Installation(tmp_path_factory.mktemp("cli") / "home")
    with ckan.stage() as stage:
        stage.show(ALL)
        home.declare("sample", stage.address, schedule="15 3 * * mon")
        said = home.run("init")
        assert "Declared sources: hdx, sample." in said.text
        assert str(home.data / "landmark.db") in said.text.replace("\n", "")
        home.harvest("sample")
    return home


def test_init_again_changes_nothing(harvested: Installation, tmp_path: Path) -> None:
    home = harvested.copy(tmp_path / "home")
    before = home.dump()
    home.run("init")
    assert home.dump() == before


def test_a_dump_is_printed_to_who_says_a_name_and_a_reason(harvested: Installation) -> None:
    printed = harvested.run("dump", "--as", "tester", "--break-glass", "Sample reason.").out
    assert printed == harvested.dump()
    assert len(rows(printed, "dataset")) == len(ALL)


def test_sources(harvested: Installation) -> None:
    answer = harvested.run("sources", "--json").json()
    assert [(item["key"], item["datasets"]) for item in answer["items"]] == [("hdx", 0), ("sample", len(ALL))]
    assert answer["items"][0]["last_run"] is None
    assert answer["items"][1]["last_run"]["state"] == "complete"
    table = harvested.run("sources").text
    assert "never run" in table
    assert "15 3 * * mon" in table


def test_organizations_and_what_one_holds(harvested: Installation) -> None:
    answer = harvested.run("organizations", "--json").json()
    assert {item["name"]: item["datasets"] for item in answer["items"]} == {
        "Sample Clearance Group": 4,
        "Sample River Agency": 4,
        "Sample Survey Office": 4,
    }
    held = harvested.run("organizations", "Sample River Agency", "--json").json()
    assert (held["datasets"], {tuple(item["holders"]) for item in held["items"]}) == (4, {("Sample River Agency",)})
    assert "Sample River Agency: 4 datasets" in harvested.run("organizations", "Sample River Agency").text


def test_show_by_id_and_by_name(harvested: Installation) -> None:
    found = harvested.run("search", "00003", "--json").json()
    assert found["total"] == 1
    item = found["items"][0]
    by_id = harvested.run("show", item["id"], "--json")
    assert by_id.out == harvested.run("show", item["name"], "--json").out
    shown = by_id.json()
    assert (shown["id"], shown["title"], shown["holders"]) == (item["id"], package(3)["title"], item["holders"])
    assert [entry["url"] for entry in shown["distributions"]] == ["https://files.example/sheet-00003.csv"]
    text = harvested.run("show", item["id"]).text
    assert "Who has it: Sample River Agency" in text
    assert "File: sheet-00003.csv [CSV] https://files.example/sheet-00003.csv" in text


def test_csv_opens_in_a_spreadsheet_and_runs_no_formula(harvested: Installation, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    said = harvested.run("search", "--csv", str(path), "--hashtags")
    body = path.read_bytes()
    assert str(path) in said.text
    assert body.startswith(b"\xef\xbb\xbf")
    head, tags, *lines = csv.reader(io.StringIO(body.decode("utf-8-sig")))
    assert len(lines) == len(ALL)
    assert {len(line) for line in lines} == {len(head)} == {len(tags)}
    assert (head[0], tags[0]) == ("title", "#meta+dataset+title")
    titles = {line[0] for line in lines}
    assert f"'{ALL[11]['title']}" in titles
    assert not any(cell[:1] in {"=", "+", "-", "@"} for line in lines for cell in line)
    plain = list(csv.reader(io.StringIO(harvested.run("search", "--csv", "-").out.decode("utf-8-sig"))))
    # The last column tells when it was written.
    assert [line[:-1] for line in plain] == [line[:-1] for line in [head, *lines]]


def test_an_index_that_was_damaged_is_noticed_and_mended(harvested: Installation, tmp_path: Path) -> None:
    home = harvested.copy(tmp_path / "home")
    file = next((home.data / "index" / "public").glob("*/*.store"))
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 0xFF
    file.write_bytes(body)

    told = home.run("index", "check", code=1)
    said = home.run("index", "check", "--as", "A. Sample", code=1)

    assert "public" not in told.text
    assert "public" in said.text
    assert "landmark index rebuild" in said.err
    assert f"public {len(ALL)}" in home.run("index", "rebuild").text
    assert home.run("index", "check").text == "The indexes agree with the database.\n"


def test_a_node_takes_the_indexes_that_another_one_ships(harvested: Installation, tmp_path: Path) -> None:
    writer, node, shelf = harvested.copy(tmp_path / "writer"), harvested.copy(tmp_path / "node"), tmp_path / "shelf"
    node.run("index", "rebuild")
    assert node.run("index", "take", str(shelf), code=1).err.splitlines()[0] == (
        f"{shelf} holds no public index; ship one there from the node that writes."
    )
    assert writer.run("index", "ship", str(shelf)).text == f"Shipped to {shelf}: public {len(ALL)} records.\n"
    told = node.run("index", "take", str(shelf), "--as", "A. Sample").text
    assert told == f"Taken from {shelf}: public {len(ALL)}, community {len(ALL)}, full {len(ALL)} records.\n"
    assert manifests(node.data / "index") == manifests(shelf) == manifests(writer.data / "index")
    assert node.run("index", "check").text == "The indexes agree with the database.\n"

    writer.run("index", "rebuild")
    assert node.run("search", "--json", "--limit", "0").json()["total"] == len(ALL)
    assert manifests(node.data / "index") == manifests(shelf) == manifests(writer.data / "index")

    assert node.run("index", "take", "--end").text == f"Written here: public {len(ALL)} records.\n"
    assert writer.run("index", "ship", "--end").text == "Nothing is shipped.\n"
    before = manifests(shelf)
    writer.run("index", "rebuild")
    assert manifests(shelf) == before != manifests(writer.data / "index")


def manifests(index_dir: Path) -> list[bytes]:
    return [(index_dir / audience / "manifest.json").read_bytes() for audience in ("public", "community", "full")]


def test_only_the_publics_index_leaves_where_that_is_said(harvested: Installation, tmp_path: Path) -> None:
    writer, shelf = harvested.copy(tmp_path / "writer"), tmp_path / "shelf"
    told = writer.run("index", "ship", str(shelf), "--public", "--as", "A. Sample").text
    assert told == f"Shipped to {shelf}: public {len(ALL)} records.\n"
    assert [path.name for path in shelf.iterdir()] == ["public"]


def test_a_folder_for_indexes_is_named_and_holds_nothing_else(harvested: Installation, tmp_path: Path) -> None:
    home = harvested.copy(tmp_path / "home")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("not an index", encoding="utf-8")
    own = home.data / "index"
    assert home.run("index", "ship", code=64).err == "Name the folder, or --end.\n"
    assert home.run("index", "take", "x", "--end", code=64).err == "Name the folder, or --end.\n"
    assert home.run("index", "ship", str(tmp_path / "mine"), code=64).err == (
        f"{tmp_path / 'mine'} holds something else; name an empty folder.\n"
    )
    assert home.run("index", "take", str(own), code=64).err == (
        f"{own} is where this node's own indexes lie; name another folder.\n"
    )
    (own / "shipping.json").write_text("{", encoding="utf-8")
    assert "shipping.json: cannot be read" in home.run("index", "ship", "--end", code=1).err


def test_the_command_says_how_words_were_read_and_why_something_was_found(harvested: Installation) -> None:
    lines = harvested.run("search", "00003", "--explain").text.splitlines()
    assert [line for line in lines if line.startswith("1. ")][0].startswith('1. "00003" is in ')  # noqa: RUF015
    nothing = harvested.run("search", "00003zz", "--literal").text
    assert nothing.splitlines()[-1] == "0 datasets"


def test_an_index_that_is_gone_is_built_by_the_next_search(harvested: Installation, tmp_path: Path) -> None:
    home = harvested.copy(tmp_path / "home")
    for file in (home.data / "index").glob("*/manifest.json"):
        file.unlink()
    assert home.run("search", "--json", "--limit", "0").json()["total"] == len(ALL)


def test_runs(harvested: Installation) -> None:
    item = harvested.run("runs", "sample", "--json", "--as", "tester").json()["items"][0]
    assert (item["source"], item["state"], item["seen"], item["created"], item["issues"]) == (
        "sample",
        "complete",
        len(ALL),
        len(ALL),
        [],
    )
    assert "complete" in harvested.run("runs").text


def test_the_schedule_is_listed(harvested: Installation) -> None:
    lines = harvested.run("schedule", "--list").text.splitlines()
    assert {line.split(":")[0] for line in lines} == {"hdx", "sample"}
    assert all(line.endswith("UTC") for line in lines)


def test_every_command_explains_itself(landmark: Installation) -> None:
    paths = list(_commands(typer.main.get_command(app), ()))
    assert {path[0] for path in paths} >= {"init", "harvest", "search", "show", "serve", "demo", "index", "dump"}
    runner = CliRunner()
    for path in paths:
        answer = runner.invoke(app, [*path, "--help"], prog_name="landmark")
        assert answer.exit_code == 0, path
        assert f"landmark {' '.join(path)}" in answer.output
    assert "Usage: landmark" in landmark.run("--help").text
    assert "Usage: landmark" in landmark.run().text


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, inner in getattr(command, "commands", {}).items():
        yield (*path, name)
        yield from _commands(inner, (*path, name))
