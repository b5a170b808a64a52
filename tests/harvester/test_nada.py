"""NADA libraries: how they are read, and what a study becomes. All content is a fictional sample."""

import json
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from catalog.records import AccessRecord, AgentRecord, AgentRole, DatasetRecord, LocationRecord, PortalFlag, ReadingNote
from catalog.vocabulary import AccessModality, Role
from config.declarations import Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import PortalError, RawPage, RawRecord, RecordError, Start
from harvester.portals import nada
from tests.portals_served.plain import Plain, Reply, Seen, plain

SOURCE = Source(
    key="library", kind="nada", title="Sample library", url="https://library.example", publisher="Sample Library"
)
STUDY = {
    "abstract": "<p>Sample record, fictional. Households &amp; roads.</p>",
    "authoring_entity": "Kaldoran Mine Action Centre (KMAC); Sample Statistics Office",
    "changed": "Jan-15-2026",
    "created": "2025-11-03T10:00:00+03:00",
    "form_model": "licensed",
    "id": 11,
    "idno": "KMAC-SSD-2025-v1.0",
    "nation": "South Sudan",
    "rank": 3.5,
    "repo_title": "Sample surveys",
    "title": "Household Survey",
    "subtitle": "Second round",
    "total_views": "900",
    "type": "survey",
    "url": "https://library.example/index.php/catalog/11",
    "year_end": "2025",
    "year_start": 2024,
}


def normalized(**changes: object) -> DatasetRecord:
    payload = {name: value for name, value in (STUDY | changes).items() if value is not None}
    return nada.normalize(
        SOURCE, RawRecord(str(payload.get("idno", "")), nada.essence(payload), "https://library.example")
    )


def library(pages: list[object], seen: list[dict[str, list[str]]] | None = None) -> AbstractContextManager[Plain]:
    """A server that answers page N with the N-th entry, and with nothing found after the last."""

    def script(request: Seen, reply: Reply, server: Plain) -> None:
        asked = parse_qs(urlsplit(request.target).query)
        if seen is not None:
            seen.append(asked)
        at = int(asked["page"][0]) - 1
        answer = pages[at] if at < len(pages) else {"found": 0, "rows": []}
        reply.send(200, json.dumps(answer).encode(), content_type="application/json")

    return plain(script)


def read(server: Plain, start: Start = Start(), **options: object) -> list[RawPage]:  # noqa: B008 - frozen
    source = SOURCE.model_copy(update={"url": server.url, "allow_hosts": (server.host,), "options": options})
    with Client(source, Settings()) as client:
        return list(nada.records(source, client, start))


def ids(pages: list[RawPage]) -> list[list[str]]:
    return [[record.remote_id for record in page.records] for page in pages]


def rows(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": str(number), "idno": f"S-{number}", "title": f"Study {number}"} for number in numbers]


def test_a_whole_study():
    page = "https://library.example/index.php/catalog/11"
    assert normalized() == DatasetRecord(
        remote_id="KMAC-SSD-2025-v1.0",
        title={"und": "Household Survey: Second round"},
        notes={"und": "Sample record, fictional. Households & roads."},
        landing_page=page,
        issued=datetime(2025, 11, 3, 7, tzinfo=UTC),
        modified=datetime(2026, 1, 15, tzinfo=UTC),
        period_start=date(2024, 1, 1),
        period_end=date(2025, 12, 31),
        agents=(
            AgentRole(AgentRecord("Kaldoran Mine Action Centre (KMAC)"), Role.HOLDER),
            AgentRole(AgentRecord("Sample Statistics Office"), Role.HOLDER),
            AgentRole(AgentRecord("Sample Library"), Role.PUBLISHER),
        ),
        locations=(LocationRecord("SSD"),),
        access=(
            AccessRecord(
                AccessModality.UNDER_AGREEMENT,
                ("Apply on the study's page: describe the intended use and sign the library's licence.",),
                page,
            ),
        ),
        flags=(PortalFlag("microdata", "true"),),
        series="Sample surveys",
        extra={"idno": "KMAC-SSD-2025-v1.0", "type": "survey"},
    )


@pytest.mark.parametrize(
    ("policy", "modality", "microdata"),
    [
        ("open", AccessModality.OPEN, False),
        ("direct", AccessModality.OPEN, False),
        ("public", AccessModality.REGISTER, True),
        ("Licensed", AccessModality.UNDER_AGREEMENT, True),
        ("enclave", AccessModality.ON_SITE, True),
        ("data_enclave", AccessModality.ON_SITE, True),
        ("remote", AccessModality.ON_SITE, True),
        ("data_na", AccessModality.NOT_SHARED, True),
        ("other", AccessModality.UNKNOWN, True),
        ("data_external", AccessModality.UNKNOWN, True),
    ],
)
def test_access_policies(policy: str, modality: AccessModality, microdata: bool):
    for name in ("form_model", "data_access_type", "dtype"):
        record = normalized(**{"form_model": None, name: policy})
        assert (record.access[0].modality, bool(record.flags), record.reading_notes) == (modality, microdata, ())
        assert record.access[0].steps


def test_an_unknown_policy_is_noted_and_still_counts_as_microdata():
    record = normalized(form_model="by courier")
    assert record.access == (
        AccessRecord(AccessModality.UNKNOWN, address="https://library.example/index.php/catalog/11"),
    )
    assert record.flags == (PortalFlag("microdata", "true"),)
    assert record.reading_notes == (
        ReadingNote("access-unknown", "form_model", 'no known access policy: "by courier"'),
    )


def test_countries_by_code_before_name_and_unknown_ones_noted():
    assert [place.iso3 for place in normalized(nation="Congo, Dem. Rep.").locations] == ["COD"]
    assert [place.iso3 for place in normalized(nation="Yemen, Rep.; Iraq").locations] == ["YEM", "IRQ"]
    assert [place.iso3 for place in normalized(nation="?", iso3s="SSD|UKR").locations] == ["SSD", "UKR"]
    record = normalized(nation="Kaldora, Ukraine")
    assert ([place.iso3 for place in record.locations], [note.code for note in record.reading_notes]) == (
        ["UKR"],
        ["place-unknown"],
    )
    assert [note.field for note in normalized(nation="Kaldora").reading_notes] == ["nation"]


def test_odd_dates_are_noted_and_the_study_lands():
    record = normalized(created="Foo-05-2019", changed=1575504000, year_start="0", year_end="soon")
    assert (record.issued, record.modified) == (None, datetime(2019, 12, 5, tzinfo=UTC))
    assert (record.period_start, record.period_end) == (None, None)
    assert [(note.code, note.field) for note in record.reading_notes] == [
        ("date-unreadable", "created"),
        ("date-unreadable", "year_end"),
    ]


def test_what_cannot_be_read_is_refused_by_name():
    with pytest.raises(RecordError, match="neither idno nor id") as missing:
        normalized(idno=None, id=None)
    assert missing.value.code == "no-id"
    with pytest.raises(RecordError, match="no title") as untitled:
        normalized(title=" ")
    assert untitled.value.code == "no-title"
    bare = nada.normalize(SOURCE, RawRecord("7", {"id": "7", "title": "Bare"}, ""))
    assert (bare.remote_id, bare.landing_page) == ("7", "https://library.example/index.php/catalog/7")


def test_counters_are_no_essence():
    assert nada.essence(STUDY | {"total_views": "901", "rank": 9, "varcount": 3}) == nada.essence(STUDY)
    assert nada.essence(nada.essence(STUDY)) == nada.essence(STUDY)


def test_pages_are_read_in_order_until_all_found_are_seen():
    seen: list[dict[str, list[str]]] = []
    answers = [{"result": {"rows": part, "found": "5", "total": 80}} for part in (rows(1, 2), rows(3, 4), rows(5))]
    with library(answers, seen) as server:
        pages = read(server, page_size=2, query={"country": "South Sudan", "sort_by": "rank"})
    assert ids(pages) == [["S-1", "S-2"], ["S-3", "S-4"], ["S-5"]]
    assert [(page.token, page.total, page.notes) for page in pages] == [("2:2", 5, ()), ("3:4", 5, ()), (None, 5, ())]
    assert [asked.pop("page") for asked in seen] == [["1"], ["2"], ["3"]]
    same = {"ps": ["2"], "inc_iso": ["1"], "sort_by": ["title"], "sort_order": ["asc"], "country": ["South Sudan"]}
    assert seen == [same, same, same]


def test_a_run_goes_on_from_its_token():
    answers = [{"result": {"rows": part, "found": 3}} for part in (rows(1, 2), rows(3))]
    with library(answers) as server:
        assert ids(read(server, Start("2:2"))) == [["S-3"]]
        with pytest.raises(PortalError, match="no page of this library"):
            read(server, Start("yesterday"))


def test_a_library_that_clips_or_does_not_count_is_read_to_its_end():
    with library([{"result": {"rows": rows(1)}}, {"rows": rows(2)}]) as server:
        pages = read(server)
    assert ids(pages) == [["S-1"], ["S-2"], []]
    assert pages[-1] == RawPage((), None, 0, ())


def test_an_empty_library_and_a_wrong_count():
    with library([]) as server:
        assert read(server) == [RawPage((), None, 0, ())]
    with library([{"result": {"rows": rows(1), "found": 3}}]) as server:
        pages = read(server)
    assert pages[-1].notes == (ReadingNote("wrong-count", "found", "3 studies were announced, 1 were listed"),)


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([{"result": {"rows": rows(1), "found": 9}}] * 2, "repeated-page"),
        ([{"status": "failed", "message": "IDNO-NOT-FOUND"}], "portal-refused"),
        ([{"result": "none"}], "unexpected-answer"),
        ([[1, 2]], "unexpected-answer"),
        ([{"rows": ["S-1"]}], "unexpected-answer"),
    ],
)
def test_a_library_that_cannot_be_read_says_why(answers: list[object], code: str):
    with library(answers) as server, pytest.raises(PortalError) as fault:
        read(server)
    assert fault.value.code == code
