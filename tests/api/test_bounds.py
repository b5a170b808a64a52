"""No number in a question is larger than it may be, however it is written."""

from collections.abc import Iterator

import pytest

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
