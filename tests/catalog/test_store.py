"""What is written, what is left alone, and what each audience may then know."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select

from catalog import dump, reading
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.records import (
    AccessRecord,
    AgentRecord,
    AgentRole,
    ColumnRecord,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
    PortalFlag,
)
from catalog.rows import Entry, dataset_id
from catalog.runs import sync_sources
from catalog.store import Outcome, Store
from catalog.tables import Change, Dataset, LevelAssertion, PayloadVersion
from catalog.viewer import Viewer
from catalog.vocabulary import AccessModality, Audience, Role, Visibility
from config.declarations import Source

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
SOURCE = Source(key="sample", kind="hdx", title="Sample portal", url="http://127.0.0.1:9")
RECORD = DatasetRecord(
    remote_id="a1",
    title={"en": "Sample displacement baseline, South Sudan"},
    notes={"en": "Sample record, fictional."},
    landing_page="http://127.0.0.1:9/dataset/a1",
    modified=datetime(2026, 10, 1, tzinfo=UTC),
    period_start=date(2026, 7, 1),
    period_end=date(2026, 9, 30),
    update_frequency=90,
    licence="Creative Commons Attribution",
    keywords=("displacement",),
    agents=(AgentRole(AgentRecord("Northfold Displacement Tracking (NDT)"), Role.HOLDER, "data@northfold.example"),),
    locations=(LocationRecord("SSD", 2, p_coded=True),),
    distributions=(
        DistributionRecord(
            "r1", "Baseline", "http://127.0.0.1:9/baseline.xlsx", format="XLSX", declared_format="xlsx",
            columns=(
                ColumnRecord("Data", 0, "State", "#adm1 +name"), ColumnRecord("Data", 1, "IDPs", "#affected+idps"),
            ),
        ),
    ),
    access=(AccessRecord(AccessModality.OPEN),),
)  # fmt: skip


def write(catalog: Catalog, assessor: Assessor, *records: DatasetRecord, digest: str = "1") -> list[Outcome]:
    sync_sources(catalog, [SOURCE])
    entries = [
        Entry(record, assessor.assess(record, SOURCE, NOW.date()), digest, b'{"sample": 1}', record.landing_page)
        for record in records
    ]
    with catalog.writing() as session:
        return Store(SOURCE, assessor, catalog.address.drivername).write(session, None, entries, NOW)


def shown(catalog: Catalog, audience: Audience, key: str = "a1") -> Mapping[str, Any] | None:
    with catalog.reading() as session:
        found = reading.document(session, Viewer(audience), str(dataset_id("sample", key)))
    return None if found is None else orjson.loads(found[0])


def test_a_record_is_written_whole_and_found_by_id_and_name(catalog: Catalog, assessor: Assessor) -> None:
    assert write(catalog, assessor, RECORD) == [Outcome("a1", "created")]
    document = shown(catalog, Audience.PUBLIC)
    with catalog.reading() as session:
        by_name = reading.document(session, Viewer(Audience.PUBLIC), document["name"])
        assert by_name == reading.document(session, Viewer(Audience.PUBLIC), document["id"])
    assert document["id"] == "963b68ac-9fd0-5b6d-8a02-c6551a858e9e"
    assert document["name"] == "sample-displacement-baseline-south-sudan-963b68ac"
    assert document["holders"] == ["Northfold Displacement Tracking"]
    assert document["organizations"][0]["acronym"] == "NDT"
    assert document["locations"] == [{"iso3": "SSD", "name": "South Sudan", "admin_level": 2, "p_coded": True}]
    assert document["topics"] == [{"key": "displacement", "title": "Displacement"}]
    assert document["tags"] == [
        {"tag": "#adm1+name", "origin": "declared"},
        {"tag": "#affected+idps", "origin": "declared"},
    ]
    assert document["access"]["modality"] == "open"
    assert document["access"]["contacts"] == ["data@northfold.example"]
    assert document["level"]["level"] == "unclassified"
    assert document["freshness"] == {
        "due": "2026-12-30T00:00:00Z",
        "overdue": "2027-01-29T00:00:00Z",
        "delinquent": "2027-02-28T00:00:00Z",
        "always_fresh": False,
    }
    assert document["distributions"][0]["columns"][1] == {
        "sheet": "Data",
        "position": 1,
        "header": "IDPs",
        "tags": [{"tag": "#affected+idps", "origin": "declared", "rule": "portal", "confidence": 1.0}],
    }


def test_a_change_is_written_once_with_old_and_new(catalog: Catalog, assessor: Assessor) -> None:
    write(catalog, assessor, RECORD)
    changed = replace(RECORD, update_frequency=30, licence="Open Database License")
    assert write(catalog, assessor, changed, digest="2") == [
        Outcome("a1", "updated", ("freshness", "licence", "update_frequency"))
    ]
    assert write(catalog, assessor, changed, digest="3") == [Outcome("a1", "unchanged")]
    with catalog.reading() as session:
        feed = [(row.seq, row.kind, row.fields) for row in session.scalars(select(Change).order_by(Change.seq))]
        versions = list(session.scalars(select(PayloadVersion.version).order_by(PayloadVersion.version)))
    assert feed[0] == (1, "created", [])
    assert feed[1][:2] == (2, "updated")
    assert feed[1][2][1] == {"field": "licence", "old": "Creative Commons Attribution", "new": "Open Database License"}
    assert feed[1][2][2] == {
        "field": "update_frequency",
        "old": {"days": 90, "words": "every three months"},
        "new": {"days": 30, "words": "every month"},
    }
    assert len(feed) == 2
    assert versions == [2, 3]


def test_numbers_have_no_gaps_after_a_write_that_failed(catalog: Catalog, assessor: Assessor) -> None:
    write(catalog, assessor, RECORD)
    sync_sources(catalog, [SOURCE])
    entry = Entry(
        replace(RECORD, remote_id="a2"), assessor.assess(RECORD, SOURCE, NOW.date()), "1", b"{}", "http://127.0.0.1:9"
    )
    with pytest.raises(ZeroDivisionError), catalog.writing() as session:
        Store(SOURCE, assessor, catalog.address.drivername).write(session, None, [entry], NOW)
        raise ZeroDivisionError
    write(catalog, assessor, replace(RECORD, remote_id="a3"))
    with catalog.reading() as session:
        assert sorted(session.scalars(select(Dataset.seq))) == [1, 2]
        assert sorted(session.scalars(select(Change.seq))) == [1, 2]


@pytest.mark.parametrize(
    ("visibility", "seeing"),
    [
        (None, {"public", "community", "full"}),
        (Visibility.COMMUNITY, {"community", "full"}),
        (Visibility.RESTRICTED, {"full"}),
        (Visibility.OWNER, {"full"}),
    ],
)
def test_each_audience_knows_only_what_it_may(
    catalog: Catalog, assessor: Assessor, visibility: Visibility | None, seeing: set[str]
) -> None:
    write(catalog, assessor, replace(RECORD, visibility=visibility))
    assert {audience.value for audience in Audience if shown(catalog, audience)} == seeing
    full = shown(catalog, Audience.FULL)
    assert bool(full["name"]) == ("public" in seeing)


def test_a_record_made_private_is_gone_for_the_public_and_returns_under_its_name(
    catalog: Catalog, assessor: Assessor
) -> None:
    write(catalog, assessor, RECORD)
    before = shown(catalog, Audience.PUBLIC)
    write(catalog, assessor, replace(RECORD, visibility=Visibility.OWNER), digest="2")
    assert shown(catalog, Audience.PUBLIC) is None
    with catalog.reading() as session:
        assert reading.document(session, Viewer(Audience.PUBLIC), before["name"]) is None
    write(catalog, assessor, RECORD, digest="3")
    after = shown(catalog, Audience.PUBLIC)
    assert after["name"] == before["name"]


def test_severe_data_shows_no_links_and_no_columns_to_the_public(catalog: Catalog, assessor: Assessor) -> None:
    write(catalog, assessor, replace(RECORD, flags=(PortalFlag("microdata", "true", "r1"),)))
    public, full = shown(catalog, Audience.PUBLIC), shown(catalog, Audience.FULL)
    assert public["level"]["level"] == "severe"
    assert public["level"]["evidence"] == "microdata=true"
    assert public["tags"] == []
    assert [(d["url"], d["withheld"], d["columns"]) for d in public["distributions"]] == [("", True, [])]
    assert full["distributions"][0]["url"] == "http://127.0.0.1:9/baseline.xlsx"


def test_a_harvest_never_lowers_a_level(catalog: Catalog, assessor: Assessor) -> None:
    write(catalog, assessor, replace(RECORD, flags=(PortalFlag("pii_is_sensitive", "true", "r1"),)))
    write(catalog, assessor, replace(RECORD, licence="Another"), digest="2")
    document = shown(catalog, Audience.PUBLIC)
    assert document["level"]["level"] == "high"
    with catalog.reading() as session:
        assert [row.rule for row in session.scalars(select(LevelAssertion))] == ["portal-pii-sensitive"]


def test_two_catalogs_written_alike_dump_alike(catalog: Catalog, assessor: Assessor, tmp_path: Any) -> None:
    second = replace(RECORD, remote_id="a2", title={"fr": "Base de données fictive"})
    write(catalog, assessor, RECORD)
    write(catalog, assessor, second)
    with Catalog(f"sqlite:///{(tmp_path / 'other.db').as_posix()}", create=True) as other:
        write(other, assessor, RECORD, second)
        with catalog.reading() as one, other.reading() as two:
            assert list(dump.lines(one)) == list(dump.lines(two))
        write(other, assessor, replace(RECORD, caveats="Changed."), digest="2")
        with catalog.reading() as one, other.reading() as two:
            assert list(dump.lines(one)) != list(dump.lines(two))


def test_one_organisation_however_it_is_spelt(catalog: Catalog, assessor: Assessor) -> None:
    spellings = ("IOM", "International Organization for Migration (IOM)", "International Organization for Migration")
    records = [
        replace(RECORD, remote_id=f"b{n}", agents=(AgentRole(AgentRecord(name), Role.PUBLISHER),))
        for n, name in enumerate(spellings)
    ]
    write(catalog, assessor, *records)
    ids = {shown(catalog, Audience.PUBLIC, f"b{n}")["organizations"][0]["id"] for n in range(3)}  # type: ignore[index]
    assert len(ids) == 1
    assert UUID(ids.pop()).version == 5
