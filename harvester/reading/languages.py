"""Languages as portals write them, as BCP 47 tags."""

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from catalog.places import LANGUAGES
from catalog.records import UNDETERMINED
from catalog.text import normalize

if TYPE_CHECKING:
    from babel import Locale

_LONGEST = 100
_MOST = 100
_UNSAID = {
    "",
    "und",
    "none",
    "null",
    "unknown",
    "n a",
    "na",
    "ot",
    "other",
    "others",
    "autre",
    "otro",
    "mul",
    "zxx",
    "mis",
}
_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z]{4})?(?:[-_](?:[A-Za-z]{2}|\d{3}))?(?:[-_.@].*)?")
_NAMES = {
    "azeri": "az",
    "burmese": "my",
    "castellano": "es",
    "castilian": "es",
    "chinese simplified": "zh",
    "dari": "prs",
    "dari persian": "prs",
    "farsi": "fa",
    "farsi persian": "fa",
    "haitian": "ht",
    "kirundi": "rn",
    "kurdish sorani": "ckb",
    "kurmanji": "kmr",
    "pashtu": "ps",
    "persian farsi": "fa",
    "sorani": "ckb",
    "tigrigna": "ti",
    "uyghur": "ug",
}
"""Names that CLDR has under another word, folded."""


def language(value: object) -> str:
    """The BCP 47 tag of one language without its region (``fr``, ``pt``, ``prs``); ``und`` where the field says none.

    Reads codes of ISO 639-1, 639-2 (``fre``, ``fra``) and 639-3, tags (``en_us``, ``pt-BR``), addresses that end with
    a code (EU's list, ``id.loc.gov``), and names in eight languages or its own. ReliefWeb's ``ot`` (other) is ``und``.

    Raises:
        ValueError: It is no language that is known.
    """
    if value is None:
        return UNDETERMINED
    if not isinstance(value, str):
        raise ValueError(f"a language is a text, not {type(value).__name__}")  # noqa: TRY004 - callers note ValueError
    return _language(value[: _LONGEST * 4])


def languages(value: object) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tags of the languages a field lists, each once, and the parts of it that name none; nothing is raised.

    A text is split at ``,``, ``;``, ``|`` and ``/`` unless the whole is one language. ``und`` is left out.
    """
    found: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for part in _parts(value):
        try:
            found[language(part)] = None
        except ValueError:
            unknown[part[:_LONGEST]] = None
    found.pop(UNDETERMINED, None)
    return tuple(found), tuple(unknown)


def _parts(value: object) -> list[str]:
    if isinstance(value, list | tuple):
        return [part for one in value[:_MOST] for part in _parts(one)]
    if not isinstance(value, str):
        return []
    if "://" in value:
        return [value]
    return [part.strip() for part in re.split(r"[,;|/]", value)[:_MOST] if part.strip()]


@lru_cache(4096)
def _language(value: str) -> str:
    word = value.strip()
    if "://" in word:
        word = word.rstrip("/").rpartition("/")[2].rpartition("#")[2]
    word = re.sub(r"\s*\(.*?\)\s*$", "", word) or word
    name = normalize(word)
    if name in _UNSAID:
        return UNDETERMINED
    if (tag := _TAG.fullmatch(word)) and (code := _of_code(tag[1].lower())):
        return code
    found = _NAMES.get(name) or _by_name().get(name)
    if not found:
        raise ValueError(f'no language is called "{" ".join(value.split())[:60]}"')
    return found


def _of_code(code: str) -> str:
    """The shortest code of a language; empty if there is none such."""
    from babel.core import get_global

    alias = str(get_global("language_aliases").get(code, code))
    short = alias if re.fullmatch(r"[a-z]{2,3}", alias) else code
    if short in _english().languages:
        return short
    if len(short) != 3:  # noqa: PLR2004
        return ""
    import pycountry

    entry = pycountry.languages.get(alpha_3=short)
    return str(getattr(entry, "alpha_2", short)) if entry else ""


@cache
def _english() -> "Locale":
    from babel import Locale

    return Locale("en")


@cache
def _by_name() -> dict[str, str]:
    from babel import Locale

    found: dict[str, str] = {}
    for written in LANGUAGES:
        for code, name in Locale(written).languages.items():
            if re.fullmatch(r"[a-z]{2,3}", code):
                found.setdefault(normalize(str(name)), code)
    for code in ("am", "bn", "fa", "hy", "ka", "km", "ku", "lo", "my", "ne", "ps", "so", "sw", "ti", "tr", "ur", "vi"):
        found.setdefault(normalize(str(Locale(code).languages.get(code, ""))), code)
    found.pop("", None)
    return found
