"""HDX HAPI: coverage joined to datasets of HDX. Documented shape, not recorded; all content is a fictional sample."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from catalog.records import (
    AccessRecord,
    AgentRecord,
    AgentRole,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
    ReadingNote,
    RelationRecord,
)
from catalog.vocabulary import AccessModality, RelationKind, Role
from config.declarations import AccessKey, Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import PortalError, RawPage, RawRecord, RecordError, Start
from harvester.portals import hapi
from tests.portals_served.hapi import FILES, IDPS, KEY, NEEDS, RESOURCES, SERVED, answers, cover, dataset
from tests.portals_served.served import Answer, Asked, Mood, Served, served

SOURCE = Source(
    key="hapi",
    kind="hapi",
    title="Sample HAPI",
    url="https://hapi.example/api/v2",
    publisher="Sample Exchange Office",
    access_key=AccessKey(how="Make an identifier at the sample portal."),
    options={"hdx": "https://exchange.example"},
)
NEEDS_ID, IDPS_ID = f"{NEEDS}/affected-people/humanitarian-needs", f"{IDPS}/affected-people/idps"
HEADER = "x-hdx-hapi-app-identifier"


def read(portal: Served = SERVED, start: Start = Start(), key: str = KEY, **changes: Any) -> list[RawPage]:  # noqa: B008
    with served(portal) as server:
        return reading(portal, server, start, key, **changes)


def reading(portal: Served, server: Any, start: Start, key: str, **changes: Any) -> list[RawPage]:
    source = portal.source(server).model_copy(update=changes)
    settings = Settings(keys={source.key: key} if key else {}, http_cache_bytes=0)
    with Client(source, settings, sleep=lambda _: None) as client:
        return list(hapi.records(source, client, start))


def ids(pages: list[RawPage]) -> list[list[str]]:
    return [[record.remote_id for record in page.records] for page in pages]


def answering(path: str, answer: Callable[[Asked], object] | object) -> Served:
    """The sample portal, one of its answers another."""

    def other(asked: Asked, mood: Mood) -> Answer | None:
        if asked.path == path:
            given = answer(asked) if callable(answer) else answer
            return given if isinstance(given, Answer) else Answer(given)
        return answers(asked, mood)

    return replace(SERVED, answers=other)


def made(portal: Served = SERVED) -> dict[str, DatasetRecord]:
    """Records by id."""
    return {record.remote_id: hapi.normalize(SOURCE, record) for page in read(portal) for record in page.records}


def normalized(**changes: Any) -> DatasetRecord:
    payload = {"category": "affected-people", "subcategory": "idps", "dataset": {"id": "a"}} | changes
    return hapi.normalize(SOURCE, RawRecord("", hapi.essence(payload), ""))


def test_a_whole_coverage_is_the_same_as_a_dataset_of_hdx_and_names_no_holder():
    page = "https://exchange.example/dataset/sample-idps"
    files = f"https://exchange.example/dataset/{IDPS}/resource"
    title = "Sample Idps (fictional)"
    assert made()[IDPS_ID] == DatasetRecord(
        remote_id=IDPS_ID,
        title={"und": f"{title} (HDX HAPI: internally displaced people)"},
        notes={
            "en": f'HDX HAPI gives "{title}" of the Humanitarian Data Exchange in standardised form, as '
            "internally displaced people. "
            "Down to administrative level 1: AFG. By country: SDN, UKR."
        },
        landing_page=page,
        modified=datetime(2026, 8, 1, 9, 30, tzinfo=UTC),
        keywords=("affected people", "internally displaced people"),
        agents=(AgentRole(AgentRecord("Sample Exchange Office"), Role.PUBLISHER),),
        locations=(LocationRecord("AFG", 1, p_coded=True), LocationRecord("SDN", 0), LocationRecord("UKR", 0)),
        distributions=(
            DistributionRecord(
                key=FILES[IDPS],
                name="sample_idps.xlsx",
                url=f"{files}/{FILES[IDPS]}/download/sample_idps.xlsx",
                format="XLSX",
                declared_format="XLSX",
                modified=datetime(2026, 8, 1, 9, 30, tzinfo=UTC),
            ),
            DistributionRecord(
                key="22222222-aaaa-4aaa-8aaa-000000000009",
                name="sample_idps_old.csv",
                url=f"{files}/22222222-aaaa-4aaa-8aaa-000000000009/download/sample_idps_old.csv",
                format="CSV",
                declared_format="CSV",
                modified=datetime(2024, 1, 5, tzinfo=UTC),
            ),
            DistributionRecord(
                key="hapi",
                name="HDX HAPI: internally displaced people",
                url="https://hapi.example/api/v2/affected-people/idps",
                description="Standardised rows; an app identifier is wanted.",
                format="API",
                media_type="application/json",
            ),
        ),
        access=(
            AccessRecord(
                AccessModality.OPEN,
                (
                    "Get the files on their page of the Humanitarian Data Exchange.",
                    "For standardised rows ask HDX HAPI. Make an identifier at the sample portal.",
                ),
                page,
            ),
        ),
        relations=(RelationRecord(RelationKind.SAME_AS, f"https://exchange.example/dataset/{IDPS}"),),
        series="HDX HAPI",
        extra={
            "entry": "coverage",
            "category": "affected-people",
            "subcategory": "idps",
            "hdx_dataset": IDPS,
            "provider": "Sample Provider",
            "admin_levels": "0, 1",
            "countries_covered": "3",
            "hapi_updated": "2026-09-07",
        },
    )


def test_the_deepest_level_and_the_last_update_are_taken():
    needs = made()[NEEDS_ID]
    assert needs.locations == (LocationRecord("SDN", 2, p_coded=True),)
    assert (needs.extra["admin_levels"], needs.extra["hapi_updated"], needs.modified) == (
        "2",
        "2026-03-01",
        datetime(2026, 2, 10, tzinfo=UTC),
    )


def test_updates_that_differ_are_told_by_country():
    rows = [cover("affected-people", "idps", "AFG"), cover("affected-people", "idps", "SDN", day="2025-01-02")]
    rows += [cover("affected-people", "idps", "SDN", "unspecified", day="2025-01-01")]
    record = made(answering("/metadata/data-availability", lambda asked: {"data": rows[int(asked.one("offset")) :]}))[
        IDPS_ID
    ]
    assert record.extra["hapi_updated_by_country"] == "AFG 2026-09-07; SDN 2025-01-02"
    assert [(place.iso3, place.admin_level) for place in record.locations] == [("AFG", 0), ("SDN", 1)]


def test_odd_facts_are_noted_and_the_coverage_lands():
    odd = normalized(
        coverage=[{"location": "XX9", "level": "deep"}, 7], resources=[{"url": "ftp://a", "changed": "soon"}]
    )
    assert (odd.remote_id, odd.locations, odd.landing_page) == (
        "a/affected-people/idps",
        (),
        "https://exchange.example/dataset/a",
    )
    assert [(note.code, note.field) for note in odd.reading_notes] == [
        ("address-unreadable", "resources.url"),
        ("date-unreadable", "resources.changed"),
        ("entry-unreadable", "coverage"),
        ("place-unknown", "coverage.location"),
        ("number-unreadable", "coverage.level"),
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"dataset": {}}, "dataset"),
        ({"dataset": "a"}, "dataset"),
        ({"category": ""}, "subcategory"),
        ({"subcategory": "../idps"}, "subcategory"),
    ],
)
def test_coverage_without_a_dataset_or_a_theme_is_refused(changes: dict[str, Any], field: str):
    with pytest.raises(RecordError) as refused:
        normalized(**changes)
    assert (refused.value.code, refused.value.field) == ("no-id", field)


def test_a_reading_goes_theme_by_theme_and_says_what_it_could_not_join():
    pages = read()
    assert ids(pages) == [[NEEDS_ID], [IDPS_ID], [], []]
    assert [page.token for page in pages] == [
        "after affected-people/humanitarian-needs",
        "after affected-people/idps",
        "after coordination-context/funding",
        None,
    ]
    lost = "in SDN is not seen to come from a dataset of HDX"
    assert [page.remarks for page in pages] == [
        (),
        (),
        (ReadingNote("coverage-unjoined", "resource_hdx_id", f"coordination-context/funding {lost}"),),
        (ReadingNote("coverage-unjoined", "resource_hdx_id", f"food-security-nutrition-poverty/sample-gone {lost}"),),
    ]
    assert "population" not in repr(pages)


def test_a_run_goes_on_after_a_theme():
    assert ids(read(start=Start("after affected-people/humanitarian-needs"))) == [[IDPS_ID], [], []]
    assert read(start=Start("after z")) == [RawPage(())]
    with pytest.raises(PortalError, match="no theme of HDX HAPI"):
        read(start=Start("7"))


def test_a_row_about_another_country_is_left_aside():
    world = answering("/affected-people/idps", {"data": [{"location_code": "AFG", "resource_hdx_id": FILES[IDPS]}]})
    record = made(world)[IDPS_ID]
    assert [place.iso3 for place in record.locations] == ["AFG"]
    assert read(world)[1].remarks == (
        ReadingNote(
            "coverage-unjoined",
            "resource_hdx_id",
            "affected-people/idps in SDN, UKR is not seen to come from a dataset of HDX",
        ),
    )


def test_rows_with_two_countries_are_about_either():
    row = {"origin_location_code": "SYR", "asylum_location_code": "UKR", "resource_hdx_id": FILES[IDPS]}
    assert [place.iso3 for place in made(answering("/affected-people/idps", {"data": [row]}))[IDPS_ID].locations] == [
        "UKR"
    ]


def test_a_list_about_another_country_ends_the_run():
    everything = answering(
        "/metadata/data-availability",
        lambda asked: answers(replace(asked, query={**asked.query, "location_code": [""]}), Mood()),
    )
    assert ids(read(filters={"countries": ["UKR"]})) == [[IDPS_ID]]
    with pytest.raises(PortalError) as fault:
        read(everything, filters={"countries": ["UKR"]})
    assert (fault.value.code, str(fault.value)) == (
        "filter-ignored",
        "HDX HAPI was asked for UKR and answers about SDN",
    )


def test_only_the_categories_wanted_are_asked_for():
    with served(SERVED) as server:
        found = reading(SERVED, server, Start(), KEY, filters={"categories": ["coordination-context"]})
        asked = [seen.target.partition("?")[0] for seen in server.seen if "metadata" not in seen.target]
    assert (ids(found), asked) == ([[]], ["/api/v2/coordination-context/funding"])


def test_a_theme_that_is_gone_is_asked_for_once():
    rows = [cover("sample-category", "sample-gone", code) for code in ("AFG", "SDN", "UKR")]
    portal = answering("/metadata/data-availability", lambda asked: {"data": rows[int(asked.one("offset")) :]})
    with served(portal) as server:
        reading(portal, server, Start(), KEY)
        assert len([seen for seen in server.seen if "sample-gone" in seen.target]) == 1


def test_lists_that_ignore_the_offset_end_the_run():
    with pytest.raises(PortalError) as fault:
        read(answering("/metadata/resource", {"data": RESOURCES[:2]}))
    assert fault.value.code == "repeated-page"


def test_older_names_of_fields_are_read():
    old = {"hdx_id": IDPS, "hdx_stub": "sample-idps", "title": "Sample old", "hdx_provider_name": "Sample Provider"}
    portal = answering("/metadata/dataset", lambda asked: {"data": [] if asked.one("offset") != "0" else [old]})
    assert made(portal)[IDPS_ID].display_title == "Sample old (HDX HAPI: internally displaced people)"
    assert made(portal)[NEEDS_ID].display_title == "Sample Needs Sudan (fictional) (HDX HAPI: humanitarian needs)"
    assert dataset(IDPS)["dataset_hdx_title"] == "Sample Idps (fictional)"


@pytest.mark.parametrize(("options", "in_header"), [({}, True), ({"key_in": "address"}, False)])
def test_the_identifier_goes_where_it_is_wanted(options: dict[str, Any], *, in_header: bool):
    with served(SERVED) as server:
        found = reading(SERVED, server, Start(), KEY, options=options)
        assert {HEADER in seen.headers for seen in server.seen} == {in_header}
        assert {"app_identifier" in seen.target for seen in server.seen} == {not in_header}
    assert ids(found)[:2] == [[NEEDS_ID], [IDPS_ID]]
    assert KEY not in repr(found)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"error": "Missing app identifier"}, "portal-refused"),
        ({"data": "none"}, "unexpected-answer"),
        ({"data": [7]}, "unexpected-answer"),
        ([], "unexpected-answer"),
        (Answer({"detail": []}, 500), "http-500"),
    ],
)
def test_a_portal_that_cannot_be_read_says_why(answer: object, code: str):
    for path in ("/metadata/resource", "/affected-people/idps"):
        with pytest.raises(PortalError) as fault:
            read(answering(path, answer))
        assert fault.value.code == code


def test_a_missing_identifier_is_told_before_anything_is_asked():
    with pytest.raises(PortalError) as fault:
        read(key="")
    assert fault.value.code == "key-missing"
    assert "LANDMARK_KEY_SAMPLE_HAPI" in fault.value.mend


def test_a_list_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hapi, "_MOST_ROWS", 4)
    numbered = answering("/metadata/resource", lambda asked: {"data": [{"resource_hdx_id": asked.one("offset")}] * 3})
    with pytest.raises(PortalError) as fault:
        read(numbered)
    assert fault.value.code == "endless"
