"""Files looked at with the real command: their columns are found by search, and a file is told by its headers."""

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import pytest

from catalog.hxl.evidence import MAPPED_FROM_2014
from tests.journeys.installation import Installation
from tests.journeys.packages import package
from tests.portals_served import ckan, files
from tests.portals_served.files import CELL, HEADERS, TAGS, File


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path / "home")


def piped(installation: Installation, *arguments: str, given: bytes) -> bytes:
    """What ``hxl infer -`` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "landmark", "hxl", "infer", "-", *arguments],
        input=given,
        capture_output=True,
        env=installation.environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def told(answer: bytes) -> list[tuple[object, ...]]:
    """The columns as ``hxl infer --json`` has them."""
    found = orjson.loads(answer)
    assert list(found) == ["columns"]
    assert all(list(c) == ["position", "header", "tag", "origin", "confidence", "rule"] for c in found["columns"])
    return [tuple(column.values()) for column in found["columns"]]


def test_columns_of_files_are_searched_once_they_were_looked_at(installation: Installation):
    served = {"1.csv": File(files.csv_text(9).encode()), "2.csv": File(b"<html>Sign in</html>")}
    with ckan.stage() as portal, files.files(served) as server:
        hosts = [urlsplit(portal.address).netloc, server.host]
        for key, more in (("open", {}), ("closed", {"profile": False})):
            installation.declare(key, portal.address, allow_hosts=hosts, **more)
        one, two = (package(number) for number in (1, 2))
        for number, made in ((1, one), (2, two)):
            made["resources"][0]["url"] = f"{server.url}/{number}.csv"
        portal.show([one, two])
        installation.run("init")
        installation.harvest("open")

        refused = installation.run("profile", "closed", code=64)
        assert refused.err == 'closed: its files are not looked at, for it says "profile: false".\n'
        installation.keys = {"LANDMARK_PROFILE": "false"}
        installation.run("profile")
        assert server.seen == []
        installation.keys = {}

        done = installation.run("profile", "open", "--budget", "5", "--json", "--as", "Sample Steward")
        [report] = done.json()["items"]
        assert report == {
            "source": "open", "due": 2, "looked": 2, "unchanged": 0, "changed": 1, "stopped": False,
            "faults": {}, "remarks": {"html": 1},
            "files": [{"code": "html", "address": f"{server.url}/2.csv",
                       "message": "The address answers with a web page, not with the file."}],
        }  # fmt: skip
        assert CELL not in done.text + done.err
        found = installation.run("search", "--hxl", "#affected+idps", "--json").json()
        assert [item["title"] for item in found["items"]] == [one["title"]]
        assert [item["due"] for item in installation.run("profile", "open", "--json").json()["items"]] == [0]


def test_a_file_is_told_by_its_own_tags_and_by_its_headers(installation: Installation, tmp_path: Path):
    declared = [
        (at, header, tag, "declared", 1.0, "file") for at, (header, tag) in enumerate(zip(HEADERS, TAGS, strict=True))
    ]
    book = files.xlsx(90)
    (tmp_path / "table.xlsx").write_bytes(book)
    assert told(installation.run("hxl", "infer", str(tmp_path / "table.xlsx"), "--json").out) == declared
    with files.files({"table.xlsx": File(book, files.XLSX)}) as server:
        assert told(installation.run("hxl", "infer", f"{server.url}/table.xlsx", "--json").out) == declared
    text = b"Province,ADM1_PCODE,,zzqx\nKar,AA01,7,9\n"
    guessed = told(piped(installation, "--json", given=text))
    assert [(column[0], column[1]) for column in guessed] == [(0, "Province"), (1, "ADM1_PCODE"), (2, ""), (3, "zzqx")]
    assert guessed[1][2:4] == ("#adm1+code", "inferred")
    assert guessed[2][2:] == guessed[3][2:] == (None, None, None, None)
    legacy = told(piped(installation, "--json", given=b"Region,Number\n#adm1_id,#x_idps\nA,1\n"))
    assert legacy[0] == (0, "Region", "#adm1+code", "mapped", 1.0, f"{MAPPED_FROM_2014}#adm1_id")
    shown = piped(installation, given=text).decode()
    assert shown.splitlines()[0].split() == ["header", "tag", "origin", "confidence", "rule"]
    assert "#adm1+code" in shown


def test_what_cannot_be_told_is_said(installation: Installation, tmp_path: Path):
    assert "There is no file nowhere.csv" in installation.run("hxl", "infer", "nowhere.csv", code=64).err
    (tmp_path / "page.csv").write_bytes(b"<html>Sign in</html>")
    page = installation.run("hxl", "infer", str(tmp_path / "page.csv"), "--json", code=1)
    assert page.json() == {"columns": []}
    assert "The address answers with a web page" in page.err
