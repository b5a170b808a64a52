"""DTM's HNA API: the data dictionary of each country and year. Documented shape, not recorded; fictional sample."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
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
from harvester.portals import dtm_hna
from tests.portals_served.dtm_hna import CATALOG, FIGURES, KEY, LISTS, SERVED, answers, indicator, row, wrapped
from tests.portals_served.served import Answer, Asked, Mood, Served, served

SOURCE = Source(
    key="dtm-hna",
    kind="dtm-hna",
    title="Sample HNA",
    url="https://hna.example",
    publisher="Sample Assessment Unit",
    licence="Sample terms",
    access_key=AccessKey(how="Ask the sample portal."),
)
FACTS: dict[str, Any] = {
    "code": "NGA",
    "name": "Nigeria",
    "year": 2024,
    "areas": 117,
    "indicators": [
        indicator("Place", "m1_meta_adm0_pcode", "Country code", "String"),
        indicator("Sample needs", "pct_hh_food", "Share of households that name <b>food</b> (sample)"),
        indicator("Sample hazards", "pct_hh_ordnance", "Share of households that saw explosive ordnance (sample)"),
        {"indicator_name": "pct_hh_new"},
    ],
}


def normalized(**changes: Any) -> DatasetRecord:
    payload = {name: value for name, value in (FACTS | changes).items() if value is not None}
    return dtm_hna.normalize(SOURCE, RawRecord("", dtm_hna.essence(payload), ""))


def read(portal: Served = SERVED, start: Start = Start(), key: str = KEY, **changes: Any) -> list[RawPage]:  # noqa: B008
    with served(portal) as server:
        source = portal.source(server).model_copy(update=changes)
        settings = Settings(keys={source.key: key} if key else {}, http_cache_bytes=0)
        with Client(source, settings, sleep=lambda _: None) as client:
            return list(dtm_hna.records(source, client, start))


def ids(pages: list[RawPage]) -> list[list[str]]:
    return [[record.remote_id for record in page.records] for page in pages]


def answering(name: str, answer: Callable[[Asked], object] | object) -> Served:
    """The sample portal, one of its answers another."""

    def other(asked: Asked, mood: Mood) -> Answer | None:
        if asked.path == f"{LISTS}/{name}":
            return Answer(answer(asked) if callable(answer) else answer)
        return answers(asked, mood)

    return replace(SERVED, answers=other)


def test_a_whole_assessment():
    columns = ("m1_meta_adm0_pcode", "pct_hh_food", "pct_hh_ordnance", "pct_hh_new")
    assert normalized() == DatasetRecord(
        remote_id="NGA/2024",
        title={"en": "DTM Humanitarian Needs Assessment, Nigeria 2024"},
        notes={
            "en": "Needs of households in Nigeria in 2024: 4 indicators by second-level area.\n\n"
            "Place: Country code.\n\n"
            "Sample needs: Share of households that name food (sample).\n\n"
            "Sample hazards: Share of households that saw explosive ordnance (sample)."
        },
        period_start=date(2024, 1, 1),
        period_end=date(2024, 12, 31),
        licence="Sample terms",
        keywords=("Place", "Sample needs", "Sample hazards"),
        agents=(
            AgentRole(AgentRecord("International Organization for Migration", "IOM", AgentKind.UN), Role.HOLDER),
            AgentRole(AgentRecord("Sample Assessment Unit"), Role.PUBLISHER),
        ),
        locations=(LocationRecord("NGA", 2, p_coded=True),),
        distributions=(
            DistributionRecord(
                key="admin2",
                name="Indicators by second-level area",
                url="https://hna.example/HNA/v1/admin2?Admin0Pcode=NGA&Year=2024",
                format="API",
                media_type="application/json",
                columns=tuple(ColumnRecord("", at, name) for at, name in enumerate(columns)),
            ),
            DistributionRecord(
                key="download",
                name="Excel export",
                url="https://hna.example/HNA/v1/download?Admin0Pcode=NGA&Year=2024",
                description="The address answers with a link that works for about ten minutes.",
                format="XLSX",
            ),
            DistributionRecord(
                key="catalog",
                name="Data dictionary of all countries and years",
                url="https://hna.example/HNA/v1/catalog",
                format="API",
                media_type="application/json",
            ),
        ),
        access=(
            AccessRecord(
                AccessModality.REGISTER,
                ("Ask the sample portal.", "Send the key in the header Ocp-Apim-Subscription-Key."),
                "https://hna.example",
            ),
        ),
        series="DTM Humanitarian Needs Assessment",
        extra={"component": "survey", "year": "2024", "indicators": "4", "admin_levels": "2", "num_of_rows": "117"},
    )


def test_odd_facts_are_noted_and_the_assessment_lands():
    odd = normalized(code="XX1", name="Kaldora", areas=None, indicators=["none", {"description": 7}])
    assert (odd.remote_id, odd.locations, odd.distributions[0].columns) == ("XX1/2024", (), ())
    assert [(note.code, note.field) for note in odd.reading_notes] == [
        ("place-unknown", "code"),
        ("entry-unreadable", "indicators"),
    ]
    assert "num_of_rows" not in odd.extra
    assert [place.iso3 for place in normalized(code="XX1", name="Bahamas (the)").locations] == ["BHS"]


@pytest.mark.parametrize(
    ("changes", "field"), [({"code": None}, "code"), ({"year": None}, "year"), ({"year": 10000}, "year")]
)
def test_an_assessment_without_country_or_year_is_refused(changes: dict[str, Any], field: str):
    with pytest.raises(RecordError) as refused:
        normalized(**changes)
    assert (refused.value.code, refused.value.field) == ("no-id", field)


def test_a_reading_takes_the_names_of_columns_and_no_figure():
    pages = read()
    assert ids(pages) == [["HTI/2023"], ["NGA/2022", "NGA/2024"], ["UKR/2025"]]
    assert [page.token for page in pages] == ["after HTI", "after NGA", None]
    assert dtm_hna.essence(pages[1].records[0].payload) == {
        "code": "NGA",
        "name": "Nigeria",
        "year": 2022,
        "areas": 117,
        "indicators": CATALOG[:4],
    }
    assert [[one["indicator_name"] for one in record.payload["indicators"]] for record in pages[2].records] == [
        ["m1_meta_adm0_pcode", "m2_meta_adm2_pcode", "year", "pct_hh_ordnance"]
    ]
    assert pages[0].remarks == (
        ReadingNote(
            "undescribed-column", "catalog", "1 columns of HTI 2023 are not in the catalog, such as pct_hh_new"
        ),
    )
    assert "0.5" not in repr(pages)


def test_years_that_are_listed_are_taken_and_others_asked_for():
    asked: list[tuple[str, str]] = []

    def rows(question: Asked) -> object:
        asked.append((question.one("Admin0Pcode"), question.one("Year")))
        return wrapped(FIGURES.get((question.one("Admin0Pcode"), int(question.one("Year"))), []))

    assert ids(read(answering("admin2", rows), options={"first_year": 2024})) == [
        ["HTI/2023"],
        ["NGA/2024"],
        ["UKR/2025"],
    ]
    assert [year for code, year in asked if code == "HTI"] == ["2021", "2023"]
    assert [year for code, year in asked if code == "NGA"][:3] == ["2024", "2025", "2026"]


def test_only_the_countries_wanted_and_the_rest_of_a_run_are_asked_for():
    assert ids(read(filters={"countries": ["nga"]})) == [["NGA/2022", "NGA/2024"]]
    assert ids(read(start=Start("after NGA"))) == [["UKR/2025"]]
    assert read(start=Start("after UKR")) == [RawPage(())]
    with pytest.raises(PortalError, match="no country of this API"):
        read(start=Start("7"))


def test_answers_may_come_bare_or_wrapped():
    for rows in (CATALOG, {"result": CATALOG, "isSuccess": True}, wrapped(CATALOG)):
        assert ids(read(answering("catalog", rows))) == [["HTI/2023"], ["NGA/2022", "NGA/2024"], ["UKR/2025"]]
    for none in (wrapped([], isSuccess=False, statusCode=404), {"result": None, "isSuccess": True}, []):
        assert ids(read(answering("admin2", none))) == [[], [], []]


@pytest.mark.parametrize("rows", [[row("NGA", 2021)], [row("HTI", 1999)]])
def test_an_answer_about_something_else_ends_the_run(rows: list[object]):
    with pytest.raises(PortalError) as fault:
        read(answering("admin2", wrapped(rows)))
    assert fault.value.code == "filter-ignored"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"result": {"isSuccess": False, "errorMessages": ["sample: year is required"]}}, "portal-refused"),
        ({"result": None, "exception": "sample timeout"}, "portal-refused"),
        ({"statusCode": 404, "message": "sample: resource not found"}, "http-404"),
        ({"statusCode": 401, "message": "sample: no key"}, "key-refused"),
        ({"result": {"data": {"oops": 1}}}, "unexpected-answer"),
        ({"unexpected": 1}, "unexpected-answer"),
        ({"title": "sample fault"}, "portal-refused"),
        ([[]], "unexpected-answer"),
        ('"none"', "unexpected-answer"),
    ],
)
def test_a_portal_that_cannot_be_read_says_why(answer: object, code: str):
    with pytest.raises(PortalError) as fault:
        read(answering("country-list", answer))
    assert fault.value.code == code
    assert fault.value.mend


def test_a_missing_key_is_told_before_anything_is_asked():
    with pytest.raises(PortalError) as fault:
        read(key="")
    assert fault.value.code == "key-missing"
    assert "LANDMARK_KEY_SAMPLE_DTM_HNA" in fault.value.mend
