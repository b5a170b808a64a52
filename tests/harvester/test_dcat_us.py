"""DCAT-US documents: how they are read, and what a dataset becomes. All content is a fictional sample."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

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
from catalog.vocabulary import AccessModality, Role
from config.declarations import Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import PortalError, RawPage, RawRecord, RecordError, Start
from harvester.portals import dcat_us
from tests.portals_served.plain import plain

SOURCE = Source(key="directory", kind="dcat-us", title="Sample directory", url="https://directory.example/data.json")
PAGE = "https://directory.example/dataset/7"
DATASET = {
    "accessLevel": "restricted public",
    "accrualPeriodicity": "R/P1M",
    "contactPoint": {"@type": "vcard:Contact", "fn": "Ada Kestrel", "hasEmail": "mailto:data@kmac.example"},
    "description": "<p>Sample record, <b>fictional</b>.</p><script>x()</script>",
    "distribution": [
        {"title": "Web page", "format": "Web Page", "accessURL": PAGE},
        {"title": "hazards.csv", "downloadURL": "https://directory.example/hazards.csv", "mediaType": "text/csv"},
        {"title": "Service", "format": "ArcGIS GeoServices REST API", "accessURL": "https://directory.example/rest"},
    ],
    "identifier": "7",
    "issued": "2022-05-23T14:39:35.000Z",
    "keyword": ["clearance", "clearance", "survey"],
    "landingPage": PAGE,
    "language": ["uk-UA"],
    "license": "https://creativecommons.org/licenses/by/4.0/",
    "modified": "2026-06-16",
    "publisher": {"@type": "org:Organization", "name": "Kaldoran Mine Action Centre (KMAC)"},
    "rights": "Given under a data sharing agreement.",
    "spatial": "Ukraine; Iraq",
    "temporal": "2023-01-01/..",
    "theme": "",
    "title": "Небезпечні ділянки",
}


def normalized(source: Source = SOURCE, **changes: object) -> DatasetRecord:
    payload = {name: value for name, value in (DATASET | changes).items() if value is not None}
    return dcat_us.normalize(source, RawRecord("7", dcat_us.essence(payload), source.url))


def test_a_whole_dataset():
    agent = AgentRecord("Kaldoran Mine Action Centre (KMAC)")
    assert normalized() == DatasetRecord(
        remote_id="7",
        title={"uk": "Небезпечні ділянки"},
        notes={"uk": "Sample record, fictional."},
        landing_page=PAGE,
        issued=datetime(2022, 5, 23, 14, 39, 35, tzinfo=UTC),
        modified=datetime(2026, 6, 16, tzinfo=UTC),
        period_start=date(2023, 1, 1),
        period_open=True,
        update_frequency=30,
        licence="CC BY 4.0",
        languages=("uk",),
        keywords=("clearance", "survey"),
        agents=(AgentRole(agent, Role.PUBLISHER), AgentRole(agent, Role.CONTACT, "data@kmac.example")),
        locations=(LocationRecord("UKR"), LocationRecord("IRQ")),
        distributions=(
            DistributionRecord(
                key="1",
                name="hazards.csv",
                url="https://directory.example/hazards.csv",
                format="CSV",
                media_type="text/csv",
            ),
            DistributionRecord(
                key="2",
                name="Service",
                url="https://directory.example/rest",
                format="GEOSERVICE",
                declared_format="ArcGIS GeoServices REST API",
            ),
        ),
        access=(AccessRecord(AccessModality.UNDER_AGREEMENT, ("Given under a data sharing agreement.",), PAGE),),
    )


@pytest.mark.parametrize(
    ("level", "rights", "modality"),
    [
        ("public", None, "open"),
        ("public", "This dataset is a public register of schools.", "open"),
        ("public", "Registration is needed before download.", "register"),
        ("public", "Available on request from the archive.", "open"),
        ("restricted public", None, "on_request"),
        ("restricted public", "Sensitive.", "on_request"),
        ("restricted public", "Надається за письмовим запитом.", "on_request"),
        ("restricted public", "Members register with the network.", "register"),
        ("restricted public", "Con convenio de intercambio.", "under_agreement"),
        ("restricted public", "Under a memorandum of understanding; ask first.", "under_agreement"),
        ("restricted public", "Bilateral, under an agreement.", "bilateral"),
        ("restricted public", "Read on site, in the reading room.", "on_site"),
        ("Restricted Public", "It is never shared.", "not_shared"),
        ("non-public", None, "not_shared"),
        ("non-public", "On request.", "not_shared"),
        ("non-public", "Échange bilatéral entre membres.", "bilateral"),
        ("non-public", "Shared case by case.", "bilateral"),
        ("non-public", "Not shared, also not bilaterally.", "not_shared"),
        ("non-public", "Consultation sur place.", "on_site"),
    ],
)
def test_access_is_the_narrowest_that_level_and_rights_allow(level: str, rights: str | None, modality: str):
    record = normalized(accessLevel=level, rights=rights)
    assert record.access == (AccessRecord(AccessModality(modality), (rights,) if rights else (), PAGE),)
    assert record.reading_notes == ()


def test_without_a_known_level_the_source_decides():
    source = SOURCE.model_copy(update={"access": "bilateral"})
    assert normalized(source, accessLevel=None, rights=None).access == (
        AccessRecord(AccessModality.BILATERAL, (), PAGE),
    )
    assert normalized(accessLevel="secret").reading_notes == (
        ReadingNote("access-unknown", "accessLevel", 'no access level of DCAT-US: "secret"'),
    )


def test_a_person_is_not_kept():
    kept = dcat_us.essence(DATASET)
    assert kept["contactPoint"] == {"hasEmail": "mailto:data@kmac.example"}
    assert dcat_us.essence(kept) == kept
    person = DATASET | {"contactPoint": {"fn": "Ada Kestrel", "hasEmail": "mailto:ada.kestrel@kmac.example"}}
    assert "Kestrel" not in json.dumps(dcat_us.essence(person))
    assert "kestrel" not in json.dumps(dcat_us.essence(person))
    assert dcat_us.essence(DATASET | {"contactPoint": {"hasEmail": "mailto:kmac@kmac.example"}})["contactPoint"] == {
        "hasEmail": "mailto:kmac@kmac.example"
    }


def test_a_repetition_in_modified_is_a_frequency():
    record = normalized(modified="R/P1W", accrualPeriodicity=None)
    assert (record.modified, record.update_frequency, record.reading_notes) == (None, 7, ())


def test_places_boxes_and_unknown_ones():
    assert normalized(spatial="29.1,3.4,35.9,12.2").extra == {"spatial": "29.1,3.4,35.9,12.2"}
    assert normalized(spatial={"type": "Polygon", "coordinates": []}).extra == {"spatial": "Polygon"}
    assert [place.iso3 for place in normalized(spatial=["South Sudan", "السودان"]).locations] == ["SSD", "SDN"]
    record = normalized(spatial="Kaldora")
    assert record.locations == ()
    assert record.reading_notes == (ReadingNote("place-unknown", "spatial", 'no country is called "Kaldora"'),)


def test_odd_fields_become_notes_and_the_record_lands():
    record = normalized(
        issued="long ago", accrualPeriodicity="now and then", temporal="2024", language=["uk", "Tapirish!"],
        distribution=[{"downloadURL": "javascript:alert(1)"}, "text"], publisher="Plain Name", keyword="one; two",
    )  # fmt: skip
    assert (record.period_start, record.period_end) == (date(2024, 1, 1), date(2024, 12, 31))
    assert record.keywords == ("one", "two")
    assert record.agents[0] == AgentRole(AgentRecord("Plain Name"), Role.PUBLISHER)
    assert sorted((note.code, note.field) for note in record.reading_notes) == [
        ("address-unreadable", "distribution[0].downloadURL"),
        ("date-unreadable", "issued"),
        ("entry-unreadable", "distribution"),
        ("frequency-unknown", "accrualPeriodicity"),
        ("language-unknown", "language"),
    ]


def test_what_cannot_be_read_is_refused_by_name():
    with pytest.raises(RecordError) as missing:
        normalized(identifier=None)
    assert (missing.value.code, missing.value.field) == ("no-id", "identifier")
    with pytest.raises(RecordError) as untitled:
        normalized(title=None)
    assert (untitled.value.code, untitled.value.field) == ("no-title", "title")


def served(document: object) -> list[RawPage]:
    with plain(
        lambda _, reply, __: reply.send(200, json.dumps(document).encode(), content_type="application/json")
    ) as server:
        source = SOURCE.model_copy(update={"url": f"{server.url}/data.json", "allow_hosts": (server.host,)})
        with Client(source, Settings()) as client:
            return list(dcat_us.records(source, client, Start()))


def test_the_document_is_one_page():
    (page,) = served({"dataset": [DATASET, {"title": "without identifier"}]})
    assert ([record.remote_id for record in page.records], page.token, page.total) == (["7", ""], None, 2)
    assert page.records[0].payload == DATASET
    assert served({"dataset": []}) == [RawPage((), None, 0)]


@pytest.mark.parametrize("document", [[], {"datasets": []}, {"dataset": {}}, {"dataset": ["7"]}])
def test_another_document_is_refused(document: object):
    with pytest.raises(PortalError) as fault:
        served(document)
    assert fault.value.code == "unexpected-answer"


@pytest.mark.recorded
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("arcgis-hub/sce-drpep-dcat-us-1.1.json", 47),
        ("arcgis-hub/evian-dcat-us-1.1.json", 8),
        ("dcat/datagov-dcatus-1.1.json", 7),
    ],
)
def test_recorded_catalogues_land_whole(shared: Path, name: str, count: int):
    listed = json.loads((shared / "portals" / name).read_text(encoding="utf-8"))["dataset"]
    read = [dcat_us.normalize(SOURCE, RawRecord("", dcat_us.essence(entry), "")) for entry in listed]
    assert len({record.remote_id for record in read}) == count
    assert {record.access[0].modality for record in read} <= set(AccessModality)
    assert all(record.title and record.agents for record in read)
    assert not any("<" in next(iter(record.notes.values()), "") for record in read)
