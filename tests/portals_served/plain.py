"""A real HTTP server on loopback that answers whatever a test scripts. All content is sample content."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Seen:
    """One request as the server saw it; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    client: tuple[str, int]


@dataclass
class Plain:
    """A running server.

    Attributes:
        port: On 127.0.0.1.
        seen: Every request, in order of arrival.
        stopping: Set when the server closes; a slow answer waits on it instead of sleeping.
    """

    port: int
    seen: list[Seen] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"


class Reply:
    """What a script answers with: ``status`` and headers at once, or raw bytes to the socket."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self._handler = handler

    def send(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        """One whole answer; ``content_type="x"`` becomes ``Content-Type: x``."""
        given = {name.replace("_", "-").title(): value for name, value in headers.items()}
        given.setdefault("Content-Length", str(len(body)))
        self._handler.send_response(status)
        for name, value in given.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()
        self._handler.wfile.write(body)

    def raw(self, data: bytes) -> None:
        """Bytes as they are; the connection closes afterwards."""
        self._handler.close_connection = True
        self._handler.wfile.write(data)
        self._handler.wfile.flush()


@contextmanager
def plain(script: Callable[[Seen, Reply, Plain], None]) -> Iterator[Plain]:
    """Serve ``script`` on a free loopback port; it is called once per request, in the request's own thread."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen = Seen(self.command, self.path, headers, body, self.client_address)
            server.seen.append(seen)
            try:
                script(seen, Reply(self), server)
            except ConnectionError:
                self.close_connection = True

        do_GET = do_POST = do_HEAD = answer  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    class Listener(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that hangs up is part of the tests."""

    listener = Listener(("127.0.0.1", 0), Handler)
    server = Plain(listener.server_port)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        listener.shutdown()
        listener.server_close()
        thread.join()
