"""The IATI Datastore: what is counted, what becomes of a tally, odd answers. All but the recorded file is a sample."""

import json
import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

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
from catalog.vocabulary import AccessModality, AgentKind, Role
from config.declarations import AccessKey, Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import PortalError, RawPage, RawRecord, RecordError, Start
from harvester.portals import iati
from tests.portals_served.iati import KEY, SERVED, activity
from tests.portals_served.plain import Plain, Reply, Seen, plain
from tests.portals_served.served import served

SOURCE = Source(
    key="iati-15250", kind="iati", title="Sample", url="https://iati.example/datastore", publisher="Sample",
    access_key=AccessKey(how="Ask the sample."),
)  # fmt: skip
STEPS = (
    "Register at https://developer.iatistandard.org for a free key of the Datastore.",
    "Ask for the activities at the address given, with the key in the header Ocp-Apim-Subscription-Key.",
)


def read(source: Source, start: Start = Start(), key: str = KEY) -> list[RawPage]:  # noqa: B008 - frozen
    settings = Settings(http_cache_bytes=0, keys={source.key: key} if key else {})
    with Client(source, settings, sleep=lambda _: None) as client:
        return list(iati.records(source, client, start))


def read_whole(start: Start = Start()) -> list[RawPage]:  # noqa: B008 - frozen
    with served(SERVED) as server:
        return read(SERVED.source(server), start)


def answered(answer: object, key: str = KEY, **options: Any) -> list[RawPage]:
    """What a reading gives of one answer to everything."""

    def script(_: Seen, reply: Reply, __: Plain) -> None:
        reply.send(200, json.dumps(answer).encode(), content_type="application/json")

    with plain(script) as server:
        update = {"url": server.url, "allow_hosts": (server.host,), "options": options}
        return read(SOURCE.model_copy(update=update), key=key)


def listed(*activities: dict[str, Any]) -> dict[str, Any]:
    return {"response": {"numFound": len(activities), "docs": list(activities)}}


def tallies(pages: list[RawPage]) -> dict[str, tuple[int, int, dict[str, int]]]:
    return {
        record.remote_id: (record.payload["activities"], record.payload["active"], record.payload["codes"])
        for page in pages
        for record in page.records
    }


def test_activities_are_counted_by_publisher_and_country():
    pages = read_whole()
    assert tallies(pages) == {
        "XX-1:MLI": (1, 0, {"15250": 1}),
        "XX-1:SSD": (2, 1, {"15250": 2}),
        "XX-2:COD": (1, 1, {"15250": 1}),
        "XX-2:SSD": (1, 1, {"PRO-MIN": 1}),
        "XX-2:none": (1, 1, {"15250": 1}),
        "XX-3:ZZ": (1, 1, {"15250": 1}),
    }
    assert [(page.token, page.total) for page in pages] == [("XX-1:SSD", 6), ("XX-2:SSD", 6), (None, 6)]


def test_a_whole_tally():
    record = iati.normalize(SOURCE, read_whole()[0].records[1])
    (file,) = record.distributions
    asked = parse_qs(urlsplit(file.url).query)["q"][0]
    assert asked == (
        'reporting_org_ref:"XX-1" AND recipient_country_code:"SS" AND (sector_code:("15250" OR "PRO-MIN" OR "5406") '
        'OR transaction_sector_code:("15250" OR "PRO-MIN" OR "5406"))'
    )
    agent = AgentRecord("Sample Publisher XX-1", kind=AgentKind.INTERNATIONAL_NGO)
    assert record == DatasetRecord(
        remote_id="XX-1:SSD",
        title={"en": "Mine action activities of Sample Publisher XX-1: South Sudan"},
        notes={"en": "Activities of mine action that Sample Publisher XX-1 has published to IATI (South Sudan): 2."},
        modified=datetime(2026, 1, 12, 10, tzinfo=UTC),
        period_start=date(2011, 3, 1),
        period_end=date(2012, 11, 30),
        keywords=("mine action", "aid activities"),
        agents=(AgentRole(agent, Role.HOLDER), AgentRole(agent, Role.PUBLISHER)),
        locations=(LocationRecord("SSD"),),
        distributions=(DistributionRecord("datastore", "Activities in the IATI Datastore", file.url, format="XML"),),
        access=(AccessRecord(AccessModality.REGISTER, STEPS, file.url),),
        series="IATI activities",
        extra={"activities": "2", "activities_under_way": "1", "codes": "15250: 2", "publisher_ref": "XX-1"},
    )


def test_activities_without_a_country_and_of_none_that_is_known():
    found = {record.remote_id: iati.normalize(SOURCE, record) for page in read_whole() for record in page.records}
    nowhere, unknown = found["XX-2:none"], found["XX-3:ZZ"]
    assert (nowhere.display_title, nowhere.locations, nowhere.period_start) == (
        "Mine action activities of Sample Publisher XX-2: no country named",
        (),
        None,
    )
    assert (unknown.locations, unknown.reading_notes) == (
        (),
        (ReadingNote("place-unknown", "place", 'no country is called "ZZ"'),),
    )


@pytest.mark.parametrize(
    ("codes", "vocabularies", "matched"),
    [
        (["15250"], ["1"], ["15250"]),
        (["15250"], ["99"], []),
        (["15250"], [], ["15250"]),
        (["15250", "x"], ["1"], ["15250"]),
        (["PRO-MIN"], ["10"], ["PRO-MIN"]),
        (["PRO-MIN"], ["1"], []),
        (["PRO-MIN"], [], ["PRO-MIN"]),
        (["5406"], ["10"], ["5406"]),
        (["5406"], ["1"], []),
        (["5406"], [], []),
        (["5406", "11110"], ["10"], ["5406"]),
        ("15250", "1", ["15250"]),
        (["Land mine clearance"], ["1"], []),
    ],
)
def test_the_code_counts_in_its_own_list(codes: object, vocabularies: object, matched: list[str]):
    pages = answered(listed(activity(11, "XX-1", ["SS"], sector_code=codes, sector_vocabulary=vocabularies)))
    assert [list(record.payload["codes"]) for page in pages for record in page.records] == (
        [matched] if matched else []
    )


def test_an_activity_without_a_publisher_is_reported_by_the_run():
    pages = answered(listed(activity(11, "XX-1", ["SS"], reporting_org_ref=None)))
    assert [record.remote_id for record in pages[0].records] == [""]
    with pytest.raises(RecordError) as caught:
        iati.normalize(SOURCE, pages[0].records[0])
    assert caught.value.code == "no-id"


def test_a_cut_run_counts_anew_and_goes_on_after_the_last_tally():
    assert list(tallies(read_whole(Start("XX-2:COD")))) == ["XX-2:SSD", "XX-2:none", "XX-3:ZZ"]
    assert tallies(read_whole(Start("YY"))) == {}


def test_no_key_no_question():
    with served(SERVED) as server, pytest.raises(PortalError) as caught:
        read(SERVED.source(server), key="")
    assert server.seen == []
    assert caught.value.code == "key-missing"
    assert "LANDMARK_KEY_SAMPLE_IATI" in caught.value.mend


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"statusCode": 401, "message": "Access denied. Sample."}, "portal-refused"),
        ({"error": {"msg": "undefined field", "code": 400}}, "portal-refused"),
        ({"response": {"docs": []}}, "unexpected-answer"),
        ({"response": {"numFound": 1, "docs": ["x"]}}, "unexpected-answer"),
        ({"response": {"numFound": 9, "docs": [{"id": "a"}]}}, "repeated-page"),
        ([], "unexpected-answer"),
    ],
)
def test_an_answer_that_is_none(answer: object, code: str):
    with pytest.raises(PortalError) as caught:
        answered(answer)
    assert caught.value.code == code


def test_a_refused_key_with_a_good_status_names_the_variable():
    with pytest.raises(PortalError) as caught:
        answered({"statusCode": 403, "message": "Sample."})
    assert "LANDMARK_KEY_IATI_15250" in caught.value.mend


def test_more_tallies_than_can_be_held_end_the_run(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(iati, "MOST_TALLIES", 1)
    with pytest.raises(PortalError) as caught:
        read_whole()
    assert caught.value.code == "too-many-records"


@pytest.mark.parametrize("payload", [{}, {"publisher": ""}, {"publisher": None, "activities": 2}])
def test_a_tally_of_nobody(payload: dict[str, Any]):
    with pytest.raises(RecordError) as caught:
        iati.normalize(SOURCE, RawRecord("", payload, ""))
    assert caught.value.code == "no-id"


@pytest.mark.recorded
def test_of_the_recorded_activities_the_one_with_the_code_counts_whatever_its_name(shared: Path):
    """The file is IATI 1.01; its codes are put into the Datastore's shape, which was not recorded."""
    path = shared / "portals" / "iati" / "iati_1.01_activities_GB-1_CD_excerpt_with_sector_15250.xml"
    told = ET.parse(path).getroot().findall("iati-activity")  # noqa: S314 - a file of our own shelf
    activities = [
        {
            "id": one.findtext("iati-identifier"),
            "reporting_org_ref": [part.get("ref") for part in one.findall("reporting-org")],
            "reporting_org_narrative": [part.text for part in one.findall("reporting-org")],
            "recipient_country_code": [part.get("code") for part in one.findall("recipient-country")],
            "sector_code": [part.get("code") for part in one.findall("sector")],
        }
        for one in told
    ]
    names = [part.text for one in told for part in one.findall("sector") if part.get("code") == "15250"]
    assert (len(told), names) == (9, ["Land mine clearance"])
    (page,) = answered(listed(*activities))
    assert tallies([page]) == {"GB-1:COD": (1, 0, {"15250": 1})}
    assert iati.normalize(SOURCE, page.records[0]).display_title == (
        "Mine action activities of Department for International Development: Democratic Republic of the Congo"
    )
