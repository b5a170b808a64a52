"""UNHCR's documents: what becomes of them, and odd answers. Documented shape, not recorded; all content is a sample."""

import json
from datetime import UTC, datetime

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
from catalog.vocabulary import AccessModality, Artefact, Role
from config.declarations import AccessKey, Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import PortalError, RawPage, RawRecord, RecordError, Start
from harvester.portals import unhcr_odp
from tests.portals_served.plain import Plain, Reply, Seen, plain
from tests.portals_served.served import served
from tests.portals_served.unhcr_odp import KEY, SERVED, document

SOURCE = Source(
    key="unhcr-odp", kind="unhcr-odp", title="Sample", url="https://odp.example", publisher="Sample Publisher",
    access_key=AccessKey(how="Ask the sample."),
)  # fmt: skip
STEP = "Open the document's page on the Operational Data Portal and download it there."


def read(source: Source, start: Start = Start(), key: str = KEY) -> list[RawPage]:  # noqa: B008 - frozen
    settings = Settings(keys={source.key: key} if key else {}, http_cache_bytes=0)
    with Client(source, settings, sleep=lambda _: None) as client:
        return list(unhcr_odp.records(source, client, start))


def answered(answer: object) -> list[RawPage]:
    """What a reading gives of one answer to everything."""

    def script(_: Seen, reply: Reply, __: Plain) -> None:
        reply.send(200, json.dumps(answer).encode(), content_type="application/json")

    with plain(script) as server:
        return read(SOURCE.model_copy(update={"url": server.url, "allow_hosts": (server.host,)}))


def normalized(**changes: object) -> DatasetRecord:
    payload = document(105, "2026-02-10", **changes)
    text = json.dumps(payload).replace("{base}", SOURCE.url)
    return unhcr_odp.normalize(SOURCE, RawRecord("105", unhcr_odp.essence(json.loads(text)), ""))


def ids(pages: list[RawPage]) -> list[list[str]]:
    return [[record.remote_id for record in page.records] for page in pages]


def test_a_whole_document():
    page = "https://odp.example/en/documents/details/105"
    link = "https://odp.example/en/documents/download/105"
    assert normalized() == DatasetRecord(
        remote_id="105",
        title={"en": "Sample factsheet 105"},
        landing_page=page,
        issued=datetime(2026, 2, 10, tzinfo=UTC),
        modified=datetime(2026, 2, 10, 9, 30, tzinfo=UTC),
        languages=("en",),
        keywords=("Protection", "Mine Action", "Dashboards & Factsheets"),
        agents=(AgentRole(AgentRecord("Sample Publisher"), Role.PUBLISHER),),
        locations=(LocationRecord("SSD"),),
        distributions=(DistributionRecord("105", "Sample factsheet 105", link),),
        access=(AccessRecord(AccessModality.OPEN, (STEP,), page, Artefact.REPORT),),
        extra={"document_types": "Dashboards & Factsheets", "sectors": "Protection; Mine Action"},
    )


def test_a_document_without_a_file_in_two_languages_on_a_place_that_is_no_country():
    made = normalized(
        downloadLink=None,
        languageName=[{"name": "French"}, {"name": "Arabic"}, {"name": "Sampling"}],
        location=[{"name": "Sample Region"}, {"name": "Serbia and Kosovo: S/RES/1244 (1999)"}, {"code": 7}],
        publishDate=None,
    )
    assert made.title == {"und": "Sample factsheet 105"}
    assert (made.languages, made.distributions) == (("fr", "ar"), ())
    assert made.access[0] == AccessRecord(AccessModality.UNKNOWN, (), made.landing_page, Artefact.REPORT)
    assert made.locations == (LocationRecord("SRB"), LocationRecord("XKX"))
    assert made.extra["places"] == "Sample Region"
    assert made.issued == datetime(2026, 2, 10, 8, tzinfo=UTC)
    assert made.reading_notes == (
        ReadingNote("language-unknown", "languageName", 'no known language: "Sampling"'),
        ReadingNote("place-unknown", "location", 'no country is called "Sample Region"'),
    )


def test_a_file_with_an_ending_has_a_format():
    made = normalized(downloadLink="https://odp.example/files/sample.xlsx")
    assert [one.format for one in made.distributions] == ["XLSX"]


def test_counters_and_persons_are_no_essence():
    first = unhcr_odp.essence(document(105, "2026-02-10", 1))
    assert first == unhcr_odp.essence(document(105, "2026-02-10", 2))
    assert unhcr_odp.essence(first) == first
    assert [word for word in ("Person", "person@", "thumbnails", "Count") if word in repr(first)] == []


def test_pages_until_an_empty_one_with_the_key_in_a_header():
    with served(SERVED) as server:
        source = SERVED.source(server)
        pages = read(source)
        assert (ids(pages), [page.token for page in pages]) == ([["105", "104"], ["103", "101"], []], ["2", "3", None])
        assert ids(read(source, Start("2"))) == [["103", "101"], []]
        assert [KEY in seen.target for seen in server.seen] == [False] * 5
        with pytest.raises(PortalError, match="no page of this portal") as fault:
            read(source, Start("²"))
        assert fault.value.code == "token-unreadable"


def test_older_documents_end_the_list():
    with served(SERVED) as server:
        source = SERVED.source(server)

        def since(day: object) -> list[RawPage]:
            return read(source.model_copy(update={"filters": {"created_since": day}}))

        assert ids(since("2026-01-20")) == [["105", "104"], ["103"], []]
        assert ids(since("2026-02-05")) == [["105"], []]
        server.seen.clear()
        assert ids(since("2027-01-01")) == [[]]
        assert len(server.seen) == 1
        with pytest.raises(PortalError, match='created_since "last year" is no day') as fault:
            since("last year")
        assert fault.value.code == "filter-unreadable"


def test_sectors_and_types_as_wanted():
    with served(SERVED) as server:
        source = SERVED.source(server)
        for filters, wanted in (
            ({"sectors": ["mine action"]}, [["105", "104"], ["101"], []]),
            ({"types": "Dashboards & Factsheets"}, [["105", "104"], ["103", "101"], []]),
            ({"sectors": ["Protection"], "types": ["Map"]}, [[], [], []]),
        ):
            assert ids(read(source.model_copy(update={"filters": filters}))) == wanted


def test_further_parameters_cannot_undo_the_order():
    with served(SERVED) as server:
        options = {"query": {"country": "som", "order[created]": "asc"}, "page_size": 5}
        read(SERVED.source(server).model_copy(update={"options": options}))
        first = server.seen[0].target
    assert first == "/api-content/documents.json?country=som&order%5Bcreated%5D=desc&limit=5&page=1"


def test_without_a_key_nothing_is_asked():
    with served(SERVED) as server, pytest.raises(PortalError) as fault:
        read(SERVED.source(server), key="")
    assert (fault.value.code, server.seen) == ("key-missing", [])
    assert fault.value.mend == "Set LANDMARK_KEY_SAMPLE_UNHCR_ODP to a key that may read this. Ask the sample portal."


def test_a_portal_that_ignores_the_page_number_is_told():
    with pytest.raises(PortalError, match="page 2 is page 1 again") as fault:
        answered([document(105, "2026-02-10")])
    assert fault.value.code == "repeated-page"


@pytest.mark.parametrize("answer", [{"error": "Token Required"}, None, ["x"], [[]]])
def test_an_answer_that_is_no_list_of_documents_is_refused(answer: object):
    with pytest.raises(PortalError) as fault:
        answered(answer)
    assert fault.value.code == "unexpected-answer"


def test_a_document_without_id_or_title_is_refused_by_name():
    for changes, code in (({"id": None}, "no-id"), ({"title": " "}, "no-title")):
        with pytest.raises(RecordError) as error:
            normalized(**changes)
        assert error.value.code == code
