"""UNHCR's population figures: what becomes of them, and odd answers. All but the recorded ones are a sample."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

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
from harvester.portals import unhcr_population
from tests.portals_served.plain import Plain, Reply, Seen, plain
from tests.portals_served.served import served
from tests.portals_served.unhcr_population import RECORDED, SERVED, by_origin, total

SITUATION = {"title": "Sample situation", "population_collection": "4, 29", "by_origin": True, "geo_ids": "220"}
SOURCE = Source(
    key="unhcr-population", kind="unhcr-population", title="Sample", url="https://odp.example",
    filters={"situations": [SITUATION]},
)  # fmt: skip


def read(source: Source, start: Start = Start()) -> list[RawPage]:  # noqa: B008 - frozen
    with Client(source, Settings(http_cache_bytes=0), sleep=lambda _: None) as client:
        return list(unhcr_population.records(source, client, start))


def answered(answer: object) -> RawPage:
    """What the reading of one situation gives of one answer."""

    def script(_: Seen, reply: Reply, __: Plain) -> None:
        reply.send(200, json.dumps(answer).encode(), content_type="application/json")

    with plain(script) as server:
        (page,) = read(SOURCE.model_copy(update={"url": server.url, "allow_hosts": (server.host,)}))
    return page


def test_a_whole_situation():
    with served(SERVED) as server:
        source = SERVED.source(server)
        made = unhcr_population.normalize(source, read(source)[0].records[0])
        address = f"{server.url}/population/get/origin?geo_id=220&population_collection=4,29"
    assert made == DatasetRecord(
        remote_id="4+29-220",
        title={"en": "Sample refugees by origin, Uganda"},
        notes={"en": "Asylum-Seekers, Refugees in Uganda, from Dem. Rep. of the Congo; Sudan."},
        modified=datetime(2026, 1, 31, tzinfo=UTC),
        period_start=date(2025, 11, 30),
        period_end=date(2026, 1, 31),
        update_frequency=30,
        licence="CC BY-IGO",
        languages=("en",),
        keywords=("Asylum-Seekers", "Refugees"),
        agents=(
            AgentRole(AgentRecord("Sample Office"), Role.HOLDER),
            AgentRole(AgentRecord("UNHCR"), Role.HOLDER),
            AgentRole(AgentRecord("Sample Publisher"), Role.PUBLISHER),
        ),
        locations=(LocationRecord("UGA", 0),),
        distributions=(DistributionRecord("api", "Population figures, Uganda", address, format="API"),),
        columns=tuple(ColumnRecord("", at, header) for at, header in enumerate(by_origin("Uganda", 220))),
        access=(AccessRecord(AccessModality.OPEN, ("Ask the address given; no account is needed.",), address),),
        series="Sample refugees by origin",
        extra={
            "rows": "2",
            "population_types": "Asylum-Seekers; Refugees",
            "origins": "Dem. Rep. of the Congo; Sudan",
            "groups": "Sample new arrivals; Sample registered",
            "sources": "Government; Sample Office; UNHCR",
            "frequencies": "Daily; Monthly",
            "disaggregation": "sex; age",
        },
    )


def test_no_figure_is_kept():
    with served(SERVED) as server:
        told = repr(read(SERVED.source(server)))
    assert [word for word in ("'70'", "'261'", "'3'", "7000", "1.5") if word in told] == []


def test_one_call_for_each_situation_and_place():
    with served(SERVED) as server:
        source = SERVED.source(server)
        pages = read(source)
        assert [seen.target for seen in server.seen] == [
            "/population/get/origin?geo_id=220&population_collection=4,29",
            "/population/get/origin?geo_id=259&population_collection=4,29",
            "/population/?geo_id=598&population_collection=28",
            "/population/?geo_id=178&population_collection=28",
        ]
        assert [page.token for page in pages] == ["4+29-259", "28-598", "28-178", None]
        assert [len(page.records) for page in read(source, Start("28-598"))] == [1, 0]
        with pytest.raises(PortalError, match='"x" is no situation') as fault:
            read(source, Start("x"))
        assert fault.value.code == "token-unreadable"
        twice = {"situations": [SITUATION, SITUATION]}
        assert len(read(source.model_copy(update={"filters": twice}))) == 1


def test_a_row_of_nulls_is_no_record_and_no_fault():
    assert answered({"data": [total(None, None)]}) == RawPage(())
    assert answered({"data": []}) == RawPage(())


def test_a_figure_of_0_is_one_and_a_row_without_any_is_not_counted():
    rows = [by_origin("Uganda", 220, individuals="0"), by_origin("Uganda", 220, individuals=None, date="1999-01-01")]
    page = answered({"data": rows})
    made = unhcr_population.normalize(SOURCE, page.records[0])
    assert (made.extra["rows"], made.period_start) == ("1", date(2026, 1, 31))
    assert "disaggregation" not in made.extra


def test_another_place_than_was_asked_for_is_no_record():
    rows = [by_origin("Uganda", 220), by_origin("Kenya", 178)]
    note = ReadingNote("other-place", "geomaster_id", "asked for place 220, another was answered")
    assert answered({"data": rows}) == RawPage((), notes=(note,))


def test_what_is_told_of_the_groups_stands_in_for_the_row():
    with served(SERVED) as server:
        source = SERVED.source(server)
        made = unhcr_population.normalize(source, read(source)[2].records[0])
    assert made.extra == {
        "rows": "1",
        "population_types": "Refugees/Migrants",
        "origins": "Venezuela (Bolivarian Republic of)",
        "groups": "Sample refugees, and migrants",
        "frequencies": "Annual",
    }
    assert [one.agent.name for one in made.agents] == ["Sample Publisher", "Sample Publisher"]


def test_below_a_country_no_level_is_said_and_an_unknown_place_is_noted():
    row = by_origin("Sample Camp", 220, admin_level="Settlement", pop_frequency_name="Now and then")
    made = unhcr_population.normalize(SOURCE, answered({"data": [row]}).records[0])
    assert (made.locations, made.update_frequency) == ((), None)
    assert [note.code for note in made.reading_notes] == ["place-unknown"]
    row = by_origin("Uganda", 220, admin_level="Settlement")
    made = unhcr_population.normalize(SOURCE, answered({"data": [row]}).records[0])
    assert made.locations == (LocationRecord("UGA"),)


@pytest.mark.parametrize(
    "situations",
    [["x"], "x", [{**SITUATION, "title": ""}], [{**SITUATION, "geo_ids": []}], [{"title": "x", "geo_ids": ["1"]}]],
)
def test_a_situation_that_cannot_be_asked_for_is_told(situations: object):
    with pytest.raises(PortalError, match="cannot be asked for") as fault:
        read(SOURCE.model_copy(update={"filters": {"situations": situations}}))
    assert fault.value.code == "filter-unreadable"


def test_without_situations_nothing_is_read():
    assert read(SOURCE.model_copy(update={"filters": {}})) == [RawPage(())]


@pytest.mark.parametrize("answer", [{}, [], {"data": "x"}, {"data": ["x"]}, {"error": "x"}])
def test_an_answer_that_cannot_be_read_is_refused(answer: object):
    with pytest.raises(PortalError) as fault:
        answered(answer)
    assert fault.value.code == "unexpected-answer"


def test_figures_that_do_not_say_of_what_are_refused_by_name():
    whole = {"key": "1-2", "situation": "Sample", "place": "Uganda"}
    assert unhcr_population.normalize(SOURCE, RawRecord("1-2", whole, "")).title == {"en": "Sample, Uganda"}
    for name in whole:
        with pytest.raises(RecordError) as error:
            unhcr_population.normalize(SOURCE, RawRecord("1-2", whole | {name: None}, ""))
        assert error.value.code == "no-id"


@pytest.mark.recorded
def test_the_recorded_figures(shared: Path):
    portal = RECORDED(shared)
    with served(portal) as server:
        source = portal.source(server)
        pages = read(source)
        made = [unhcr_population.normalize(source, record) for page in pages for record in page.records]
    assert tuple(one.remote_id for one in made) == portal.ids
    assert [one.reading_notes for one in made] == [()] * 3
    assert pages[3] == RawPage(())
    assert [(one.extra["rows"], one.locations, one.modified) for one in made] == [
        ("9", (LocationRecord("UGA", 0),), datetime(2024, 6, 30, tzinfo=UTC)),
        ("10", (LocationRecord("SSD", 0),), datetime(2024, 6, 30, tzinfo=UTC)),
        ("1", (LocationRecord("BRA", 0),), datetime(2020, 10, 31, tzinfo=UTC)),
    ]
    assert [one.extra.get("disaggregation", "") for one in made] == ["", "sex; age; households", ""]
    assert made[0].extra["origins"].startswith("Burundi; Dem. Rep. of the Congo; Eritrea")
    assert "948191" not in repr(pages)
