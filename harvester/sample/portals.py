"""The four fictional portals, served on loopback."""

import html
import json
import sys
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from config.declarations import Expectation, Source
from harvester.sample import directories, exchange, microdata
from harvester.sample.content import entries

HOST = "127.0.0.1"
_MOST_BYTES = 1 << 20

Reply = tuple[int, Mapping[str, Any]] | None
"""Status and JSON of an answer; ``None`` where the portal has a page for people."""
Portal = Callable[[str, Mapping[str, Any]], Reply]
"""Answers a path and the parameters of a request."""


class SamplePortals:
    """Four fictional portals, each on a port of its own, from entering the context until leaving it.

    Nothing is written anywhere. The same ports give the same answers.

    Args:
        ports: Port per source key; a key that is left out gets a free one.
    """

    def __init__(self, ports: Mapping[str, int] | None = None) -> None:
        self._ports = dict(ports or {})
        unknown = self._ports.keys() - _DECLARED.keys()
        if unknown:
            raise ValueError(f"no sample portal is called {', '.join(sorted(unknown))}")
        self._servers: dict[str, ThreadingHTTPServer] = {}
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        """Start to listen; raises OSError if a given port is taken."""
        try:
            for key, (_, make) in _DECLARED.items():
                server = _Server((HOST, self._ports.get(key, 0)), _Handler)
                self._servers[key] = server
                server.portal = make(self._base(key))
                # A short poll: shutdown waits for it.
                thread = threading.Thread(target=server.serve_forever, args=(0.05,), name=key, daemon=True)
                thread.start()
                self._threads.append(thread)
        except OSError:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and wait for the servers to end."""
        self._stop()

    def sources(self) -> tuple[Source, ...]:
        """The declarations with which the running portals are harvested."""
        return tuple(self._source(key, declared) for key, (declared, _) in _DECLARED.items())

    def _source(self, key: str, declared: Mapping[str, Any]) -> Source:
        base = self._base(key)
        content = {"content", "path"}
        return Source(
            key=key,
            url=base + declared.get("path", ""),
            allow_hosts=(urlsplit(base).netloc,),
            expect=Expectation(min_records=len(entries(declared["content"]))),
            **{name: value for name, value in declared.items() if name not in content},
        )

    def _base(self, key: str) -> str:
        return f"http://{HOST}:{self._servers[key].server_address[1]}"

    def _stop(self) -> None:
        # Only a server that runs can be shut down: the last one may not have got that far.
        for server, _ in zip(self._servers.values(), self._threads, strict=False):
            server.shutdown()
        for server in self._servers.values():
            server.server_close()
        for thread in self._threads:
            thread.join()
        self._servers.clear()
        self._threads.clear()


def _exchange(base: str) -> Portal:
    listed = exchange.packages(base)

    def reply(path: str, asked: Mapping[str, Any]) -> Reply:
        for prefix in ("/api/action/", "/api/3/action/"):
            if path.startswith(prefix):
                return exchange.answer(listed, path.removeprefix(prefix), asked)
        return None

    return reply


def _microdata(base: str) -> Portal:
    listed = microdata.studies(base)

    def reply(path: str, asked: Mapping[str, Any]) -> Reply:
        return (200, microdata.search(listed, asked)) if path == "/index.php/api/catalog/search" else None

    return reply


def _directory(content: str) -> Callable[[str], Portal]:
    def make(base: str) -> Portal:
        document = directories.document(content, base)
        return lambda path, _: (200, document) if path == "/data.json" else None

    return make


_DECLARED: Mapping[str, tuple[Mapping[str, Any], Callable[[str], Portal]]] = {
    "sample-exchange": (
        {"kind": "hdx", "title": "Sample: Exchange", "publisher": "Sample Exchange", "content": "exchange"},
        _exchange,
    ),
    "sample-microdata": (
        {
            "kind": "nada",
            "title": "Sample: Microdata Library",
            "publisher": "Sample Microdata Library",
            "content": "microdata",
        },
        _microdata,
    ),
    "sample-directory": (
        {
            "kind": "dcat-us",
            "title": "Sample: Open Directory",
            "publisher": "Sample Open Directory",
            "content": "directory",
            "path": "/data.json",
        },
        _directory("directory"),
    ),
    "sample-network": (
        {
            "kind": "dcat-us",
            "title": "Sample: Closed Holdings of the Kestrel Network",
            "publisher": "Kestrel Mine Action Coordination Network (KMCN)",
            "visibility": "community",
            "content": "network",
            "path": "/data.json",
        },
        _directory("network"),
    ),
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = False  # on Windows it would let two servers share a port
    portal: Portal

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the base class has it
        """Keep quiet about readers that hang up."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "LandmarkSample"
    timeout = 30
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        self._reply(address.path, dict(parse_qsl(address.query)))

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > _MOST_BYTES:
            self.close_connection = True
            self._send(413, "application/json", b"{}")
            return
        body = self.rfile.read(int(length)).decode("utf-8", "replace")
        if "json" in self.headers.get("Content-Type", ""):
            try:
                asked = json.loads(body or "{}")
            except json.JSONDecodeError:
                asked = None
            if not isinstance(asked, dict):
                self._send(400, "application/json", b'"Bad request - JSON Error"')
                return
        else:
            asked = dict(parse_qsl(body))
        self._reply(urlsplit(self.path).path, asked)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Keep quiet."""

    def _reply(self, path: str, asked: Mapping[str, Any]) -> None:
        found = self.server.portal(path, asked)
        if found is None:
            self._send(200, "text/html; charset=utf-8", _page(path).encode())
            return
        status, answer = found
        self._send(status, "application/json; charset=utf-8", json.dumps(answer, ensure_ascii=False).encode())

    def _send(self, status: int, media_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _page(path: str) -> str:
    """What a person sees who follows a link: that all this is made up and holds no data."""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sample portal, fictional</title>'
        f"<h1>Sample portal, fictional</h1><p>{html.escape(path)}</p>"
        "<p>This portal, its organisations and its records are made up to show Landmark. There is no data here.</p>"
    )
