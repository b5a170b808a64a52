"""What people correct: it stands over harvests, is told beside what the source says, and opens nothing by itself."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select, text

from catalog import audit, levels
from catalog.agents import Agents
from catalog.assess import Assessor
from catalog.changes import ChangeQuery, changes
from catalog.curation import acts, names
from catalog.curation.acts import Bench, Faulty
from catalog.curation.columns import Place
from catalog.database import Catalog, migrate
from catalog.levels import Desk, Refused
from catalog.reading import document
from catalog.records import (
    AccessRecord,
    AgentRecord,
    AgentRole,
    ColumnRecord,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
)
from catalog.rows import Entry, dataset_id
from catalog.runs import sync_sources
from catalog.store import Store
from catalog.tables import Base, Change, CuratedValue, Disclosure, HarvestedRecord
from catalog.viewer import EVERYTHING, PUBLIC, Viewer, steward
from catalog.vocabulary import AccessModality, Audience, Level, Role, Visibility
from config.declarations import Source

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
SOURCE = Source(key="sample", kind="hdx", title="Sample portal", url="http://127.0.0.1:9")
RECORD = DatasetRecord(
    remote_id="a1",
    title={"en": "Sample: movment tracking baseline"},
    notes={"en": "Sample record, fictional."},
    landing_page="http://127.0.0.1:9/a1",
    modified=datetime(2026, 10, 1, tzinfo=UTC),
    period_start=date(2026, 7, 1),
    period_end=date(2026, 9, 30),
    update_frequency=90,
    licence="Creative Commons Attribution",
    agents=(AgentRole(AgentRecord("Northfold Tracking (NT)"), Role.HOLDER, "data@northfold.example"),),
    locations=(LocationRecord("SSD", 2),),
    distributions=(
        DistributionRecord(
            "r1", "Baseline", "http://127.0.0.1:9/r1.xlsx", format="XLSX",
            columns=(
                ColumnRecord("Data", 0, "State", "#adm1+name"),
                ColumnRecord("Data", 1, "Persons", "#affected+killed"),
                ColumnRecord("Data", 2, "Remarks"),
            ),
        ),
    ),
    access=(AccessRecord(AccessModality.OPEN),),
)  # fmt: skip
ID = dataset_id("sample", "a1")
FIRST, SECOND, WHY = "A. Sample", "B. Example", "The holder told us so."
STEWARD = steward(FIRST)


class World:
    """A catalog, and what befalls it."""

    def __init__(self, catalog: Catalog, assessor: Assessor) -> None:
        self.catalog, self.now, self.judge = catalog, NOW, assessor
        sync_sources(catalog, [SOURCE])

    def harvest(self, *records: DatasetRecord, source: Source = SOURCE) -> None:
        self.now += timedelta(minutes=1)
        entries = [
            Entry(one, self.judge.assess(one, source, self.now.date()), self.now.isoformat(), b"{}", one.landing_page)
            for one in records
        ]
        with self.catalog.writing() as session:
            Store(source, self.judge, self.catalog.address.drivername).write(session, None, entries, self.now)

    @property
    def bench(self) -> Bench:
        return Bench(self.judge, self.catalog.address.drivername)

    def do(self, act: Callable[..., Any], *given: Any, **more: Any) -> Any:
        self.now += timedelta(minutes=1)
        with self.catalog.writing() as session:
            return act(session, *given, desk=Desk(now=self.now), **more)

    def correct(self, actor: str = FIRST, **given: str | None) -> list[acts.Change]:
        done: list[acts.Change] = self.do(acts.correct, ID, given, actor, WHY, self.bench)
        return done

    def tag(self, place: Place, tag: str | None) -> None:
        self.do(acts.correct, ID, {place.field: tag}, FIRST, WHY, self.bench)

    def shown(self, audience: Audience = Audience.PUBLIC) -> dict[str, Any]:
        where = Disclosure.dataset_id == ID, Disclosure.audience == audience
        with self.catalog.reading() as session:
            found = session.scalar(select(Disclosure.document).where(*where))
        return {} if found is None else dict(orjson.loads(found))

    def beside(self, field: str, today: date = date(2026, 11, 2)) -> dict[str, Any]:
        with self.catalog.reading() as session:
            found = acts.side_by_side(session, ID, self.bench, today)
        return next(one for one in found if one["field"] == field)

    def told(self, viewer: Viewer = STEWARD) -> list[str]:
        """The sentences of the newest change."""
        with self.catalog.reading() as session:
            return list(changes(session, viewer, ChangeQuery(limit=1000)).items[-1]["sentences"])

    def everything(self) -> str:
        """All that the tables hold save the audit and the level's history."""
        found = []
        with self.catalog.reading() as session:
            for entity in Base.registry.mappers:
                if entity.class_.__tablename__ not in {"audit", "person"}:
                    found += [str(dict(row)) for row in session.execute(select(entity.local_table)).mappings()]
        return "\n".join(found)


@pytest.fixture
def world(catalog: Catalog, assessor: Assessor) -> World:
    made = World(catalog, assessor)
    made.harvest(RECORD)
    return made


def test_a_correction_is_what_everybody_is_shown_and_stands_over_a_harvest(world: World):
    world.correct(
        title="Sample: movement tracking baseline", places="South Sudan; SDN", topics="displacement", owner="OCHA",
        period="2026", update_rhythm="monthly", access="on request", how_to_ask="Write to the office.\nSay why.",
        ask_at="data@northfold.example", licence="none", admin_level="3", languages="en; ar", mailing_list="none",
        description="Sample: counts of people who moved.",
    )  # fmt: skip
    for _ in range(2):
        shown = world.shown()
        assert {name: shown[name] for name in ("title", "titles", "notes", "countries", "licence", "languages")} == {
            "title": "Sample: movement tracking baseline",
            "titles": {"en": "Sample: movement tracking baseline"},
            "notes": "Sample: counts of people who moved.",
            "countries": ["SDN", "SSD"],
            "licence": "",
            "languages": ["ar", "en"],
        }
        assert shown["name"] == f"sample-movement-tracking-baseline-{ID.hex[:8]}"
        assert [(place["iso3"], place["admin_level"]) for place in shown["locations"]] == [("SDN", 3), ("SSD", 3)]
        assert [topic["key"] for topic in shown["topics"]] == ["displacement"]
        assert [(one["acronym"] or one["name"], one["roles"]) for one in shown["organizations"]] == [
            ("OCHA", ["owner"]), ("NT", ["holder"]),
        ]  # fmt: skip
        assert shown["period"] == {"start": "2026-01-01", "end": "2026-12-31", "open": False}
        assert shown["update_frequency"] == {"days": 30, "words": "every month"}
        assert shown["access"]["modality"] == "on_request"
        assert shown["access"]["steps"] == ["Write to the office.", "Say why."]
        assert shown["access"]["address"] == "data@northfold.example"
        assert shown["curated"][0] == {"field": "access", "by": "steward", "at": "2026-11-01"}
        assert [mark["field"] for mark in shown["curated"]] == sorted(mark["field"] for mark in shown["curated"])
        assert "B. " not in str(shown)
        assert FIRST not in str(shown)
        assert WHY not in str(shown)
        # The second time round: the source has changed something else.
        world.harvest(replace(RECORD, caveats="Sample: not weighted."))
    assert world.shown()["caveats"] == "Sample: not weighted."
    with world.catalog.reading() as session:
        assert document(session, PUBLIC, f"sample-movement-tracking-baseline-{ID.hex[:8]}") is not None


def test_harvested_curated_and_effective_stand_side_by_side(world: World):
    world.correct(title="Sample: movement baseline")
    assert world.beside("title") == {
        "field": "title",
        "label": "Title",
        "help": "The title that readers are shown.",
        "long": False,
        "harvested": "Sample: movment tracking baseline",
        "curated": "Sample: movement baseline",
        "effective": "Sample: movement baseline",
        "by": FIRST,
        "reason": WHY,
        "at": "2026-11-01T08:02:00Z",
        "verified": "2026-11-01T08:02:00Z",
        "verified_by": FIRST,
        "keeper": FIRST,
        "caught_up": None,
        "gone": None,
        "overdue": False,
    }
    plain = world.beside("licence")
    assert (plain["harvested"], plain["curated"], plain["effective"], plain["by"]) == (
        "Creative Commons Attribution", None, "Creative Commons Attribution", "",
    )  # fmt: skip
    world.harvest(replace(RECORD, title={"en": "Sample: yet another title"}))
    found = world.beside("title")
    assert (found["harvested"], found["effective"]) == ("Sample: yet another title", "Sample: movement baseline")


def test_a_source_that_catches_up_is_told(world: World):
    world.correct(title="Sample: movement baseline")
    assert "caught_up" not in world.shown()["curated"][0]
    world.harvest(replace(RECORD, title={"en": "Sample:  movement baseline"}))
    assert world.shown()["curated"] == [
        {"field": "title", "by": "steward", "at": "2026-11-01", "caught_up": "2026-11-01"}
    ]
    assert world.beside("title")["caught_up"] == "2026-11-01T08:03:00Z"
    assert "the source now says what a person corrected: title" in world.told()
    with world.catalog.reading() as session:
        public = changes(session, PUBLIC, ChangeQuery(limit=1000)).items
    assert public[-1]["sentences"] == ["the source now says what a person corrected: title"]
    world.harvest(RECORD)
    assert world.beside("title")["caught_up"] is None
    assert world.told() == ["the source no longer says what a person corrected: title"]


def test_what_is_taken_back_is_as_the_source_gives_it(world: World):
    before = world.shown(Audience.FULL)
    world.correct(title="Sample: other", places="SDN", holder="OCHA", description="none", access="not shared")
    world.tag(Place("Persons"), "none")
    world.correct(title=None, places=None, holder=None, description=None, access=None)
    world.tag(Place("Persons"), None)
    assert world.shown(Audience.FULL) == before
    with world.catalog.reading() as session:
        assert session.scalars(select(CuratedValue)).all() == []
        assert session.scalars(select(HarvestedRecord)).all() == []


def tags(shown: dict[str, Any]) -> list[tuple[str, list[tuple[str, str, str, float]]]]:
    return [
        (column["header"], [(tag["tag"], tag["origin"], tag["rule"], tag["confidence"]) for tag in column["tags"]])
        for file in shown["distributions"]
        for column in file["columns"]
    ]


def test_a_persons_hashtag_outranks_all_and_follows_its_header(world: World):
    world.tag(Place("persons"), "#Affected +IDPs")
    world.tag(Place("State"), "none")
    curated = ("#affected+idps", "curated", "steward, 2026-11-01", 1.0)
    assert tags(world.shown())[:2] == [("State", []), ("Persons", [curated])]
    file = RECORD.distributions[0]
    moved = tuple(replace(column, position=column.position + 1) for column in file.columns)
    more = replace(file, columns=(ColumnRecord("Data", 0, "Age group"), *moved))
    world.harvest(replace(RECORD, distributions=(more,)))
    assert tags(world.shown())[1:3] == [("State", []), ("Persons", [curated])]
    assert {"tag": "#affected+idps", "origin": "curated"} in world.shown()["tags"]
    assert "#affected+killed" not in str(world.shown())
    found = world.beside(Place("persons").field)
    assert (found["harvested"], found["curated"], found["effective"]) == (
        "#affected+killed (declared)", "#affected+idps", "#affected+idps (curated)",
    )  # fmt: skip


def test_a_column_that_is_no_longer_there_is_told_to_stewards_alone(world: World):
    world.tag(Place("Persons"), "#affected+idps")
    file = RECORD.distributions[0]
    world.harvest(replace(RECORD, distributions=(replace(file, columns=file.columns[:1]),)))
    assert world.beside(Place("Persons").field)["gone"] == "2026-11-01T08:03:00Z"
    assert "Persons" not in str(world.shown(Audience.FULL))
    world.harvest(RECORD)
    assert world.beside(Place("Persons").field)["gone"] is None
    assert tags(world.shown())[1][1][0][:2] == ("#affected+idps", "curated")


def test_one_sheet_counts_before_all(world: World):
    world.tag(Place("Persons"), "#affected+idps")
    world.tag(Place("Persons", "Data"), "#population")
    assert tags(world.shown())[1][1][0][0] == "#population"


def test_the_stricter_of_both_texts_counts(world: World):
    assert world.shown(Audience.FULL)["level"]["level"] == "unclassified"
    world.tag(Place("Remarks"), "#affected+name")
    risen = world.shown(Audience.FULL)["level"]
    assert (risen["level"], risen["asserted_by"]) == ("severe", "rule")
    world.tag(Place("Remarks"), None)
    assert world.shown(Audience.FULL)["level"]["level"] == "severe", "only a steward lowers"


def test_no_correction_lowers_a_level(world: World):
    file = RECORD.distributions[0]
    bad = replace(file, columns=(ColumnRecord("Data", 0, "Persons", "#affected+name"), *file.columns[2:]))
    closed = replace(RECORD, remote_id="a1", distributions=(bad,))
    world.harvest(closed)
    level = world.shown(Audience.FULL)["level"]
    assert level["level"] == "severe"
    world.tag(Place("Persons"), "none")
    world.harvest(replace(closed, caveats="Sample."))
    assert world.shown(Audience.FULL)["level"] == level


def test_a_correction_names_nobody_who_is_not_to_be_named(world: World, assessor: Assessor):
    unnamed = assessor.rules.disclosing.unnamed
    shut = unnamed.model_copy(update={"organisations": ("Northfold Tracking",)})
    table = assessor.rules.disclosing.model_copy(update={"unnamed": shut})
    world.judge = Assessor(replace(assessor.rules, disclosing=table, digest="shut"))
    world.harvest(replace(RECORD, notes={"en": "Sample: told by Northfold Tracking."}))
    assert "Northfold" not in str(world.shown())
    world.correct(holder="Sample Relief")
    assert "Northfold" not in str(world.shown())
    assert world.shown(Audience.FULL)["holders"] == ["Sample Relief"]
    assert "Northfold" in str(world.shown(Audience.FULL))


def test_of_a_record_that_is_hidden_nothing_of_the_correction_is_left(world: World):
    world.correct(title="Sample: Quietcorrection", description="Sample: Quietcorrection.")
    world.tag(Place("Persons"), "#quietcorrection")
    world.do(levels.raise_level, ID, Level.SEVERE, FIRST, "Sample reason.")
    assert "uietcorrection" not in str(world.shown())
    assert "curated" not in world.shown()
    world.harvest(replace(RECORD, visibility=Visibility.OWNER))
    for audience in (Audience.PUBLIC, Audience.COMMUNITY):
        assert world.shown(audience) == {}
    assert "curated" not in world.shown(Audience.FULL)
    assert [line for line in world.everything().splitlines() if "uietcorrection" in line] == []
    with pytest.raises(Refused, match="made it private"):
        world.correct(title="Sample: other")


@pytest.mark.parametrize(
    ("field", "given", "told"),
    [
        ("title", "none", "title: a record cannot be without a title. Write the title that it should have."),
        ("title", "Ask jane@sample.example", "title: it holds an e-mail address. Take it out: the register"),
        ("places", "Atlantis", 'places: "Atlantis" is no country. Write the country\'s name or ISO code, such as UKR.'),
        ("topics", "displacment", 'topics: "displacment" is no topic. Did you mean "displacement"?'),
        ("access", "on_reqest", 'access: "on_reqest" is no way of access. Did you mean "on_request"?'),
        ("period", "2026-05-01 to 2026-04-01", "period: it ends on 2026-04-01, before it begins."),
        ("period", "04/05/2019", 'period: "04/05/2019": it may be two days'),
        ("update_rhythm", "often", 'update_rhythm: "often" is no rhythm. Write days, such as 30, or one of: daily,'),
        ("ask_at", "jane.doe@sample.example", "ask_at: it may be a person's own mailbox. Write the office's mailbox"),
        ("admin_level", "9", 'admin_level: "9" is no administrative level. Write a number from 0 to 5.'),
        ("languages", "English!", 'languages: "english!" is no code of a language.'),
        (Place("Persons").field, "affected people", 'hashtag: "affected people" is no HXL hashtag. Write one such as'),
        (
            Place("Person").field,
            "#affected",
            'column: the record has no column "Person" there. Did you mean "Persons"?',
        ),
    ],
)
def test_a_wrong_value_is_named_and_nothing_is_written(world: World, field: str, given: str, told: str):
    before = world.everything()
    with pytest.raises(Faulty) as refused:
        world.do(acts.correct, ID, {field: given, "licence": "CC0"}, FIRST, WHY, world.bench)
    assert str(refused.value).startswith(told)
    assert world.everything() == before


def test_each_value_is_read_back_as_it_is_shown(world: World):
    world.correct(
        title="Sample: a", description="Sample.\nTwo lines.", holder="OCHA; Sample Relief", owner="Sample Office",
        places="UKR; SSD", admin_level="0", topics="displacement; clearance", period="2025-01-05 to now",
        update_rhythm="every 10 days", access="bilateral", how_to_ask="One.\nTwo.", ask_at="https://sample.example/ask",
        licence="CC0", languages="fr; en", caveats="None known.", mailing_list="https://sample.example/list",
        contact="info@sample.example",
    )  # fmt: skip
    with world.catalog.reading() as session:
        found = acts.side_by_side(session, ID, world.bench, NOW.date())
        state = acts.state_of(session, ID, world.bench, NOW.date())
        given = {one["field"]: one["effective"] for one in found if one["curated"] is not None}
        changes_, faults = acts.planned(state, given, world.judge)
    assert faults == {}
    assert [one.outcome for one in changes_] == ["unchanged"] * len(given)
    assert {one["field"]: one["curated"] for one in found if one["curated"] is not None} == given


def test_nothing_is_written_that_changes_nothing(world: World):
    for given in ({"title": "Sample: movment tracking baseline"}, {"licence": None}):
        with pytest.raises(Refused, match="Nothing would change"):
            world.correct(**given)
    with pytest.raises(Refused, match="Say why"):
        world.do(acts.correct, ID, {"title": "Sample"}, FIRST, " ", world.bench)
    with pytest.raises(Refused, match="There is no such record"):
        world.do(acts.correct, UUID(int=1), {"title": "Sample"}, FIRST, WHY, world.bench)


def test_acts_are_in_the_audit_without_what_was_written(world: World):
    world.correct(title="Sample: Quiettitle")
    world.tag(Place("Persons"), "#affected+idps")
    world.do(acts.verify, ID, ["title"], SECOND)
    world.correct(title=None)
    with world.catalog.reading() as session:
        said = [(line["actor"], line["action"], line["subject"], line["reason"]) for line in audit.lines(session)]
        assert audit.verify(session) == []
    assert said == [
        (FIRST, "corrected title", str(ID), WHY),
        (FIRST, "corrected a column's hashtag", str(ID), WHY),
        (SECOND, "looked at a correction again", str(ID), ""),
        (FIRST, "took back the correction of title", str(ID), WHY),
    ]


def test_the_review_list_has_the_overdue_first(world: World):
    world.correct(title="Sample: a")
    world.correct(licence="CC0")
    world.do(acts.verify, ID, ["licence"], SECOND)

    def listed(viewer: Viewer, today: date, **more: Any) -> list[tuple[str, str, bool]]:
        with world.catalog.reading() as session:
            found = acts.review(session, viewer, today, **more)
        return [(one["field"], one["verified_by"], one["overdue"]) for one in found]

    soon, late = date(2026, 12, 1), date(2027, 11, 2)
    assert listed(STEWARD, soon) == [("title", FIRST, False), ("licence", SECOND, False)]
    assert listed(STEWARD, soon, overdue=True) == []
    assert listed(STEWARD, late) == [("title", FIRST, True), ("licence", SECOND, True)]
    assert listed(steward("C. Other", countries=["UKR"]), late) == []
    assert listed(PUBLIC, late) == []
    with pytest.raises(Refused, match="no such correction"):
        world.do(acts.verify, ID, ["places"], SECOND)


def test_a_name_that_means_another_organisation_is_said_once(world: World):
    known = Agents(world.judge.rules.agents)
    meant = world.do(names.say, "Northfold Tracking (NT)", "UNHCR", FIRST, WHY, known)
    assert meant == "United Nations High Commissioner for Refugees"
    with world.catalog.reading() as session:
        rules = names.with_names(session, world.judge.rules)
    assert rules.digest != world.judge.rules.digest
    world.judge = Assessor(rules)
    world.harvest(RECORD)
    assert world.shown()["holders"] == [meant]
    assert world.shown()["organizations"][0]["spelling"] == "Northfold Tracking (NT)"
    with pytest.raises(Refused, match="said already"):
        world.do(names.say, "northfold  tracking (NT)", "UNHCR", FIRST, WHY, known)
    with world.catalog.writing() as session:
        names.take_back(session, "Northfold Tracking (NT)", FIRST, WHY)
        assert names.listed(session, NOW.date()) == []
        assert names.with_names(session, rules) is rules


def test_a_correction_of_a_record_for_its_owner_alone_stays_theirs(world: World):
    closed = SOURCE.model_copy(update={"key": "closed", "visibility": "owner"})
    sync_sources(world.catalog, [SOURCE, closed])
    world.harvest(replace(RECORD, remote_id="c1"), source=closed)
    id_ = dataset_id("closed", "c1")
    world.do(acts.correct, id_, {"title": "Sample: Quietowner"}, FIRST, WHY, world.bench)
    with world.catalog.reading() as session:
        assert acts.review(session, STEWARD, date(2028, 1, 1)) == []
        assert document(session, STEWARD, str(id_)) is None
        found = document(session, EVERYTHING, str(id_))
    assert found is not None
    assert orjson.loads(found[0])["title"] == "Sample: Quietowner"


def test_the_way_down_loses_corrections_and_keeps_decisions(world: World):
    world.correct(title="Sample: a")
    with world.catalog.writing() as session:
        session.add(
            CuratedValue(dataset_id=ID, field="visibility", value={"to": "public"}, actor=FIRST, reason=WHY, at=NOW)
        )
    migrate(world.catalog.engine, "0008")
    with world.catalog.engine.connect() as connection:
        left = connection.execute(text("select field, actor from curated_value")).all()
    assert [tuple(row) for row in left] == [("visibility", FIRST)]
    migrate(world.catalog.engine)
    with world.catalog.reading() as session:
        [kept] = session.scalars(select(CuratedValue)).all()
        assert (kept.field, kept.keeper, kept.verified) == ("visibility", FIRST, None)
        assert session.scalars(select(Change)).first() is not None
    world.harvest(RECORD)
    assert world.shown()["title"] == "Sample: movment tracking baseline"
