"""Country names and codes as portals write them, as ISO 3166-1 alpha-3."""

import re
import unicodedata
from functools import cache

_LANGUAGES = ("en", "fr", "es", "ar", "uk")
_ALIASES = {
    "COD": "congo dem rep, dr congo, drc, democratic republic of congo, congo kinshasa",
    "COG": "congo rep, republic of congo, congo brazzaville",
    "CIV": "cote d ivoire, ivory coast",
    "EGY": "egypt arab rep",
    "GMB": "gambia the, the gambia",
    "IRN": "iran islamic rep, iran islamic republic of",
    "KGZ": "kyrgyz republic",
    "LAO": "lao pdr",
    "MMR": "myanmar burma, burma",
    "PRK": "korea dem rep, dprk",
    "PSE": "west bank and gaza, occupied palestinian territory, opt, state of palestine, palestine, gaza strip",
    "SSD": "republic of south sudan",
    "SYR": "syrian arab rep, syria",
    "TUR": "turkey",
    "VEN": "venezuela rb, venezuela bolivarian republic of",
    "WLD": "world, global, worldwide, international, monde, mundo",
    "XKX": "kosovo, xkx, xk, kos",
    "YEM": "yemen rep, republic of yemen",
}
_LONGEST = 500


def iso3(value: str) -> str:
    """The alpha-3 code of one country given by code or by name (English, French, Spanish, Arabic, Ukrainian).

    Returns:
        Upper case; ``XKX`` for Kosovo, ``WLD`` for the world.

    Raises:
        ValueError: No country is called that.
    """
    key = _key(value)
    code = _codes().get(key)
    if code is None:
        raise ValueError(f'no country is called "{value.strip()[:60]}"')
    return code


def countries(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The codes of the countries a text lists, and the parts of it that name none.

    Parts stand apart by ``;``, ``|`` or a line's end, or by commas unless the whole is one name ("Congo, Dem. Rep.").
    """
    found: dict[str, None] = {}
    unknown: list[str] = []
    for part in filter(None, map(str.strip, re.split(r"[;|\n]", text[:_LONGEST]))):
        for name in (part,) if _key(part) in _codes() else filter(None, map(str.strip, part.split(","))):
            try:
                found[iso3(name)] = None
            except ValueError:
                unknown.append(name)
    return tuple(found), tuple(unknown)


@cache
def _codes() -> dict[str, str]:
    import pycountry
    from babel import Locale

    codes: dict[str, str] = {}
    alpha3 = {country.alpha_2: country.alpha_3 for country in pycountry.countries}
    for language in _LANGUAGES:
        for territory, name in Locale(language).territories.items():
            if territory in alpha3:
                codes.setdefault(_key(name), alpha3[territory])
    for country in pycountry.countries:
        names = (country.name, getattr(country, "official_name", ""), getattr(country, "common_name", ""))
        for name in (*names, country.alpha_2, country.alpha_3):
            if name:
                codes.setdefault(_key(name), country.alpha_3)
    for code, aliases in _ALIASES.items():
        codes.update({_key(alias): code for alias in (code, *aliases.split(", "))})
    return codes


def _key(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name[:_LONGEST].casefold())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(re.sub(r"\W+", " ", letters.replace("&", " and ")).split())
