"""Places as people type them: countries, their first administrative level, and p-codes.

Names of the first level are those of ISO 3166-2 in the languages in which they are translated, and those of
``config/vocab/places.csv``. What two places are called by is given with both: whoever asks has to say which is meant.
P-codes of the first level, which the codes of all levels below begin with, are in ``config/vocab/p-codes.csv``.
"""

import csv
import gettext
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pycountry

from catalog.places import LANGUAGES, WORLD, country_name, iso3_of
from catalog.search.forms import light_forms
from catalog.text import tokens
from config.load import SHIPPED

LONGEST = 8
"""Words of a name."""
_SHORTEST = 4
"""Letters of a name of the first level, or of a country that is not a code."""
_CASED = ("uk", "ru", "ar")
_MOST = 5
"""Places that a name may have; what more are called by is a direction."""
_TRANSLATED = ("uk", "ru", "fr", "es", "pt")
_KINDS_TEXT = (
    "oblast region province governorate state district department county prefecture city republic autonomous "
    "respublika avtonomna область автономна республика республіка автономная город місто departamento provincia "
    "estado distrito the of de la del"
)
_KINDS = frozenset(_KINDS_TEXT.split())
_NO_NAME_TEXT = (
    "central centre center centro north south east west northern southern eastern western nord sud est ouest norte "
    "sur este oeste capital islands coast plateau plateaux rivers delta lakes lacs highlands upper lower commune "
    "region para unity savanes littoral litoral reading bath bury"
)
_NO_NAME = frozenset(_NO_NAME_TEXT.split())
"""Words that alone are the name of some first level and mean a direction or a landscape to everybody else."""
_P_CODE = re.compile(r"([A-Za-z]{2,3})[-_ ]?(\d{1,12}(?:[-_]\d{1,6}){0,4})((?:[A-Za-z]\d{1,6}){0,3})")
_YEAR = re.compile(r"(?:19|20)\d\d")
_NUMBERED = frozenset({"UA"})
"""Countries whose p-codes are those of ISO 3166-2."""
_CONGO = ("COG", "COD")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A country, or a first level in it.

    Attributes:
        iso3: The country.
        code: ISO 3166-2 of the first level (``UA-65``); empty for the country itself.
        name: What it is called, in English where that is known.
        spellings: Folded names of a first level, by which a text may call it.
    """

    iso3: str
    code: str = ""
    name: str = ""
    spellings: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """``Khersonska oblast, Ukraine``; the country alone where it is one."""
        country = country_name(self.iso3)
        return f"{self.name}, {country}" if self.code else country


def named(words: Sequence[str], *, capitals: bool = False) -> tuple[Place, ...]:
    """The places that these folded words are the name of; several where it is ambiguous.

    Args:
        words: All of the name, in order.
        capitals: Whether it was typed in capitals, without which two or three letters are no code ("per", "and").
    """
    said = " ".join(words)
    if len(said) < _SHORTEST and said.isascii() and not capitals:
        return ()
    if said == "congo":
        return tuple(map(Place, _CONGO))
    iso3 = iso3_of(said, "" if capitals and len(said) <= 3 else "name")  # noqa: PLR2004
    if iso3 and iso3 != WORLD:
        return (Place(iso3),)
    if len(said) < _SHORTEST:
        return ()
    found = _first_levels().get(said, ())
    if found or said.isascii() or len(said) <= _SHORTEST:
        return found
    return _inflected().get(" ".join(light_forms(words)), ())


def is_whole_name(words: Sequence[str]) -> bool:
    """Whether these folded words are all of a country's name, small words among them: "Sudán del Sur"."""
    return tuple(words) in _country_names()


def is_country(words: Sequence[str]) -> bool:
    """Whether these folded words are the very name of a country, in no other case or number."""
    said = " ".join(words)
    return len(said) >= _SHORTEST and iso3_of(said, "name") not in {None, WORLD}


def coded(text: str) -> Place | None:
    """The place of a code of ISO 3166-2 (``ML-10``), else of a p-code (``UA65``, ``SD01001``); None if it is none."""
    return first_level(text) or _of_p_code(text)


def first_level(text: str) -> Place | None:
    """The first level of a code of ISO 3166-2 (``CD-NK``); None if it is none."""
    return _by_code().get(text.upper())


def _of_p_code(text: str) -> Place | None:
    found = _P_CODE.fullmatch(text)
    if found is None:
        return None
    letters, digits = found[1].upper(), re.sub("[-_]", "", found[2])
    for length in range(len(digits), 0, -1):
        if (first := _p_codes().get(letters + digits[:length])) is not None:
            return first
    if len(digits) == 1 or found[3]:
        return None
    if len(letters) == 3 and _YEAR.fullmatch(digits):  # noqa: PLR2004 - MAR2023 is a month
        return None
    iso3 = iso3_of(letters, "iso2" if len(letters) == 2 else "iso3")  # noqa: PLR2004
    if iso3 is None:
        return None
    return Place(iso3)


def warm() -> None:
    """Read all names now, so that no question waits for them: they are some 10,000."""
    named(["kherson"])
    is_whole_name(["kherson"])
    _inflected()


@cache
def _country_names() -> frozenset[tuple[str, ...]]:
    """What countries are called, folded."""
    return frozenset(
        tuple(tokens(country_name(one.alpha_3, language))) for language in LANGUAGES for one in pycountry.countries
    )


@cache
def _first_levels() -> dict[str, tuple[Place, ...]]:
    """First levels by folded name."""
    found: dict[str, dict[Place, None]] = {}
    for place in _by_code().values():
        for spelling in place.spellings:
            found.setdefault(spelling, {})[place] = None
    return {name: tuple(sorted(places)) for name, places in found.items() if len(places) <= _MOST}


@cache
def _inflected() -> dict[str, tuple[Place, ...]]:
    """Names in letters other than Latin ones by their light forms, for these languages write a case onto them."""
    found: dict[str, tuple[Place, ...]] = {
        " ".join(light_forms(tokens(country_name(one.alpha_3, language)))): (Place(one.alpha_3),)
        for language in _CASED
        for one in pycountry.countries
    }
    for name, places in _first_levels().items():
        if not name.isascii():
            found.setdefault(" ".join(light_forms(name.split())), places)
    return found


@cache
def _by_code() -> dict[str, Place]:
    said = [gettext.translation("iso3166-2", pycountry.LOCALES_DIR, [one], fallback=True) for one in _TRANSLATED]
    ours = _ours()
    found: dict[str, Place] = {}
    for entry in pycountry.subdivisions:
        iso3 = iso3_of(entry.country_code, "iso2")
        if iso3 is None or (entry.parent_code and entry.code not in ours):
            continue
        names = [*(part for name in (entry.name, *(one.gettext(entry.name) for one in said)) for part in _parts(name))]
        called = ours.get(entry.code, ())
        spellings = dict.fromkeys(spelling for name in (*called, *names) for spelling in _spellings(name))
        found[entry.code] = Place(iso3, entry.code, called[0] if called else entry.name, tuple(spellings))
    return found


def _parts(name: str) -> Iterator[str]:
    """``Name [other name]`` as two names."""
    for part in re.split(r"[\[\]()/]", name):
        if part.strip():
            yield part


def _spellings(name: str) -> Iterator[str]:
    words = tokens(name)
    bare = [word for word in words if word not in _KINDS]
    for some in (words, bare):
        said = " ".join(some)
        if len(said) >= _SHORTEST and said not in _NO_NAME and iso3_of(said, "name") is None and len(some) <= LONGEST:
            yield said


@cache
def _p_codes() -> dict[str, Place]:
    places = _by_code()
    own = {code.replace("-", ""): place for code, place in places.items() if code[:2] in _NUMBERED}
    with (Path(SHIPPED) / "vocab" / "p-codes.csv").open(encoding="utf-8", newline="") as file:
        return own | {row["p_code"]: places[row["code"]] for row in csv.DictReader(file)}


@cache
def _ours() -> dict[str, tuple[str, ...]]:
    with (Path(SHIPPED) / "vocab" / "places.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: tuple(row["names"].split("; ")) for row in csv.DictReader(file)}
