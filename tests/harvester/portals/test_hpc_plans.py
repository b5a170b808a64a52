"""HPC.tools: what becomes of a plan's figures of mine action, and odd answers. All but the recorded is a sample."""

import json
from datetime import UTC, date, datetime
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
    PortalFlag,
    ReadingNote,
)
from catalog.vocabulary import AccessModality, Role
from config.declarations import Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import PortalError, RawPage, RawRecord, RecordError, Start
from harvester.portals import hpc_plans
from tests.portals_served.hpc_plans import RECORDED, SERVED, TOKEN, caseload, monitored, summed
from tests.portals_served.plain import Plain, Reply, Seen, plain
from tests.portals_served.served import served

SOURCE = Source(
    key="hpc-plans", kind="hpc-plans", title="Sample", url="https://hpc.example", publisher="Sample Office",
    options={"first_year": 2024},
)  # fmt: skip


def read(source: Source, start: Start = Start(), key: str = "") -> list[RawPage]:  # noqa: B008 - frozen
    settings = Settings(http_cache_bytes=0, keys={source.key: key} if key else {})
    with Client(source, settings, sleep=lambda _: None) as client:
        return list(hpc_plans.records(source, client, start))


def read_whole(start: Start = Start(), key: str = "", **options: Any) -> list[RawPage]:  # noqa: B008 - frozen
    with served(SERVED) as server:
        source = SERVED.source(server)
        return read(source.model_copy(update={"options": {**source.options, **options}}), start, key)


def answered(answers: dict[str, object], key: str = "", **options: Any) -> list[RawPage]:
    """What a reading gives of these answers by path, and of 404 to any other question."""

    def script(request: Seen, reply: Reply, __: Plain) -> None:
        found = answers.get(request.target.partition("?")[0])
        reply.send(404 if found is None else 200, json.dumps(found).encode(), content_type="application/json")

    with plain(script) as server:
        update = {"url": server.url, "allow_hosts": (server.host,), "options": {"first_year": 2024, **options}}
        return read(SOURCE.model_copy(update=update), key=key)


def ids(pages: list[RawPage]) -> list[list[str]]:
    return [[record.remote_id for record in page.records] for page in pages]


def normalized(**changes: Any) -> DatasetRecord:
    payload = {
        "id": 301,
        "name": "Sample Plan",
        "code": "HSMP24",
        "type": "Humanitarian response plan",
        "year": 2024,
        "start": "2024-01-01",
        "end": "2024-12-31",
        "countries": ["SSD"],
        "caseloads": [
            {
                "ref": "CLPRO/1",
                "description": "Mine Action",
                "metrics": ["inNeed", "target"],
                "inNeed": 4100,
                "target": 17,
            }
        ],
        "indicators": [{"topic": "risk education", "description": "Sample: people who received EORE"}],
        "periods": 2,
        "published_version": "1.2",
        "published_date": "15/01/2025",
        "admin_levels": [1, 2],
        "p_coded": True,
        "groups": ["Adults", "Children"],
    } | changes
    return hpc_plans.normalize(SOURCE, RawRecord("301", hpc_plans.essence(payload), ""))


OPEN = "The plan's national totals are open: ask planSummary for the plan's year and look for its number."
TOKEN_NEEDED = "Figures by area and group need the token of an HPC.tools account: ask OCHA in the country."


def test_a_whole_plan():
    address = "https://hpc.example/v2/public/planSummary?year=2024&includeIndicators=true&includeCaseloads=true"
    monitoring = "https://hpc.example/v2/plan/301/responseMonitoring"
    assert normalized() == DatasetRecord(
        remote_id="301",
        title={"en": "Sample Plan: mine action"},
        notes={
            "en": "What Sample Plan counts for mine action (people): in need, target. Indicators on risk education."
        },
        modified=datetime(2025, 1, 15, tzinfo=UTC),
        period_start=date(2024, 1, 1),
        period_end=date(2024, 12, 31),
        languages=("en",),
        keywords=("mine action", "humanitarian needs", "risk education"),
        agents=(
            AgentRole(AgentRecord("Sample Office"), Role.HOLDER),
            AgentRole(AgentRecord("Sample Office"), Role.PUBLISHER),
        ),
        locations=(LocationRecord("SSD", 2, p_coded=True),),
        distributions=(
            DistributionRecord("summary", "Summary of the year's plans (no key)", address, format="JSON"),
            DistributionRecord("monitoring", "Response monitoring (with a token)", monitoring, format="JSON"),
        ),
        columns=(ColumnRecord("", 0, "inNeed"), ColumnRecord("", 1, "target")),
        access=(AccessRecord(AccessModality.OPEN, (OPEN, TOKEN_NEEDED), address),),
        series="Humanitarian response plan",
        extra={
            "plan_code": "HSMP24",
            "caseloads": "CLPRO/1 Mine Action: in need 4,100, target 17",
            "metrics": "in need; target",
            "indicators": "Sample: people who received EORE",
            "monitoring_periods": "2",
            "published_version": "1.2",
            "published": "15/01/2025",
            "disaggregated_by": "Adults; Children",
        },
    )


@pytest.mark.parametrize(
    ("version", "held_back"), [("0.9", True), ("0", True), (0.1, True), ("1.0", False), ("", False)]
)
def test_a_version_below_1_says_that_disaggregated_figures_are_not_shared(version: object, held_back: bool):
    record = normalized(published_version=version)
    flags = (PortalFlag("lastPublishedVersion", "below-1"),) if held_back else ()
    step = "Figures by area and group are not shared: the plan's last published version is below 1."
    assert (record.flags, record.access[0].steps[1]) == (flags, step if held_back else TOKEN_NEEDED)


def test_caseloads_are_told_one_by_one_and_never_summed():
    record = normalized(
        caseloads=[
            {"ref": "A", "description": "Mine Action", "metrics": ["target"], "target": 10},
            {"ref": "B", "description": "Minas", "metrics": ["inNeed", "figment"], "inNeed": "x"},
        ]
    )
    assert record.extra["caseloads"] == "A Mine Action: target 10; B Minas: no totals"
    assert [column.header for column in record.columns] == ["inNeed", "target"]
    assert record.reading_notes == (
        ReadingNote("number-unreadable", "caseloads[1].inNeed", 'a whole number was expected, not "x"'),
    )


@pytest.mark.parametrize(("field", "code"), [("id", "no-id"), ("name", "no-title")])
def test_a_plan_without_number_or_name_is_reported(field: str, code: str):
    with pytest.raises(RecordError) as caught:
        normalized(**{field: None})
    assert caught.value.code == code


def test_a_plan_of_several_years_is_told_once():
    assert ids(read_whole()) == [["301", "303"], ["302"]]
    assert [page.token for page in read_whole()] == ["2025", None]
    assert ids(read_whole(Start("2025"))) == [["302"]]


def test_years_are_bounded():
    assert ids(read_whole(last_year=2024)) == [["301", "303"]]
    assert ids(read_whole(first_year=2030)) == [[]]


def test_caseloads_are_found_by_code_and_without_one_by_words():
    plans = [
        summed(1, 2024, [caseload("PRO-MIN", "Whatever it is called")]),
        summed(2, 2024, [caseload("", "Lutte contre les mines")]),
        summed(3, 2024, [caseload("WSH", "Water near mines")]),
        summed(4, 2024, [caseload("n/a", "Undermined homes")]),
        summed(5, 2024, [caseload("n/a", "Explosive ordnance (sample)")]),
    ]
    listed = {"status": "ok", "data": [{"id": 1, "years": [{"year": "2024"}]}]}
    pages = answered({"/v2/public/plan": listed, "/v2/public/planSummary": {"data": {"planData": plans}}})
    assert ids(pages) == [["1", "2", "5"]]


def test_what_there_is_below_the_national_level_is_told_and_no_figure_of_it_kept():
    (first, _), (last,) = (page.records for page in read_whole(key=TOKEN))
    assert first.payload["admin_levels"] == [1, 2]
    assert first.payload["p_coded"] is True
    assert first.payload["groups"] == ["Adults - IDP", "Children - IDP"]
    assert [one["topic"] for one in first.payload["indicators"]] == ["risk education", "victim assistance"]
    assert last.payload["published_version"] == "0.9"
    assert "8000" not in repr(first.payload)


def test_without_a_token_only_what_is_public_is_read():
    with served(SERVED) as server:
        pages = read(SERVED.source(server))
        assert [one.target.partition("?")[0] for one in server.seen] == [
            "/v2/public/plan",
            "/v2/public/planSummary",
            "/v2/public/planSummary",
        ]
    assert "admin_levels" not in pages[0].records[0].payload


def test_plans_by_their_monitoring():
    plans = [
        {
            "id": 8,
            "name": "Sample B",
            "usageYears": [{"year": "2024"}],
            "countries": [{"iso3": "MLI"}],
            "restricted": True,
        },
        {"id": 7, "name": "Sample A", "usageYears": [{"year": "2024"}], "countries": [{"iso3": None}]},
        {"id": 6, "name": "Sample without monitoring"},
        {"id": 9, "name": "Sample of water", "planType": {"name": "Other"}},
    ]
    answers = {
        "/v2/fts/flow/plan/overview/progress/2024": {"data": {"plans": plans}},
        "/v2/fts/flow/plan/overview/progress/2025": {"data": {"plans": plans[:2]}},
        "/v2/plan/7/responseMonitoring": {"data": monitored(7)},
        "/v2/plan/8/responseMonitoring": {"data": monitored(8)},
        "/v2/plan/9/responseMonitoring": {"data": monitored(9, caseloads=[caseload("WSH", "Water")])},
    }
    pages = answered(answers, key=TOKEN, read="monitoring", last_year=2025)
    assert ids(pages) == [["7", "8"], []]
    record = hpc_plans.normalize(SOURCE, pages[0].records[1])
    assert (record.locations, record.flags) == (
        (LocationRecord("MLI", 2, p_coded=True),),
        (PortalFlag("restricted", "true"),),
    )


def test_monitoring_wants_a_token():
    with pytest.raises(PortalError) as caught:
        answered({}, read="monitoring")
    assert caught.value.code == "key-missing"
    assert "LANDMARK_KEY_HPC_PLANS" in caught.value.mend


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"status": "error", "message": "Sample fault", "data": []}, "portal-refused"),
        ({"status": "ok"}, "unexpected-answer"),
        ({"status": "ok", "data": {"id": 1}}, "unexpected-answer"),
        ([], "unexpected-answer"),
    ],
)
def test_an_answer_that_is_none(answer: object, code: str):
    with pytest.raises(PortalError) as caught:
        answered({"/v2/public/plan": answer})
    assert caught.value.code == code


def test_a_token_of_something_else():
    with pytest.raises(PortalError) as caught:
        read_whole(Start("next"))
    assert caught.value.code == "token-unreadable"


@pytest.mark.recorded
def test_the_recorded_plan_of_afghanistan(shared: Path):
    portal = RECORDED(shared)
    with served(portal) as server:
        source = portal.source(server)
        pages = read(source, key=TOKEN)
    assert ids(pages) == [list(portal.ids)] == [["1185"]]
    record = hpc_plans.normalize(source, pages[0].records[0])
    assert record.title == {"en": "Afghanistan Humanitarian Response Plan 2024: mine action"}
    assert record.locations == (LocationRecord("AFG", 2, p_coded=True),)
    assert (record.period_start, record.period_end) == (date(2024, 1, 1), date(2024, 12, 31))
    assert record.modified == datetime(2025, 1, 15, tzinfo=UTC)
    assert record.extra["caseloads"] == "CLPRO/BF5-PRO-MIN Mine Action: in need 4,182,879, target 1,755,108"
    assert record.extra["published_version"] == "1.21"
    assert len(record.extra["disaggregated_by"].split("; ")) == 21
    assert (record.flags, record.reading_notes) == ((), ())
    assert '"value"' not in json.dumps(hpc_plans.essence(pages[0].records[0].payload))
