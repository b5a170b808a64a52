"""Every recorded record has a whole way to its data; how many lines nobody knows is counted."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.route import LINES, Origin, Route, route_of
from catalog.tables import Disclosure
from catalog.vocabulary import Audience
from config import load
from config.declarations import Source
from config.settings import Settings
from harvester.portal import portals
from harvester.run import harvest
from tests.portals_served import ckan, hdx
from tests.portals_served.served import recorded_portals, served

pytestmark = pytest.mark.recorded

SHIPPED = {source.kind: source for source in reversed(load.sources(Settings(sources="all", config_dir=None)))}

RECORDS = 552
ORIGINS = {"record": 1329, "source": 1220, "access": 1214, "organisation": 24, "not_known": 629}
"""Lines, of eight for each record that the public is shown, by where they come from."""
NOT_KNOWN = {"wait": 285, "agreement": 280, "address": 23, "asked": 21, "meanwhile": 13, "conditions": 7}


def as_shipped(source: Source) -> Source:
    """The source of a recorded portal under the key and with the access of the shipped one of its kind."""
    shipped = SHIPPED.get(source.kind)
    if shipped is None:
        return source
    given = {name: getattr(shipped, name) for name in ("key", "title", "publisher", "access", "access_key")}
    return source.model_copy(update=given)


def sources(shared: Path) -> Iterator[tuple[Source, Settings]]:
    for portal in recorded_portals(shared).values():
        if portal.kind != "hdx":
            with served(portal) as server:
                source = as_shipped(portal.source(server))
                yield source, Settings(keys={source.key: portal.key} if portal.key else {})
    with ckan.stage() as stage:
        stage.show(found[-1] for found in hdx.versions(shared).values())
        host = stage.address.removeprefix("http://")
        yield as_shipped(Source(key="x", kind="hdx", title="x", url=stage.address, allow_hosts=(host,))), Settings()
    yield as_shipped(Source(key="x", kind="curated", title="x")), Settings()


def routes(shared: Path, folder: Path, assessor: Assessor) -> Iterator[tuple[str, Audience, Route]]:
    with Catalog(f"sqlite:///{(folder / 'routes.db').as_posix()}", create=True) as catalog:
        keys = []
        for source, settings in sources(shared):
            harvest(catalog, source, portals()[source.kind], assessor, settings)
            keys.append(source.key)
        with catalog.reading() as session:
            for audience, body in session.execute(select(Disclosure.audience, Disclosure.document)):
                document: dict[str, Any] = orjson.loads(body)
                yield document["source"]["key"], audience, route_of(document)


def test_each_recorded_record_has_a_whole_route(shared: Path, tmp_path: Path, assessor: Assessor):
    found = list(routes(shared, tmp_path, assessor))
    for key, audience, route in found:
        assert tuple(route.lines) == LINES, key
        for name, line in route.lines.items():
            assert line.said, (key, audience, name)
            assert all(said.strip() for said in line.said), (key, audience, name)
            assert (line.origin is Origin.NOT_KNOWN) == line.said[0].startswith("Not known: ask "), (key, name, line)
        assert route.ask.names["en"], key
        assert [one.artefact.value for one in route.artefacts] == ["data", "report", "questionnaire"]
    public = [(key, route) for key, audience, route in found if audience is Audience.PUBLIC]
    unknown = Counter(name for _, route in public for name in route.not_known)
    origins = Counter(line.origin.value for _, route in public for line in route.lines.values())
    assert (len(public), dict(origins), dict(unknown)) == (RECORDS, ORIGINS, NOT_KNOWN)
