"""What keeps keys out of logs, reports and stored addresses; native payloads: :func:`catalog.essence.without_keys`."""

import re
from urllib.parse import unquote_plus

from harvester.portal import PortalError

SHORTEST_KEY = 8
"""A shorter key could not be told from ordinary words when it is taken out of what a portal answers."""
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


def fault(code: str, message: str, url: str, mend: str = "") -> PortalError:
    """A PortalError whose address carries no key."""
    return PortalError(code, message, without_secrets(url), mend)


class Veil:
    """Puts ``***`` in the place of a source's own key, however it is written: plain, in an address, in JSON."""

    def __init__(self, key: str) -> None:
        pattern = "".join(map(_written, key))
        self._text = re.compile(pattern, re.IGNORECASE) if key else None
        self._bytes = re.compile(pattern.encode(), re.IGNORECASE) if key else None

    def __bool__(self) -> bool:
        return self._text is not None

    def text(self, words: str) -> str:
        """The words without the key."""
        return self._text.sub("***", words) if self._text else words

    def body(self, content: bytes) -> bytes:
        """The content without the key."""
        return self._bytes.sub(b"***", content) if self._bytes else content

    def error(self, error: PortalError) -> PortalError:
        """The same error without the key."""
        return PortalError(error.code, self.text(str(error)), self.text(error.address), self.text(error.mend))


def _written(letter: str) -> str:
    """A pattern of the ways in which a letter comes back: plain, in an address, in JSON."""
    in_address = "".join(f"%{byte:02x}" for byte in letter.encode())
    plus = r"|\+" if letter == " " else ""
    return rf"(?:\\?{re.escape(letter)}|{in_address}|\\u{ord(letter):04x}{plus})"
