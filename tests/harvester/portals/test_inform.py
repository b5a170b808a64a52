"""INFORM: what becomes of its trends, and its odd answers. All scores but the recorded ones are a fictional sample."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from catalog.records import (
    AccessRecord,
    AgentRecord,
    AgentRole,
    ColumnRecord,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
    RelationRecord,
)
from catalog.vocabulary import AccessModality, RelationKind, Role
from config.declarations import Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import PortalError, RawPage, RawRecord, RecordError, Start
from harvester.portals import inform
from tests.portals_served.inform import RECORDED, SERVED, row
from tests.portals_served.plain import Plain, Reply, Seen, plain
from tests.portals_served.served import Served, served

SOURCE = Source(
    key="inform-risk", kind="inform", title="Sample", url="https://inform.example/api", publisher="Sample Centre",
    licence="CC BY 4.0",
)  # fmt: skip


def read(server: Plain, source: Source, start: Start = Start()) -> list[RawPage]:  # noqa: B008 - frozen
    with Client(source, Settings(http_cache_bytes=0), sleep=lambda _: None) as client:
        return list(inform.records(source, client, start))


def answered(answer: object, **filters: Any) -> list[RawPage]:
    """What a reading gives of one answer to everything."""

    def script(_: Seen, reply: Reply, __: Plain) -> None:
        reply.send(200, json.dumps(answer).encode(), content_type="application/json")

    with plain(script) as server:
        return read(server, SOURCE.model_copy(update={"url": server.url, "allow_hosts": (server.host,), **filters}))


def ids(pages: list[RawPage]) -> list[list[str]]:
    return [[record.remote_id for record in page.records] for page in pages]


def edition(**changes: object) -> DatasetRecord:
    payload = {"index": "VU", "name": "Vulnerability Index (sample)", "year": 2024, "countries": ["AFG"], **changes}
    return inform.normalize(SOURCE, RawRecord("VU-2024", payload, ""))


def test_a_whole_edition():
    with served(SERVED) as server:
        source = SERVED.source(server)
        record = next(one for page in read(server, source) for one in page.records if one.remote_id == "INFORM-2024")
        made = inform.normalize(source, record)
        address = f"{server.url}/inform-index/API/InformAPI/countries/trends/?WorkflowId=0"
    publisher = AgentRecord("Sample Publisher")
    assert made == DatasetRecord(
        remote_id="INFORM-2024",
        title={"en": "INFORM Risk Index (sample), 2024 edition"},
        notes={"en": "INFORM Risk Index (sample): a score for each of 3 countries in the 2024 edition."},
        period_start=date(2024, 1, 1),
        period_end=date(2024, 12, 31),
        licence="CC BY 4.0",
        languages=("en",),
        keywords=("risk", "index", "INFORM Risk Index (sample)"),
        agents=(AgentRole(publisher, Role.HOLDER), AgentRole(publisher, Role.PUBLISHER)),
        locations=(LocationRecord("AFG", 0), LocationRecord("SSD", 0), LocationRecord("YEM", 0)),
        distributions=(DistributionRecord("api", "InformAPI, trends of the latest release", address, format="API"),),
        columns=tuple(
            ColumnRecord("", at, header)
            for at, header in enumerate(("Iso3", "GNAYear", "IndicatorId", "IndicatorScore"))
        ),
        access=(
            AccessRecord(
                AccessModality.OPEN, ("Ask the InformAPI at the address given; no account is needed.",), address
            ),
        ),
        relations=tuple(RelationRecord(RelationKind.BASED_ON, f"{index}-2024") for index in ("CC", "HA", "VU")),
        series="INFORM Risk Index (sample)",
        extra={"edition": "2024", "index": "INFORM", "countries": "3", "workflow": "902", "methodology": "802"},
    )


def test_no_score_is_kept():
    with served(SERVED) as server:
        told = repr(read(server, SERVED.source(server)))
    assert [word for word in ("1.5", "Score", "Ranking", "StepNumber") if word in told] == []


def test_countries_without_a_score_and_countries_that_are_none():
    rows = [
        row("VU", 2024, "AFG", IndicatorScore=0),
        row("VU", 2024, "YEM", IndicatorScore=None),
        row("VU", 2024, "SSD", IndicatorScore=""),
        row("VU", 2024, "123"),
        row("VU", 2024, ""),
    ]
    (page,) = answered(rows)
    (record,) = page.records
    assert record.payload["countries"] == ["123", "AFG"]
    made = inform.normalize(SOURCE, record)
    assert made.locations == (LocationRecord("AFG", 0),)
    assert [(note.code, note.field) for note in made.reading_notes] == [("place-unknown", "countries")]


def test_only_the_indices_that_are_wanted():
    rows = [row(index, 2024, "AFG") for index in ("HA", "INFORM")]
    assert ids(answered(rows, filters={"indices": ["INFORM"]})) == [["INFORM-2024"]]
    with pytest.raises(PortalError, match="no row names an index") as fault:
        answered(rows, filters={"indices": ["Severity"]})
    assert fault.value.mend == "check the filters"


def test_a_run_goes_on_from_its_year_even_if_that_is_gone():
    with served(SERVED) as server:
        source = SERVED.source(server)
        pages = read(server, source)
        assert [(page.token, page.total) for page in pages] == [("2024", 12), ("2025", 12), (None, 12)]
        assert ids(read(server, source, Start("2025"))) == [["CC-2025", "HA-2025", "INFORM-2025", "VU-2025"]]
        assert read(server, source, Start("2026")) == [RawPage((), None, 12)]
        with pytest.raises(PortalError, match="no year of this index"):
            read(server, source, Start("soon"))


@pytest.mark.parametrize("answer", [{"Message": "An error has occurred."}, None, "x", [1], [[]]])
def test_an_answer_that_is_no_list_of_scores_is_refused(answer: object):
    with pytest.raises(PortalError, match="no list of scores") as fault:
        answered(answer)
    assert fault.value.code == "unexpected-answer"


def test_an_edition_that_does_not_say_which_is_refused_by_name():
    for changes in ({"index": ""}, {"year": None}, {"year": 0}, {"year": 12000}):
        with pytest.raises(RecordError) as error:
            edition(**changes)
        assert error.value.code == "no-id"
    assert edition(name="").title == {"en": "VU, 2024 edition"}


@pytest.mark.recorded
def test_the_recorded_trends(shared: Path):
    portal: Served = RECORDED(shared)
    with served(portal) as server:
        source = portal.source(server)
        pages = read(server, source)
        made = [inform.normalize(source, record) for page in pages for record in page.records]
    assert tuple(one.remote_id for one in made) == portal.ids
    assert (len(made), pages[0].total) == (40, 40)
    assert [one.reading_notes for one in made] == [()] * 40
    covered = {"AFG", "AGO", "COL", "IRQ", "KHM", "LBY", "SSD", "SYR", "UKR", "YEM"}
    assert {frozenset(place.iso3 for place in one.locations) for one in made} == {frozenset(covered)}
    newest = next(one for one in made if one.remote_id == "INFORM-2024")
    assert newest.title == {"en": "INFORM Risk Index, 2024 edition"}
    assert newest.extra["workflow"] == "493"
    assert [one.target for one in newest.relations] == ["CC-2024", "HA-2024", "VU-2024"]
