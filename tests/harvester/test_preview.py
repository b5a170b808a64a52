"""A harvest rehearsed, on both databases: it says what the harvest then does, and leaves no trace."""

from typing import Any

from sqlalchemy import select

from catalog import dump
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.preview import Difference
from catalog.tables import SourceRow
from catalog.viewer import Viewer
from catalog.vocabulary import Audience
from config.declarations import Source
from config.settings import Settings
from harvester.portal import portals
from harvester.preview import DryRun, Preview
from harvester.run import harvest
from tests.journeys.packages import package, packages
from tests.portals_served import ckan


class Reader:
    """Harvests and rehearses one source, four records a page."""

    def __init__(self, catalog: Catalog, portal: ckan.Stage, assessor: Assessor, **more: Any) -> None:
        host = portal.address.removeprefix("http://")
        self.source = Source(
            key="sample",
            kind="hdx",
            title="Sample",
            url=portal.address,
            allow_hosts=(host,),
            options={"rows": 4},
            **more,
        )
        self.catalog, self.portal, self.assessor = catalog, portal, assessor

    def harvest(self, *shown: dict[str, Any]) -> None:
        self.portal.show(shown)
        harvest(self.catalog, self.source, portals()["hdx"], self.assessor, Settings())

    def rehearse(self, *shown: dict[str, Any], audience: Audience = Audience.FULL) -> tuple[list[Difference], Preview]:
        self.portal.show(shown)
        before = self.content()
        dry = DryRun(self.catalog, self.source, portals()["hdx"], self.assessor, Viewer(audience))
        found = list(dry.differences(Settings()))
        assert self.content() == before
        return found, dry.preview

    def content(self) -> list[bytes]:
        with self.catalog.reading() as session:
            return list(dump.lines(session))


def test_a_source_that_nobody_has_written_yet(catalog: Catalog, portal: ckan.Stage, assessor: Assessor) -> None:
    reader = Reader(catalog, portal, assessor)
    found, preview = reader.rehearse(*packages(5))
    assert [(one.kind, bool(one.title)) for one in found] == [("created", True)] * 5
    assert (preview.counts.seen, preview.counts.created, preview.unlisted) == (5, 5, 0)
    with catalog.reading() as session:
        assert list(session.scalars(select(SourceRow.key))) == []


def test_what_returns_changes_and_goes(catalog: Catalog, portal: ckan.Stage, assessor: Assessor) -> None:
    reader = Reader(catalog, portal, assessor)
    reader.harvest(*packages(12))
    reader.harvest(*packages(11))
    again = [
        package(0, license_title="Sample licence", license_id="sample"),
        *packages(10)[1:],
        package(11),
        package(20),
    ]

    found, preview = reader.rehearse(*again)

    told = [(one.kind, one.counted, one.remote_id, [field["field"] for field in one.fields]) for one in found]
    assert told[:2] == [
        ("updated", "updated", package(0)["id"], ["licence"]),
        ("returned", "unchanged", package(11)["id"], ["state"]),
    ]
    assert told[2][:3] == ("created", "created", package(20)["id"])
    assert {"title", "countries", "licence"} <= set(told[2][3])
    assert told[3:] == [("unlisted", "", package(10)["id"], ["state"])]
    counts = preview.counts
    assert (counts.seen, counts.created, counts.updated, counts.unchanged, preview.unlisted) == (12, 1, 1, 10, 1)
    reader.harvest(*again)
    assert reader.rehearse(*again)[0] == []


def test_what_the_public_may_not_know_is_counted_only(catalog: Catalog, portal: ckan.Stage, assessor: Assessor) -> None:
    reader = Reader(catalog, portal, assessor)
    reader.harvest(*packages(5))
    again = [package(0, private=True), package(1, private=True, title="Sample: Quietcanary"), *packages(4)[2:]]
    public, preview = reader.rehearse(*again, audience=Audience.PUBLIC)
    gone = ({"field": "disclosed", "old": True, "new": False},)
    assert public == [
        Difference(package(0)["id"], "withheld", "updated", package(0)["title"], gone),
        Difference(package(1)["id"], "withheld", "updated", package(1)["title"], gone),
        Difference(
            package(4)["id"], "unlisted", "", package(4)["title"],
            ({"field": "state", "old": "listed", "new": "missing"},),
        ),
    ]  # fmt: skip
    reader.harvest(*again)
    # Of a record made private nothing is kept that could differ; one that is private from the first is its owner's.
    hidden = [package(0, private=True, notes="Sample, written anew."), *again[1:], package(20, private=True)]
    public, preview = reader.rehearse(*hidden, audience=Audience.PUBLIC)
    assert (public, preview.counts.updated, preview.counts.created, preview.hidden) == ([], 0, 1, 1)
