"""Columns without a declared hashtag get an inferred one; what was declared stays; what contradicts itself is told."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.records import ColumnRecord, DatasetRecord, DistributionRecord
from catalog.rows import Entry
from catalog.runs import sync_sources
from catalog.store import Store
from catalog.tables import ColumnTag
from catalog.vocabulary import Audience
from tests.catalog.test_store import NOW, RECORD, SOURCE, shown, write

LATER = datetime(2026, 12, 1, 8, tzinfo=UTC)


def with_columns(*columns: ColumnRecord) -> DatasetRecord:
    file = DistributionRecord("r1", "Baseline", "http://127.0.0.1:9/baseline.xlsx", format="XLSX", columns=columns)
    return replace(RECORD, distributions=(file,))


def tags(document: Mapping[str, Any] | None) -> list[list[tuple[str, str, str, float]]]:
    assert document is not None
    return [
        [(tag["tag"], tag["origin"], tag["rule"], tag["confidence"]) for tag in column["tags"]]
        for column in document["distributions"][0]["columns"]
    ]


def again(catalog: Catalog, assessor: Assessor, record: DatasetRecord, now: datetime) -> None:
    entry = Entry(record, assessor.assess(record, SOURCE, now.date()), "2", b'{"sample": 2}', record.landing_page)
    with catalog.writing() as session:
        Store(SOURCE, assessor, catalog.address.drivername).write(session, None, [entry], now)


def test_columns_without_a_declared_hashtag_get_an_inferred_one(catalog: Catalog, assessor: Assessor) -> None:
    record = with_columns(
        ColumnRecord("Data", 0, "State", "#adm1 +name"),
        ColumnRecord("Data", 1, "State Pcode"),
        ColumnRecord("Data", 2, "Total IDP (Households)"),
        ColumnRecord("Data", 3, "Colour of the hat"),
    )
    write(catalog, assessor, record)
    document = shown(catalog, Audience.PUBLIC)
    assert tags(document) == [
        [("#adm1+name", "declared", "portal", 1.0)],
        [("#adm1+code", "inferred", "adm1 code", 0.95)],
        [("#affected+hh+idps", "inferred", "idps households", 0.85)],
        [],
    ]
    assert document["tags"] == [
        {"tag": "#adm1+code", "origin": "inferred"},
        {"tag": "#adm1+name", "origin": "declared"},
        {"tag": "#affected+hh+idps", "origin": "inferred"},
    ]
    with catalog.reading() as session:
        kept = session.execute(select(ColumnTag.position, ColumnTag.tagspec, ColumnTag.origin)).all()
    assert sorted((position, tag, origin.value) for position, tag, origin in kept) == [
        (0, "#adm1+name", "declared"), (1, "#adm1+code", "inferred"), (2, "#affected+hh+idps", "inferred"),
    ]  # fmt: skip


def test_a_declared_hashtag_that_its_header_contradicts_is_told_and_not_believed(
    catalog: Catalog, assessor: Assessor
) -> None:
    write(
        catalog,
        assessor,
        with_columns(
            ColumnRecord("Data", 0, "Health Workers Kidnapped", "#affected+healthworker+arrested"),
            ColumnRecord("Data", 1, "Health Workers Killed", "#affected+healthworker+killed"),
        ),
    )
    assert tags(shown(catalog, Audience.PUBLIC)) == [
        [
            ("#affected+arrested+healthworker", "declared", "portal; header says otherwise", 0.3),
            ("#affected+abducted+healthworker", "inferred", "health-workers abducted", 0.9),
        ],
        [("#affected+healthworker+killed", "declared", "portal", 1.0)],
    ]


def test_a_hashtag_that_the_portal_stops_declaring_stays_with_the_day_it_was_seen_last(
    catalog: Catalog, assessor: Assessor
) -> None:
    write(
        catalog, assessor, with_columns(ColumnRecord("Data", 0, "State", "#adm1+name"), ColumnRecord("Data", 1, "Hat"))
    )
    bare = with_columns(ColumnRecord("Data", 0, "Hat"), ColumnRecord("Data", 1, "State"))
    stays = [[], [("#adm1+name", "declared", "portal, last seen 2026-11-01", 1.0)]]
    again(catalog, assessor, bare, LATER)
    assert tags(shown(catalog, Audience.PUBLIC)) == stays
    again(catalog, assessor, replace(bare, keywords=("displacement", "sample")), LATER.replace(month=12, day=9))
    assert tags(shown(catalog, Audience.PUBLIC)) == stays
    again(catalog, assessor, with_columns(ColumnRecord("Data", 0, "State", "#adm1+code")), LATER)
    assert tags(shown(catalog, Audience.PUBLIC))[0][0][:3] == (
        "#adm1+code", "declared", "portal",
    )  # fmt: skip


def test_no_level_rests_on_a_guess_though_concepts_do(assessor: Assessor) -> None:
    record = replace(
        with_columns(ColumnRecord("", 0, "Fatalities"), ColumnRecord("", 1, "District")),
        title={"en": "Sample table"}, notes={}, keywords=(),
    )  # fmt: skip
    bare = replace(record, distributions=())
    judged = assessor.assess(record, SOURCE, NOW.date())
    assert "people-killed" in {concept.key for concept in judged.concepts}
    assert "people-killed" not in {concept.key for concept in assessor.assess(bare, SOURCE, NOW.date()).concepts}
    assert [said.level for said in judged.assertions] == [
        said.level for said in assessor.assess(bare, SOURCE, NOW.date()).assertions
    ]


def test_the_order_in_which_records_are_judged_changes_nothing(catalog: Catalog, assessor: Assessor) -> None:
    sync_sources(catalog, [SOURCE])
    one = with_columns(ColumnRecord("", 0, "Women"), ColumnRecord("", 1, "People reached"))
    other = with_columns(ColumnRecord("", 0, "Women"), ColumnRecord("", 1, "People in need"))
    for record, tag in ((one, "#reached+f"), (other, "#inneed+f"), (one, "#reached+f")):
        assert assessor.assess(record, SOURCE, NOW.date()).tags[0].tagspec == tag
