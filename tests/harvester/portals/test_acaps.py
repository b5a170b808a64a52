"""ACAPS: what becomes of a month of the index, and odd answers. All but the recorded crises are a fictional sample."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

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
from catalog.vocabulary import AccessModality, Role
from config.declarations import AccessKey, Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import PortalError, RawPage, RawRecord, RecordError, Start
from harvester.portals import acaps
from tests.portals_served.acaps import RECORDED, SERVED, TOKEN, crisis
from tests.portals_served.plain import Plain, Reply, Seen, plain
from tests.portals_served.served import served

SOURCE = Source(
    key="acaps", kind="acaps", title="Sample", url="https://acaps.example", access_key=AccessKey(how="Ask the sample.")
)


def read(source: Source, start: Start = Start(), key: str = TOKEN) -> list[RawPage]:  # noqa: B008 - frozen
    settings = Settings(keys={source.key: key} if key else {}, http_cache_bytes=0)
    with Client(source, settings, sleep=lambda _: None) as client:
        return list(acaps.records(source, client, start))


def answered(by_path: Mapping[str, object], first: str = "2026-01") -> list[RawPage]:
    """What a reading gives of these answers, by path; anything else is not found."""

    def script(request: Seen, reply: Reply, _: Plain) -> None:
        path = urlsplit(request.target).path.removeprefix("/inform-severity-index/").strip("/")
        body = json.dumps(by_path.get(path, {})).encode()
        reply.send(200 if path in by_path else 404, body, content_type="application/json")

    with plain(script) as server:
        changes = {"url": server.url, "allow_hosts": (server.host,), "filters": {"from": first}}
        return read(SOURCE.model_copy(update=changes))


def page(*rows: object, more: bool = False) -> dict[str, object]:
    return {"count": len(rows), "next": "https://elsewhere.example/?page=2" if more else None, "results": list(rows)}


JANUARY = page(crisis(1, "2026-01-01"))


def test_a_whole_month():
    with served(SERVED) as server:
        source = SERVED.source(server)
        pages = read(source)
        made = acaps.normalize(source, pages[0].records[0])
        address = f"{server.url}/api/v1/inform-severity-index/Nov2025/"
    headers = (
        "crisis_id", "crisis_name", "drivers", "regional_or_country", "country_level", "iso3", "country", "regions",
        "INFORM Severity Index", "INFORM Severity category (numeric)", "INFORM Severity category", "Reliability",
        "People in need", "Last updated",
    )  # fmt: skip
    publisher = AgentRecord("Sample Publisher")
    assert made == DatasetRecord(
        remote_id="severity-2025-11",
        title={"en": "INFORM Severity Index, November 2025"},
        notes={"en": "How severe 3 humanitarian crises in 4 countries were in November 2025."},
        modified=datetime(2025, 11, 20, tzinfo=UTC),
        period_start=date(2025, 11, 1),
        period_end=date(2025, 11, 30),
        caveats="A crisis may span several countries and a country have several crises. Scales have differed between"
        " years: compare months only after reading the method.",
        licence="CC BY",
        languages=("en",),
        keywords=("severity", "index", "Conflict", "Displacement"),
        agents=(AgentRole(publisher, Role.HOLDER), AgentRole(publisher, Role.PUBLISHER)),
        locations=tuple(LocationRecord(code, 0) for code in ("AFG", "POL", "SSD", "UKR")),
        distributions=(DistributionRecord("api", "ACAPS API, November 2025", address, format="API"),),
        columns=tuple(ColumnRecord("", at, header) for at, header in enumerate(headers)),
        access=(
            AccessRecord(
                AccessModality.REGISTER,
                (
                    "Create a free account at ACAPS, ask its API for a token, and read the month with it.",
                    "Without an account, look for the index's monthly workbooks among the datasets of ACAPS on HDX.",
                ),
                address,
            ),
        ),
        series="INFORM Severity Index",
        extra={
            "index": "INFORM Severity",
            "edition": "2025-11",
            "countries": "4",
            "crises": "3",
            "regional_crises": "1",
        },
    )


def test_months_are_asked_one_by_one_and_one_that_is_missing_is_left_out():
    with served(SERVED) as server:
        source = SERVED.source(server)
        pages = read(source)
        asked = [urlsplit(seen.target).path.split("/")[-2] + "?" + seen.target[-1] for seen in server.seen]
    assert [([one.remote_id for one in found.records], found.token) for found in pages] == [
        (["severity-2025-11"], "2025-12"),
        ([], "2026-01"),
        (["severity-2026-01"], None),
    ]
    months = ["Nov2025?1", "Nov2025?2", "Dec2025?1", "Jan2026?1", "Jan2026?2"]
    assert asked == ["inform-severity-index?1", *months]
    assert [word for word in ("Sample crisis", "1.5", "2.5") if word in repr(pages)] == []


def test_without_a_token_nothing_is_asked():
    with served(SERVED) as server, pytest.raises(PortalError) as fault:
        read(SERVED.source(server), key="")
    assert (fault.value.code, server.seen) == ("key-missing", [])
    assert fault.value.mend == "Set LANDMARK_KEY_SAMPLE_ACAPS to a key that may read this. Ask the sample portal."


def test_the_first_month_and_the_token_are_read_strictly():
    with served(SERVED) as server:
        source = SERVED.source(server)
        with pytest.raises(PortalError, match='"2026-13" is no month') as fault:
            read(source, Start("2026-13"))
        assert fault.value.code == "token-unreadable"
        with pytest.raises(PortalError, match='"0000-01" is no month') as fault:
            read(source.model_copy(update={"filters": {"from": "0000-01"}}))
        assert fault.value.code == "filter-unreadable"
        assert read(source, Start("2026-02")) == [RawPage(())]


def test_every_month_since_2019_is_asked_for_if_none_is_named():
    with served(SERVED) as server:
        source = SERVED.source(server).model_copy(update={"filters": {}})
        pages = read(source)
    assert (len(pages), pages[0].token) == (7 * 12 + 1, "2019-02")


def test_a_month_that_is_answered_with_another_is_no_record():
    latest = page(crisis(1, "2026-01-01"), crisis(2, "2025-12-01"))
    (only,) = answered({"": latest, "Jan2026": page(crisis(1, "2025-12-01"))})
    note = ReadingNote("other-month", "month", "asked for 2026-01, other months were answered")
    assert only == RawPage((), notes=(note,))


def test_a_link_to_the_next_page_is_never_followed_elsewhere():
    with pytest.raises(PortalError, match="more than 50 pages") as fault:
        answered({"": JANUARY, "Jan2026": page(crisis(1, "2026-01-01"), more=True)})
    assert fault.value.code == "endless-pages"
    (only,) = answered({"": JANUARY, "Jan2026": page(more=True)})
    assert only.records == ()


@pytest.mark.parametrize(
    ("latest", "words"),
    [
        ({"detail": "Throttled."}, "no list of crises"),
        ([], "no list of crises"),
        ({"results": ["x"]}, "no list of crises"),
        (page(crisis(1, "soon")), "do not say their month"),
        (page(crisis(1, "9999-12-01")), "do not say their month"),
    ],
)
def test_an_answer_that_cannot_be_read_is_refused(latest: object, words: str):
    with pytest.raises(PortalError, match=words) as fault:
        answered({"": latest})
    assert fault.value.code == "unexpected-answer"


def test_a_wrong_address_is_told_and_not_taken_for_a_missing_month():
    with pytest.raises(PortalError) as fault:
        answered({})
    assert fault.value.code == "http-404"


def test_odd_crises_leave_a_record():
    odd = crisis(1, "2026-01-01", iso3=["XXX", "SSD"], drivers="Flood, Conflict", **{"Last updated": "soon"})
    (only,) = answered({"": JANUARY, "Jan2026": page(odd)})
    made = acaps.normalize(SOURCE, only.records[0])
    assert made.locations == (LocationRecord("SSD", 0),)
    assert made.keywords == ("severity", "index", "Conflict", "Flood")
    assert [(note.code, note.field) for note in made.reading_notes] == [
        ("place-unknown", "countries"),
        ("date-unreadable", "last_updated"),
    ]


def test_an_edition_without_a_month_is_refused_by_name():
    for month in (None, "soon", "2026-1", "0000-05"):
        with pytest.raises(RecordError) as error:
            acaps.normalize(SOURCE, RawRecord("x", {"month": month}, ""))
        assert error.value.code == "no-id"


@pytest.mark.recorded
def test_the_recorded_months(shared: Path):
    portal = RECORDED(shared)
    with served(portal) as server:
        source = portal.source(server)
        pages = read(source)
        made = [acaps.normalize(source, record) for found in pages for record in found.records]
    assert [len(found.records) for found in pages] == [0, 0, 1, 1]
    assert tuple(one.remote_id for one in made) == portal.ids
    assert [(one.extra["crises"], one.extra["countries"], one.extra["regional_crises"]) for one in made] == [
        ("150", "82", "11"),
        ("150", "82", "11"),
    ]
    assert [one.modified for one in made] == [datetime(2022, 4, 29, tzinfo=UTC), datetime(2022, 5, 31, tzinfo=UTC)]
    assert [(one.reading_notes, len(one.locations), len(one.columns)) for one in made] == [((), 82, 23)] * 2
    assert "Conflict" in made[0].keywords
