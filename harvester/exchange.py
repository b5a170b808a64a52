"""One request and its answer: what is sent, what of a body is taken in, and what an answer means to a person."""

import http
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any

import httpcore
import httpx
import orjson

from harvester.portal import PortalError
from harvester.veil import Veil, fault

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked. ``safe``: it only reads, and may be repeated.

    ``most``: bytes after which the body is read no further, where a part of it is enough.
    """

    method: str
    headers: Mapping[str, str]
    body: bytes | None = None
    safe: bool = True
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, unpacked; ``attempts`` were made for it. ``ended``: the body was read to its end."""

    status: int
    headers: httpx.Headers
    body: bytes
    url: str
    attempts: int = 1
    ended: bool = True

    def after(self, attempts: int) -> "Answer":
        """The same, as the last of so many attempts."""
        return replace(self, attempts=attempts)

    def veiled(self, veil: Veil) -> "Answer":
        """The same without the source's key."""
        if not veil:
            return self
        headers = httpx.Headers([(name, veil.text(value)) for name, value in self.headers.multi_items()])
        return replace(self, headers=headers, body=veil.body(self.body), url=veil.text(self.url))

    @property
    def said(self) -> str:
        """The content type answered, in a form fit for a message."""
        return plain_ascii(self.headers.get("content-type", "").partition(";")[0].strip())[:80] or "no content type"

    @property
    def charset(self) -> str:
        """The charset declared, empty if none is."""
        declared = Message()
        declared["Content-Type"] = self.headers.get("content-type", "")
        return declared.get_content_charset() or ""

    @property
    def text(self) -> str:
        """The body in the charset it declares, UTF-8 if none or an unknown one."""
        try:
            return self.body.decode(self.charset or "utf-8-sig", errors="replace")
        except (LookupError, UnicodeError):
            return self.body.decode("utf-8-sig", errors="replace")

    @property
    def json(self) -> Any:  # noqa: ANN401
        """The body parsed; raises PortalError ``not-json``."""
        try:
            return orjson.loads(self.body.removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError:
            raise self.not_json() from None

    def looks_like_json(self) -> bool:
        """Whether the body begins and ends as a JSON object or array: enough to tell HTML and a cut, at no cost."""
        ends = self.body[:64].lstrip()[:1] + self.body[-64:].rstrip()[-1:]
        return ends in {b"{}", b"[]"}

    def not_json(self) -> PortalError:
        """What a person is told of a body that is no JSON."""
        start = self.body[:64].lstrip()[:1]
        found = (
            "is empty"
            if not self.body
            else "breaks off or is malformed"
            if start in {b"{", b"["} or "json" in self.said
            else "is something else"
        )
        return fault(
            "not-json",
            f"{self.said} was answered where JSON was expected; the content {found}",
            self.url,
            "Open the address in a browser: a login page, a notice of maintenance or a moved API are the usual causes.",
        )

    def error(self) -> PortalError:
        """What a person is told of a status that is no success."""
        status = self.status
        times = f", {self.attempts} times" if self.attempts > 1 else ""
        if status == http.HTTPStatus.ACCEPTED:
            mend = "The portal is still preparing its answer: try again later."
        elif status in {401, 403}:
            mend = "Check that the source's key is set and may read this."
        elif status in {404, 410}:
            mend = "Check the source's url."
        elif status == http.HTTPStatus.NOT_ACCEPTABLE:
            mend = "It may turn away our name: set LANDMARK_CONTACT, and ask the portal's publisher to let it in."
        elif status == http.HTTPStatus.TOO_MANY_REQUESTS or status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
            mend = "Try again later; if it lasts, tell the portal's publisher."
        else:
            mend = "Check the source's url and options."
        return fault(f"http-{status}", f"The portal answered {status} {phrase(status)}{times}", self.url, mend)

    def retry_after(self) -> float | None:
        """The pause asked for, in seconds; ``None`` if none was, or none that can be read."""
        value = self.headers.get("retry-after", "").strip()
        if value.isascii() and value.isdecimal():
            return float(value)
        try:
            at = parsedate_to_datetime(value)
        except ValueError:
            return None
        return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def taken_in(
    response: httpcore.Response,
    headers: httpx.Headers,
    url: str,
    most: int,
    count: Callable[[int], None],
) -> bytes:
    """The body unpacked, stopped as soon as it is larger than ``most`` bytes on the wire or unpacked.

    Raises PortalError ``too-large``, ``encoding-refused`` or ``cut-short``.
    """
    return b"".join(_pieces(response, headers, url, most, count))


def first_of(
    response: httpcore.Response,
    headers: httpx.Headers,
    url: str,
    most: int,
    count: Callable[[int], None],
) -> tuple[bytes, bool]:
    """The first ``most`` bytes of the body unpacked, and whether these are all; the rest is not read.

    Raises PortalError ``encoding-refused`` or ``cut-short``.
    """
    found: list[bytes] = []
    left = most
    for piece in _unpacked(response, headers, url, count):
        if len(piece) > left:
            found.append(piece[:left])
            return b"".join(found), False
        found.append(piece)
        left -= len(piece)
    return b"".join(found), True


def _pieces(
    response: httpcore.Response, headers: httpx.Headers, url: str, most: int, count: Callable[[int], None]
) -> Iterator[bytes]:
    declared = headers.get("content-length", "")
    if declared.isascii() and declared.isdecimal() and float(declared) > most:
        raise _too_large(url, most)
    wire = size = 0

    def counted(received: int) -> None:
        nonlocal wire
        wire += received
        count(received)

    for piece in _unpacked(response, headers, url, counted):
        size += len(piece)
        if max(size, wire) > most:
            raise _too_large(url, most)
        yield piece
    if wire > most:
        raise _too_large(url, most)


def _unpacked(
    response: httpcore.Response, headers: httpx.Headers, url: str, count: Callable[[int], None]
) -> Iterator[bytes]:
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise fault(
            "encoding-refused",
            f"The portal packed its answer as {plain_ascii(encoding)[:80]}, which was not asked for",
            url,
            "Tell the portal's publisher.",
        )
    packed = encoding not in {"", "identity"}
    unpack = _Unpack()
    wire = 0
    for chunk in response.iter_stream():
        wire += len(chunk)
        count(len(chunk))
        try:
            yield from unpack.feed(chunk) if packed else (chunk,)
        except zlib.error:
            raise fault("cut-short", "The packed answer cannot be unpacked", url) from None
    if packed and wire and not unpack.complete:
        raise fault("cut-short", "The packed answer breaks off", url, "Try again later.")


def _too_large(url: str, most: int) -> PortalError:
    return fault(
        "too-large", f"The answer is larger than {most:,} bytes", url, "Ask for smaller pages in the source's options."
    )


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


def phrase(status: int) -> str:
    """The usual words for a status."""
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "(unknown status)"


def plain_ascii(text: str) -> str:
    """What of a text is fit for a header or a message."""
    return "".join(letter for letter in text if " " <= letter <= "~")
