"""A portal that misbehaves in named ways, and what a harvest must make of each. All content is fictional.

It answers as a CKAN such as HDX (``package_search``), five packages a page, and as a single DCAT-US document. A fault
comes on the first harvest or after a good one of twelve records. ``FAULTS`` is the table of ``tests/README.md``.
"""

import gzip
import os
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import orjson

from catalog.vocabulary import RunState
from tests.journeys.packages import package, packages
from tests.portals_served.plain import Plain, Reply, Seen, plain

RECORDS = 12
ROWS = 5
MOST_BYTES = 1_000_000
"""Of one answer, under the settings that the faults are tried with."""
JSON = "application/json"
Package = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to the portal while it misbehaves.

    Attributes:
        packages: What the portal has.
        start: Offset of the page asked for.
        rows: How many are asked for.
        nth: 0 for the first request of this harvest.
    """

    packages: Sequence[Package]
    start: int
    rows: int
    nth: int
    seen: Seen
    reply: Reply
    server: Plain

    def body(self, found: Sequence[Package] | None = None, count: int | None = None) -> bytes:
        """A page as CKAN writes it; by default the right one."""
        listed = self.packages[self.start : self.start + self.rows] if found is None else found
        result = {"count": len(self.packages) if count is None else count, "results": list(listed)}
        return orjson.dumps({"help": "sample", "success": True, "result": result})

    def page(self, found: Sequence[Package] | None = None, count: int | None = None) -> None:
        """Answer with a page."""
        self.send(self.body(found, count))

    def send(self, body: bytes, status: int = 200, **headers: str) -> None:
        """Answer with a body that is called JSON unless the headers say otherwise."""
        self.reply.send(status, body, **{"content_type": JSON, **headers})

    def raw(self, *lines: str, body: bytes = b"") -> None:
        """Bytes as they are, then hang up."""
        self.reply.raw("\r\n".join((*lines, "", "")).encode("latin-1") + body)

    def reset(self) -> None:
        """Break the connection off without a goodbye."""
        connection = self.reply._handler.connection
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if os.name == "nt" else "ii", 1, 0))
        self.reply._handler.close_connection = True
        socket.close(connection.detach())


def well(ask: Ask) -> None:
    """As it should be."""
    if ask.seen.method == "GET":
        ask.send(orjson.dumps({"dataset": [as_dcat(each) for each in ask.packages]}))
    else:
        ask.page()


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to misbehave, and its exact outcome.

    Attributes:
        name: Of the fault, in the table and the test's id.
        does: What the portal does, in words.
        state: Of the run.
        counts: Created, updated, unchanged, failed, skipped.
        issues: Codes, sorted, each as often as it is written.
        effect: What becomes of the catalog, in words.
        first: It comes on the first harvest; otherwise after a good one of twelve records.
        listed: Records listed afterwards.
        missing: Records missing afterwards.
        changed: How many of the twelve earlier records are no longer what they were, byte for byte.
        public: Records that the public may know of afterwards, if not as many as are listed or missing.
        links: Files of the first record that have an address afterwards, if it is of interest.
        title: The first record's title afterwards, if it is of interest.
        requests: How many requests the portal gets, if it is of interest.
        kind: Of portal.
        closed: Nobody listens at the portal's address.
        has: What the portal has, made from the twelve good packages.
        answer: What it does with a request.
    """

    name: str
    does: str
    state: RunState
    counts: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    issues: tuple[str, ...] = ()
    effect: str = "nothing changes"
    first: bool = False
    listed: int = RECORDS
    missing: int = 0
    changed: int = 0
    public: int | None = None
    links: int | None = None
    title: str | None = None
    requests: int | None = None
    kind: str = "hdx"
    closed: bool = False
    has: Callable[[list[Package]], list[Package]] = field(default=lambda good: good)
    answer: Callable[[Ask], None] = well


class Faulty:
    """A running portal: well until it is told a fault."""

    def __init__(self) -> None:
        self._packages: Sequence[Package] = packages(RECORDS)
        self._answer: Callable[[Ask], None] = well
        self.asked = 0

    def misbehave(self, fault: Fault) -> None:
        """From now on."""
        self._packages, self._answer, self.asked = fault.has(packages(RECORDS)), fault.answer, 0

    def recover(self) -> None:
        """Be well again."""
        self._packages, self._answer, self.asked = packages(RECORDS), well, 0

    def script(self, seen: Seen, reply: Reply, server: Plain) -> None:
        """Answer one request."""
        query = orjson.loads(seen.body or b"{}")
        nth, self.asked = self.asked, self.asked + 1
        start, rows = int(query.get("start", 0)), int(query.get("rows", 0))
        self._answer(Ask(self._packages, start, rows, nth, seen, reply, server))


@contextmanager
def faulty() -> Iterator[tuple[Faulty, Plain]]:
    """Serve a portal on loopback."""
    portal = Faulty()
    with plain(portal.script) as server:
        yield portal, server


def as_dcat(one: Package) -> dict[str, Any]:
    """A package as an entry of a DCAT-US document."""
    return {
        "identifier": one["id"],
        "title": one["title"],
        "description": one["notes"],
        "accessLevel": "public",
        "modified": "2020-01-01",
        "publisher": {"name": one["organization"]["title"]},
        "distribution": [{"title": part["name"], "downloadURL": part["url"]} for part in one["resources"]],
    }


# What the portal has


def _each(**changes: Any) -> Callable[[list[Package]], list[Package]]:
    return lambda good: [one | changes for one in good]


def _first(**changes: Any) -> Callable[[list[Package]], list[Package]]:
    return lambda good: [good[0] | changes, *good[1:]]


def _without(*names: str) -> Callable[[list[Package]], list[Package]]:
    return lambda good: [{key: value for key, value in good[0].items() if key not in names}, *good[1:]]


def _resource(**changes: Any) -> Callable[[list[Package]], list[Package]]:
    return lambda good: [good[0] | {"resources": [good[0]["resources"][0] | changes]}, *good[1:]]


def _nothing_but_ids(good: list[Package]) -> list[Package]:
    return [dict.fromkeys(one) | {"id": one["id"]} for one in good]


def _tomorrow(good: list[Package]) -> list[Package]:
    at = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S")
    ahead = {"metadata_modified": at, "last_modified": at}
    return [one | ahead for one in good[:2]] + good[2:]


def _stirred(good: list[Package]) -> list[Package]:
    """The same in another order of keys, with other counters and checks."""
    noise = {"pageviews_last_14_days": 999, "total_res_downloads": 12, "metadata_modified": "2026-05-05T05:05:05"}
    checks = [{"state": "processing", "timestamp": "2026-05-05T05:05:05"}]
    for one in good:
        one["resources"][0]["fs_check_info"] = orjson.dumps(checks).decode()
    return [dict(reversed((one | noise).items())) for one in good]


# What the portal does


def _says(body: bytes, status: int = 200, **headers: str) -> Callable[[Ask], None]:
    return lambda ask: ask.send(body, status, **headers)


def _of_body(change: Callable[[bytes], bytes], **headers: str) -> Callable[[Ask], None]:
    """The right page, changed on its way."""
    return lambda ask: ask.send(change(ask.body()), **headers)


def _of_first_page(change: Callable[[bytes], bytes]) -> Callable[[Ask], None]:
    return lambda ask: ask.send(ask.body() if ask.start else change(ask.body()))


def _lines(*lines: str, body: bytes = b"") -> Callable[[Ask], None]:
    return lambda ask: ask.raw(*lines, body=body)


def _value(name: bytes, value: bytes) -> Callable[[Ask], None]:
    """The first record has one more field, as these very bytes."""
    return _of_first_page(lambda body: body.replace(b'"title":', b'"%s":%s,"title":' % (name, value), 1))


def _title(value: bytes) -> Callable[[Ask], None]:
    """The first record of all has another title, as these very bytes."""
    old = orjson.dumps(package(0)["title"])
    return _of_first_page(lambda body: body.replace(b'"title":' + old, b'"title":"' + value + b'"', 1))


def _drip(ask: Ask) -> None:
    ask.reply.raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n\r\n")
    for _ in range(60):
        if ask.server.stopping.wait(0.05):
            return
        ask.reply.raw(b" ")


def _silent(ask: Ask) -> None:
    ask.server.stopping.wait(10)


def _reset(ask: Ask) -> None:
    ask.reply.raw(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"help"')
    ask.reset()


def _endless_body(ask: Ask) -> None:
    ask.reply.raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    for _ in range(50):
        ask.reply.raw(b" " * MOST_BYTES)


def _endless_head(ask: Ask) -> None:
    ask.reply.raw(b"HTTP/1.1 200 OK\r\n")
    for number in range(100_000):
        ask.reply.raw(b"X-Sample-%d: more\r\n" % number)


def _later(number: int, after: Callable[[Ask], None]) -> Callable[[Ask], None]:
    """Well at first, then otherwise."""
    return lambda ask: (well if ask.nth < number else after)(ask)


def _until(number: int, before: Callable[[Ask], None]) -> Callable[[Ask], None]:
    """Otherwise at first, then well."""
    return lambda ask: (before if ask.nth < number else well)(ask)


def _odd_length(ask: Ask, length: str) -> None:
    body = ask.body()
    ask.raw("HTTP/1.1 200 OK", "Content-Type: application/json", f"Content-Length: {length}", body=body)


def _length(text: str) -> Callable[[Ask], None]:
    return lambda ask: _odd_length(ask, text.format(len(ask.body())))


def _moved_up(ask: Ask) -> None:
    """A record is added at the front when the first page has been read."""
    ask_of = [package(99), *ask.packages] if ask.nth else list(ask.packages)
    ask.page(ask_of[ask.start : ask.start + ask.rows], len(ask_of))


def _moved_down(ask: Ask) -> None:
    """The first record is gone when the first page has been read."""
    left = list(ask.packages[1:]) if ask.nth else list(ask.packages)
    ask.page(left[ask.start : ask.start + ask.rows], len(left))


_GOOD = 12
_HTML = b"<!doctype html><title>Sample portal</title><form>Please sign in</form>"
_BOMB = gzip.compress(b" " * 60_000_000, mtime=0)
_OTHER = {
    "title": "Sample: Wells",
    "notes": "Fictional sample record about wells.",
    "name": "sample-wells",
    "organization": {"name": "sample-water-board", "title": "Sample Water Board"},
}
_AS_BEFORE = (0, 0, _GOOD, 0, 0)
_FAILED, _HELD, _PARTIAL, _COMPLETE = RunState.FAILED, RunState.HELD, RunState.PARTIAL, RunState.COMPLETE


def _connection() -> Iterator[Fault]:
    def failed(name: str, does: str, code: str, answer: Callable[[Ask], None] = well, **more: Any) -> Fault:
        return Fault(name, does, _FAILED, issues=(code,), answer=answer, **more)

    yield failed("refuse", "refuses connections", "unreachable", closed=True)
    yield failed("hang-up", "hangs up without a word", "cut-short", lambda ask: ask.reply.raw(b""), requests=3)
    yield failed("reset", "resets the connection in the middle of a body", "cut-short", _reset, requests=3)
    yield failed("reset-at-once", "resets the connection before it answers", "cut-short", Ask.reset, requests=3)
    yield failed("drip", "sends a byte now and then", "timeout", _drip)
    yield failed("silent", "takes the request and says nothing", "timeout", _silent, requests=1)
    yield failed("length-too-long", "announces more bytes than it sends", "cut-short", _length("9{}"))
    yield failed("length-too-short", "announces fewer bytes than it sends", "not-json", _length("100"))
    yield failed("length-no-number", "announces a length that is no number", "cut-short", _length("many"))
    yield failed("two-lengths", "announces two lengths", "cut-short", _length("{}\r\nContent-Length: 5"))
    yield failed("no-http", "speaks another protocol", "cut-short", _lines("SSH-2.0-sample"))
    yield failed("endless-head", "never ends its headers", "cut-short", _endless_head)
    yield failed("endless-body", "never ends its body", "too-large", _endless_body)
    chunked = ("HTTP/1.1 200 OK", "Content-Type: application/json", "Transfer-Encoding: chunked")
    yield failed("broken-chunks", "sends chunks of no length", "cut-short", _lines(*chunked, body=b"zz\r\n{}"))
    yield failed("unended-chunks", "never sends the last chunk", "cut-short", _lines(*chunked, body=b"2\r\n{}\r\n"))
    packed = {"content_encoding": "gzip"}
    yield failed("gzip-bomb", "packs 60 MB into 60 kB", "too-large", _says(_BOMB, **packed))
    broken = _of_body(lambda body: gzip.compress(body)[:-20], **packed)
    yield failed("gzip-cut", "breaks off a packed answer", "cut-short", broken)
    yield failed("gzip-not", "calls packed what is not", "cut-short", _of_body(lambda body: body, **packed))
    other = _of_body(lambda body: body, content_encoding="br")
    yield failed("other-packing", "packs with what was not asked for", "encoding-refused", other)
    yield failed("too-large", "answers with more than the cap", "too-large", _says(b" " * (MOST_BYTES + 1)))
    yield Fault(
        "hang-up-once",
        "hangs up on the first request",
        _COMPLETE,
        _AS_BEFORE,
        answer=_until(1, lambda ask: ask.reply.raw(b"")),
    )


def _status() -> Iterator[Fault]:
    def failed(status: int, name: str, does: str, body: bytes = b"", **headers: str) -> Fault:
        answer = _says(body, status, **headers)
        times = {202, 429, 503}
        return Fault(
            name,
            does,
            _FAILED,
            issues=(f"http-{status}",),
            answer=answer,
            requests=5 if status in times else 1,
        )

    yield failed(202, "not-ready", "is still preparing its answer, and gives [] with 202", b"[]")
    yield failed(401, "wants-a-key", "wants a key")
    yield failed(403, "forbidden", "forbids the search", b'{"success": false}')
    yield failed(404, "no-dump", "has no data yet, and gives [] with 404", b"[]")
    yield failed(406, "no-user-agent", "turns our User-Agent away")
    yield failed(410, "gone", "is gone for good")
    yield failed(429, "too-many", "always says that we ask too often", retry_after="1")
    yield failed(500, "fault", "has a fault of its own", b'{"success": false}')
    yield failed(503, "maintenance", "is in maintenance until tomorrow", _HTML, retry_after="86400")
    yield failed(304, "unasked-304", "says unchanged where nothing was asked to be compared")
    yield Fault(
        "too-many-at-first",
        "says twice that we ask too often, then answers",
        _COMPLETE,
        _AS_BEFORE,
        answer=_until(2, _says(b"", 429, retry_after="1")),
        requests=5,
    )
    yield Fault(
        "fault-on-page-2",
        "answers the second page with 500",
        _FAILED,
        (0, 0, ROWS, 0, 0),
        ("http-500",),
        answer=_later(1, _says(b"", 500)),
    )
    yield Fault(
        "fault-on-page-2-first",
        "answers the second page with 500",
        _FAILED,
        (ROWS, 0, 0, 0, 0),
        ("http-500",),
        "the first page is kept",
        first=True,
        listed=ROWS,
        answer=_later(1, _says(b"", 500)),
    )
    yield Fault(
        "post-sent-on",
        "sends a search on to another address",
        _FAILED,
        issues=("redirected-post",),
        answer=_says(b"", 307, location="/elsewhere"),
        requests=1,
    )


def _redirects() -> Iterator[Fault]:
    def failed(name: str, does: str, place: str, code: str, requests: int = 1) -> Fault:
        answer = _says(b"", 302, location=place)
        return Fault(name, does, _FAILED, issues=(code,), answer=answer, kind="dcat-us", requests=requests)

    yield failed("redirect-loop", "sends us round in a circle", "/data.json", "too-many-redirects", 6)
    yield failed(
        "redirect-to-loopback", "sends us to another port of this machine", "http://127.0.0.1:9/", "host-refused"
    )
    yield failed("redirect-to-private", "sends us into a private network", "http://10.0.0.1/", "host-refused")
    yield failed(
        "redirect-to-metadata", "sends us to a cloud's metadata", "http://169.254.169.254/latest/", "host-refused"
    )
    yield failed(
        "redirect-disguised", "sends us to loopback, written as a number", "http://2130706433:9/", "host-refused"
    )
    yield failed("redirect-to-a-file", "sends us to a file of this machine", "file:///etc/hosts", "scheme-refused")
    yield failed("redirect-nowhere", "sends us to something that is no address", "http://[::1", "address-refused")


def _answers() -> Iterator[Fault]:
    def failed(name: str, does: str, code: str, answer: Callable[[Ask], None], **more: Any) -> Fault:
        return Fault(name, does, _FAILED, issues=(code,), answer=answer, **more)

    yield failed("login-page", "answers 200 with a login page", "not-json", _says(_HTML, content_type="text/html"))
    yield failed("login-page-as-json", "calls a login page JSON", "not-json", _says(_HTML))
    yield failed("no-content", "answers 204, without content", "not-json", _says(b"", 204))
    yield failed("empty-body", "answers 200 with nothing", "not-json", _says(b""))
    arcgis = b'{"error": {"code": 499, "message": "Token Required", "details": []}}'
    yield failed("error-as-200", "answers 200 with an error, as ArcGIS does", "unexpected-answer", _says(arcgis))
    yield failed(
        "error-as-200-document",
        "the same in the place of a document",
        "unexpected-answer",
        _says(arcgis),
        kind="dcat-us",
    )
    refusal = b'{"success": false, "error": {"__type": "Search Query Error"}}'
    yield failed("refused-search", "answers 200 with a refusal, as CKAN does", "portal-refused", _says(refusal))
    yield failed("list-for-object", "answers with a list", "unexpected-answer", _says(b"[]"))
    yield failed(
        "no-results", "leaves the results out", "unexpected-answer", _says(b'{"success": true, "result": {"count": 3}}')
    )
    null = b'{"success": true, "result": {"count": 12, "results": null}}'
    yield failed("null-results", "has null for results", "unexpected-answer", _says(null))
    word = b'{"success": true, "result": {"count": "twelve", "results": []}}'
    yield failed("count-no-number", "counts in words", "unexpected-answer", _says(word))
    yield failed("cut-json", "breaks off in the middle of a record", "not-json", _of_body(lambda body: body[:-900]))
    yield failed(
        "stray-comma", "writes malformed JSON", "not-json", _of_body(lambda body: body.replace(b"[", b"[,", 1))
    )
    yield failed("utf-16", "answers in UTF-16", "not-json", _of_body(lambda body: body.decode().encode("utf-16")))
    yield failed("deep-json", "nests 100,000 lists", "not-json", _value(b"sample", b"[" * 100_000 + b"]" * 100_000))
    yield failed(
        "deep-json-document",
        "nests 2,000 lists in a document",
        "not-json",
        _says(b'{"dataset": [' + b"[" * 2000 + b"]" * 2000 + b"]}"),
        kind="dcat-us",
    )
    yield failed(
        "nan-document", "writes NaN in a document", "not-json", _says(b'{"dataset": [], "x": NaN}'), kind="dcat-us"
    )
    yield Fault(
        "wrong-charset",
        "says ISO-8859-1 and means UTF-8",
        _COMPLETE,
        (0, 1, 11, 0, 0),
        effect="the title is read as it was meant",
        changed=1,
        title="Sample: Déminage à Kaldora",
        has=_first(title="Sample: Déminage à Kaldora"),
        answer=_of_body(lambda body: body, content_type="application/json; charset=ISO-8859-1"),
    )
    yield Fault(
        "unknown-charset",
        "names a charset that nobody knows",
        _COMPLETE,
        _AS_BEFORE,
        answer=_of_body(lambda body: body, content_type="application/json; charset=sample-8"),
    )
    yield Fault(
        "json-as-html", "calls its JSON HTML", _COMPLETE, _AS_BEFORE, answer=_of_body(bytes, content_type="text/html")
    )


def _paging() -> Iterator[Fault]:
    def miscounted(name: str, does: str, answer: Callable[[Ask], None], *, wrong: int = 1, moved: int = 0) -> Fault:
        issues = (*("count-changed",) * moved, "count-mismatch", *("wrong-count",) * wrong)
        return Fault(name, does, _PARTIAL, _AS_BEFORE, issues, answer=answer)

    yield Fault(
        "endless-pages",
        "always has one page more, of the same records",
        _FAILED,
        (0, 0, 5, 0, 105),
        ("count-changed", *("duplicate-id",) * 105, "endless-paging", *("repeated-page",) * 21),
        answer=lambda ask: ask.page(ask.packages[:ROWS], ask.start + 100),
    )
    yield Fault(
        "endless-new-records",
        "always has one page more, of records it makes up",
        _FAILED,
        (30, 0, 0, 0, 0),
        ("count-changed", "endless-paging"),
        "what was read until then is added; nothing is taken for gone",
        listed=42,
        answer=lambda ask: ask.page([package(1000 + ask.start + n) for n in range(ROWS)], ask.start + 20),
    )
    yield Fault(
        "repeated-page",
        "gives the first page again and again",
        _FAILED,
        (0, 0, 5, 0, 20),
        (*("duplicate-id",) * 20, "endless-paging", *("repeated-page",) * 4, *("wrong-count",) * 3),
        answer=lambda ask: ask.page(ask.packages[:ROWS]),
    )
    more, fewer = "counts one more on each page", "counts four fewer on each page"
    yield miscounted("growing-count", more, lambda ask: ask.page(count=_GOOD + ask.nth), moved=1)
    yield miscounted("shrinking-count", fewer, lambda ask: ask.page(count=_GOOD - 4 * ask.nth), wrong=2, moved=1)
    yield miscounted("count-too-high", "counts seven more than it gives", lambda ask: ask.page(count=_GOOD + 7))
    yield miscounted("count-too-low", "counts half of what it gives", lambda ask: ask.page(count=7), wrong=2)
    for name, count in (("count-zero", 0), ("count-negative", -1)):
        yield Fault(
            name,
            f"counts {count} and gives some",
            _FAILED,
            (0, 0, 10, 0, 0),
            ("endless-paging", "wrong-count", "wrong-count"),
            answer=lambda ask, count=count: ask.page(count=count),
        )
    yield Fault(
        "moved-up",
        "gets a new record at the front while we page",
        _PARTIAL,
        (0, 0, 12, 0, 1),
        ("count-changed", "count-mismatch", "duplicate-id"),
        answer=_moved_up,
    )
    yield Fault(
        "moved-down",
        "loses its first record while we page, so that another slips by",
        _PARTIAL,
        (0, 0, 11, 0, 0),
        ("count-changed",),
        effect="nothing changes: neither is taken for gone",
        answer=_moved_down,
    )
    yield Fault(
        "empty-page",
        "gives an empty second page",
        _PARTIAL,
        (0, 0, 5, 0, 0),
        ("count-mismatch", "wrong-count"),
        answer=lambda ask: ask.page([] if ask.nth == 1 else None),
    )
    yield Fault(
        "all-at-once",
        "ignores how many are asked for and gives all",
        _COMPLETE,
        _AS_BEFORE,
        answer=lambda ask: ask.page(ask.packages[ask.start :]),
        requests=1,
    )
    yield Fault(
        "small-pages",
        "gives two at a time whatever is asked for",
        _COMPLETE,
        _AS_BEFORE,
        answer=lambda ask: ask.page(ask.packages[ask.start : ask.start + 2]),
        requests=6,
    )


def _drops() -> Iterator[Fault]:
    yield Fault("empty", "has nothing after a good run", _HELD, issues=("empty-answer",), has=lambda _: [])
    yield Fault(
        "empty-first",
        "has nothing on the first harvest",
        _HELD,
        issues=("empty-answer",),
        effect="nothing is there yet",
        first=True,
        listed=0,
        has=lambda _: [],
    )
    yield Fault(
        "empty-document",
        "has an empty document after a good run",
        _HELD,
        issues=("empty-answer",),
        kind="dcat-us",
        has=lambda _: [],
    )
    yield Fault(
        "half-gone",
        "has half of its records",
        _HELD,
        (0, 0, 6, 0, 0),
        ("large-drop",),
        has=lambda good: good[::2],
    )
    yield Fault(
        "half-gone-document",
        "has half of its records in a document that is valid",
        _HELD,
        (0, 0, 6, 0, 0),
        ("large-drop",),
        kind="dcat-us",
        has=lambda good: good[::2],
    )
    yield Fault(
        "few-gone",
        "has three records fewer",
        _COMPLETE,
        (0, 0, 9, 0, 0),
        effect="the three are missing",
        listed=9,
        missing=3,
        changed=3,
        has=lambda good: good[3:],
    )
    yield Fault(
        "renamed-ids",
        "gives all records other ids",
        _HELD,
        (12, 0, 0, 0, 0),
        ("large-drop",),
        "the new ones are added; nothing is taken for gone",
        listed=24,
        has=lambda good: [one | {"id": one["id"].replace("0000", "ffff", 1)} for one in good],
    )
    yield Fault("lost-ids", "gives no record an id", _PARTIAL, (0, 0, 0, 12, 0), ("no-id",) * 12, has=_each(id=None))
    yield Fault(
        "other-type",
        "calls all its datasets showcases",
        _HELD,
        (0, 0, 0, 0, 12),
        ("large-drop", *("not-a-dataset",) * 12),
        has=_each(type="showcase"),
    )
    yield Fault(
        "deleted-state",
        "lists a record as deleted",
        _COMPLETE,
        (0, 0, 11, 0, 1),
        ("not-active",),
        "the record is missing",
        listed=11,
        missing=1,
        changed=1,
        has=_first(state="deleted"),
    )
    yield Fault(
        "made-private",
        "makes a record private",
        _COMPLETE,
        (0, 1, 11, 0, 0),
        effect="the public does not know of it any more, its links are gone and its payloads are purged",
        changed=1,
        public=11,
        links=0,
        has=_first(private=True),
    )
    yield Fault(
        "quarantined",
        "quarantines a file",
        _COMPLETE,
        (0, 1, 11, 0, 0),
        effect="its link is gone and its payloads are purged, until the file comes back",
        changed=1,
        links=0,
        has=_resource(in_quarantine=True, url=""),
    )


def _identity() -> Iterator[Fault]:
    def kept(name: str, does: str, code: str, has: Callable[[list[Package]], list[Package]]) -> Fault:
        return Fault(name, does, _PARTIAL, (0, 0, 11, 1, 0), (code,), "the record stays as it was", has=has)

    yield Fault(
        "twice-equal",
        "gives one record twice, equal",
        _PARTIAL,
        (0, 0, 12, 0, 1),
        ("count-mismatch", "duplicate-id"),
        has=lambda good: [*good, good[0]],
    )
    yield Fault(
        "twice-different-in-page",
        "gives two records one id on one page",
        _PARTIAL,
        (0, 0, 12, 1, 0),
        ("count-mismatch", "duplicate-id"),
        "the first one stays",
        has=lambda good: [good[0], good[0] | _OTHER, *good[1:]],
    )
    yield Fault(
        "twice-different-across-pages",
        "gives two records one id on two pages",
        _PARTIAL,
        (0, 0, 12, 1, 0),
        ("count-mismatch", "duplicate-id"),
        "the first one stays",
        has=lambda good: [*good, good[0] | _OTHER],
    )
    yield Fault(
        "id-reused",
        "gives the id of a record to another dataset",
        _COMPLETE,
        (0, 1, 11, 0, 0),
        effect="the record becomes the other, and the change says so",
        changed=1,
        title="Sample: Wells",
        has=_first(**_OTHER),
    )
    yield kept("no-id", "leaves the id of a record out", "no-id", _without("id"))
    yield kept("id-a-number", "has a number for an id", "no-id", _first(id=7))
    yield kept("id-a-list", "has a list for an id", "no-id", _first(id=[package(0)["id"]]))
    yield kept("no-title", "leaves the title of a record out", "no-title", _without("title"))
    yield kept("blank-title", "has only spaces for a title", "no-title", _first(title=" \t "))
    yield kept("null-record", "has null for a record", "no-id", lambda good: [None, *good[1:]])
    yield kept("text-record", "has a text for a record", "no-id", lambda good: ["sample", *good[1:]])
    yield Fault(
        "null-everywhere",
        "has null for everything but the id",
        _PARTIAL,
        (0, 0, 0, 12, 0),
        ("no-title",) * 12,
        "the records stay as they were",
        has=_nothing_but_ids,
    )
    yield Fault(
        "stirred",
        "changes order of keys, counters and checks, but nothing that matters",
        _COMPLETE,
        _AS_BEFORE,
        has=_stirred,
    )
    yield Fault(
        "clock-ahead",
        "has a clock a day ahead, and changes two records",
        _COMPLETE,
        (0, 2, 10, 0, 0),
        effect="the two have tomorrow's date",
        changed=2,
        has=_tomorrow,
    )


def _content() -> Iterator[Fault]:
    def updated(name: str, does: str, effect: str, *issues: str, **more: Any) -> Fault:
        return Fault(name, does, _COMPLETE, (0, 1, 11, 0, 0), issues, effect, changed=1, **more)

    def noted(name: str, does: str, value: bytes) -> Fault:
        answer = _of_first_page(lambda body: body.replace(b'"format":', b'"size":%s,"format":' % value, 1))
        issues, effect = ("number-unreadable",), "no size is known, as before"
        return Fault(name, does, _COMPLETE, _AS_BEFORE, issues, effect, changed=1, answer=answer)

    dates = {"last_modified": "2021-13-45", "dataset_date": "sometime", "metadata_created": "00/00/0000"}
    unreadable = ("date-unreadable",) * 3
    yield updated(
        "impossible-dates", "writes dates that are none", "they are unknown", *unreadable, has=_first(**dates)
    )
    listed = _first(title=["Sample: Wells", "more"])
    yield updated(
        "title-a-list",
        "has a list where a title was",
        "its words are the title",
        title="Sample: Wells, more",
        has=listed,
    )
    lists = _first(notes=["a"], license_id=["b"], organization=["c"], name=["d"])
    yield updated("lists-for-words", "has lists where words were", "they are unknown", "no-organization", has=lists)
    words = _first(resources="none", groups="ssd", tags="sample")
    unread = ("field-unreadable",) * 3
    yield updated("words-for-lists", "has words where lists were", "they are unknown", *unread, links=0, has=words)
    null = _first(resources=[None, None])
    yield updated("null-resources", "has null for its files", "no file is known", "entry-unreadable", links=0, has=null)
    yield updated("many-resources", "has 2,000 files in a record", "all are kept", links=2000, has=_many)
    long = _first(title="Sample " * 14_285)
    cut = ("Sample " * 143)[:1000].rstrip()
    yield updated("long-title", "has a title of 100,000 characters", "1,000 are kept", title=cut, has=long)
    notes = _first(notes="Sample words. " * 36_000)
    yield updated("long-notes", "has notes of 500,000 characters", "100,000 are kept", "notes-cut", has=notes)
    controls = _first(title="Sam\x00ple: \x1bWe\x07lls\x7f")
    out, wells = "they are taken out", "Sample: Wells"
    yield updated("control-characters", "has NUL and control characters in a title", out, title=wells, has=controls)
    turned = _first(title="Sample: \u202eslleW\u2066.exe")
    does = "turns the reading direction round in a title"
    shown = "Sample: [U+202E]slleW.exe"
    yield updated("right-to-left", does, "that is shown, not obeyed", "disguised-text", title=shown, has=turned)
    half = _title(b"Sample: Wel\\ud83dls")
    effect = "a question mark stands for it"
    yield updated("lone-surrogate", "has half of a character in a title", effect, title="Sample: Wel?ls", answer=half)
    script = "<script>alert(1)</script>"
    marked = _first(title=f"{script}Sample", notes=f"{script}Sample <b>notes</b>")
    effect = "the title is kept as words, the notes lose it"
    yield updated("markup", "has a script in a title and notes", effect, title=f"{script}Sample", has=marked)
    dangerous = _resource(url="javascript:alert(1)")
    does, effect = "has a script for the address of a file", "the file has no link"
    yield updated("dangerous-link", does, effect, "address-unreadable", links=0, has=dangerous)
    inner = _resource(url="http://169.254.169.254/latest")
    yield updated("inner-link", "has an address inside a network for a file", "it is kept, and never opened", has=inner)
    yield noted("huge-integer", "has a number of 400 digits", b"1" + b"0" * 400)
    yield noted("nan", "writes NaN", b"NaN")
    yield noted("infinite", "writes 1e999", b"1e999")
    deep = _value(b"sample", b"[" * 200 + b"]" * 200)
    yield Fault("unknown-field", "has a field that nobody knows, 200 deep", _COMPLETE, _AS_BEFORE, answer=deep)


def _many(good: list[Package]) -> list[Package]:
    (file,) = good[0]["resources"]
    return [good[0] | {"resources": [file | {"id": f"sample-{number}"} for number in range(2000)]}, *good[1:]]


FAULTS: tuple[Fault, ...] = tuple(
    chain(_connection(), _status(), _redirects(), _answers(), _paging(), _drops(), _identity(), _content())
)
