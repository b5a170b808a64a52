"""A small fictional catalog, written through the real store, and the app over it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path  # noqa: TC003
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.records import (
    AccessRecord,
    AgentRecord,
    AgentRole,
    ColumnRecord,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
)
from catalog.rows import Entry, dataset_id
from catalog.runs import Issue, begin, finish
from catalog.search.writer import follow
from catalog.store import Store
from catalog.vocabulary import AccessModality, Role, RunState, Visibility
from config.declarations import Concept, SensitivityRule, Source, Terms
from config.load import Rules
from config.settings import Settings

PUBLIC = Source(key="sample-ckan", kind="ckan", title="Sample: data exchange", url="https://data.example.org")
CLOSED = Source(
    key="sample-closed",
    kind="ckan",
    title="Sample: closed portal",
    url="https://closed.example.org",
    visibility="restricted",
)
RULES = Rules(
    concepts=(
        Concept(key="displacement", title={"en": "Displacement"}, terms=Terms(en=("displacement", "displaced"))),
        Concept(key="clearance", title={"en": "Clearance"}, terms=Terms(en=("clearance",), ar=("إزالة الألغام",))),
    ),
    sensitivity=(
        SensitivityRule(
            id="sample-idp-counts",
            version=1,
            level="moderate",
            hxl=("#affected+idps",),
            reason="Counts of displaced people per settlement.",
            source="Sample guideline",
        ),
    ),
    agents=(),
    digest="sample",
)
RELIEF = AgentRecord("Sample Relief", "SR")
CLEARANCE = AgentRecord("Sample Mine Action Centre")


def _record(remote_id: str, title: str, agent: AgentRecord, iso3: str, **more: object) -> DatasetRecord:
    given: dict[str, object] = {
        "remote_id": remote_id,
        "title": {"en": title},
        "landing_page": f"https://data.example.org/dataset/{remote_id}",
        "agents": (AgentRole(agent, Role.PUBLISHER),),
        "locations": (LocationRecord(iso3),),
    }
    return DatasetRecord(**(given | more))  # type: ignore[arg-type]


RECORDS = (
    _record(
        "displacement",
        "Sample: Displacement in South Sudan",
        RELIEF,
        "SSD",
        notes={"en": "Fictional counts <b>of</b> displaced people."},
        modified=datetime(2024, 7, 1, tzinfo=UTC),
        period_start=date(2024, 1, 1),
        period_end=date(2024, 6, 30),
        update_frequency=30,
        licence="cc-by",
        access=(AccessRecord(AccessModality.ON_REQUEST, ("Write to the data desk.",), "https://data.example.org/ask"),),
        distributions=(
            DistributionRecord(
                key="file",
                name="counts.xlsx",
                url="https://data.example.org/counts.xlsx",
                format="XLSX",
                size=20_480,
                columns=(ColumnRecord("", 0, "State", "#adm1+name"), ColumnRecord("", 1, "IDPs", "#affected+idps")),
            ),
        ),
    ),
    _record(
        "clearance",
        "Sample: إزالة الألغام",
        CLEARANCE,
        "SDN",
        modified=datetime(2024, 5, 1, tzinfo=UTC),
        update_frequency=-1,
        access=(AccessRecord(AccessModality.NOT_SHARED),),
    ),
    _record(
        "formula",
        '=HYPERLINK("https://bad.example.org")',
        RELIEF,
        "UKR",
        landing_page="javascript:alert(1)",
        modified=datetime(2024, 4, 1, tzinfo=UTC),
        access=(AccessRecord(AccessModality.OPEN),),
    ),
    _record("schools", "Sample: Schools <script>", RELIEF, "UKR", modified=datetime(2024, 3, 1, tzinfo=UTC)),
    _record("clinics", "Sample: Clinics", CLEARANCE, "UKR", modified=datetime(2024, 2, 1, tzinfo=UTC)),
    _record(
        "hidden", "Sample: Quietcanary hospital list", AgentRecord("Canary Holders"), "YEM",
        visibility=Visibility.RESTRICTED,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Shelf:
    """The installation under test."""

    settings: Settings
    catalog: Catalog
    run: UUID
    closed_run: UUID

    def id(self, remote_id: str) -> str:
        return str(dataset_id(PUBLIC.key, remote_id))

    def write(self, source: Source, records: tuple[DatasetRecord, ...], issues: tuple[Issue, ...] = ()) -> UUID:
        """Harvest by hand: one run, its records, its issues."""
        return write(self.catalog, source, records, issues)


def write(
    catalog: Catalog,
    source: Source,
    records: tuple[DatasetRecord, ...],
    issues: tuple[Issue, ...] = (),
    rules: Rules = RULES,
) -> UUID:
    run = begin(catalog, source, "full")
    assessor = Assessor(rules)
    now = datetime.now(UTC)
    entries = [
        Entry(record, assessor.assess(record, source, now.date()), record.remote_id, b"{}", record.landing_page)
        for record in records
    ]
    with catalog.writing() as session:
        outcomes = Store(source, assessor, catalog.address.drivername).write(session, run.id, entries, now)
        run.counts.seen = len(outcomes)
        run.counts.created = len(outcomes)
        finish(session, run, RunState.PARTIAL if issues else RunState.COMPLETE, issues, "")
    return run.id


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    folder: Path = tmp_path_factory.mktemp("landmark")
    settings = Settings(data_dir=folder, database_url="", config_dir=None)
    with Catalog(settings.catalog_url, create=True) as catalog:
        issue = Issue("bad_date", "Quietcanary: not a date", "warning", remote_id=RECORDS[0].remote_id)
        closed = Issue("closed_date", "Quietcanary: not a date", "warning", remote_id="hidden")
        run = write(catalog, PUBLIC, RECORDS, (issue, issue, closed))
        hidden = (_record("closed", "Sample: Quietcanary closed", AgentRecord("Canary Holders"), "YEM"),)
        closed_run = write(catalog, CLOSED, hidden)
        follow(catalog, settings.index_dir)
        yield Shelf(settings, catalog, run, closed_run)


@pytest.fixture(scope="session")
def client(shelf: Shelf) -> Iterator[TestClient]:
    with TestClient(create_app(shelf.settings), raise_server_exceptions=False) as running:
        yield running
