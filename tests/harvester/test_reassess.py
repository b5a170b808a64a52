"""Judged again by other rules, without the portal: what changes is told, the next harvest finds nothing changed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import yaml
from sqlalchemy import func, select, update

from catalog import audit, batches, dump, shifts
from catalog.assess import Assessor
from catalog.changes import ChangeQuery, changes
from catalog.database import Catalog
from catalog.issues import Issue
from catalog.records import DatasetRecord
from catalog.rows import dataset_id
from catalog.runs import RunInProgress, begin
from catalog.tables import CatalogRecord, Dataset, HarvestRun, PayloadVersion
from catalog.viewer import Viewer, steward
from catalog.vocabulary import RecordState, RunState
from config.declarations import Concept, SensitivityRule, Source, Terms
from config.load import rules
from config.settings import Settings
from harvester.portal import Portal, RawRecord, RecordError, portals
from harvester.reassess import PAGE, Reassessment, reassess
from harvester.run import Report, harvest
from tests.journeys.installation import Installation
from tests.journeys.packages import package, packages
from tests.portals_served import ckan

COUNT = PAGE + 20
SHIPPED = rules(Settings())
RULES = replace(SHIPPED, sensitivity=tuple(rule for rule in SHIPPED.sensitivity if not rule.flag.startswith("pii=")))
CHANGED = replace(
    RULES,
    concepts=(*RULES.concepts, Concept(key="sheets", title={"en": "Sheets"}, terms=Terms(en=("sheet",)), topic=True)),
    sensitivity=(
        *RULES.sensitivity,
        SensitivityRule(
            id="sample-flag",
            version=1,
            level="high",
            flag="sdc_report_flag=YES",
            reason="Sample rule.",
            source="Sample guideline",
        ),
    ),
    digest="changed",
)
"""Every package is about sheets now, and one has a flag that says more."""


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return Assessor(RULES)


@pytest.fixture(scope="module")
def changed() -> Assessor:
    return Assessor(CHANGED)


class Kept:
    """A source that was harvested, and whose portal may be gone."""

    def __init__(self, catalog: Catalog, portal: ckan.Stage) -> None:
        self.catalog, self.stage = catalog, portal
        host = portal.address.removeprefix("http://")
        self.source = Source(key="sample", kind="hdx", title="Sample", url=portal.address, allow_hosts=(host,))
        self.portal: Portal = portals()["hdx"]

    def harvest(self, assessor: Assessor, *shown: dict[str, Any]) -> Report:
        self.stage.show(shown)
        return harvest(self.catalog, self.source, self.portal, assessor, Settings())

    def reassess(self, assessor: Assessor, **more: Any) -> Reassessment:
        """With no portal: every answer would be an error."""
        self.stage.show((), "http-500")
        return reassess(self.catalog, self.source, self.portal, assessor, Settings(), **more)

    def content(self, *tables: str) -> list[bytes]:
        with self.catalog.reading() as session:
            return [
                line for line in dump.lines(session) if not tables or any(f'"{t}"'.encode() in line for t in tables)
            ]


@pytest.fixture
def kept(catalog: Catalog) -> Iterator[Kept]:
    with ckan.stage() as stage:
        yield Kept(catalog, stage)


def flagged(number: int) -> dict[str, Any]:
    made = package(number)
    return made | {"resources": [made["resources"][0] | {"sdc_report_flag": "YES"}]}


def test_other_rules_change_what_they_touch_and_the_next_harvest_nothing(
    kept: Kept, assessor: Assessor, changed: Assessor
) -> None:
    shown = [*packages(COUNT - 1), flagged(COUNT - 1)]
    assert kept.harvest(assessor, *shown).run.counts.created == COUNT
    seen: list[tuple[int, int | None]] = []
    done = kept.reassess(changed, progress=lambda now: seen.append((now.seen, now.total)))
    assert (done.state, done.counts.seen, done.counts.updated, done.without) == (RunState.COMPLETE, COUNT, COUNT, 0)
    assert (done.fields["topics"], done.fields["concepts"], done.fields["level"]) == (COUNT, COUNT, 1)
    assert (seen, done.issues) == ([(PAGE, COUNT), (COUNT, COUNT)], [])

    with kept.catalog.reading() as session:
        told = changes(session, Viewer(), ChangeQuery(limit=1000))
        versions = session.scalar(select(func.count()).select_from(PayloadVersion))
        runs = list(session.scalars(select(HarvestRun.mode)))
        [line] = [line for line in audit.lines(session) if line["action"] == shifts.JUDGED]
        assert audit.verify(session) == []
    flagged_id = dataset_id("sample", package(COUNT - 1)["id"])
    assert (line["actor"], line["subject"], line["reason"]) == (
        "landmark", "sample judged again", f"levels raised: 1 ({flagged_id})",
    )  # fmt: skip
    assert (told.total, versions, runs) == (2 * COUNT, COUNT, ["full"])
    assert told.items[COUNT]["sentences"] == ["topic added: Sheets"]
    assert "sensitivity: not classified -> high (Sample rule.)" in told.items[-1]["sentences"]

    again = kept.harvest(changed, *shown)
    assert (again.state, again.run.counts.unchanged) == (RunState.COMPLETE, COUNT)
    with kept.catalog.reading() as session:
        # Found unchanged by its hash: what is judged again is kept again.
        assert session.scalar(select(func.count()).select_from(PayloadVersion)) == COUNT
    assert kept.reassess(changed).counts.unchanged == COUNT


def test_the_same_rules_change_nothing_at_all(kept: Kept, assessor: Assessor) -> None:
    kept.harvest(assessor, *packages(9))
    before = kept.content()
    done = kept.reassess(assessor)
    assert (done.state, done.counts.unchanged, done.fields) == (RunState.COMPLETE, 9, {})
    assert kept.content() == before


def test_whether_a_record_is_listed_stays_as_it_is(kept: Kept, assessor: Assessor, changed: Assessor) -> None:
    private = package(3, private=True)
    kept.harvest(assessor, *packages(3), private)
    kept.harvest(assessor, *packages(2), private)
    with kept.catalog.writing() as session:
        first = CatalogRecord.remote_id == package(0)["id"]
        session.execute(update(CatalogRecord).where(first).values(state=RecordState.WITHDRAWN))
    seen = states(kept.catalog)
    done = kept.reassess(changed)
    # One is withdrawn, one is held back by the portal; the missing one is judged with the listed one.
    assert (done.counts.seen, done.counts.updated, done.without) == (2, 2, 1)
    assert done.fields.keys() == {"concepts", "topics"}
    assert states(kept.catalog) == seen
    assert sorted(state for state, *_ in seen.values()) == ["listed", "listed", "missing", "withdrawn"]


def states(catalog: Catalog) -> dict[str, tuple[Any, ...]]:
    record = CatalogRecord
    with catalog.reading() as session:
        rows = session.execute(
            select(record.remote_id, record.state, record.last_seen, record.last_seen_run, record.missing_since)
        )
        return {row[0]: tuple(row[1:]) for row in rows}


def test_stopped_after_a_page_and_done_by_the_next(kept: Kept, assessor: Assessor, changed: Assessor) -> None:
    kept.harvest(assessor, *packages(COUNT))
    asked: list[int] = []
    first = kept.reassess(changed, progress=lambda now: asked.append(now.seen), stopped=lambda: bool(asked))
    assert (first.state, first.counts.updated) == (RunState.CANCELLED, PAGE)
    second = kept.reassess(changed)
    assert (second.state, second.counts.updated, second.counts.unchanged) == (RunState.COMPLETE, COUNT - PAGE, PAGE)


def test_one_at_a_time(kept: Kept, assessor: Assessor) -> None:
    kept.harvest(assessor, *packages(3))
    begin(kept.catalog, kept.source, "full")
    with pytest.raises(RunInProgress, match="sample is being harvested by process"):
        kept.reassess(assessor)

    def fail(*_: object) -> None:
        raise OSError("Sample fault.")

    other = Kept(kept.catalog, kept.stage)
    other.source = kept.source.model_copy(update={"key": "other"})
    other.harvest(assessor, *packages(3))
    with pytest.raises(OSError, match="Sample fault"):
        other.reassess(assessor, progress=fail)
    assert other.reassess(assessor).counts.unchanged == 3


class Stricter:
    """The same portal kind, read by a later version that cannot make sense of some records."""

    kind = "hdx"

    def __init__(self, refused: str) -> None:
        self._refused, self._portal = refused, portals()["hdx"]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return getattr(self._portal, name)  # type: ignore[no-any-return]

    def normalize(self, source: Source, record: RawRecord) -> DatasetRecord:
        if record.remote_id == self._refused:
            raise RecordError("sample-fault", "title", "It cannot be read.")
        return self._portal.normalize(source, record)


def test_a_record_that_cannot_be_read_any_more_stays_as_it_was(
    kept: Kept, assessor: Assessor, changed: Assessor
) -> None:
    kept.harvest(assessor, *packages(4))
    refused = package(2)["id"]
    kept.portal = Stricter(refused)  # type: ignore[assignment]
    done = kept.reassess(changed)
    assert (done.state, done.counts.failed, done.counts.updated) == (RunState.PARTIAL, 1, 3)
    assert [(issue.code, issue.remote_id) for issue in done.issues] == [("sample-fault", refused)]
    kept.portal = portals()["hdx"]
    assert kept.harvest(changed, *packages(4)).run.counts.updated == 1


def test_what_the_rules_of_today_would_lower_waits_for_a_steward(
    kept: Kept, assessor: Assessor, changed: Assessor
) -> None:
    kept.harvest(changed, package(0), flagged(1))
    done = kept.reassess(assessor)
    assert "level" not in done.fields
    with kept.catalog.reading() as session:
        [waiting] = batches.proposed(session, steward("sample"))
    assert (waiting["old"], waiting["new"], waiting["basis"]) == (
        "high", "unclassified", "The rule sample-flag (high) is gone."
    )  # fmt: skip


def test_the_command_reports_what_changed(tmp_path: Any) -> None:
    landmark = Installation(tmp_path)
    with ckan.stage() as stage:
        stage.show(packages(6))
        landmark.declare("sample", stage.address)
        landmark.run("init")
        assert landmark.harvest("sample")["created"] == 6
        concepts = landmark.config / "rules" / "concepts"
        concepts.mkdir(parents=True)
        written = {"title": {"en": "Sheets"}, "terms": {"en": ["sheet"]}}
        (concepts / "sheets.yaml").write_text(yaml.safe_dump(written), encoding="utf-8")
        answer = landmark.run("reassess", "--source", "sample", "--json")
        assert answer.json() == {
            "total": 1,
            "items": [
                {
                    "source": "sample",
                    "state": "complete",
                    "seen": 6,
                    "created": 0,
                    "updated": 6,
                    "unchanged": 0,
                    "failed": 0,
                    "skipped": 0,
                    "without_payload": 0,
                    "fields": {"concepts": 6, "topics": 6},
                    "issues": {},
                }
            ],
            "facets": {},
            "next": "",
        }
        assert "concepts changed in 6" in answer.err
        assert landmark.harvest("sample")["unchanged"] == 6
    assert "There is no source" in landmark.run("reassess", "--source", "sampel", code=64).err


def test_an_edited_source_closes_at_once_and_what_it_would_open_is_counted(kept: Kept, assessor: Assessor) -> None:
    def shown() -> list[str]:
        with kept.catalog.reading() as session:
            return sorted({visibility.value for visibility in session.scalars(select(Dataset.visibility))})

    def told(issues: Iterable[Issue]) -> list[tuple[str, str, str]]:
        return [(issue.code, issue.severity, issue.message.split(" by ")[0]) for issue in issues]

    def edit(visibility: str) -> None:
        kept.source = kept.source.model_copy(update={"visibility": visibility})

    listed = packages(3)
    kept.harvest(assessor, *listed)
    assert shown() == ["public"]
    edit("owner")
    report = kept.harvest(assessor, *listed)
    assert (report.run.counts.updated, told(report.issues), shown()) == (3, [], ["owner"])
    edit("public")
    report = kept.harvest(assessor, *listed)
    would = ("would-open", "warning", "More people would know of 3 records")
    assert (report.state, told(report.issues), shown()) == (RunState.COMPLETE, [would], ["owner"])
    assert told(kept.reassess(assessor).issues) == [would]
    assert told(kept.harvest(assessor, *listed).issues) == []
