"""Names of people: whether two may be one person's, and whether a name is made to look like another's."""

from collections import Counter
from functools import lru_cache
from unicodedata import category, name, normalize

from catalog.text import tokens

_UNSEEN = frozenset({0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10)})
"""Letters and marks that are drawn as nothing, which Unicode does not call formatting."""
_WRITTEN_TOGETHER = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"})
"""Scripts whose letters stand in one word of good faith."""

_LIKE_LATIN = {
    # Cyrillic
    **dict(zip("АВЕЅІЈКМНОРСТУҮХԀԌԚԜѴЬЗ", "ABESIJKMHOPCTYYXDGQWVb3", strict=True)),
    **dict(zip("авеѕіјкмнорстуүхԁԍԛԝѵьзһӏгп", "abesijkmhopctyyxdgqwvb3hlrn", strict=True)),
    # Greek
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϳ", "ABEZHIKMNOPTYXCj", strict=True)),
    **dict(zip("αβεηικμνορςστυχωϲγ", "abenikuvopsotuxwcy", strict=True)),
    # Armenian
    **dict(zip("ՕՍՏԼՀօսոհցլ", "OUSLZounhgl", strict=True)),
    # Latin letters of other shapes, and digits
    **dict(zip("ıɩɑɡʋᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ01", "iiagvabcdefghijklmnoprstuvwyzol", strict=True)),
}
"""What a letter looks like, in the case in which it is written."""


def same_person(one: str, other: str) -> bool:
    """Whether two names may be the same person's: a second steward has to be another beyond doubt.

    Case, accents, spaces, signs, what is not seen, forms of the same letter and letters of another alphabet that look
    like it make no other person; nor does the order of the words, what comes after two words, a word between them,
    nor a name that is part of the other.
    """
    return _alike(_read(one), _read(other)) or _alike(_looks(one), _looks(other))


def reads_alike(one: str, other: str) -> bool:
    """Whether a reader takes two names for one: the same words, in whatever case and letters that look alike."""
    return _read(one) == _read(other) or _looks(one) == _looks(other)


def disguise(given: str) -> str:
    """Why a name may be made to look like another's, as the end of a sentence; empty if it is plain.

    A word has the letters of one alphabet. Words of several alphabets are a name all the same.
    """
    if given.strip() and not _read(given):
        return "has no letter that is seen"
    for word in "".join(
        letter if letter.isalpha() or category(letter)[0] == "M" else " " for letter in _seen(given)
    ).split():
        scripts = {script for letter in word if (script := _script(letter))}
        if len(scripts) > 1 and not scripts <= _WRITTEN_TOGETHER:
            told = " and ".join(sorted(script.capitalize() for script in scripts))
            return f"has letters of several alphabets in one word ({told})"
    return ""


def _alike(mine: list[str], theirs: list[str]) -> bool:
    whole, another = "".join(mine), "".join(theirs)
    if not whole or not another:
        return whole == another
    begin = len(mine) > 1 and mine[:2] == theirs[:2]
    return begin or sorted(mine) == sorted(theirs) or _among(mine, theirs) or _part(whole, another)


def _among(mine: list[str], theirs: list[str]) -> bool:
    """Whether the words of one, two at the least, are among the other's: somebody left a middle name out."""
    fewer, more = sorted((Counter(mine), Counter(theirs)), key=Counter.total)
    return fewer.total() > 1 and fewer <= more


def _part(whole: str, another: str) -> bool:
    return whole in another or another in whole


@lru_cache(1000)
def _script(letter: str) -> str:
    """The first word of what Unicode calls a letter: LATIN, CYRILLIC, ARABIC ...; empty for what is none."""
    return name(letter, "").split(" ")[0] if category(letter) in {"Lu", "Ll", "Lt", "Lo"} else ""


def _read(given: str) -> list[str]:
    """The words as they are read, in lower case and without accents."""
    return tokens(_seen(given))


def _looks(given: str) -> list[str]:
    """The words as they look, in Latin letters where there is one that looks so."""
    # Before and after each step: compatible forms of some letters look otherwise, and folding brings forth others.
    bare = normalize("NFD", _seen(_latin(normalize("NFD", given))))
    # Small l, capital I and 1 are drawn alike.
    return [_latin(word).replace("l", "i") for word in tokens(_latin(bare))]


def _latin(text: str) -> str:
    return "".join(_LIKE_LATIN.get(letter, letter) for letter in text)


def _seen(given: str) -> str:
    """What of a name is seen."""
    plain = normalize("NFKC", given)
    return "".join(
        letter
        for letter in plain
        if letter.isspace() or (category(letter) not in {"Cf", "Cc"} and ord(letter) not in _UNSEEN)
    )
