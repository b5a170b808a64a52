"""What filtering by viewer costs a search: ``python -m tests.bench.audience`` prints it as JSON.

Every twentieth record is closed: of some the community is shown less, others only their stewards know of, some only
their owners. A steward's search is held against the same search of the same index without the filter, by turns.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import insert, select
from sqlalchemy.orm import Session
from tantivy import Query

from catalog.facets import facets
from catalog.query import DatasetQuery
from catalog.search import Reader, follow
from catalog.search.meanings import shipped_meanings
from catalog.search.reader import _answer
from catalog.search.snapshot import Snapshot
from catalog.tables import Disclosure, Reach
from catalog.viewer import Viewer, organisation, steward
from catalog.vocabulary import Audience
from tests.bench.search import NAMESPACE, QUESTIONS, TODAY, Catalog, generate

CLOSED = 20
"""One record in so many."""
VIEWERS = {
    "steward of everything": steward("A. Sample"),
    "steward of a source": steward("A. Sample", sources=["portal-1"]),
    "organisation": organisation(NAMESPACE, "A. Sample"),
}


def measure(folder: Path, records: int, rounds: int, seed: int = 7) -> dict[str, Any]:
    """Milliseconds of processor time with and without the filter, and the ratio of each kind of viewer."""
    catalog = Catalog(folder / "audience.db")
    try:
        generate(catalog, records, seed)
        close(catalog)
        follow(catalog, folder / "audience")
    finally:
        catalog.engine.dispose()
    reader = Reader(folder / "audience", Audience.FULL)
    found = {name: _compared(reader, viewer, rounds) for name, viewer in VIEWERS.items()}
    return {
        "records": records,
        "closed": records // CLOSED,
        "viewers": found,
        "worst_ratio": max(entry["ratio"] for entry in found.values()),
    }


def close(catalog: Catalog) -> None:
    """Let everybody of the lesser audiences know of all records but every twentieth."""
    with Session(catalog.engine) as session:
        rows = session.execute(
            select(Disclosure.dataset_id, Disclosure.seq, Disclosure.document, Disclosure.etag).order_by(Disclosure.seq)
        ).all()
        for start in range(0, len(rows), 500):
            shown: list[dict[str, Any]] = []
            terms: list[dict[str, Any]] = []
            for key, seq, document, etag in rows[start : start + 500]:
                said = {"dataset_id": key, "seq": seq, "name": None, "document": document, "etag": etag}
                shown.append(said | {"audience": Audience.FULL})
                if seq % CLOSED == 0:
                    made = orjson.loads(document)
                    owner = str(NAMESPACE) if seq % (CLOSED * 5) == 0 else made["organizations"][0]["id"]
                    stewards = ["steward", f"source:{made['source']['key']}", f"country:{made['countries'][0]}"]
                    reached = [f"org:{owner}", *([] if seq % (CLOSED * 4) == 0 else stewards)]
                    terms += [{"term": term, "dataset_seq": seq} for term in reached]
                if seq % CLOSED:
                    shown.append(said | {"audience": Audience.COMMUNITY})
                elif seq % (CLOSED * 2):
                    less = orjson.dumps(orjson.loads(document) | {"notes": "", "tags": []})
                    shown.append(said | {"audience": Audience.COMMUNITY, "document": less, "etag": f"{etag}-less"})
            session.execute(insert(Disclosure), shown)
            if terms:
                session.execute(insert(Reach), terms)
        session.commit()


def _compared(reader: Reader, viewer: Viewer, rounds: int) -> dict[str, float]:
    every = tuple(name for name, facet in facets().items() if facet.shown)
    view = reader._view(viewer)
    everything = replace(
        view, unseen=None, every=Query.all_query(), kept={}, _rows={}, _patterns={}, _columns=[], _times={}
    )
    with_filter: list[float] = []
    without: list[float] = []
    for question in QUESTIONS:
        asked = replace(question, facets=every)
        for snapshot in (view, everything):
            _answer(snapshot, asked, TODAY, shipped_meanings())
        mine: list[float] = []
        theirs: list[float] = []
        for _ in range(rounds):
            mine.append(_taken(view, asked))
            theirs.append(_taken(everything, asked))
        with_filter.append(statistics.median(mine))
        without.append(statistics.median(theirs))
    return {
        "with_ms": round(statistics.mean(with_filter), 3),
        "without_ms": round(statistics.mean(without), 3),
        "ratio": round(sum(with_filter) / sum(without), 4),
    }


def _taken(view: Snapshot, asked: DatasetQuery) -> float:
    """Milliseconds of processor time of all threads: what else the machine does is not counted."""
    start = time.process_time()
    _answer(view, asked, TODAY, shipped_meanings())
    return (time.process_time() - start) * 1_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=25_000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        json.dump(measure(Path(folder), options.records, options.rounds), sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
