"""Lists of countries as portals write them, as ISO 3166-1 alpha-3."""

import re

from catalog.places import iso3_of
from catalog.text import normalize

_LONGEST = 500
_INVERTED = {
    "congo dem rep": "COD",
    "congo rep": "COG",
    "egypt arab rep": "EGY",
    "gambia the": "GMB",
    "iran islamic rep": "IRN",
    "korea dem people s rep": "PRK",
    "korea rep": "KOR",
    "kyrgyz republic": "KGZ",
    "lao pdr": "LAO",
    "syrian arab rep": "SYR",
    "venezuela rb": "VEN",
    "west bank and gaza": "PSE",
    "yemen rep": "YEM",
}
"""Names as development banks write them, folded."""


def countries(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The codes of the countries a text lists, and the parts of it that name none.

    Parts stand apart by ``;``, ``|`` or a line's end, or by commas unless the whole is one name ("Congo, Dem. Rep.").
    """
    found: dict[str, None] = {}
    unknown: list[str] = []
    for part in _trimmed(re.split(r"[;|\n]", text[:_LONGEST])):
        for name in (part,) if _iso3(part) else _trimmed(part.split(",")):
            code = _iso3(name)
            if code:
                found[code] = None
            else:
                unknown.append(name)
    return tuple(found), tuple(unknown)


def _iso3(name: str) -> str | None:
    return iso3_of(name) or _INVERTED.get(" ".join(re.sub(r"\W+", " ", normalize(name)).split()))


def _trimmed(parts: list[str]) -> list[str]:
    return [part.strip() for part in parts if part.strip()]
