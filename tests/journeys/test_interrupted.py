"""A harvest that is killed, stopped or started twice: the same catalog in the end as if nothing had happened."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest

from tests.journeys.installation import LONGEST, Installation
from tests.journeys.packages import packages
from tests.portals_served import ckan
from tests.portals_served.plain import Plain, Reply, Seen, plain

ROWS, COUNT = 20, 240
ALL = packages(COUNT)

posix_only = pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process on Windows")


@dataclass
class Held:
    """A page that is not answered until it is released."""

    page: int
    asked: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def __call__(self, page: int) -> None:
        if page == self.page and not self.released.is_set():
            self.asked.set()
            self.released.wait(LONGEST)


@pytest.fixture(scope="module")
def served() -> Iterator[ckan.Stage]:
    with ckan.stage() as stage:
        yield stage


@pytest.fixture(scope="module")
def empty(served: ckan.Stage, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    home = Installation(tmp_path_factory.mktemp("empty") / "home")
    home.declare("sample", served.address, options={"rows": ROWS})
    home.run("init")
    return home


@pytest.fixture
def home(empty: Installation, tmp_path: Path) -> Installation:
    return empty.copy(tmp_path / "home")


@pytest.fixture(scope="module")
def undisturbed(served: ckan.Stage, empty: Installation, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The dump after a harvest that nothing disturbed."""
    home = empty.copy(tmp_path_factory.mktemp("undisturbed") / "home")
    served.show(ALL)
    report = home.harvest("sample")
    assert (report["state"], report["created"], report["resumed"]) == ("complete", COUNT, False)
    return home.dump()


@contextmanager
def _holding(served: ckan.Stage, page: int) -> Iterator[Held]:
    held = Held(page)
    served.show(ALL, before_page=held)
    try:
        yield held
    finally:
        held.released.set()


def _killed_at(home: Installation, served: ckan.Stage, page: int) -> None:
    with _holding(served, page) as held, home.start("harvest", "sample", "--json") as process:
        assert held.asked.wait(LONGEST)
        process.kill()
        process.communicate()
    assert process.returncode != 0


def _continues(home: Installation, served: ckan.Stage, undisturbed: bytes, *, committed: int) -> str:
    """The run left unfinished after so many pages goes on, under its own id, to the undisturbed catalog."""
    queries: list[dict[str, object]] = []
    served.show(ALL, queries=queries)

    report = home.harvest("sample")

    assert (report["state"], report["resumed"]) == ("complete", True)
    assert (report["seen"], report["created"], report["issues"], report["missing"]) == (COUNT, COUNT, {}, 0)
    assert [query["start"] for query in queries] == list(range(committed * ROWS, COUNT, ROWS))
    assert home.dump() == undisturbed
    return str(report["id"])


@pytest.mark.parametrize("page", [1, 6, 11], ids=["first", "middle", "last"])
def test_a_killed_harvest_goes_on_where_its_last_page_was_committed(
    served: ckan.Stage, undisturbed: bytes, home: Installation, page: int
) -> None:
    _killed_at(home, served, page)
    identifier = _continues(home, served, undisturbed, committed=page)

    ended = home.run("runs", "--json", "--as", "tester").json()["items"]
    assert [(run["id"], run["state"], run["seen"]) for run in ended] == [(identifier, "complete", COUNT)]


def test_killed_before_its_first_page_it_starts_over(
    served: ckan.Stage, undisturbed: bytes, home: Installation
) -> None:
    _killed_at(home, served, 0)

    report = home.harvest("sample")

    assert (report["state"], report["resumed"], report["created"]) == ("complete", False, COUNT)
    ended = home.run("runs", "--json", "--as", "tester").json()["items"]
    assert [(run["state"], run["seen"]) for run in ended] == [("complete", COUNT), ("cancelled", 0)]
    assert home.dump() == undisturbed


@posix_only
def test_ctrl_c_stops_after_the_page_in_hand(served: ckan.Stage, undisturbed: bytes, home: Installation) -> None:
    with _holding(served, 4) as held, home.start("harvest", "sample", "--json") as process:
        assert held.asked.wait(LONGEST)
        process.send_signal(signal.SIGINT)
        assert b"Stopping after the page in hand" in process.stderr.readline()
        held.released.set()
        out, err = process.communicate(timeout=LONGEST)

    assert (process.returncode, b"Traceback" in err) == (130, False)
    assert b'"state":"cancelled"' in out
    _continues(home, served, undisturbed, committed=5)


@posix_only
def test_a_second_ctrl_c_stops_at_once(served: ckan.Stage, undisturbed: bytes, home: Installation) -> None:
    with _holding(served, 4) as held, home.start("harvest", "sample", "--json") as process:
        assert held.asked.wait(LONGEST)
        process.send_signal(signal.SIGINT)
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=LONGEST)

    assert (process.returncode, b"Traceback" in err) == (130, False)
    _continues(home, served, undisturbed, committed=4)


@posix_only
@pytest.mark.parametrize("command", [("harvest", "aa", "bb", "cc"), ("run-due",)], ids=["by hand", "by time"])
def test_ctrl_c_leaves_the_other_sources_and_says_so(
    served: ckan.Stage, home: Installation, command: tuple[str, ...]
) -> None:
    home.declare("hdx", "http://127.0.0.1:9", enabled=False)
    for key in ("aa", "bb", "cc"):
        home.declare(key, served.address, options={"rows": COUNT + 1}, schedule="15 3 * * *")
    with _holding(served, 0) as held, home.start(*command, "--json") as process:
        assert held.asked.wait(LONGEST)
        process.send_signal(signal.SIGINT)
        assert b"Stopping after the page in hand" in process.stderr.readline()
        held.released.set()
        out, err = process.communicate(timeout=LONGEST)

    assert (process.returncode, b"Traceback" in err) == (130, False)
    said = [(item["source"], item["state"]) for item in orjson.loads(out)["items"]]
    if command[0] == "harvest":
        assert b'Go on with "landmark harvest bb cc".' in err
        assert said == [("aa", "complete"), ("bb", "not-read"), ("cc", "not-read")]
    else:
        assert b'Stopped. Not read: bb, cc. Go on with "landmark run-due".' in err
        assert said == [("aa", "complete")]


@posix_only
def test_ctrl_c_does_not_wait_for_a_pause_that_the_portal_asked_for(home: Installation) -> None:
    asked = threading.Event()

    def busy(_: Seen, reply: Reply, __: Plain) -> None:
        reply.send(429, b"", retry_after="59")
        asked.set()

    with plain(busy) as portal:
        home.declare("sample", portal.url)
        with home.start("harvest", "sample", "--json") as process:
            assert asked.wait(LONGEST)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=40)
    (item,) = orjson.loads(out)["items"]
    assert (process.returncode, item["state"], item["issues"]) == (130, "cancelled", {})
    assert item["outcome"] == "Stopped on request; the next harvest begins anew."
    assert b'Stopped. Go on with "landmark harvest sample".' in err


def test_a_source_that_is_busy_does_not_keep_the_others_from_being_read(served: ckan.Stage, home: Installation) -> None:
    with ckan.stage() as slow:
        held = Held(0)
        slow.show(ALL, before_page=held)
        served.show(packages(3))
        home.declare("three", slow.address)
        home.declare("one", served.address)
        home.declare("two", served.address)
        with home.start("harvest", "three") as process:
            assert held.asked.wait(LONGEST)
            answer = home.run("harvest", "one", "three", "two", "--json", code=1)
            held.released.set()
            process.communicate(timeout=LONGEST)
    items = {item["source"]: (item["state"], item["outcome"]) for item in answer.json()["items"]}
    assert items.keys() == {"one", "two", "three"}
    assert items["one"] == items["two"] == ("complete", "")
    assert items["three"][0] == "busy"
    assert items["three"][1].startswith(f"three is being harvested by process {process.pid} ")
    assert items["three"][1] in answer.err


def test_only_one_process_harvests_a_source(served: ckan.Stage, undisturbed: bytes, home: Installation) -> None:
    with _holding(served, 6) as held, home.start("harvest", "sample", "--json") as process:
        assert held.asked.wait(LONGEST)
        refused = home.run("harvest", "sample", code=1)
        held.released.set()
        out, _ = process.communicate(timeout=LONGEST)

    assert f"sample is being harvested by process {process.pid} " in refused.err
    assert (process.returncode, b'"state":"complete"' in out) == (0, True)
    assert home.dump() == undisturbed
