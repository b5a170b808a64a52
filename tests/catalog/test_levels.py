"""Levels as people change them: who may, what waits, what everybody is shown then, and what is written down."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select, text
from typer.testing import CliRunner

from catalog import audit, batches, levels, privacy
from catalog.assess import Assessor
from catalog.changes import ChangeQuery, changes
from catalog.database import Catalog
from catalog.explanation import Proposal, explain
from catalog.levels import Conflict, Desk, Refused
from catalog.names import same_person
from catalog.protocols import Protocols
from catalog.query import DatasetQuery
from catalog.records import ColumnRecord, DatasetRecord, DistributionRecord, LocationRecord, PortalFlag
from catalog.rows import Entry, dataset_id
from catalog.runs import sync_sources
from catalog.search import Reader, follow
from catalog.sensitivity import Assertion, effective
from catalog.store import Store
from catalog.tables import Disclosure, LevelAssertion, ProposedLowering
from catalog.viewer import EVERYTHING, PUBLIC, Viewer, breaking_glass, steward
from catalog.vocabulary import Audience, Level, Visibility
from config.declarations import SensitivityRule, Source
from config.load import rules
from config.settings import Settings
from landmark import app

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
TODAY = NOW.date()
SOURCE = Source(key="sample", kind="hdx", title="Sample portal", url="http://127.0.0.1:9")
RECORD = DatasetRecord(
    remote_id="a1",
    title={"en": "Sample: what is held at Quietcanary"},
    landing_page="http://127.0.0.1:9/dataset/a1",
    distributions=(
        DistributionRecord("r1", "List", "http://127.0.0.1:9/list.csv", columns=(ColumnRecord("", 0, "State"),)),
    ),
)
ANOTHER = replace(RECORD, remote_id="a2", title={"en": "Sample: another"})
ID, OTHER = dataset_id("sample", "a1"), dataset_id("sample", "a2")
SHIPPED = rules(Settings())
FIRST, SECOND = "A. Sample", "B. Sample"


def rule(level: Level) -> SensitivityRule:
    """What the flag ``sample=<level>`` means."""
    key, said = f"sample-{level.replace('_', '-')}", f"Sample: {level}."
    return SensitivityRule(
        id=key, version=1, level=level.value, flag=f"sample={level}", reason=said, source="Sample guideline"
    )


RULES = tuple(rule(level) for level in Level)
SIGNALS = (
    SensitivityRule(
        id="sample-scan", version=1, flag="sample=scan", reason="Sample: a scan found something.", source="Sample"
    ),
    SensitivityRule(
        id="sample-quarantine", version=1, flag="sample=quarantine", reason="Sample: held back.", source="Sample",
        withhold_links=True,
    ),
)  # fmt: skip

MILDER = tuple(
    {
        "sample-severe": RULES[3].model_copy(update={"version": 2, "level": "moderate", "reason": "Sample: milder."}),
        "sample-high": RULES[2].model_copy(update={"version": 2, "level": "moderate", "reason": "Sample: milder."}),
    }.get(one.id, one)
    for one in RULES
)


def flagged(*names: str, record: DatasetRecord = RECORD) -> DatasetRecord:
    return replace(record, flags=tuple(PortalFlag("sample", name, "r1") for name in names))


def judge(*said: SensitivityRule) -> Assessor:
    """Judges by these rules alone."""
    digest = repr([(one.id, one.version, one.level) for one in said])
    return Assessor(replace(SHIPPED, concepts=(), protocols=(), general=(), sensitivity=said, digest=digest))


class World:
    """A catalog, and what befalls it."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog, self.now, self.rules = catalog, NOW, judge(*RULES, *SIGNALS)
        sync_sources(catalog, [SOURCE])

    def harvest(self, *records: DatasetRecord, by: Assessor | None = None) -> None:
        self.rules = by or self.rules
        self.now += timedelta(minutes=1)
        entries = [
            Entry(one, self.rules.assess(one, SOURCE, self.now.date()), self.now.isoformat(), b"{}", one.landing_page)
            for one in records
        ]
        with self.catalog.writing() as session:
            Store(SOURCE, self.rules, self.catalog.address.drivername).write(session, None, entries, self.now)

    def do(self, act: Callable[..., Any], *given: Any, **more: Any) -> Any:
        self.now += timedelta(minutes=1)
        with self.catalog.writing() as session:
            return act(session, *given, desk=Desk(now=self.now), **more)

    def lower(self, level: Level, actor: str = FIRST, id_: UUID = ID, expected: int | None = None) -> levels.Act:
        done: levels.Act = self.do(levels.lower, id_, level, actor, "Sample reason.", expected=expected)
        return done

    def level(self, id_: UUID = ID) -> str:
        return str(self.told(id_)["level"])

    def told(self, id_: UUID = ID, today: date = TODAY) -> dict[str, Any]:
        with self.catalog.reading() as session:
            return levels.explanation(session, self.document(Audience.FULL, id_), today, named=True)

    def document(self, audience: Audience, id_: UUID = ID) -> dict[str, Any]:
        where = Disclosure.dataset_id == id_, Disclosure.audience == audience
        with self.catalog.reading() as session:
            found: dict[str, Any] = orjson.loads(session.scalars(select(Disclosure.document).where(*where)).one())
        return found

    def said(self) -> list[tuple[str, str, str, str]]:
        """Lines of the audit."""
        with self.catalog.reading() as session:
            assert audit.verify(session) == []
            return [(line["actor"], line["action"], line["subject"], line["reason"]) for line in audit.lines(session)]

    def fed(self, viewer: Viewer = EVERYTHING) -> list[list[str]]:
        """Sentences of the change feed."""
        with self.catalog.reading() as session:
            return [list(item["sentences"]) for item in changes(session, viewer, ChangeQuery()).items]

    def proposed(self) -> list[tuple[str, str, bool]]:
        with self.catalog.reading() as session:
            found = batches.proposed(session, steward("sample"))
        return [(item["old"], item["new"], item["pending"]) for item in found]

    @property
    def batch(self) -> str:
        with self.catalog.reading() as session:
            [batch] = {item["batch"] for item in batches.proposed(session, steward("sample"))}
        return str(batch)


@pytest.fixture
def world(catalog: Catalog) -> World:
    return World(catalog)


def test_a_named_person_raises_at_once_for_every_audience(world: World) -> None:
    world.harvest(RECORD)
    assert world.document(Audience.PUBLIC)["distributions"][0]["url"] == "http://127.0.0.1:9/list.csv"
    act = world.do(levels.raise_level, ID, Level.SEVERE, FIRST, "Sample: names of victims.")
    assert (act.before.name, act.level.name, act.pending) == ("unclassified", "severe", False)
    public, full = world.document(Audience.PUBLIC), world.document(Audience.FULL)
    assert public["level"]["level"] == full["level"]["level"] == "severe"
    assert (full["level"]["asserted_by"], full["level"]["review_by"]) == ("steward", "2027-05-01")
    assert [(entry["url"], entry["columns"]) for entry in public["distributions"]] == [("", [])]
    assert full["distributions"][0]["url"] == "http://127.0.0.1:9/list.csv"
    assert world.fed()[-1] == ["sensitivity: not classified -> severe (Sample: names of victims.)"]
    assert world.said() == [(FIRST, "raised the level to severe", str(ID), "Sample: names of victims.")]


def test_a_title_that_names_a_village_leaves_the_index_when_its_level_rises(world: World, tmp_path: Path) -> None:
    world.harvest(RECORD)

    def found() -> list[int]:
        follow(world.catalog, tmp_path)
        reader = Reader(tmp_path, PUBLIC.index)
        return [reader.search(DatasetQuery(q=words, limit=5), TODAY).total for words in ("Quietcanary", "")]

    assert found() == [1, 1]
    world.do(levels.raise_level, ID, Level.SEVERE, FIRST, "Sample: Quietcanary is named.")
    assert found() == [0, 1]
    assert "quietcanary" not in repr(world.document(Audience.PUBLIC)).lower()
    assert "quietcanary" not in repr(world.fed(PUBLIC)).lower()
    assert "Quietcanary" in world.document(Audience.FULL)["title"]


def test_a_steward_lowers_high_alone_with_a_reason(world: World) -> None:
    world.harvest(flagged("high"))
    assert world.lower(Level.LOW_NO).pending is False
    assert world.level() == world.document(Audience.PUBLIC)["level"]["level"] == "low_no"
    assert world.document(Audience.PUBLIC)["distributions"][0]["url"] == "http://127.0.0.1:9/list.csv"
    world.harvest(flagged("high", "moderate"))
    assert world.level() == "moderate", "a rule that sees more raises again"


def test_severe_is_lowered_by_two_and_until_then_not_at_all(world: World) -> None:
    world.harvest(flagged("severe"))
    before = world.document(Audience.PUBLIC)
    assert world.lower(Level.MODERATE).pending is True
    assert (world.level(), world.document(Audience.PUBLIC)) == ("severe", before)
    told = world.told()
    assert [one["standing"] for one in told["assertions"]] == ["counts", "pending"]
    assert "A lowering to moderate waits for a second steward." in told["would_change"]
    for own in (FIRST, "  a.  SAMPLE "):
        with pytest.raises(Refused, match="another steward must accept it"):
            world.do(levels.accept, ID, own)
    assert world.level() == "severe"
    act = world.do(levels.accept, ID, SECOND, "Sample: agreed.")
    assert (act.before.name, act.level.name, world.level()) == ("severe", "moderate", "moderate")
    assert world.told()["assertions"][1] | {"id": 0} == {
        "id": 0, "level": "moderate", "scope": "dataset", "asserted_by": "steward", "actor": FIRST,
        "since": "2026-11-01T08:02:00Z", "basis": "a person's judgement", "rule": "", "rule_version": 0,
        "evidence": "", "confidence": 1.0, "reason": "Sample reason.", "protocol": "", "statement": "",
        "isp_date": None, "review_by": "2027-11-01", "accepted_by": SECOND, "supersedes": told["assertions"][0]["id"],
        "withholds_links": False, "standing": "counts",
    }  # fmt: skip
    assert [line[:2] for line in world.said()] == [
        (FIRST, "asked to lower the level to moderate"),
        (SECOND, "accepted the lowering to moderate"),
    ]
    with pytest.raises(Refused, match="No lowering"):
        world.do(levels.accept, ID, SECOND)


def test_a_raise_after_a_lowering_that_waits_holds_when_it_is_accepted(world: World) -> None:
    world.harvest(flagged("severe"))
    world.lower(Level.LOW_NO)
    world.harvest(flagged("severe", "high"))
    world.do(levels.accept, ID, SECOND)
    assert world.level() == "high"


def test_a_declined_lowering_can_be_accepted_no_longer(world: World) -> None:
    world.harvest(flagged("severe"))
    world.lower(Level.LOW_NO)
    world.do(levels.decline, ID, SECOND, "Sample: no.")
    with pytest.raises(Refused, match="No lowering"):
        world.do(levels.accept, ID, "C. Sample")
    assert (world.level(), len(world.told()["assertions"])) == ("severe", 1)
    with world.catalog.reading() as session:
        assert len(session.scalars(select(LevelAssertion)).all()) == 3, "nothing is deleted"


def test_the_second_of_two_who_save_at_once_is_told(world: World) -> None:
    world.harvest(flagged("high"))
    seen = world.told()["newest"]
    world.lower(Level.MODERATE, FIRST, expected=seen)
    with pytest.raises(Conflict):
        world.lower(Level.LOW_NO, SECOND, expected=seen)
    with pytest.raises(Conflict):
        world.do(levels.confirm, ID, SECOND, "Sample.", expected=seen)
    assert world.level() == "moderate"
    assert len(world.said()) == 1, "a refused act leaves nothing behind"


@pytest.mark.parametrize(
    ("act", "given", "why"),
    [
        (levels.raise_level, (Level.HIGH, FIRST, "Sample."), "is high already"),
        (levels.raise_level, (Level.SEVERE, " ", "Sample."), "Say who you are"),
        (levels.raise_level, (Level.SEVERE, FIRST, " "), "Say why"),
        (levels.lower, (Level.SEVERE, FIRST, "Sample."), "would not lower it"),
        (levels.lower, (Level.LOW_NO, FIRST, ""), "Say why"),
        (levels.lower, (Level.LOW_NO, "", "Sample."), "Say who you are"),
        (levels.confirm, (FIRST, ""), "Say why"),
        (levels.decline, (FIRST, "Sample."), "No lowering"),
    ],
)
def test_what_is_refused_changes_nothing(
    world: World, act: Callable[..., Any], given: tuple[Any, ...], why: str
) -> None:
    world.harvest(flagged("high"))
    more = {"expected": None} if act in {levels.lower, levels.confirm} else {}
    with pytest.raises(Refused, match=why):
        world.do(act, ID, *given, **more)
    with pytest.raises(Refused, match="no such record"):
        world.do(act, OTHER, *given, **more)
    assert (world.level(), world.said(), len(world.fed())) == ("high", [], 1)


def test_reviews_past_their_date_are_flagged_and_lower_nothing(world: World) -> None:
    world.harvest(flagged("severe"), flagged("low_no", record=ANOTHER))
    later = date(2027, 5, 2)

    def late() -> list[tuple[str, str, str]]:
        with world.catalog.reading() as session:
            found = levels.overdue(session, steward("sample"), later)
        return [(item["id"], item["level"], item["review_by"]) for item in found]

    assert late() == [(str(ID), "severe", "2027-05-01")]
    told = world.told(today=later)
    assert (told["level"], told["overdue"], world.told()["overdue"]) == ("severe", True, False)
    world.now = datetime(2027, 5, 2, 9, tzinfo=UTC)
    act = world.do(levels.confirm, ID, FIRST, "Sample: reviewed.", expected=None)
    assert (act.level.name, late()) == ("severe", [])
    assert world.document(Audience.PUBLIC)["level"]["review_by"] == "2027-11-02"
    assert world.fed()[-1][-1] == "sensitivity to be reviewed by: 2027-05-01 -> 2027-11-02"


def test_a_quarantine_withholds_links_whatever_a_steward_says_of_the_level(world: World) -> None:
    world.harvest(flagged("quarantine", "high"))
    world.lower(Level.LOW_NO)
    public = world.document(Audience.PUBLIC)
    assert (public["level"]["level"], public["distributions"][0]["url"]) == ("low_no", "")
    assert any("lifts its quarantine" in sentence for sentence in world.told()["would_change"])
    world.do(levels.confirm, ID, FIRST, "Sample: reviewed.", expected=None)
    world.harvest(flagged("high"))
    public = world.document(Audience.PUBLIC)
    assert (public["level"]["level"], public["distributions"][0]["url"]) == ("low_no", "http://127.0.0.1:9/list.csv")


def test_a_scan_alone_asks_stewards_for_attention_as_long_as_the_portal_says_so(world: World) -> None:
    world.harvest(flagged("scan", "moderate"))
    public = world.document(Audience.PUBLIC)
    assert b"scan" not in orjson.dumps(public), "it would point at the file"
    with world.catalog.reading() as session:
        told = levels.explanation(session, public, TODAY, named=False)
    assert (told["attention"], [said["rule"] for said in told["assertions"]]) == ([], ["sample-moderate"])
    assert [said["standing"] for said in world.told()["assertions"]] == ["counts", "signal"]
    assert public["distributions"][0]["url"] == "http://127.0.0.1:9/list.csv"
    assert world.told()["attention"] == ["Sample: a scan found something."]
    world.harvest(RECORD)
    assert world.told()["attention"] == []


def test_new_rules_propose_and_a_steward_decides(world: World) -> None:
    world.harvest(flagged("high"), flagged("high", record=ANOTHER))
    for _ in range(2):
        world.harvest(flagged("high"), flagged("high", record=ANOTHER), by=judge(*MILDER))
        assert (world.level(), world.level(OTHER)) == ("high", "high")
        assert world.proposed() == [("high", "moderate", False)] * 2
    [found] = world.told()["proposals"]
    assert found["basis"] == "The rule sample-high is at version 2; version 1 said high."
    done = world.do(batches.accept_batch, world.batch, steward(FIRST), "Sample: the rule was too strict.")
    assert [(act.before.name, act.level.name) for act in done.acts] == [("high", "moderate")] * 2
    assert (world.level(), world.level(OTHER), world.proposed()) == ("moderate", "moderate", [])
    assert world.document(Audience.PUBLIC)["distributions"][0]["url"] == "http://127.0.0.1:9/list.csv"
    world.harvest(flagged("high"), flagged("high", record=ANOTHER))
    assert (world.level(), world.proposed()) == ("moderate", [])
    assert [line[1] for line in world.said()] == ["lowered the level to moderate"] * 2 + [
        "accepted 2 lowerings of new rules"
    ]
    with pytest.raises(Refused, match="Nothing waits"):
        world.do(batches.accept_batch, "none", steward(FIRST), "Sample.")


def test_severe_ones_are_left_out_of_the_batch_and_take_two(world: World) -> None:
    world.harvest(flagged("severe"), flagged("high", record=ANOTHER))
    world.harvest(flagged("severe"), flagged("high", record=ANOTHER), by=judge(*MILDER))
    batch = world.batch
    done = world.do(batches.accept_batch, batch, steward(FIRST), "Sample.")
    assert (len(done.acts), done.severe, world.level(), world.level(OTHER)) == (1, (ID,), "severe", "moderate")
    assert world.do(batches.accept_proposal, batch, ID, steward(FIRST), "Sample.").pending
    assert (world.level(), world.proposed()) == ("severe", [("severe", "moderate", True)])
    with pytest.raises(Refused, match="another steward"):
        world.do(batches.accept_proposal, batch, ID, steward(FIRST), "Sample.")
    world.do(batches.accept_proposal, batch, ID, steward(SECOND), "Sample.")
    assert (world.level(), world.proposed()) == ("moderate", [])
    with world.catalog.reading() as session:
        decided = session.scalars(select(ProposedLowering.decided_by).order_by(ProposedLowering.id)).all()
    assert sorted(decided) == [FIRST, SECOND]


def test_a_rule_that_is_gone_leaves_nothing_once_a_steward_agrees(world: World) -> None:
    world.harvest(flagged("high"))
    world.harvest(flagged("high"), by=judge())
    assert (world.level(), world.proposed()) == ("high", [("high", "unclassified", False)])
    world.do(batches.accept_batch, world.batch, steward(FIRST), "Sample: the rule was wrong.")
    told = world.told()
    assert (told["level"], told["basis"], told["assertions"][0]["standing"]) == ("unclassified", None, "lowered")
    assert world.document(Audience.PUBLIC)["level"]["basis"] == "not assessed"


def test_a_rejected_batch_is_not_proposed_again_by_the_same_rules(world: World) -> None:
    world.harvest(flagged("high"))
    world.harvest(flagged("high"), by=judge(*MILDER))
    assert world.do(batches.reject_batch, world.batch, steward(FIRST), "Sample: no.") == 1
    world.harvest(flagged("high"))
    assert (world.level(), world.proposed()) == ("high", [])
    world.harvest(flagged("high"), by=judge())
    assert world.proposed() == [("high", "unclassified", False)]


def test_a_proposal_does_not_outlive_what_it_was_made_of(world: World) -> None:
    world.harvest(flagged("high"))
    world.harvest(flagged("high"), by=judge(*MILDER))
    batch = world.batch
    world.do(levels.confirm, ID, SECOND, "Sample: it is high all the same.", expected=None)
    assert world.do(batches.accept_batch, batch, steward(FIRST), "Sample.").changed == (ID,)
    assert world.level() == "high"
    world.harvest(flagged("high"))
    assert world.proposed() == []


def test_what_the_portal_no_longer_says_is_proposed_by_no_rules(world: World) -> None:
    world.harvest(flagged("high"))
    world.harvest(RECORD)
    world.harvest(RECORD, by=judge(*RULES[:2], RULES[2], RULES[3].model_copy(update={"version": 2})))
    assert (world.level(), world.proposed()) == ("high", [])


def test_links_that_a_rule_withheld_are_given_back_by_a_steward_too(world: World) -> None:
    strict = RULES[1].model_copy(update={"withhold_links": True})
    world.harvest(flagged("moderate"), by=judge(strict))
    world.harvest(flagged("moderate"), by=judge(RULES[1].model_copy(update={"version": 2})))
    assert (world.document(Audience.PUBLIC)["distributions"][0]["url"], world.proposed()) == (
        "", [("moderate", "moderate", False)]
    )  # fmt: skip
    world.do(batches.accept_batch, world.batch, steward(FIRST), "Sample.")
    assert world.document(Audience.PUBLIC)["distributions"][0]["url"] == "http://127.0.0.1:9/list.csv"


def test_a_level_lowered_by_re_harvest_is_impossible(world: World) -> None:
    world.harvest(flagged("severe"))
    for record, by in (
        (RECORD, None),
        (flagged("low_no"), None),
        (flagged("severe"), judge(*MILDER)),
        (RECORD, judge()),
        (replace(RECORD, title={"en": "Sample: renamed"}, distributions=()), judge(*RULES)),
    ):
        world.harvest(record, by=by)
        assert world.level() == world.document(Audience.PUBLIC)["level"]["level"] == "severe"


def test_the_explanation_tells_strangers_no_names() -> None:
    said = [
        Assertion("dataset", Level.SEVERE, "rule", "column name", "sample-rule", 1, 'header contains "name"', "Sample.",
                  0.8, date(2024, 5, 1), "sample-isp", "severe 3", review_by=date(2026, 10, 31), id=1, valid_from=NOW),
        Assertion("dataset", Level.LOW_NO, "steward", "a person's judgement", "", 0, "", "Quietcanary said so.",
                  actor=FIRST, id=2, valid_from=NOW),
    ]  # fmt: skip
    told = explain(said, TODAY, [Proposal("b1", "severe", "high", "Sample.")], named=False)
    assert (told["level"], told["overdue"], told["protocol"]) == (
        "severe", True, {"key": "sample-isp", "date": "2024-05-01", "statement": "severe 3"}
    )  # fmt: skip
    assert (told["assertions"][1]["reason"], told["assertions"][1]["actor"]) == ("Decided by a steward.", "")
    assert FIRST not in repr(told)
    assert "Quietcanary" not in repr(told)
    assert told["would_change"] == [
        "A steward may lower it with a reason; from severe a second steward must agree.",
        "A lowering to low or no sensitivity waits for a second steward.",
        "The rules of today would say high (batch b1); a steward decides.",
        "Neither the portal nor a rule can lower it, nor can the passing of its review date.",
    ]
    assert "Quietcanary said so." in repr(explain(said, TODAY))


@contextmanager
def command(world: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[int, str]]]:
    monkeypatch.setenv("LANDMARK_DATABASE_URL", world.catalog.address.render_as_string(hide_password=False))
    monkeypatch.setenv("LANDMARK_DATA_DIR", str(folder))
    monkeypatch.delenv("LANDMARK_ACTOR", raising=False)

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
        return done.exit_code, done.output

    yield run


def test_the_command_explains_and_changes_levels(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world.harvest(flagged("severe"), flagged("high", record=ANOTHER))
    with command(world, tmp_path, monkeypatch) as landmark:
        code, said = landmark("classify", str(ID), "--explain")
        assert code == 0, said
        assert "Level: severe." in said
        wanted = (
            "by portal, on 2026-11-01, portal flag, sample=severe, rule sample-severe version 1, review by 2027-05-01"
        )
        assert wanted in " ".join(said.split())
        code, said = landmark("classify", str(ID), "--lower", "low_no", "--reason", "Sample.", "--as", FIRST)
        assert (code, said.splitlines()[0]) == (
            0, "It waits: another steward must accept it. Until then the level stays."
        )  # fmt: skip
        code, said = landmark("classify", str(ID), "--accept", "--as", FIRST)
        assert (code, said) == (1, f"{FIRST} asked for this lowering; another steward must accept it.\n")
        code, said = landmark("classify", str(ID), "--accept", "--as", SECOND)
        assert said.startswith("The level is low or no sensitivity now; it was severe.")
        code, said = landmark("classify", str(ID), "--json")
        told = orjson.loads(said)
        assert (told["level"], told["assertions"][1]["actor"]) == ("low_no", "")
        assert (
            orjson.loads(landmark("classify", str(ID), "--json", "--as", FIRST)[1])["assertions"][1]["actor"] == FIRST
        )
        code, said = landmark("classify", str(OTHER), "--confirm", "--reason", "x", "--as", FIRST, "--expected", "0")
        assert (code, "since you looked" in said) == (1, True)
        assert landmark("classify", "none") == (1, 'There is no dataset "none". Find its id with "landmark search".\n')
        world.harvest(flagged("high", record=ANOTHER), by=judge(*MILDER))
        code, said = landmark("levels", "proposals", "--json", "--as", FIRST)
        [item] = orjson.loads(said)["items"]
        assert (item["id"], item["old"], item["new"]) == (str(OTHER), "high", "moderate")
        assert landmark("levels", "accept", item["batch"], "--reason", "Sample.", "--as", FIRST) == (
            0, "Lowered: 1 record.\n"
        )  # fmt: skip
        assert landmark("levels", "overdue", "--as", FIRST)[0] == 0
    assert world.level(OTHER) == "moderate"


def test_grounds_that_the_record_is_shown_without_are_not_explained_either(world: World) -> None:
    world.harvest(flagged("severe"))
    world.do(levels.confirm, ID, FIRST, "Sample: reviewed.", expected=None)
    with world.catalog.reading() as session:
        told = levels.explanation(session, world.document(Audience.PUBLIC), TODAY, named=False)
    assert [(one["level"], one["asserted_by"], one["reason"], one["evidence"]) for one in told["assertions"]] == [
        ("severe", "portal", "", ""),
        ("severe", "steward", "", ""),
    ]
    assert world.told()["assertions"][0]["evidence"] == "sample=severe"


def test_whose_name_was_erased_cannot_come_back_as_the_second(world: World) -> None:
    world.harvest(flagged("severe"))
    world.lower(Level.LOW_NO)
    with world.catalog.writing() as session:
        assert privacy.erase(session, FIRST, SECOND)
    for name in (FIRST, "C. Sample"):
        with pytest.raises(Refused, match="not known any more"):
            world.do(levels.accept, ID, name)
    assert world.level() == "severe"


def test_a_lowering_that_waits_is_no_part_of_what_new_rules_propose(world: World) -> None:
    world.harvest(flagged("severe", "high"))
    world.lower(Level.LOW_NO)
    world.harvest(flagged("severe", "high"), by=judge(*RULES[:3]))
    assert world.proposed() == [("severe", "high", False)]


def test_nobody_is_their_own_second_in_the_tables_either() -> None:
    severe = Assertion("dataset", Level.SEVERE, "rule", "column name", "sample-rule", 1, "", "Sample.")
    lower = Assertion(
        "dataset", Level.LOW_NO, "steward", "", "", 0, "", "Sample.", actor=FIRST, accepted_by="a. sample "
    )
    assert effective([severe, lower]).name == "severe"
    assert effective([severe, replace(lower, accepted_by=SECOND)]).name == "low_no"


def test_a_harvest_that_meets_a_steward_renders_what_the_steward_said(world: World) -> None:
    world.harvest(RECORD)
    began = Event()

    def harvest() -> None:
        began.set()
        world.harvest(replace(RECORD, licence="Sample licence"))

    with ThreadPoolExecutor(1) as pool:
        with world.catalog.writing() as session:
            levels.raise_level(session, ID, Level.SEVERE, FIRST, "Sample reason.", desk=Desk(now=NOW))
            going = pool.submit(harvest)
            began.wait()
            # On SQLite the other waits before it reads anything.
            while world.catalog.address.drivername.startswith("postgresql") and not session.scalar(WAITING):
                assert not going.done()
        going.result()
    assert world.level() == world.document(Audience.FULL)["level"]["level"] == "severe"
    assert world.document(Audience.FULL)["licence"] == "Sample licence"


WAITING = text("select count(*) from pg_locks where not granted")


def test_a_steward_decides_on_records_of_their_own_sources_and_countries(world: World) -> None:
    there = replace(ANOTHER, locations=(LocationRecord("SSD"),))
    hidden = replace(RECORD, remote_id="a3", visibility=Visibility.OWNER)
    for by in (judge(*RULES), judge(*MILDER)):
        world.harvest(flagged("high"), flagged("high", record=there), flagged("high", record=hidden), by=by)
    batch = world.batch

    def waiting(viewer: Viewer) -> set[str]:
        with world.catalog.reading() as session:
            return {item["id"] for item in batches.proposed(session, viewer)}

    own = dataset_id("sample", "a3")
    country, source, other = (steward(FIRST, *of) for of in (((), ["SSD"]), (["sample"],), ((), ["UKR"])))
    assert [waiting(viewer) for viewer in (country, source, other, breaking_glass(FIRST))] == [
        {str(OTHER)}, {str(ID), str(OTHER)}, set(), {str(ID), str(OTHER), str(own)}
    ]  # fmt: skip
    with pytest.raises(Refused, match="Nothing"):
        world.do(batches.accept_batch, batch, other, "Sample.")
    with pytest.raises(Refused, match="of this record"):
        world.do(batches.accept_proposal, batch, ID, country, "Sample.")
    world.do(batches.accept_batch, batch, country, "Sample.")
    assert (world.level(), world.level(OTHER)) == ("high", "moderate")
    world.do(batches.reject_batch, batch, source, "Sample.")
    assert (waiting(breaking_glass(FIRST)), world.level(own)) == ({str(own)}, "high")


def test_a_new_version_that_says_the_same_leaves_a_stewards_lowering_alone(world: World) -> None:
    world.harvest(flagged("high"))
    world.lower(Level.LOW_NO)
    again = RULES[2].model_copy(update={"version": 2, "reason": "Sample: said otherwise."})
    world.harvest(flagged("high"), by=judge(again))
    assert (world.level(), world.proposed(), len(world.told()["assertions"])) == ("low_no", [], 2)
    world.harvest(flagged("high", "severe"), by=judge(again, RULES[3]))
    assert world.level() == "severe"


def test_how_facts_are_read_is_part_of_the_version_of_what_protocols_say() -> None:
    now = Protocols(SHIPPED.protocols, SHIPPED.general, SHIPPED.facts).versions
    facts = SHIPPED.facts.model_copy(update={"version": SHIPPED.facts.version + 1})
    later = Protocols(SHIPPED.protocols, SHIPPED.general, facts).versions
    assert later == {rule: version + 1 for rule, version in now.items()}
    first = SHIPPED.protocols[0]
    newer = first.model_copy(update={"key": "newer", "supersedes": first.key, "version_date": TODAY})
    replaced = Protocols([*SHIPPED.protocols, newer]).versions
    assert (f"protocol-{first.key}" in now, f"protocol-{first.key}" in replaced) == (True, False)


def test_a_quarantine_lasts_as_long_as_the_portal_gives_it_whatever_becomes_of_our_rule(world: World) -> None:
    def link() -> str:
        return str(world.document(Audience.PUBLIC)["distributions"][0]["url"])

    world.harvest(flagged("quarantine", "scan"))
    narrowed = SIGNALS[1].model_copy(update={"version": 2, "topics": ("clearance",)})
    for said in ((), (narrowed,), SIGNALS):
        world.harvest(flagged("quarantine", "scan"), by=judge(*RULES, *said))
        assert link() == "", said
    world.harvest(flagged("quarantine", "scan"), by=judge(*RULES))
    assert world.told()["attention"] == [], "a rule that only asks for attention ends with it"
    world.harvest(RECORD)
    assert link() == "http://127.0.0.1:9/list.csv", "the portal lifted it"


def test_a_lowering_keeps_the_links_withheld_that_another_rule_withholds(world: World) -> None:
    def public() -> tuple[str, bool]:
        shown = world.document(Audience.PUBLIC)
        return shown["level"]["level"], bool(shown["distributions"][0]["url"])

    contacts = RULES[1].model_copy(update={"withhold_links": True})
    world.harvest(flagged("moderate", "high"), by=judge(contacts, RULES[2], RULES[3]))
    world.lower(Level.MODERATE)
    assert public() == ("moderate", False)
    world.do(levels.lower, ID, Level.LOW_NO, FIRST, "Sample: no contacts.", expected=None, release_links=True)
    assert public() == ("low_no", True)
    world.harvest(flagged("moderate", "high", record=ANOTHER))
    world.do(levels.confirm, OTHER, FIRST, "Sample: no contacts.", expected=None, release_links=True)
    assert world.told(OTHER)["links_withheld"] is False
    world.do(levels.raise_level, OTHER, Level.SEVERE, FIRST, "Sample.")
    with pytest.raises(Refused, match="second steward"):
        world.do(levels.confirm, OTHER, FIRST, "Sample.", expected=None, release_links=True)


def test_a_file_that_comes_after_a_lowering_is_judged_anew(world: World) -> None:
    tagged = SensitivityRule(id="geo", version=1, level="high", hxl=("#geo",), reason="Sample.", source="Sample")
    one, two = (
        DistributionRecord(key, key, f"http://127.0.0.1:9/{key}.csv", columns=(ColumnRecord("", 0, "Where", "#geo"),))
        for key in ("r1", "r2")
    )
    world.harvest(replace(RECORD, distributions=(one,)), by=judge(tagged))
    world.lower(Level.LOW_NO)
    world.harvest(replace(RECORD, distributions=(one,), title={"en": "Sample: renamed"}))
    assert world.level() == "low_no"
    world.harvest(replace(RECORD, distributions=(one, two)))
    assert world.level() == "high"
    world.lower(Level.LOW_NO)
    world.harvest(replace(RECORD, distributions=(two, one)))
    world.harvest(replace(RECORD, distributions=(two,)))
    assert world.level() == "low_no"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Amal Karim", "Amal Karim (laptop)", True),
        ("Amal Karim", "amal\u00a0\u200bKARIM", True),
        ("Amal Karim", "Amal K\u200barim", True),
        ("Ren\u00e9 Sample", "Rene\u0301 Sample", True),
        ("\uff21mal Karim", "Amal-Karim", True),
        ("Karim", "Amal Karim", True),
        ("Amal Karim Office", "Amal Karim Home", True),
        ("Amal Karim", "Amal Samir", False),
        ("A. Sample", "B. Sample", False),
        ("\u200b", "", True),
        ("Olena Sample", "\u041elena Sample", True),
        ("Olena Sample", "SAMPLE, OLENA", True),
        ("Boris Sample", "\u0412oris Sample", True),
        ("Nina Sample", "\u039dina Sample", True),
        ("\u041e\u043b\u0435\u043d\u0430", "\u041e\u043b\u0435\u043d\u0430 ", True),
        ("Amal Karim", "\u0391m\u0430\u04cf Karim", True),
        ("Amal Karim", "Amal \u3164Karim\ufe0f", True),
        ("Alice Sample", "A1ice Sample", True),
        ("Olena Sample", "Olga Sample", False),
        ("\u041e\u043b\u0435\u043d\u0430", "\u041e\u043b\u044c\u0433\u0430", False),
    ],
)
def test_a_second_steward_is_another_beyond_doubt(one: str, other: str, same: bool) -> None:
    assert (same_person(one, other), same_person(other, one)) == (same, same)


def test_of_several_lowerings_that_wait_none_is_accepted_unseen(world: World) -> None:
    world.harvest(flagged("severe"))
    world.lower(Level.HIGH)
    world.lower(Level.LOW_NO)
    with pytest.raises(Refused, match="More than one"):
        world.do(levels.accept, ID, SECOND)
    world.do(levels.accept, ID, SECOND, expected=world.told()["newest"])
    assert world.level() == "low_no"
