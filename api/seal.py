"""Seals what a reader is handed to give back: nobody else can read, change or use it.

A deterministic seal (SIV): the tag is an HMAC over owner and content, the content is hidden under a stream made of it.
So equal pages have equal cursors, and what lies in one, such as the catalog's own numbers, tells nothing.
"""

import base64
import os
import secrets
from hashlib import sha256, shake_256
from hmac import compare_digest, new
from pathlib import Path

from config.settings import Settings

_TAG = 12
_LONGEST = 8_000


class Seal:
    """Seals and opens.

    Args:
        secret: At least 16 bytes that nobody else has.
    """

    def __init__(self, secret: bytes) -> None:
        self._tagging, self._hiding = (sha256(secret + use).digest() for use in (b"tag", b"hide"))

    def close(self, owner: str, content: str) -> str:
        """The content, for its owner alone; empty stays empty."""
        if not content:
            return ""
        body = content.encode()
        tag = self._tag(owner, body)
        return base64.urlsafe_b64encode(tag + self._hidden(tag, body)).rstrip(b"=").decode()

    def open(self, owner: str, sealed: str) -> str:
        """What was sealed for this owner; raises ValueError for anything else."""
        if not sealed:
            return ""
        if len(sealed) > _LONGEST or not sealed.isascii():
            raise ValueError("not sealed here")
        raw = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
        tag, hidden = raw[:_TAG], raw[_TAG:]
        body = self._hidden(tag, hidden)
        if not hidden or not compare_digest(tag, self._tag(owner, body)):
            raise ValueError("not sealed here")
        return body.decode()

    def token(self, owner: str) -> str:
        """A word that only we can say for an owner."""
        return base64.urlsafe_b64encode(self._tag(owner, b"token")).decode()

    def _tag(self, owner: str, body: bytes) -> bytes:
        whose = owner.encode()
        return new(self._tagging, len(whose).to_bytes(4, "big") + whose + body, sha256).digest()[:_TAG]

    def _hidden(self, tag: bytes, body: bytes) -> bytes:
        stream = shake_256(self._hiding + tag).digest(len(body))
        return bytes(one ^ other for one, other in zip(body, stream, strict=True))


def seal_of(settings: Settings) -> Seal:
    """The installation's seal; its secret is made where there is none."""
    given = settings.secret.get_secret_value().encode()
    return Seal(given or _kept(settings.data_dir / "secret"))


def _kept(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        made = secrets.token_bytes(32)
        file.write(made)
    return made
