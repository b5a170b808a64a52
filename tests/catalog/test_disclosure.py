"""What each audience is shown of a record, and that what is not shown lies nowhere it could be found."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from sqlalchemy import select

from catalog import levels
from catalog.assess import Assessor
from catalog.changes import ChangeQuery, changes
from catalog.database import Catalog
from catalog.disclosure import disclose, renderings, with_level
from catalog.layout import Layout
from catalog.masking import masked
from catalog.reading import document as read
from catalog.records import (
    AccessRecord,
    AgentRecord,
    AgentRole,
    ColumnRecord,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
    RelationRecord,
)
from catalog.rows import Entry, Renderer, dataset_id
from catalog.runs import sync_sources
from catalog.search.writer import check, follow
from catalog.sensitivity import Assertion, effective
from catalog.store import Store
from catalog.tables import Disclosure
from catalog.viewer import EVERYTHING, PUBLIC, community, steward
from catalog.vocabulary import AccessModality, AgentKind, Audience, Level, RelationKind, Role, Visibility
from config.declarations import Source
from config.disclosure import Disclosing
from config.load import ConfigurationError, rules, shipped_disclosing
from config.settings import Settings

PORTAL = Source(key="sample", kind="ckan", title="Sample portal", url="https://portal.example.org")
CLOSED = Source(
    key="closed", kind="ckan", title="Closed portal", url="https://closed.example.org", visibility="community"
)
RELIEF = AgentRecord("Sample Relief Works", "SRW", AgentKind.INTERNATIONAL_NGO)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
RECORD = DatasetRecord(
    remote_id="victims",
    title={"en": "Mine victims of Quarryside village", "fr": "Victimes à Quarryside"},
    notes={"en": "Interviews in Quarryside. https://portal.example.org/file.xlsx"},
    landing_page="https://portal.example.org/quarryside",
    issued=datetime(2024, 1, 17, tzinfo=UTC),
    modified=datetime(2024, 7, 19, tzinfo=UTC),
    methodology="Door to door in Quarryside.",
    caveats="Quarryside only.",
    series="Quarryside rounds",
    licence="Ask the elders of Quarryside",
    period_start=date(2024, 3, 7),
    period_end=date(2024, 5, 9),
    keywords=("quarryside",),
    agents=(AgentRole(RELIEF, Role.HOLDER, "info@srw.example.org"),),
    locations=(LocationRecord("SSD", 3, True),),
    distributions=(
        DistributionRecord(
            key="quarryside-file",
            name="quarryside.xlsx",
            url="https://portal.example.org/quarryside.xlsx",
            description="Rows of Quarryside",
            format="XLSX",
            columns=(ColumnRecord("Quarryside", 0, "Village", "#adm4+name"),),
        ),
    ),
    access=(AccessRecord(AccessModality.ON_REQUEST, ("Ask in Quarryside.",), "https://portal.example.org/quarryside"),),
    relations=(RelationRecord(RelationKind.BASED_ON, "https://portal.example.org/quarryside-report"),),
    harm_if_withheld="Nobody brings prostheses to Quarryside.",
    extra={"num_of_rows": "37"},
)
ID = dataset_id("sample", "victims")


def said(level: Level | None, by: str = "rule", **more: Any) -> Assertion:
    given = {
        "scope": "dataset", "level": level, "asserted_by": by, "basis": "column name", "rule": "sample-rule",
        "rule_version": 1, "evidence": 'header contains "village"', "reason": "A list of places.",
        "withhold_links": level is None or level.rank > 1,
    }  # fmt: skip
    return Assertion(**(given | more))


@pytest.fixture(scope="module")
def judge(assessor: Assessor) -> Assessor:
    """Rules without any of our own about levels: each test says what is asserted."""
    return Assessor(replace(assessor.rules, sensitivity=(), digest="sample"))


def rendered(
    judge: Assessor,
    *assertions: Assertion,
    record: DatasetRecord = RECORD,
    source: Source = PORTAL,
    table: Disclosing | None = None,
) -> dict[Audience, Any]:
    entry = Entry(record, judge.assess(record, source, NOW.date()), "hash", b"{}", "")
    renderer = Renderer(source, judge, Layout("sqlite"))
    if table:
        renderer.table = table
    return dict(disclose(renderer.holding(entry, dataset_id(source.key, record.remote_id), "", assertions)))


def table(**changes: Any) -> Disclosing:
    return Disclosing.model_validate(shipped_disclosing().model_dump() | changes)


@pytest.mark.parametrize("level", [Level.LOW_NO, Level.MODERATE])
def test_what_is_shown_whole_is_one_and_the_same_object(judge: Assessor, level: Level):
    shown = rendered(judge, said(level, withhold_links=False))
    assert shown[Audience.PUBLIC] is shown[Audience.COMMUNITY] is shown[Audience.FULL]
    assert (shown[Audience.PUBLIC]["mode"], shown[Audience.PUBLIC]["withheld"]) == ("shown", [])
    assert shown[Audience.PUBLIC]["harm_if_withheld"] == "Nobody brings prostheses to Quarryside."


def test_high_loses_its_links_and_nothing_else(judge: Assessor):
    shown = rendered(judge, said(Level.HIGH))
    public, full = shown[Audience.PUBLIC], shown[Audience.FULL]
    assert public["withheld"] == ["distributions", "notes"]
    assert public["notes"] == "Interviews in Quarryside. [address withheld]"
    file = public["distributions"][0]
    assert (file["url"], file["withheld"], file["columns"]) == ("", True, full["distributions"][0]["columns"])
    assert full["distributions"][0]["url"] == "https://portal.example.org/quarryside.xlsx"


def test_a_withheld_link_stands_nowhere_else_either(judge: Assessor):
    link = "https://portal.example.org/quarryside.xlsx"
    record = replace(
        RECORD,
        landing_page=link,
        title={"en": "Quarryside", "fr": f"Quarryside {link}"},
        keywords=("quarryside", link),
        distributions=(replace(RECORD.distributions[0], name=link, description=f"See {link}"),),
        access=(AccessRecord(AccessModality.OPEN, ("Ask in Quarryside.",), link),),
        relations=(RelationRecord(RelationKind.BASED_ON, link), *RECORD.relations),
        agents=(AgentRole(RELIEF, Role.HOLDER, link),),
        extra={"sample": link},
    )
    shown = rendered(judge, said(Level.HIGH), record=record)
    public = shown[Audience.PUBLIC]
    assert link.encode() not in orjson.dumps(public)
    assert (public["link"], public["access"]["address"], public["keywords"], public["distributions"][0]["name"]) == (
        "", "", ["quarryside", "[address withheld]"], "[address withheld]",
    )  # fmt: skip
    assert [entry["target"] for entry in public["relations"]] == ["https://portal.example.org/quarryside-report"]
    assert orjson.dumps(shown[Audience.FULL]).count(link.encode()) > 8
    elsewhere = rendered(judge, said(Level.HIGH))[Audience.PUBLIC]
    assert (elsewhere["link"], elsewhere["access"]["address"]) == (
        "https://portal.example.org/quarryside", "https://portal.example.org/quarryside",
    )  # fmt: skip


def test_what_a_person_calls_high_is_a_template_to_the_public_even_where_a_rule_calls_it_so_too(judge: Assessor):
    for by in ("steward", "owner"):
        shown = rendered(judge, said(Level.HIGH), said(Level.HIGH, by))
        public = shown[Audience.PUBLIC]
        assert b"uarryside" not in orjson.dumps(public), by
        assert (public["title"], public["name"]) == ("Tables: Explosive incidents (South Sudan)", "")
        assert public["period"] == {"start": "2024-03-01", "end": "2024-05-31", "open": False}
        assert shown[Audience.COMMUNITY]["title"] == "Mine victims of Quarryside village"
    assert rendered(judge, said(Level.HIGH, "portal"), said(Level.HIGH))[Audience.PUBLIC]["name"]


def test_severe_is_a_template_that_names_no_village(judge: Assessor):
    shown = rendered(judge, said(Level.SEVERE))
    public, full = shown[Audience.PUBLIC], shown[Audience.FULL]
    assert b"uarryside" not in orjson.dumps(public)
    assert shown[Audience.COMMUNITY] is public
    assert full["title"] == "Mine victims of Quarryside village"
    assert full["name"] == public["name"] == "", "a name is made of the title's words"
    assert {name: public[name] for name in ("title", "titles", "notes", "link", "rows", "tags", "keywords")} == {
        "title": "Tables: Explosive incidents (South Sudan)", "titles": {}, "notes": "", "link": "", "rows": "10 to 99",
        "tags": [], "keywords": [],
    }  # fmt: skip
    assert public["locations"] == [{"iso3": "SSD", "name": "South Sudan", "admin_level": 1, "p_coded": None}]
    assert (public["issued"], public["modified"]) == ("2024-01-01T00:00:00Z", "2024-07-01T00:00:00Z")
    assert public["holders"] == ["Sample Relief Works"]
    assert public["access"]["steps"] == ["Ask the holder: Sample Relief Works."]
    assert public["level"] | {"review_by": None} == {
        "level": "severe", "basis": "column name", "evidence": "", "reason": "", "rule": "", "asserted_by": "rule",
        "protocol": "", "statement": "", "isp_date": None, "review_by": None,
    }  # fmt: skip
    assert public["distributions"] == [
        {
            "key": "1", "name": "File 1", "description": "", "url": "", "format": "XLSX", "declared_format": "XLSX",
            "media_type": "", "size": None, "modified": None, "under_review": False, "withheld": True, "columns": [],
        }
    ]  # fmt: skip
    assert (public["harm_if_withheld"], public["licence"]) == ("", "")
    assert public["period"] == {"start": "2024-03-01", "end": "2024-05-31", "open": False}
    assert (public["mode"], full["mode"]) == ("redacted", "shown")


def test_a_record_that_was_low_loses_its_name_with_its_title(judge: Assessor):
    low = rendered(judge, said(Level.LOW_NO))[Audience.FULL]
    assert low["name"] == f"mine-victims-of-quarryside-village-{ID.hex[:8]}"
    level = effective([said(Level.SEVERE)])
    shown = dict(renderings(with_level(low, level), level, Visibility.PUBLIC))
    assert {audience: document["name"] for audience, document in shown.items()} == {
        Audience.PUBLIC: "", Audience.COMMUNITY: "", Audience.FULL: low["name"],
    }  # fmt: skip


def test_a_way_of_access_that_anybody_could_go_is_not_told_with_the_page_withheld(judge: Assessor):
    record = replace(RECORD, access=(AccessRecord(AccessModality.OPEN, (), "https://portal.example.org/quarryside"),))
    shown = rendered(judge, said(Level.SEVERE), record=record)
    assert (shown[Audience.PUBLIC]["access"]["modality"], shown[Audience.FULL]["access"]["modality"]) == (
        "unknown",
        "open",
    )


def test_what_only_its_portal_calls_severe_keeps_the_title_that_the_portal_shows(judge: Assessor):
    own = said(Level.SEVERE, "portal", basis="portal flag", evidence="microdata=true")
    public = rendered(judge, own)[Audience.PUBLIC]
    assert public["title"] == "Mine victims of Quarryside village"
    assert (public["distributions"][0]["columns"], public["distributions"][0]["url"], public["rows"]) == (
        [],
        "",
        "10 to 99",
    )
    for other in ("rule", "steward", "owner"):
        also = rendered(judge, own, said(Level.SEVERE, other))[Audience.PUBLIC]
        assert also["title"].endswith(": Explosive incidents (South Sudan)")


def test_partners_are_told_by_their_type_where_a_protocol_hides_them(judge: Assessor):
    record = replace(
        RECORD,
        title={"en": "Survey by Sample Relief Works (SRW) in Ukraine"},
        keywords=("srw", "survey"),
        locations=(LocationRecord("UKR"),),
    )
    public = rendered(judge, said(Level.HIGH), record=record)[Audience.PUBLIC]
    body = orjson.dumps(public).lower()
    assert b"relief works" not in body
    assert b"srw" not in body
    assert public["title"] == "Survey by [not named] ([not named]) in Ukraine"
    assert public["holders"] == ["International NGO (not named)"]
    assert public["organizations"] == [
        {
            "id": "", "name": "International NGO (not named)", "acronym": "", "kind": "international_ngo",
            "roles": ["holder"],
        }
    ]  # fmt: skip
    assert public["access"]["steps"] == ["Ask the stewards of this register: who holds it is not told here."]
    assert rendered(judge, said(Level.MODERATE), record=record)[Audience.PUBLIC]["holders"] == ["Sample Relief Works"]


def test_whoever_asked_not_to_be_named_is_not_named_at_any_level(judge: Assessor):
    asked = table(unnamed=shipped_disclosing().unnamed.model_dump() | {"organisations": ["SRW"]})
    shown = rendered(judge, said(Level.LOW_NO), table=asked)
    assert shown[Audience.PUBLIC]["holders"] == ["International NGO (not named)"]
    assert shown[Audience.FULL]["holders"] == ["Sample Relief Works"]
    own = PORTAL.model_copy(update={"publisher": "Sample Relief Works"})
    assert list(rendered(judge, said(Level.LOW_NO), source=own, table=asked)) == [Audience.FULL]


def test_unclassified_from_a_closed_source_is_its_owners_alone(judge: Assessor):
    assert list(rendered(judge, source=CLOSED)) == [Audience.FULL]
    assert rendered(judge, source=CLOSED)[Audience.FULL]["visibility"] == "owner"
    judged = rendered(judge, said(Level.LOW_NO), source=CLOSED)
    assert list(judged) == [Audience.COMMUNITY, Audience.FULL]
    private = replace(RECORD, visibility=Visibility.OWNER)
    assert list(rendered(judge, said(Level.LOW_NO), record=private)) == [Audience.FULL]


def test_unclassified_from_a_public_source_is_shown_and_without_links_under_a_quarantine(judge: Assessor):
    assert rendered(judge)[Audience.PUBLIC]["distributions"][0]["url"]
    signal = said(None, "portal", basis="portal flag")
    public = rendered(judge, signal)[Audience.PUBLIC]
    assert (public["level"]["level"], public["distributions"][0]["url"]) == ("unclassified", "")


def test_a_record_may_only_be_said_to_exist(judge: Assessor):
    asking = table(modes=shipped_disclosing().modes | {"community": {"public": "ask", "community": "shown"}})
    shown = rendered(judge, said(Level.LOW_NO), source=CLOSED, table=asking)
    public = shown[Audience.PUBLIC]
    assert b"uarryside" not in orjson.dumps(public)
    assert (public["mode"], public["title"], public["rows"], public["harm_if_withheld"]) == (
        "ask", "Tables: Explosive incidents (South Sudan)", "", "",
    )  # fmt: skip
    assert shown[Audience.COMMUNITY]["title"] == "Mine victims of Quarryside village"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Write to jane.doe@example.org or info@example.org.", "Write to [e-mail withheld] or info@example.org."),
        ("jane [at] example.org", "[e-mail withheld]"),
        ("Call +249 912 345 678 at noon", "Call [telephone number withheld] at noon"),
        ("هاتف: 0912 345 678", "[telephone number withheld]"),
        ("A mine at 15.5007, 32.5599 near", "A mine at [coordinates withheld] near"),
        ("15°30'10\"N and 36N XF 12345 67890", "[coordinates withheld] and [coordinates withheld]"),
        ("From 2024-01-01 to 2024-06-30, 12,345 and 1.5 to 2.5 km", None),
    ],
)
def test_free_text_is_masked_and_flagged(judge: Assessor, text: str, left: str | None):
    assert masked(text) == (left or text)
    shown = rendered(judge, said(Level.LOW_NO), record=replace(RECORD, notes={"en": text}))
    public, full = shown[Audience.PUBLIC], shown[Audience.FULL]
    assert (public["notes"], full["notes"]) == (left or text, text)
    assert public["masked"] == (["notes"] if left else [])
    assert [entry["field"] for entry in full["attention"]] == (["notes"] if left else [])
    assert public["attention"] == []


def test_a_persons_words_are_for_stewards(judge: Assessor):
    shown = rendered(judge, said(Level.MODERATE, "steward", reason="Seen in Quarryside."))
    assert (shown[Audience.PUBLIC]["level"]["reason"], shown[Audience.FULL]["level"]["reason"]) == (
        "", "Seen in Quarryside.",
    )  # fmt: skip


def test_a_stewards_act_renders_as_a_harvest_does(judge: Assessor):
    before = rendered(judge, said(Level.LOW_NO))[Audience.FULL]
    level = effective([said(Level.LOW_NO), said(Level.SEVERE, "steward")])
    full = with_level(before, level)
    assert dict(renderings(full, level, Visibility(full["visibility"])))[Audience.PUBLIC]["title"].startswith("Tables")
    closed = rendered(judge, source=CLOSED)[Audience.FULL]
    assert (closed["visibility"], with_level(closed, level)["visibility"]) == ("owner", "owner")


@pytest.mark.parametrize(
    ("change", "said_"),
    [
        ({"profiles": {"whole": {"titel": "template"}}}, 'unknown key "profiles.whole.titel"'),
        ({"levels": {"public": {"secret": "whole"}}}, 'levels.public: there is no "secret"; write one of unclassified'),
        ({"levels": {"press": {}}}, 'levels: there is no "press"; write one of public, community'),
        (
            {"levels": {"public": {"high": "wole"}}},
            'levels.public.high: there is no "wole"; write one of exists, no-columns',
        ),
        ({"modes": {"owner": {"public": "shown"}}}, "modes.owner.public: what is for its owner alone is hidden"),
        ({"visibility": {"owner": {"high": "public"}}}, "visibility.owner.high: public is wider than the source's"),
        ({"signals": "gone"}, 'signals: there is no profile "gone"'),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused_with_its_mend(tmp_path: Path, change: dict[str, Any], said_: str):
    told = yaml.safe_load((Path("config") / "rules" / "disclosure.yaml").read_text(encoding="utf-8"))
    for key, value in change.items():
        if not isinstance(value, dict):
            told[key] = value
            continue
        for row, cells in value.items():
            told[key].setdefault(row, {}).update(cells)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "disclosure.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        rules(Settings(config_dir=tmp_path))
    assert said_ in str(refused.value)
    assert "disclosure.yaml" in str(refused.value)


def test_the_rules_digest_changes_with_the_table(tmp_path: Path):
    shipped = (Path("config") / "rules" / "disclosure.yaml").read_text(encoding="utf-8")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "disclosure.yaml").write_text(shipped.replace("version: 2", "version: 3"), encoding="utf-8")
    assert rules(Settings(config_dir=tmp_path)).digest != rules(Settings()).digest


@pytest.fixture
def written(catalog: Catalog, judge: Assessor, tmp_path: Path) -> tuple[Catalog, Path]:
    """One record, low, and found by everybody."""
    sync_sources(catalog, (PORTAL,))
    judged = judge.assess(RECORD, PORTAL, date(2026, 11, 22))
    entry = Entry(RECORD, replace(judged, assertions=(said(Level.LOW_NO),)), "hash", b"{}", "")
    other = replace(
        RECORD, remote_id="other", title={"en": "Schools"}, notes={}, keywords=(), methodology="", series=""
    )
    other = replace(
        other, caveats="", distributions=(), relations=(), access=(), landing_page="https://portal.example.org/2"
    )
    second = Entry(
        other, replace(judge.assess(other, PORTAL, NOW.date()), assertions=(said(Level.LOW_NO),)), "h", b"{}", ""
    )
    with catalog.writing() as session:
        Store(PORTAL, judge, catalog.address.drivername).write(session, None, [entry, second], NOW)
    index_dir = tmp_path / "index"
    follow(catalog, index_dir)
    return catalog, index_dir


def holds(folder: Path, word: str) -> list[str]:
    """Files of a folder in which a word stands, as text or as its bytes in any case."""
    wanted = word.lower().encode()
    return [path.name for path in folder.rglob("*") if path.is_file() and wanted in path.read_bytes().lower()]


def test_a_title_that_names_a_village_is_in_no_file_of_an_index_after_its_level_rose(written: tuple[Catalog, Path]):
    catalog, index_dir = written
    with catalog.reading() as session:
        name = orjson.loads(read(session, PUBLIC, str(ID))[0])["name"]
        assert name.startswith("mine-victims-of-quarryside-village")
        assert orjson.loads(read(session, PUBLIC, name)[0])["id"] == str(ID)
    assert holds(index_dir / "public", "quarryside")
    with catalog.writing() as session:
        levels.raise_level(session, ID, Level.SEVERE, "A. Sample", "Names of victims.")
    followed = follow(catalog, index_dir)
    assert set(followed.rebuilt) == {Audience.PUBLIC, Audience.COMMUNITY}
    assert [holds(index_dir / audience, "quarryside") for audience in ("public", "community")] == [[], []]
    assert holds(index_dir / "full", "quarryside"), "stewards find it all the same"
    assert check(catalog, index_dir) == []
    with catalog.reading() as session:
        assert read(session, PUBLIC, name) is None
        assert read(session, community("Someone"), name) is None
        assert orjson.loads(read(session, PUBLIC, str(ID))[0])["level"]["level"] == "severe"
        assert orjson.loads(read(session, steward("A. Sample"), name)[0])["id"] == str(ID)
        assert b"uarryside" not in read(session, PUBLIC, str(ID))[0]
        told = changes(session, PUBLIC, ChangeQuery(dataset=str(ID)))
        assert b"uarryside" not in orjson.dumps(list(told.items))
        assert told.total == len(told.items) == 2
        assert list(changes(session, PUBLIC, ChangeQuery(dataset=name)).items) == []
        names = session.execute(select(Disclosure.audience, Disclosure.name).where(Disclosure.dataset_id == ID))
        assert dict(names.all()) == {
            Audience.PUBLIC: None,
            Audience.COMMUNITY: None,
            Audience.FULL: name,
        }


def test_a_name_follows_the_title_that_its_portal_corrected_and_the_old_one_leads_to_it(
    written: tuple[Catalog, Path], judge: Assessor
):
    catalog, _ = written
    old, new = f"mine-victims-of-quarryside-village-{ID.hex[:8]}", f"mine-victims-of-a-district-{ID.hex[:8]}"
    corrected = replace(RECORD, title={"en": "Mine victims of a district"})
    judged = replace(judge.assess(corrected, PORTAL, NOW.date()), assertions=(said(Level.LOW_NO),))
    with catalog.writing() as session:
        store = Store(PORTAL, judge, catalog.address.drivername)
        store.write(session, None, [Entry(corrected, judged, "2", b"{}", "")], NOW)
    with catalog.reading() as session:
        for key in (str(ID), new, old):
            document = orjson.loads(read(session, PUBLIC, key)[0])
            assert (document["id"], document["name"]) == (str(ID), new), key
        assert changes(session, PUBLIC, ChangeQuery(dataset=old)).total == 2
    with catalog.writing() as session:
        levels.raise_level(session, ID, Level.SEVERE, "A. Sample", "Names of victims.")
    with catalog.reading() as session:
        assert [read(session, PUBLIC, key) for key in (new, old)] == [None, None]
        assert changes(session, PUBLIC, ChangeQuery(dataset=old)).total == 0


def test_what_changed_before_the_level_rose_is_told_no_more(written: tuple[Catalog, Path], judge: Assessor):
    catalog, index_dir = written
    renamed = replace(RECORD, title={"en": "Mine victims of Vexillary"}, modified=datetime(2024, 8, 1, tzinfo=UTC))
    judged = replace(judge.assess(renamed, PORTAL, NOW.date()), assertions=(said(Level.LOW_NO),))
    with catalog.writing() as session:
        Store(PORTAL, judge, catalog.address.drivername).write(
            session, None, [Entry(renamed, judged, "2", b"{}", "")], NOW
        )
    with catalog.reading() as session:
        public, full = (
            orjson.dumps(list(changes(session, viewer, ChangeQuery(dataset=str(ID))).items))
            for viewer in (PUBLIC, EVERYTHING)
        )
        assert (b"Quarryside" in public, b"Vexillary" in public, b"Quarryside" in full) == (False, True, True)
    with catalog.writing() as session:
        levels.raise_level(session, ID, Level.SEVERE, "A. Sample", "Names of victims.")
    follow(catalog, index_dir)
    with catalog.reading() as session:
        public = changes(session, PUBLIC, ChangeQuery(dataset=str(ID)))
        assert b"uarryside" not in orjson.dumps(list(public.items))
        assert b"exillary" not in orjson.dumps(list(public.items))
        assert public.total == len(public.items)
        assert {"title", "titles", "name"}.isdisjoint(
            entry["field"] for item in public.items for entry in item["fields"]
        )
        full = changes(session, steward("A. Sample"), ChangeQuery(dataset=str(ID)))
        assert b"uarryside" in orjson.dumps(list(full.items))
