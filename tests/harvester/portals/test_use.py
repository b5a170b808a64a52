"""How often a record was used, as each kind reads it of what its portal gives."""

from typing import Any

import pytest

from harvester.portal import counts, portals, use_of


@pytest.mark.parametrize(
    ("kind", "payload", "told"),
    [
        ("hdx", {"total_res_downloads": 18851, "pageviews_last_14_days": 8}, {"downloads": 18851}),
        ("hdx", {"pageviews_last_14_days": 8}, {}),
        ("nada", {"total_views": "900", "total_downloads": 31}, {"downloads": 31, "views": 900}),
        ("arcgis-portal", {"numViews": 4, "numRatings": 2, "numComments": 1}, {"views": 4}),
        ("unhcr-odp", {"downloadCount": 0}, {"downloads": 0}),
        ("ckan", {"total_res_downloads": 5, "tracking_summary": {"total": 0, "recent": 0}}, {}),
    ],
)
def test_totals_are_told_and_what_is_of_the_last_days_is_not(
    kind: str, payload: dict[str, Any], told: dict[str, int]
) -> None:
    assert use_of(portals()[kind], payload) == told


@pytest.mark.parametrize(
    "value", [None, True, -1, "-1", 1.5, 3.0, "1.5", "", " 7", "1e3", "٣", [7], {}, 10**15, "9" * 99]
)
def test_only_whole_numbers_of_nought_or_more_are_counts(value: object) -> None:
    assert counts({"total_views": value}, {"views": "total_views"}) == {}


@pytest.mark.parametrize(("value", "count"), [(0, 0), ("0", 0), ("0041", 41), (10**15 - 1, 10**15 - 1)])
def test_a_count_may_be_written_as_text(value: object, count: int) -> None:
    assert counts({"total_views": value}, {"views": "total_views"}) == {"views": count}
