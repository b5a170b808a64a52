"""FTS: what becomes of its totals, and its odd answers. All totals but the recorded ones are a fictional sample."""

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
    ReadingNote,
)
from catalog.vocabulary import AccessModality, Role
from config.declarations import Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import PortalError, RawPage, RawRecord, RecordError, Start
from harvester.portals import fts_mine_action
from tests.portals_served.fts_mine_action import RECORDED, SERVED, breakdown, grouped, plan
from tests.portals_served.plain import Plain, Reply, Seen, plain
from tests.portals_served.served import served

SOURCE = Source(
    key="fts", kind="fts-mine-action", title="Sample", url="https://fts.example", publisher="Sample Office",
    options={"first_year": 2024, "last_year": 2024},
)  # fmt: skip
STEP = "Ask the service at the address given, grouped by global cluster; no account is needed."


def read(source: Source, start: Start = Start()) -> list[RawPage]:  # noqa: B008 - frozen
    with Client(source, Settings(http_cache_bytes=0), sleep=lambda _: None) as client:
        return list(fts_mine_action.records(source, client, start))


def read_whole(start: Start = Start(), **filters: Any) -> list[RawPage]:  # noqa: B008 - frozen
    with served(SERVED) as server:
        return read(SERVED.source(server).model_copy(update={"filters": filters}), start)


def answered(plans: object, totals: object, **options: Any) -> list[RawPage]:
    """What a reading gives of these answers."""

    def script(request: Seen, reply: Reply, __: Plain) -> None:
        answer = plans if "/progress/" in request.target else totals
        reply.send(200, json.dumps(answer).encode(), content_type="application/json")

    with plain(script) as server:
        update = {"url": server.url, "allow_hosts": (server.host,), "options": {**SOURCE.options, **options}}
        return read(SOURCE.model_copy(update=update))


def ids(pages: list[RawPage]) -> list[list[str]]:
    return [[record.remote_id for record in page.records] for page in pages]


def test_a_whole_country_and_year():
    (page, _) = read_whole()
    record = page.records[0]
    first = "https://fts.example/v1/fts/flow/custom-search?planid=501&groupby=globalcluster"
    second = "https://fts.example/v1/fts/flow/custom-search?planid=503&groupby=globalcluster"
    assert fts_mine_action.normalize(SOURCE, record) == DatasetRecord(
        remote_id="SSD-2024",
        title={"en": "Funding of mine action 2024: Sample Plan 501; Sample Plan 503"},
        notes={"en": "Requirements and funding of mine action (USD), as the Financial Tracking Service totals them."},
        period_start=date(2024, 1, 1),
        period_end=date(2024, 12, 31),
        languages=("en",),
        keywords=("mine action", "funding"),
        agents=(
            AgentRole(AgentRecord("Sample Office"), Role.HOLDER),
            AgentRole(AgentRecord("Sample Office"), Role.PUBLISHER),
        ),
        locations=(LocationRecord("SSD", 0),),
        distributions=(
            DistributionRecord("501", "Sample Plan 501", first, format="JSON"),
            DistributionRecord("503", "Sample Plan 503", second, format="JSON"),
        ),
        columns=(
            ColumnRecord("", 0, "origRequirements"),
            ColumnRecord("", 1, "revisedRequirements"),
            ColumnRecord("", 2, "totalFunding"),
            ColumnRecord("", 3, "sharedFunding"),
        ),
        access=(AccessRecord(AccessModality.OPEN, (STEP,), first),),
        series="Humanitarian response plan",
        extra={
            "plan_501": "Sample Plan 501 (HSMP501): required at first USD 8,000; required USD 9,000; funded USD 5,280; "
            "shared with Protection USD 430; pledged USD 70",
            "plan_503": "Sample Plan 503 (HSMP503): required at first USD 20",
        },
    )


def test_a_plan_of_several_countries_or_of_none_stands_by_itself():
    (page, _) = read_whole()
    assert [
        (record.remote_id, [place.iso3 for place in fts_mine_action.normalize(SOURCE, record).locations])
        for record in page.records[1:]
    ] == [("plan-502-2024", ["LBN", "SYR"]), ("plan-505-2024", [])]


def test_mine_action_is_known_by_its_number_and_not_by_its_name():
    (_, page) = read_whole()
    assert [record.remote_id for record in page.records] == ["MLI-2025"]
    assert page.records[0].payload["plans"][0]["funded"] == 310


def test_what_is_wanted_can_be_narrowed():
    assert ids(read_whole(countries=["mli", "SYR"])) == [["plan-502-2024"], ["MLI-2025"]]
    assert ids(read_whole(plans=[503])) == [["SSD-2024"], []]


def test_a_cut_run_goes_on_with_the_next_year():
    assert [page.token for page in read_whole()] == ["2025", None]
    assert ids(read_whole(Start("2025"))) == [["MLI-2025"]]
    assert ids(read_whole(Start("2026"))) == [[]]
    with pytest.raises(PortalError) as caught:
        read_whole(Start("soon"))
    assert caught.value.code == "token-unreadable"


def test_totals_without_a_breakdown_are_read_where_a_cluster_stands_alone():
    single = {"singleFundingObjects": [breakdown(15, "Mine Action", 12)], "objectsBreakdown": None}
    totals = {"data": {"report3": {"fundingTotals": {"objects": [single]}, "pledgeTotals": None}}}
    pages = answered({"data": {"plans": [plan(1, 2024, "MLI")]}}, totals)
    assert pages[0].records[0].payload["plans"][0]["funded"] == 12


def test_totals_of_another_cluster_can_be_asked_for():
    pages = answered({"data": {"plans": [plan(1, 2024, "MLI")]}}, {"data": grouped([breakdown(3, "E", 4)])}, cluster=3)
    assert ids(pages) == [["MLI-2024"]]


@pytest.mark.parametrize(
    ("plans", "totals", "code"),
    [
        ({"status": "error", "message": "Sample"}, {}, "portal-refused"),
        ({"data": []}, {}, "unexpected-answer"),
        ({"data": {"plans": [7]}}, {}, "unexpected-answer"),
        ({"data": {"plans": [plan(1, 2024, "MLI")]}}, {"data": None}, "unexpected-answer"),
        ({"data": {"plans": [plan(1, 2024, "MLI")]}}, {"status": "error"}, "portal-refused"),
    ],
)
def test_an_answer_that_is_none(plans: object, totals: object, code: str):
    with pytest.raises(PortalError) as caught:
        answered(plans, totals)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"id": ""}, "no-id"), ({"year": "soon"}, "no-id"), ({"year": 0}, "no-id"), ({"plans": []}, "no-title")],
)
def test_a_record_that_cannot_be_read(changes: dict[str, object], code: str):
    payload = {"id": "MLI-2024", "year": 2024, "plans": [{"id": 1}], **changes}
    with pytest.raises(RecordError) as caught:
        fts_mine_action.normalize(SOURCE, RawRecord("MLI-2024", payload, ""))
    assert caught.value.code == code


def test_a_total_that_is_no_number_is_noted():
    payload = {"id": "MLI-2024", "year": 2024, "countries": ["MLI"], "plans": [{"id": 1, "funded": "much"}]}
    record = fts_mine_action.normalize(SOURCE, RawRecord("MLI-2024", payload, ""))
    assert record.extra == {"plan_1": "plan 1: no totals"}
    assert record.reading_notes == (
        ReadingNote("number-unreadable", "plans[0].funded", 'a whole number was expected, not "much"'),
    )


@pytest.mark.recorded
def test_the_recorded_totals_of_afghanistan(shared: Path):
    portal = RECORDED(shared)
    with served(portal) as server:
        source = portal.source(server)
        pages = read(source)
    assert ids(pages) == [list(portal.ids)] == [["AFG-2020"]]
    record = fts_mine_action.normalize(source, pages[0].records[0])
    assert record.title == {"en": "Funding of mine action 2020: Afghanistan 2020"}
    assert record.locations == (LocationRecord("AFG", 0),)
    assert record.extra == {
        "plan_929": "Afghanistan 2020 (HAFG20): funded USD 5,280,408; shared with Protection USD 433,094"
    }
    assert record.reading_notes == ()
