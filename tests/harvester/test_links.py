"""Addresses looked at on real hosts on loopback: what is there, gone, behind a form, or not to be known."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from catalog import audit, reading
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.records import AccessRecord, DatasetRecord, DistributionRecord
from catalog.rows import Entry, dataset_id
from catalog.runs import sync_sources
from catalog.store import Store
from catalog.tables import LinkCheck
from catalog.viewer import PUBLIC
from catalog.vocabulary import AccessModality, Visibility
from config.declarations import AccessKey, Source
from config.load import ConfigurationError
from config.settings import Settings
from harvester.http import Client, Limits
from harvester.links import PATIENCE, Checker, Checking, Looked, look
from harvester.schedule import Timetable
from tests.portals_served.plain import Plain, Reply, Seen, plain

DAY = timedelta(days=1)
LIMITS = Limits(read=0.3, total=2, retries=0, at_once=1)
HTML = "text/html; charset=utf-8"


def script(seen: Seen, reply: Reply, server: Plain) -> None:
    path, head = seen.target.partition("?")[0], seen.method == "HEAD"
    page = b"" if head else b"<html><head><title>Sample: totals by district</title></head></html>"
    answers: dict[str, Any] = {
        "/page": lambda: reply.send(200, page, content_type=HTML),
        "/file.csv": lambda: reply.send(200, content_type="text/csv"),
        "/gone": lambda: reply.send(404),
        "/ended": lambda: reply.send(410),
        "/closed": lambda: reply.send(401),
        "/refused": lambda: reply.send(403),
        "/hurried": lambda: reply.send(429, retry_after="3600"),
        "/broken": lambda: reply.send(500),
        "/busy": lambda: reply.send(503),
        "/empty.csv": lambda: reply.send(405 if head else 416),
        "/soft": lambda: reply.send(200, b"" if head else b"<title>Page not found | Sample</title>", content_type=HTML),
        "/weich": lambda: reply.send(
            200, b"" if head else "<title>Página no encontrada</title>".encode(), content_type=HTML
        ),
        "/sheet": lambda: reply.send(200, b"" if head else b"<title>Sign in - Sample</title>", content_type=HTML),
        "/members": lambda: reply.send(302, location="/user/login?next=/members"),
        "/user/login": lambda: reply.send(200, content_type="text/plain"),
        "/old/thing": lambda: reply.send(301, location="/fr/"),
        "/fr/": lambda: reply.send(200, content_type="text/plain"),
        "/moved": lambda: reply.send(301, location="/file.csv"),
        "/lost": lambda: reply.send(302, location="/error/not-found"),
        "/error/not-found": lambda: reply.send(200, content_type="text/plain"),
        "/slow": lambda: server.stopping.wait(3),
        "/inside": lambda: reply.send(302, location="http://169.254.169.254/latest"),
    }
    for refused in (400, 403, 404, 405, 500, 501):
        answers[f"/head-{refused}"] = lambda status=refused: (
            reply.send(status) if head else reply.send(206, b"a", content_range="bytes 0-0/9", content_type="text/csv")
        )
    answers.get(path, lambda: reply.send(404))()


@pytest.fixture(scope="module")
def server() -> Iterator[Plain]:
    with plain(script) as made:
        yield made


SEEN = {
    "page": ("alive", ""),
    "file.csv": ("alive", ""),
    "moved": ("alive", ""),
    "empty.csv": ("alive", ""),
    **{f"head-{refused}": ("alive", "") for refused in (400, 403, 404, 405, 500, 501)},
    "gone": ("dead", "http-404"),
    "ended": ("dead", "http-410"),
    "closed": ("unknown", "http-401"),
    "refused": ("unknown", "http-403"),
    "hurried": ("unknown", "http-429"),
    "broken": ("unknown", "http-500"),
    "busy": ("unknown", "http-503"),
    "soft": ("unknown", "soft-404"),
    "weich": ("unknown", "soft-404"),
    "lost": ("unknown", "soft-404"),
    "sheet": ("unknown", "login"),
    "members": ("unknown", "login"),
    "old/thing": ("unknown", "front-page"),
    "slow": ("unknown", "timeout"),
    "inside": ("unknown", "host-refused"),
}


def source(*servers: Plain, **more: Any) -> Source:
    given = {"key": "sample", "kind": "ckan", "title": "Sample", "url": "https://portal.example"} | more
    return Source(**given, allow_hosts=tuple(server.host for server in servers))


@pytest.mark.parametrize("path", SEEN)
def test_what_a_host_answers_is_told_as_what_it_means(path: str, server: Plain):
    with Client(source(server), Settings(http_cache_bytes=0), LIMITS) as client:
        seen = look(client, f"{server.url}/{path}")
    assert (seen.state.value, seen.code) == SEEN[path]


def test_a_host_that_is_no_more_is_gone_and_one_that_refuses_is_not_to_be_known(server: Plain):
    with plain(script) as closed:
        pass
    with Client(source(server, closed), Settings(http_cache_bytes=0), LIMITS) as client:
        assert look(client, f"{closed.url}/page").code == "unreachable"
        gone = look(client, "https://no-such-host.invalid/page")
    assert (gone.state.value, gone.code) == ("dead", "no-such-host")


class Place:
    """A source with records of addresses, looked at from one day to the next."""

    def __init__(self, catalog: Catalog, assessor: Assessor, *servers: Plain, **more: Any) -> None:
        self.catalog, self.assessor, self.source = catalog, assessor, source(*servers, **more)
        self.now = datetime(2026, 11, 2, 8, tzinfo=UTC)

    def write(self, *records: DatasetRecord) -> None:
        sync_sources(self.catalog, [self.source])
        entries = [
            Entry(one, self.assessor.assess(one, self.source, self.now.date()), repr(one), b"{}", "") for one in records
        ]
        with self.catalog.writing() as session:
            Store(self.source, self.assessor, self.catalog.address.drivername).write(session, None, entries, self.now)

    def check(self, budget: int = 100, settings: Settings | None = None, **more: Any) -> Checking:
        given = {"limits": LIMITS, "now": lambda: self.now} | {k: v for k, v in more.items() if k != "progress"}
        checker = Checker(self.catalog, settings or Settings(), **given)
        return checker.check(self.source, budget, more.get("progress", lambda _: None))

    def reached(self, key: str) -> dict[str, tuple[str, str]]:
        with self.catalog.reading() as session:
            body, _ = reading.document(session, PUBLIC, str(dataset_id("sample", key)))
        return {entry["address"]: (entry["state"], entry["on"]) for entry in orjson.loads(body)["reached"]}


def record(key: str, *addresses: str, **changes: Any) -> DatasetRecord:
    first, *files = addresses
    made = DatasetRecord(
        remote_id=key,
        title={"en": f"Sample {key}"},
        access=(AccessRecord(AccessModality.OPEN, ("Take it.",), first),),
        distributions=tuple(DistributionRecord(str(at), "file", file) for at, file in enumerate(files)),
    )
    return replace(made, **changes)


def test_a_dead_link_is_told_with_its_day_after_the_second(catalog: Catalog, assessor: Assessor, server: Plain):
    place = Place(catalog, assessor, server)
    gone, page = f"{server.url}/gone", f"{server.url}/page"
    place.write(record("a", gone, page), record("b", page))
    first = place.check(actor="Sample Steward")
    assert (first.due, first.looked, dict(first.signs), dict(first.codes), first.dead) == (
        2, 2, {"alive": 1, "dead": 1}, {"http-404": 1}, [],
    )  # fmt: skip
    assert place.reached("a") == {gone: ("unknown", "2026-11-02"), page: ("alive", "2026-11-02")}
    assert place.reached("b") == {page: ("alive", "2026-11-02")}
    assert place.check().due == 0, "not twice on a day"
    place.now += DAY
    second = place.check()
    assert (second.due, second.dead) == (1, [gone])
    assert place.reached("a")[gone] == ("dead", "2026-11-03")
    with catalog.reading() as session:
        noted = [(one["actor"], one["action"], one["subject"]) for one in audit.lines(session)]
    assert ("Sample Steward", "looked at links", "sample, 2 addresses") in noted


@pytest.mark.parametrize(
    "broken", ["http://[bad/x", "http://\u2100.example/", "https://a:99999999/", "https://x.example:y/"]
)
def test_an_address_that_is_none_stops_no_other(catalog: Catalog, assessor: Assessor, server: Plain, broken: str):
    place = Place(catalog, assessor, server)
    place.write(record("a", broken, f"{server.url}/page"))
    assert place.check().signs["alive"] == 1
    assert place.reached("a")[f"{server.url}/page"] == ("alive", "2026-11-02")


def test_it_goes_on_where_it_stood_and_asks_ways_before_files(catalog: Catalog, assessor: Assessor, server: Plain):
    place = Place(catalog, assessor, server)
    place.write(*(record(str(n), f"{server.url}/file.csv?{n}", f"{server.url}/file.csv?file={n}") for n in range(3)))
    server.seen.clear()
    far: list[Looked] = []
    done = place.check(budget=2, progress=far.append)
    assert (done.due, done.looked, far) == (6, 2, [Looked("sample", 1, 2), Looked("sample", 2, 2)])
    place.check(budget=3)
    assert [seen.target for seen in server.seen[:3]] == ["/file.csv?0", "/file.csv?1", "/file.csv?2"]
    stop = threading.Event()
    stop.set()
    assert (place.check(stopped=stop.is_set).stopped, place.check().looked, place.check().due) == (True, 1, 0)
    assert len(server.seen) == 6
    assert len({seen.target for seen in server.seen}) == 6


def test_what_is_seen_is_kept_when_it_is_stopped(catalog: Catalog, assessor: Assessor, server: Plain):
    place = Place(catalog, assessor, server)
    place.write(*(record(str(n), f"{server.url}/file.csv?{n}") for n in range(30)))
    stop = threading.Event()
    done = place.check(stopped=stop.is_set, progress=lambda far: stop.set() if far.done == 5 else None)
    assert done.stopped
    assert 5 <= done.looked < 30
    assert place.check().due == 30 - done.looked


def test_nothing_is_asked_with_a_key_nor_what_has_one_in_it(catalog: Catalog, assessor: Assessor, server: Plain):
    key = "sample-key-of-the-portal"
    place = Place(catalog, assessor, server, access_key=AccessKey(how="Ask for one."))
    plainly = f"{server.url}/file.csv?plainly"
    place.write(record("a", plainly, f"{server.url}/file.csv?token=abcdef1234567890", f"{server.url}/{key}/file.csv"))
    server.seen.clear()
    done = place.check(settings=Settings(keys={"sample": SecretStr(key)}))
    assert (done.due, [seen.target for seen in server.seen]) == (1, ["/file.csv?plainly"])
    assert key not in repr(server.seen)


def test_a_portal_that_counts_what_we_ask_is_not_asked_at_its_interface(
    catalog: Catalog, assessor: Assessor, server: Plain
):
    with plain(script) as counted:
        place = Place(catalog, assessor, server, counted, url=counted.url, calls_per_day=10)
        place.write(record("a", f"{counted.url}/page", f"{server.url}/file.csv"))
        assert place.check().looked == 1
        assert counted.seen == []


def test_of_a_record_that_is_not_public_nothing_is_asked_nor_written_once_it_is_closed_meanwhile(
    catalog: Catalog, assessor: Assessor, server: Plain
):
    place = Place(catalog, assessor, server)
    hidden = record("hidden", f"{server.url}/file.csv?hidden", visibility=Visibility.RESTRICTED)
    place.write(hidden, record("open", f"{server.url}/file.csv?open"))
    server.seen.clear()

    def closes(_: Looked) -> None:
        place.write(record("open", f"{server.url}/file.csv?open", visibility=Visibility.RESTRICTED))

    assert place.check(progress=closes).due == 1
    assert [seen.target for seen in server.seen] == ["/file.csv?open"]
    with catalog.reading() as session:
        assert session.scalars(select(LinkCheck)).all() == []


def test_a_host_that_does_not_answer_is_left_alone_until_the_next_time(
    catalog: Catalog, assessor: Assessor, server: Plain
):
    with plain(lambda seen, reply, made: reply.send(503)) as deaf:
        place = Place(catalog, assessor, server, deaf)
        place.write(*(record(str(n), f"{deaf.url}/{n}") for n in range(20)), record("b", f"{server.url}/file.csv?b"))
        done = place.check()
        assert len(deaf.seen) == PATIENCE
        assert (done.looked, done.left, done.signs["alive"], done.stopped) == (PATIENCE + 1, 20 - PATIENCE, 1, False)
        assert place.check(budget=0).due == done.left


def test_that_no_name_is_known_is_not_believed_while_nothing_answers(
    catalog: Catalog, assessor: Assessor, server: Plain
):
    place = Place(catalog, assessor, server)
    missing = "https://no-such-host.invalid/a"
    place.write(record("a", missing))
    for _ in range(2):
        assert (place.check().signs, place.reached("a")) == ({}, {})
        place.now += DAY
    place.write(record("a", missing), record("b", f"{server.url}/file.csv?c"))
    place.check()
    assert place.reached("a") == {missing: ("unknown", "2026-11-04")}
    place.write(record("c", f"{server.url}/file.csv?d"))
    place.now += DAY
    place.check()
    assert place.reached("a") == {missing: ("dead", "2026-11-05")}


def test_the_scheduler_looks_at_night_unless_a_setting_turns_it_off(catalog: Catalog):
    looked: list[str] = []

    def job(**more: Any) -> Any:
        timetable = Timetable(
            catalog, Settings(**more), lambda source, full: [], links=lambda: looked.append("now"), said=looked.append
        )
        timetable.start()
        try:
            return timetable.scheduler.get_job("landmark:links")
        finally:
            timetable.stop()

    assert str(job().trigger) == "cron[month='*', day='*', day_of_week='*', hour='1', minute='45']"
    assert str(job(links_schedule="5 4 * * mon").trigger).endswith("day_of_week='mon', hour='4', minute='5']")
    assert job(links=False) is job(links_schedule="") is None
    with pytest.raises(ConfigurationError) as told:
        job(links_schedule="61 1 * * *")
    assert str(told.value).startswith('LANDMARK_LINKS_SCHEDULE, "61 1 * * *", is no crontab: ')
    assert "now" not in looked
