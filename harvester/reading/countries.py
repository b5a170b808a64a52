"""Countries as portals write them, as ISO 3166-1 alpha-3 (``XKX`` Kosovo, ``AB9`` Abyei, ``WLD`` the world)."""

import re

from catalog.places import Scheme, iso3_of
from catalog.text import normalize

_LONGEST = 500
_LONGEST_SHOWN = 60
_MOST = 300
_TOGETHER = {"serbia and kosovo s res 1244 1999": ("SRB", "XKX"), "serbia and kosovo": ("SRB", "XKX")}
"""Names that stand for two, as UNHCR writes them, folded."""


def country(value: object, scheme: Scheme = "") -> str:
    """The code of the one country a field gives; empty if it is blank.

    Args:
        value: A code or a name of any spelling; a number only with the scheme ``m49``.
        scheme: What the portal declares it to be, see :func:`catalog.places.iso3_of`.

    Raises:
        ValueError: It is no country that is known, or stands for several.
    """
    if value is None or value == "":
        return ""
    text = _text(value, scheme)
    if not text.strip():
        return ""
    code = iso3_of(text[:_LONGEST], scheme)
    if not code:
        shown = " ".join(text.split())[:_LONGEST_SHOWN]
        raise ValueError(f'no country is called "{shown}"')
    return code


def countries(value: object, scheme: Scheme = "") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The codes of the countries a field lists, and the parts of it that name none; nothing is raised.

    A list is read part by part. In a text, parts stand apart by ``;``, ``|`` or a line's end, or by commas, slashes or
    "and" unless the whole is one name ("Congo, Dem. Rep.", "Bosnia and Herzegovina").
    """
    found: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for part in _parts(value):
        codes, rest = _read(part, scheme)
        found |= dict.fromkeys(codes)
        unknown |= dict.fromkeys(rest)
    return tuple(found), tuple(unknown)


def _parts(value: object) -> list[str]:
    if isinstance(value, list | tuple):
        return [part for one in value[:_MOST] for part in _parts(one)]
    if isinstance(value, str):
        return _trimmed(re.split(r"[;|\n]", value[:_LONGEST]))
    return [str(value)] if isinstance(value, int) and not isinstance(value, bool) else []


def _read(part: str, scheme: Scheme) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if codes := _codes(part, scheme):
        return codes, ()
    found: list[str] = []
    unknown: list[str] = []
    for name in _trimmed(part.split(",")):
        one = _codes(name, scheme) or _each(name, scheme)
        found += one
        if not one:
            unknown.append(name)
    return tuple(found), tuple(unknown)


def _codes(name: str, scheme: Scheme) -> tuple[str, ...]:
    code = iso3_of(name, scheme)
    return (code,) if code else _TOGETHER.get(normalize(name), ())


def _each(name: str, scheme: Scheme) -> tuple[str, ...]:
    """The countries of "Lebanon and Syria", if both are known."""
    parts = _trimmed(re.split(r"\s(?:and|et|y|e|و)\s|[&/]", name))
    codes = [code for part in parts for code in _codes(part, scheme)]
    return tuple(codes) if len(parts) > 1 and len(codes) >= len(parts) else ()


def _text(value: object, scheme: Scheme) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and scheme == "m49":
        return str(value)
    raise ValueError(f"a country is a text, not {type(value).__name__}")


def _trimmed(parts: list[str]) -> list[str]:
    return [part.strip() for part in parts if part.strip()]
