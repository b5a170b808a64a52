"""How long the coverage of 60 countries takes: ``python -m tests.bench.coverage`` writes ``coverage.json``.

All needs by sixty countries over 26,000 recorded records as the public is shown them: first in a new process, then
where nothing changed, then after a harvest that changed 500 of them. It reads ``../shared``; nothing of it is kept.
"""

import json
import os
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from catalog.needs.coverage import coverage
from catalog.needs.records import Book
from catalog.tables import Dataset, DatasetLocation, Disclosure, SourceRow
from catalog.viewer import PUBLIC
from catalog.vocabulary import AccessModality, Audience, Visibility
from config.load import needs
from config.settings import Settings
from tests.bench.search import TODAY, Catalog, dataset
from tests.needs.recorded import documents
from tests.sameness.recorded import PORTALS

COVERAGE = Path(__file__).with_name("coverage.json")
RECORDS, COUNTRIES, CHANGED = 26_000, 60, 500
COLD_SECONDS, AGAIN_SECONDS = 10.0, 1.0


def main() -> int:
    """Measure, write, print."""
    if not PORTALS.is_dir():
        print("../shared/portals is missing: nothing is measured, coverage.json stays as it is.", file=sys.stderr)
        return 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        found = measure(Path(folder))
    COVERAGE.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8", newline="\n")
    print(json.dumps(found, indent=2))
    return 0 if found["cold_holds"] and found["after_a_harvest_holds"] else 1


def measure(folder: Path) -> dict[str, Any]:
    """Seconds of wall time, and how the cells stand."""
    catalog = Catalog(folder / "coverage.db")
    try:
        countries = filled(catalog)
        declared = needs(Settings())
        with catalog.reading() as session:
            began = time.perf_counter()
            book = Book(declared)
            grid = coverage(session, PUBLIC, book, TODAY).several(countries)
            cold = time.perf_counter() - began
            began = time.perf_counter()
            coverage(session, PUBLIC, book, TODAY).several(countries)
            again = time.perf_counter() - began
        change(catalog)
        with catalog.reading() as session:
            began = time.perf_counter()
            coverage(session, PUBLIC, book, TODAY).several(countries)
            after = time.perf_counter() - began
            began = time.perf_counter()
            coverage(session, PUBLIC, Book(declared), TODAY, ("SSD",)).country("SSD")
            one = time.perf_counter() - began
    finally:
        catalog.engine.dispose()
    states = Counter(cell.state.value for country in grid for cell in country.cells)
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "records": RECORDS,
        "needs": len(declared.of()),
        "countries": len(countries),
        "cold_seconds": round(cold, 2),
        "cold_floor": COLD_SECONDS,
        "cold_holds": cold < COLD_SECONDS,
        "unchanged_seconds": round(again, 2),
        "changed_records": CHANGED,
        "after_a_harvest_seconds": round(after, 2),
        "after_a_harvest_floor": AGAIN_SECONDS,
        "after_a_harvest_holds": after < AGAIN_SECONDS,
        "one_country_new_process_seconds": round(one, 2),
        "states": dict(sorted(states.items())),
    }


def filled(catalog: Catalog) -> Sequence[str]:
    """Fill the catalog with recorded records; the sixty countries that have most."""
    counted: Counter[str] = Counter()
    with Session(catalog.engine) as session:
        session.add(
            SourceRow(key="portal-1", kind="sample", title="Recorded", url="", publisher="", licence="", enabled=True,
                      visibility=Visibility.PUBLIC, access=AccessModality.OPEN, schedule="")
        )  # fmt: skip
        session.flush()
        found = islice(documents(), RECORDS)
        seq = 0
        while some := list(islice(found, 1_000)):
            datasets, rows, places = [], [], []
            for _, document in some:
                seq += 1
                counted.update(document["countries"])
                key = UUID(document["id"])
                datasets.append(dataset(key, seq))
                countries = document["countries"] or ["WLD"]
                places += [
                    {"dataset_seq": seq, "iso3": iso3, "admin_level": None, "p_coded": None} for iso3 in countries
                ]
                said = orjson.dumps({**document, "countries": countries})
                rows.append({"dataset_id": key, "audience": Audience.PUBLIC, "seq": seq, "name": None,
                             "document": said, "etag": f"{seq}-1"})  # fmt: skip
            session.execute(insert(Dataset), datasets)
            session.execute(insert(Disclosure), rows)
            session.execute(insert(DatasetLocation), places)
        session.commit()
    del counted["WLD"]
    return [iso3 for iso3, _ in counted.most_common(COUNTRIES)]


def change(catalog: Catalog) -> None:
    """What a harvest does that changes 500 records."""
    with Session(catalog.engine) as session:
        for seq in range(1, RECORDS, RECORDS // CHANGED):
            session.execute(update(Disclosure).where(Disclosure.seq == seq).values(etag=f"{seq}-2"))
        session.commit()


if __name__ == "__main__":
    sys.exit(main())
