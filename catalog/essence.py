"""What a change of a record is seen by: the hash of its essence and of the rules it was judged by."""

import re
from functools import lru_cache
from hashlib import blake2b

_USERINFO = re.compile(rb"://[^\s\"/\\@?#<>]+@")
# "key" alone is left: an old Google spreadsheet is named by it.
_KEY_IN_ADDRESS = re.compile(
    rb"([?&;](?:[a-z0-9_-]{0,40}?(?:token|api[_-]?key|subscription-key|password|passwd|pwd|secret|signature|credential)"
    rb"|sig|auth)=)[^&;\s\"#\\<>()\]]+",
    re.IGNORECASE,
)


_ENDS_OF_NAMES = (
    b"token", b"apikey", b"api_key", b"api-key", b"subscription-key", b"password", b"passwd", b"pwd", b"secret",
    b"signature", b"credential", b"sig", b"auth",
)  # fmt: skip


def record_hash(essence: bytes, rules: str) -> str:
    """32 hexadecimal digits; ``rules`` is the assessor's digest, so that changed rules make all records changed."""
    return blake2b(essence, digest_size=16, salt=_salt(rules)).hexdigest()


def without_keys(essence: bytes) -> bytes:
    """JSON in which addresses have no userinfo and ``***`` for the values of keys: what is kept, hashed and read."""
    # Looked for first, for every record of every harvest comes by here, and hardly any has a key.
    if b"@" in essence:
        essence = _USERINFO.sub(b"://", essence)
    if any(part[-16:].lower().endswith(_ENDS_OF_NAMES) for part in essence.split(b"=")[:-1]):
        essence = _KEY_IN_ADDRESS.sub(rb"\1***", essence)
    return essence


@lru_cache(maxsize=8)
def _salt(rules: str) -> bytes:
    return blake2b(rules.encode(), digest_size=16).digest()
