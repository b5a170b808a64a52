"""ReliefWeb: what is asked, what becomes of a report, and its odd answers. All content but the recorded is a sample."""

import json
from datetime import UTC, datetime
from pathlib import Path
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
)
from catalog.vocabulary import AccessModality, AgentKind, Artefact, Role
from config.declarations import Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import PortalError, RawPage, RawRecord, RecordError, Start
from harvester.portals import reliefweb
from tests.portals_served.plain import Plain, Reply, Seen, plain
from tests.portals_served.reliefweb import APPNAME, RECORDED, SERVED, report
from tests.portals_served.served import Served, served

SOURCE = Source(
    key="reliefweb", kind="reliefweb", title="Sample", url="https://rw.example/v2", publisher="Sample Library"
)
READ = "Read it on ReliefWeb; what is attached can be downloaded without an account."


def read(source: Source, start: Start = Start(), key: str = APPNAME) -> list[RawPage]:  # noqa: B008 - frozen
    settings = Settings(http_cache_bytes=0, keys={source.key: key} if key else {})
    with Client(source, settings, sleep=lambda _: None) as client:
        return list(reliefweb.records(source, client, start))


def read_whole(portal: Served, start: Start = Start(), key: str = APPNAME, **changes: Any) -> list[RawPage]:  # noqa: B008
    with served(portal) as server:
        return read(portal.source(server).model_copy(update=changes), start, key)


def answered(answer: object, status: int = 200, key: str = APPNAME, **changes: Any) -> tuple[list[RawPage], list[Any]]:
    """What a reading gives of one answer to everything, and the bodies that were sent."""
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    def script(_: Seen, reply: Reply, __: Plain) -> None:
        reply.send(status, body, content_type="application/json")

    with plain(script) as server:
        update = {"url": server.url, "allow_hosts": (server.host,)} | changes
        pages = read(SOURCE.model_copy(update=update), key=key)
        return pages, [json.loads(one.body or b"null") for one in server.seen]


def ids(pages: list[RawPage]) -> list[list[str]]:
    return [[record.remote_id for record in page.records] for page in pages]


def normalized(**changes: Any) -> DatasetRecord:
    payload = report(4001, summary="Sample words.", **changes)
    text = json.dumps(reliefweb.essence(payload)).replace("{base}", "https://rw.example")
    return reliefweb.normalize(SOURCE, RawRecord("4001", json.loads(text), ""))


def test_a_whole_report():
    page = "https://rw.example/report/south-sudan/sample-4001"
    assert normalized() == DatasetRecord(
        remote_id="4001",
        title={"en": "Sample assessment 4001 & map"},
        notes={"en": "Sample words."},
        landing_page=page,
        issued=datetime(2025, 12, 20, tzinfo=UTC),
        modified=datetime(2026, 2, 1, 9, 30, tzinfo=UTC),
        caveats="Sample Mine Action Group International: Sample. Reuse with attribution.",
        languages=("en",),
        keywords=("Mine Action", "Food and Nutrition", "Assessment", "Flood"),
        agents=(
            AgentRole(AgentRecord("Sample Mine Action Group International", "SMAG"), Role.HOLDER),
            AgentRole(AgentRecord("Sample University", kind=AgentKind.ACADEMIC), Role.HOLDER),
            AgentRole(AgentRecord("Sample Library"), Role.PUBLISHER),
        ),
        locations=(LocationRecord("SSD"), LocationRecord("SDN")),
        distributions=(
            DistributionRecord(
                key="40011",
                name="report.pdf",
                url="https://sample.example/attachments/4001/report.pdf",
                description="Sample report",
                format="PDF",
                media_type="application/pdf",
                size=123456,
            ),
        ),
        access=(
            AccessRecord(AccessModality.OPEN, (READ,), page, Artefact.REPORT),
            AccessRecord(
                AccessModality.UNKNOWN,
                ("ReliefWeb holds the document, not data behind it. Ask who made it: SMAG, Sample University.",),
                page,
            ),
        ),
        extra={
            "format": "Assessment",
            "disaster": "Sample Floods - Nov 2025",
            "glide": "FL-2025-000000-SSD",
            "origin": "https://sample.example/documents/4001",
            "status": "published",
        },
    )


def test_an_attached_table_is_data_that_is_open():
    file = {"id": "7", "url": "https://sample.example/a/tables.xlsx", "filename": "tables.xlsx"}
    record = normalized(file=[file])
    assert [(one.artefact, one.modality) for one in record.access] == [
        (Artefact.REPORT, AccessModality.OPEN),
        (Artefact.DATA, AccessModality.OPEN),
    ]
    assert record.distributions[0].format == "XLSX"


def test_several_languages_leave_the_title_without_one():
    record = normalized(language=[{"code": "en"}, {"code": "fr"}, {"code": "ot"}])
    assert (record.languages, list(record.title)) == (("en", "fr"), ["und"])


def test_odd_fields_become_notes_and_the_report_lands():
    record = normalized(
        date={"created": "2026-01-05T00:00:00+00:00", "changed": "yesterday"},
        country=[{"iso3": "zzz", "name": "Sampleland"}, "Mali"],
        file=[{"url": "javascript:alert(1)", "filesize": "big"}],
        source="SMAG",
    )
    assert record.issued == datetime(2026, 1, 5, tzinfo=UTC)
    assert [one.agent.name for one in record.agents] == ["Sample Library"]
    assert [(note.code, note.field) for note in record.reading_notes] == [
        ("field-unreadable", "source"),
        ("address-unreadable", "file[0].url"),
        ("number-unreadable", "file[0].filesize"),
        ("date-unreadable", "date.changed"),
        ("entry-unreadable", "country"),
        ("place-unknown", "country"),
    ]


def test_dates_that_are_no_object_are_noted():
    record = normalized(date="2026-01-05")
    assert (record.issued, record.modified) == (None, None)
    assert record.reading_notes == (ReadingNote("field-unreadable", "date", "an object was expected"),)


@pytest.mark.parametrize(("field", "value", "code"), [("id", None, "no-id"), ("title", " ", "no-title")])
def test_a_report_without_id_or_title_is_reported(field: str, value: object, code: str):
    with pytest.raises(RecordError) as caught:
        reliefweb.normalize(SOURCE, RawRecord("", report(4001) | {field: value}, ""))
    assert caught.value.code == code


def test_no_text_of_a_report_is_kept_but_its_beginning():
    pages = read_whole(SERVED)
    payload = pages[0].records[0].payload
    assert "body-html" not in payload
    assert payload["summary"] == "SAMPLE " + "Fictional words on explosive ordnance. " * 7 + "Fictional words on ..."
    headline = {"data": [{"id": "1", "fields": {"headline": {"summary": "In brief."}, "body-html": "<p>Long"}}]}
    pages, _ = answered(headline)
    assert pages[0].records[0].payload == {"id": "1", "summary": "In brief."}


def test_mine_action_is_asked_for_unless_the_filters_say_otherwise():
    _, sent = answered({"data": [], "totalCount": 0})
    assert sent[0]["filter"] == {"field": "theme.id", "value": [12033], "operator": "OR"}
    assert (sent[0]["limit"], sent[0]["offset"]) == (200, 0)
    assert sent[0]["sort"] == ["date.created:asc", "id:asc"]


def test_formats_and_sources_are_asked_for_beside_the_theme():
    filters = {"themes": [12033], "formats": [5, 12], "sources": [90001, "SMAG"], "countries": ["SSD"]}
    _, sent = answered({"data": [], "totalCount": 0}, filters=filters)
    assert sent[0]["filter"] == {
        "operator": "AND",
        "conditions": [
            {
                "operator": "OR",
                "conditions": [
                    {"field": "theme.id", "value": [12033], "operator": "OR"},
                    {
                        "operator": "AND",
                        "conditions": [
                            {"field": "format.id", "value": [5, 12], "operator": "OR"},
                            {
                                "operator": "OR",
                                "conditions": [
                                    {"field": "source.id", "value": [90001], "operator": "OR"},
                                    {"field": "source.shortname", "value": ["SMAG"], "operator": "OR"},
                                ],
                            },
                        ],
                    },
                ],
            },
            {"field": "country.iso3", "value": ["ssd"], "operator": "OR"},
        ],
    }


def test_formats_of_sources_alone():
    pages = read_whole(SERVED, filters={"themes": [], "formats": [5], "sources": ["SMAG"]})
    assert ids(pages) == [["4001", "4002"], ["4003", "4004"], ["4005"]]


def test_everything_is_never_asked_for():
    with pytest.raises(PortalError) as caught:
        answered({"data": []}, filters={"themes": []})
    assert caught.value.code == "filter-empty"


def test_only_what_changed_since_the_last_run():
    assert ids(read_whole(SERVED, Start(since=datetime(2026, 3, 1, tzinfo=UTC)))) == [[]]
    assert ids(read_whole(SERVED, Start(since=datetime(2026, 1, 1, tzinfo=UTC)))) == [
        ["4001", "4002"],
        ["4004", "4005"],
    ]


def test_a_page_that_comes_again_ends_the_run():
    with pytest.raises(PortalError) as caught:
        answered({"data": [{"id": "1"}, {"id": "2"}], "totalCount": 9}, options={"page_size": 2})
    assert caught.value.code == "repeated-page"


def test_a_token_of_something_else():
    with pytest.raises(PortalError) as caught:
        read_whole(SERVED, Start("page two"))
    assert caught.value.code == "token-unreadable"


def test_a_refused_appname_is_told_with_what_to_do_even_with_a_good_status():
    refusal = {"status": 403, "error": {"type": "AccessDenied", "message": "This appname is not approved."}}
    with pytest.raises(PortalError) as caught:
        answered(refusal)
    assert (caught.value.code, str(caught.value)) == (
        "portal-refused",
        "ReliefWeb answers: This appname is not approved.",
    )
    assert "LANDMARK_KEY_RELIEFWEB" in caught.value.mend


@pytest.mark.parametrize("answer", [[], {"data": "x"}, {"data": [[]]}, {"totalCount": 3}])
def test_an_answer_without_a_list_of_reports(answer: object):
    with pytest.raises(PortalError) as caught:
        answered(answer)
    assert caught.value.code == "unexpected-answer"


def test_without_an_appname_the_newest_reports_are_read_and_it_is_said():
    with served(SERVED) as server:
        source = SERVED.source(server)
        (page,) = read(source, key="")
        assert server.seen[0].target == "/updates/rss.xml?advanced-search=%28T12033%29"
    assert page.token is None
    assert page.notes == (
        ReadingNote(
            "key-missing",
            "appname",
            "Without an approved appname only the 2 newest reports of the RSS list were read; with one all reports, "
            "their files, formats and languages are. " + source.key_wanted,
        ),
    )
    first, second = (reliefweb.normalize(source, record) for record in page.records)
    landing = f"{server.url}/v2/report/ukraine/sample-4101"
    assert first == DatasetRecord(
        remote_id="4101",
        title={"und": "Sample & fictional report"},
        notes={"und": "Fictional words."},
        landing_page=landing,
        issued=datetime(2026, 3, 16, 10, tzinfo=UTC),
        keywords=("Mine Action",),
        agents=(
            AgentRole(AgentRecord("SMAG"), Role.HOLDER),
            AgentRole(AgentRecord("Sample University"), Role.HOLDER),
            AgentRole(AgentRecord("Sample Publisher"), Role.PUBLISHER),
        ),
        locations=(LocationRecord("UKR"), LocationRecord("MDA")),
        access=(
            AccessRecord(AccessModality.OPEN, (READ,), landing, Artefact.REPORT),
            AccessRecord(
                AccessModality.UNKNOWN,
                ("ReliefWeb holds the document, not data behind it. Ask who made it: SMAG, Sample University.",),
                landing,
            ),
        ),
    )
    assert second.remote_id == second.landing_page == f"{server.url}/v2/report/mali/sample"


@pytest.mark.parametrize(
    "text",
    [b"<!doctype html><p>Blocked", b'<!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>', b"", b"<rss><channel></rss>"],
)
def test_an_rss_list_that_is_none(text: bytes):
    with pytest.raises(PortalError) as caught:
        answered(text, key="", options={"rss_query": {}})
    assert caught.value.code == "not-rss"


@pytest.mark.recorded
def test_the_recorded_assessments(shared: Path):
    portal = RECORDED(shared)
    with served(portal) as server:
        source = portal.source(server)
        pages = read(source)
    found = [reliefweb.normalize(source, record) for page in pages for record in page.records]
    assert tuple(record.remote_id for record in found) == portal.ids
    assert len(found) == 9
    assert {record.locations for record in found} == {(LocationRecord("AFG"),)}
    assert [note for record in found for note in record.reading_notes] == []
    assert [one.agent.name for one in found[0].agents][:4] == ["WFP", "Govt. Afghanistan", "FAO", "FSC"]
    assert found[0].title == {"und": "Afghanistan Emergency Food Security Assessment, August – September 2018"}
    assert (found[0].issued, found[0].modified) == (
        datetime(2018, 9, 30, tzinfo=UTC),
        datetime(2019, 12, 20, 21, 6, 14, tzinfo=UTC),
    )
    assert sum(len(record.distributions) for record in found) == 8
    assert {file.format for record in found for file in record.distributions} == {"PDF"}


@pytest.mark.recorded
def test_the_recorded_reports_of_version_1_have_the_same_shape(shared: Path):
    answer = json.loads((shared / "portals" / "reliefweb" / "v1_reports_page1_connector.json").read_bytes())
    pages, _ = answered(answer)
    found = [reliefweb.normalize(SOURCE, record) for record in pages[0].records]
    assert [(record.remote_id, record.issued and record.issued.date().isoformat()) for record in found] == [
        ("3670885", "2020-09-17"),
        ("3670541", "2020-09-16"),
        ("3670672", "2020-09-16"),
        ("3670318", "2020-09-15"),
    ]
    assert [one.agent for one in found[1].agents][:1] == [
        AgentRecord("International Organization for Migration", "IOM")
    ]
    assert found[1].caveats.endswith(": Copyright © IOM. All rights reserved.")
    assert [(file.format, file.size) for file in found[1].distributions] == [("PDF", 1684789)]
    assert [note for record in found for note in record.reading_notes] == []
