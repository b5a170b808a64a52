"""Light forms: a word without its plural or case, so that one form of it finds the others.

Only endings of number, case and gender go, never those that make another word: "mines" is "mine", "mining" stays
"mining", "train" and "training" stay apart. What is indexed and what is asked are folded alike
(:func:`catalog.text.tokens`) before they come here. A light form is no word, and is shown to nobody.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache

FORMS = "2"
"""Raised by hand when :func:`light` gives another form for the same word: indexes built before are built anew."""

_LEAST = 4
"""Letters of a word in Latin or Cyrillic letters that can have a light form, and of what is left of it."""
_LEAST_ARABIC = 3
_STAYS = ("ss", "us", "is", "ias")
"""Endings in s that are no plural: access, status, analysis; Spanish and Portuguese names."""
_WHOLE = frozenset({"news", "lens", "gas", "chaos", "series"})
"""Words in s that have no plural without it, or are one."""
_PEOPLE = "ese"
"""Sudanese are not Sudan: without its last letter the word would look like a plural."""
_LATIN = (
    ("aux", "al"),  # régionaux
    ("oes", "ao"),  # populações
    ("aes", "ao"),
    ("ciones", "cion"),
    ("siones", "sion"),
    ("dades", "dad"),
    ("ores", "or"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("xes", "x"),
    ("ies", "i"),
    ("s", ""),
)
_GENDER = (
    ("ada", "ado"),
    ("ida", "ido"),
    ("acee", "ace"),  # déplacée
    ("giee", "gie"),  # réfugiée
    ("rnee", "rne"),  # retournée
    ("triee", "trie"),
)
_FINAL_E = 6
"""Letters from which a final e is left out: "límite" and "limites", never "mine"."""
# In folded letters: й is и, ї is і.
_CYRILLIC_TEXT = (
    "ами ями ого ому ему его ими ыми іми ах ях ів ов ев ам ям ом ем єм ою ею єю ои еи ии іи ыи ая яя ое ее их ых "
    "іх ую оі еі иеся ихся имся аяся ую юю ию ія іє ие а я у ю о е є и і ь ы"
)
_CYRILLIC = sorted(_CYRILLIC_TEXT.split(), key=lambda ending: (-len(ending), ending))
_ARABIC_STARTS = ("وال", "بال", "كال", "فال", "لل", "ال")
_ARABIC_ENDS = ("يات", "ات", "ون", "ين", "يه", "ها", "ه")


def light_forms(words: Iterable[str]) -> list[str]:
    """The light form of each word."""
    return [light(word) for word in words]


@lru_cache(maxsize=100_000)
def light(word: str) -> str:
    """The light form of a folded word; folding it twice changes nothing."""
    if word.isascii():
        return _to_the_end(word, _latin) if word.isalpha() and len(word) >= _LEAST else word
    first = word[0]
    if "\u0400" <= first <= "\u04ff":
        return _cyrillic(word)
    if "\u0621" <= first <= "\u064a":
        return _to_the_end(word, _arabic)
    return word


def _to_the_end(word: str, step: Callable[[str], str]) -> str:
    for _ in range(4):
        before, word = word, step(word)
        if word == before:
            break
    return word


def _latin(word: str) -> str:
    if word in _WHOLE or word.endswith(_PEOPLE):
        return word
    if not word.endswith(_STAYS):
        for ending, instead in _LATIN:
            if word.endswith(ending) and len(word) - len(ending) + len(instead) >= _LEAST - 1:
                word = word[: len(word) - len(ending)] + instead
                break
    for ending, instead in _GENDER:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: len(word) - len(ending)] + instead
    if word.endswith("e") and not word.endswith("ee") and len(word) >= _FINAL_E:
        word = word[:-1]
    # boundary, boundaries
    return word[:-1] + "i" if word.endswith("y") and len(word) > _LEAST and word[-2] not in "aeiou" else word


def _cyrillic(word: str) -> str:
    for ending in _CYRILLIC:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST - 1:
            word = word[: len(word) - len(ending)]
            break
    # розмінування, розмінувань
    return word[:-1] if word.endswith("нн") and len(word) > _LEAST else word


def _arabic(word: str) -> str:
    for start in _ARABIC_STARTS:
        if word.startswith(start) and len(word) - len(start) >= _LEAST_ARABIC:
            word = word[len(start) :]
            break
    for ending in _ARABIC_ENDS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_ARABIC:
            return word[: len(word) - len(ending)]
    return word
