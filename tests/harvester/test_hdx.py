"""HDX: what is kept of a package, what it becomes, and how the portal is read. All content is a fictional sample."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.records import (
    AccessRecord,
    AgentRecord,
    AgentRole,
    ColumnRecord,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
    PortalFlag,
    ReadingNote,
)
from catalog.vocabulary import AccessModality, Role, Visibility
from config.declarations import Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import PortalError, RawPage, RawRecord, RecordError, SkipRecord, Start
from harvester.portals import hdx
from tests.portals_served import ckan

SOURCE = Source(
    key="hdx", kind="hdx", title="Sample exchange", url="https://exchange.example", publisher="Sample Exchange Office"
)
PAGE = "https://exchange.example/dataset/sample-river-crossings"
EVENTS = [
    {
        "state": "success",
        "timestamp": "2024-01-01T00:00:00",
        "hxl_proxy_response": {"sheets": [{"name": "Old", "headers": ["Gone"], "hxl_headers": ["#gone"]}]},
    },
    "a text among the events",
    {
        "state": "success",
        "timestamp": "2024-05-01T00:00:00",
        "hxl_proxy_response": {
            "sheets": [
                {"name": "Read me", "headers": None, "hxl_headers": None, "header_hash": "0f"},
                {
                    "name": "Crossings",
                    "headers": ["District", "P-code", "", "Width\n(m)", None],
                    "hxl_headers": ["#adm2 +name", "#ADM2+code", "", "#not a tag"],
                },
                "a text among the sheets",
            ]
        },
    },
    {"state": "processing", "timestamp": "2024-06-01T00:00:00"},
]
PACKAGE: dict[str, Any] = {
    "id": "11111111-aaaa-4aaa-8aaa-000000000001",
    "name": "sample-river-crossings",
    "title": "Sample: river crossings of  Examplia",
    "notes": "<p>Where one <b>crosses</b> &amp; when. See [the guide](https://guide.example/a_b).</p>\u2066",
    "type": "dataset",
    "state": "active",
    "private": False,
    "archived": "false",
    "cod_level": "cod-standard",
    "data_update_frequency": "365",
    "dataseries_name": "Sample - Crossings",
    "dataset_date": "[2020-12-31T00:00:00 TO 2024-03-31T23:59:59]",
    "dataset_source": "Sample Survey Office",
    "license_id": "cc-by-igo",
    "license_title": "Creative Commons Attribution for Intergovernmental Organisations",
    "methodology": "Other",
    "methodology_other": "Walked along the **bank**",
    "caveats": "Not all banks",
    "metadata_created": "2021-02-03T04:05:06.000007",
    "metadata_modified": "2024-06-02T00:00:00",
    "last_modified": "2024-05-01T10:00:00",
    "review_date": "2024-06-01T00:00:00",
    "subnational": "1",
    "organization": {"id": "x", "name": "sample-rivers", "title": "Sample River Agency (SRA)", "description": "…"},
    "groups": [{"name": "ukr", "title": "Ukraine"}, {"name": "afg"}, {"name": "sample-flood-2020"}],
    "tags": [{"name": "transport", "vocabulary_id": "v"}, {"name": "hydrology"}],
    "maintainer": "person-1",
    "maintainer_email": "person@sample.example",
    "creator_user_id": "person-2",
    "package_creator": "person-3",
    "author": "Person Four",
    "pageviews_last_14_days": 12,
    "total_res_downloads": 99,
    "is_fresh": True,
    "update_status": "fresh",
    "due_date": "2025-05-01T00:00:00",
    "customviz": [{"url": "https://viz.example"}],
    "num_resources": 3,
    "resources": [
        {
            "id": "r-1",
            "name": "crossings.xlsx",
            "description": "All of them",
            "format": "XLSX",
            "mimetype": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "url": "https://exchange.example/files/crossings.xlsx",
            "size": 4096,
            "hash": "abc",
            "last_modified": "2024-05-01T10:00:00",
            "p_coded": True,
            "microdata": False,
            "pii": "false",
            "pii_report_flag": "FINDINGS",
            "fs_check_info": json.dumps(EVENTS),
        },
        {"id": "r-2", "name": "banks", "format": "zipped shapefile", "in_quarantine": "true", "microdata": "True"},
        {
            "id": "r-3",
            "name": "lines",
            "format": "SHP",
            "url": "https://exchange.example/files/lines.zip",
            "p_coded": "false",
            "shape_info": json.dumps(
                [
                    {
                        "state": "success",
                        "timestamp": "2024",
                        "layer_fields": [{"field_name": "ogc_fid"}, {"field_name": "river"}, {"field_name": "width"}],
                    }
                ]
            ),
        },
    ],
}
AGENTS = tuple(AgentRole(AgentRecord("Sample River Agency (SRA)"), role) for role in (Role.PUBLISHER, Role.HOLDER))


def normalize(package: dict[str, Any]) -> DatasetRecord:
    return hdx.normalize(SOURCE, RawRecord(str(package.get("id") or ""), hdx.essence(package), ""))


def test_a_package_becomes_a_record() -> None:
    assert normalize(PACKAGE) == DatasetRecord(
        remote_id="11111111-aaaa-4aaa-8aaa-000000000001",
        title={"und": "Sample: river crossings of Examplia"},
        notes={"und": "Where one crosses & when. See the guide (https://guide.example/a_b)."},
        landing_page=PAGE,
        issued=datetime(2021, 2, 3, 4, 5, 6, 7, tzinfo=UTC),
        modified=datetime(2024, 5, 1, 10, tzinfo=UTC),
        period_start=date(2020, 12, 31),
        period_end=date(2024, 3, 31),
        update_frequency=365,
        reviewed=datetime(2024, 6, 1, tzinfo=UTC),
        methodology="Walked along the bank",
        caveats="Not all banks",
        licence="CC BY-IGO",
        keywords=("hydrology", "transport"),
        agents=AGENTS,
        locations=(LocationRecord("AFG", 2, p_coded=True), LocationRecord("UKR", 2, p_coded=True)),
        distributions=(
            DistributionRecord(
                key="r-1",
                name="crossings.xlsx",
                url="https://exchange.example/files/crossings.xlsx",
                description="All of them",
                format="XLSX",
                declared_format="XLSX",
                media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                size=4096,
                modified=datetime(2024, 5, 1, 10, tzinfo=UTC),
                columns=(
                    ColumnRecord("Crossings", 0, "District", "#adm2+name"),
                    ColumnRecord("Crossings", 1, "P-code", "#adm2+code"),
                    ColumnRecord("Crossings", 3, "Width (m)"),
                ),
            ),
            DistributionRecord(
                key="r-2", name="banks", format="SHP", declared_format="zipped shapefile", under_review=True
            ),
            DistributionRecord(
                key="r-3",
                name="lines",
                url="https://exchange.example/files/lines.zip",
                format="SHP",
                declared_format="SHP",
                columns=(ColumnRecord("", 0, "river"), ColumnRecord("", 1, "width")),
            ),
        ),
        access=(
            AccessRecord(
                AccessModality.OPEN,
                ("Open the dataset's page at the portal and download the files.",),
                PAGE,
            ),
        ),
        flags=(
            PortalFlag("pii_report_flag", "FINDINGS", "r-1"),
            PortalFlag("in_quarantine", "true", "r-2"),
            PortalFlag("microdata", "true", "r-2"),
        ),
        cod_level="cod-standard",
        series="Sample - Crossings",
        extra={"dataset_source": "Sample Survey Office", "subnational": "1"},
        reading_notes=(ReadingNote("place-unknown", "groups", '"sample-flood-2020" is no country and not the world'),),
    )


def test_the_essence_keeps_no_counter_and_no_person() -> None:
    kept = hdx.essence(PACKAGE)
    text = orjson.dumps(kept).decode()

    assert set(PACKAGE) - set(kept) == {
        "maintainer", "maintainer_email", "creator_user_id", "package_creator", "author", "pageviews_last_14_days",
        "total_res_downloads", "is_fresh", "update_status", "due_date", "customviz", "metadata_modified",
        "num_resources",
    }  # fmt: skip
    assert "person" not in text.lower()
    assert kept["resources"][0]["sheets"] == [
        {
            "name": "Crossings",
            "headers": ["District", "P-code", "", "Width (m)"],
            "hashtags": ["#adm2 +name", "#ADM2+code", "", "#not a tag"],
        }
    ]
    assert kept["resources"][2]["layers"] == ["river", "width"]


def test_the_essence_is_the_same_in_any_order_of_keys_tags_and_groups() -> None:
    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: turned(part) for key, part in reversed(value.items())}
        return [turned(part) for part in value] if isinstance(value, list) else value

    other = turned(PACKAGE) | {"tags": PACKAGE["tags"][::-1], "groups": PACKAGE["groups"][::-1], "is_fresh": False}
    sort = orjson.OPT_SORT_KEYS
    assert orjson.dumps(hdx.essence(other), option=sort) == orjson.dumps(hdx.essence(PACKAGE), option=sort)


def test_an_essence_can_be_stored_anywhere() -> None:
    kept = hdx.essence(
        {"id": "x", "title": "a\x00b\ud800ü", "num_of_rows": 2**80, "notes": float("nan"), "name": {"a": 1}}
    )
    assert kept == {"id": "x", "title": "ab?ü", "num_of_rows": {}, "notes": {}, "name": {}}


def test_data_by_request_has_columns_and_steps_and_no_files() -> None:
    record = normalize(
        {
            "id": "q-1",
            "name": "sample-request",
            "title": "Sample survey on request",
            "is_requestdata_type": "true",
            "field_names": ["Household", "Answer; first"],
            "file_types": "csv, xlsx",
            "num_of_rows": 1200,
            "organization": {"title": "Sample River Agency (SRA)"},
            "groups": [{"name": "world"}],
        }
    )
    assert record == DatasetRecord(
        remote_id="q-1",
        title={"und": "Sample survey on request"},
        landing_page="https://exchange.example/dataset/sample-request",
        agents=AGENTS,
        locations=(LocationRecord("WLD"),),
        columns=(ColumnRecord("", 0, "Household"), ColumnRecord("", 1, "Answer; first")),
        access=(
            AccessRecord(
                AccessModality.ON_REQUEST,
                (
                    "Open the dataset's page at the portal.",
                    "Sign in and choose to request the data.",
                    "Say who you are and what you need it for; the holder decides and answers by mail.",
                ),
                "https://exchange.example/dataset/sample-request",
            ),
        ),
        extra={"file_types": "CSV, XLSX", "num_of_rows": "1200"},
    )


def test_a_private_record_is_its_owners_and_shows_no_address() -> None:
    record = normalize(PACKAGE | {"private": "True"})
    assert record.visibility is Visibility.OWNER
    assert [(part.url, part.under_review) for part in record.distributions] == [("", False), ("", True), ("", False)]
    assert record.access == ()


def test_files_all_held_back_leave_the_way_to_them_unknown() -> None:
    held_back = PACKAGE["resources"][1] | {"in_quarantine": True, "url": "https://files.example/held-back.csv"}
    record = normalize(PACKAGE | {"resources": [held_back]})
    assert [(part.url, part.under_review) for part in record.distributions] == [("", True)]
    assert [access.modality for access in record.access] == [AccessModality.UNKNOWN]
    assert record.locations[0].p_coded is None


def file(name: str, *headers: str, said: str = "", **more: Any) -> dict[str, Any]:
    """A sample resource in which HDX saw these columns; a hashtag stands for itself."""
    tags = [header if header.startswith("#") else "" for header in headers]
    sheet = {"name": "Sample", "headers": list(headers), "hxl_headers": tags}
    event = {"state": "success", "timestamp": "2026-01-01T00:00:00", "hxl_proxy_response": {"sheets": [sheet]}}
    return {"name": name, "description": said, "format": "CSV", "fs_check_info": json.dumps([event])} | more


@pytest.mark.parametrize(
    ("files", "level", "p_coded"),
    [
        ([file("kal.csv", "ADM0_EN", "ADM1_EN", "ADM2_PCODE")], 2, True),
        ([file("kal.csv", "admin3Name_en", "admin3Pcode")], 3, True),
        ([file("kal.csv", "#adm1+code", "#adm2+name")], 2, True),
        ([file("kal.csv", "#adm1+name", "#affected")], 1, None),
        ([file("kal.csv", "ADM2_PCODE", p_coded="false")], 2, False),
        ([file("kal_admpop_adm2_2026.csv"), file("kal_admpop_adm1_2026.csv")], 2, None),
        ([file("Kaldora admin 0 population")], 0, None),
        ([file("kal.zip", said="Kaldora administrative level 0-3 boundary shapefiles")], 3, None),
        ([file("kal.zip", said="Administrative levels 0 (country), 1 (province) and 2 (district)")], 2, None),
        ([file("kal.zip", said="Administrative level 1, 2026 statistics")], 1, None),
        ([file("kal_admpop_adm1.csv"), file("kal_admgz.xlsx", "ADM3_PCODE")], 1, True),
        ([file("kal_AdminBoundaries_TabularData.xlsx", said="Kaldora administrative level 0-4 gazetteer")], 4, None),
        ([file("kal_admpop_2026.xlsx", "Badm2", "adm20", "adm7", "PCODE")], None, None),
    ],
)
def test_a_cod_says_down_to_which_level_it_goes(
    files: list[dict[str, Any]], level: int | None, p_coded: bool | None
) -> None:
    plain = {"cod_level": "cod-enhanced", "groups": [{"name": "ukr"}], "notes": "Sample.", "resources": files}
    assert normalize(PACKAGE | plain).locations == (LocationRecord("UKR", level, p_coded),)
    others = {None} if p_coded is None or "p_coded" not in files[0] else {p_coded}
    for other in ("", "no-cod"):
        (place,) = normalize(PACKAGE | plain | {"cod_level": other}).locations
        assert place.admin_level is None
        assert place.p_coded in others


def test_a_cods_own_words_say_its_level_where_its_files_do_not() -> None:
    plain = {"cod_level": "cod-candidate", "groups": [{"name": "ukr"}], "resources": []}
    assert [
        normalize(PACKAGE | plain | words).locations[0].admin_level
        for words in (
            {"title": "Sample: Kaldora, admin level 0 to 2", "notes": "Sample."},
            {"title": "Sample: Kaldora", "notes": "<p>Boundaries of administrative levels 0, 1, 2, and 3.</p>"},
            {"title": "Sample: Kaldora", "notes": "Boundaries."},
        )
    ] == [2, 3, None]


@pytest.mark.parametrize(
    ("written", "start", "end", "is_open"),
    [
        ("[2022-01-01T00:00:00 TO *]", date(2022, 1, 1), None, True),
        ("[2022-01-01T00:00:00Z TO 2022-01-01T23:59:59Z]", date(2022, 1, 1), date(2022, 1, 1), False),
        ("07/31/2019", date(2019, 7, 31), date(2019, 7, 31), False),
        ("01/02/2018-03/04/2019", date(2018, 1, 2), date(2019, 3, 4), False),
        ("", None, None, False),
    ],
)
def test_reference_periods(written: str, start: date | None, end: date | None, is_open: bool) -> None:
    record = normalize(PACKAGE | {"dataset_date": written, "groups": []})
    assert (record.period_start, record.period_end, record.period_open, record.reading_notes) == (
        start,
        end,
        is_open,
        (),
    )


@pytest.mark.parametrize(
    ("written", "days"),
    [("-2", -2), ("-1", -1), ("0", 0), ("14", 14), (30, 30), ("Every week", 7), ("As needed", -2), ("", None)],
)
def test_update_frequencies(written: object, days: int | None) -> None:
    record = normalize(PACKAGE | {"data_update_frequency": written, "groups": []})
    assert (record.update_frequency, record.reading_notes) == (days, ())


@pytest.mark.parametrize(
    ("identifier", "title", "other", "licence"),
    [
        ("cc-by", "", "", "CC BY"),
        ("cc-by-sa", "", "", "CC BY-SA"),
        ("hdx-other", "Other", "Ask <i>first</i>.", "Ask first."),
        ("hdx-other", "Other", "", "Other"),
        ("hdx-multi", "", "", "Several licences"),
        ("ODbL", "ODbL", "", "ODbL"),
        ("hdx-odc-odbl", "", "", "ODbL"),
        ("hdx-odc-by", "", "", "ODC-BY"),
        ("hdx-pddl", "", "", "PDDL"),
        ("other-pd-nr", "", "", "Public domain"),
        ("Free for sample use, with thanks", "", "", "Free for sample use, with thanks"),
        ("", "", "", ""),
    ],
)
def test_licences(identifier: str, title: str, other: str, licence: str) -> None:
    package = PACKAGE | {"license_id": identifier, "license_title": title, "license_other": other}
    assert normalize(package).licence == licence


def test_what_cannot_be_read_is_noted_and_the_record_lands() -> None:
    record = normalize(
        {
            "id": "b-1",
            "title": ["Sample", "with a list for a title"],
            "notes": {"en": "an object"},
            "dataset_date": "sometime",
            "metadata_created": 2021,
            "last_modified": "2021-13-45",
            "data_update_frequency": "whenever",
            "organization": "a text",
            "groups": "a text",
            "tags": [1, {"name": "kept"}],
            "resources": [
                "a text",
                {
                    "id": "r",
                    "url": "javascript:alert(1)",
                    "size": "big",
                    "last_modified": "soon",
                    "microdata": "perhaps so",
                },
                {"id": "r", "url": "/files/a.csv", "p_coded": []},
            ],
        }
    )
    assert record == DatasetRecord(
        remote_id="b-1",
        title={"und": "Sample, with a list for a title"},
        landing_page="https://exchange.example/dataset/b-1",
        keywords=("kept",),
        agents=(AgentRole(AgentRecord("Sample Exchange Office"), Role.PUBLISHER),),
        distributions=(
            DistributionRecord(key="r", name=""),
            DistributionRecord(key="r.1", name="", url="https://exchange.example/files/a.csv", format="CSV"),
        ),
        access=(
            AccessRecord(
                AccessModality.OPEN, normalize(PACKAGE).access[0].steps, "https://exchange.example/dataset/b-1"
            ),
        ),
        reading_notes=record.reading_notes,
    )
    assert [(note.code, note.field) for note in record.reading_notes] == [
        ("entry-unreadable", "resources"),
        ("duplicate-resource", "resources[1].id"),
        ("address-unreadable", "resources[0].url"),
        ("number-unreadable", "resources[0].size"),
        ("date-unreadable", "resources[0].last_modified"),
        ("flag-unreadable", "resources[0].microdata"),
        ("field-unreadable", "notes"),
        ("date-unreadable", "dataset_date"),
        ("date-unreadable", "metadata_created"),
        ("date-unreadable", "last_modified"),
        ("frequency-unknown", "data_update_frequency"),
        ("no-organization", "organization"),
        ("flag-unreadable", "resources[1].p_coded"),
        ("field-unreadable", "groups"),
    ]


@pytest.mark.parametrize(
    ("said", "flags", "notes"),
    [
        ("0", [], []),
        (0, [], []),
        (" FALSE ", [], []),
        ("none", [], []),
        ("TRUE", ["true"], []),
        (1, ["true"], []),
        ("OK", ["OK"], []),
        ("two words", [], ["flag-unreadable"]),
        (0.0, [], ["flag-unreadable"]),
    ],
)
def test_a_flag_is_one_word_and_no_is_none(said: object, flags: list[str], notes: list[str]) -> None:
    url = "https://exchange.example/files/a.csv"
    record = normalize({**PACKAGE, "resources": [{"id": "r", "url": url, "pii_report_flag": said}]})
    assert record.flags == tuple(PortalFlag("pii_report_flag", word, "r") for word in flags)
    assert [note.code for note in record.reading_notes if note.field == "resources[0].pii_report_flag"] == notes


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"title": " \u200f"}, "no-title"), ({"title": None}, "no-title"), ({"id": None}, "no-id")],
)
def test_a_record_without_a_name_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(RecordError) as refusal:
        normalize(PACKAGE | changes)
    assert (refusal.value.code, bool(refusal.value.mend)) == (code, True)


@pytest.mark.parametrize(
    ("changes", "code"), [({"type": "showcase"}, "not-a-dataset"), ({"state": "draft"}, "not-active")]
)
def test_what_is_no_dataset_is_skipped(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(SkipRecord) as skipped:
        normalize(PACKAGE | changes)
    assert skipped.value.code == code


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=30),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=5), parts, max_size=3),
    max_leaves=6,
)
TEXTS = st.sampled_from(
    ["true", "false", "[2020-01-01 TO *]", "01/02/2018", "<b>x", "&lt;i&gt;", "http://[", "0", "*", "P9Y"]
)
EVENT = st.fixed_dictionaries({"state": st.just("success")}, optional={"timestamp": ANY, "hxl_proxy_response": ANY | st.fixed_dictionaries({"sheets": ANY | st.lists(st.fixed_dictionaries({}, optional={"name": ANY, "headers": ANY, "hxl_headers": ANY}), max_size=2)}), "layer_fields": ANY})  # fmt: skip  # noqa: E501
RESOURCE = st.dictionaries(st.sampled_from([*hdx._RESOURCE, "sheets", "layers"]), ANY | TEXTS, max_size=6) | st.fixed_dictionaries({"fs_check_info": st.lists(EVENT, max_size=2), "shape_info": EVENT})  # fmt: skip  # noqa: E501
MUTATED = st.builds(
    lambda changes, resources: PACKAGE | changes | ({"resources": resources} if resources is not None else {}),
    st.dictionaries(
        st.sampled_from([*hdx._PACKAGE, "organization", "groups", "tags", "resources"]), ANY | TEXTS, max_size=8
    ),
    st.none() | st.lists(RESOURCE | ANY, max_size=3),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(MUTATED)
def test_any_object_gives_a_record_or_a_named_refusal(package: dict[str, Any]) -> None:
    for payload in (hdx.essence(package), package):
        try:
            record = hdx.normalize(SOURCE, RawRecord("x", payload, ""))
        except (RecordError, SkipRecord):
            continue
        assert isinstance(record, DatasetRecord)
        assert record.title["und"].strip()
        assert len({part.key for part in record.distributions}) == len(record.distributions)
        assert all(part.url.startswith(("http://", "https://")) for part in record.distributions if part.url)
    orjson.dumps(hdx.essence(package))


def sample(count: int) -> list[dict[str, Any]]:
    """Small packages, a day apart."""
    first = datetime(2024, 1, 1)
    return [
        {
            "id": f"sample-{number:04}",
            "title": f"Sample dataset {number}",
            "metadata_created": (first + timedelta(days=number)).isoformat(),
            "metadata_modified": (first + timedelta(days=count - number)).isoformat(),
            "type": "dataset",
        }
        for number in range(count)
    ]


def read(address: str, start: Start | None = None, rows: int = 10) -> list[RawPage]:
    source = Source(
        key="hdx",
        kind="hdx",
        title="Sample",
        url=address,
        allow_hosts=(address.removeprefix("http://"),),
        options={"rows": rows},
    )
    with Client(source, Settings()) as client:
        return list(hdx.records(source, client, start or Start()))


def seen(pages: list[RawPage]) -> list[tuple[list[str], str | None, int | None, list[str]]]:
    """Per page the first and last id, the token, the total and the notes' codes."""
    return [
        (
            [page.records[0].remote_id, page.records[-1].remote_id] if page.records else [],
            page.token,
            page.total,
            [note.code for note in page.notes],
        )
        for page in pages
    ]


def test_all_is_read_in_pages() -> None:
    queries: list[dict[str, Any]] = []
    with ckan.serve([*sample(15), {"id": "show", "type": "showcase"}], queries=queries) as address:
        pages = read(address)
    assert seen(pages) == [
        (["sample-0000", "sample-0009"], "10", 15, []),
        (["sample-0010", "sample-0014"], None, 15, []),
    ]
    assert pages[0].records[0] == RawRecord(
        "sample-0000", sample(15)[0], f"{address}/api/3/action/package_show?id=sample-0000"
    )
    query = {"q": "*:*", "fq": "+dataset_type:dataset", "sort": "metadata_created asc", "rows": 10}
    assert queries == [{**query, "start": 0}, {**query, "start": 10}]


def test_a_run_goes_on_where_it_stopped() -> None:
    with ckan.serve(sample(25)) as address:
        assert seen(read(address, Start("20"))) == [(["sample-0020", "sample-0024"], None, 25, [])]


def test_an_incremental_run_reads_what_changed() -> None:
    queries: list[dict[str, Any]] = []
    since = datetime(2024, 1, 14, 2, tzinfo=timezone(timedelta(hours=2)))
    with ckan.serve(sample(15), queries=queries) as address:
        pages = read(address, Start(since=since))
    assert seen(pages) == [(["sample-0000", "sample-0002"], None, 3, [])]
    assert queries[0]["fq"] == "+dataset_type:dataset +metadata_modified:[2024-01-14T00:00:00Z TO *]"


def test_an_hdx_address_in_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HDX_URL", "http://127.0.0.1:9")
    with ckan.serve(sample(1)) as address:
        assert len(read(address)[0].records) == 1


@pytest.mark.parametrize(
    ("misbehaviour", "code"),
    [
        ("html", "not-json"),
        ("truncated", "not-json"),
        ("malformed", "not-json"),
        ("http-500", "http-500"),
        ("http-403", "http-403"),
        ("refused", "portal-refused"),
        ("no-results", "unexpected-answer"),
        ("endless", "endless-paging"),
        ("stop-after=1", "cut-short"),
    ],
)
def test_a_portal_that_cannot_be_read_is_named(misbehaviour: str, code: str) -> None:
    with ckan.serve(sample(15), misbehaviour) as address, pytest.raises(PortalError) as failure:
        read(address)
    error = failure.value
    assert (error.code, error.address, bool(error.mend)) == (code, f"{address}/api/action/package_search", True)


def test_paging_without_end_is_given_up() -> None:
    queries: list[dict[str, Any]] = []
    with ckan.serve(sample(15), "endless", queries=queries) as address, pytest.raises(PortalError, match="4 pages"):
        read(address)
    assert [query["start"] for query in queries] == [0, 10, 20, 30]


@pytest.mark.parametrize(
    ("misbehaviour", "pages"),
    [
        ("empty", [([], None, 0, [])]),
        (
            "repeated-page",
            [
                (["sample-0000", "sample-0009"], "10", 20, []),
                (["sample-0000", "sample-0009"], None, 20, ["repeated-page"]),
            ],
        ),
        (
            "wrong-count",
            [
                (["sample-0000", "sample-0009"], "10", 27, []),
                (["sample-0010", "sample-0019"], "20", 27, []),
                ([], None, 27, ["wrong-count"]),
            ],
        ),
        (
            "low-count",
            [
                (["sample-0000", "sample-0009"], "10", 11, []),
                (["sample-0010", "sample-0019"], "20", 11, ["wrong-count"]),
                ([], None, 11, ["wrong-count"]),
            ],
        ),
    ],
)
def test_odd_pages_are_noted(misbehaviour: str, pages: list[Any]) -> None:
    with ckan.serve(sample(20), misbehaviour) as address:
        assert seen(read(address)) == pages


def test_odd_records_are_named_one_by_one() -> None:
    found = {}
    for misbehaviour in ("no-id", "no-title"):
        with ckan.serve(sample(2), misbehaviour) as address:
            raw = read(address)[0].records[0]
        with pytest.raises(RecordError) as refusal:
            hdx.normalize(SOURCE, RawRecord(raw.remote_id, hdx.essence(raw.payload), raw.address))
        found[misbehaviour] = (raw.remote_id, refusal.value.code, refusal.value.field)
    assert found == {"no-id": ("", "no-id", "id"), "no-title": ("sample-0000", "no-title", "title")}

    with ckan.serve(sample(2), "huge-notes") as address:
        raw = read(address)[0].records[0]
    record = hdx.normalize(SOURCE, RawRecord(raw.remote_id, hdx.essence(raw.payload), raw.address))
    assert (99_900 < len(record.notes["und"]) <= 100_000, record.reading_notes[0].code) == (True, "notes-cut")

    with ckan.serve(sample(2), "bad-dates") as address:
        raw = read(address)[0].records[0]
    record = hdx.normalize(SOURCE, RawRecord(raw.remote_id, hdx.essence(raw.payload), raw.address))
    assert {note.field for note in record.reading_notes if note.code == "date-unreadable"} == set(ckan.BAD_DATES)

    with ckan.serve(sample(2), "duplicate-ids") as address:
        assert [raw.remote_id for raw in read(address)[0].records] == ["sample-0000", "sample-0000"]


@pytest.fixture(scope="module")
def recorded(shared: Path) -> list[dict[str, Any]]:
    """The 129 + 36 packages that were recorded."""
    folder = shared / "portals" / "hdx"
    files = ("hdx_package_show_objects.jsonl.gz", "hdx_package_search_response_2024-08-24.json.gz")
    return [package for name in files for package in ckan.load(folder / name)]


CODS = {
    "cod-ab-caf": [("CAF", 4, True)],
    "cod-ab-pol": [("POL", 2, None)],
    "cod-em-pol": [("POL", 2, None)],
    "cod-ps-afg": [("AFG", 1, None)],
    "cod-ps-cmr": [("CMR", 2, True)],
    "cod-ps-dji": [("DJI", 1, True)],
    "cod-ps-pol": [("POL", 2, None)],
    "cod-ps-sdn": [("SDN", 2, True)],
}
"""The recorded CODs: country, admin level, p-coded."""


@pytest.mark.recorded
def test_every_recorded_package_becomes_a_record(recorded: list[dict[str, Any]]) -> None:
    records = [normalize(package) for package in recorded]
    columns = [column for record in records for part in record.distributions for column in part.columns]

    assert len(records) == 165
    assert len({record.remote_id for record in records}) == 160
    assert Counter((note.code, note.message) for record in records for note in record.reading_notes) == {
        ("place-unknown", '"nepal-earthquake" is no country and not the world'): 6
    }
    assert sum(record.period_start is not None for record in records) == 165
    assert sum(record.update_frequency is not None for record in records) == 165
    assert sum(bool(record.locations) for record in records) == 165
    assert (len(columns), sum(bool(column.hashtag) for column in columns)) == (10_167, 2_221)
    assert sum(part.under_review for record in records for part in record.distributions) == 5
    told = {
        package["name"]: [(place.iso3, place.admin_level, place.p_coded) for place in record.locations]
        for package, record in zip(recorded, records, strict=True)
        if record.cod_level
    }
    assert (sum(bool(record.cod_level) for record in records), told) == (9, CODS)
    assert {p.admin_level for record in records if not record.cod_level for p in record.locations} == {None}
    assert not [part.declared_format for record in records for part in record.distributions if not part.format]


@pytest.mark.recorded
def test_no_recorded_essence_names_a_person(recorded: list[dict[str, Any]]) -> None:
    for package in recorded:
        text = orjson.dumps(hdx.essence(package)).decode()
        assert package["maintainer"] not in text
        assert package["creator_user_id"] not in text
