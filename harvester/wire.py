"""Connections: to checked addresses only, and none outlasts its call."""

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import httpcore
import httpx

from harvester.veil import fault


def direct(
    addresses: Callable[[str, int], Sequence[str]], deadline: "Deadline", most: int = 10
) -> httpcore.ConnectionPool:
    """Connections to what ``addresses`` answers for a host and port, at most so many at a time."""
    backend = _Backend(addresses, deadline)
    return httpcore.ConnectionPool(
        ssl_context=_tls(), max_connections=most, keepalive_expiry=15, network_backend=backend
    )


def proxied(address: str, deadline: "Deadline") -> httpcore.ConnectionPool:
    """Connections through the operator's proxy; raises PortalError ``scheme-refused``."""
    try:
        proxy = httpx.URL(address)
    except httpx.InvalidURL:
        proxy = httpx.URL("")
    if proxy.scheme not in {"http", "https"} or not proxy.host:
        raise fault(
            "scheme-refused", "The proxy is not an http:// or https:// address", address, "Correct LANDMARK_PROXY."
        )
    auth = (proxy.username.encode(), proxy.password.encode()) if proxy.username else None
    return httpcore.HTTPProxy(
        proxy_url=httpcore.URL(scheme=proxy.raw_scheme, host=proxy.raw_host, port=proxy.port, target=b"/"),
        proxy_auth=auth,
        ssl_context=_tls(),
        proxy_ssl_context=_tls() if proxy.scheme == "https" else None,
        keepalive_expiry=15,
        network_backend=_Backend(lambda host, _port: (host,), deadline),  # the operator's own word
    )


class Deadline(threading.local):
    """When the call that runs in this thread must be over (monotonic seconds)."""

    at: float = float("inf")

    def left(self) -> float:
        """Seconds."""
        return self.at - time.monotonic()


class _Backend(httpcore.NetworkBackend):
    """Connects to the very addresses that were checked, so that a name cannot change its meaning in between."""

    def __init__(self, addresses: Callable[[str, int], Sequence[str]], deadline: Deadline) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        ends = time.monotonic() + min(timeout or 0, self._deadline.left())
        failed: Exception = httpcore.ConnectError("no address")
        for address in self._addresses(host.strip("[]"), port):
            left = ends - time.monotonic()
            if left <= 0:
                raise httpcore.ConnectTimeout
            try:
                stream = self._sockets.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
            else:
                return _Stream(stream, self._deadline)
        raise failed


class _Stream(httpcore.NetworkStream):
    """A connection on which no wait outlasts the call's deadline, however steadily bytes drip."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._deadline.left()
        if left <= 0:
            raise httpcore.ReadTimeout
        return self._stream.read(max_bytes, left if timeout is None else min(left, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = self._deadline.left()
        if left <= 0:
            raise httpcore.WriteTimeout
        self._stream.write(buffer, left if timeout is None else min(left, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = max(self._deadline.left(), 0.001)
        secured = self._stream.start_tls(ssl_context, server_hostname, left if timeout is None else min(left, timeout))
        return _Stream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401
        return self._stream.get_extra_info(info)


@cache
def _tls() -> ssl.SSLContext:
    """Trusts what the machine trusts and the well-known authorities: a slim container has none, an office its own."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context
