"""What the attack cases share: an installation, the portal that it reads, and what its readers are answered."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from catalog import dump
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.rows import dataset_id
from catalog.search import follow
from config.declarations import Source
from config.settings import Settings
from harvester.portal import portals
from harvester.run import Report, harvest
from tests.journeys.packages import package
from tests.portals_served import ckan
from tests.portals_served.faulty import FAULTS, MOST_BYTES, ROWS, Faulty, faulty
from tests.portals_served.plain import Plain, Reply, Seen, plain

IMPATIENT = {"http_connect": 1, "http_read": 0.25, "http_total": 0.5, "http_max_bytes": MOST_BYTES}


class Attacked:
    """One installation and the portal that attacks it."""

    def __init__(self, folder: Path, assessor: Assessor, stage: ckan.Stage) -> None:
        self.folder, self.assessor, self.stage = folder, assessor, stage
        self.settings = Settings(data_dir=folder, database_url="", config_dir=None)
        self._open = ExitStack()
        self._client: TestClient | None = None

    def source(self, address: str = "", **more: Any) -> Source:
        address = address or self.stage.address
        given = {
            "key": "sample",
            "kind": "hdx",
            "title": "Sample",
            "url": address,
            "allow_hosts": (address.removeprefix("http://"),),
            "options": {"rows": 10},
        }
        return Source(**given | more)

    def read(self, *shown: dict[str, Any], source: Source | None = None, full: bool = True, **settings: Any) -> Report:
        """Harvest what the portal shows."""
        self.close()
        if shown:
            self.stage.show(shown)
        declared = source or self.source()
        told = self.settings.model_copy(update={"http_longest_pause": 0, **settings})
        with Catalog(self.settings.catalog_url) as catalog:
            report = harvest(catalog, declared, portals()[declared.kind], self.assessor, told, full=full)
            follow(catalog, self.settings.index_dir)
        return report

    def close(self) -> None:
        """Stop serving; the index has one writer at a time."""
        self._open.close()
        self._client = None

    @property
    def client(self) -> TestClient:
        """The application over what was read last."""
        if self._client is None:
            app = create_app(self.settings)
            self._client = self._open.enter_context(TestClient(app, raise_server_exceptions=False))
        return self._client

    def id(self, number: int = 0) -> str:
        """Of a record of the portal's."""
        return str(dataset_id("sample", package(number)["id"]))

    def shown(self, number: int = 0) -> dict[str, Any]:
        """A record of the portal's as the public is shown it."""
        answer = self.client.get(f"/api/v1/datasets/{self.id(number)}")
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    def stored(self) -> str:
        """Everything that the catalog holds, as its dump tells it, and every file beside it."""
        with Catalog(self.settings.catalog_url) as catalog, catalog.reading() as session:
            told = b"\n".join(dump.lines(session)).decode()
        files = [path.read_bytes().decode("latin-1") for path in self.folder.rglob("*") if path.is_file()]
        return "\n".join((told, *files))


@pytest.fixture(scope="session")
def nothing_read(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog file without a record."""
    folder = tmp_path_factory.mktemp("empty")
    with Catalog(f"sqlite:///{(folder / 'landmark.db').as_posix()}", create=True):
        pass
    return folder / "landmark.db"


@pytest.fixture
def attacked(nothing_read: Path, tmp_path: Path, assessor: Assessor) -> Iterator[Attacked]:
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(nothing_read, folder / "landmark.db")
    with ckan.stage() as stage:
        found = Attacked(folder, assessor, stage)
        yield found
        found.close()


@pytest.fixture
def canary() -> Iterator[Plain]:
    """A server inside our network that nobody may ask."""

    def sing(seen: Seen, reply: Reply, server: Plain) -> None:
        reply.send(200, b"quietcanary", content_type="text/csv")

    with plain(sing) as server:
        yield server


@pytest.fixture(scope="session")
def misbehaving() -> Iterator[tuple[Faulty, Plain]]:
    with faulty() as running:
        yield running


Outcome = tuple[str, tuple[int, int, int, int, int], list[str], bool]


@pytest.fixture
def after_fault(attacked: Attacked, misbehaving: tuple[Faulty, Plain]) -> Callable[[str], Outcome]:
    """What becomes of twelve good records after a fault: state, counts, issues, and whether the catalog changed."""
    portal, server = misbehaving
    known = {fault.name: fault for fault in FAULTS}
    good: list[Path] = []

    def records() -> str:
        with Catalog(attacked.settings.catalog_url) as catalog, catalog.reading() as session:
            told = [line for line in dump.lines(session) if b'"table":"dataset"' in line or b'"disclosure"' in line]
        return b"\n".join(told).decode()

    def outcome(name: str) -> Outcome:
        fault = known[name]
        source = attacked.source(server.url, options={"rows": ROWS})
        if not good:
            portal.recover()
            attacked.read(source=source)
            good.append(shutil.copy(attacked.folder / "landmark.db", attacked.folder.parent / "good.db"))
        shutil.copy(good[0], attacked.folder / "landmark.db")
        before = records()
        portal.misbehave(fault)
        report = attacked.read(source=source, **IMPATIENT)
        counts = report.run.counts
        told = counts.created, counts.updated, counts.unchanged, counts.failed, counts.skipped
        codes = sorted({issue.code for issue in report.issues})
        return report.state.value, told, codes, records() != before

    return outcome
