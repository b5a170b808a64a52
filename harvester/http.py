"""The one polite, guarded HTTP client of all portals.

Two faces, one set of guards: ``Client.get_json`` and its kin for portals that speak HTTP themselves, and
``Client.guard`` for a library that brings its own ``requests.Session``. Both end in the same few lines here.

``httpx.Client`` is not used: it logs every address whole, keys included. Its request building and the connection
pool under it (httpcore) are. httpcore's own log holds headers; it is kept from the debug level for the same reason.
"""

import contextlib
import http
import importlib.metadata
import ipaddress
import logging
import random
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import cache
from types import TracebackType
from typing import Any, ClassVar, Self, cast
from urllib.parse import unquote_plus

import httpcore
import httpx
import orjson
import requests
from requests.adapters import BaseAdapter
from requests.utils import get_encoding_from_headers

from config.declarations import Source
from config.settings import Settings
from harvester.portal import PortalError

Params = Mapping[str, str | int | float | bool | Sequence[str | int | float | bool | None] | None]
Resolve = Callable[[str, int], Iterable[Any]]
"""Answers as ``socket.getaddrinfo`` does."""

logging.getLogger("httpcore").setLevel(logging.INFO)

_REDIRECTS = {301, 302, 303, 307, 308}
_RETRIED = {429, 502, 503, 504}
_METHODS = {"GET", "HEAD", "POST"}
_OURS = {
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "proxy-authorization",
    "transfer-encoding",
    "user-agent",
}
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much one call may take.

    Attributes:
        connect: Seconds to connect, TLS included.
        read: Seconds without a byte.
        total: Seconds for the whole call: hops, retries and their pauses.
        max_bytes: Bytes of one body, on the wire and unpacked alike.
        redirects: Hops followed.
        retries: Repetitions after a 429, 502, 503 or 504.
        longest_pause: Seconds; a longer ``Retry-After`` is cut to this.
        interval: Seconds between two requests to one host; hosts in ``allow_hosts`` are not slowed.
    """

    connect: float = 10
    read: float = 30
    total: float = 120
    max_bytes: int = 64 << 20
    redirects: int = 5
    retries: int = 4
    longest_pause: float = 60
    interval: float = 1.0


def look_up(host: str, port: int) -> Iterable[Any]:
    """The addresses of a host as the machine resolves names."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class Pace:
    """When each host may next be asked. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next: dict[str, float] = {}

    def turn(self, host: str, interval: float, now: float) -> float:
        """Take the next turn at ``host``: the seconds to wait from ``now`` (monotonic) until it comes."""
        with self._lock:
            at = max(now, self._next.get(host, now))
            self._next[host] = at + interval
        return at - now


class Client:
    """Reads one source. Every fault is a PortalError whose address carries no key.

    Codes: ``scheme-refused``, ``address-refused``, ``host-refused``, ``method-refused``, ``encoding-refused``,
    ``unreachable``, ``timeout``, ``cut-short``, ``too-large``, ``too-many-redirects``, ``redirected-post``,
    ``http-<status>``, ``not-json``.

    Attributes:
        requests: Requests sent, repetitions and hops included.
        bytes: Bytes of bodies received, as they came over the wire.
    """

    pace: ClassVar[Pace] = Pace()

    def __init__(
        self,
        source: Source,
        settings: Settings,
        limits: Limits | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        resolve: Resolve = look_up,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.limits = limits or Limits()
        self.requests = 0
        self.bytes = 0
        self.user_agent = f"Landmark/{_version()} (+{_plain_ascii(settings.contact) or 'no contact set'})"
        self._allowed = frozenset(_host_and_port(value) for value in source.allow_hosts)
        self._sleep = sleep
        self._resolve = resolve
        self._jitter = jitter
        self._lock = threading.Lock()
        self._deadline = _Deadline()
        self._direct = self._pool(_Backend(self._addresses, self._deadline))
        self._proxied = self._proxy_pool(settings.proxy) if settings.proxy else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._direct.close()
        if self._proxied:
            self._proxied.close()

    def get_json(self, url: str, params: Params | None = None, headers: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401
        """The parsed answer to a GET; raises PortalError."""
        return _json(self._call(_Call("GET", {"Accept": "application/json", **(headers or {})}), url, params))

    def post_json(
        self,
        url: str,
        body: Any,  # noqa: ANN401
        headers: Mapping[str, str] | None = None,
        *,
        safe: bool = False,
    ) -> Any:  # noqa: ANN401
        """The parsed answer to ``body`` sent as JSON; ``safe`` says that it only reads and may be repeated.

        Raises PortalError.
        """
        sent = {"Accept": "application/json", "Content-Type": "application/json", **(headers or {})}
        return _json(self._call(_Call("POST", sent, orjson.dumps(body), safe=safe), url))

    def get_text(self, url: str, params: Params | None = None, headers: Mapping[str, str] | None = None) -> str:
        """The answer to a GET as text, in the charset it declares (UTF-8 if none); raises PortalError."""
        answer = self._call(_Call("GET", {"Accept": "*/*", **(headers or {})}), url, params)
        declared = Message()
        declared["Content-Type"] = answer.headers.get("content-type", "")
        charset = declared.get_content_charset() or "utf-8-sig"
        try:
            return answer.body.decode(charset, errors="replace")
        except LookupError:
            return answer.body.decode("utf-8-sig", errors="replace")

    def requests_session(self) -> requests.Session:
        """A new ``requests.Session`` behind the guards."""
        session = requests.Session()
        self.guard(session)
        return session

    def guard(self, session: requests.Session, *, json_only: bool = True) -> None:
        """Put an existing session behind the guards, whatever it had mounted.

        Its POST counts as safe to repeat, and its faults leave as PortalError (also an error status, and with
        ``json_only`` an answer that does not begin and end as JSON does). Time limits, proxies and TLS choices that
        the session or its caller bring are ignored: ours hold.
        """
        session.adapters.clear()
        adapter = _Adapter(self, json_only=json_only)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        session.trust_env = False
        session.max_redirects = self.limits.redirects
        session.headers["User-Agent"] = self.user_agent

    def _call(self, call: "_Call", url: str, params: Params | None = None) -> "_Answer":
        if call.method not in _METHODS:
            raise _fault(
                "method-refused", f"{call.method} would change the portal", url, "Only GET, HEAD and POST are sent."
            )
        target = self._target(url, params)
        self._take_turn(target)
        self._deadline.at = time.monotonic() + self.limits.total
        for _ in range(self.limits.redirects + 1):
            answer = self._persist(call, target)
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                break
            if call.method == "POST":
                place = without_secrets(answer.headers["location"])[:200]
                raise _fault(
                    "redirected-post",
                    f"The portal sent a POST on to {place}; its content would be lost",
                    answer.url,
                    "Set the source's url to the address the portal sends to, https included.",
                )
            before, target = target, self._target(_joined(target, answer.headers["location"]))
            if _origin(before) != _origin(target):
                call = _Call(call.method, {k: v for k, v in call.headers.items() if k.lower() == "accept"})
            self._take_turn(target)
        else:
            raise _fault(
                "too-many-redirects",
                f"The portal sent us on more than {self.limits.redirects} times",
                str(target),
                "Open the source's url in a browser and set it to where that ends.",
            )
        if not http.HTTPStatus.OK <= answer.status < http.HTTPStatus.MULTIPLE_CHOICES:
            raise _status_fault(answer)
        return answer

    def _persist(self, call: "_Call", target: httpx.URL) -> "_Answer":
        for attempt in range(self.limits.retries + 1):
            answer = self._once(call, target)
            if answer.status not in _RETRIED or not call.safe or attempt == self.limits.retries:
                break
            asked = _retry_after(answer.headers)
            pause = min(self.limits.longest_pause, 2**attempt * (0.5 + self._jitter()) if asked is None else asked)
            if pause >= self._deadline.left():
                break
            self._sleep(pause)
            self._take_turn(target)
        return answer.after(attempt + 1)

    def _once(self, call: "_Call", target: httpx.URL) -> "_Answer":
        try:
            response = self._send(call, target)
            try:
                headers = httpx.Headers(response.headers)
                ok = response.status // 100 == 2 and call.method != "HEAD"  # noqa: PLR2004
                body = b"".join(self._body(response, headers, target)) if ok else b""
            finally:
                response.close()
        except _HostError as error:
            raise _fault(error.code, str(error), str(target), error.mend) from None
        except httpcore.TimeoutException:
            raise self._timeout(target) from None
        except httpcore.LocalProtocolError:  # its words may hold a header's value
            raise _fault("address-refused", "The request has a malformed header or address", str(target)) from None
        except (httpcore.RemoteProtocolError, httpcore.ReadError):
            raise _fault(
                "cut-short",
                "The connection broke off before the answer was complete",
                str(target),
                "Try again later; if it lasts, tell the portal's publisher.",
            ) from None
        except (httpcore.NetworkError, httpcore.ProxyError, httpcore.UnsupportedProtocol) as error:
            raise _unreachable(target, str(error)) from None
        return _Answer(response.status, headers, body, str(target))

    def _send(self, call: "_Call", target: httpx.URL) -> httpcore.Response:
        """The answer's head. A kept connection may have been closed under us: what only reads is sent once more."""
        pool = self._proxied if self._proxied and not self._is_allowed(target) else self._direct
        sent = httpx.Headers({k: v for k, v in call.headers.items() if k.lower() not in _OURS})
        sent["User-Agent"] = self.user_agent
        sent["Accept-Encoding"] = "gzip"
        whole = httpx.Request(call.method, target, headers=sent, content=call.body)
        limits = self.limits
        timeout = {"connect": limits.connect, "pool": limits.connect, "read": limits.read, "write": limits.read}
        request = httpcore.Request(
            call.method,
            httpcore.URL(scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path),
            headers=whole.headers.raw,
            content=call.body,
            extensions={"timeout": timeout},
        )
        try:
            response = pool.handle_request(request)
        except (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError):
            self._count(1, 0)
            if not call.safe:
                raise
            response = pool.handle_request(request)
        except (httpcore.ReadTimeout, httpcore.WriteTimeout):
            self._count(1, 0)
            raise
        self._count(1, 0)
        return response

    def _body(self, response: httpcore.Response, headers: httpx.Headers, target: httpx.URL) -> Iterator[bytes]:
        most = self.limits.max_bytes
        declared = headers.get("content-length", "")
        if declared.isdigit() and int(declared) > most:
            raise self._too_large(target)
        encoding = headers.get("content-encoding", "").strip().lower()
        if encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
            raise _fault(
                "encoding-refused",
                f"The portal packed its answer as {encoding}, which was not asked for",
                str(target),
                "Tell the portal's publisher.",
            )
        packed = encoding not in {"", "identity"}
        unpack = _Unpack()
        wire = size = 0
        for chunk in response.iter_stream():
            wire += len(chunk)
            self._count(0, len(chunk))
            try:
                for piece in unpack.feed(chunk) if packed else (chunk,):
                    size += len(piece)
                    if max(size, wire) > most:
                        raise self._too_large(target)
                    yield piece
            except zlib.error:
                raise _fault("cut-short", "The packed answer cannot be unpacked", str(target)) from None
        if packed and wire and not unpack.complete:
            raise _fault("cut-short", "The packed answer breaks off", str(target), "Try again later.")

    def _target(self, url: str, params: Params | None = None) -> httpx.URL:
        """The address as it will be asked: one spelling of the host, no userinfo, no fragment."""
        try:
            parsed = httpx.URL(url)
            if parsed.scheme not in {"http", "https"}:
                raise _fault(
                    "scheme-refused",
                    f'An address must begin with http:// or https://, not "{parsed.scheme}:"',
                    url,
                    "Correct the source's url.",
                )
            host = _one_spelling(parsed.raw_host.decode("ascii"))
            target = parsed.copy_with(host=host, userinfo=b"", fragment=None)
            if params:
                target = target.copy_merge_params(dict(params))
        except (httpx.InvalidURL, ValueError):
            raise _fault("address-refused", "This is not a web address", url, "Correct the source's url.") from None
        if not host:
            raise _fault("address-refused", "The address names no host", url, "Correct the source's url.")
        # A refused address costs no turn. Behind a proxy, names may be known to the proxy alone: what is known here
        # is checked here, the rest is the proxy's to know.
        if _is_literal(host) or (self._proxied and not self._is_allowed(target)):
            try:
                self._addresses(host, _port(target))
            except _HostError as error:
                if error.code == "host-refused":
                    raise _fault(error.code, str(error), str(target), error.mend) from None
        return target

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a host, every one of them checked; one that is refused refuses the host."""
        host = _one_spelling(host)
        try:
            found = tuple(dict.fromkeys(_one_spelling(str(entry[4][0])) for entry in self._resolve(host, port)))
        except (OSError, UnicodeError):
            found = ()
        if not found:
            raise _HostError("unreachable", f"The name {host} is not known", "Check the source's url and the network.")
        allowed = (host, port) in self._allowed
        for address in found:
            if not _may_reach(address, allowed=allowed):
                raise _HostError(
                    "host-refused",
                    f"{host} is no public address"
                    if host == address
                    else f"{host} leads to {address}, which is no public address",
                    "Link-local and reserved addresses are never read."
                    if allowed
                    else f'If this is meant, add "{host}:{port}" to the source\'s allow_hosts.',
                )
        return found

    def _is_allowed(self, target: httpx.URL) -> bool:
        return (target.raw_host.decode("ascii").strip("[]"), _port(target)) in self._allowed

    def _take_turn(self, target: httpx.URL) -> None:
        if self._is_allowed(target):
            return
        wait = self.pace.turn(target.host, self.limits.interval, time.monotonic())
        if wait > 0:
            self._sleep(wait)

    def _count(self, asked: int, received: int) -> None:
        with self._lock:
            self.requests += asked
            self.bytes += received

    def _timeout(self, target: httpx.URL) -> PortalError:
        limits = self.limits
        late = (
            f"The answer was not complete after {limits.total:g} s"
            if self._deadline.left() <= 0
            else f"No connection within {limits.connect:g} s or no byte for {limits.read:g} s"
        )
        return _fault("timeout", late, str(target), "Try again later; if it lasts, tell the portal's publisher.")

    def _too_large(self, target: httpx.URL) -> PortalError:
        return _fault(
            "too-large",
            f"The answer is larger than {self.limits.max_bytes:,} bytes",
            str(target),
            "Ask for smaller pages in the source's options.",
        )

    def _pool(self, backend: "_Backend") -> httpcore.ConnectionPool:
        return httpcore.ConnectionPool(ssl_context=_tls(), keepalive_expiry=15, network_backend=backend)

    def _proxy_pool(self, address: str) -> httpcore.ConnectionPool:
        try:
            proxy = httpx.URL(address)
        except httpx.InvalidURL:
            proxy = httpx.URL("")
        if proxy.scheme not in {"http", "https"} or not proxy.host:
            raise _fault(
                "scheme-refused",
                "The proxy is not an http:// or https:// address",
                address,
                "Correct LANDMARK_PROXY.",
            )
        auth = (proxy.username.encode(), proxy.password.encode()) if proxy.username else None
        return httpcore.HTTPProxy(
            proxy_url=httpcore.URL(scheme=proxy.raw_scheme, host=proxy.raw_host, port=proxy.port, target=b"/"),
            proxy_auth=auth,
            ssl_context=_tls(),
            proxy_ssl_context=_tls() if proxy.scheme == "https" else None,
            keepalive_expiry=15,
            network_backend=_Backend(lambda host, _port: (host,), self._deadline),  # the operator's own word
        )


_SECRET = re.compile(
    r"(key|token|password|passwd|pwd|secret|signature)$|^(client[_-]?id|appname|sig|auth)$", re.IGNORECASE
)


def without_secrets(url: str) -> str:
    """An address fit for a log or a report: no userinfo, no fragment, ``***`` for the values of keys. Never raises."""
    address = url.partition("#")[0]
    front, mark, query = address.partition("?")
    scheme, mark_of_host, rest = front.partition("//")
    if mark_of_host:
        authority, slash, path = rest.partition("/")
        front = f"{scheme}//{authority.rpartition('@')[2]}{slash}{path}"
    if not mark:
        return front
    pieces = re.split(r"([&;])", query)
    return front + mark + "".join(_veiled(piece) for piece in pieces)


def _veiled(piece: str) -> str:
    name, mark, _ = piece.partition("=")
    return f"{name}=***" if mark and _SECRET.search(unquote_plus(name).strip()) else piece


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    headers: Mapping[str, str]
    body: bytes | None = None
    safe: bool = True


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: httpx.Headers
    body: bytes
    url: str
    attempts: int = 1

    def after(self, attempts: int) -> "_Answer":
        return _Answer(self.status, self.headers, self.body, self.url, attempts)

    @property
    def said(self) -> str:
        """The content type answered, in a form fit for a message."""
        return _plain_ascii(self.headers.get("content-type", "").partition(";")[0].strip())[:80] or "no content type"


class _HostError(Exception):
    """A host that has no address or may not be reached; becomes a PortalError where the request is known."""

    def __init__(self, code: str, message: str, mend: str) -> None:
        super().__init__(message)
        self.code = code
        self.mend = mend


class _Deadline(threading.local):
    """When the call that runs in this thread must be over (monotonic seconds)."""

    at: float = float("inf")

    def left(self) -> float:
        return self.at - time.monotonic()


class _Backend(httpcore.NetworkBackend):
    """Connects to the very addresses that were checked, so that a name cannot change its meaning in between."""

    def __init__(self, addresses: Callable[[str, int], Sequence[str]], deadline: _Deadline) -> None:
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

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
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


class _Unpack:
    """Gzip and zlib in bounded pieces: a bomb is seen a mebibyte at a time."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(zlib.MAX_WBITS | 32)

    @property
    def complete(self) -> bool:
        return self._inner.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._inner.eof:
                if not data.startswith(b"\x1f\x8b"):
                    return  # padding after the end
                self._inner = zlib.decompressobj(zlib.MAX_WBITS | 32)
            yield self._inner.decompress(data, _PIECE)
            data = self._inner.unused_data if self._inner.eof else self._inner.unconsumed_tail


class _Adapter(BaseAdapter):
    """Carries the requests of a ``requests.Session`` through a Client."""

    def __init__(self, client: Client, *, json_only: bool) -> None:
        super().__init__()
        self._client = client
        self._json_only = json_only

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002
        timeout: object = None,  # noqa: ARG002
        verify: object = True,  # noqa: ARG002, FBT002
        cert: object = None,  # noqa: ARG002
        proxies: object = None,  # noqa: ARG002
    ) -> requests.Response:
        given = cast("object", request.body)  # a file or generator too, whatever the stubs say
        body = given.encode() if isinstance(given, str) else given
        if body is not None and not isinstance(body, bytes):
            raise _fault("method-refused", "Only content held in memory is sent", request.url or "")
        answer = self._client._call(_Call(request.method or "GET", dict(request.headers), body), request.url or "")  # noqa: SLF001
        if self._json_only and request.method != "HEAD" and not _looks_like_json(answer.body):
            raise _not_json(answer)
        response = requests.Response()
        response.status_code = answer.status
        response.reason = _phrase(answer.status)
        response.headers.update(answer.headers)
        response.encoding = get_encoding_from_headers(response.headers)
        response.url = answer.url
        response.request = request
        response._content = answer.body  # noqa: SLF001
        response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001
        return response

    def close(self) -> None:
        """The connections are the client's."""


_METADATA = {ipaddress.ip_address(text) for text in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200")}
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _may_reach(address: str, *, allowed: bool) -> bool:
    """Whether an IP address is public, or at most loopback or private where the source allows it."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner:
            return _may_reach(str(inner), allowed=allowed)
    if ip in _METADATA or ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return False
    if ip.is_reserved and not ip.is_loopback:  # the standard library calls ::1 reserved
        return False
    return ip.is_global or (allowed and (ip.is_loopback or ip.is_private))


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _one_spelling(host: str) -> str:
    """Lower case, no brackets, no last dot, and the IPv4 address in its usual form however it was written."""
    host = host.strip("[]").rstrip(".").lower()
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(host))
    parts = host.split(".")
    if len(parts) > 4 or not re.fullmatch(r"0x[0-9a-f]*|[0-9]+", parts[-1]):  # noqa: PLR2004
        return host
    numbers = [_number(part) for part in parts]
    *front, last = numbers
    if any(number > 255 for number in front) or last >= 256 ** (5 - len(numbers)):  # noqa: PLR2004
        raise ValueError(host)
    value = last + sum(number << 8 * (3 - place) for place, number in enumerate(front))
    return str(ipaddress.IPv4Address(value))


def _number(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8 if part.startswith("0") else 10) if part != "0" else 0


def _host_and_port(value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    try:
        return _one_spelling(host), int(port)
    except ValueError:
        raise _fault(
            "address-refused",
            f'"{value}" in allow_hosts is no host:port',
            value,
            'Write it like "127.0.0.1:8080".',
        ) from None


def _port(target: httpx.URL) -> int:
    return target.port or (443 if target.scheme == "https" else 80)


def _origin(target: httpx.URL) -> tuple[str, str, int]:
    return target.scheme, target.host, _port(target)


def _joined(target: httpx.URL, location: str) -> str:
    try:
        return str(target.join(location))
    except httpx.InvalidURL:
        raise _fault("address-refused", "The portal sent us on to something that is no web address", location) from None


def _retry_after(headers: httpx.Headers) -> float | None:
    """The pause asked for, in seconds; ``None`` if none was, or none that can be read."""
    value = headers.get("retry-after", "").strip()
    if value.isdigit():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _json(answer: _Answer) -> Any:  # noqa: ANN401
    try:
        return orjson.loads(answer.body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        raise _not_json(answer) from None


def _looks_like_json(body: bytes) -> bool:
    """Whether a body begins and ends as a JSON object or array: enough to tell HTML and a cut, at no cost."""
    ends = body[:64].lstrip()[:1] + body[-64:].rstrip()[-1:]
    return ends in {b"{}", b"[]"}


def _not_json(answer: _Answer) -> PortalError:
    start = answer.body[:64].lstrip()[:1]
    found = (
        "is empty"
        if not answer.body
        else "breaks off or is malformed"
        if start in {b"{", b"["} or "json" in answer.said
        else "is something else"
    )
    return _fault(
        "not-json",
        f"{answer.said} was answered where JSON was expected; the content {found}",
        answer.url,
        "Open the address in a browser: a login page, a notice of maintenance or a moved API are the usual causes.",
    )


def _status_fault(answer: _Answer) -> PortalError:
    status = answer.status
    times = f", {answer.attempts} times" if answer.attempts > 1 else ""
    if status in {401, 403}:
        mend = "Check that the source's key is set and may read this."
    elif status in {404, 410}:
        mend = "Check the source's url."
    elif status in {429, 500} or status > 500:  # noqa: PLR2004
        mend = "Try again later; if it lasts, tell the portal's publisher."
    else:
        mend = "Check the source's url and options."
    return _fault(f"http-{status}", f"The portal answered {status} {_phrase(status)}{times}", answer.url, mend)


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "(unknown status)"


def _unreachable(target: httpx.URL, why: str) -> PortalError:
    return _fault(
        "unreachable",
        f"No connection to {target.host}: {why[:200]}",
        str(target),
        "Check the source's url, the network and LANDMARK_PROXY.",
    )


def _fault(code: str, message: str, url: str, mend: str = "") -> PortalError:
    return PortalError(code, message, without_secrets(url), mend)


def _plain_ascii(text: str) -> str:
    return "".join(letter for letter in text if " " <= letter <= "~")


@cache
def _version() -> str:
    try:
        return importlib.metadata.version("landmark")
    except importlib.metadata.PackageNotFoundError:
        return "unreleased"


@cache
def _tls() -> ssl.SSLContext:
    """Trusts what the machine trusts and the well-known authorities: a slim container has none, an office its own."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context
