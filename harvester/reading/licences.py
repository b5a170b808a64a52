"""Licences as portals write them, under one short name each; a licence's own text stays as it is."""

import re
from functools import lru_cache

LONGEST = 2000
"""Characters kept of a licence that is a text of its own."""

_NAMES = {
    "CC BY": "ccby ccbyinternational creativecommonsattribution creativecommonsattributioninternational",
    "CC BY 3.0": "ccby30",
    "CC BY 4.0": "ccby40 creativecommonsattribution40 creativecommonsattribution40international",
    "CC BY-IGO": "ccbyigo ccbyigo30 ccby30igo creativecommonsattributionforintergovernmentalorganisations",
    "CC BY-SA": "ccbysa creativecommonsattributionsharealike",
    "CC BY-SA 4.0": "ccbysa40",
    "CC BY-NC": "ccbync ccnc creativecommonsattributionnoncommercial",
    "CC BY-NC 4.0": "ccbync40",
    "CC BY-ND": "ccbynd",
    "CC BY-NC-SA 4.0": "ccbyncsa40",
    "CC0": "cc0 cczero cc010 creativecommonszero",
    "ODbL": "odbl odbl10 odcodbl hdxodcodbl opendatabaselicense opendatabaselicenseodcodbl",
    "ODC-BY": "odcby odcby10 hdxodcby opendatacommonsattributionlicense",
    "PDDL": "pddl pddl10 odcpddl hdxpddl opendatacommonspublicdomaindedicationandlicense",
    "Public domain": "otherpdnr publicdomain otherpd publicdomainnorestrictions",
    "Several licences": "hdxmulti multiplelicenses",
}
_NAME = {word: name for name, words in _NAMES.items() for word in words.split()}
_OTHER = {"hdxother", "other", "otheropen", "otherclosed", "otherat", "othernc"}
_UNSAID = {"", "notspecified", "none", "unknown"}


@lru_cache(4096)
def licence(identifier: str, title: str = "", text: str = "") -> str:
    """The short name of a licence the portal names; of another one its text, else its title, else its identifier.

    Args:
        identifier: The portal's id or address of it (``cc-by``, ``http://creativecommons.org/licenses/by/4.0``).
        title: The portal's name of it.
        text: The licence's own words, where the identifier only says *other*.

    Returns:
        Plain text of at most 2,000 characters; empty if the portal says none.
    """
    for word in (_word(identifier), _word(title)):
        if word in _NAME:
            return _NAME[word]
    if _word(identifier) in _UNSAID and not text:
        return "" if _word(title) in _UNSAID else title.strip()[:LONGEST]
    if _word(identifier) in _OTHER | _UNSAID:
        return (text.strip() or title.strip() or identifier.strip())[:LONGEST]
    return (identifier if " " in identifier.strip() else title or identifier).strip()[:LONGEST]


def _word(text: str) -> str:
    short = text.strip().lower()[:200]
    address = re.fullmatch(
        r"https?://creativecommons\.org/(?:licenses|publicdomain)/([a-z-]+)/([0-9.]+)(/igo)?.*", short
    )
    if address:
        short = "cc0" if address[1] == "zero" else f"cc{address[1]}" + ("igo" if address[3] else address[2])
    return re.sub(r"[^a-z0-9]", "", re.sub(r"\(.*?\)", "", short) or short)
