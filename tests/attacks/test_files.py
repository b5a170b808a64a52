"""A18 to A26: nothing opens a file that a portal names, so no bomb goes off; what comes over HTTP is bounded."""

import gzip
import tracemalloc
import zlib

import pytest

from harvester.http import Limits
from harvester.portal import PortalError
from tests.attacks.conftest import Attacked
from tests.attacks.test_ssrf import asked_everywhere, client
from tests.journeys.packages import package
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
