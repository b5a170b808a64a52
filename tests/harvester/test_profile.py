"""What is read of files, kind and hostile, from a real server: headers, little of the rest, and no cell of data."""

import gzip
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from catalog.profiles import FileProfile, Remark
from config.declarations import Source
from config.settings import Settings
from harvester.http import Client, Limits
from harvester.part import Validators
from harvester.profile import HEAD, WHOLE, Seen, profile
from tests.portals_served import files
from tests.portals_served.files import CELL, HEADERS, TAGS, File
from tests.portals_served.plain import Plain, Reply, plain
from tests.portals_served.plain import Seen as Request

COUNT = 5_000
END = b"</sheetData></worksheet>"
TABLE = (HEADERS, TAGS, 1)


@contextmanager
def client(server: Plain, **limits: Any) -> Iterator[Client]:
    source = Source(key="sample", kind="ckan", title="Sample", url=server.url, allow_hosts=(server.host,))
    with Client(source, Settings(http_cache_bytes=0), Limits(**{"retries": 0, **limits})) as made:
        yield made


def look(file: File, before: Validators | None = None) -> tuple[Seen, int, int]:
    """What is seen of one file, with how many requests and bytes."""
    with files.files({"file": file}) as server, client(server) as landmark:
        return profile(landmark, f"{server.url}/file", before), landmark.requests, landmark.bytes


def found(file: File) -> FileProfile:
    seen, _, _ = look(file)
    assert seen.profile is not None, seen.fault
    assert CELL not in repr(seen)
    assert "7700" not in repr(seen)
    return seen.profile


def read(made: FileProfile, sheet: int = 0) -> tuple[Any, ...]:
    return made.sheets[sheet].headers, made.sheets[sheet].tags, made.sheets[sheet].tag_row


def codes(made: FileProfile) -> list[str]:
    return [remark.code for remark in made.remarks]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_of_a_long_csv_the_beginning_is_read_and_no_more(delimiter: str):
    seen, requests, size = look(File(files.csv_text(COUNT, delimiter=delimiter).encode()))
    assert seen.profile is not None
    assert (seen.profile.format, read(seen.profile), seen.profile.sheets[0].rows) == ("CSV", TABLE, None)
    assert (requests, size) == (1, HEAD)


def test_a_server_without_ranges_is_left_as_soon_as_the_beginning_is_there():
    seen, requests, size = look(File(files.csv_text(200_000).encode(), ranges=False))
    assert seen.profile is not None
    assert read(seen.profile) == TABLE
    assert requests == 1
    # What was under way when the connection was left.
    assert size < 4 * HEAD


@pytest.mark.parametrize(
    ("encoding", "media_type", "mark"),
    [
        ("utf-8", "text/csv", b""),
        ("utf-8-sig", "text/csv", b""),
        ("latin-1", "text/csv", b""),
        ("cp1256", "text/csv; charset=windows-1256", b""),
        ("utf-16", "text/csv", b""),
        ("utf-16-le", "text/csv", b""),
        ("utf-8", "application/octet-stream", b"sep=;\r\n"),
    ],
)
def test_csv_is_read_in_whatever_encoding_it_was_written(encoding: str, media_type: str, mark: bytes):
    names = ("Région", "Numéro", "Déplacés") if encoding != "cp1256" else ("المحافظة", "الرمز", "النازحون")
    tags = ("#adm1+name", "#adm1+code", "#affected+idps")
    text = files.csv_text(40, delimiter=";", headers=names, tags=tags)
    content = mark + text.encode(encoding)
    made = found(File(content, media_type))
    assert (made.sheets[0].headers, made.sheets[0].tags) == (names, tags)
    assert made.sheets[0].rows == 42


def test_a_workbook_is_read_by_its_parts():
    file = File(files.xlsx(30_000, sheets=("Data", "By site")), files.XLSX, etag='"one"')
    seen, requests, size = look(file)
    assert seen.profile is not None
    names = [sheet.name for sheet in seen.profile.sheets]
    assert (seen.profile.format, names, codes(seen.profile)) == ("XLSX", ["Read me", "Data", "By site"], [])
    assert [read(seen.profile, sheet) for sheet in range(3)] == [((), (), None), TABLE, TABLE]
    assert (seen.profile.sheets[1].rows, seen.profile.sheets[1].columns) == (30_002, 5)
    assert seen.profile.etag == '"one"'
    assert requests <= 5
    assert size < len(file.content) / 5


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize(
    ("content", "form", "rows"),
    [
        (files.xlsx(3_000, notes=False), "XLSX", 3_002),
        (files.ods(2_000), "ODS", None),
        (files.xls(2_000), "XLS", 2_002),
        (files.packed({"in/table.csv": files.csv_text(COUNT).encode(), "read.me": b"sample"}), "CSV", None),
        (gzip.compress(files.csv_text(20).encode(), mtime=0), "CSV", 22),
    ],
    ids=["xlsx", "ods", "xls", "zip", "gzip"],
)
def test_other_formats_are_read_from_servers_of_both_kinds(content: bytes, form: str, rows: int | None, ranges: bool):
    made = found(File(content, "application/octet-stream", ranges=ranges))
    assert (made.format, read(made), made.sheets[0].rows, codes(made)) == (form, TABLE, rows, [])


@pytest.mark.parametrize("outline", [4, 20_000], ids=["near", "behind an outline"])
def test_of_geojson_the_names_of_properties_are_read(outline: int):
    seen, _, size = look(File(files.geojson(40, outline=outline), "application/geo+json"))
    assert seen.profile is not None
    assert (seen.profile.format, seen.profile.sheets[0].headers) == (
        "GEOJSON",
        ("ADM1_EN", "ADM1_PCODE", "IDPs", "more"),
    )
    assert CELL not in repr(seen)
    assert size <= 1 << 20


def test_an_unchanged_file_is_not_read_again():
    file = File(files.csv_text(9).encode(), etag='"one"')
    assert look(file, Validators('"one"'))[0] == Seen(None)
    again, _, _ = look(file, Validators('"another"'))
    assert again.profile is not None
    assert read(again.profile) == TABLE


def test_where_a_file_is_moved_to_it_is_read_in_parts_too():
    with files.files({"there": File(files.xlsx(30_000), files.XLSX)}) as there:
        moved = File(b"", status=302, location=f"{there.url}/there")
        source = Source(key="sample", kind="ckan", title="Sample", url=there.url, allow_hosts=(there.host,))
        with files.files({"file": moved}) as server:
            source = source.model_copy(update={"allow_hosts": (there.host, server.host)})
            with Client(source, Settings(http_cache_bytes=0)) as landmark:
                seen = profile(landmark, f"{server.url}/file")
        assert {request.headers["range"][:6] for request in there.seen} == {"bytes="}
    assert seen.profile is not None
    assert read(seen.profile, 1) == TABLE


def wide() -> bytes:
    names = [f"c{at}" for at in range(16_000)]
    return files.workbook(b"".join(files.inline(names, number) for number in (1, 2)) + END)


HOSTILE = {
    "a bomb": (files.bomb, "too-large"),
    "a bomb of strings": (files.strings_bomb, "strings-too-far"),
    "laughing entities": (files.laughs, "broken"),
    "16,000 columns": (wide, "too-many-columns"),
    "16,000 columns in CSV": (
        lambda: ",".join(f"c{at}" for at in range(9_000)).encode() + b"\n" * 40,
        "too-many-columns",
    ),
    "a page": (lambda: b"\r\n<!DOCTYPE html><html><body>Sign in</body></html>", "html"),
    "a page that begins as XML": (lambda: b'<?xml version="1.0"?>\n<html lang="en"></html>', "html"),
    "a locked workbook": (files.encrypted, "encrypted"),
    "a locked zip": (files.locked_zip, "encrypted"),
    "a truncated workbook": (lambda: files.xlsx(30_000)[:300_000], "broken"),
    "a truncated old workbook": (lambda: files.xls(900)[:30_000], "broken"),
    "a zip without tables": (lambda: files.packed({"a.txt": b"sample"}), "no-table"),
    "nothing": (lambda: b"", "empty"),
    "blanks": (lambda: b" \r\n \r\n", "empty"),
    "a document": (lambda: b"%PDF-1.7 sample", "format-not-read"),
    "bytes": (lambda: bytes(range(256)) * 40, "not-text"),
    "broken JSON": (lambda: b'{"type": "FeatureCollection", "features": [nonsense', "broken"),
    "JSON that is no table": (lambda: b'{"type": "sample"}', "no-table"),
    "deep JSON": (lambda: b'{"features": [{"geometry": ' + b"[" * 900_000, "too-large"),
    "a binary workbook": (
        lambda: files.packed({"[Content_Types].xml": b"x", "xl/workbook.bin": b"x"}),
        "format-not-read",
    ),
    "no workbook": (lambda: files.packed({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}), "broken"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_an_issue_with_a_code(name: str):
    make, code = HOSTILE[name]
    made = found(File(make()))
    assert codes(made) == [code]
    assert [sheet.headers + sheet.tags for sheet in made.sheets] in ([], [()])


def test_a_workbook_with_macros_is_read_and_said_to_have_them():
    made = found(File(files.workbook(files.inline(HEADERS, 1) + END, more={"xl/vbaProject.bin": b"sample"})))
    assert (codes(made), made.sheets[0].headers) == (["macros"], HEADERS)


def test_a_row_of_data_is_not_taken_for_headers():
    lines = [f"Nora Quarry,nora{CELL}@sample.example,2024-05-0{day},77000{day}" for day in range(1, 9)]
    made = found(File("\n".join(lines).encode()))
    assert made.sheets[0].headers == ()
    assert [note.code for note in made.sheets[0].notes] == ["header-not-found"]


def test_a_file_too_large_to_be_read_whole_is_left():
    made = found(File(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(WHOLE), ranges=False))
    assert codes(made) == ["too-large"]


def test_a_server_that_lies_of_a_files_length_is_believed_in_nothing():
    book = files.xlsx(30_000)
    assert codes(found(File(book, length=10**12))) == ["broken"]
    seen, _, _ = look_at(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\na,b\r\n1,2\r\n")
    assert (seen.profile, seen.fault and seen.fault.code) == (None, "cut-short")
    seen, _, _ = look_at(
        b"HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\nContent-Range: bytes 9-11/40\r\n\r\na,b"
    )
    assert (seen.profile, seen.fault and seen.fault.code) == (None, "range-refused")


def look_at(answer: bytes) -> tuple[Seen, int, int]:
    with plain(lambda seen, reply, server: reply.raw(answer)) as server, client(server) as landmark:
        return profile(landmark, f"{server.url}/file"), landmark.requests, landmark.bytes


def test_a_slow_server_is_given_up():
    def drip(seen: Request, reply: Reply, server: Plain) -> None:
        reply.raw(b"HTTP/1.1 200 OK\r\n\r\n")
        while not server.stopping.wait(0.02):
            reply.raw(b"a,")

    with plain(drip) as server, client(server, total=0.5) as landmark:
        seen = profile(landmark, f"{server.url}/file")
    assert (seen.profile, seen.fault and seen.fault.code) == (None, "timeout")


def test_a_file_that_changes_meanwhile_is_left():
    book = files.xlsx(30_000)
    answered = iter(range(99))

    def change(seen: Request, reply: Reply, server: Plain) -> None:
        files._give(File(book, etag=f'"{next(answered)}"'), seen, reply)

    with plain(change) as server, client(server) as landmark:
        seen = profile(landmark, f"{server.url}/file")
    assert seen.profile is not None
    assert seen.profile.remarks == (Remark("changed-while-read", "The file changed while it was read."),)


MEMORY = """
import re, sys
from concurrent.futures import ThreadPoolExecutor
from config.declarations import Source
from config.settings import Settings
from harvester.http import Client, Limits
from harvester.profile import profile

url, host, *names = sys.argv[1:]
source = Source(key="sample", kind="ckan", title="Sample", url=url, allow_hosts=(host,))
limits = Limits(retries=0, at_once=32, connections=32, total=300)
with Client(source, Settings(http_cache_bytes=0), limits) as client, ThreadPoolExecutor(32) as pool:
    seen = list(pool.map(lambda name: profile(client, f"{url}/{name}"), names * 4))
assert len(seen) == 4 * len(names)
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) // 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell a process's peak")
def test_32_hostile_files_at_once_stay_within_256_mb():
    served = {f"f{at}": File(make()) for at, (make, _) in enumerate(HOSTILE.values())}
    served |= {
        "xls": File(files.xls(9_000)),
        "whole": File(files.xls(9_000), ranges=False),
        "large": File(files.xlsx(30_000), ranges=False),
        "ods": File(files.ods(30_000)),
        "geojson": File(files.geojson(40, outline=20_000)),
    }
    with files.files(served) as server:
        told = subprocess.run(
            [sys.executable, "-c", MEMORY, server.url, server.host, *served],
            capture_output=True,
            text=True,
            check=False,
        )
    assert told.returncode == 0, told.stderr
    assert 20 < int(told.stdout) < 256
