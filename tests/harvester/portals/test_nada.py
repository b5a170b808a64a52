"""NADA as a source wishes it: whose studies, from which list, described, how slowly. All but the recorded is sample."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from catalog.records import (
    AccessRecord,
    AgentRecord,
    AgentRole,
    DatasetRecord,
    LocationRecord,
    PortalFlag,
    ReadingNote,
)
from catalog.vocabulary import AccessModality, Role
from config.declarations import Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import PortalError, RawPage, RawRecord, Start
from harvester.portals import nada
from tests.portals_served.nada import LATEST, RECORDED, SEARCH, SERVED
from tests.portals_served.plain import Plain, Reply, Seen, plain
from tests.portals_served.served import served

STEP = "Apply on the study's page: describe the intended use and sign the library's licence."
NONE = ReadingNote("no-details", "id", "the library has no description of the study to read")


def read(source: Source, start: Start = Start()) -> list[RawPage]:  # noqa: B008 - frozen
    with Client(source, Settings(http_cache_bytes=0), sleep=lambda _: None) as client:
        return list(nada.records(source, client, start))


def wished(source: Source, filters: dict[str, Any] | None = None, **options: Any) -> Source:
    return source.model_copy(update={"filters": filters or {}, "options": options})


def ids(pages: list[RawPage]) -> list[list[str]]:
    return [[record.remote_id for record in page.records] for page in pages]


def test_a_whole_study_with_its_description():
    with served(SERVED) as server:
        source = SERVED.source(server)
        made = nada.normalize(source, read(source)[0].records[0])
    page = f"{server.url}/index.php/catalog/11"
    assert made == DatasetRecord(
        remote_id="UNHCR_SSD_2025_SAMPLE",
        title={"und": "Sample survey 11"},
        notes={"und": "A sample survey of households."},
        landing_page=page,
        issued=datetime(2025, 12, 5, tzinfo=UTC),
        modified=datetime(2026, 1, 20, tzinfo=UTC),
        period_start=date(2025, 5, 11),
        period_end=date(2025, 7, 31),
        keywords=("Refugees", "Mines, marked", "Livelihoods"),
        agents=(
            AgentRole(AgentRecord("Sample Refugee Office"), Role.HOLDER),
            AgentRole(AgentRecord("Sample Publisher"), Role.PUBLISHER),
        ),
        locations=(LocationRecord("SSD"),),
        access=(AccessRecord(AccessModality.UNDER_AGREEMENT, (STEP,), page),),
        flags=(PortalFlag("microdata", "true"),),
        series="Sample series",
        extra={
            "idno": "UNHCR_SSD_2025_SAMPLE",
            "version": "1.0: sample, anonymous",
            "unit_of_analysis": "Household and individual",
            "geographic_coverage": "Two sample counties",
        },
    )


def test_nobody_is_named_of_a_description():
    with served(SERVED) as server:
        told = repr(read(SERVED.source(server)))
    assert [word for word in ("Person", "person@", "Everybody", "prod_date") if word in told] == []


def test_only_studies_whose_identifier_begins_so():
    with served(SERVED) as server:
        source = SERVED.source(server)
        every = ["UNHCR_SSD_2025_SAMPLE", "WB_SSD_2025_SAMPLE", "unhcr-ukr-2025-sample", "UNHCR_YEM_2024_SAMPLE"]
        assert ids(read(wished(source))) == [every]
        assert ids(read(wished(source, {"idno_prefix": ["WB", "unhcr-"]}))) == [[every[1], every[2]]]
        pages = read(wished(source, {"idno_prefix": "unhcr"}, page_size=1))
        assert ids(pages) == [[every[0]], [], [every[2]], [every[3]]]
        # What is left out counts as read, and the library's count is not of those that are wanted.
        assert [(page.token, page.total, page.notes) for page in pages] == [
            ("2:1", None, ()),
            ("3:2", None, ()),
            ("4:3", None, ()),
            (None, None, ()),
        ]
        assert [page.total for page in read(wished(source))] == [4]


def test_descriptions_are_read_of_wanted_studies_alone_and_a_missing_one_is_told():
    with served(SERVED) as server:
        source = SERVED.source(server)
        made = [nada.normalize(source, record) for page in read(source) for record in page.records]
        asked = [urlsplit(seen.target).path.rpartition("/catalog/")[2] for seen in server.seen]
    assert asked == [
        "search",
        "/index.php/metadata/export/11/json",
        "search",
        "/index.php/metadata/export/13/json",
        "/index.php/metadata/export/14/json",
    ]
    assert [one.reading_notes for one in made] == [(), (NONE,), (NONE,)]


@pytest.mark.parametrize("body", [b"null", b"[]", b'{"study_desc": "x"}', b'{"study_desc": {"study_info": []}}'])
def test_a_description_that_says_nothing_is_none_and_a_fault_ends_the_run(body: bytes):
    """A fault of a day must not look like a change of the study."""

    def script(request: Seen, reply: Reply, _: Plain) -> None:
        path = urlsplit(request.target).path
        rows = {"found": 1, "rows": [{"id": 5, "idno": "S-5", "title": "Sample"}]}
        if path == SEARCH:
            reply.send(200, json.dumps(rows).encode(), content_type="application/json")
        else:
            reply.send(status, body, content_type="application/json")

    with plain(script) as server:
        source = Source(
            key="library", kind="nada", title="Sample", url=server.url, allow_hosts=(server.host,),
            options={"details": True},
        )  # fmt: skip
        status = 200
        (page,) = read(source)
        made = nada.normalize(source, page.records[0])
        assert (page.notes, made.display_title, made.reading_notes) == ((), "Sample", (NONE,))
        status = 500
        with pytest.raises(PortalError) as fault:
            read(source)
        assert fault.value.code == "http-500"


def test_the_list_of_everything_is_cut_into_pages_by_identifier():
    with served(SERVED) as server:
        source = wished(SERVED.source(server), list="latest", page_size=3)
        pages = read(source)
        assert ids(pages) == [
            ["UNHCR_SSD_2025_SAMPLE", "UNHCR_YEM_2024_SAMPLE", "WB_SSD_2025_SAMPLE"],
            ["unhcr-ukr-2025-sample"],
        ]
        assert [(page.token, page.total) for page in pages] == [("2:3", 4), (None, 4)]
        assert ids(read(source, Start("2:3"))) == [["unhcr-ukr-2025-sample"]]
        assert {urlsplit(seen.target).path for seen in server.seen} == {LATEST}


def test_a_library_that_asks_for_a_slower_pace_gets_it():
    with served(SERVED) as server:
        for pause, interval in ((5, 5.0), (0.1, 1.0), ("soon", 1.0), (None, 1.0)):
            source = wished(SERVED.source(server), seconds_between_calls=pause)
            with Client(source, Settings(http_cache_bytes=0), sleep=lambda _: None) as client:
                list(nada.records(source, client, Start()))
                assert client.limits.interval == interval


def test_where_no_policy_is_said_the_source_says_it():
    source = Source(key="library", kind="nada", title="Sample", url="https://library.example", access="on_request")
    made = nada.normalize(source, RawRecord("S-5", {"idno": "S-5", "title": "Sample"}, ""))
    assert made.access == (AccessRecord(AccessModality.ON_REQUEST),)


@pytest.mark.parametrize("token", ["²:0", "1:²", "x", "1"])
def test_a_token_is_read_strictly(token: str):
    with served(SERVED) as server, pytest.raises(PortalError) as fault:
        read(SERVED.source(server), Start(token))
    assert fault.value.code == "token-unreadable"


def test_digits_of_other_scripts_are_no_year():
    source = Source(key="library", kind="nada", title="Sample", url="https://library.example")
    study = {"idno": "S-5", "title": "Sample", "year_start": "\u0660\u0660\u0660\u0660"}
    made = nada.normalize(source, RawRecord("S-5", study, ""))
    assert [note.code for note in made.reading_notes] == ["date-unreadable"]


def test_a_place_that_only_the_description_names_and_a_field_that_is_not_kept():
    source = Source(key="library", kind="nada", title="Sample", url="https://library.example")
    study = {"idno": "S-5", "title": "Sample", "nation": "?", "details": {"nation": ["SSD"], "universe": "Everybody"}}
    assert nada.normalize(source, RawRecord("S-5", study, "")).locations == (LocationRecord("SSD"),)
    assert nada.essence(study)["details"] == {"nation": ["SSD"]}


@pytest.mark.recorded
def test_the_recorded_studies(shared: Path):
    portal = RECORDED(shared)
    with served(portal) as server:
        source = portal.source(server)
        (page,) = read(source)
        khost, zamboanga = (nada.normalize(source, record) for record in page.records)
    assert (khost.remote_id, zamboanga.remote_id) == portal.ids
    assert page.notes == ()
    assert (khost.period_start, khost.period_end) == (date(2017, 5, 11), date(2017, 5, 29))
    assert khost.locations == (LocationRecord("AFG"),)
    assert khost.issued == datetime(2019, 12, 5, tzinfo=UTC)
    assert khost.access[0].modality is AccessModality.UNDER_AGREEMENT
    assert [one.agent.name for one in khost.agents if one.role is Role.HOLDER] == [
        "Office of the High Commissioner for Refugees"
    ]
    assert khost.keywords == (
        "Refugees", "Asylum seekers", "Forced displacement", "Conflict", "Livelihood & Social cohesion",
        "Food security",
    )  # fmt: skip
    assert khost.extra["unit_of_analysis"] == "Household and individual"
    assert (zamboanga.locations, zamboanga.notes) == ((LocationRecord("PHL"),), {})
    assert "solutions@" not in repr(page)
    assert (khost.reading_notes, zamboanga.reading_notes) == ((), (NONE,))
