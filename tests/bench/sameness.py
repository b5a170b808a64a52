"""How well records of one dataset are found: ``python -m tests.bench.sameness`` writes ``tests/bench/sameness.json``.

The labelled pairs of ``tests/sameness`` are halved by a hash of their keys. Weights were set by looking at the first
half, and the second was measured when they stood. Who set them had labelled all pairs, so the second half is held out
from the setting, not from the mind. A pair counts as found if the two records share a key that no more than 50 records
have and their score reaches what is shown.

It reads ``../shared``; no title and no address of it is kept.
"""

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from catalog.sameness import MOST_ALIKE, Traits, compare, keys, of_record
from tests.bench.figures import SAMENESS, sameness_rendered
from tests.sameness.recorded import PORTALS, records

LABELLED = Path(__file__).parent.parent / "sameness"
Pair = Mapping[str, str]


def main() -> int:
    """Measure, write, print."""
    if not PORTALS.is_dir():
        print("../shared/portals is missing: nothing is measured, sameness.json stays as it is.", file=sys.stderr)
        return 0
    found = measure()
    SAMENESS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8", newline="\n")
    print(sameness_rendered(found))
    return 0


def measure() -> dict[str, Any]:
    """Both halves, the second by label and by how its pairs were pooled, and the agreement of two labellings."""
    traits = {key: of_record(record, key.split(":")[0]) for key, record in records().items()}
    shared_by = Counter(key for one in traits.values() for key in keys(one))
    pairs = read("pairs")
    said = {(row["first"], row["second"]): _same(traits, shared_by, row) for row in pairs}
    halves = {half: [row for row in pairs if _half(row) == half] for half in ("first", "second")}
    held_out = halves["second"]
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "records": len(traits),
        "pairs": len(pairs),
        "halves": {half: tally(rows, said) for half, rows in halves.items()},
        "labels": {
            label: {"count": len(rows), "shown_as_same": sum(said[row["first"], row["second"]] for row in rows)}
            for label, rows in _by(held_out, "label").items()
        },
        "pools": {pool: tally(rows, said) for pool, rows in _by(held_out, "pool").items()},
        "agreement": agreement(pairs, read("pairs_again")),
    }


def tally(rows: Sequence[Pair], said: Mapping[tuple[str, str], bool]) -> dict[str, Any]:
    """Precision and recall on *same*; 1 where there is nothing to be right about."""
    counted = Counter((row["label"] == "same", said[row["first"], row["second"]]) for row in rows)
    right, wrong, missed = counted[True, True], counted[False, True], counted[True, False]
    return {
        "pairs": len(rows),
        "same": right + missed,
        "precision": round(right / (right + wrong), 3) if right + wrong else 1.0,
        "recall": round(right / (right + missed), 3) if right + missed else 1.0,
    }


def agreement(first: Iterable[Pair], again: Sequence[Pair]) -> dict[str, float]:
    """How often two labellings agree, and Cohen's kappa over the four labels and over *same* against the rest."""
    labels = {(row["first"], row["second"]): row["label"] for row in first}
    pairs = [(labels[row["first"], row["second"]], row["label"]) for row in again]
    return {
        "pairs": len(pairs),
        "agreed": sum(one == other for one, other in pairs),
        "kappa": kappa(pairs),
        "kappa_same": kappa([(one == "same", other == "same") for one, other in pairs]),
    }


def kappa(pairs: Sequence[tuple[object, object]]) -> float:
    """Cohen's."""
    one, other = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    agreed = sum(a == b for a, b in pairs) / len(pairs)
    chance = sum(one[value] * other[value] for value in one) / len(pairs) ** 2
    return round((agreed - chance) / (1 - chance), 2)


def read(name: str) -> list[dict[str, str]]:
    """A file of labels."""
    with (LABELLED / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _same(traits: Mapping[str, Traits], shared_by: Mapping[int, int], row: Pair) -> bool:
    one, other = traits[row["first"]], traits[row["second"]]
    met = any(shared_by[key] <= MOST_ALIKE for key in keys(one) & keys(other))
    return met and compare(one, other).same


def _half(row: Pair) -> str:
    even = blake2b(f"{row['first']} {row['second']}".encode(), digest_size=1).digest()[0] % 2 == 0
    return "first" if even else "second"


def _by(rows: Sequence[Pair], column: str) -> dict[str, list[Pair]]:
    return {value: [row for row in rows if row[column] == value] for value in sorted({row[column] for row in rows})}


if __name__ == "__main__":
    sys.exit(main())
