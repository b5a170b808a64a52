"""How sharing moved on HDX between February 2024 and July 2025, from two recorded lists of its datasets."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalog import removal
from catalog.database import Catalog
from catalog.records import DatasetRecord, LocationRecord
from catalog.sharing import figures, snapshots
from catalog.tables import HarvestRun
from catalog.viewer import PUBLIC
from config import load
from config.declarations import Removal, Source
from config.settings import Settings
from tests.api.conftest import write
from tests.catalog.test_sharing import _take

SOURCE = Source(key="hdx", kind="hdx", title="Humanitarian Data Exchange", url="https://data.humdata.org")
COUNTRIES = {"South Sudan": "SSD", "Ukraine": "UKR", "Yemen": "YEM"}
FEBRUARY, JULY = datetime(2024, 2, 29, tzinfo=UTC), datetime(2025, 7, 31, tzinfo=UTC)


def _listed(shared: Path, month: str) -> tuple[DatasetRecord, ...]:
    """The datasets of a month whose title names one of three countries."""
    content = gzip.decompress((shared / "portals" / "hdx" / f"hdx_data_series_{month}.json.gz").read_bytes())
    titles = {
        entry["id"]: entry.get("name") or entry.get("key") or ""
        for series in json.loads(content)
        for entry in series["datasets"]
    }
    return tuple(
        DatasetRecord(
            remote_id=key,
            title={"en": title},
            landing_page=f"https://data.humdata.org/dataset/{key}",
            locations=tuple(LocationRecord(COUNTRIES[name]) for name in named),
        )
        for key, title in titles.items()
        if (named := [name for name in COUNTRIES if name in title])
    )


@pytest.mark.recorded
def test_seventeen_months_of_hdx(catalog: Catalog, shared: Path) -> None:
    holdings = load.indicators(Settings()).named("holdings")
    assert holdings is not None
    write(catalog, SOURCE, _listed(shared, "2024-02"))
    _take(catalog, FEBRUARY)
    run_id = write(catalog, SOURCE, _listed(shared, "2025-07"))
    with catalog.writing() as session:
        run = session.get(HarvestRun, run_id)
        assert run is not None
        gone = removal.take_for_gone(session, "hdx", run_id, run.started, Removal(runs=1, days=0), datetime.now(UTC))
    _take(catalog, JULY)
    with catalog.reading() as session:
        moved = {
            iso3: [value.value for value in figures.series(session, PUBLIC, holdings, iso3)]
            for iso3 in snapshots.countries(session, PUBLIC)
        }
        whole = [value.value for value in figures.series(session, PUBLIC, holdings)]

    assert gone == removal.Gone(1, 1)
    assert moved == {"SSD": [214, 258], "UKR": [104, 126], "YEM": [131, 145]}
    assert whole == [449, 529]
