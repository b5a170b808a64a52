"""Every fault of the faulty portal through a whole harvest into a real catalog: the exact outcome of each."""

import shutil
import socket
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select

from catalog import dump
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.tables import (
    CatalogRecord,
    Change,
    Dataset,
    Disclosure,
    Distribution,
    HarvestIssue,
    HarvestRun,
    PayloadVersion,
    Slug,
)
from catalog.vocabulary import Audience, RecordState, RunState
from config.declarations import Source
from config.load import rules
from config.settings import Settings
from harvester.portal import portals
from harvester.run import Report, harvest
from tests.journeys.packages import package
from tests.portals_served.faulty import FAULTS, MOST_BYTES, RECORDS, ROWS, Fault, Faulty, faulty
from tests.portals_served.plain import Plain

PATHS = {"hdx": "", "dcat-us": "/data.json"}


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return Assessor(rules(Settings()))


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Faulty, Plain]]:
    with faulty() as running:
        yield running


@contextmanager
def nobody() -> Iterator[str]:
    """An address at which connections are refused."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{bound.getsockname()[1]}"


def source(kind: str, host: str) -> Source:
    address = f"http://{host}{PATHS[kind]}"
    return Source(key=kind, kind=kind, title="Sample", url=address, allow_hosts=(host,), options={"rows": ROWS})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, assessor: Assessor) -> Callable[[Catalog, Source], Report]:
    """One harvest, impatient and of small appetite."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("data"),
        http_connect=1,
        http_read=0.25,
        http_total=0.5,
        http_max_bytes=MOST_BYTES,
        http_longest_pause=0,
    )
    return lambda catalog, declared: harvest(catalog, declared, portals()[declared.kind], assessor, settings)


@pytest.fixture(scope="module")
def templates(
    tmp_path_factory: pytest.TempPathFactory, served: tuple[Faulty, Plain], run: Callable[[Catalog, Source], Report]
) -> dict[str, Path]:
    """A catalog file per kind after a good run, and an empty one."""
    folder = tmp_path_factory.mktemp("templates")
    portal, server = served
    portal.recover()
    for kind in PATHS:
        with Catalog(f"sqlite:///{(folder / kind).as_posix()}", create=True) as catalog:
            report = run(catalog, source(kind, server.host))
            assert (report.state, report.run.counts.created) == (RunState.COMPLETE, RECORDS)
    with Catalog(f"sqlite:///{(folder / 'empty').as_posix()}", create=True):
        pass
    return {name: folder / name for name in (*PATHS, "empty")}


def rows_of_datasets(catalog: Catalog) -> dict[str, list[bytes]]:
    """Everything the catalog holds of each dataset, byte for byte, without the history of its changes."""
    found: dict[str, list[bytes]] = defaultdict(list)
    with catalog.reading() as session:
        for line in dump.lines(session):
            row = orjson.loads(line)
            dataset = row.get("id") if row["table"] == Dataset.__tablename__ else row.get("dataset_id")
            if dataset:
                found[dataset].append(line)
    return dict(found)


def states(catalog: Catalog) -> dict[RecordState, int]:
    with catalog.reading() as session:
        found = list(session.scalars(select(CatalogRecord.state)))
    return {state: found.count(state) for state in (RecordState.LISTED, RecordState.MISSING)}


def first_record(catalog: Catalog) -> tuple[str, int]:
    """The first record's title, and how many of its files have an address."""
    with catalog.reading() as session:
        mine = CatalogRecord.remote_id == package(0)["id"]
        query = select(Dataset).join(CatalogRecord, CatalogRecord.dataset_id == Dataset.id).where(mine)
        dataset = session.scalars(query).one()
        files = session.scalars(select(Distribution.url).where(Distribution.dataset_id == dataset.id))
        return " ".join(dataset.title.values()), sum(bool(url) for url in files)


def known_to_the_public(catalog: Catalog) -> int:
    with catalog.reading() as session:
        return len(session.scalars(select(Disclosure.dataset_id).where(Disclosure.audience == Audience.PUBLIC)).all())


def counts_of(report: Report) -> tuple[int, int, int, int, int]:
    counts = report.run.counts
    return counts.created, counts.updated, counts.unchanged, counts.failed, counts.skipped


def rows_of_datasets_in(file: Path) -> dict[str, list[bytes]]:
    with Catalog(f"sqlite:///{file.as_posix()}") as catalog:
        return rows_of_datasets(catalog)


def lasting(rows: list[bytes]) -> list[bytes]:
    """Rows without those that tell what once was."""
    history = {table.__tablename__ for table in (Change, PayloadVersion, Slug)}
    return [row for row in rows if orjson.loads(row)["table"] not in history]


def written(catalog: Catalog, report: Report) -> tuple[RunState, list[str]]:
    """The run and its issues as the catalog has them."""
    with catalog.reading() as session:
        state = session.scalars(select(HarvestRun.state).where(HarvestRun.id == report.run.id)).one()
        return state, sorted(session.scalars(select(HarvestIssue.code).where(HarvestIssue.run_id == report.run.id)))


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.name) for fault in FAULTS])
def test_outcome(
    fault: Fault,
    served: tuple[Faulty, Plain],
    templates: dict[str, Path],
    run: Callable[[Catalog, Source], Report],
    tmp_path: Path,
):
    portal, server = served
    copied = tmp_path / "landmark.db"
    shutil.copy(templates["empty" if fault.first else fault.kind], copied)
    with Catalog(f"sqlite:///{copied.as_posix()}") as catalog, nobody() as closed:
        before = rows_of_datasets(catalog)
        portal.misbehave(fault)
        report = run(catalog, source(fault.kind, closed if fault.closed else server.host))
        counts, after = report.run.counts, rows_of_datasets(catalog)
        outcome = {
            "state": report.state,
            "counts": counts_of(report),
            "issues": tuple(sorted(issue.code for issue in report.issues)),
            "listed": states(catalog)[RecordState.LISTED],
            "missing": states(catalog)[RecordState.MISSING],
            "changed": sum(after.get(dataset) != rows for dataset, rows in before.items()),
            "title": first_record(catalog)[0] if fault.title is not None else None,
            "links": first_record(catalog)[1] if fault.links is not None else None,
            "requests": portal.asked if fault.requests is not None else None,
        }
        assert outcome == {name: getattr(fault, name) for name in outcome}
        assert written(catalog, report) == (fault.state, list(fault.issues))
        assert counts.seen == sum(counts_of(report))
        public = fault.listed + fault.missing if fault.public is None else fault.public
        assert known_to_the_public(catalog) == public

        portal.recover()
        healed = run(catalog, source(fault.kind, server.host))
        assert [healed.run.counts.failed, healed.run.counts.skipped] == [0, 0]
        now = rows_of_datasets(catalog)
        good = before or rows_of_datasets_in(templates[fault.kind])
        unhealed = [dataset for dataset, rows in good.items() if lasting(now[dataset]) != lasting(rows)]
        assert bool(unhealed) is not fault.heals


def test_names_are_unique_and_there_are_many():
    names = [fault.name for fault in FAULTS]
    assert sorted(set(names)) == sorted(names)
    assert len(names) >= 40
