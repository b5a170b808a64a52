"""Harvests recorded to files and replayed from them: the same catalog, no network, no key."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from catalog import dump, removal, runs
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.health import histories
from catalog.health import source as source_health
from catalog.tables import CatalogRecord
from catalog.viewer import Viewer
from catalog.vocabulary import Audience, RunState
from config.declarations import Source
from config.load import ConfigurationError
from config.settings import Settings
from harvester.http import Client, Limits
from harvester.portal import PortalError, portals
from harvester.recording import INDEX, Recorder, Replay, tape
from harvester.run import Report, harvest
from harvester.sample import SamplePortals
from tests.journeys.installation import Installation
from tests.journeys.packages import package, packages
from tests.portals_served import ckan
from tests.portals_served.plain import Plain, Reply, Seen, plain

KEY = "sample key/ü 4711"
"""A key that looks different in an address, in JSON and in plain text."""


def harvested(catalog: Catalog, source: Source, assessor: Assessor, tape: Recorder | Replay) -> Report:
    return harvest(
        catalog,
        source,
        portals()[source.kind],
        assessor,
        Settings(),
        client=lambda asked, settings: Client(asked, settings, tape=tape),
        heard=tape.recorded if isinstance(tape, Replay) else None,
    )


def content(catalog: Catalog) -> list[bytes]:
    with catalog.reading() as session:
        return list(dump.lines(session))


def index(folder: Path, key: str = "sample") -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (folder / key / INDEX).read_bytes().splitlines()]


def test_every_sample_portal_is_replayed_to_the_same_catalog(
    catalog: Catalog, assessor: Assessor, tmp_path: Path
) -> None:
    with SamplePortals() as running:
        sources = running.sources()
        reports = [harvested(catalog, one, assessor, Recorder(tmp_path, one.key)) for one in sources]
    assert {source.kind for source in sources} <= set(portals())
    assert [report.state for report in reports] == [RunState.COMPLETE] * len(sources)
    recorded = content(catalog)

    with Catalog(f"sqlite:///{(tmp_path / 'replayed.db').as_posix()}", create=True) as other:
        again = [harvested(other, source, assessor, Replay(tmp_path, source.key)) for source in sources]
        assert [(report.state, report.run.counts) for report in again] == [
            (report.state, report.run.counts) for report in reports
        ]
        assert content(other) == recorded
    replayed = [harvested(catalog, source, assessor, Replay(tmp_path, source.key)) for source in sources]
    assert [(report.run.counts.updated, report.missing) for report in replayed] == [(0, 0)] * len(sources)
    assert content(catalog) == recorded

    (first,) = [line for line in index(tmp_path, "sample-exchange") if line["file"] == "0001.json"]
    assert (first["method"], first["status"], len(first["sent"])) == ("POST", 200, 32)
    assert orjson.loads((tmp_path / "sample-exchange" / "0001.json").read_bytes())["result"]["count"] == 45


def speaking(tape: Recorder | Replay, server: Plain, key: str = "", pauses: list[float] | None = None) -> Client:
    source = Source(key="sample", kind="hdx", title="Sample portal", url=server.url, allow_hosts=(server.host,))
    slept = [] if pauses is None else pauses
    settings = Settings(keys={"sample": key} if key else {}, http_cache_bytes=0)
    return Client(source, settings, Limits(), sleep=slept.append, tape=tape)


def test_no_key_reaches_a_file_and_the_recording_needs_none(tmp_path: Path) -> None:
    def script(seen: Seen, reply: Reply, _: Plain) -> None:
        if seen.target.startswith("/moved"):
            reply.send(302, location=f"/list?client_id={seen.target.partition('=')[2]}")
        else:
            body = orjson.dumps({"next": seen.target, "said": KEY, "posted": seen.body.decode()})
            reply.send(200, body, content_type="application/json", set_cookie="session=sample-cookie")

    with plain(script) as server:
        with speaking(Recorder(tmp_path, "sample"), server, KEY) as client:
            first = client.get_json(f"{server.url}/moved", {"client_id": KEY})
            posted = client.post_json(f"{server.url}/search", {"key": KEY, "start": 0}, safe=True)
            client.get_json(f"{server.url}/signed?sig=sample-signature")
        asked = len(server.seen)
        with speaking(Replay(tmp_path, "sample"), server, "another key") as client:
            assert client.get_json(f"{server.url}/moved", {"client_id": "another key"}) == first
            assert client.post_json(f"{server.url}/search", {"key": "another key", "start": 0}, safe=True) == posted
            assert client.requests == 0
        assert len(server.seen) == asked == 4
    kept = b"".join(path.read_bytes() for path in sorted((tmp_path / "sample").iterdir()))
    for written in (KEY, "sample%20key", "sample+key", "4711", "sample-cookie"):
        assert written.encode() not in kept
    assert [(line["method"], line["status"], line["file"]) for line in index(tmp_path)] == [
        ("GET", 302, "0001.txt"),
        ("GET", 200, "0002.json"),
        ("POST", 200, "0003.json"),
        ("GET", 200, "0004.json"),
    ]
    assert index(tmp_path)[1]["address"] == f"{server.url}/list?client_id=***"
    assert index(tmp_path)[3]["address"] == f"{server.url}/signed?sig=***"


def counting(*answers: tuple[int, bytes]) -> Callable[[Seen, Reply, Plain], None]:
    """Each answer once, then the last one for ever."""
    return lambda _, reply, server: reply.send(
        *answers[min(len(server.seen), len(answers)) - 1], content_type="application/json", retry_after="30"
    )


def test_a_refusal_is_replayed_too_without_its_pause(tmp_path: Path) -> None:
    with plain(counting((429, b""), (200, b"[1]"), (200, b"[2]"))) as server:
        paused: list[float] = []
        with speaking(Recorder(tmp_path, "sample"), server, pauses=paused) as client:
            assert [client.get_json(server.url) for _ in range(2)] == [[1], [2]]
        assert paused == [30]
        with speaking(Replay(tmp_path, "sample"), server, pauses=paused) as client:
            assert [client.get_json(server.url) for _ in range(3)] == [[1], [2], [2]]
        assert (len(server.seen), paused) == (3, [30])


def test_what_was_not_recorded_is_named_with_its_mend(tmp_path: Path) -> None:
    with plain(counting((200, b"[]"))) as server:
        with speaking(Recorder(tmp_path, "sample"), server) as client:
            client.post_json(server.url, {"start": 0})
        with speaking(Replay(tmp_path, "sample"), server) as client, pytest.raises(PortalError) as caught:
            client.post_json(server.url, {"start": 100})
        assert (caught.value.code, caught.value.address, len(server.seen)) == ("not-recorded", server.url, 1)
        assert str(caught.value).startswith(f"POST {server.url} with content ")
        assert f'"landmark harvest sample --record {tmp_path}"' in caught.value.mend
        (tmp_path / "sample" / "0001.json").unlink()
        with speaking(Replay(tmp_path, "sample"), server) as client, pytest.raises(PortalError, match="0001.json"):
            client.post_json(server.url, {"start": 0})


def test_recording_again_replaces_what_is_asked_again_and_keeps_the_rest(tmp_path: Path) -> None:
    with plain(lambda seen, reply, server: reply.send(200, b"[%d]" % len(server.seen))) as server:
        for paths in (("/a", "/b"), ("/b", "/c")):
            with speaking(Recorder(tmp_path, "sample"), server) as client:
                for path in paths:
                    client.get_json(server.url + path)
        with (tmp_path / "sample" / INDEX).open("ab") as cut_off:
            cut_off.write(b'{"session":2,"meth')
        with speaking(Replay(tmp_path, "sample"), server) as client:
            assert [client.get_json(server.url + path) for path in ("/a", "/b", "/b", "/c")] == [[1], [3], [3], [4]]
        with speaking(Recorder(tmp_path, "sample"), server) as client:
            client.get_json(server.url + "/d")
        with speaking(Replay(tmp_path, "sample"), server) as client:
            assert [client.get_json(server.url + path) for path in ("/a", "/b", "/c", "/d")] == [[1], [3], [4], [5]]
        assert len(server.seen) == 5


def test_record_and_replay_are_one_or_the_other_and_need_a_folder(tmp_path: Path) -> None:
    assert tape(None, None, "sample") is None
    with pytest.raises(ConfigurationError, match="not both"):
        tape(tmp_path, tmp_path, "sample")
    with pytest.raises(ConfigurationError, match=r"no recording of sample in .* --record"):
        tape(None, tmp_path, "sample")
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="Name a folder that can be written"):
        tape(tmp_path / "file", None, "sample")


def test_the_command_records_and_replays(tmp_path: Path) -> None:
    first, second = Installation(tmp_path / "first"), Installation(tmp_path / "second")
    folder = str(tmp_path / "kept")
    with ckan.stage() as portal:
        portal.show(packages(7))
        for home in (first, second):
            home.declare("sample", portal.address, options={"rows": 3})
            home.run("init")
        assert first.harvest("sample", "--record", folder)["created"] == 7
    assert second.harvest("sample", "--replay", folder)["created"] == 7
    assert second.dump() == first.dump()
    assert "leave out --changed" in second.run("harvest", "sample", "--replay", folder, "--changed", code=64).err
    assert "no recording of sample" in second.run("harvest", "sample", "--replay", str(tmp_path), code=64).err


def test_a_replay_is_no_hearing_of_the_portal(catalog: Catalog, assessor: Assessor, tmp_path: Path) -> None:
    with ckan.stage() as portal:
        host = portal.address.removeprefix("http://")
        source = Source(key="sample", kind="hdx", title="Sample", url=portal.address, allow_hosts=(host,))

        def heard() -> Report:
            return harvest(catalog, source, portals()["hdx"], assessor, Settings())

        portal.show(packages(7))
        harvested(catalog, source, assessor, Recorder(tmp_path, "sample"))
        portal.show(
            [package(0, private=True), package(1, title="Sample: newer"), *packages(12)[2:6], *packages(12)[7:]]
        )
        heard()
        before = content(catalog), past(catalog)
        replayed = harvested(catalog, source, assessor, Replay(tmp_path, "sample"))
        assert (replayed.state, replayed.run.mode, replayed.run.counts.unchanged) == (RunState.COMPLETE, "replay", 7)
        assert replayed.outcome == "Replayed: the portal was not asked, and nothing was taken for gone."
        assert (content(catalog), past(catalog)) == before, "what was heard since stands, and so does what is missing"
        assert heard().run.counts.unchanged == 11


def test_a_replay_adds_and_updates_what_was_not_heard_since(
    catalog: Catalog, assessor: Assessor, tmp_path: Path
) -> None:
    with ckan.stage() as portal, Catalog(f"sqlite:///{(tmp_path / 'other.db').as_posix()}", create=True) as other:
        host = portal.address.removeprefix("http://")
        source = Source(key="sample", kind="hdx", title="Sample", url=portal.address, allow_hosts=(host,))
        portal.show(packages(7))
        long_ago = datetime.now(UTC) - timedelta(days=3)
        harvest(catalog, source, portals()["hdx"], assessor, Settings(), now=lambda: long_ago)
        before = past(catalog)
        portal.show([*packages(7)[1:5], package(5, title="Sample: newer"), *packages(9)[6:]])
        harvested(other, source, assessor, Recorder(tmp_path, "sample"))
        told = [harvested(catalog, source, assessor, Replay(tmp_path, "sample")).run.counts for _ in range(2)]
        assert [(counts.created, counts.updated, counts.unchanged) for counts in told] == [(2, 1, 5), (0, 0, 8)]
        with catalog.reading() as session:
            assert removal.listed(session, "sample") == 9, "nothing is taken for gone"
            seen = set(session.scalars(select(CatalogRecord.last_seen)))
        assert seen == {long_ago, Replay(tmp_path, "sample").recorded}, "listed when it was recorded, not now"
        assert past(catalog) == before


def past(catalog: Catalog) -> tuple[object, ...]:
    """What decides when a source is read next, from where on, and what its health says."""
    with catalog.reading() as session:
        found = source_health(session, Viewer(Audience.FULL), "sample", datetime.now(UTC))
        return histories(session), runs.last_complete(session, "sample"), found["health"]
