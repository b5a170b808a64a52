"""IDMC: what becomes of its figures and events, and odd answers. All but the recorded ones are a fictional sample."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

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
from harvester.portals import idmc
from tests.portals_served.idmc import CLIENT_ID, RECORDED, SERVED, event, figure
from tests.portals_served.plain import Plain, Reply, Seen, plain
from tests.portals_served.served import served

SOURCE = Source(
    key="idmc", kind="idmc", title="Sample", url="https://idmc.example", access_key=AccessKey(how="Ask the sample.")
)
ACCESS = (
    "Ask IDMC by e-mail for a client id, and read the external API with it.",
    "Without one, look among the datasets of IDMC on HDX.",
)


def read(source: Source, start: Start = Start(), key: str = CLIENT_ID) -> list[RawPage]:  # noqa: B008 - frozen
    settings = Settings(keys={source.key: key} if key else {}, http_cache_bytes=0)
    with Client(source, settings, sleep=lambda _: None) as client:
        return list(idmc.records(source, client, start))


def answered(say: Callable[[str, int], tuple[int, object]], *parts: str, **options: object) -> list[RawPage]:
    """What a reading of these parts gives of a server that answers a path and an offset."""

    def script(request: Seen, reply: Reply, _: Plain) -> None:
        split = urlsplit(request.target)
        status, body = say(split.path, int(parse_qs(split.query).get("offset", ["0"])[0]))
        reply.send(status, json.dumps(body).encode(), content_type="application/json")

    with plain(script) as server:
        changes = {"url": server.url, "allow_hosts": (server.host,), "filters": {"parts": list(parts)}}
        return read(SOURCE.model_copy(update=changes | {"options": options}))


def ids(pages: list[RawPage]) -> list[list[str]]:
    return [[record.remote_id for record in page.records] for page in pages]


def headers(row: dict[str, object]) -> tuple[ColumnRecord, ...]:
    return tuple(ColumnRecord("", at, header) for at, header in enumerate(row))


def test_whole_records_of_each_part():
    with served(SERVED) as server:
        source = SERVED.source(server)
        made = {one.remote_id: idmc.normalize(source, one) for page in read(source) for one in page.records}
        base = f"{server.url}/external-api"
    publisher = AgentRecord("Sample Publisher")
    agents = (AgentRole(publisher, Role.HOLDER), AgentRole(publisher, Role.PUBLISHER))
    address = f"{base}/gidd/conflicts/?iso3__in=SSD"
    assert made["conflicts-SSD"] == DatasetRecord(
        remote_id="conflicts-SSD",
        title={"en": "Internal displacement by conflict and violence, South Sudan"},
        notes={"en": "A figure for each year: South Sudan in IDMC's Global Internal Displacement Database (GIDD)."},
        modified=datetime(2026, 5, 13, tzinfo=UTC),
        period_start=date(2021, 1, 1),
        period_end=date(2023, 12, 31),
        licence="CC BY-IGO",
        languages=("en",),
        keywords=("internal displacement", "Conflict"),
        agents=agents,
        locations=(LocationRecord("SSD", 0),),
        distributions=(DistributionRecord("api", "IDMC external API, South Sudan", address, format="API"),),
        columns=headers(figure("SSD", "South Sudan", 2021)),
        access=(AccessRecord(AccessModality.ON_REQUEST, ACCESS, address),),
        series="Global Internal Displacement Database (GIDD)",
        extra={
            "database": "GIDD",
            "entries": "2",
            "causes": "Conflict",
            "figures": "new displacement, total displacement",
        },
    )
    address = f"{base}/idus/all/?iso3__in=SSD"
    assert made["idus-SSD"] == DatasetRecord(
        remote_id="idus-SSD",
        title={"en": "Internal displacement updates, South Sudan"},
        notes={
            "en": "Events of displacement as they are reported, with their coordinates, preliminary: South Sudan in"
            " IDMC's Internal Displacement Updates (IDU)."
        },
        modified=datetime(2026, 2, 1, 19, 37, 23, 870000, tzinfo=UTC),
        period_start=date(2025, 12, 30),
        period_end=date(2026, 2, 1),
        licence="CC BY-IGO",
        languages=("en",),
        keywords=("internal displacement", "Conflict", "Disaster", "Flood"),
        agents=agents,
        locations=(LocationRecord("SSD"),),
        distributions=(DistributionRecord("api", "IDMC external API, South Sudan", address, format="API"),),
        columns=headers(event(1, "SSD", "South Sudan", "2025-12-30")),
        access=(AccessRecord(AccessModality.ON_REQUEST, ACCESS, address),),
        series="Internal Displacement Updates (IDU)",
        extra={"database": "IDU", "entries": "2", "causes": "Conflict, Disaster"},
    )
    flood = made["disasters-SSD"]
    assert (flood.title, flood.keywords, flood.extra["figures"]) == (
        {"en": "Internal displacement by disasters, South Sudan"},
        ("internal displacement", "Disaster", "Drought", "Flood"),
        "new displacement",
    )
    assert (flood.period_start, flood.period_end) == (date(2020, 1, 1), date(2022, 12, 31))
    assert [made[name].locations for name in ("conflicts-AB9", "conflicts-XKX")] == [
        (LocationRecord("AB9", 0),),
        (LocationRecord("XKX", 0),),
    ]


def test_no_row_and_no_client_id_is_kept():
    with served(SERVED) as server:
        source = SERVED.source(server)
        told = repr(read(source))
        sent = [dict(parse_qs(urlsplit(one.target).query)) for one in server.seen]
    assert [word for word in (CLIENT_ID, "client_id", "Sample event", "<b>", "1.5", "***") if word in told] == []
    assert [one.get("offset", [""])[0] for one in sent] == ["0", "2", "0", "2", "", ""]
    assert [one.get("client_id") for one in sent] == [[CLIENT_ID]] * 5 + [None]


def test_parts_and_list_as_wanted():
    with served(SERVED) as server:
        source = SERVED.source(server)
        assert [page.token for page in read(source)] == ["disasters", "idus", None]
        assert ids(read(source, Start("idus"))) == [["idus-SSD", "idus-UKR"]]
        some = source.model_copy(update={"filters": {"parts": ["idus", "conflicts"]}})
        assert [page.token for page in read(some)] == ["idus", None]
        with pytest.raises(PortalError, match='"disasters" is no part of this source') as fault:
            read(some, Start("disasters"))
        assert fault.value.code == "token-unreadable"
        for wrong, word in ((["idus", "food"], "food"), ("food", "food"), ([], "nothing")):
            with pytest.raises(PortalError, match=f'^"{word}" is no part of IDMC\'s API') as fault:
                read(source.model_copy(update={"filters": {"parts": wrong}}))
        assert (fault.value.code, fault.value.mend) == (
            "filter-unreadable",
            "name some of conflicts, disasters, idus",
        )


def test_the_last_180_days_if_the_source_says_so():
    asked: list[str] = []

    def say(path: str, _: int) -> tuple[int, object]:
        asked.append(path)
        return 200, [event(1, "SSD", "South Sudan", "2026-02-01")]

    (page,) = answered(say, "idus", idus="last-180-days")
    assert (asked, page.records[0].address) == (
        ["/idus/last-180-days/"],
        page.records[0].address.split("/idus")[0] + "/idus/last-180-days/?iso3__in=SSD",
    )


def test_without_a_client_id_nothing_is_asked():
    with served(SERVED) as server, pytest.raises(PortalError) as fault:
        read(SERVED.source(server), key="")
    assert (fault.value.code, server.seen) == ("key-missing", [])
    assert fault.value.mend == "Set LANDMARK_KEY_SAMPLE_IDMC to a key that may read this. Ask the sample portal."


@pytest.mark.parametrize(("status", "code"), [(202, "list-not-ready"), (404, "no-list"), (500, "http-500")])
def test_an_empty_list_that_is_not_ready_is_no_empty_portal(status: int, code: str):
    with pytest.raises(PortalError) as fault:
        answered(lambda _path, _offset: (status, []), "idus")
    assert (fault.value.code, "client_id" in f"{fault.value} {fault.value.mend}") == (code, False)
    assert fault.value.mend


def test_a_file_without_events_is_an_answer():
    assert answered(lambda _path, _offset: (200, []), "idus") == [RawPage(())]


def test_rows_that_name_no_country_are_counted():
    rows = [figure("", "?", 2021), figure("SSD", "South Sudan", 2021), {"iso3": None}, {"iso3": "ssd"}]
    (page,) = answered(lambda _path, _offset: (200, {"count": 4, "results": rows}), "conflicts")
    assert ids([page]) == [["conflicts-SSD"]]
    assert page.records[0].payload["country"] == "South Sudan"
    assert page.notes == (ReadingNote("no-country", "iso3", "2 rows name no country"),)


def test_pages_that_end_early_or_repeat_end_the_run():
    row = figure("SSD", "South Sudan", 2021)

    def early(_: str, offset: int) -> tuple[int, object]:
        return 200, {"count": 9, "results": [] if offset else [row]}

    with pytest.raises(PortalError, match="9 rows were announced, 1 were given") as fault:
        answered(early, "conflicts")
    assert fault.value.code == "incomplete"
    with pytest.raises(PortalError) as fault:
        answered(lambda _path, _offset: (200, {"count": 9, "results": [row]}), "conflicts")
    assert fault.value.code == "repeated-page"


@pytest.mark.parametrize(
    ("part", "answer"),
    [
        ("conflicts", {"results": []}),
        ("conflicts", {"count": "many", "results": []}),
        ("conflicts", {"count": 1, "results": ["x"]}),
        ("conflicts", []),
        ("idus", {"detail": "x"}),
        ("idus", ["x"]),
    ],
)
def test_an_answer_that_cannot_be_read_is_refused(part: str, answer: object):
    with pytest.raises(PortalError) as fault:
        answered(lambda _path, _offset: (200, answer), part)
    assert fault.value.code == "unexpected-answer"


def test_an_entry_that_does_not_say_which_is_refused_and_odd_ones_land():
    for payload in ({}, {"part": "conflicts"}, {"part": "food", "iso3": "SSD"}):
        with pytest.raises(RecordError) as error:
            idmc.normalize(SOURCE, RawRecord("x", payload, ""))
        assert error.value.code == "no-id"
    odd = {"part": "conflicts", "iso3": "ZZ9", "first_year": 0, "last_year": 20000, "last_updated": "soon"}
    made = idmc.normalize(SOURCE, RawRecord("conflicts-ZZ9", odd, ""))
    assert (made.title, made.locations, made.period_start, made.period_end) == (
        {"en": "Internal displacement by conflict and violence, ZZ9"},
        (),
        None,
        None,
    )
    assert {note.code for note in made.reading_notes} == {"place-unknown", "date-unreadable"}


@pytest.mark.recorded
def test_the_recorded_figures_and_events(shared: Path):
    portal = RECORDED(shared)
    with served(portal) as server:
        source = portal.source(server)
        pages = read(source)
        made = {one.remote_id: idmc.normalize(source, one) for page in pages for one in page.records}
    assert (tuple(made), [len(page.records) for page in pages]) == (portal.ids, [59, 84, 1])
    assert [one.remote_id for one in made.values() if one.reading_notes] == []
    assert "REDACTED" not in repr(pages)
    afghanistan = made["conflicts-AFG"]
    assert (afghanistan.period_start, afghanistan.period_end, afghanistan.extra["entries"]) == (
        date(2009, 1, 1),
        date(2012, 12, 31),
        "4",
    )
    india = made["idus-IND"]
    assert (india.period_start, india.period_end, india.extra["entries"], india.extra["causes"]) == (
        date(2023, 3, 31),
        date(2023, 11, 6),
        "113",
        "Conflict, Disaster",
    )
    assert india.keywords == ("internal displacement", "Conflict", "Disaster", "Erosion", "Flood", "Storm")
