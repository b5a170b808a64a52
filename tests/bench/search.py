"""How fast a page is found: ``python -m tests.bench.search --records 25000``.

Builds an index from generated records, then times realistic questions with every facet, through the reader and as
bare Tantivy calls that do the same job without our types. Prints JSON; times in milliseconds.
"""

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import orjson
import psutil
from sqlalchemy import create_engine, insert
from sqlalchemy.orm import Session
from tantivy import Occur

from catalog.facets import facets
from catalog.query import DatasetQuery
from catalog.search import Reader, follow
from catalog.search import clauses as asked
from catalog.search.counts import _aggregations
from catalog.search.loosening import whole
from catalog.search.matching import match
from catalog.search.meanings import shipped_meanings
from catalog.search.ranking import raising
from catalog.search.wording import read_wording
from catalog.tables import Base, Change, Dataset, Disclosure, SourceRow
from catalog.vocabulary import AccessModality, Audience, Level, Visibility
from tests.catalog.samples import dataset, document

if TYPE_CHECKING:
    from tantivy import Query

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
NAMESPACE = UUID("5f0c3f0e-6d5f-4a43-8f0f-0d4d8ae9f7a1")
SYLLABLES = ["ba", "ce", "di", "fo", "gu", "la", "me", "ni", "ro", "su", "ta", "ve", "zi", "mo", "ka"]
SUBJECTS = [
    "displacement",
    "population",
    "boundaries",
    "casualties",
    "clearance",
    "contamination",
    "health",
    "education",
    "water",
    "roads",
    "funding",
    "needs",
    "assessment",
    "survey",
    "camps",
    "food",
    "prices",
    "conflict",
    "events",
    "schools",
    "hospitals",
]
COUNTRIES = [
    "SSD",
    "UKR",
    "SYR",
    "YEM",
    "AFG",
    "IRQ",
    "MMR",
    "COD",
    "SDN",
    "ETH",
    "SOM",
    "NGA",
    "MLI",
    "TCD",
    "LBY",
    "COL",
    "HTI",
    "LBN",
    "PSE",
    "BFA",
]
QUESTIONS: tuple[DatasetQuery, ...] = (
    DatasetQuery(),
    DatasetQuery(q="displacement"),
    DatasetQuery(q="population boundaries"),
    DatasetQuery(q="casualties clearance contamination"),
    DatasetQuery(q="health", selected={"country": ("SSD",)}),
    DatasetQuery(q="survey", selected={"country": ("UKR", "SYR")}),
    DatasetQuery(selected={"country": ("YEM",)}),
    DatasetQuery(selected={"access": ("on_request",)}),
    DatasetQuery(selected={"level": ("high", "severe"), "country": ("AFG",)}),
    DatasetQuery(q="conflict events", sort="modified"),
    DatasetQuery(q="schools", selected={"freshness": ("fresh",)}),
    DatasetQuery(q='"food prices"'),
    DatasetQuery(q="needs assessment -camps"),
    DatasetQuery(selected={"year": ("2024", "2025")}),
    DatasetQuery(hxl=("#affected+f",)),
    DatasetQuery(q="hospitals", covers=(date(2024, 1, 1), date(2024, 12, 31))),
    DatasetQuery(q="roads", modified_since=date(2026, 1, 1)),
    DatasetQuery(selected={"format": ("XLSX",), "topic": ("displacement",)}),
    DatasetQuery(q="funding", selected={"source": ("portal-1",)}),
    DatasetQuery(sort="title", selected={"country": ("SDN",)}),
)


class Catalog:
    """A database file as the index reads it."""

    def __init__(self, path: Path) -> None:
        self.engine = create_engine(f"sqlite:///{path.as_posix()}")
        Base.metadata.create_all(self.engine)

    @contextmanager
    def reading(self):
        with Session(self.engine) as session:
            yield session


def generate(catalog: Catalog, records: int, seed: int, audiences: Sequence[Audience] = (Audience.PUBLIC,)) -> None:
    """Fill the catalog with records of skewed words, places and organisations, the same for the same seed."""
    chance = random.Random(seed)
    words = sorted({"".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(8_000)})
    skew = [1 / (place + 1) for place in range(len(words))]
    organizations = [
        {"id": str(uuid5(NAMESPACE, f"org {n}")), "name": f"Sample Organisation {n}", "acronym": f"SO{n}",
         "kind": "unknown", "roles": ["publisher"]}
        for n in range(1_400)
    ]  # fmt: skip
    org_skew = [1 / (n + 3) for n in range(1_400)]
    tags = [f"#{chance.choice(SUBJECTS)}+{chance.choice('abcdefghij')}{n % 40}" for n in range(1_000)]
    tags += ["#affected+f", "#affected+m", "#adm1+name", "#adm1+code", "#geo+lat"]
    with Session(catalog.engine) as session:
        session.add(
            SourceRow(key="portal-1", kind="sample", title="Sample", url="", publisher="", licence="", enabled=True,
                      visibility=Visibility.PUBLIC, access=AccessModality.OPEN, schedule="")
        )  # fmt: skip
        session.flush()
        for first in range(0, records, 1_000):
            datasets, rows, changes = [], [], []
            for seq in range(first + 1, min(first + 1_000, records) + 1):
                subject = chance.choices(SUBJECTS, k=2)
                made = document(
                    seq,
                    title=" ".join([*subject, *chance.choices(words, skew, k=5)]).title(),
                    notes=" ".join(chance.choices(words + SUBJECTS, skew + [0.02] * len(SUBJECTS), k=90)),
                    source={"key": f"portal-{chance.randint(1, 6)}", "title": "Sample portal"},
                    organizations=[chance.choices(organizations, org_skew)[0]],
                    countries=[chance.choice(COUNTRIES)],
                    topics=[{"key": subject[0], "title": subject[0].title()}],
                    keywords=chance.choices(words, skew, k=4),
                    access={"modality": chance.choice(list(AccessModality)), "steps": [], "address": "",
                            "artefacts": []},
                    level={"level": chance.choice([*Level, ""])},
                    tags=[{"tag": tag, "origin": "declared"} for tag in chance.choices(tags, k=6)]
                    if chance.random() < 0.3
                    else [],
                    modified=f"{TODAY - timedelta(days=chance.randint(0, 2_000))}T00:00:00Z",
                    period={"start": f"{chance.randint(2015, 2023)}-01-01", "end": "2025-06-30", "open": False},
                    freshness={"due": f"{TODAY + timedelta(days=chance.randint(-99, 99))}T00:00:00Z",
                               "overdue": f"{TODAY + timedelta(days=chance.randint(0, 50))}T00:00:00Z",
                               "delinquent": None, "always_fresh": False},
                    formats=chance.choices(("XLSX", "CSV", "GEOJSON", "PDF", "SHP"), k=2),
                )  # fmt: skip
                key = UUID(made["id"])
                rows += [
                    {"dataset_id": key, "audience": audience, "seq": seq, "name": None,
                     "document": orjson.dumps(made), "etag": str(seq)}
                    for audience in audiences
                ]  # fmt: skip
                changes.append({"seq": seq, "dataset_seq": seq, "source_key": "portal-1", "run_id": None,
                                "at": NOW, "kind": "created", "fields": []})  # fmt: skip
                datasets.append(dataset(key, seq))
            session.execute(insert(Dataset), datasets)
            session.execute(insert(Disclosure), rows)
            session.execute(insert(Change), changes)
        session.commit()


def raw(reader: Reader, query: DatasetQuery) -> Callable[[], object]:
    """The same job in bare Tantivy: queries made beforehand, one search, one aggregation, twenty stored fragments."""
    snapshot = reader._snapshot
    searcher = snapshot.opened.searcher
    narrowing = asked.filters(query, snapshot, TODAY)
    words = whole(match(read_wording(query.q), snapshot, shipped_meanings()))
    text = words.clauses()
    both: Query = asked.both(text, narrowing.clauses())
    order = {"title": "title_key"}.get(query.sort, "key" if query.sort or not words.required else None)
    ranked = both
    if order is None:
        ranked = asked.both([*text, *((Occur.Should, one) for _, one in raising(TODAY, words))], narrowing.clauses())
    together: dict[str, object] = {}
    apart = []
    for name in query.facets:
        if name in narrowing.chosen:
            apart.append((asked.both(text, narrowing.clauses(without=name)), _aggregations([facets()[name]], TODAY)))
        else:
            together |= _aggregations([facets()[name]], TODAY)

    def run() -> object:
        hits = searcher.search(ranked, limit=20, order_by_field=order).hits
        found = [searcher.doc(address)["item"][0] for _, address in hits]
        return found, searcher.aggregate(both, together), [searcher.aggregate(*one) for one in apart]

    return run


def timed(work: Callable[[], object], rounds: int) -> list[float]:
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1_000)
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=25_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--each", action="store_true", help="times of each question too")
    options = parser.parse_args()
    every = tuple(name for name, facet in facets().items() if facet.shown)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        catalog = Catalog(Path(folder, "bench.db"))
        generate(catalog, options.records, options.seed)
        process = psutil.Process()
        before = process.memory_info().rss
        start = time.perf_counter()
        follow(catalog, Path(folder, "index"))
        built = time.perf_counter() - start
        after = process.memory_info().rss
        reader = Reader(Path(folder, "index"), Audience.PUBLIC)
        ours: list[float] = []
        bare: list[float] = []
        each = {}
        for question in QUESTIONS:
            query = DatasetQuery(**{name: getattr(question, name) for name in question.__slots__} | {"facets": every})
            bare_work = raw(reader, query)
            reader.search(query, TODAY)
            bare_work()
            mine = timed(lambda query=query: reader.search(query, TODAY), options.rounds)
            theirs = timed(bare_work, options.rounds)
            ours += mine
            bare += theirs
            each[repr(question)[:90]] = [
                round(statistics.median(mine), 2), round(statistics.median(theirs), 2),
                reader.search(query, TODAY).total,
            ]  # fmt: skip
        answer: dict[str, object] = {
            "records": options.records,
            "build_s": round(built, 2),
            "build_rss_growth_mb": round((after - before) / 1e6, 1),
            "index_mb": round(sum(p.stat().st_size for p in Path(folder, "index").rglob("*") if p.is_file()) / 1e6, 1),
            "segments": reader._snapshot.opened.searcher.num_segments,
            "facets": len(every),
            "ours_ms": summary(ours),
            "raw_ms": summary(bare),
            "median_difference_ms": round(statistics.median(ours) - statistics.median(bare), 2),
        }
        if options.each:
            answer["each"] = each
        json.dump(answer, sys.stdout, indent=2)
        sys.stdout.write("\n")
        catalog.engine.dispose()


def summary(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {"median": round(statistics.median(ordered), 2), "p95": round(ordered[int(len(ordered) * 0.95)], 2)}


if __name__ == "__main__":
    main()
