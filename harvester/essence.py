"""The essence of what a portal gave, as bytes: what is hashed, kept and normalised."""

import orjson

from catalog.essence import without_keys
from harvester.portal import Native, Portal


def essence_json(portal: Portal, payload: Native) -> bytes:
    """The essence as JSON with sorted keys, its addresses without keys: what is hashed, kept and normalised."""
    return without_keys(orjson.dumps(portal.essence(payload), option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS))
