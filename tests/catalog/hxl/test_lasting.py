"""Hashtags that are no longer declared, where headers stand more than once."""

from dataclasses import replace
from datetime import date

from catalog.hxl.lasting import lasting
from catalog.records import ColumnRecord, DatasetRecord, DistributionRecord

BEFORE = {
    "distributions": [
        {
            "key": "f",
            "columns": [
                {"sheet": "", "header": "Killed", "tags": [{"tag": "#inferred", "origin": "inferred", "rule": "r"}]},
                {"sheet": "", "header": "Killed", "tags": [{"tag": "#killed", "origin": "declared", "rule": "portal"}]},
            ],
        }
    ]
}
RECORD = DatasetRecord(
    "a",
    {"und": "Sample"},
    distributions=(
        DistributionRecord("f", "f", columns=(ColumnRecord("", 0, "Killed"), ColumnRecord("", 1, "Killed", "#killed"))),
    ),
)


def columns(record: DatasetRecord) -> list[tuple[str, str]]:
    return [(column.hashtag, column.told_by) for column in record.distributions[0].columns]


def test_a_header_that_stands_twice_is_given_no_tag_of_its_twin() -> None:
    assert lasting(RECORD, BEFORE, lambda: date(2026, 11, 1)) is RECORD


def test_the_one_of_two_that_lost_its_tag_gets_it_back_with_the_day() -> None:
    bare = tuple(replace(column, hashtag="") for column in RECORD.distributions[0].columns)
    record = replace(RECORD, distributions=(replace(RECORD.distributions[0], columns=bare),))
    made = columns(lasting(record, BEFORE, lambda: date(2026, 11, 1)))
    assert made[0][0] == ""
    assert made[1] == ("#killed", "portal, last seen 2026-11-01")
