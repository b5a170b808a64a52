"""Text made comparable: the same folding for what is indexed and for what is asked."""

import re
import unicodedata
from functools import lru_cache

TOKEN_LENGTH = 64
"""Characters of a token that count; a longer run (an address, a base64 block) is cut alike on both sides."""

FOLDING = "3"
"""Raised by hand when :func:`normalize` gives another text for the same input: indexes built before are built anew."""

_LETTERS = {
    **dict(zip("øłđħıŧŋþð", ("o", "l", "d", "h", "i", "t", "n", "th", "d"), strict=True)),
    "æ": "ae",
    "œ": "oe",
    # Arabic and Persian letters that are written for one another.
    "ٱ": "ا",
    "ى": "ي",
    "ی": "ي",
    "ک": "ك",
    "ة": "ه",
    "ـ": "",
}
_MARKS = frozenset(
    point for start, end in ((0x0300, 0x036F), (0x064B, 0x065F), (0x06D6, 0x06ED)) for point in range(start, end + 1)
) | {0x0670}


class _Folding(dict[int, str]):
    """What each character becomes, learnt as characters are met: a translation table for ``str.translate``."""

    def __missing__(self, point: int) -> str:
        self[point] = folded = _fold(chr(point))
        return folded


def _fold(character: str) -> str:
    if character in _LETTERS:
        return _LETTERS[character]
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category[0] in "LN":
        return character
    if category[0] == "M":
        return "" if ord(character) in _MARKS else character
    # Joiners, soft hyphens and direction marks stand inside words without parting them.
    return "" if category == "Cf" else " "


_FOLDING = _Folding()
SHOWN_OVERRIDE = re.compile(r"\[U\+202[DE]\]")
"""How a reading shows an override of the direction of letters; it parts no word."""
_ASCII = {point: chr(point).lower() if chr(point).isalnum() else " " for point in range(128)}


def normalize(text: str) -> str:
    """Fold case, accents, Arabic letter forms and digits; everything that is no letter or digit parts words.

    Returns the words in order with one space between them, each cut at :data:`TOKEN_LENGTH`. Folding twice changes
    nothing. No input raises, lone surrogates included.
    """
    return " ".join(tokens(text))


def tokens(text: str) -> list[str]:
    """The words of :func:`normalize`."""
    if "[U+202" in text:
        text = SHOWN_OVERRIDE.sub("", text)
    if text.isascii():
        words = text.translate(_ASCII).split()
    else:
        words = []
        for piece in text.split():
            words += piece.translate(_ASCII).split() if piece.isascii() else _folded(piece)
    return [word[:TOKEN_LENGTH] for word in words] if len(text) > TOKEN_LENGTH else words


@lru_cache(maxsize=50_000)
def _folded(piece: str) -> tuple[str, ...]:
    # Composing can bring forth letters that fold once more, so folding goes on until nothing changes.
    for _ in range(4):
        before, piece = piece, unicodedata.normalize("NFKC", piece).casefold()
        piece = unicodedata.normalize("NFC", unicodedata.normalize("NFD", piece).translate(_FOLDING))
        if piece == before:
            break
    return tuple(piece.split())
