"""Every fault of the faulty portal through a whole harvest into a real catalog: the exact outcome of each."""

import shutil
import socket
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from sqlalchemy import select

from catalog import dump
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.tables import HarvestIssue, HarvestRun
from catalog.vocabulary import RunState
from config.declarations import Source
from config.settings import Settings
from harvester.portal import portals
from harvester.run import Report, harvest
from tests.journeys.packages import package
from tests.portals_served.faulty import FAULTS, MOST_BYTES, RECORDS, ROWS, Ask, Fault, Faulty, as_dcat, faulty
from tests.portals_served.plain import Plain

PATHS = {"hdx": "", "dcat-us": "/data.json"}


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
def run(tmp_path_factory: pytest.TempPathFactory, assessor: Assessor) -> Callable[..., Report]:
    """One harvest, impatient and of small appetite."""
    impatient = {
        "data_dir": tmp_path_factory.mktemp("data"),
        "http_connect": 1,
        "http_read": 0.25,
        "http_total": 0.5,
        "http_max_bytes": MOST_BYTES,
        "http_longest_pause": 0,
    }

    def harvested(catalog: Catalog, declared: Source, **more: Any) -> Report:
        settings = Settings(**impatient | more)
        return harvest(catalog, declared, portals()[declared.kind], assessor, settings)

    return harvested


@pytest.fixture(scope="module")
def templates(
    tmp_path_factory: pytest.TempPathFactory, served: tuple[Faulty, Plain], run: Callable[..., Report]
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


class Content:
    """What a catalog holds of each dataset, as its dump tells it: byte for byte, without run ids and clock times."""

    def __init__(self, catalog: Catalog) -> None:
        with catalog.reading() as session:
            lines = list(dump.lines(session))
        self.whole = b"\n".join(lines)
        read = [(line, orjson.loads(line)) for line in lines]
        self.rows: dict[str, list[bytes]] = defaultdict(list)
        self.tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for line, row in read:
            own = row["id"] if row["table"] == "dataset" else row.get("dataset_id")
            if own:
                self.rows[own].append(line)
                self.tables[row["table"]].append(row | {"of": own})

    def states(self) -> Counter[str]:
        return Counter(row["state"] for row in self.tables["catalog_record"])

    def first(self, kind: str) -> tuple[str, int]:
        """The title of a portal's first record, and how many of its files have an address."""
        wanted = (kind, package(0)["id"])
        (own,) = (r["of"] for r in self.tables["catalog_record"] if (r["source_key"], r["remote_id"]) == wanted)
        (title,) = (" ".join(row["title"].values()) for row in self.tables["dataset"] if row["of"] == own)
        return title, sum(bool(row["url"]) for row in self.tables["distribution"] if row["of"] == own)

    def known_to_the_public(self) -> int:
        return sum(row["audience"] == "public" for row in self.tables["disclosure"])

    def changed(self, later: "Content") -> int:
        return sum(later.rows.get(own) != rows for own, rows in self.rows.items())

    def lasting(self) -> dict[str, list[bytes]]:
        """Rows without those that tell what once was."""
        history = {"change", "level_assertion", "payload_version", "slug"}
        return {o: [r for r in rows if orjson.loads(r)["table"] not in history] for o, rows in self.rows.items()}


def content_of(file: Path) -> Content:
    with Catalog(f"sqlite:///{file.as_posix()}") as catalog:
        return Content(catalog)


def counts_of(report: Report) -> tuple[int, int, int, int, int]:
    counts = report.run.counts
    return counts.created, counts.updated, counts.unchanged, counts.failed, counts.skipped


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
    run: Callable[..., Report],
    tmp_path: Path,
):
    portal, server = served
    copied = tmp_path / "landmark.db"
    shutil.copy(templates["empty" if fault.first else fault.kind], copied)
    with Catalog(f"sqlite:///{copied.as_posix()}") as catalog, nobody() as closed:
        before = Content(catalog)
        portal.misbehave(fault)
        report = run(catalog, source(fault.kind, closed if fault.closed else server.host))
        after = Content(catalog)
        outcome = {
            "state": report.state,
            "counts": counts_of(report),
            "issues": tuple(sorted(issue.code for issue in report.issues)),
            "listed": after.states()["listed"],
            "missing": after.states()["missing"],
            "changed": before.changed(after),
            "title": after.first(fault.kind)[0] if fault.title is not None else None,
            "links": after.first(fault.kind)[1] if fault.links is not None else None,
            "requests": portal.asked if fault.requests is not None else None,
        }
        assert outcome == {name: getattr(fault, name) for name in outcome}
        assert written(catalog, report) == (fault.state, list(fault.issues))
        assert report.run.counts.seen == sum(counts_of(report))
        public = fault.listed + fault.missing if fault.public is None else fault.public
        assert after.known_to_the_public() == public

        portal.recover()
        healed = run(catalog, source(fault.kind, server.host))
        assert [healed.run.counts.failed, healed.run.counts.skipped] == [0, 0]
        now, good = Content(catalog).lasting(), content_of(templates[fault.kind]).lasting()
        assert {own: now[own] for own in good} == good


def test_a_key_that_the_portal_gives_back_is_nowhere_in_the_catalog(
    served: tuple[Faulty, Plain], templates: dict[str, Path], run: Callable[..., Report], tmp_path: Path
):
    portal, server = served
    key, copied = "hidden/sample+key", tmp_path / "landmark.db"
    shutil.copy(templates["empty"], copied)
    file = {"id": "f", "name": key, "url": f"https://files.example/a.csv?client_id={quote(key, safe='')}&page=2"}
    echo = {"title": f"Sample {key}", "notes": f"Sample, asked with {quote(key)}", "resources": [file]}
    for kind in PATHS:
        portal.misbehave(Fault("echo", "", RunState.COMPLETE, has=lambda good: [one | echo for one in good]))
        with Catalog(f"sqlite:///{copied.as_posix()}") as catalog:
            report = run(catalog, source(kind, server.host), keys={kind: key})
            assert (report.state, report.run.counts.created) == (RunState.COMPLETE, RECORDS)
            assert Content(catalog).first(kind) == ("Sample ***", 1)
            assert b"hidden" not in Content(catalog).whole


def test_an_unchanged_document_is_read_from_what_is_kept(
    served: tuple[Faulty, Plain], templates: dict[str, Path], run: Callable[..., Report], tmp_path: Path
):
    portal, server = served
    copied, statuses = tmp_path / "landmark.db", []

    def with_etag(ask: Ask) -> None:
        known = ask.seen.headers.get("if-none-match") == '"1"'
        statuses.append(304 if known else 200)
        document = orjson.dumps({"dataset": [as_dcat(one) for one in ask.packages]})
        ask.send(b"" if known else document, statuses[-1], etag='"1"')

    shutil.copy(templates["dcat-us"], copied)
    portal.misbehave(Fault("etag", "", RunState.COMPLETE, answer=with_etag))
    with Catalog(f"sqlite:///{copied.as_posix()}") as catalog:
        declared = source("dcat-us", server.host)
        reports = [run(catalog, declared, data_dir=tmp_path) for _ in range(2)]
    assert [(report.state, counts_of(report)) for report in reports] == [(RunState.COMPLETE, (0, 0, 12, 0, 0))] * 2
    assert statuses == [200, 304]


def test_names_are_unique_and_there_are_many():
    names = [fault.name for fault in FAULTS]
    assert sorted(set(names)) == sorted(names)
    assert len(names) >= 40
