"""How well it is told which datasets count towards a need: ``python -m tests.bench.needs`` writes ``needs.json``.

The labelled pairs of ``tests/needs`` are halved by a hash of their keys. Needs were worded by looking at the first
half, and the second was measured when they stood. Who worded them had labelled all pairs, so the second half is held
out from the wording, not from the mind.

A pair counts if the record counts towards the need at all, *whole* if it is told to answer the whole question. Only
what is whole can make a need *met*: a pair that is told whole and is labelled otherwise is the error that matters most.

It reads ``../shared``; no word of it is kept.
"""

import csv
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

from catalog.needs.held import Held, held
from catalog.needs.judging import Verdict, weigh
from catalog.needs.ways import Ways
from config.load import needs
from config.settings import Settings
from tests.bench.sameness import kappa
from tests.bench.search import TODAY
from tests.needs.recorded import documents
from tests.sameness.recorded import PORTALS

NEEDS = Path(__file__).with_name("needs.json")
LABELLED = Path(__file__).parent.parent / "needs"
Pair = Mapping[str, str]


def main() -> int:
    """Measure, write, print."""
    if not PORTALS.is_dir():
        print("../shared/portals is missing: nothing is measured, needs.json stays as it is.", file=sys.stderr)
        return 0
    found = measure()
    NEEDS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8", newline="\n")
    print(json.dumps(found, indent=2))
    if "--errors" in sys.argv:
        show_errors()
    return 0


def measure() -> dict[str, Any]:
    """Both halves, the second by how its pairs were pooled, and the agreement of two labellings."""
    pairs = read("pairs")
    said = judged(pairs)
    halves = {half: [row for row in pairs if half_of(row) == half] for half in ("first", "second")}
    again = read("pairs_again")
    first = {(row["need"], row["dataset"]): row["counts"] for row in pairs}
    both = [(first[row["need"], row["dataset"]], row["counts"]) for row in again]
    pools = sorted({row["pool"] for row in pairs})
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "pairs": len(pairs),
        "labels": dict(sorted(Counter(row["counts"] for row in pairs).items())),
        "halves": {half: tally(rows, said) for half, rows in halves.items()},
        "pools": {pool: tally([row for row in halves["second"] if row["pool"] == pool], said) for pool in pools},
        "agreement": {
            "pairs": len(both),
            "agreed": sum(one == other for one, other in both),
            "kappa": kappa(both),
            "kappa_counts": kappa([(one != "no", other != "no") for one, other in both]),
        },
    }


def judged(pairs: Sequence[Pair]) -> dict[tuple[str, str], tuple[str, bool]]:
    """By need and dataset: ``whole``, ``part`` or ``no``, and whether it made the need met when its data was new.

    Recordings are years old: on today's date nearly nothing is met. So each is judged on the day after its last change.
    """
    asked = {need.id: need for need in needs(Settings()).of()}
    ways = Ways(asked.items())
    shown = dict(documents(frozenset(row["dataset"] for row in pairs)))
    records: dict[str, Held | None] = {
        key: held(1, {**document, "countries": document["countries"] or ["WLD"]}, ways)
        for key, document in shown.items()
    }
    found = {}
    for row in pairs:
        record = records.get(row["dataset"])
        counted = None if record is None else record.counts.get(row["need"])
        if record is None or counted is None:
            found[row["need"], row["dataset"]] = "no", False
            continue
        last = max((day for day in (record.modified, record.end) if day is not None), default=TODAY)
        on = last + timedelta(days=1)
        weighed = weigh(row["need"], asked[row["need"]].met_by, record.countries[0], record, on)
        meets = weighed.verdict is Verdict.MEETS
        found[row["need"], row["dataset"]] = ("part" if counted.part else "whole"), meets
    return found


def tally(rows: Sequence[Pair], said: Mapping[tuple[str, str], tuple[str, bool]]) -> dict[str, Any]:
    """Precision and recall of *counts*, and how often what is told whole is not; 1 where nothing is told."""
    counted = Counter((row["counts"], said[row["need"], row["dataset"]][0]) for row in rows)
    labelled = sum(number for (label, _), number in counted.items() if label != "no")
    told = sum(number for (_, verdict), number in counted.items() if verdict != "no")
    right = sum(number for (label, verdict), number in counted.items() if label != "no" and verdict != "no")
    whole = sum(number for (_, verdict), number in counted.items() if verdict == "whole")
    met = [row for row in rows if said[row["need"], row["dataset"]][1]]
    return {
        "pairs": len(rows),
        "labelled_as_counting": labelled,
        "told_as_counting": told,
        "precision": round(right / told, 3) if told else 1.0,
        "recall": round(right / labelled, 3) if labelled else 1.0,
        "told_whole": whole,
        "told_whole_labelled_partly": counted["partly", "whole"],
        "told_whole_labelled_no": counted["no", "whole"],
        "not_whole_told_whole": round((counted["partly", "whole"] + counted["no", "whole"]) / len(rows), 3),
        "met_when_new": len(met),
        "false_met": sum(row["counts"] != "yes" for row in met),
    }


def read(name: str) -> list[dict[str, str]]:
    """A file of labels."""
    with (LABELLED / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def half_of(row: Pair) -> str:
    """Which half a pair is in."""
    even = blake2b(f"{row['need']} {row['dataset']}".encode(), digest_size=1).digest()[0] % 2 == 0
    return "first" if even else "second"


def show_errors() -> None:
    """The pairs of the first half that are told otherwise than labelled, with titles, on the screen alone."""
    pairs = [row for row in read("pairs") if half_of(row) == "first"]
    said = judged(pairs)
    shown = dict(documents(frozenset(row["dataset"] for row in pairs)))
    for row in pairs:
        told = {"whole": "yes", "part": "partly", "no": "no"}[said[row["need"], row["dataset"]][0]]
        if told != row["counts"]:
            print(row["need"], row["counts"], "->", told, "|", shown[row["dataset"]]["title"][:110])


if __name__ == "__main__":
    sys.exit(main())
