"""Countries: their ISO 3166-1 alpha-3 codes and what people call them."""

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from catalog.text import normalize

if TYPE_CHECKING:
    from babel import Locale

WORLD = "WLD"
KOSOVO = "XKX"
LANGUAGES = ("en", "fr", "es", "ar", "uk")

_ENGLISH = {
    WORLD: "World",
    KOSOVO: "Kosovo",
    "COD": "Democratic Republic of the Congo",
    "COG": "Congo",
    "MMR": "Myanmar",
    "PSE": "State of Palestine",
}
_ALSO = {
    "global": WORLD,
    "worldwide": WORLD,
    "xk": KOSOVO,
    "drc": "COD",
    "dr congo": "COD",
    "democratic republic of congo": "COD",
    "congo kinshasa": "COD",
    "congo brazzaville": "COG",
    "republic of the congo": "COG",
    "car": "CAF",
    "opt": "PSE",
    "occupied palestinian territory": "PSE",
    "palestine": "PSE",
    "gaza strip": "PSE",
    "west bank": "PSE",
    "burma": "MMR",
    "turkey": "TUR",
    "ivory coast": "CIV",
    "swaziland": "SWZ",
    "cape verde": "CPV",
    "north korea": "PRK",
    "dprk": "PRK",
    "south korea": "KOR",
    "east timor": "TLS",
    "macedonia": "MKD",
    "micronesia": "FSM",
    "uk": "GBR",
    "usa": "USA",
}


@lru_cache(maxsize=10_000)
def country_name(iso3: str, language: str = "en") -> str:
    """What a country is called in a language (``en``, ``fr``, ``ar`` ..); English where the language is not known.

    A code that names no country (``XAA``) is given back as it is.
    """
    import pycountry

    code = iso3.upper()
    locale = _locale(language)
    if locale.language == "en" and code in _ENGLISH:
        return _ENGLISH[code]
    if code == WORLD:
        return str(locale.territories["001"])
    entry = pycountry.countries.get(alpha_3=code)
    alpha_2 = "XK" if code == KOSOVO else entry.alpha_2 if entry else ""
    return str(locale.territories.get(alpha_2) or (entry.name if entry else iso3))


@lru_cache(maxsize=10_000)
def iso3_of(text: str) -> str | None:
    """The upper-case ISO3 code of a country given by ISO2, ISO3 or name in one of five languages; ``None`` if unknown.

    ``WLD`` is the world, ``XKX`` Kosovo. Case and accents do not matter.
    """
    word = normalize(text)
    # Portals give codes; the names of all countries in five languages are 5 MB.
    return _of_code(word) or _codes().get(word)


def _of_code(word: str) -> str | None:
    import pycountry

    code = word.upper()
    if code in {WORLD, KOSOVO}:
        return code
    found = (
        pycountry.countries.get(alpha_3=code)
        if len(code) == 3  # noqa: PLR2004
        else pycountry.countries.get(alpha_2=code)
        if len(code) == 2  # noqa: PLR2004
        else None
    )
    return found.alpha_3 if found else None


@cache
def _codes() -> dict[str, str]:
    import pycountry

    found: dict[str, str] = {}
    for entry in pycountry.countries:
        for name in (entry.name, getattr(entry, "official_name", ""), getattr(entry, "common_name", "")):
            found[normalize(name)] = entry.alpha_3
        for language in LANGUAGES:
            found[normalize(country_name(entry.alpha_3, language))] = entry.alpha_3
    for code in (WORLD, KOSOVO):
        for language in LANGUAGES:
            found[normalize(country_name(code, language))] = code
    found.update(_ALSO)
    found.pop("", None)
    return found


@cache
def _locale(language: str) -> "Locale":
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")
