"""A18 to A26: a harvest opens no file that a portal names, and a look for columns stops at its bounds."""

import gzip
import tracemalloc
import zlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from config.declarations import Source
from config.settings import Settings
from harvester.http import Client, Limits
from harvester.portal import PortalError
from harvester.profile import profile
from tests.attacks.conftest import Attacked
from tests.attacks.test_ssrf import asked_everywhere, client
from tests.journeys.packages import package
from tests.portals_served import files
from tests.portals_served.plain import Plain, Reply, Seen, plain

FILES = {
    "a18": ("bomb.zip", "ZIP"),
    "a19": ("laughs.xlsx", "XLSX"),
    "a20": ("wide.xlsx", "XLSX"),
    "a22": ("../../x.zip", "ZIP"),
    "a23": ("page.csv", "CSV"),
    "a24": ("one-line.csv", "CSV"),
    "a25": ("tags.csv", "CSV"),
}


SPEAKS = b"#adm1+name,#affected\n"
LATE = b"Name,Count\n" + b"Quarry,7\n" * 30 + SPEAKS


def outside_archive() -> bytes:
    """A zip whose members would lie elsewhere if anybody unpacked them by their names."""
    return files.packed({"../../x.csv": b"Name,Count\na,1\n", "/etc/x.txt": b"x", "C:\\x.txt": b"x"})


def overlapping() -> bytes:
    """A zip in whose directory one member stands many times."""
    once = files.packed({"a.csv": b"0" * 1_000_000})
    at = once.index(b"PK\x01\x02")
    entry, end = once[at : once.index(b"PK\x05\x06")], bytearray(once[once.index(b"PK\x05\x06") :])
    end[8:12] = (900).to_bytes(2, "little") * 2
    end[12:16] = (len(entry) * 900).to_bytes(4, "little")
    return once[:at] + entry * 900 + bytes(end)


LOOKED_AT = {
    "a18-bomb": files.bomb,
    "a18-flat": overlapping,
    "a18-nested": lambda: files.packed({"inner.zip": files.packed({"a.csv": b"0" * 9_000_000})}),
    "a19-laughs": files.laughs,
    "a20-strings": files.strings_bomb,
    "a22-members": outside_archive,
    "a23-page": lambda: b"<!doctype html><title>Sign in</title>",
    "a23-program": lambda: b"\x7fELF" + bytes(9_000),
    "a24-one-line": lambda: b"a" * 10_000_000,
    "a24-nul": lambda: b"Name\x00,Count\x00\n" * 40,
    "a25-late-tags": lambda: LATE,
    "a25-no-tags": lambda: b"Name,Count\nQuarry,7\n",
    "a26-xxe": lambda: b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rdf>&x;</rdf>',
    "a26-deep": lambda: b'{"features": [' + b"[" * 900_000,
}
PLAIN = ("Name", "Count")
TOLD: Mapping[str, tuple[str, ...]] = {"a22-members": PLAIN, "a25-late-tags": PLAIN, "a25-no-tags": PLAIN}
"""Of which files the columns may be told; of all others nothing."""


def looked_at(case: str, folder: Path) -> None:
    """A look for columns ends in little memory, leaves no file, and tells headers at the most: no cell, no late tag."""
    content = LOOKED_AT[case]()
    with plain(lambda _, reply, __: reply.send(200, content, content_type="text/csv")) as server:
        source = Source(key="sample", kind="ckan", title="Sample", url=server.url, allow_hosts=(server.host,))
        with Client(source, Settings(data_dir=folder, http_cache_bytes=0), Limits(retries=0)) as landmark:
            tracemalloc.start()
            seen = profile(landmark, f"{server.url}/file.csv")
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    told = [header for sheet in (seen.profile.sheets if seen.profile else ()) for header in sheet.headers]
    assert tuple(told) in {(), TOLD.get(case, ())}
    assert peak < 60_000_000
    assert [word for word in ("Quarry", "root:", "#adm1") if word in repr(seen)] == []
    assert list(folder.rglob("*x.*")) == []


@pytest.mark.parametrize("case", ["a18-bomb", "a18-flat", "a18-nested"])
def test_a18_a_look_into_a_bomb_ends(case: str, tmp_path: Path):
    looked_at(case, tmp_path)


def test_a19_a_look_into_laughing_entities_ends(tmp_path: Path):
    looked_at("a19-laughs", tmp_path)


def test_a20_a_look_into_an_endless_workbook_ends(tmp_path: Path):
    looked_at("a20-strings", tmp_path)


def test_a22_a_look_into_an_archive_writes_nothing(tmp_path: Path):
    looked_at("a22-members", tmp_path)


@pytest.mark.parametrize("case", ["a23-page", "a23-program"])
def test_a23_a_look_goes_by_what_a_file_is(case: str, tmp_path: Path):
    looked_at(case, tmp_path)


@pytest.mark.parametrize("case", ["a24-one-line", "a24-nul"])
def test_a24_a_look_at_a_broken_table_ends(case: str, tmp_path: Path):
    looked_at(case, tmp_path)


@pytest.mark.parametrize("case", ["a25-late-tags", "a25-no-tags"])
def test_a25_a_look_guesses_no_tag_that_is_not_in_the_first_rows(case: str, tmp_path: Path):
    looked_at(case, tmp_path)


@pytest.mark.parametrize("case", ["a26-xxe", "a26-deep"])
def test_a26_a_look_follows_no_entity_and_no_depth(case: str, tmp_path: Path):
    looked_at(case, tmp_path)


def never_opened(attacked: Attacked, canary: Plain, case: str) -> None:
    """A record with the file is harvested, shown, exported and judged; nobody asks for the file."""
    name, format_ = FILES[case]
    file = {"id": "f", "name": name, "format": format_, "url": f"{canary.url}/{name}", "size": 10**15}
    report = attacked.read(package(0, resources=[file]))
    assert (report.state, report.run.counts.created, report.issues) == ("complete", 1, ())
    assert asked_everywhere(attacked) == [200] * 6
    assert canary.seen == []
    outside = [path for path in attacked.folder.parent.rglob("*") if path.name.startswith("x.zip") or name in path.name]
    assert outside == []


def test_a18_a_zip_bomb_is_not_opened(attacked: Attacked, canary: Plain):
    never_opened(attacked, canary, "a18")


def test_a19_a_workbook_of_entities_is_not_opened(attacked: Attacked, canary: Plain):
    import openpyxl.xml

    assert openpyxl.xml.DEFUSEDXML, "should a workbook ever be read, entities are refused"
    never_opened(attacked, canary, "a19")


def test_a20_an_endless_workbook_is_not_opened(attacked: Attacked, canary: Plain):
    never_opened(attacked, canary, "a20")


@pytest.mark.parametrize("packing", ["gzip", "deflate", "br"])
def test_a21_unpacked_bytes_are_what_is_counted(packing: str):
    packed = {"gzip": gzip.compress, "deflate": zlib.compress, "br": lambda body: body[:1000]}[packing](
        b"0" * 100_000_000
    )

    def answer(seen: Seen, reply: Reply, server: Plain) -> None:
        reply.send(200, packed, content_type="application/json", content_encoding=packing)

    with plain(answer) as server, client(server.host, limits=Limits(max_bytes=1_000_000)) as landmark:
        tracemalloc.start()
        with pytest.raises(PortalError) as refused:
            landmark.get_json(server.url)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert refused.value.code == ("encoding-refused" if packing == "br" else "too-large")
    assert peak < 8_000_000
    assert server.seen[0].headers["accept-encoding"] == "gzip"


def test_a22_no_name_in_an_archive_becomes_a_path(attacked: Attacked, canary: Plain):
    never_opened(attacked, canary, "a22")


def test_a23_a_file_that_is_not_what_it_says_is_not_opened(attacked: Attacked, canary: Plain):
    never_opened(attacked, canary, "a23")


def test_a24_a_broken_table_is_not_opened(attacked: Attacked, canary: Plain):
    never_opened(attacked, canary, "a24")


def test_a25_hashtags_are_those_the_portal_saw(attacked: Attacked, canary: Plain):
    never_opened(attacked, canary, "a25")
    assert (attacked.shown()["tags"], attacked.shown()["distributions"][0]["columns"]) == ([], [])


XXE = b"""<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rdf>&x;</rdf>"""


@pytest.mark.parametrize(
    "body",
    [XXE, b"[" * 100_000, b'{"dataset":' + b"[" * 3_000 + b"]" * 3_000 + b"}"],
    ids=["xxe", "deep", "deep-whole"],
)
def test_a26_xml_and_deep_nesting_are_no_catalog(body: bytes, attacked: Attacked, monkeypatch: pytest.MonkeyPatch):
    def answer(seen: Seen, reply: Reply, server: Plain) -> None:
        reply.send(200, body, content_type="application/json")

    with plain(answer) as server:
        for kind, path in (("hdx", ""), ("dcat-us", "/data.json")):
            source = attacked.source(server.url, kind=kind).model_copy(update={"url": server.url + path})
            report = attacked.read(source=source)
            assert (report.state, report.run.counts.created) == ("failed", 0), kind
            assert [issue.code for issue in report.issues] in (["not-json"], ["unexpected-answer"]), kind
    assert "root:" not in attacked.stored()
