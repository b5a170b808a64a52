"""Words of one viewer's index that a half word begins, or that are spelt like one that nothing has."""

from catalog.search.snapshot import Snapshot

MOST = 12
"""Words that a half word stands for."""
_LOOKED_AT = 5_000
"""Words with the same beginning that are compared."""
_SHORT, _LONG = 4, 7
"""Letters from which one letter may be wrong, and from which two may."""


def beginnings(word: str, snapshot: Snapshot) -> tuple[str, ...]:
    """Words that begin so, those that most records have first; the word itself is not among them."""
    found = [(count, one) for one, count in _words(word, snapshot, 1_000) if one != word]
    return tuple(one for _, one in sorted(found, key=lambda pair: (-pair[0], pair[1]))[:MOST])


def near(word: str, snapshot: Snapshot) -> tuple[str, ...]:
    """Words of the same first letter with few letters changed, the nearest first, of those what most records have."""
    allowed = 0 if len(word) < _SHORT else 1 if len(word) < _LONG else 2
    if not allowed or word.isdigit():
        return ()
    found = []
    for one, count in _words(word[0], snapshot, _LOOKED_AT):
        if abs(len(one) - len(word)) <= allowed and not one.isdigit():
            apart = distance(word, one, allowed)
            if apart <= allowed:
                found.append((apart, -count, one))
    return tuple(one for *_, one in sorted(found)[:3])


def distance(one: str, other: str, most: int) -> int:
    """Letters to insert, leave out, change or swap with the next one; ``most + 1`` if it is more than that."""
    if one == other:
        return 0
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        earlier, before, row = before, row, [place]
        for column, against in enumerate(other, 1):
            cost = min(before[column] + 1, row[column - 1] + 1, before[column - 1] + (letter != against))
            if place > 1 and column > 1 and letter == other[column - 2] and one[place - 2] == against:
                cost = min(cost, earlier[column - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def _words(start: str, snapshot: Snapshot, most: int) -> list[tuple[str, int]]:
    searcher = snapshot.opened.searcher
    # Without a filter the words of deleted documents would be listed too.
    return searcher.terms_with_prefix("said", start, filter_query=snapshot.every, limit=most)
