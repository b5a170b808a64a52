"""A record becomes an assessed one: topics, hashtags with origin, levels, access, freshness. Pure, no I/O."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from catalog.agents import AgentIdentity, Agents, role_mailbox
from catalog.concepts import ConceptFound, Concepts
from catalog.freshness import Freshness, freshness
from catalog.hxl.evidence import MAPPED_FROM_2014
from catalog.hxl.rows import current
from catalog.hxl.tagger import Tagger
from catalog.hxl.tags import canonical
from catalog.protocols import Protocols
from catalog.records import BY_STEWARD, AccessRecord, AgentRecord, AgentRole, ColumnRecord, DatasetRecord
from catalog.sensitivity import Assertion, Sensitivity
from catalog.vocabulary import AccessModality, Artefact, Role, TagOrigin, Visibility
from config.declarations import Source
from config.load import Rules

VERSION = 5
"""Raised when this module judges the same record differently, so that stored records are judged again."""

STEPS = {
    AccessModality.OPEN: "Download it from the portal's page of this dataset.",
    AccessModality.REGISTER: "Create an account at the portal, then download it from the dataset's page.",
    AccessModality.ON_REQUEST: "Ask the holder through the portal's page of this dataset.",
    AccessModality.UNDER_AGREEMENT: "Ask the holder for a data sharing agreement.",
    AccessModality.BILATERAL: "Ask the holder directly; it is shared case by case.",
    AccessModality.ON_SITE: "Ask the holder for a visit; the data does not leave its premises.",
    AccessModality.NOT_SHARED: "It is not shared; ask the holder for a safe product made from it.",
    AccessModality.UNKNOWN: "How to get it is not known: ask the publisher.",
}
"""What a reader can do, where the portal gives no steps of its own."""
CONTRADICTED = "header says otherwise"
"""Ends the rule of a declared hashtag that its own header contradicts."""
_DOUBTED = 0.3
_CERTAIN = 0.8
"""From this confidence on an inferred hashtag tells what a record is about."""


@dataclass(frozen=True, slots=True)
class TaggedColumn:
    """A hashtag on a column; ``tagspec`` is canonical, ``confidence`` from 0 to 1.

    ``rule`` is who declared it (``portal``, ``file``), or the ids of the rules that inferred it.
    """

    distribution: str
    sheet: str
    position: int
    tagspec: str
    origin: TagOrigin
    rule: str
    confidence: float


@dataclass(frozen=True, slots=True)
class IdentifiedRole:
    """What a resolved organisation is to the dataset, and how the portal spelt it."""

    agent: AgentIdentity
    role: Role
    contact: str
    spelling: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """What Landmark adds to a record, each part with its evidence."""

    concepts: tuple[ConceptFound, ...]
    tags: tuple[TaggedColumn, ...]
    assertions: tuple[Assertion, ...]
    agents: tuple[IdentifiedRole, ...]
    access: tuple[AccessRecord, ...]
    freshness: Freshness
    visibility: Visibility


class Assessor:
    """The rules, made ready once for many records.

    Attributes:
        digest: Changes when the rules or this code do; part of every record's hash (:meth:`stamp`).
        rules: What it was made from.
        versions: Of all rules that assert levels, by their ids.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.concepts = Concepts(rules.concepts)
        self.tagger = Tagger(rules)
        self.agents = Agents(rules.agents, rules.names)
        self.sensitivity = Sensitivity(rules.sensitivity)
        self.protocols = Protocols(rules.protocols, rules.general, rules.facts)
        self.versions = self.sensitivity.versions | self.protocols.versions
        self.titles = {concept.key: concept.title["en"] for concept in rules.concepts}
        self.topics = frozenset(concept.key for concept in rules.concepts if concept.topic)
        self.digest = f"{VERSION}-{rules.digest}"

    def stamp(self, source: Source) -> str:
        """What goes into the hash of a source's records beside what its portal says; with it they are judged again."""
        return self.digest if source.visibility == Visibility.PUBLIC.value else f"{self.digest}-{source.visibility}"

    def assess(self, record: DatasetRecord, source: Source, today: date) -> Assessment:
        """Judge one record; ``today`` only sets when an assertion is to be reviewed."""
        declared = tuple(self._declared(record))
        believed = [tag for tag in declared if tag.confidence > _DOUBTED]
        found = self.concepts.found("\n".join(record.title.values()), "\n".join(record.notes.values()), record.keywords)
        concepts = _merged(found, self.concepts.by_hashtags(sorted({tag.tagspec for tag in believed})))
        topics = frozenset(concept.key for concept in concepts) & self.topics
        inferred = tuple(self._inferred(record, declared, topics))
        certain = {tag.tagspec for tag in inferred if tag.confidence >= _CERTAIN}.difference(
            tag.tagspec for tag in believed
        )
        guessed = self.concepts.by_hashtags(certain) if certain else ()
        return Assessment(
            concepts=_merged(concepts, guessed) if guessed else concepts,
            tags=declared + inferred,
            # Levels rest on what is declared and on the headers themselves, never on a guess.
            assertions=self._asserted(record, source, topics, concepts, declared, today),
            agents=tuple(self._agents(record, source)),
            access=tuple(_access(record, source)),
            freshness=freshness(record.modified, record.reviewed, record.update_frequency),
            visibility=_stricter(record.visibility, Visibility(source.visibility)),
        )

    def _asserted(
        self,
        record: DatasetRecord,
        source: Source,
        topics: frozenset[str],
        concepts: tuple[ConceptFound, ...],
        tags: Sequence[TaggedColumn],
        today: date,
    ) -> tuple[Assertion, ...]:
        """What single rules say, and what the protocols of the record's countries do."""
        asserted = self.sensitivity.asserted(record, topics, today)
        tagged = {tag.tagspec: None for tag in tags} if tags else {}
        return asserted + self.protocols.asserted(
            record, concepts, tagged, self.sensitivity.columns, today, lambda: _published(record, source, asserted)
        )

    def _declared(self, record: DatasetRecord) -> Iterator[TaggedColumn]:
        for key, columns in _tables(record):
            for column in columns:
                if column.told_by.startswith(BY_STEWARD):
                    if tag := canonical(column.hashtag):
                        curated = TagOrigin.CURATED
                        yield TaggedColumn(key, column.sheet, column.position, tag, curated, column.told_by, 1.0)
                elif column.hashtag and (tag := canonical(column.hashtag)):
                    doubted = bool(self.tagger.contradicts(column.header, tag))
                    rule = f"{column.told_by}; {CONTRADICTED}" if doubted else column.told_by
                    sure = _DOUBTED if doubted else 1.0
                    yield TaggedColumn(key, column.sheet, column.position, tag, TagOrigin.DECLARED, rule, sure)
                    if (today := current(tag)) != tag:
                        rule = f"{MAPPED_FROM_2014}{tag}"
                        yield TaggedColumn(key, column.sheet, column.position, today, TagOrigin.MAPPED, rule, sure)

    def _inferred(
        self, record: DatasetRecord, declared: Sequence[TaggedColumn], topics: Collection[str]
    ) -> Iterator[TaggedColumn]:
        """What headers tell of columns for which no hashtag is declared, or one that they contradict."""
        known = {(tag.distribution, tag.sheet, tag.position) for tag in declared if tag.confidence > _DOUBTED}
        for key, columns in _tables(record):
            sheets: dict[str, list[ColumnRecord]] = {}
            for column in columns:
                sheets.setdefault(column.sheet, []).append(column)
            for sheet, there in sheets.items():
                headers = [column.header for column in there]
                guesses = self.tagger.infer(headers, sheet=sheet, title=record.display_title, topics=topics)
                for column, guess in zip(there, guesses, strict=True):
                    by_person = column.told_by.startswith(BY_STEWARD)
                    if guess is not None and not by_person and (key, sheet, column.position) not in known:
                        yield TaggedColumn(
                            key, sheet, column.position, guess.hashtag, TagOrigin.INFERRED, guess.rule, guess.confidence
                        )

    def _agents(self, record: DatasetRecord, source: Source) -> Iterator[IdentifiedRole]:
        roles = record.agents
        if not roles and source.publisher:
            roles = (AgentRole(AgentRecord(source.publisher), Role.PUBLISHER),)
        given = set()
        for entry in roles:
            identity = self.agents.resolve(entry.agent)
            if (identity.id, entry.role) not in given:
                given.add((identity.id, entry.role))
                contact = entry.contact if "@" not in entry.contact else role_mailbox(entry.contact, identity.acronym)
                yield IdentifiedRole(identity, entry.role, contact, entry.agent.name)


def _tables(record: DatasetRecord) -> Iterator[tuple[str, tuple[ColumnRecord, ...]]]:
    """Distributions that have columns, by their keys; the record's own columns under an empty one."""
    if record.columns:
        yield "", record.columns
    for entry in record.distributions:
        if entry.columns:
            yield entry.key, entry.columns


def _merged(*groups: tuple[ConceptFound, ...]) -> tuple[ConceptFound, ...]:
    by_key: dict[str, ConceptFound] = {}
    for group in groups:
        for entry in group:
            known = by_key.get(entry.key)
            by_key[entry.key] = replace(known, evidence=known.evidence + entry.evidence) if known else entry
    return tuple(by_key[key] for key in sorted(by_key))


def _access(record: DatasetRecord, source: Source) -> Iterator[AccessRecord]:
    """The portal's word, else the source's default; steps and address filled in."""
    for entry in _ways(record, source):
        if entry.steps and entry.address:
            yield entry
        else:
            steps = entry.steps or (STEPS[entry.modality],)
            yield replace(entry, steps=steps, address=entry.address or record.landing_page)


def _ways(record: DatasetRecord, source: Source) -> tuple[AccessRecord, ...]:
    """The data's among them: who says how a report can be had has not said that the data can be had so."""
    if any(entry.artefact is Artefact.DATA for entry in record.access):
        return record.access
    return (AccessRecord(AccessModality.UNKNOWN if record.access else AccessModality(source.access)), *record.access)


def _published(record: DatasetRecord, source: Source, asserted: Sequence[Assertion]) -> bool:
    """Whether the holder itself lets everybody have the data, and no sign speaks against it."""
    given = {entry.modality for entry in _ways(record, source) if entry.artefact is Artefact.DATA}
    return (
        source.visibility == "public"
        and record.visibility in {None, Visibility.PUBLIC}
        and given == {AccessModality.OPEN}
        and not any(assertion.withhold_links for assertion in asserted)
    )


def _stricter(declared: Visibility | None, default: Visibility) -> Visibility:
    return default if declared is None else max(declared, default, key=list(Visibility).index)
