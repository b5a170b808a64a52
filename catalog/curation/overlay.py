"""What people say of a record laid over what its source says: another record, judged by the stricter of both. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from catalog.assess import Assessment, Assessor
from catalog.concepts import ConceptFound
from catalog.curation import columns
from catalog.curation.fields import FIELDS, same, topics_of
from catalog.marks import AGENTS, PLACES
from catalog.records import BY_STEWARD, ColumnRecord, DatasetRecord
from catalog.rows import Entry
from catalog.sensitivity import Assertion
from config.declarations import Source

TOPICS = "topics"


@dataclass(frozen=True, slots=True)
class Fact:
    """What a person says of one field.

    Attributes:
        field: A key of :data:`catalog.curation.fields.FIELDS`, or a column's.
        value: As the field keeps it.
        at: When it was said.
        known: Whether it is known what the source said of it when it was last read; ``harvested`` is that.
        caught_up: Since when the source says the same; None if it does not.
        gone: Since when the column is not there.
    """

    field: str
    value: Any
    at: datetime
    known: bool = False
    harvested: Any = None
    caught_up: datetime | None = None
    gone: datetime | None = None


@dataclass(frozen=True, slots=True)
class Laid:
    """A record under what people say of it.

    Attributes:
        entry: Ready to be written, with its marks.
        harvested: The record as its source gives it.
        facts: With what the source says now.
    """

    entry: Entry
    harvested: DatasetRecord
    facts: tuple[Fact, ...]


def laid_over(entry: Entry, facts: Sequence[Fact], assessor: Assessor, source: Source, now: datetime) -> Laid:
    """An entry as its source gives it, with what people say in the place of what it says.

    Levels rest on both: what either asserts is asserted.
    """
    # What another version of Landmark let people correct is kept, and waits for it.
    facts = [fact for fact in facts if fact.field in FIELDS or columns.place_of(fact.field) is not None]
    by_field = {fact.field: fact for fact in facts}
    record, judged = entry.record, entry.assessment
    told = tuple(_told(fact, record, judged, assessor, now) for fact in facts)
    for key, field in FIELDS.items():
        if key in by_field and field.put is not None:
            record = field.put(record, by_field[key].value, source)
    record = _tagged(record, facts)
    assessment = assessor.assess(record, source, now.date()) if record != entry.record else judged
    if TOPICS in by_field:
        assessment = replace(assessment, concepts=_with_topics(assessment, by_field[TOPICS].value, assessor))
    assertions = judged.assertions + _more(judged.assertions, assessment.assertions)
    # Of a column that its file no longer has nothing is told but to stewards.
    marks = tuple(_mark(fact) for fact in told if fact.gone is None)
    made = replace(entry, record=record, assessment=replace(assessment, assertions=assertions), curated=marks)
    return Laid(made, entry.record, told)


def harvested_value(field: str, record: DatasetRecord, assessment: Assessment, assessor: Assessor) -> Any:  # noqa: ANN401 - JSON
    """What a source says of a field, as the field keeps it; of a column its hashtags, with where they come from."""
    place = columns.place_of(field)
    if place is not None:
        there = {(file, column.sheet, column.position) for file, column in columns.found(record, place)}
        tags = {
            (tag.tagspec, tag.origin.value): [tag.tagspec, tag.origin.value]
            for tag in assessment.tags
            if (tag.distribution, tag.sheet, tag.position) in there
        }
        return [tags[key] for key in sorted(tags)]
    if field == TOPICS:
        return topics_of(assessment, assessor.topics)
    return FIELDS[field].of(record, assessment)


def says_the_same(field: str, value: Any, harvested: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether a source says what a person says; a hashtag only where it declares it, and no other."""
    if columns.place_of(field) is None:
        return same(value, harvested)
    return [tag for tag, _ in harvested] == ([value] if value else [])


def _told(fact: Fact, record: DatasetRecord, judged: Assessment, assessor: Assessor, now: datetime) -> Fact:
    """The fact with what the source says of it now."""
    place = columns.place_of(fact.field)
    if place is not None and not columns.found(record, place):
        return replace(fact, known=True, harvested=[], caught_up=None, gone=fact.gone or now)
    harvested = harvested_value(fact.field, record, judged, assessor)
    agrees = says_the_same(fact.field, fact.value, harvested)
    return replace(
        fact, known=True, harvested=harvested, caught_up=(fact.caught_up or now) if agrees else None, gone=None
    )


def _tagged(record: DatasetRecord, facts: Sequence[Fact]) -> DatasetRecord:
    placed = [(place, fact) for fact in facts if (place := columns.place_of(fact.field)) is not None]
    if not placed:
        return record
    # What is said of one sheet counts before what is said of all.
    placed.sort(key=lambda one: (one[0].file is None, one[0].sheet is None))

    def tag_of(file: str, column: ColumnRecord) -> tuple[str, str] | None:
        fact = next((fact for place, fact in placed if place.holds(file, column)), None)
        return None if fact is None else (fact.value, f"{BY_STEWARD}, {_day(fact.at)}")

    return columns.with_tags(record, tag_of)


def _with_topics(assessment: Assessment, wanted: Sequence[str], assessor: Assessor) -> tuple[ConceptFound, ...]:
    found = {one.key: one for one in assessment.concepts if one.key not in assessor.topics or one.key in wanted}
    for key in wanted:
        if key in assessor.topics:
            found.setdefault(key, ConceptFound(key, ()))
    return tuple(found[key] for key in sorted(found))


def _more(said: Sequence[Assertion], also: Sequence[Assertion]) -> tuple[Assertion, ...]:
    known = {_word(one) for one in said}
    return tuple(one for one in also if _word(one) not in known)


def _word(said: Assertion) -> tuple[object, ...]:
    return said.rule, said.scope, said.evidence, said.level, said.withhold_links


def _mark(fact: Fact) -> Mapping[str, Any]:
    """What the full document says of a correction (:mod:`catalog.marks`)."""
    mark: dict[str, Any] = {"field": fact.field, "by": BY_STEWARD, "at": _day(fact.at)}
    if fact.caught_up is not None:
        mark["caught_up"] = _day(fact.caught_up)
    if fact.field in AGENTS | PLACES and (other := [told for told in fact.harvested or () if told not in fact.value]):
        mark["source"] = other
    return mark


def _day(moment: datetime | date) -> str:
    return moment.isoformat()[:10]
