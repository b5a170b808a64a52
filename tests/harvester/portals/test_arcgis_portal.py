"""ArcGIS portals: how items are read, and what they become. Content is a fictional sample, unless marked recorded."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from catalog.records import (
    AccessRecord,
    AgentRecord,
    AgentRole,
    ColumnRecord,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
    PortalFlag,
    ReadingNote,
)
from catalog.vocabulary import AccessModality, Role, Visibility
from config.declarations import Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import PortalError, RawPage, RawRecord, RecordError, Start
from harvester.portals import arcgis_portal
from tests.portals_served.arcgis_portal import (
    FILE,
    HAZARDS,
    ORGANISATION,
    PRIVATE,
    PUBLIC,
    RECORDED,
    SEARCH,
    SELF,
    SERVED,
    SHARED,
    TOKEN,
    answers,
    item,
    refusal,
)
from tests.portals_served.plain import Plain
from tests.portals_served.served import Answer, Answers, Asked, Mood, Served, served

PORTAL = "https://gis.authority.example/portal"
SOURCE = Source(
    key="imsma", kind="arcgis-portal", title="Sample portal", url=PORTAL, publisher="Sample Mine Action Authority"
)
HOLDER = AgentRecord("Sample Mine Action Authority")
SERVICE = f"https://gis.authority.example/portal{HAZARDS}"
ADDRESS = f"{PORTAL}/home/item.html?id="
EDITED = datetime(2025, 12, 6, 5, 46, 40, tzinfo=UTC)


def normalized(payload: Mapping[str, Any], source: Source = SOURCE) -> DatasetRecord:
    return arcgis_portal.normalize(source, RawRecord("", arcgis_portal.essence(payload), source.url))


def asked(
    answering: Answers, tmp_path: Path, *, key: str = TOKEN, start: Start | None = None, **declared: Any
) -> tuple[list[RawPage], Plain]:
    """The pages of a reading, and the server with what it was asked."""
    portal = replace(SERVED, answers=answering, declared=declared)
    with served(portal) as server:
        return list(reading(portal.source(server), tmp_path, key, start)), server


def reading(source: Source, tmp_path: Path, key: str, start: Start | None = None) -> list[RawPage]:
    settings = Settings(data_dir=tmp_path, keys={source.key: key} if key else {}, http_cache_bytes=0)
    with Client(source, settings, sleep=lambda _: None) as client:
        return list(arcgis_portal.records(source, client, start or Start()))


def listing(*rows: Mapping[str, Any], following: object = -1, total: object = None) -> Answers:
    """A portal that answers every search with these items, and nothing else."""
    page = {"results": rows, "nextStart": following, "total": len(rows) if total is None else total}
    return lambda request, _: Answer(page if request.path == SEARCH else {"id": ORGANISATION})


def test_a_whole_item(tmp_path: Path) -> None:
    pages, server = asked(answers, tmp_path)
    (record,) = [one for page in pages for one in page.records if one.remote_id == PUBLIC]
    here = server.url + "/portal"
    payload = {**record.payload, "url": record.payload["url"].replace(here, PORTAL)}
    assert record.address == f"{here}/sharing/rest/content/items/{PUBLIC}"
    assert normalized(payload) == DatasetRecord(
        remote_id=PUBLIC,
        title={"und": "Sample hazard areas"},
        notes={"und": "A sample.\n\nFictional sample of hazard areas."},
        landing_page=ADDRESS + PUBLIC,
        issued=datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        modified=EDITED,
        licence="For planning only.",
        languages=("en",),
        keywords=("Mine action", "South Sudan", "Clearance"),
        agents=(AgentRole(HOLDER, Role.HOLDER), AgentRole(HOLDER, Role.PUBLISHER)),
        locations=(LocationRecord("SSD"),),
        distributions=(
            DistributionRecord(
                key="item",
                name="Sample hazard areas",
                url=f"{SERVICE}/",
                format="GEOSERVICE",
                declared_format="Feature Service",
                columns=(
                    ColumnRecord("Sample areas", 1, "ADM2_PCODE"),
                    ColumnRecord("Sample areas", 2, "Clearance status"),
                    ColumnRecord("Sample visits", 1, "ADM2_PCODE"),
                    ColumnRecord("Sample visits", 2, "Clearance status"),
                ),
            ),
        ),
        access=(
            AccessRecord(AccessModality.OPEN, ("Open the item's page: it is shared with everyone.",), ADDRESS + PUBLIC),
        ),
        flags=(PortalFlag("access", "public"),),
        visibility=Visibility.RESTRICTED,
        extra={
            "item_type": "Feature Service",
            "organisation_id": ORGANISATION,
            "layers": "Sample areas, Sample visits",
            "geometry": "polygon",
            "credits": "Sample Mine Action Authority",
            "spatial": "30,4.5,31.25,5",
        },
    )


@pytest.mark.parametrize(
    ("access", "modality", "visibility", "step"),
    [
        ("public", "open", None, "Open the item's page: it is shared with everyone."),
        (
            "org",
            "on_request",
            "restricted",
            f"Sign in with an account of the portal's organisation, or ask {HOLDER.name} to share the item with you.",
        ),
        (
            "shared",
            "on_request",
            "restricted",
            "The item is shared with a group: ask Sample Mine Action Authority to let you join it.",
        ),
        (
            "private",
            "not_shared",
            "owner",
            "Nobody but its owner sees the item: ask Sample Mine Action Authority about it.",
        ),
    ],
)
def test_with_whom_an_item_is_shared_says_who_may_know_of_it(
    access: str, modality: str, visibility: str | None, step: str
) -> None:
    for declared in ("public", "community", "owner"):
        record = normalized(item(PUBLIC, access, "Sample"), Source(**{**dict(SOURCE), "visibility": declared}))
        assert record.access == (AccessRecord(AccessModality(modality), (step,), ADDRESS + PUBLIC),)
        assert record.flags == (PortalFlag("access", access),)
        assert record.visibility == (Visibility(visibility) if visibility else None)
        assert record.reading_notes == ()


@pytest.mark.parametrize("access", [None, "", "everyone", 7, ["public"], {"public": True}, True])
def test_a_way_of_sharing_that_is_not_known_counts_as_not_shared(access: object) -> None:
    source = Source(**{**dict(SOURCE), "visibility": "public", "access": "under_agreement"})
    record = normalized(item(PUBLIC, "public", "Sample") | {"access": access}, source)
    assert record.visibility is Visibility.RESTRICTED
    assert record.access[0].modality is AccessModality.UNDER_AGREEMENT
    assert "access-unknown" in {note.code for note in record.reading_notes}


def test_with_a_token_nothing_is_public_unless_the_source_says_so(tmp_path: Path) -> None:
    public = item(FILE, "public", "Sample")
    (with_token,), _ = asked(listing(public), tmp_path)
    (without,), _ = asked(listing(public), tmp_path, key="")
    said = SOURCE.model_validate({**SOURCE.model_dump(exclude_unset=True), "visibility": "public"})
    assert [
        [normalized(page.records[0].payload, source).visibility for source in (SOURCE, said)]
        for page in (with_token, without)
    ] == [[Visibility.RESTRICTED, None], [None, None]]


def test_what_a_portal_says_of_itself_does_not_pass_for_ours(tmp_path: Path) -> None:
    forged = item(FILE, "public", "Sample", with_token=False, service_closed=True, layers=[{"name": "Forged"}])
    (page,), _ = asked(listing(forged), tmp_path)
    record = normalized(page.records[0].payload)
    assert (record.visibility, record.access[0].modality) == (Visibility.RESTRICTED, AccessModality.OPEN)
    assert "layers" not in record.extra


def test_nobody_is_kept(tmp_path: Path) -> None:
    pages, _ = asked(answers, tmp_path)
    kept = [arcgis_portal.essence(record.payload) for page in pages for record in page.records]
    assert [one for one in kept if "sample.person" in repr(one)] == []
    assert arcgis_portal.essence(kept[3]) == kept[3]
    mailed = item(FILE, "public", "Sample", accessInformation="Ada Kestrel, ada@authority.example")
    assert "credits" not in normalized(mailed).extra


def test_a_file_is_had_from_its_item() -> None:
    source = Source(**{**dict(SOURCE), "options": {"countries": ["SDN", "South Sudan"]}, "licence": "Sample licence"})
    record = normalized(
        item(FILE, "public", "Sample gazetteer", type="CSV", tags=["it", "and"], licenseInfo=None), source
    )
    assert record.distributions == (
        DistributionRecord(
            key="item",
            name="Sample gazetteer",
            url=f"{PORTAL}/sharing/rest/content/items/{FILE}/data",
            format="CSV",
            declared_format="CSV",
        ),
    )
    assert record.locations == (LocationRecord("SDN"), LocationRecord("SSD"))
    assert record.licence == "Sample licence"
    assert record.modified == datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)


def test_a_map_for_people_has_no_file_and_a_portal_without_publisher_no_holder() -> None:
    source = Source(key="online", kind="arcgis-portal", title="Sample online", url=PORTAL)
    record = normalized(
        item(PRIVATE, "public", "Sample map", type="Web Map", extent=[], accessInformation=None), source
    )
    assert record.distributions == ()
    assert record.agents == (AgentRole(AgentRecord("Sample online"), Role.PUBLISHER),)
    assert record.extra == {"item_type": "Web Map", "organisation_id": ORGANISATION}


def test_items_are_asked_for_by_creation_and_services_for_their_layers_alone(tmp_path: Path) -> None:
    pages, server = asked(answers, tmp_path, options={"page_size": 2})
    assert [(page.token, page.total, page.notes) for page in pages] == [("3", 5, ()), ("5", 5, ()), (None, 5, ())]
    targets = [seen.target.removeprefix("/portal") for seen in server.seen]
    query = f"%28orgid%3A%22{ORGANISATION}%22%29&num=2&sortField=created&sortOrder=asc&start="
    assert targets == [
        f"{SELF}?f=json",
        f"{SEARCH}?f=json&q={query}1",
        "/server/rest/services/Gone/FeatureServer?f=json",
        f"{SEARCH}?f=json&q={query}3",
        f"{HAZARDS}?f=json",
        f"{HAZARDS}/0?f=json",
        f"{HAZARDS}/1?f=json",
        f"{SEARCH}?f=json&q={query}5",
    ]
    assert {seen.headers["x-esri-authorization"] for seen in server.seen} == {f"Bearer {TOKEN}"}
    assert [page.remarks for page in pages] == [
        (ReadingNote("layers-unread", "url", f"item {SHARED}: its layers could not be read (portal-refused)"),),
        (),
        (),
    ]
    refs = {"options": {"layers": False, "referer": "https://landmark.example"}}
    _, quiet = asked(answers, tmp_path, **refs)
    assert [seen.target.partition("?")[0] for seen in quiet.seen] == ["/portal" + SELF, "/portal" + SEARCH]
    assert {seen.headers["referer"] for seen in quiet.seen} == {"https://landmark.example"}


def test_filters_say_which_items_are_wanted(tmp_path: Path) -> None:
    filters = {
        "q": "mines OR clearance",
        "orgid": "abc",
        "group": ["g1"],
        "types": ["CSV", 'Feature" OR access:"private'],
        "tags": "areas",
    }
    _, server = asked(listing(), tmp_path, filters=filters)
    (seen,) = server.seen
    said = Asked("GET", "", {}, {}, seen.target.partition("?")[2].encode()).form
    types = '(type:"CSV" OR type:"Feature  OR access: private")'
    assert said["q"] == [f'(mines OR clearance) AND (orgid:"abc") AND (group:"g1") AND {types} AND (tags:"areas")']


def test_the_token_goes_to_the_portal_and_to_named_hosts_alone(tmp_path: Path) -> None:
    def answering(request: Asked, _: Mood) -> Answer:
        return Answer({"fields": [{"name": "a"}], "name": "Sample layer", "id": 4})

    with served(Served("arcgis-portal", answering, ())) as elsewhere:
        there = item(PUBLIC, "public", "Sample", url=f"{elsewhere.url}/rest/services/a/MapServer/4?token=other#top")
        odd = [item(FILE, "public", "Sample", url=url) for url in ("http://[::1", "http://a:99999/b", 7, "//x", None)]
        (page,), _ = asked(listing(there, *odd), tmp_path)
        assert (elsewhere.seen, page.remarks) == ([], ())
        assert "layers" not in page.records[0].payload
        (page,), _ = asked(listing(there), tmp_path, options={"service_hosts": ["*.0.1", elsewhere.host]})
        assert page.remarks == (
            ReadingNote("layers-unread", "url", f"item {PUBLIC}: its layers could not be read (host-refused)"),
        )
        portal = replace(SERVED, answers=listing(there), declared={})
        with served(portal) as server:
            source = portal.source(server)
            source = source.model_copy(update={"allow_hosts": (*source.allow_hosts, elsewhere.host)})
            (page,) = reading(source, tmp_path, TOKEN)
    assert page.records[0].payload["layers"] == [{"id": 4, "name": "Sample layer", "fields": [{"name": "a"}]}]
    assert [(seen.target, seen.headers["x-esri-authorization"]) for seen in elsewhere.seen] == [
        ("/rest/services/a/MapServer/4?f=json", f"Bearer {TOKEN}")
    ]


@pytest.mark.parametrize(
    ("hosts", "url", "asked_at"),
    [
        ([], "http://gis.authority.example/server/a/FeatureServer/", "https://gis.authority.example/server/a/FeatureServer"),
        ([], "https://GIS.authority.example/a/MapServer?x=1", "https://GIS.authority.example/a/MapServer"),
        ([], "https://gis.authority.example:6443/a/MapServer", ""),
        ([], "https://services1.arcgis.example/a/MapServer", ""),
        (["*.arcgis.example"], "https://services1.arcgis.example/a/MapServer", "https://services1.arcgis.example/a/MapServer"),
        (["*.arcgis.example"], "https://notarcgis.example/a/MapServer", ""),
        (["*.arcgis.example"], "https://arcgis.example.evil.example/a/MapServer", ""),
        (["*"], "https://anywhere.example/a/MapServer", ""),
    ],
)  # fmt: skip
def test_which_services_are_asked(hosts: list[str], url: str, asked_at: str, tmp_path: Path) -> None:
    source = SOURCE.model_copy(update={"options": {"service_hosts": hosts}})
    with Client(source, Settings(data_dir=tmp_path, http_cache_bytes=0)) as client:
        asking = arcgis_portal._Asking(source, client)
        assert asking.service(arcgis_portal.Fields(item(PUBLIC, "public", "Sample", url=url))) == asked_at


@pytest.mark.parametrize(
    ("answering", "code"),
    [
        (listing(following=1), "repeated-page"),
        (listing(following=None), "unexpected-answer"),
        (listing(following=True), "unexpected-answer"),
        (listing(*["text"]), "unexpected-answer"),  # type: ignore[list-item]
        (lambda _, __: Answer({"results": {}, "nextStart": -1}), "unexpected-answer"),
        (lambda _, __: Answer([]), "unexpected-answer"),
        (lambda _, __: Answer({"error": "maintenance"}), "portal-refused"),
        (lambda _, __: refusal(400, "Sample: bad query"), "portal-refused"),
        (lambda _, __: refusal(498, "Invalid token."), "key-refused"),
        (lambda _, __: refusal(403, "No permission"), "key-refused"),
    ],
)
def test_a_portal_that_cannot_be_read_says_why(answering: Answers, code: str, tmp_path: Path) -> None:
    with pytest.raises(PortalError) as caught:
        asked(answering, tmp_path, filters={"q": "mines"})
    assert caught.value.code == code
    assert caught.value.mend


def test_who_has_no_token_is_told_which_variable_holds_one(tmp_path: Path) -> None:
    with pytest.raises(PortalError) as caught:
        asked(lambda _, __: refusal(499, "Token Required"), tmp_path, key="", filters={"q": "mines"})
    assert (caught.value.code, str(caught.value)) == ("key-missing", "the portal answers: Token Required (499)")
    assert "LANDMARK_KEY_SAMPLE_ARCGIS_PORTAL" in caught.value.mend


def test_a_portal_of_everybody_wants_filters(tmp_path: Path) -> None:
    with pytest.raises(PortalError) as caught:
        asked(lambda _, __: Answer({"name": "Sample online", "id": None}), tmp_path)
    assert caught.value.code == "no-filter"


@pytest.mark.parametrize("token", ["", "0", "-1", "2:3", "\u0661", "1" * 9])
def test_a_run_goes_on_from_its_own_tokens_alone(token: str, tmp_path: Path) -> None:
    with pytest.raises(PortalError) as caught:
        asked(answers, tmp_path, start=Start(token))
    assert caught.value.code == "token-unreadable"


def test_no_search_goes_deeper_than_ten_thousand(tmp_path: Path) -> None:
    def deep(request: Asked, _: Mood) -> Answer:
        start, size = int(request.one("start")), int(request.one("num"))
        rows = [item(f"{start + at:032x}", "public", "Sample", type="Web Map") for at in range(size)]
        return Answer({"results": rows, "nextStart": start + size, "total": 12_000})

    pages, server = asked(deep, tmp_path, start=Start("9801"), filters={"q": "mines"})
    message = "a portal gives no more than 10,000 items of a search: narrow the source's filters"
    assert [(len(page.records), page.token, page.notes) for page in pages] == [
        (100, "9901", ()),
        (100, None, (ReadingNote("depth-capped", "nextStart", message),)),
    ]
    assert len(server.seen) == 2


def test_a_portal_that_lists_less_than_it_counts_is_told(tmp_path: Path) -> None:
    (page,), _ = asked(listing(item(FILE, "public", "Sample"), total=3), tmp_path)
    assert page.notes == (ReadingNote("wrong-count", "total", "3 items were announced, 1 were listed"),)


def test_an_open_item_of_a_closed_service_is_had_on_request(tmp_path: Path) -> None:
    row = item(PUBLIC, "public", "Sample", url=f"{{base}}{HAZARDS}")

    def closed(request: Asked, mood: Mood) -> Answer | None:
        return refusal(499, "Token Required") if request.path == HAZARDS else listing(row)(request, mood)

    (page,), _ = asked(closed, tmp_path, key="")
    assert page.remarks == (
        ReadingNote("layers-unread", "url", f"item {PUBLIC}: its layers could not be read (key-missing)"),
    )
    record = normalized(page.records[0].payload)
    step = "The item's page is open, its service asks for an account: ask Sample Mine Action Authority for one."
    assert record.access == (AccessRecord(AccessModality.ON_REQUEST, (step,), ADDRESS + PUBLIC),)


def test_a_service_host_that_is_not_there_is_left_alone(tmp_path: Path) -> None:
    rows = [item(f"{at:032x}", "public", "Sample", url="http://127.0.0.1:1/a/MapServer") for at in range(5)]
    portal = replace(SERVED, answers=listing(*rows), declared={})
    with served(portal) as server:
        source = portal.source(server)
        source = source.model_copy(update={"allow_hosts": (*source.allow_hosts, "127.0.0.1:1")})
        (page,) = reading(source, tmp_path, TOKEN)
    assert [note.message.partition(": ")[2] for note in page.remarks] == [
        *["its layers could not be read (unreachable)"] * 3,
        *["its host does not answer and was left alone"] * 2,
    ]


def test_services_that_answer_with_an_error_are_asked_each(tmp_path: Path) -> None:
    rows = [item(f"{at:032x}", "public", "Sample", url=f"{{base}}{HAZARDS}") for at in range(5)]

    def gone(request: Asked, mood: Mood) -> Answer | None:
        return refusal(404, "Gone") if request.path == HAZARDS else listing(*rows)(request, mood)

    (page,), _ = asked(gone, tmp_path)
    assert {note.message.partition(": ")[2] for note in page.remarks} == {
        "its layers could not be read (portal-refused)"
    }


def test_no_more_layers_are_read_than_are_decent(tmp_path: Path) -> None:
    row = item(PUBLIC, "public", "Sample", url=f"{{base}}{HAZARDS}")

    def many(request: Asked, mood: Mood) -> Answer | None:
        if request.path == HAZARDS:
            return Answer({"layers": [{"id": number} for number in (*range(60), "61", None)]})
        if request.path.startswith(HAZARDS):
            return Answer({"id": int(request.path.rpartition("/")[2]), "fields": "odd"})
        return listing(row)(request, mood)

    (page,), server = asked(many, tmp_path)
    assert page.remarks == (ReadingNote("layers-cut", "url", f"item {PUBLIC}: 10 more layers were not read"),)
    assert [layer["id"] for layer in page.records[0].payload["layers"]] == list(range(50))
    assert not any("/query" in seen.target for seen in server.seen)


def test_when_the_days_requests_are_spent_the_run_ends(tmp_path: Path) -> None:
    portal = replace(SERVED, declared={})
    with served(portal) as server:
        source = portal.source(server)
        settings = Settings(data_dir=tmp_path, keys={source.key: TOKEN}, http_cache_bytes=0)
        with Client(source, settings, sleep=lambda _: None) as client:
            client.allowance = 2
            with pytest.raises(PortalError) as caught:
                list(arcgis_portal.records(source, client, Start()))
    assert caught.value.code == "budget-spent"


def test_what_cannot_be_read_is_refused_by_name() -> None:
    for changes, code, field in (({"id": ""}, "no-id", "id"), ({"title": None}, "no-title", "title")):
        with pytest.raises(RecordError) as caught:
            normalized(item(PUBLIC, "public", "Sample") | changes)
        assert (caught.value.code, caught.value.field) == (code, field)


@pytest.mark.recorded
def test_a_recorded_service_whose_layers_are_refused_and_an_item_shared_with_groups(
    shared: Path, tmp_path: Path
) -> None:
    portal = RECORDED(shared)
    with served(portal) as server:
        pages = reading(portal.source(server), tmp_path, "")
    assert [record.remote_id for page in pages for record in page.records] == ["a5b", "b5b"]
    assert [[note.code for note in page.remarks] for page in pages] == [["layers-unread"], ["layers-unread"]]
    record = normalized(pages[0].records[0].payload)
    assert (record.display_title, record.notes) == (
        "Drug Activity Reporter",
        {"und": "Some Snippet\n\nSome Description"},
    )
    assert (record.visibility, record.flags) == (Visibility.RESTRICTED, (PortalFlag("access", "shared"),))
    assert record.extra == {"item_type": "Feature Service", "spatial": "-180,-90,180,90"}
    assert record.reading_notes == ()
