"""Which figures may be told to somebody who may not see all that is counted.

A figure is told if it counts at least ``k``, and if what is left of the whole counts at least ``k`` too: else further
figures are left out, the smallest first (complementary suppression). None is told from a few: whether nothing, one or
four records stand behind a figure that is left out changes nothing of what is told.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

K = 5
"""Fewest records that a figure counts."""


@dataclass(frozen=True, slots=True)
class Told:
    """What may be told: the figures of these cells, and that of the whole."""

    cells: frozenset[str]
    whole: bool


def told(cells: Mapping[str, Collection[int]], whole: Collection[int], k: int = K) -> Told:
    """Which figures may be told.

    Cells may have records in common, as countries have, and records of the whole may be in none: the difference of
    the whole and the cells that are told is therefore looked at record by record.

    Args:
        cells: The records that each figure counts, by their numbers.
        whole: All of them, and any that are in no cell.
        k: Fewest records that a figure counts.
    """
    everything = frozenset(whole).union(*cells.values())
    kept = {name: frozenset(records) for name, records in cells.items() if len(set(records)) >= k}
    behind = everything.difference(*kept.values())
    for name in sorted(kept, key=lambda name: (len(kept[name]), name)):
        if len(behind) >= k:
            break
        del kept[name]
        behind = everything.difference(*kept.values())
    return Told(frozenset(kept), len(behind) >= k)
