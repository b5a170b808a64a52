"""ArcGIS Hubs: what an entry of a feed becomes. All content is a fictional sample, unless it is marked recorded."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from catalog.records import AccessRecord, AgentRecord, AgentRole, DatasetRecord, DistributionRecord
from catalog.vocabulary import AccessModality, Role
from config.declarations import Source
from harvester.portal import RawRecord, RecordError
from harvester.portals import arcgis_hub
from tests.portals_served.arcgis_hub import FIRST, RECORDED, SECOND, entry

SOURCE = Source(key="hub", kind="arcgis-hub", title="Sample hub", url="https://kaldora.hub.arcgis.example")


def normalized(payload: dict[str, Any]) -> DatasetRecord:
    return arcgis_hub.normalize(SOURCE, RawRecord("", arcgis_hub.essence(payload), SOURCE.url))


def test_a_whole_entry() -> None:
    page = f"https://kaldora.hub.arcgis.example/maps/{FIRST}_5"
    assert normalized(entry(FIRST, 5, "Sample: bridges of Kaldora")) == DatasetRecord(
        remote_id=f"{FIRST}_5",
        title={"und": "Sample: bridges of Kaldora"},
        notes={"und": "Sample, fictional."},
        landing_page=page,
        issued=datetime(2025, 7, 29, 10, 7, 13, tzinfo=UTC),
        modified=datetime(2026, 1, 29, 11, 29, 7, 556000, tzinfo=UTC),
        keywords=("roads",),
        agents=(AgentRole(AgentRecord("Sample Town of Kaldora"), Role.PUBLISHER),),
        distributions=(
            DistributionRecord(
                key="1",
                name="CSV",
                url=f"https://kaldora.hub.arcgis.example/api/download/v1/items/{FIRST}/csv?layers=5",
                format="CSV",
                declared_format="CSV",
                media_type="text/csv",
            ),
        ),
        access=(AccessRecord(AccessModality.OPEN, (), page),),
        extra={"spatial": "30.1,4.2,30.9,4.9"},
    )


@pytest.mark.parametrize(
    ("identifier", "remote_id"),
    [
        (f"https://www.arcgis.com/home/item.html?id={SECOND}", SECOND),
        (f"https://kaldora.maps.arcgis.example/home/item.html?id={SECOND.upper()}&sublayer=12", f"{SECOND}_12"),
        ("https://data.example/anything-else", "https://data.example/anything-else"),
    ],
)
def test_an_item_is_known_by_id_and_layer_whatever_the_host(identifier: str, remote_id: str) -> None:
    assert normalized(entry(SECOND, None, "Sample", identifier=identifier)).remote_id == remote_id


def test_an_entry_without_an_identifier_is_refused() -> None:
    with pytest.raises(RecordError) as caught:
        normalized(entry(FIRST, None, "Sample", identifier=""))
    assert (caught.value.code, caught.value.field) == ("no-id", "identifier")


@pytest.mark.recorded
def test_no_entry_of_a_recorded_feed_is_lost(shared: Path) -> None:
    recorded = RECORDED(shared)
    assert (len(recorded.ids), len(set(recorded.ids))) == (47, 47)
