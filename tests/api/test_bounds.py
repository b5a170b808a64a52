"""No number in a question is larger than it may be, however it is written."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from catalog.database import Catalog
from catalog.search.writer import follow
from config.settings import Settings
from tests.api.conftest import PUBLIC, RECORDS, write
from tests.api.desk import Desk, opened

LISTS = (
    "audit", "changes", "coverage", "datasets", "datasets.csv", "grants", "hxl/tags", "keys", "organizations",
    "requests", "runs", "suggest", "upcoming",
)  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened(tmp_path_factory.mktemp("bounds")) as made:
        yield made


@pytest.mark.parametrize("listed", LISTS)
def test_noughts_before_a_limit_lift_no_bound(desk: Desk, listed: str):
    for number in ("000000000999999", f"000000000{'9' * 30}"):
        answer = desk.get(f"/api/v1/{listed}?limit={number}", "ada")
        assert answer.status_code == 422
        assert "It must be a whole number from 0 to" in answer.json()["detail"]
    assert desk.get(f"/api/v1/{listed}?limit=0001", "ada").status_code == 200


def test_the_page_of_requests_goes_on_beyond_a_thousand(desk: Desk):
    assert desk.get("/requests?after=1050", "ada").status_code == 200
    assert desk.get("/requests?after=99999999999999999999", "ada").status_code == 422


def test_a_nul_is_refused_on_every_database(catalog: Catalog, catalog_url: str, tmp_path: Path):
    write(catalog, PUBLIC, RECORDS)
    settings = Settings(data_dir=tmp_path, database_url=catalog_url, config_dir=None, rate_address=0)
    follow(catalog, settings.index_dir)
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        for path in ("/api/v1/datasets/a%00b", "/api/v1/datasets/a%00b/access", "/dataset/a%00b"):
            assert client.get(path).status_code == 404, path
        for path in ("/api/v1/runs?source=%00", "/api/v1/changes?dataset=a%00b", "/feed.json?country=%00"):
            assert client.get(path).status_code in {200, 422}, path
        never = client.get("/api/v1/datasets/no-such")
        assert client.get("/api/v1/datasets/a%00b").content == never.content
