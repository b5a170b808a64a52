"""How search bears many records: ``make bench-search`` writes ``tests/bench/scale.json``.

Generated records (seeded, synthetic, of :mod:`tests.bench.search`), and as a second corpus the recorded titles of HDX,
are put into Landmark's index, into SQLite FTS5 and into PostgreSQL. Twenty questions are asked of each with every
facet, by turns: of Landmark over HTTP, by one client and by eight; of bare Tantivy, of FTS5 and of PostgreSQL within
one process. All ratios are of one run.
"""

import argparse
import csv
import gzip
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import orjson
import psutil
import tantivy
from rich.console import Console
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from catalog.facets import facets
from catalog.query import DatasetQuery
from catalog.search import Reader, follow
from catalog.search.gazetteer import warm
from catalog.search.schema import Rendered, entry, schema
from catalog.search.writer import HEAP
from catalog.suggest import Names, suggest
from catalog.tables import Change, Dataset, Disclosure, SourceRow
from catalog.vocabulary import AccessModality, Audience, Visibility
from tests.bench.__main__ import connected, machine, parameters, serving
from tests.bench.engines import Fts, Postgres, postgresql
from tests.bench.figures import SCALE, scale_rendered
from tests.bench.harvest import ROOT, initialise
from tests.bench.search import NAMESPACE, NOW, TODAY, Catalog, generate, raw, summary, timed
from tests.catalog.samples import dataset, document

SHARED = ROOT.parent / "shared" / "portals" / "hdx" / "hdx_catalogue_2026-02_id_title_org.csv.gz"
QUESTIONS = (
    DatasetQuery(),
    DatasetQuery(q="displacement"),
    DatasetQuery(q="population boundaries"),
    DatasetQuery(q="health"),
    DatasetQuery(q="casualties clearance"),
    DatasetQuery(q="health", selected={"country": ("SSD",)}),
    DatasetQuery(q="survey", selected={"country": ("UKR", "SYR")}),
    DatasetQuery(selected={"country": ("YEM",)}),
    DatasetQuery(selected={"access": ("on_request",)}),
    DatasetQuery(selected={"level": ("high", "severe"), "country": ("AFG",)}),
    DatasetQuery(q="conflict events"),
    DatasetQuery(q="schools"),
    DatasetQuery(q='"food prices"'),
    DatasetQuery(q="needs assessment -camps"),
    DatasetQuery(selected={"year": ("2024", "2025")}),
    DatasetQuery(q="hospitals"),
    DatasetQuery(q="roads", selected={"country": ("SOM",)}),
    DatasetQuery(selected={"format": ("XLSX",), "topic": ("displacement",)}),
    DatasetQuery(q="funding", selected={"source": ("portal-1",)}),
    DatasetQuery(q="water", selected={"country": ("SDN",)}),
)
CLIENTS = 8
TYPED = ("d", "disp", "popul", "sample org", "south s", "health", "ref", "uk")


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="*", default=[25_000, 250_000], help="1,000,000 takes an hour")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--to", type=Path, default=SCALE)
    asked = parser.parse_args()
    corpora = [_corpus(f"{count:,} generated", count, asked.rounds) for count in asked.records]
    if SHARED.is_file():
        corpora.append(_corpus("titles of HDX", 0, asked.rounds))
    found = {"date": datetime.now(UTC).date().isoformat(), "machine": machine(), "corpora": corpora}
    asked.to.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    Console().print(scale_rendered(found), markup=False)


def _corpus(name: str, count: int, rounds: int) -> dict[str, Any]:
    """Everything of one corpus; without ``count`` it is that of the recorded titles."""
    with tempfile.TemporaryDirectory(prefix="landmark-bench-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        data = folder / "data"
        initialise(data)
        catalog = Catalog(data / "landmark.db")
        _say(f"{name}: writing")
        if count:
            generate(catalog, count, 7, tuple(Audience))
        else:
            _titles(catalog)
        made: dict[str, Any] = {"name": name, **_built(catalog, data / "index", folder)}
        _say(f"{name}: other engines")
        fts = Fts(folder / "fts.db")
        fts.load(_documents(catalog))
        with postgresql(folder / "postgresql") as connection:
            relational = Postgres(connection)
            relational.load(_documents(catalog))
            _say(f"{name}: asking")
            with serving(data) as address:
                made |= _asked(address, data, rounds, fts, relational)
                made["clients"] = _many(address, rounds)
        made["suggest_ms"] = _suggested(data)
        catalog.engine.dispose()
        return made


def _built(catalog: Catalog, index: Path, folder: Path) -> dict[str, Any]:
    """Building the index of the public, beside feeding Tantivy the same documents; then disk and memory of all."""
    started = time.perf_counter()
    followed = follow(catalog, index, audiences=(Audience.PUBLIC,))
    built = time.perf_counter() - started
    follow(catalog, index)
    every = time.perf_counter() - started
    bare = folder / "bare"
    bare.mkdir()
    started = time.perf_counter()
    writer = tantivy.Index(schema(), str(bare)).writer(HEAP, 1)
    for number, body in _documents(catalog):
        writer.add_document(entry(Rendered(str(UUID(int=number)), number, body, "", "")))
    writer.commit()
    writer.wait_merging_threads()
    fed = time.perf_counter() - started
    return {
        "records": followed.documents[Audience.PUBLIC],
        "build_s": round(built, 2),
        "every_s": round(every, 2),
        "fed_s": round(fed, 2),
        "build_ratio": round(built / fed, 2),
        "disk_mb": {audience.value: _size(index / audience) for audience in Audience},
        "memory_mb": {audience.value: _memory(index, audience) for audience in Audience},
    }


def _memory(index: Path, audience: Audience) -> float:
    """What a process needs more once it has been asked everything of an audience's index, read pages among it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        return apart.submit(_grown, index, audience).result()


def _grown(index: Path, audience: Audience) -> float:
    warm()
    before = psutil.Process().memory_info().rss
    every = tuple(name for name, facet in facets().items() if facet.shown)
    reader = Reader(index, audience)
    for question in QUESTIONS:
        reader.search(replace(question, facets=every), TODAY)
    return round((psutil.Process().memory_info().rss - before) / 1e6, 1)


def _size(folder: Path) -> float:
    return round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6, 1)


def _asked(address: str, data: Path, rounds: int, fts: Fts, relational: Postgres) -> dict[str, Any]:
    """The questions: to the others first, for a server closes a connection that is idle while they think."""
    every = tuple(name for name, facet in facets().items() if facet.shown)
    reader = Reader(data / "index", Audience.PUBLIC)
    took: dict[str, list[float]] = {"landmark": [], "tantivy": [], "fts5": [], "postgresql": []}
    totals: list[list[int]] = [[] for _ in QUESTIONS]
    for name, engine in (("fts5", fts), ("postgresql", relational)):
        for question, total in zip(QUESTIONS, totals, strict=True):
            # Once is enough of what takes a hundred times as long; all was just written and lies in memory.
            started = time.perf_counter()
            total.append(engine.ask(question)[0])
            took[name].append((time.perf_counter() - started) * 1_000)
    with connected(address) as get:
        for question, total in zip(QUESTIONS, totals, strict=True):
            bare = raw(reader, replace(question, facets=every))
            path = f"/api/v1/datasets?{parameters(question)}"
            total.insert(0, json.loads(get(path))["total"])
            bare()
            for _ in range(rounds):
                took["landmark"] += timed(lambda path=path: get(path), 1)
                took["tantivy"] += timed(bare, 1)
    return {"ms": {name: summary(times) for name, times in took.items()}, "totals": totals}


def _many(address: str, rounds: int) -> dict[str, Any]:
    """Eight clients at once: how many answers a second, and how long each waits."""
    paths = [f"/api/v1/datasets?{parameters(question)}" for question in QUESTIONS] * rounds

    def client(number: int) -> list[float]:
        mine = paths[number:] + paths[:number]
        with connected(address) as get:
            return [time_ for path in mine for time_ in timed(lambda path=path: get(path), 1)]

    started = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        took = [one for times in pool.map(client, range(CLIENTS)) for one in times]
    seconds = time.perf_counter() - started
    return {"at_once": CLIENTS, "ms": summary(took), "a_second": round(len(took) / seconds, 1)}


def _suggested(data: Path) -> dict[str, float]:
    """Suggestions within one process, names ready."""
    reader = Reader(data / "index", Audience.PUBLIC)

    def search(query: DatasetQuery) -> Any:
        return reader.search(query, TODAY)

    names = Names(search)
    took = [one for typed in TYPED for one in timed(lambda typed=typed: suggest(search, names, typed), 20)]
    return summary(took)


def _documents(catalog: Catalog) -> Iterator[tuple[int, bytes]]:
    with catalog.reading() as session:
        rows = session.execute(
            select(Disclosure.seq, Disclosure.document)
            .where(Disclosure.audience == Audience.PUBLIC)
            .order_by(Disclosure.seq)
            .execution_options(yield_per=1_000)
        )
        yield from map(tuple, rows)


def _titles(catalog: Catalog) -> None:
    """The recorded titles of HDX with their organisations; nothing else of them is known."""
    with gzip.open(SHARED, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with Session(catalog.engine) as session:
        if session.get(SourceRow, "portal-1") is None:
            session.add(
                SourceRow(key="portal-1", kind="sample", title="HDX", url="", publisher="", licence="", enabled=True,
                          visibility=Visibility.PUBLIC, access=AccessModality.OPEN, schedule="")
            )  # fmt: skip
            session.flush()
        for start in range(0, len(rows), 1_000):
            for seq, row in enumerate(rows[start : start + 1_000], start + 1):
                title, organisation = row["title"], row.get("organization") or row.get("org") or ""
                agent = {
                    "id": str(uuid5(NAMESPACE, organisation)), "name": organisation, "acronym": "", "kind": "unknown",
                    "roles": ["publisher"],
                }  # fmt: skip
                made = document(seq, title=title, notes="", organizations=[agent] if organisation else [])
                session.add(dataset_row(made, seq))
                session.execute(
                    insert(Disclosure).values(
                        dataset_id=UUID(made["id"]), audience=Audience.PUBLIC, seq=seq, name=None,
                        document=orjson.dumps(made), etag=str(seq),
                    )
                )  # fmt: skip
                session.execute(
                    insert(Change).values(
                        seq=seq, dataset_seq=seq, source_key="portal-1", run_id=None, at=NOW, kind="created", fields=[]
                    )
                )
            session.flush()
        session.commit()


def dataset_row(made: dict[str, Any], seq: int) -> Dataset:
    """The record behind a document."""
    return Dataset(**dataset(UUID(made["id"]), seq))


def _say(line: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
