"""What a change of a record is seen by: the hash of its essence and of the rules it was judged by."""

from functools import lru_cache
from hashlib import blake2b

import orjson

from harvester.portal import Native, Portal
from harvester.veil import without_keys


def essence_json(portal: Portal, payload: Native) -> bytes:
    """The essence as JSON with sorted keys, its addresses without keys: what is hashed, kept and normalised."""
    return without_keys(orjson.dumps(portal.essence(payload), option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS))


def record_hash(essence: bytes, rules: str) -> str:
    """32 hexadecimal digits; ``rules`` is the assessor's digest, so that changed rules make all records changed."""
    return blake2b(essence, digest_size=16, salt=_salt(rules)).hexdigest()


@lru_cache(maxsize=8)
def _salt(rules: str) -> bytes:
    return blake2b(rules.encode(), digest_size=16).digest()
