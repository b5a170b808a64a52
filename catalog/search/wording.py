"""What a person typed, read by us: words, phrases, what is unwanted, and fields. Any text can be read.

Nothing of it reaches Tantivy's own query language.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from catalog.facets import facets
from catalog.query import QueryError
from catalog.text import TOKEN_LENGTH, tokens

LONGEST = 4_000
"""Characters of a question that are read."""
MOST_WORDS = 32
FIELDS = {
    "title": "title",
    "keyword": "keywords",
    "keywords": "keywords",
    "tag": "keywords",
    "org": "organizations",
    "holder": "organizations",
    "notes": "notes",
}
"""What may stand before a colon, beside the facets, and the text field that it means."""
_PIECES = re.compile(r'(-?)(?:([A-Za-z][A-Za-z0-9._]{0,39}):)?"([^"]*)"?|(\S+)')
_NAMED = re.compile(r"([A-Za-z][A-Za-z0-9._]{0,39}):(.+)", re.DOTALL)
_OPERATORS = frozenset({"OR", "NOT", "NEAR", "XOR"})
_FUNCTION_WORDS = (
    "an the of in on at to for from by with and or not is are what which where who how le la les l un une des du "
    "de d en dans au aux et ou sur par pour avec qui que quoi el los las una unos unas del y o e para por con como "
    "donde os as um uma do da dos das em no na nos nas com в у на з із та і и до за про від для из с со к о об от "
    "по не في من على الى عن مع و"
)
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
"""Words that are not required, for everybody writes them and titles leave them out; where they stand they help.

In capitals they are no such words: "UN population", "WHO".
"""


@dataclass(frozen=True, slots=True)
class Word:
    """One word as typed.

    Attributes:
        text: Folded, as it is compared.
        capitals: Typed in capitals.
        half: Typed with a ``*`` at its end.
        code: The piece it is the beginning of, if that may be a p-code; it then stands for the whole piece.
        helps: Not required.
        joined: Joined to the word after it by a hyphen or the like.
    """

    text: str
    capitals: bool = False
    half: bool = False
    code: str = ""
    helps: bool = False
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in order, in one text field or, without ``field``, in any."""

    words: tuple[str, ...]
    field: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """A question's words.

    Attributes:
        words: In the order in which they were typed.
        phrases: What stood in quotes or after a field's name; taken literally.
        unwanted: What may not occur.
        selected: Values per facet, from ``country:UKR``.
        excluded: The same, none of which a record may have.
        notices: What was not understood or left aside.
    """

    words: tuple[Word, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    unwanted: tuple[Phrase, ...] = ()
    selected: tuple[tuple[str, str], ...] = ()
    excluded: tuple[tuple[str, str], ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether there is a word to look for."""
        return bool(self.words or self.phrases)


def read_wording(text: str) -> Wording:
    """Read words, ``"phrases"``, ``-unwanted``, ``half*`` and ``field:value``; never raises."""
    words: dict[str, Word] = {}
    phrases: dict[Phrase, None] = {}
    unwanted: dict[Phrase, None] = {}
    selected: dict[tuple[str, str], None] = {}
    excluded: dict[tuple[str, str], None] = {}
    notices: list[str] = []
    cut = text[:LONGEST]
    for minus, name, quoted, bare in _pieces(cut):
        if name and quoted is not None:
            facet = _facet_value(name, quoted)
            if facet:
                (excluded if minus else selected)[facet] = None
                continue
            if name.casefold() in FIELDS:
                phrase = Phrase(tuple(tokens(quoted)), FIELDS[name.casefold()])
                (unwanted if minus else phrases)[phrase] = None
                continue
            if name.casefold() in facets():
                notices.append(f'"{name}:{quoted[:80]}" names no value known here; it was looked for as words.')
            plain = f"{name} {quoted}"
        elif quoted is not None:
            (unwanted if minus else phrases)[Phrase(tuple(tokens(quoted)))] = None
            continue
        else:
            plain = bare
        if minus:
            unwanted[Phrase(tuple(tokens(plain)))] = None
            continue
        if plain in _OPERATORS:
            notices.append(f'"{plain}" is read as a word, not as a command; leave a word out with -word.')
        for word in _words(plain):
            words.setdefault(word.text, word)
    for some in (phrases, unwanted):
        for phrase in [phrase for phrase in some if not phrase.words]:
            del some[phrase]
    return _bounded(text, words, phrases, unwanted, selected, excluded, notices)


def written(wording: Wording) -> str:
    """The wording as it can be typed: what :func:`read_wording` reads alike."""
    pieces: list[str] = []
    going_on = False
    for word in wording.words:
        said = (word.text.upper() if word.capitals else word.text) + "*" * word.half
        if going_on:
            pieces[-1] += f"-{said}"
        else:
            pieces.append(said)
        going_on = word.joined
    names = {field: name for name, field in reversed(FIELDS.items())}
    for minus, phrases, values in (("", wording.phrases, wording.selected), ("-", wording.unwanted, wording.excluded)):
        for phrase in phrases:
            name = f"{names[phrase.field]}:" if phrase.field else ""
            pieces.append(f'{minus}{name}"{" ".join(phrase.words)}"')
        pieces += [f'{minus}{parameter}:"{value}"' for parameter, value in values]
    return " ".join(pieces)


def _bounded(
    text: str,
    words: dict[str, Word],
    phrases: dict[Phrase, None],
    unwanted: dict[Phrase, None],
    selected: dict[tuple[str, str], None],
    excluded: dict[tuple[str, str], None],
    notices: list[str],
) -> Wording:
    if text.strip() and not (words or phrases or unwanted or selected or excluded):
        notices.append("There is no word in the question; all records are listed.")
    if len(text) > LONGEST or any(len(some) > MOST_WORDS for some in (words, phrases, unwanted, selected, excluded)):
        notices.append(f"Only the first {MOST_WORDS} words were looked for.")
    kept = tuple(words.values())[:MOST_WORDS]
    if not phrases and all(word.helps for word in kept):
        # "who is where" is all that was asked.
        kept = tuple(Word(word.text, word.capitals, word.half, word.code, joined=word.joined) for word in kept)
    return Wording(
        kept, tuple(phrases)[:MOST_WORDS], tuple(unwanted)[:MOST_WORDS], tuple(selected)[:MOST_WORDS],
        tuple(excluded)[:MOST_WORDS], tuple(dict.fromkeys(notices)),
    )  # fmt: skip


def _pieces(text: str) -> Iterator[tuple[str, str, str | None, str]]:
    """Minus, field, quoted or field's value, bare text; the third is None where the fourth is given."""
    for found in _PIECES.finditer(text):
        minus, name, quoted, bare = found.groups()
        if bare is None:
            yield minus, name or "", quoted, ""
            continue
        minus = "-" if bare.startswith("-") else ""
        named = _NAMED.fullmatch(bare.removeprefix("-"))
        if named and not named[2].startswith("//"):
            yield minus, named[1], named[2].strip('"'), ""
        else:
            yield minus, "", None, bare


def _words(bare: str) -> Iterator[Word]:
    found = tokens(bare)
    letters = [character for character in bare if character.isalpha()]
    capitals = len(letters) > 1 and all(character.isupper() for character in letters)
    half = bare.endswith("*") and len(found) == 1
    code = bare if any(character.isdigit() for character in bare) and len(bare) <= TOKEN_LENGTH else ""
    for place, word in enumerate(found):
        helps = word in FUNCTION_WORDS and not capitals and len(found) == 1
        yield Word(word, capitals, half, code if not place else "", helps, place + 1 < len(found))


def _facet_value(name: str, value: str) -> tuple[str, str] | None:
    facet = facets().get(name.casefold())
    if facet is None or not value.strip():
        return None
    try:
        facet.check(value)
    except QueryError:
        return None
    return facet.parameter, value
