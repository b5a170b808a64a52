"""IMPACT's Resource Centre: what is asked, what becomes of a resource, odd pages. All but the recorded is a sample."""

import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from catalog.records import (
    AccessRecord,
    AgentRecord,
    AgentRole,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
    PortalFlag,
    ReadingNote,
)
from catalog.vocabulary import AccessModality, Artefact, Role
from config.declarations import Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import PortalError, RawPage, RawRecord, RecordError, Start
from harvester.portals import reach
from tests.portals_served.plain import Plain, Reply, Seen, plain
from tests.portals_served.reach import RESOURCES, SERVED, html, resource
from tests.portals_served.served import served

SOURCE = Source(key="reach", kind="reach", title="Sample", url="https://impact.example", publisher="Sample Initiatives")
DOWNLOAD = "Download it from IMPACT's repository; no account is needed."
LOG_IN = "The page asks for a log-in: ask IMPACT for the document."


def read(source: Source, start: Start = Start()) -> list[RawPage]:  # noqa: B008 - frozen
    with Client(source, Settings(http_cache_bytes=0), sleep=lambda _: None) as client:
        return list(reach.records(source, client, start))


def read_whole(start: Start = Start()) -> list[RawPage]:  # noqa: B008 - frozen
    with served(SERVED) as server:
        return read(SERVED.source(server), start)


def answered(*answers: object, **changes: Any) -> tuple[list[RawPage], list[dict[str, list[str]]]]:
    """What a reading gives of these answers, one after the other, and the forms that were sent."""

    def script(_: Seen, reply: Reply, server: Plain) -> None:
        answer = answers[min(len(server.seen), len(answers)) - 1]
        reply.send(200, json.dumps(answer).encode(), content_type="application/json")

    with plain(script) as server:
        pages = read(SOURCE.model_copy(update={"url": server.url, "allow_hosts": (server.host,)} | changes))
        return pages, [parse_qs(one.body.decode()) for one in server.seen]


def page(*resources: dict[str, str], pagination: str = "") -> dict[str, str]:
    return {"html": "".join(map(html, resources)), "pagination": pagination}


def normalized(**changes: str) -> DatasetRecord:
    (found,), _ = answered(page(resource(1, **changes), pagination="1 Results"))
    return reach.normalize(SOURCE, found.records[0])


def ids(pages: list[RawPage]) -> list[list[str]]:
    return [[record.remote_id for record in one.records] for one in pages]


def test_a_whole_resource():
    address = "https://repository.sample.example/document/impact/00000001/SAMPLE_dataset_1.xlsx"
    assert normalized() == DatasetRecord(
        remote_id="00000001",
        title={"und": "SAMPLE Dataset 1 & codebook"},
        landing_page=address,
        issued=datetime(2026, 3, 16, tzinfo=UTC),
        period_start=date(2026, 3, 8),
        period_end=date(2026, 3, 11),
        keywords=("Dataset", "Multi-Sector Needs Assessment (MSNA)", "Protection", "Mine Action"),
        agents=(
            AgentRole(AgentRecord("Sample Initiatives"), Role.HOLDER),
            AgentRole(AgentRecord("Sample Initiatives"), Role.PUBLISHER),
        ),
        locations=(LocationRecord("UKR"),),
        distributions=(
            DistributionRecord("file", "SAMPLE_dataset_1.xlsx", address, format="XLSX", declared_format="xlsx"),
        ),
        access=(AccessRecord(AccessModality.OPEN, (DOWNLOAD,), address),),
        series="Multi-Sector Needs Assessment (MSNA)",
        extra={
            "type": "Dataset",
            "programme": "Multi-Sector Needs Assessment (MSNA)",
            "sector": "Protection, Mine Action",
            "collected": "8 March 2026 - 11 March 2026",
        },
    )


def test_an_item_that_wants_a_log_in_is_marked():
    with served(SERVED) as server:
        source = SERVED.source(server)
        found = {record.remote_id: record for one in read(source) for record in one.records}
        record = reach.normalize(source, found["view-606"])
        address = f"{server.url}/resources/view-resource/?id=606"
    assert record.flags == (PortalFlag("login", "required"),)
    assert record.extra["login"] == "required"
    assert record.access == (AccessRecord(AccessModality.ON_REQUEST, (LOG_IN,), address),)
    assert record.distributions[0].format == ""
    assert (record.period_start, "collected" in record.extra) == (None, False)


def test_a_document_is_a_report_and_the_data_behind_it_is_to_be_asked_for():
    record = normalized(**RESOURCES[3])
    assert [(one.artefact, one.modality) for one in record.access] == [
        (Artefact.REPORT, AccessModality.OPEN),
        (Artefact.DATA, AccessModality.UNKNOWN),
    ]
    assert record.locations == (LocationRecord("LBN"), LocationRecord("SYR"))
    assert (record.series, record.keywords) == ("", ("Terms of Reference",))


def test_entities_that_are_left_and_odd_dates():
    record = normalized(title="Food &amp; Water", collected="in spring", published="soon", country="Sampleland")
    assert record.display_title == "Food & Water"
    assert {(note.code, note.field) for note in record.reading_notes} == {
        ("date-unreadable", "collected"),
        ("date-unreadable", "published"),
        ("place-unknown", "country"),
    }


@pytest.mark.parametrize(("changes", "code"), [({"url": ""}, "no-id"), ({"title": "-"}, "no-title")])
def test_a_resource_that_cannot_be_read(changes: dict[str, str], code: str):
    with pytest.raises(RecordError) as caught:
        reach.normalize(SOURCE, RawRecord("", resource(1, **changes), ""))
    assert caught.value.code == code


def test_pages_go_on_from_their_token():
    pages = read_whole()
    assert [(len(one.records), one.token, one.total) for one in pages] == [(10, "2:10", 11), (1, None, 11)]
    assert ids(read_whole(Start("2:10"))) == [["0000000b"]]
    assert ids(read_whole(Start("3:20"))) == [[]]
    with pytest.raises(PortalError) as caught:
        read_whole(Start("two"))
    assert caught.value.code == "token-unreadable"


def test_filters_are_sent_by_the_pages_own_numbers():
    filters = {"programmes": ["msna"], "types": ["dataset", 775], "locations": ["ukr"], "keywords": "eore"}
    _, (form,) = answered({"html": "", "pagination": "0 Results"}, filters=filters)
    assert form == {
        "action": ["screen_resources"],
        "args[page]": ["1"],
        "args[limit]": ["50"],
        "args[order]": ["oldest"],
        "args[programme][]": ["756"],
        "args[type][]": ["777", "775"],
        "args[location][]": ["250"],
        "args[keywords]": ["eore"],
    }


def test_a_filter_that_is_not_known_is_not_dropped():
    with pytest.raises(PortalError) as caught:
        answered({}, filters={"locations": ["PAK"]})
    assert (caught.value.code, "AFG" in caught.value.mend) == ("filter-unknown", True)


def test_a_count_that_is_gone_or_wrong_is_noted():
    some = [resource(number) for number in range(1, 11)]
    pages, _ = answered(page(*some), page(resource(11)), options={"page_size": 10})
    assert [[note.code for note in one.notes] for one in pages] == [["no-count"], ["no-count"]]
    assert sum(len(one.records) for one in pages) == 11
    (only,), _ = answered(page(resource(1), pagination="<b>1,204 Results</b>"))
    assert only.notes == (ReadingNote("wrong-count", "pagination", "1204 results were announced, 1 were listed"),)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (0, "unexpected-answer"),
        ({"html": None}, "unexpected-answer"),
        ({"html": "<p>Please sign in", "pagination": "3 Results"}, "unexpected-answer"),
        ({"html": "<section class='resources_result new'></section>"}, "unexpected-answer"),
        ({"html": "<p>We are under maintenance", "pagination": ""}, "unexpected-answer"),
        ({"html": "<![sample[x]]>", "pagination": "0 Results"}, "unexpected-answer"),
        ({"html": " " * 4_000_001, "pagination": "0 Results"}, "unexpected-answer"),
        (page(*(resource(number) for number in range(1, 51)), pagination="99 Results"), "repeated-page"),
    ],
)
def test_a_page_that_is_none(answer: object, code: str):
    with pytest.raises(PortalError) as caught:
        answered(answer)
    assert caught.value.code == code


@pytest.mark.recorded
def test_the_recorded_rows_of_ukraine(shared: Path):
    """What another's program read off the page is put into the documented HTML, for no page was recorded."""
    path = shared / "portals" / "reach-impact" / "impact_resource_centre_UKR_all_resources.csv"
    ours = {
        "title": "title", "url": "url", "country": "country", "type": "doc_type", "programme": "programme",
        "sector": "sector", "published": "pub_date", "collected": "collection_date", "format": "file_format",
    }  # fmt: skip
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    told = [{name: row[column] for name, column in ours.items()} for row in rows]
    (found,), _ = answered(page(*told, pagination="50 Results"))
    records = [reach.normalize(SOURCE, record) for record in found.records]
    assert [record.remote_id for record in records] == [row["url"].split("/")[5] for row in rows]
    assert len({record.remote_id for record in records}) == 50
    assert {record.locations for record in records} == {(LocationRecord("UKR"),)}
    assert {record.distributions[0].format for record in records} == {"PDF"}
    assert all(record.issued and record.period_start and record.period_end for record in records)
    assert [record.series for record in records if record.series] == ["Accountability & Inclusion, Cash & Markets"]
    assert [note for record in records for note in record.reading_notes] == []
