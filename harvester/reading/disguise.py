"""Texts that are not what they look like: for a person to look at, never for a machine to mend."""

import re

from catalog.text import SHOWN_OVERRIDE

_NO_WIDTH = re.compile("[\u00ad\u200b\u2060-\u2064]|[A-Za-z\u0370-\u052f][\u200c\u200d][A-Za-z\u0370-\u052f]")
_ACCENTS = re.compile("[\u0300-\u036f]{3}")
_LATIN, _GREEK, _CYRILLIC = "A-Za-z\u00c0-\u024f", "\u0370-\u03ff", "\u0400-\u052f"
_MIXED = re.compile(
    "|".join(
        f"[{one}][{other}]"
        for one in (_LATIN, _GREEK, _CYRILLIC)
        for other in (_LATIN, _GREEK, _CYRILLIC)
        if one != other
    )
)


def disguise(text: str) -> str:
    """Why a name or title may not be what it looks like, as the end of a sentence; empty if it is plain."""
    if "[U+202" in text and SHOWN_OVERRIDE.search(text):
        return "turns its reading direction round"
    if text.isascii():
        return ""
    if _NO_WIDTH.search(text):
        return "has characters that nobody sees"
    if _MIXED.search(text):
        return "mixes alphabets within a word"
    return "heaps up accents" if _ACCENTS.search(text) else ""
