"""What every portal kind must hold, enrolled without being told; served ones are asked much more."""

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.records import DatasetRecord
from catalog.use import WHAT
from config.declarations import ADDRESSLESS, Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import Portal, PortalError, RawPage, RawRecord, RecordError, SkipRecord, Start, portals, use_of
from tests.portals_served.plain import Plain, Reply, Seen, plain
from tests.portals_served.served import Mood, Served, recorded_portals, served, served_portals

KINDS = sorted(portals())
SERVED = served_portals()
SECRET = "contractcanary-secret-1"
WORDS = st.text(max_size=20) | st.sampled_from(["2026-02-30", "1e400", "http://[", "<b", "0", "null", "AFG", "\x00"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
HOSTILE: Mapping[str, tuple[int, bytes]] = {
    "nothing": (200, b""),
    "null": (200, b"null"),
    "list": (200, b"[]"),
    "object": (200, b"{}"),
    "number": (200, b"7"),
    "text": (200, b'"maintenance"'),
    "rows of nulls": (200, b"[null, null]"),
    "an error as an answer": (200, b'{"error": {"code": 499, "message": "Token Required"}}'),
    "lists where objects belong": (200, b'{"result": [[]], "data": [[]], "results": [[]], "rows": [[]]}'),
    "texts where lists belong": (200, b'{"result": "x", "data": "x", "results": "x", "rows": "x", "dataset": "x"}'),
    "a page for people": (200, b"<!doctype html><title>We are under maintenance</title>"),
    "cut off": (200, b'{"result": ['),
    "unauthorised": (401, b"{}"),
    "forbidden": (403, b"<html>Access denied</html>"),
    "gone": (410, b"{}"),
    "at fault": (500, b"{}"),
}


def source_of(kind: str, server: Plain) -> Source:
    """A plain source of a kind; served ones bring their options."""
    if kind in SERVED:
        return SERVED[kind].source(server)
    return Source(key=f"sample-{kind}", kind=kind, title="Sample", url=server.url, allow_hosts=(server.host,))


def client(source: Source, tmp_path: Path, key: str = "") -> Client:
    given = {source.key: key} if key else {}
    return Client(source, Settings(data_dir=tmp_path, keys=given, http_cache_bytes=0), sleep=lambda _: None)


def read(portal: Served, server: Plain, tmp_path: Path, start: Start | None = None, key: str = "") -> list[RawPage]:
    source = portal.source(server)
    with client(source, tmp_path, key or portal.key) as asking:
        return list(portals()[portal.kind].records(source, asking, start or Start()))


def records(pages: Sequence[RawPage]) -> list[RawRecord]:
    return [record for page in pages for record in page.records]


def outcome(kind: Portal, source: Source, asking: Client) -> tuple[list[RawRecord], PortalError | None]:
    """What a reading gave, and the error with which it ended, if it did."""
    found: list[RawRecord] = []
    try:
        for page in kind.records(source, asking, Start()):
            found += page.records
    except PortalError as error:
        return found, error
    return found, None


def normalised(kind: Portal, source: Source, record: RawRecord) -> DatasetRecord | str:
    """The record, or the code of why there is none; nothing else may be raised."""
    try:
        return kind.normalize(source, record)
    except (SkipRecord, RecordError) as refused:
        return refused.code


def without_addresses(made: DatasetRecord | str, server: Plain) -> str:
    """As text, with the port of the day left out."""
    return repr(made).replace(server.url, "{base}")


@pytest.mark.parametrize("kind", KINDS)
def test_its_docstring_says_whose_it_is_and_what_to_mind(kind: str):
    words = portals()[kind].__doc__ or ""
    assert [part for part in ("Publisher:", "API", "Terms:", "Unit:", "Caveats:") if part not in words] == []


@pytest.mark.parametrize("kind", KINDS)
def test_its_file_has_its_name(kind: str):
    assert portals()[kind].__name__.rpartition(".")[2] == kind.replace("-", "_")


@pytest.mark.parametrize("kind", KINDS)
@given(payload=st.dictionaries(st.text(max_size=8), JSON, max_size=5))
@settings(max_examples=60, deadline=None)
def test_normalising_is_total(kind: str, payload: dict[str, Any]):
    portal = portals()[kind]
    source = Source(key="sample", kind=kind, title="Sample", url="https://sample.example")
    made = normalised(portal, source, RawRecord("a", portal.essence(payload), "https://sample.example/a"))
    assert isinstance(made, DatasetRecord) or made == made.lower()


@pytest.mark.parametrize("how", HOSTILE)
@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_that_is_none_ends_as_an_error_that_says_what_to_do(kind: str, how: str, tmp_path: Path):
    if kind in ADDRESSLESS:
        return
    status, body = HOSTILE[how]

    def script(_: Seen, reply: Reply, __: Plain) -> None:
        reply.send(status, body, content_type="application/json")

    with plain(script) as server:
        source = source_of(kind, server)
        with client(source, tmp_path, SECRET) as asking:
            found, error = outcome(portals()[kind], source, asking)
    assert found == []
    # An empty list is an empty portal to kinds whose portals answer with bare lists; nothing else may pass for one.
    if error is None:
        assert how == "list"
        return
    assert "" not in (error.code, str(error), error.mend)
    assert SECRET not in f"{error} {error.address} {error.mend}"


def mutations(payload: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The payload with each of its fields missing, null, and of a wrong kind; two levels deep."""
    for name, value in payload.items():
        for wrong in (None, "", [], {}, 7, "x" * 2000, [None], {"a": [1]}, [[]], True):
            yield dict(payload) | {name: wrong}
        yield {other: kept for other, kept in payload.items() if other != name}
        if isinstance(value, dict):
            yield from (dict(payload) | {name: inner} for inner in mutations(value))
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield from (dict(payload) | {name: [inner]} for inner in mutations(value[0]))


@pytest.mark.parametrize("kind", sorted(SERVED))
class TestServed:
    """Kinds with a portal in ``tests/portals_served``."""

    def test_a_whole_reading_gives_every_record_once(self, kind: str, tmp_path: Path):
        portal = SERVED[kind]
        with served(portal) as server:
            pages = read(portal, server, tmp_path)
        assert tuple(record.remote_id for record in records(pages)) == portal.ids
        assert len(pages) >= portal.pages
        assert pages[-1].token is None

    def test_reading_goes_on_from_any_page(self, kind: str, tmp_path: Path):
        portal = SERVED[kind]
        with served(portal) as server:
            pages = read(portal, server, tmp_path)
            for done, page in enumerate(pages, 1):
                if page.token is not None:
                    rest = records(read(portal, server, tmp_path, Start(page.token)))
                    assert [one.remote_id for one in rest] == [one.remote_id for one in records(pages[done:])]

    def test_an_empty_portal_has_no_records(self, kind: str, tmp_path: Path):
        if kind in ADDRESSLESS:
            return
        with served(SERVED[kind], Mood(empty=True)) as server:
            assert records(read(SERVED[kind], server, tmp_path)) == []

    def test_what_changes_without_meaning_changes_nothing(self, kind: str, tmp_path: Path):
        portal, essence = SERVED[kind], portals()[kind].essence
        told = []
        for noise in (0, 1):
            with served(portal, Mood(noise=noise)) as server:
                found = records(read(portal, server, tmp_path))
                texts = [json.dumps(essence(one.payload), sort_keys=True, default=str) for one in found]
                told.append([text.replace(server.url, "{base}") for text in texts])
        assert told[0] == told[1]

    def test_use_is_counted_in_whole_numbers_beside_the_record(self, kind: str, tmp_path: Path):
        portal, module = SERVED[kind], portals()[kind]
        if not hasattr(module, "use"):
            return
        with served(portal) as server:
            found = records(read(portal, server, tmp_path))
        with served(portal, Mood(noise=1)) as server:
            moved = records(read(portal, server, tmp_path))
        told = [use_of(module, one.payload) for one in found]
        assert told != [use_of(module, one.payload) for one in moved]
        for record, counted in zip(found, told, strict=True):
            assert counted.keys() <= set(WHAT)
            assert all(type(count) is int and count >= 0 for count in counted.values())
            # What is counted is not what is described: a counter must not come back by way of the essence.
            assert use_of(module, module.essence(record.payload)) == {}
            for changed in mutations(record.payload):
                assert all(type(count) is int and count >= 0 for count in use_of(module, changed).values())

    def test_normalising_is_pure_and_rests_on_the_essence(self, kind: str, tmp_path: Path):
        portal, module = SERVED[kind], portals()[kind]
        with served(portal) as server:
            source = portal.source(server)
            for record in records(read(portal, server, tmp_path)):
                before = copy.deepcopy(record)
                first = normalised(module, source, record)
                assert record == before
                assert isinstance(first, DatasetRecord), first
                assert first.remote_id == record.remote_id
                assert normalised(module, source, replace(record, payload=module.essence(record.payload))) == first

    def test_normalising_bears_every_field_gone_wrong(self, kind: str, tmp_path: Path):
        portal, module = SERVED[kind], portals()[kind]
        with served(portal) as server:
            source = portal.source(server)
            found = records(read(portal, server, tmp_path))
        for record in found[:3]:
            for changed in mutations(record.payload):
                normalised(module, source, replace(record, payload=module.essence(changed)))

    def test_no_secret_is_kept(self, kind: str, tmp_path: Path):
        portal = SERVED[kind]
        if not portal.key:
            return
        with served(portal) as server:
            pages = read(portal, server, tmp_path)
            told = repr(pages)
            source = portal.source(server)
            told += repr([normalised(portals()[kind], source, record) for record in records(pages)])
        assert portal.key not in told

    def test_a_wrong_key_is_told_with_the_variable_that_holds_it(self, kind: str, tmp_path: Path):
        portal = SERVED[kind]
        if not portal.key:
            return
        with served(portal) as server, pytest.raises(PortalError) as caught:
            read(portal, server, tmp_path, key=SECRET)
        told = f"{caught.value} {caught.value.address} {caught.value.mend}"
        assert SECRET not in told
        assert portal.source(server).key_variable in told


@pytest.mark.recorded
def test_normalising_recorded_payloads_is_pure_and_rests_on_the_essence(shared: Path, tmp_path: Path) -> None:
    count = 0
    for kind, portal in recorded_portals(shared).items():
        module = portals()[kind]
        with served(portal) as server:
            source = portal.source(server)
            for record in records(read(portal, server, tmp_path)):
                before = copy.deepcopy(record)
                first = normalised(module, source, record)
                assert record == before
                assert isinstance(first, DatasetRecord), (kind, record.remote_id, first)
                assert normalised(module, source, replace(record, payload=module.essence(record.payload))) == first
                count += 1
    assert count > 500
