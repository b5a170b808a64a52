"""What a person typed, as words to look for. It never reaches Tantivy's own query language."""

import re
from dataclasses import dataclass

from catalog.text import tokens

MOST_WORDS = 32
_PIECES = re.compile(r'(-?)"([^"]*)"?|(\S+)')


@dataclass(frozen=True, slots=True)
class Words:
    """What is looked for.

    Attributes:
        wanted: Each a word, or the words of a phrase in order; all are required first.
        unwanted: The same, none of which may occur.
        notices: What was not understood or left aside.
    """

    wanted: tuple[tuple[str, ...], ...] = ()
    unwanted: tuple[tuple[str, ...], ...] = ()
    notices: tuple[str, ...] = ()


def read_words(text: str) -> Words:
    """Read words, ``"phrases in quotes"`` and ``-unwanted`` ones; any text can be read."""
    wanted: dict[tuple[str, ...], None] = {}
    unwanted: dict[tuple[str, ...], None] = {}
    for found in _PIECES.finditer(text):
        minus, quoted, bare = found.group(1), found.group(2), found.group(3)
        if bare is None:
            (unwanted if minus else wanted)[tuple(tokens(quoted))] = None
        elif bare.startswith("-"):
            unwanted[tuple(tokens(bare))] = None
        else:
            wanted.update({(word,): None for word in tokens(bare)})
    wanted.pop((), None)
    unwanted.pop((), None)
    notices = []
    if text.strip() and not wanted and not unwanted:
        notices.append("There is no word in the question; all records are listed.")
    if len(wanted) + len(unwanted) > MOST_WORDS:
        notices.append(f"Only the first {MOST_WORDS} words were looked for.")
    return Words(tuple(wanted)[:MOST_WORDS], tuple(unwanted)[:MOST_WORDS], tuple(notices))
