"""A CKAN such as HDX, on loopback: ``package_search`` only, with named misbehaviours.

As a process of its own: ``python -m tests.portals_served.ckan --packages FILE.jsonl --port N`` (port 0 for a free one;
it prints its address when it is ready).
"""

import argparse
import gzip
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

ROWS_MAX = 1000
PATHS = {"/api/action/package_search", "/api/3/action/package_search"}
ANSWERS = (
    "html", "http-500", "http-403", "empty", "truncated", "malformed", "refused", "no-results", "repeated-page",
    "endless", "wrong-count", "low-count",
)  # fmt: skip
RECORDS = ("duplicate-ids", "no-id", "no-title", "huge-notes", "bad-dates")
BAD_DATES = {"dataset_date": "sometime in 2021", "last_modified": "2021-13-45", "metadata_created": "00/00/0000"}


@contextmanager
def serve(
    packages: Iterable[Mapping[str, Any]],
    misbehaviour: str = "",
    *,
    queries: list[dict[str, Any]] | None = None,
    port: int = 0,
) -> Iterator[str]:
    """Serve packages until the block ends; gives the base address.

    Args:
        packages: CKAN packages; what has another ``type`` than ``dataset`` is left out where ``fq`` asks for datasets.
        misbehaviour: One of ``ANSWERS`` or ``RECORDS``, or ``stop-after=N``: after N answers the connection is closed
            without one.
        queries: Every query received is appended.
        port: 0 for a free one.
    """
    with stage(port=port) as portal:
        portal.show(packages, misbehaviour, queries=queries)
        yield portal.address


@contextmanager
def stage(*, port: int = 0) -> Iterator["Stage"]:
    """One address that may answer differently from harvest to harvest; without packages at first."""
    server = _Server(_Catalogue((), "", []), port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Stage(server)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Stage:
    """A portal that stays where it is while what it shows is changed."""

    def __init__(self, server: "_Server") -> None:
        self.address = f"http://127.0.0.1:{server.server_port}"
        self._server = server

    def show(
        self,
        packages: Iterable[Mapping[str, Any]],
        misbehaviour: str = "",
        *,
        queries: list[dict[str, Any]] | None = None,
        before_page: Callable[[int], None] | None = None,
    ) -> None:
        """Serve these from the next request on.

        Args:
            packages: As for ``serve``.
            misbehaviour: As for ``serve``.
            queries: Every query received is appended.
            before_page: Called with the number of a page, from 0, before it is answered; it may wait.
        """
        found = [] if queries is None else queries
        self._server.catalogue = _Catalogue(packages, misbehaviour, found, before_page)


def load(path: Path) -> Iterator[dict[str, Any]]:
    """The packages of a file: JSON lines (of packages, or of ``{"package": ...}``) or a CKAN answer; gzip or not."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        if path.name.removesuffix(".gz").endswith(".jsonl"):
            for text in file:
                package = orjson.loads(text)
                yield package.get("package", package)
        else:
            yield from orjson.loads(file.read())["result"]["results"]


def searching(
    packages: Iterable[Mapping[str, Any]],
) -> Callable[[Mapping[str, Any]], tuple[int, str, bytes] | None]:
    """What the search answers to a query, without a server: status, media type and body."""
    return _Catalogue(packages, "", []).answer


class _Catalogue:
    """The packages, each written as JSON once."""

    def __init__(
        self,
        packages: Iterable[Mapping[str, Any]],
        misbehaviour: str,
        queries: list[dict[str, Any]],
        before_page: Callable[[int], None] | None = None,
    ) -> None:
        name, _, number = misbehaviour.partition("=")
        if name and name not in {*ANSWERS, *RECORDS, "stop-after"}:
            raise ValueError(f'"{misbehaviour}" is no misbehaviour')
        self.misbehaviour = name
        self.stop_after = int(number) if name == "stop-after" else None
        self.queries = queries
        self.before_page = before_page
        # Per package: when created, when modified, its type, its JSON.
        self.rows = [
            (
                str(package.get("metadata_created") or ""),
                str(package.get("metadata_modified") or ""),
                str(package.get("type") or "dataset"),
                orjson.dumps(package),
            )
            for package in _spoiled(packages, name)
        ]
        self.selections: dict[tuple[str, str], list[bytes]] = {}

    def answer(self, query: Mapping[str, Any]) -> tuple[int, str, bytes] | None:
        """Status, media type and body; ``None`` to close the connection."""
        self.queries.append(dict(query))
        if self.before_page is not None:
            self.before_page(int(query.get("start") or 0) // int(query.get("rows") or 10))
        if self.stop_after is not None and len(self.queries) > self.stop_after:
            return None
        plain = {
            "html": (200, "text/html; charset=utf-8", b"<!doctype html><title>Sample</title><p>Please sign in."),
            "http-500": (500, "application/json", b'{"success": false, "error": {"message": "sample"}}'),
            "http-403": (403, "application/json", b'{"success": false, "error": {"__type": "Authorization Error"}}'),
            "refused": (200, "application/json", b'{"success": false, "error": {"__type": "Search Error"}}'),
            "no-results": (200, "application/json", b'{"success": true, "result": {"count": 3}}'),
        }
        if self.misbehaviour in plain:
            return plain[self.misbehaviour]
        body = self._page(query)
        if self.misbehaviour == "truncated":
            body = body[: len(body) // 2]
        elif self.misbehaviour == "malformed":
            body = body.replace(b'"results":[', b'"results":[,', 1)
        return 200, "application/json;charset=utf-8", body

    def _page(self, query: Mapping[str, Any]) -> bytes:
        start, rows = int(query.get("start") or 0), min(int(query.get("rows") or 10), ROWS_MAX)
        found = self._select(str(query.get("fq") or ""), str(query.get("sort") or "metadata_modified desc"))
        count = len(found)
        if self.misbehaviour == "empty":
            found, count = [], 0
        elif self.misbehaviour == "repeated-page":
            start = 0 if start < count else start
        elif self.misbehaviour == "endless":
            start, count = 0, count + start
        elif self.misbehaviour == "wrong-count":
            count += 7
        elif self.misbehaviour == "low-count":
            count = count // 2 + 1
        results = b",".join(found[start : start + rows])
        return b'{"help":"sample","success":true,"result":{"count":%d,"results":[%s]}}' % (count, results)

    def _select(self, fq: str, sort: str) -> list[bytes]:
        if (fq, sort) not in self.selections:
            bound = re.search(r"metadata_modified:\[(\S+?)Z? TO \*\]", fq)
            kept = [
                row
                for row in self.rows
                if not (bound and row[1] < bound[1]) and not ("dataset_type:dataset" in fq and row[2] != "dataset")
            ]
            column = 0 if sort.startswith("metadata_created") else 1
            kept.sort(key=lambda row: row[column], reverse="desc" in sort)
            self.selections[fq, sort] = [row[3] for row in kept]
        return self.selections[fq, sort]


def _spoiled(packages: Iterable[Mapping[str, Any]], misbehaviour: str) -> Iterator[Mapping[str, Any]]:
    first_id = None
    for position, package in enumerate(packages):
        first_id = package.get("id") if position == 0 else first_id
        if position == 1 and misbehaviour == "duplicate-ids":
            yield {**package, "id": first_id}
        elif position == 0 and misbehaviour == "no-id":
            yield {key: value for key, value in package.items() if key != "id"}
        elif position == 0 and misbehaviour == "no-title":
            yield {**package, "title": " "}
        elif position == 0 and misbehaviour == "huge-notes":
            yield {**package, "notes": "Sample words. " * 375_000}
        elif position == 0 and misbehaviour == "bad-dates":
            yield {**package, **BAD_DATES}
        else:
            yield package


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, catalogue: _Catalogue, port: int) -> None:
        self.catalogue = catalogue
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._answer(dict(parse_qsl(urlsplit(self.path).query)))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(orjson.loads(body or b"{}"))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def _answer(self, query: Mapping[str, Any]) -> None:
        if urlsplit(self.path).path not in PATHS:
            self._send(404, "application/json", b'{"success": false, "error": {"__type": "Not Found Error"}}')
            return
        answer = self.server.catalogue.answer(query)
        if answer is None:
            self.close_connection = True
            return
        self._send(*answer)

    def _send(self, status: int, media_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="Serve sample packages as a CKAN on loopback.")
    parser.add_argument("--packages", type=Path, required=True, action="append", help="JSON lines, or a CKAN answer")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--misbehaviour", default="")
    asked = parser.parse_args()
    packages = (package for path in asked.packages for package in load(path))
    with serve(packages, asked.misbehaviour, port=asked.port) as address:
        print(address, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
