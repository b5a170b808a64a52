"""Web addresses that are safe to show as links."""

import re
from urllib.parse import urljoin, urlsplit, urlunsplit

from harvester.reading.markup import line

LONGEST = 8000
_PLAIN = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?(?:/[!#-;=?-\[\]_a-z~]*)?")


def web_address(value: object, base: str = "") -> str:
    """An absolute http or https address without credentials; empty if blank.

    Args:
        value: What stood in the record.
        base: The portal's address, for relative ones.

    Raises:
        ValueError: It is something else (``javascript:``, a path on someone's disk, longer than 8,000 characters).
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"an address is a text, not {type(value).__name__}")  # noqa: TRY004 - callers note ValueError
    if len(value) <= LONGEST and _PLAIN.fullmatch(value):
        return value
    text = line(value, LONGEST + 1).replace(" ", "%20")
    if not text:
        return ""
    if len(text) > LONGEST:
        raise ValueError(f"an address of more than {LONGEST:,} characters")
    if base and text.startswith("/"):
        text = urljoin(base + "/", text)
    parts = urlsplit(text)
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
        raise ValueError("not a web address (http or https)")
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme.lower(), host, parts.path, parts.query, parts.fragment))
