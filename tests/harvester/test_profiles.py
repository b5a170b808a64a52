"""Files of a source's records looked at: what gets into the catalog, what never does, and what goes again."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from catalog import audit, dump, runs
from catalog.assess import Assessor
from catalog.changes import ChangeQuery, changes
from catalog.database import Catalog
from catalog.profiles import RECHECK, RETRY
from catalog.rows import dataset_id
from catalog.runs import RunInProgress
from catalog.search import follow
from catalog.tables import Base, Disclosure, FileProfileRow, HarvestRun
from catalog.viewer import steward
from catalog.vocabulary import Audience
from config.declarations import Removal, Source
from config.settings import Settings
from harvester.portal import portals
from harvester.profiles import Profiling, profile_source
from harvester.reassess import reassess
from harvester.run import harvest
from tests.journeys.packages import package
from tests.portals_served import ckan, files
from tests.portals_served.files import CELL, HEADERS, TAGS, File
from tests.portals_served.plain import Plain

DAY = timedelta(days=1)
Told = tuple[str, list[tuple[str, str, str]]]
"""A header, and tags with origin and rule."""


class Place:
    """A portal, its files, the source that reads it, and the clock on our wall."""

    def __init__(
        self, catalog: Catalog, portal: ckan.Stage, server: Plain, served: dict[str, File], assessor: Assessor
    ) -> None:
        self.catalog, self.portal, self.server, self.served, self.assessor = catalog, portal, server, served, assessor
        self.now = datetime(2026, 11, 1, 8, tzinfo=UTC)
        self.source = Source(
            key="sample",
            kind="hdx",
            title="Sample",
            url=portal.address,
            allow_hosts=(portal.address.removeprefix("http://"), server.host),
            removal=Removal(runs=1, days=0),
        )

    def clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def record(self, number: int, *, form: str = "CSV", file: str = "", **changes: Any) -> dict[str, Any]:
        """A package whose file is on the server."""
        made = package(number)
        resource = made["resources"][0] | {"url": f"{self.server.url}/{file or f'{number}.csv'}", "format": form}
        resource |= {name: changes.pop(name) for name in list(changes) if name in {"in_quarantine", "microdata"}}
        resource |= changes.pop("resource", {})
        return made | {"resources": [resource]} | changes

    def harvest(self, *shown: dict[str, Any]) -> None:
        self.now += DAY
        self.portal.show(shown)
        harvest(self.catalog, self.source, portals()["hdx"], self.assessor, Settings(), now=self.clock)

    def profile(self, *, budget: int = 100, after: timedelta = DAY, **more: Any) -> Profiling:
        self.now += after
        self.server.seen.clear()
        given = (self.catalog, self.source, portals()["hdx"], self.assessor, Settings())
        return profile_source(*given, budget=budget, now=self.clock, **more)

    def asked(self) -> list[str]:
        return sorted(seen.target.lstrip("/") for seen in self.server.seen)

    def columns(
        self, number: int, audience: Audience = Audience.PUBLIC
    ) -> list[tuple[str, list[tuple[str, str, str]]]]:
        id_ = dataset_id("sample", package(number)["id"])
        with self.catalog.reading() as session:
            document = session.scalars(
                select(Disclosure.document).where(Disclosure.dataset_id == id_, Disclosure.audience == audience)
            ).one()
        return [
            (column["header"], [(tag["tag"], tag["origin"], tag["rule"]) for tag in column["tags"]])
            for file in orjson.loads(document)["distributions"]
            for column in file["columns"]
        ]

    def profiled(self) -> set[str]:
        with self.catalog.reading() as session:
            return {row.address.rpartition("/")[2] for row in session.scalars(select(FileProfileRow))}


@pytest.fixture
def place(catalog: Catalog, portal: ckan.Stage, assessor: Assessor) -> Iterator[Place]:
    served = {f"{number}.csv": File(files.csv_text(50).encode(), etag=f'"{number}"') for number in range(20)}
    with files.files(served) as server:
        yield Place(catalog, portal, server, served, assessor)


DECLARED = [(header, [(tag, "declared", "file")]) for header, tag in zip(HEADERS, TAGS, strict=True)]


def tagged(columns: list[Told]) -> list[Told]:
    """Only what is declared."""
    return [(header, [tag for tag in tags if tag[1] == "declared"]) for header, tags in columns]


def test_columns_of_a_file_are_the_records_and_stay_whatever_is_harvested(place: Place):
    place.harvest(place.record(1), place.record(2, form="PDF"))
    done = place.profile(actor="Sample Steward")
    assert (done.due, done.looked, done.changed, done.unchanged) == (1, 1, 1, 0)
    assert place.asked() == ["1.csv"]
    assert tagged(place.columns(1)) == DECLARED
    with place.catalog.reading() as session:
        told = changes(session, steward("Sample Steward"), ChangeQuery()).items
        assert [entry["kind"] for entry in told] == ["created", "created", "updated"]
        assert {"distributions", "tags"} <= {field["field"] for field in told[2]["fields"]}
        noted = [(entry["actor"], entry["action"], entry["subject"]) for entry in audit.lines(session)]
        assert ("Sample Steward", "profiled files", "sample, 1 files") in noted
        assert [row.mode for row in session.scalars(select(HarvestRun))] == ["full"], "no run is left behind"
    place.harvest(place.record(1), place.record(2, form="PDF"))
    assert tagged(place.columns(1)) == DECLARED
    place.harvest(place.record(1, title="Sample: another title"), place.record(2, form="PDF"))
    assert tagged(place.columns(1)) == DECLARED
    before = list_of(place.catalog)
    reassess(place.catalog, place.source, portals()["hdx"], place.assessor, Settings(), now=place.clock)
    assert list_of(place.catalog) == before


def list_of(catalog: Catalog) -> list[bytes]:
    with catalog.reading() as session:
        return list(dump.lines(session))


def test_a_file_is_looked_at_again_only_when_its_portal_says_that_it_changed(place: Place):
    place.harvest(place.record(1))
    place.profile()
    assert (place.profile(after=2 * RECHECK).due, place.asked()) == (0, [])
    later = {"last_modified": "2026-10-10T00:00:00"}
    place.harvest(place.record(1, resource=later))
    done = place.profile()
    assert (done.looked, done.unchanged, place.server.seen[0].headers["if-none-match"]) == (1, 1, '"1"')
    assert place.profile().due == 0
    place.served["1.csv"] = File(
        files.csv_text(9, headers=("ADM2_EN", "Count"), tags=("#adm2+name", "#affected")).encode()
    )
    place.harvest(place.record(1, resource={"last_modified": "2026-10-11T00:00:00"}))
    assert place.profile().changed == 1
    names = [("ADM2_EN", [("#adm2+name", "declared", "file")]), ("Count", [("#affected", "declared", "file")])]
    assert tagged(place.columns(1)) == names


def test_without_the_portals_word_a_file_is_asked_about_now_and_then(place: Place):
    silent = {"resource": {"last_modified": None}}
    place.harvest(place.record(1, **silent))
    place.profile()
    assert place.profile(after=RECHECK - 2 * DAY).due == 0
    assert place.profile(after=2 * DAY).unchanged == 1
    assert place.profile().due == 0


def test_a_file_that_moved_is_another(place: Place):
    place.harvest(place.record(1))
    place.profile()
    place.harvest(place.record(1, file="2.csv"))
    assert place.columns(1) == []
    place.profile()
    assert place.asked() == ["2.csv"]
    assert tagged(place.columns(1)) == DECLARED


def test_what_cannot_be_had_is_told_and_asked_for_again_later(place: Place):
    place.harvest(place.record(1), place.record(2))
    place.served["1.csv"] = File(b"", status=404)
    place.served["2.csv"] = File(b"<html>Sign in</html>")
    done = place.profile()
    assert (dict(done.faults), dict(done.remarks), done.changed) == ({"http-404": 1}, {"html": 1}, 0)
    assert place.profile(after=RETRY - 2 * DAY).due == 0
    place.served["1.csv"] = File(files.csv_text(5).encode())
    place.profile(after=2 * DAY)
    assert place.asked() == ["1.csv"]
    assert tagged(place.columns(1)) == DECLARED


def test_of_what_is_not_everybodys_no_file_is_asked_for(place: Place):
    place.harvest(
        place.record(1, in_quarantine=True),
        place.record(2, private=True),
        place.record(3, microdata=True),
        place.record(4, is_requestdata_type=True),
        place.record(5, resource={"pii_is_sensitive": True}),
        place.record(6, resource={"url": "ftp://files.example/6.csv"}),
        place.record(7),
        place.record(8, form="SHP"),
    )
    place.profile()
    assert place.asked() == ["7.csv"]
    place.harvest(place.record(7))
    place.harvest(place.record(8, form="CSV"))
    place.source = place.source.model_copy(update={"visibility": "community"})
    place.harvest(place.record(9), place.record(8, form="CSV"))
    assert (place.profile().due, place.asked()) == (0, [])


@pytest.mark.parametrize("change", [{"private": True}, {"in_quarantine": True}, None], ids=["private", "held", "gone"])
def test_profiles_go_with_what_is_purged(place: Place, change: dict[str, Any] | None):
    place.harvest(*(place.record(number) for number in range(1, 9)))
    place.profile()
    assert place.profiled() == {f"{number}.csv" for number in range(1, 9)}
    others = [place.record(number) for number in range(2, 9)]
    place.harvest(*others, *([place.record(1, **change)] if change else []))
    if change is None:
        place.harvest(*others)
    assert place.profiled() == {f"{number}.csv" for number in range(2, 9)}
    if change == {"private": True}:
        assert place.columns(1, Audience.FULL) == []
    place.profile()
    assert place.asked() == []


def test_what_is_closed_while_its_file_is_read_is_not_written(place: Place):
    place.harvest(place.record(1), place.record(2))

    def close(_: object) -> None:
        place.portal.show([place.record(1, private=True), place.record(2)])
        harvest(place.catalog, place.source, portals()["hdx"], place.assessor, Settings(), now=place.clock)

    place.profile(budget=1, progress=close)
    assert place.profiled() == set()


def test_a_budget_is_spent_on_what_was_never_seen_first(place: Place):
    silent = {"resource": {"last_modified": None}}
    place.harvest(*(place.record(number, **silent) for number in range(4)))
    assert (place.profile(budget=2).looked, place.profile(budget=2, after=2 * RECHECK).looked) == (2, 2)
    assert place.profiled() == {f"{number}.csv" for number in range(4)}
    third = place.profile(budget=2)
    assert (third.due, third.unchanged, place.asked()) == (2, 2, ["0.csv", "1.csv"])


def test_stopped_it_goes_on_where_it_was(place: Place):
    place.harvest(*(place.record(number) for number in range(20)))
    stop = threading.Event()
    done = place.profile(progress=lambda now: stop.set() if now.done == 3 else None, stopped=stop.is_set)
    assert done.stopped
    assert 3 <= done.looked < 20
    assert len(place.profiled()) == done.looked
    rest = place.profile()
    assert (rest.due, rest.stopped) == (20 - done.looked, False)
    assert len(place.profiled()) == 20


def test_while_the_source_is_harvested_nothing_is_written(place: Place):
    place.harvest(place.record(1))
    runs.begin(place.catalog, place.source, "full", now=place.clock())
    with pytest.raises(RunInProgress):
        place.profile(after=timedelta(0))
    assert place.profiled() == set()


def test_no_cell_of_data_is_anywhere(place: Place, tmp_path: Path):
    place.served |= {
        "a.xlsx": File(files.xlsx(3_000), files.XLSX),
        "b.xls": File(files.xls(90)),
        "c.ods": File(files.ods(90)),
        "d.geojson": File(files.geojson(9)),
        "e.zip": File(files.packed({"t.csv": files.csv_text(9).encode()})),
        "f.csv": File("\n".join(f"Nora {CELL},n@{CELL}.example,2024-05-01,77001" for _ in range(9)).encode()),
        "g.xlsx": File(files.xlsx(3_000)[:40_000], files.XLSX),
    }
    kinds = {"xlsx": "XLSX", "xls": "XLS", "ods": "ODS", "geojson": "GEOJSON", "zip": "CSV", "csv": "CSV"}
    place.harvest(
        *(
            place.record(number, file=name, form=kinds[name.partition(".")[2]])
            for number, name in enumerate(("a.xlsx", "b.xls", "c.ods", "d.geojson", "e.zip", "f.csv", "g.xlsx"))
        )
    )
    done = place.profile()
    assert done.looked == 7
    follow(place.catalog, tmp_path / "index")
    told = bytearray()
    with place.catalog.reading() as session:
        for mapper in Base.registry.mappers:
            for row in session.scalars(select(mapper.class_)):
                told += repr([getattr(row, column.key) for column in mapper.column_attrs]).encode()
    assert HEADERS[0].encode() in told, "or nothing was looked at"
    for path in tmp_path.rglob("*"):
        told += path.read_bytes() if path.is_file() else b""
    assert re.search(rb"qq.sample|Quarryland|\b770\d\d\b", bytes(told)) is None
