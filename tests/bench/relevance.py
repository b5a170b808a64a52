"""How well questions find what they want: ``python -m tests.bench.relevance`` writes ``tests/bench/relevance.json``.

The judged questions of ``tests/relevance`` are asked of Landmark, of SQLite FTS5 with bm25 and of Tantivy as it comes,
over the same records in the same run. Weights and words were set with the odd-numbered questions in view; the even ones
are held out from that, not from the mind: who set them had written all questions.

It reads ``../shared``; no title of it is kept.
"""

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from math import log2
from pathlib import Path
from typing import Any

import yaml

from tests.bench.figures import RELEVANCE, relevance_rendered
from tests.relevance.corpus import Documents, documents
from tests.relevance.engines import Engine, Fts5, Landmark, Plain
from tests.sameness.recorded import PORTALS

JUDGED = Path(__file__).parent.parent / "relevance"
CUT, RECALLED = 10, 20
HELPS = 2
"""Grade from which a record counts for recall."""
Grades = Mapping[str, Mapping[str, int]]


def main() -> int:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", action="store_true", help="print each question too, and write nothing")
    options = parser.parse_args()
    if not PORTALS.is_dir():
        print("../shared/portals is missing: nothing is measured, relevance.json stays as it is.", file=sys.stderr)
        return 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        corpus = documents(Path(folder) / "sample")
        engines = (Landmark(corpus, Path(folder)), Fts5(corpus), Plain(corpus))
        if options.each:
            _print_each(engines)
            return 0
        found = measure(corpus, engines)
    RELEVANCE.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8", newline="\n")
    print(relevance_rendered(found))
    return 0


def measure(corpus: Documents, engines: Sequence[Engine]) -> dict[str, Any]:
    """All figures per engine and language, for both halves, and how far two gradings agree."""
    asked, grades = questions(), judgements()
    missing = sorted({key for graded in grades.values() for key in graded} - corpus.keys())
    scores = {
        engine.name: {one["id"]: score(engine, one["q"], grades[one["id"]]) for one in asked} for engine in engines
    }
    parts = {
        "all": asked,
        **{language: [one for one in asked if one["language"] == language] for language in languages(asked)},
        "in_view": [one for one in asked if not held_out(one)],
        "held_out": [one for one in asked if held_out(one)],
    }
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "records": len(corpus),
        "questions": len(asked),
        "judgements": sum(map(len, grades.values())),
        "missing": len(missing),
        "agreement": agreement(grades, judgements("judgements_again")),
        "parts": {
            part: {"questions": len(some)}
            | {name: mean([of[one["id"]] for one in some]) for name, of in scores.items()}
            for part, some in parts.items()
        },
    }


def score(engine: Engine, asked: str, graded: Mapping[str, int]) -> dict[str, float]:
    """nDCG of the first ten, recall among the first twenty, and whether nothing was found (1) or something (0)."""
    found = engine.search(asked, RECALLED)
    best = sorted(graded.values(), reverse=True)[:CUT]
    wanted = {key for key, grade in graded.items() if grade >= HELPS}
    return {
        "ndcg": gain([graded.get(key, 0) for key in found[:CUT]]) / gain(best),
        "recall": len(wanted.intersection(found)) / min(len(wanted), RECALLED),
        "nothing": float(not found),
    }


def gain(grades: Sequence[int]) -> float:
    """Discounted: 2^grade - 1 over the logarithm of the place."""
    return sum((2**grade - 1) / log2(place + 2) for place, grade in enumerate(grades))


def mean(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Of each figure."""
    return {name: round(sum(one[name] for one in scores) / len(scores), 3) for name in ("ndcg", "recall", "nothing")}


def questions() -> list[dict[str, Any]]:
    """Those of ``queries.yaml``."""
    found: list[dict[str, Any]] = yaml.safe_load((JUDGED / "queries.yaml").read_text(encoding="utf-8"))
    return found


def judgements(name: str = "judgements") -> dict[str, dict[str, int]]:
    """Grade per question and key."""
    found: dict[str, dict[str, int]] = {}
    with (JUDGED / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["query"], {})[row["key"]] = int(row["grade"])
    return found


def languages(asked: Iterable[Mapping[str, Any]]) -> list[str]:
    """In the order of the questions."""
    return list(dict.fromkeys(str(one["language"]) for one in asked))


def held_out(one: Mapping[str, Any]) -> bool:
    """Whether it was out of view when weights and words were set."""
    return int(one["id"][2:]) % 2 == 0


def agreement(first: Grades, again: Grades) -> dict[str, float]:
    """How often two gradings agree, and Cohen's kappa with quadratic weights."""
    pairs = [(first[query][key], grade) for query, graded in again.items() for key, grade in graded.items()]
    count = len(pairs)
    observed = sum((one - other) ** 2 for one, other in pairs) / count
    chance = sum((one - other) ** 2 for one, _ in pairs for _, other in pairs) / count**2
    return {
        "pairs": count,
        "agreed": sum(one == other for one, other in pairs),
        "weighted_kappa": round(1 - observed / chance, 2),
    }


def _print_each(engines: Sequence[Engine]) -> None:
    grades = judgements()
    for one in questions():
        if held_out(one):
            continue
        said = "  ".join(
            f"{engine.name} {figures['ndcg']:.2f} {figures['recall']:.2f}"
            for engine in engines
            for figures in (score(engine, one["q"], grades[one["id"]]),)
        )
        print(f"{one['id']} {one['q'][:40]:40} {said}")


if __name__ == "__main__":
    sys.exit(main())
