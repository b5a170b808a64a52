"""Country codes as portals write them."""

from functools import cache

import pycountry

WORLD = "WLD"
_OWN = {"world": WORLD, "wld": WORLD, "xkx": "XKX"}


@cache
def iso3_of(text: str) -> str | None:
    """Upper-case ISO 3166-1 alpha-3 of such a code in any case; ``WLD`` of *world*, ``XKX`` of Kosovo; else None."""
    word = text.strip().lower()
    if word in _OWN:
        return _OWN[word]
    return word.upper() if len(word) == 3 and pycountry.countries.get(alpha_3=word) else None  # noqa: PLR2004
