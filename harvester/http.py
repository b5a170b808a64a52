"""The one polite, guarded HTTP client of all portals.

Two faces, one set of guards: ``Client.get_json`` and its kin for portals that speak HTTP themselves, and
``Client.guard`` for a library that brings its own ``requests.Session``. Both end in the same few lines here.

``httpx.Client`` is not used: it logs every address whole, keys included. Its request building and the connection
pool under it (httpcore) are. httpcore's own log holds headers; it is kept from the debug level for the same reason.
"""

import http
import importlib.metadata
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import urlencode

import httpcore
import httpx
import orjson
import requests

from config.declarations import Source
from config.settings import Settings
from harvester import wire
from harvester.addresses import Addresses, HostError, Resolve, is_literal, look_up, origin, parsed, port_of
from harvester.cache import Cache, Kept
from harvester.exchange import Answer, Call, first_of, plain_ascii, taken_in
from harvester.pace import Pace
from harvester.part import Part, Validators, asked_for, part_of
from harvester.portal import PortalError, wants_key
from harvester.recording import Tape
from harvester.session import Adapter
from harvester.veil import SHORTEST_KEY, Veil, fault, without_secrets

__all__ = ["Client", "Limits", "Pace", "Stopped", "without_secrets"]

Params = Mapping[str, str | int | float | bool | Sequence[str | int | float | bool | None] | None]

logging.getLogger("httpcore").setLevel(logging.INFO)

_REDIRECTS = {301, 302, 303, 307, 308}
_RETRIED = {202, 429, 502, 503, 504}
_KEYED = {401, 403}
_BROKEN = {"cut-short", "unreachable", "no-such-host"}
_BROKEN_RETRIES = 2
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
_ANYBODYS = {"accept", "accept-encoding", "connection", "user-agent"}
"""Headers that do not make an answer ours alone."""
_CARRIED = {"accept", "if-modified-since", "if-none-match", "range"}
"""Headers that go along to another host."""


_LOOK = 0.2
"""Seconds between two looks at whether a long pause is to be broken off."""


class Stopped(BaseException):
    """The reading is to stop before it was answered; no Exception, so that no library takes it for a fault."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much one call may take, and how hard a host is pressed.

    Attributes:
        connect: Seconds to find a name's addresses, and again to connect, TLS included.
        read: Seconds without a byte.
        total: Seconds for the whole call: hops, retries and their pauses.
        max_bytes: Bytes of one body, on the wire and unpacked alike.
        redirects: Hops followed.
        retries: Repetitions after a 202, 429, 502, 503 or 504; after a broken connection two at most.
        longest_pause: Seconds; a longer pause, asked for with ``Retry-After`` or not, is cut to this.
        interval: Seconds between two requests to one host; hosts in ``allow_hosts`` are not slowed.
        at_once: Requests under way to one host.
        connections: Requests under way to all hosts.
    """

    connect: float = 10
    read: float = 30
    total: float = 120
    max_bytes: int = 64 << 20
    redirects: int = 5
    retries: int = 4
    longest_pause: float = 60
    interval: float = 1.0
    at_once: int = 2
    connections: int = 10

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the installation wants them."""
        return cls(
            connect=settings.http_connect,
            read=settings.http_read,
            total=settings.http_total,
            max_bytes=settings.http_max_bytes,
            longest_pause=settings.http_longest_pause,
        )


class Client:
    """Reads one source. Every fault is a PortalError whose address carries no key.

    Codes: ``scheme-refused``, ``address-refused``, ``host-refused``, ``method-refused``, ``encoding-refused``,
    ``key-refused``, ``unreachable``, ``no-such-host``, ``timeout``, ``cut-short``, ``too-large``,
    ``too-many-redirects``, ``redirected-post``, ``http-<status>``, ``not-json``.

    Attributes:
        settings: What this installation is told.
        requests: Requests sent, repetitions and hops included.
        bytes: Bytes of bodies received, as they came over the wire.
        not_modified: Answers that were as before (304), taken from what is kept.
        allowance: Requests that may still be sent today; None for any number. Then ``budget-spent`` is raised.
        stopped: Whether the reading is to stop: then no pause that the portal asked for is waited out, nor anything
            asked once more, but Stopped raised.
        key: The source's key from its environment variable, empty if there is none. A portal may put it into
            parameters and headers; the client takes it out of every answer and every error.
    """

    pace: ClassVar[Pace] = Pace()

    def __init__(
        self,
        source: Source,
        settings: Settings,
        limits: Limits | None = None,
        *,
        sleep: Callable[[float], None] | None = None,
        resolve: Resolve = look_up,
        jitter: Callable[[], float] = random.random,
        tape: Tape | None = None,
    ) -> None:
        self.limits = limits or Limits.of(settings)
        self.requests = self.bytes = self.not_modified = 0
        self.user_agent = f"Landmark/{_version()} (+{plain_ascii(settings.contact) or 'no contact set'})"
        self.settings = settings
        self._source = source
        self.key = _usable(settings.key_of(source.key, source.key_variable), source)
        self._veil = Veil(self.key)
        self._addresses = Addresses(source.allow_hosts, resolve, self.limits.connect)
        self.allowance: int | None = None
        self.stopped: Callable[[], bool] = lambda: False
        self._sleep = sleep or self._rest
        self._jitter = jitter
        self._tape = tape
        self._lock = threading.Lock()
        self._deadline = wire.Deadline()
        self._direct = wire.direct(self._addresses.of, self._deadline, self.limits.connections)
        self._proxied = wire.proxied(settings.proxy, self._deadline) if settings.proxy else None
        most = settings.http_cache_bytes
        self._cache = Cache(settings.cache_file, most, source.key) if most else None

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
        if self._cache:
            self._cache.close()

    def forget(self) -> None:
        """Let go of the kept answers, for what a portal has withdrawn stands in them."""
        if self._cache:
            self._cache.forget()

    def get_json(self, url: str, params: Params | None = None, headers: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401
        """The parsed answer to a GET; raises PortalError."""
        return self._call(Call("GET", {"Accept": "application/json", **(headers or {})}), url, params).json

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
        return self._call(Call("POST", sent, orjson.dumps(body), safe=safe), url).json

    def post_form(
        self,
        url: str,
        fields: Params,
        headers: Mapping[str, str] | None = None,
        *,
        safe: bool = False,
    ) -> Any:  # noqa: ANN401
        """The parsed answer to ``fields`` sent as a form; ``safe`` as in :meth:`post_json`. Raises PortalError."""
        sent = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self._call(Call("POST", sent, urlencode(fields, doseq=True).encode(), safe=safe), url).json

    def get_text(self, url: str, params: Params | None = None, headers: Mapping[str, str] | None = None) -> str:
        """The answer to a GET as text, in the charset it declares (UTF-8 if none); raises PortalError."""
        return self._call(Call("GET", {"Accept": "*/*", **(headers or {})}), url, params).text

    def get_part(self, url: str, first: int = 0, most: int = 1 << 16, unless: Validators | None = None) -> Part:
        """At most so many bytes of a file, from a place in it on; the connection is left once they are there.

        A server that knows no ranges gives the file's beginning: see the answer's ``first``. ``unless`` it is as it
        was, then the answer is ``unchanged``. Raises PortalError, also ``range-refused`` for an answer that says
        nothing or something else of what it holds.
        """
        headers = {"Accept": "*/*", **asked_for(first, most, unless)}
        return part_of(self._call(Call("GET", headers, most=most), url), first)

    def head(self, url: str) -> Answer:
        """What a server says of an address without giving it: headers, and the address that it led to.

        Raises PortalError, for a status that is no success too.
        """
        return self._call(Call("HEAD", {"Accept": "*/*"}), url)

    def beginning(self, url: str, most: int) -> Answer:
        """The whole answer to a GET for at most so many bytes of an address, and where that led. Raises PortalError."""
        return self._call(Call("GET", {"Accept": "*/*", **asked_for(0, most, None)}, most=most), url)

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
        adapter = Adapter(self._call, json_only=json_only)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        session.trust_env = False
        session.max_redirects = self.limits.redirects
        session.headers["User-Agent"] = self.user_agent

    def _call(self, call: Call, url: str, params: Params | None = None) -> Answer:
        try:
            return self._followed(call, url, params).veiled(self._veil)
        except PortalError as error:
            if not self._veil:
                raise
            raise self._veil.error(error) from None

    def _followed(self, call: Call, url: str, params: Params | None) -> Answer:
        if call.method not in _METHODS:
            raise fault(
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
                raise fault(
                    "redirected-post",
                    f"The portal sent a POST on to {place}; its content would be lost",
                    answer.url,
                    "Set the source's url to the address the portal sends to, https included.",
                )
            before, target = target, self._target(_joined(target, answer.headers["location"]))
            if origin(before) != origin(target):
                carried = _CARRIED if call.most is not None else {"accept"}
                call = Call(
                    call.method, {k: v for k, v in call.headers.items() if k.lower() in carried}, most=call.most
                )
                target = self._without_key(target)
            self._take_turn(target)
        else:
            raise fault(
                "too-many-redirects",
                f"The portal sent us on more than {self.limits.redirects} times",
                str(target),
                "Open the source's url in a browser and set it to where that ends.",
            )
        if call.most is not None and answer.status == http.HTTPStatus.NOT_MODIFIED:
            return answer
        if not http.HTTPStatus.OK <= answer.status < http.HTTPStatus.MULTIPLE_CHOICES or answer.status in _RETRIED:
            error = answer.error()
            if answer.status in _KEYED and self._source.access_key:
                error.mend = wants_key(self._source)
            raise error
        return answer

    def _persist(self, call: Call, target: httpx.URL) -> Answer:
        """The answer after as many attempts as are decent; only what reads is repeated."""
        for attempt in range(self.limits.retries + 1):
            try:
                answer = self._once(call, target)
            except PortalError as error:
                if error.code not in _BROKEN or not call.safe or attempt == min(_BROKEN_RETRIES, self.limits.retries):
                    raise
                if not self._paused(target, 2**attempt * (0.5 + self._jitter())):
                    raise
                continue
            if answer.status not in _RETRIED or not call.safe or attempt == self.limits.retries:
                break
            asked = answer.retry_after()
            if not self._paused(target, 2**attempt * (0.5 + self._jitter()) if asked is None else asked):
                break
        return answer.after(attempt + 1)

    def _paused(self, target: httpx.URL, pause: float) -> bool:
        """Pause before asking once more; False, at once, if the call would be over by then."""
        if self.stopped():
            raise Stopped
        pause = min(self.limits.longest_pause, pause)
        if pause >= self._deadline.left():
            return False
        if self._offline:
            return True
        if self._addresses.allows(target):
            self._sleep(pause)
        else:
            self.pace.hold(target.host, pause, time.monotonic())
            self._take_turn(target)
        return True

    def _once(self, call: Call, target: httpx.URL) -> Answer:
        if self.allowance is not None and self.requests >= self.allowance and not self._offline:
            raise fault(
                "budget-spent",
                f"{self._source.key} may be asked {self._source.calls_per_day} times a day, and has been",
                str(target),
                "Harvest it again tomorrow (UTC).",
            )
        if self._tape is None:
            return self._asked(call, target)
        return self._tape.answer(call, str(target), self._veil, lambda: self._asked(call, target))

    def _asked(self, call: Call, target: httpx.URL) -> Answer:
        kept = self._kept(call, target)
        try:
            with self.pace.place(target.host, self.limits.at_once, self._deadline.left()):
                response = self._send(call, target, kept)
                try:
                    headers = httpx.Headers(response.headers)
                    ok = response.status // 100 == 2 and call.method != "HEAD"  # noqa: PLR2004
                    limit, ended = self.limits.max_bytes, True
                    if not ok:
                        body = b""
                    elif call.most is None:
                        body = taken_in(response, headers, str(target), limit, self._received)
                    else:
                        body, ended = first_of(response, headers, str(target), min(limit, call.most), self._received)
                finally:
                    response.close()
        except HostError as error:
            raise fault(error.code, str(error), str(target), error.mend) from None
        except (httpcore.TimeoutException, TimeoutError):
            raise self._timeout(target) from None
        except httpcore.LocalProtocolError:  # its words may hold a header's value
            raise fault("address-refused", "The request has a malformed header or address", str(target)) from None
        except (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError):
            raise fault(
                "cut-short",
                "The connection broke off before the answer was complete",
                str(target),
                "Try again later; if it lasts, tell the portal's publisher.",
            ) from None
        except (httpcore.NetworkError, httpcore.ProxyError, httpcore.UnsupportedProtocol) as error:
            raise _unreachable(target, str(error)) from None
        answer = Answer(response.status, headers, body, str(target), ended=ended)
        if kept and answer.status == http.HTTPStatus.NOT_MODIFIED:
            with self._lock:
                self.not_modified += 1
            return Answer(200, httpx.Headers({"content-type": kept.media_type}), kept.body, str(target))
        self._keep(call, answer)
        return answer

    def _send(self, call: Call, target: httpx.URL, kept: Kept | None) -> httpcore.Response:
        """The answer's head. A kept connection may have been closed under us: what only reads is sent once more."""
        pool = self._proxied if self._proxied and not self._addresses.allows(target) else self._direct
        sent = httpx.Headers({k: v for k, v in call.headers.items() if k.lower() not in _OURS})
        sent["User-Agent"] = self.user_agent
        # A part of a packed file is no file.
        sent["Accept-Encoding"] = "gzip" if call.most is None else "identity"
        if kept and kept.etag:
            sent["If-None-Match"] = kept.etag
        if kept and kept.modified:
            sent["If-Modified-Since"] = kept.modified
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
        idle = any(connection.is_idle() for connection in pool.connections)
        try:
            return self._handled(pool, request)
        except (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError):
            if not (idle and call.safe):
                raise
            return self._handled(pool, request)

    def _handled(self, pool: httpcore.ConnectionPool, request: httpcore.Request) -> httpcore.Response:
        try:
            response = pool.handle_request(request)
        except (
            httpcore.RemoteProtocolError,
            httpcore.ReadError,
            httpcore.WriteError,
            httpcore.ReadTimeout,
            httpcore.WriteTimeout,
        ):
            self._sent()
            raise
        self._sent()
        return response

    def _kept(self, call: Call, target: httpx.URL) -> Kept | None:
        """What the portal may call unchanged."""
        if self._cache is None or not self._is_anybodys(call, target):
            return None
        return self._cache.find(str(target), _accepted(call))

    def _keep(self, call: Call, answer: Answer) -> None:
        etag, modified = answer.headers.get("etag", ""), answer.headers.get("last-modified", "")
        unwanted = "no-store" in answer.headers.get("cache-control", "").lower()
        if self._cache is None or answer.status != http.HTTPStatus.OK or not (etag or modified) or unwanted:
            return
        if self._is_anybodys(call, httpx.URL(answer.url)):
            kept = Kept(etag, modified, answer.headers.get("content-type", ""), answer.body)
            self._cache.keep(answer.url, _accepted(call), kept)

    def _is_anybodys(self, call: Call, target: httpx.URL) -> bool:
        """Whether anyone may ask this and get the same: what a key opens is not left on a disk."""
        return (
            call.method == "GET"
            and not self.key
            and {name.lower() for name in call.headers} <= _ANYBODYS
            and without_secrets(str(target)) == str(target)
        )

    def _target(self, url: str, params: Params | None = None) -> httpx.URL:
        """The address as it will be asked; one that is refused costs no turn."""
        target = parsed(url)
        if params:
            try:
                target = target.copy_merge_params(dict(params))
            except (httpx.InvalidURL, ValueError):
                raise fault("address-refused", "This is not a web address", url, "Correct the source's url.") from None
        # Behind a proxy, names may be known to the proxy alone: what is known here is checked here, the rest is the
        # proxy's to know.
        host = target.raw_host.decode("ascii").strip("[]")
        if is_literal(host) or (self._proxied and not self._addresses.allows(target)):
            try:
                self._addresses.of(host, port_of(target))
            except HostError as error:
                if error.code == "host-refused":
                    raise fault(error.code, str(error), str(target), error.mend) from None
        return target

    def _without_key(self, target: httpx.URL) -> httpx.URL:
        """The address without parameters that hold our own key; another's, as of a signed download, stay."""
        if not self._veil or self._veil.text(str(target)) == str(target):
            return target
        kept = urlencode([(name, value) for name, value in target.params.multi_items() if self.key not in value])
        return target.copy_with(query=kept.encode() or None)

    @property
    def _offline(self) -> bool:
        return self._tape is not None and self._tape.offline

    def _take_turn(self, target: httpx.URL) -> None:
        if self._offline or self._addresses.allows(target):
            return
        wait = self.pace.turn(target.host, self.limits.interval, time.monotonic())
        if wait > 0:
            self._sleep(wait)

    def _rest(self, pause: float) -> None:
        """Sleep; what is longer than the usual pause between two requests is broken off with Stopped."""
        over = time.monotonic() + pause
        while (left := over - time.monotonic()) > 0:
            if pause > self.limits.interval and self.stopped():
                raise Stopped
            time.sleep(min(left, _LOOK))

    def _sent(self) -> None:
        with self._lock:
            self.requests += 1

    def _received(self, size: int) -> None:
        with self._lock:
            self.bytes += size

    def _timeout(self, target: httpx.URL) -> PortalError:
        limits = self.limits
        late = (
            f"The answer was not complete after {limits.total:g} s"
            if self._deadline.left() <= 0
            else f"No connection within {limits.connect:g} s or no byte for {limits.read:g} s"
        )
        return fault("timeout", late, str(target), "Try again later; if it lasts, tell the portal's publisher.")


def _usable(key: str, source: Source) -> str:
    if key and len(key) < SHORTEST_KEY:
        raise fault(
            "key-refused",
            f"The key of {source.key} has fewer than {SHORTEST_KEY} characters; it could not be kept out of reports",
            source.url,
            "Correct it in the environment, or unset it.",
        )
    return key


def _accepted(call: Call) -> str:
    return next((value for name, value in call.headers.items() if name.lower() == "accept"), "")


def _joined(target: httpx.URL, location: str) -> str:
    try:
        return str(target.join(location))
    except httpx.InvalidURL:
        raise fault("address-refused", "The portal sent us on to something that is no web address", location) from None


def _unreachable(target: httpx.URL, why: str) -> PortalError:
    return fault(
        "unreachable",
        f"No connection to {target.host}: {why[:200]}",
        str(target),
        "Check the source's url, the network and LANDMARK_PROXY.",
    )


@cache
def _version() -> str:
    try:
        return importlib.metadata.version("landmark")
    except importlib.metadata.PackageNotFoundError:
        return "unreleased"
