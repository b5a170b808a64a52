"""KoboToolbox: what becomes of a form, and odd answers. Documented shape, not recorded; all forms are a sample."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from catalog.records import AccessRecord, AgentRecord, AgentRole, DatasetRecord, LocationRecord, PortalFlag
from catalog.vocabulary import AccessModality, Role, Visibility
from config.declarations import AccessKey, Source
from config.load import source as declared
from config.settings import Settings
from harvester.http import Client
from harvester.portal import PortalError, RawPage, RawRecord, RecordError, SkipRecord, Start
from harvester.portals import kobo_assets
from tests.portals_served.kobo_assets import SERVED, TOKEN, form
from tests.portals_served.plain import Plain, Reply, Seen, plain
from tests.portals_served.served import served

SOURCE = Source(
    key="kobo-assets", kind="kobo-assets", title="Sample", url="https://kobo.example", access="not_shared",
    publisher="Sample Publisher", access_key=AccessKey(how="Ask the sample."), visibility="public",
)  # fmt: skip
STEP = "Ask the organisation that owns the form; Landmark reads no submissions."


def read(source: Source, start: Start = Start(), key: str = TOKEN) -> list[RawPage]:  # noqa: B008 - frozen
    settings = Settings(keys={source.key: key} if key else {}, http_cache_bytes=0)
    with Client(source, settings, sleep=lambda _: None) as client:
        return list(kobo_assets.records(source, client, start))


def answered(say: Callable[[dict[str, list[str]]], object], start: Start = Start()) -> list[RawPage]:  # noqa: B008
    """What a reading gives of a server that answers parameters."""

    def script(request: Seen, reply: Reply, _: Plain) -> None:
        body = json.dumps(say(parse_qs(urlsplit(request.target).query))).encode()
        reply.send(200, body, content_type="application/json")

    with plain(script) as server:
        return read(SOURCE.model_copy(update={"url": server.url, "allow_hosts": (server.host,)}), start)


def normalized(**changes: object) -> DatasetRecord:
    return kobo_assets.normalize(SOURCE, RawRecord("aSample3", kobo_assets.essence(form(3, **changes)), ""))  # type: ignore[arg-type]


def test_a_whole_form_is_for_its_owner_alone_though_the_source_is_public():
    assert normalized() == DatasetRecord(
        remote_id="aSample3",
        title={"und": "Sample victim survey 3"},
        notes={"und": "Sample form, fictional."},
        issued=datetime(2025, 11, 3, 10, 0, 0, 123456, tzinfo=UTC),
        modified=datetime(2026, 2, 3, 10, 0, 0, 123456, tzinfo=UTC),
        keywords=("Humanitarian - Protection", "samples"),
        agents=(AgentRole(AgentRecord("Sample Demining Group"), Role.HOLDER),),
        locations=(LocationRecord("SSD"), LocationRecord("UKR")),
        access=(AccessRecord(AccessModality.NOT_SHARED, (STEP,)),),
        flags=(PortalFlag("collects_pii", "true"),),
        visibility=Visibility.OWNER,
        extra={
            "sector": "Humanitarian - Protection",
            "collects_pii": "Yes",
            "deployed": "true",
            "status": "deployed",
        },
    )


def test_the_shipped_source_is_off_and_what_it_reads_is_its_owners():
    shipped = declared(Settings(sources="kobo-assets"), "kobo-assets")
    assert (shipped.enabled, shipped.visibility, shipped.schedule) == (False, "public", "")
    assert normalized().visibility is Visibility.OWNER


def test_settings_in_other_spellings_and_without_any():
    words = {"sector": "Protection", "country": "South Sudan", "collects_pii": False, "organization": 7}
    made = normalized(settings=words, name="", tag_string=None)
    assert made.title == {"und": "Form without a name (aSample3)"}
    assert (made.keywords, made.locations, made.flags) == (("Protection",), (LocationRecord("SSD"),), ())
    assert [one.agent.name for one in made.agents] == ["7"]
    made = normalized(settings=None, has_deployment=None, deployment_status=None)
    assert (made.extra, made.visibility, made.notes) == ({}, Visibility.OWNER, {})
    assert [one.agent.name for one in made.agents] == ["Sample Publisher"]
    made = normalized(settings={"country": [{"label": "Kaldora"}]})
    assert [(note.code, note.field) for note in made.reading_notes] == [("place-unknown", "settings.country")]


def test_nobody_and_no_submission_is_kept():
    with served(SERVED) as server:
        told = repr(read(SERVED.source(server)))
        paths = {urlsplit(seen.target).path for seen in server.seen}
    words = ("person", "View", "What is your name", "/data/", "submission", TOKEN, "row_count")
    assert [word for word in words if word in told] == []
    assert paths == {"/api/v2/assets/"}


def test_pages_as_the_server_tells_them_but_never_elsewhere():
    with served(SERVED) as server:
        source = SERVED.source(server)
        pages = read(source)
        assert [(page.token, page.total) for page in pages] == [("limit=2&offset=2", 3), (None, 3)]
        first, second = (parse_qs(urlsplit(seen.target).query) for seen in server.seen)
        (rest,) = read(source, Start("limit=2&offset=2"))
    same = {"q": ["asset_type:survey"], "ordering": ["-date_modified"], "format": ["json"]}
    assert (first, second) == (same | {"limit": ["100"]}, same | {"limit": ["2"], "offset": ["2"]})
    assert [one.remote_id for one in rest.records] == ["aSample1"]
    elsewhere = {"count": 2, "next": "https://elsewhere.example/?page=2&q=all&secret=x", "results": [form(1)]}
    pages = answered(lambda query: elsewhere if "page" not in query else {"results": []})
    assert [page.token for page in pages] == ["page=2", None]


@pytest.mark.parametrize("token", ["offset=x", "q=1", "offset", "offset=²"])
def test_a_token_is_read_strictly(token: str):
    with pytest.raises(PortalError) as fault:
        answered(lambda _: {"results": []}, Start(token))
    assert fault.value.code == "token-unreadable"


def test_without_a_token_nothing_is_asked():
    with served(SERVED) as server, pytest.raises(PortalError) as fault:
        read(SERVED.source(server), key="")
    assert (fault.value.code, server.seen) == ("key-missing", [])
    assert fault.value.mend == "Set LANDMARK_KEY_SAMPLE_KOBO_ASSETS to a key that may read this. Ask the sample portal."


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"results": [form(1)], "next": "https://kobo.example/?page=2"}, "repeated-page"),
        ({"results": [form(1)], "next": "https://kobo.example/?cursor=abc"}, "unexpected-answer"),
        ({"results": [form(1)], "next": "https://kobo.example/?page=last"}, "unexpected-answer"),
        ({"results": [form(1)], "next": "http://["}, "unexpected-answer"),
        ({"results": ["x"]}, "unexpected-answer"),
        ({"results": "x"}, "unexpected-answer"),
        ([], "unexpected-answer"),
    ],
)
def test_an_answer_that_cannot_be_read_is_refused(answer: object, code: str):
    with pytest.raises(PortalError) as fault:
        answered(lambda _: answer)
    assert fault.value.code == code


def test_an_empty_page_ends_the_list():
    assert answered(lambda _: {"results": [], "next": "https://kobo.example/?page=2"}) == [RawPage(())]


def test_what_is_no_form_is_left_out_and_one_without_an_id_refused():
    with pytest.raises(SkipRecord) as skipped:
        normalized(asset_type="block")
    assert skipped.value.code == "not-a-form"
    with pytest.raises(RecordError) as error:
        normalized(uid=None)
    assert error.value.code == "no-id"
