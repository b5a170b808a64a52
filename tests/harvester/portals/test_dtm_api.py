"""DTM's API: which operations report, and what their figures are counted to. All content is a fictional sample."""

from collections.abc import Callable, Mapping
from dataclasses import replace
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
    ReadingNote,
)
from catalog.vocabulary import AccessModality, AgentKind, Role
from config.declarations import AccessKey, Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import PortalError, RawPage, RawRecord, RecordError, Start
from harvester.portals import dtm_api
from tests.portals_served.dtm_api import KEY, LISTS, RECORDED, SERVED, answers, envelope, figure
from tests.portals_served.served import Answer, Asked, Mood, Served, served

SOURCE = Source(
    key="dtm-api",
    kind="dtm-api",
    title="Sample DTM",
    url="https://dtm.example",
    publisher="Sample Tracking Unit",
    licence="Sample terms",
    access_key=AccessKey(how="Ask the sample portal."),
)
FACTS: Mapping[str, Any] = {
    "operation": "Sample tracking",
    "operationStatus": "Active",
    "admin0Name": "South Sudan",
    "admin0Pcode": "SSD",
    "firstReported": "2023-11-30",
    "lastReported": "2024-02-29",
    "rounds": 2,
    "firstRound": 1,
    "lastRound": 2,
    "assessmentTypes": ["BA", "SA"],
    "displacementReasons": ["Conflict", "Disaster"],
    "bySex": True,
    "byOrigin": True,
}
AGENTS = (
    AgentRole(AgentRecord("International Organization for Migration", "IOM", AgentKind.UN), Role.HOLDER),
    AgentRole(AgentRecord("Sample Tracking Unit"), Role.PUBLISHER),
)
NO_FIGURES = "Ask IOM's Displacement Tracking Matrix for the country: the API gives no figures of this operation."
FIGURES = (
    "numPresentIdpInd", "reportingDate", "yearReportingDate", "monthReportingDate", "roundNumber",
    "displacementReason", "numberMales", "numberFemales", "idpOriginAdmin1Name", "idpOriginAdmin1Pcode",
    "assessmentType",
)  # fmt: skip
AREA0 = ("operation", "admin0Name", "admin0Pcode")
AREA1 = ("id", *AREA0, "admin1Name", "admin1Pcode")
AREA2 = (*AREA1, "admin2Name", "admin2Pcode")


def service(level: str, name: str, areas: tuple[str, ...]) -> DistributionRecord:
    return DistributionRecord(
        key=level,
        name=name,
        url=f"https://dtm.example/v3/displacement/{level}?Operation=Sample+tracking&Admin0Pcode=SSD",
        format="API",
        media_type="application/json",
        columns=tuple(ColumnRecord("", at, header) for at, header in enumerate((*areas, *FIGURES))),
    )


def normalized(**changes: Any) -> DatasetRecord:
    payload = {name: value for name, value in (dict(FACTS) | changes).items() if value is not None}
    return dtm_api.normalize(SOURCE, RawRecord("", dtm_api.essence(payload), ""))


def read(portal: Served, start: Start = Start(), key: str = KEY, **changes: Any) -> list[RawPage]:  # noqa: B008
    with served(portal) as server:
        source = portal.source(server).model_copy(update=changes)
        settings = Settings(keys={source.key: key} if key else {}, http_cache_bytes=0)
        with Client(source, settings, sleep=lambda _: None) as client:
            return list(dtm_api.records(source, client, start))


def answering(name: str, answer: Callable[[Asked], object] | object) -> Served:
    """The sample portal, one of its answers another."""

    def other(asked: Asked, mood: Mood) -> Answer | None:
        if asked.path == f"{LISTS}/{name}":
            return Answer(answer(asked) if callable(answer) else answer)
        return answers(asked, mood)

    return replace(SERVED, answers=other)


def test_a_whole_operation():
    assert normalized() == DatasetRecord(
        remote_id="SSD/Sample tracking",
        title={"und": "DTM mobility tracking, South Sudan: Sample tracking"},
        notes={
            "en": 'Numbers of displaced people of the operation "Sample tracking" in South Sudan, reported from '
            "2023-11-30 to 2024-02-29 in 2 rounds (round 1 to 2). Assessed by baseline assessment, site assessment. "
            "Reasons of displacement: Conflict, Disaster. Some figures are told apart by sex and area of origin. "
            "Published down to the second administrative level; only figures that IOM calls non-sensitive."
        },
        modified=datetime(2024, 2, 29, tzinfo=UTC),
        period_start=date(2023, 11, 30),
        period_end=date(2024, 2, 29),
        caveats="The assessment types of one date may repeat the same figure: do not add them up.",
        licence="Sample terms",
        keywords=(
            "displacement",
            "mobility tracking",
            "baseline assessment",
            "site assessment",
            "Conflict",
            "Disaster",
        ),
        agents=AGENTS,
        locations=(LocationRecord("SSD", 2, True),),
        distributions=(
            service("admin0", "Figures by country", AREA0),
            service("admin1", "Figures by first-level area", AREA1),
            service("admin2", "Figures by second-level area", AREA2),
        ),
        access=(
            AccessRecord(
                AccessModality.REGISTER,
                ("Ask the sample portal.", "Send the key in the header Ocp-Apim-Subscription-Key."),
                "https://dtm.example",
            ),
        ),
        series="DTM displacement API",
        extra={
            "component": "mobility tracking",
            "operation": "Sample tracking",
            "operation_status": "Active",
            "first_reported": "2023-11-30",
            "last_reported": "2024-02-29",
            "rounds": "2",
            "first_round": "1",
            "last_round": "2",
            "assessment_types": "BA, SA",
            "admin_levels": "0, 1, 2",
        },
    )


def test_an_operation_without_figures_says_whom_to_ask_and_claims_no_date():
    bare = dtm_api.normalize(
        SOURCE,
        RawRecord(
            "",
            {
                "operation": "Sample storm",
                "operationStatus": "Active",
                "admin0Name": "Bahamas (the)",
                "admin0Pcode": "BHS",
            },
            "",
        ),
    )
    assert bare == DatasetRecord(
        remote_id="BHS/Sample storm",
        title={"und": "DTM mobility tracking, Bahamas: Sample storm"},
        notes={"en": 'DTM lists the operation "Sample storm" in Bahamas; its API gives no figures of it.'},
        licence="Sample terms",
        keywords=("displacement", "mobility tracking"),
        agents=AGENTS,
        locations=(LocationRecord("BHS"),),
        access=(
            AccessRecord(
                AccessModality.UNKNOWN,
                (NO_FIGURES,),
            ),
        ),
        series="DTM displacement API",
        extra={"component": "mobility tracking", "operation": "Sample storm", "operation_status": "Active"},
    )


@pytest.mark.parametrize(
    ("operation", "component"),
    [
        ("Biometric Registration", "registration"),
        ("Displacement in Ukraine (Registration)", "registration"),
        ("Flow Monitoring Registry", "registration"),
        ("Sample flow monitoring", "flow monitoring"),
        ("Intentions Survey", "survey"),
        ("Countrywide monitoring", "mobility tracking"),
        ("Cyclone", "mobility tracking"),
    ],
)
def test_the_component_is_told_by_the_name(operation: str, component: str):
    record = normalized(operation=operation)
    assert (record.extra["component"], record.keywords[1]) == (component, component)
    assert record.display_title == f"DTM {component}, South Sudan: {operation}"


def test_odd_places_and_dates_are_noted_and_the_operation_lands():
    assert [place.iso3 for place in normalized(admin0Pcode="XKX", admin0Name="Kosovo").locations] == ["XKX"]
    assert [place.iso3 for place in normalized(admin0Pcode="XX1", admin0Name="Philippines (the)").locations] == ["PHL"]
    odd = normalized(admin0Pcode="XX1", admin0Name="Kaldora", lastReported="soon", firstReported=7)
    assert (odd.locations, odd.modified, odd.period_start, odd.distributions) == ((), None, None, ())
    assert [(note.code, note.field) for note in odd.reading_notes] == [
        ("date-unreadable", "firstReported"),
        ("date-unreadable", "lastReported"),
        ("place-unknown", "admin0Pcode"),
    ]


@pytest.mark.parametrize("missing", ["operation", "admin0Pcode"])
def test_an_operation_without_a_name_or_a_country_is_refused(missing: str):
    with pytest.raises(RecordError) as refused:
        normalized(**{missing: None})
    assert (refused.value.code, refused.value.field) == ("no-id", missing)


def test_a_reading_counts_rows_and_keeps_none():
    pages = read(SERVED)
    assert [(page.token, page.total) for page in pages] == [
        ("after BHS", 5),
        ("after SSD", 5),
        ("after TCD", 5),
        (None, 5),
    ]
    assert [page.remarks for page in pages] == [
        (ReadingNote("no-operation", "country-list", "VUT is listed without an operation"),),
        (),
        (),
        (),
    ]
    tracking = pages[1].records[1]
    assert dtm_api.essence(tracking.payload) == FACTS
    assert "numPresentIdpInd" not in repr(pages)
    storm = pages[0].records[0]
    assert dtm_api.essence(storm.payload) == {
        "operation": "Sample storm",
        "operationStatus": "Inactive",
        "admin0Name": "Bahamas (the)",
        "admin0Pcode": "BHS",
    }


def test_a_run_goes_on_after_a_country_that_is_gone():
    assert [record.remote_id for page in read(SERVED, Start("after SSX")) for record in page.records] == [
        "TCD/Sample lake basin",
        "UKR/Sample flow monitoring",
    ]
    assert read(SERVED, Start("after UKR"))[-1].records == ()
    with pytest.raises(PortalError, match="no country of this API"):
        read(SERVED, Start("page 2"))


def test_only_the_countries_wanted_are_asked_for():
    pages = read(SERVED, filters={"countries": ["tcd"]})
    assert [[record.remote_id for record in page.records] for page in pages] == [["TCD/Sample lake basin"]]
    assert pages[0].remarks == ()


def test_an_answer_about_another_country_ends_the_run():
    stray = answering("admin0", envelope([figure("Sample tracking", "TCD", "2024-01-31", 1)]))
    with pytest.raises(PortalError) as fault:
        read(stray)
    assert (fault.value.code, str(fault.value)) == (
        "filter-ignored",
        "the API was asked for BHS and answers about TCD",
    )


def test_figures_of_an_operation_that_is_not_listed_are_noted():
    odd = answering("admin0", lambda asked: envelope([figure("Sample new", asked.one("Admin0Pcode"), "2024-01-31", 1)]))
    assert read(odd)[1].remarks == (ReadingNote("unlisted-operation", "operation", 'figures of "Sample new" in SSD'),)


def test_odd_rows_are_counted_as_far_as_they_can_be_read():
    odd = [
        figure("Sample lake basin", "TCD", "2026-01-31", 3, reportingDate="soon", assessmentType=7),
        figure("Sample lake basin", "TCD", "2026-03-31", 4, roundNumber="4", displacementReason=None),
    ]
    pages = read(answering("admin0", lambda asked: envelope(odd if asked.one("Admin0Pcode") == "TCD" else [])))
    assert dtm_api.essence(pages[2].records[0].payload) == {
        "operation": "Sample lake basin",
        "operationStatus": "Active",
        "admin0Name": "Chad",
        "admin0Pcode": "TCD",
        "firstReported": "2026-03-31",
        "lastReported": "2026-03-31",
        "rounds": 1,
        "firstRound": 3,
        "lastRound": 3,
        "assessmentTypes": ["BA"],
        "displacementReasons": ["Conflict"],
    }


@pytest.mark.parametrize(
    ("name", "answer", "code"),
    [
        ("operation-list", envelope([], isSuccess=False, statusCode=400, errorMessages=["sample"]), "portal-refused"),
        ("operation-list", {"statusCode": 401, "message": "sample: no key"}, "key-refused"),
        ("operation-list", envelope([], result="none"), "unexpected-answer"),
        ("operation-list", envelope([[]]), "unexpected-answer"),
        ("country-list", [], "unexpected-answer"),
        ("admin0", envelope([], totalRecordsCount=9), "wrong-count"),
        ("admin0", envelope([], isSuccess=False, statusCode=500, errorMessages=None), "portal-refused"),
    ],
)  # fmt: skip
def test_a_portal_that_cannot_be_read_says_why(name: str, answer: object, code: str):
    with pytest.raises(PortalError) as fault:
        read(answering(name, answer))
    assert fault.value.code == code
    assert fault.value.mend


def test_no_figures_is_no_fault_however_it_is_said():
    for answer in (envelope([], result=None), envelope([], isSuccess=False, statusCode=404)):
        records = [record for page in read(answering("admin0", answer)) for record in page.records]
        assert [record.remote_id for record in records] == list(SERVED.ids)
        assert not [record for record in records if record.payload["lastReported"]]


def test_a_missing_key_is_told_before_anything_is_asked():
    with pytest.raises(PortalError) as fault:
        read(SERVED, key="")
    assert fault.value.code == "key-missing"
    assert "LANDMARK_KEY_SAMPLE_DTM_API" in fault.value.mend


@pytest.mark.recorded
def test_the_recorded_operations_become_106_records(shared: Path):
    portal = RECORDED(shared)
    found = [record for page in read(portal) for record in page.records]
    made = [dtm_api.normalize(SOURCE, record) for record in found]
    assert len(made) == len({record.remote_id for record in made}) == 106
    assert sum(record.extra["operation_status"] == "Active" for record in made) == 63
    assert {place.iso3 for record in made for place in record.locations} == {
        record.remote_id.partition("/")[0] for record in made
    }
    assert [note for record in made for note in record.reading_notes] == []
    assert sorted(record.remote_id for record in made if record.extra["component"] == "registration") == [
        "SSD/Biometric Registration",
        "UKR/Displacement due to Conflict in Ukraine (Registration)",
    ]
    (chad,) = [record for record in made if record.modified]
    assert (chad.remote_id, chad.period_start, chad.period_end) == (
        "TCD/Lake Chad Basin Crisis",
        date(2017, 9, 30),
        date(2018, 7, 30),
    )
    assert {name: chad.extra[name] for name in ("rounds", "first_round", "last_round", "assessment_types")} == {
        "rounds": "4",
        "first_round": "1",
        "last_round": "4",
        "assessment_types": "BA, SA",
    }
