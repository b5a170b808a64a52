"""What countries' information sharing protocols say of a record: facts found in it, and statements that hold for it.

A protocol is held as coded facts (``config/rules/sensitivity/protocols``), none of its words; what people read is made
from the facts. A statement holds for data as fine as its own places or finer: whoever calls a table moderate by
district does not call it less by village. Where a country's protocol is silent, or there is none, the rules of
``general.yaml`` hold, which are ours, and where these are silent too, what most other protocols say.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache

from catalog.columns import ColumnNames, Phrases, header_words
from catalog.concepts import ConceptFound, Concepts
from catalog.hxl.tags import matches
from catalog.records import DatasetRecord
from catalog.sensitivity import Assertion, review_by
from catalog.text import tokens
from catalog.vocabulary import Level
from config.declarations import PLACES, Concept, FactRules, GeneralRule, Protocol, Statement, Terms

BASIS = "information sharing protocol"
FIELDS = (
    "theme", "granularity", "form", "persons", "consent", "area", "partners", "cluster", "disaggregation", "timing",
)  # fmt: skip
UNSTATED = "unstated"
PEOPLE = frozenset({"personal", "staff", "victims"})
"""Values of ``persons`` that mean single people."""
STRICT = frozenset({"ordnance", "casualties", "contacts", "staff"})
"""Themes of which the strictest of what protocols say is taken, not what most say."""
MADE_TO_BE_SHARED = frozenset({"product", "planning", "cod"})
"""Themes of which what most statements say is taken where they differ: authors, not facts, set the others apart."""
_ADMIN = ("national", "adm1", "adm2", "adm3", "adm4", "adm4")
_SECTOR = {"ordnance": "mine-action", "protection": "protection"}
"""Sectors that a theme is of, whether a record says so or not."""
_FINENESS = {name: place for place, name in enumerate((*PLACES, "organisation", "household", "individual"))}
_BACKING_OFF = (
    FIELDS,
    ("theme", "granularity", "form", "persons", "consent", "area", "cluster"),
    ("theme", "granularity", "form", "persons"),
    ("theme", "granularity", "form"),
    ("theme", "granularity"),
    ("theme", "form"),
    ("theme",),
    (),
)
"""What is compared with other protocols' statements: first everything, then less and less."""
_OF_PERSONS = frozenset({
    "person-name", "person-id", "birth-date", "identity-number", "marital-status", "ethnicity", "religion", "biometric",
    "bank", "health-status", "politics",
})  # fmt: skip
"""Families that only people have; telephones, mailboxes and addresses are a clinic's too."""
_TELLING = frozenset({"granularity", "form", "persons"})
"""Facts without which nothing is judged."""
_OF_ROWS = frozenset({"needs", "feedback", "protection", "registration", "health", "displacement"})
"""Themes whose raw rows are about people."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What kind of data it is, in the words of :class:`config.declarations.Statement`.

    Attributes:
        evidence: Where each fact was seen: names of facts, fields, hashtags and headers' rules, never a value.
    """

    theme: str
    granularity: str = UNSTATED
    form: str = UNSTATED
    persons: str = UNSTATED
    consent: str = UNSTATED
    area: str = UNSTATED
    partners: str = UNSTATED
    cluster: str = ""
    disaggregation: str = UNSTATED
    timing: str = UNSTATED
    evidence: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules say of data with certain facts.

    Attributes:
        rule: ``protocol-ukr``, ``general-ordnance-place`` or ``protocols-agree``.
        version: Of that rule.
        protocol: Key of the protocol, empty where it is our own word.
        statement: Level and number, such as ``moderate 3``; of our rules their id.
        reason: In sentences of ours.
        confidence: From 0 to 1.
    """

    level: Level
    rule: str
    version: int
    protocol: str
    statement: str
    reason: str
    confidence: float
    version_date: date | None = None


class Protocols:
    """All protocols, made ready once for many records.

    Attributes:
        versions: Of the rules that assertions of this module name.
    """

    def __init__(
        self, protocols: Iterable[Protocol], general: Iterable[GeneralRule] = (), rules: FactRules | None = None
    ) -> None:
        self.protocols = {protocol.key: protocol for protocol in protocols}
        self.general = tuple(general)
        self._rules = rules or FactRules()
        self._by_country: dict[str, list[Protocol]] = {}
        for protocol in self.protocols.values():
            if protocol.statements and protocol.iso3:
                self._by_country.setdefault(protocol.iso3, []).append(protocol)
        self._parted = {iso3 for iso3, there in self._by_country.items() if any(entry.area for entry in there)}
        # How facts are read is part of every one of these rules; a protocol that another replaces is one no longer.
        read = self._rules.version - 1
        gone = {protocol.supersedes for protocol in self.protocols.values() if protocol.version_date is not None}
        self.versions = (
            {f"protocol-{key}": entry.version + read for key, entry in self.protocols.items() if key not in gone}
            | {f"general-{rule.id}": rule.version + read for rule in self.general}
            | {"protocols-agree": sum(protocol.version for protocol in self.protocols.values()) + read}
        )
        self._reading = _Reading(self._rules)
        self._cached = lru_cache(20_000)(self._judged)

    def asserted(
        self,
        record: DatasetRecord,
        concepts: Sequence[ConceptFound],
        tags: Iterable[str],
        names: ColumnNames,
        today: date,
        published: Callable[[], bool] = bool,
    ) -> tuple[Assertion, ...]:
        """At most one assertion: the strictest of what holds in the record's countries.

        None where too little is known: a theme alone judges nothing. That data is low is left to its country's
        protocol, for what is not classified is kept more closely than what is low.

        Args:
            record: Of a portal, normalised.
            concepts: Found in it.
            tags: Canonical hashtags of its columns.
            names: Reads its columns' headers.
            today: The day whose protocols count, and from which the review is counted.
            published: Asked whether its holder publishes the data openly, where that matters.
        """
        facts = self._reading.of(record, concepts, tags, names)
        if facts is None or _thin(facts):
            return ()
        countries = {place.iso3: None for place in record.locations}
        ordered = [code for code in countries if code in self._by_country] or list(countries)[:1]
        areas = self._areas(record, ordered) if not self._parted.isdisjoint(ordered) else ()
        judgement = self._cached(facts, tuple(ordered), areas, today, published())
        if judgement is None or (not judgement.protocol and judgement.level is Level.LOW_NO):
            return ()
        return (_assertion(judgement, facts, today),)

    def facts(
        self, record: DatasetRecord, concepts: Sequence[ConceptFound], tags: Iterable[str], names: ColumnNames
    ) -> Facts | None:
        """What kind of data a record is, as far as its title, columns and flags tell; None without a theme."""
        return self._reading.of(record, concepts, tags, names)

    def read(self, text: str) -> Facts:
        """The facts in a phrase, by its words alone; the theme is ``other`` where none is named."""
        return self._reading.text(text)

    def judged(
        self,
        facts: Facts,
        countries: Sequence[str] = (),
        areas: Collection[str] = (),
        day: date | None = None,
        *,
        published: bool = False,
    ) -> Judgement | None:
        """The strictest that holds in these countries on a day.

        Args:
            facts: Of the data.
            countries: Upper-case ISO3 codes.
            areas: Names of the areas within them that the data is about; without, every protocol of a country counts.
            day: Which versions count; without, all that nothing has superseded.
            published: Its holder publishes it openly.
        """
        return self._judged(facts, tuple(countries), tuple(sorted(areas)), day, published)

    def of(self, iso3: str, areas: Collection[str] = (), day: date | None = None) -> tuple[Protocol, ...]:
        """The protocols of a country that count for some of its areas on a day; in doubt all of them."""
        there = self._by_country.get(iso3, [])
        folded = {_folded(area) for area in areas}
        named = [entry for entry in there if not entry.area or any(_folded(name) in folded for name in entry.area)]
        chosen = named if folded and named else there
        in_force = [entry for entry in chosen if not (day and entry.version_date and entry.version_date > day)]
        gone = {entry.supersedes for entry in in_force if entry.version_date is not None}
        return tuple(entry for entry in in_force if entry.key not in gone)

    def predicted(self, facts: Facts, *, without: Collection[str] = (), ours: bool = True) -> Judgement:
        """What holds where no protocol speaks: our general rules, and what other countries' protocols agree on.

        Args:
            facts: Of the data.
            without: ISO3 codes whose protocols are not asked.
            ours: Whether our general rules are.
        """
        rule = next((rule for rule in self.general if _fits(rule, facts)), None) if ours else None
        if rule is not None:
            return Judgement(
                Level(rule.level), f"general-{rule.id}", self.versions[f"general-{rule.id}"], "", rule.id,
                f"No protocol's word, but ours: {rule.reason}", 0.7,
            )  # fmt: skip
        level, votes, asked = self._agreement(facts, frozenset(without))
        return Judgement(
            level, "protocols-agree", self.versions["protocols-agree"], "", "",
            f"No protocol's word, but what others say of such data: {votes} of {asked} statements hold it "
            f"{_said(level)}.", 0.5,
        )  # fmt: skip

    def _agreement(self, facts: Facts, without: frozenset[str]) -> tuple[Level, int, int]:
        others = [
            (protocol, statement)
            for protocol in self.protocols.values()
            if protocol.iso3 not in without
            for statement in protocol.statements
            if not statement.clause
        ]
        for names in _BACKING_OFF:
            alike = Counter(
                Level(statement.level)
                for _, statement in others
                if all(getattr(statement, name) == getattr(facts, name) for name in names)
            )
            if alike:
                strict = facts.theme in STRICT or facts.persons in PEOPLE
                most = max(alike.values())
                level = max((one for one in alike if strict or alike[one] == most), key=lambda one: one.rank)
                return level, alike[level], alike.total()
        return Level.HIGH, 0, 0

    def _judged(
        self, facts: Facts, countries: tuple[str, ...], areas: tuple[str, ...], day: date | None, published: bool  # noqa: FBT001
    ) -> Judgement | None:  # fmt: skip
        found = [judgement for iso3 in countries for judgement in self._in_country(facts, iso3, areas, day)]
        silent = not found
        if silent and facts.theme not in {"other", "product"}:
            found = [self.predicted(facts)]
        if not found:
            return None
        strictest = max(found, key=lambda judgement: judgement.level.rank)
        if silent and any(iso3 in self._by_country for iso3 in countries):
            strictest = replace(strictest, reason=f"The country's protocol is silent on it. {strictest.reason}")
        return self._held_back(strictest, facts) if published else strictest

    def _held_back(self, judgement: Judgement, facts: Facts) -> Judgement:
        """No further than what is said of openly published data, where that is about no single person or hazard."""
        held = self._rules.published
        if held is None or facts.theme in held.unless or facts.persons in PEOPLE:
            return judgement
        rows = facts.form == "record" and facts.theme in _OF_ROWS
        if rows or facts.granularity in {"household", "individual"} or judgement.level.rank <= Level(held.at_most).rank:
            return judgement
        return replace(
            judgement, level=Level(held.at_most), reason=f"{judgement.reason} {' '.join(held.reason.split())}"
        )

    def hiding_partners(self, countries: Iterable[str]) -> tuple[str, ...]:
        """Why partner names may have to be left out in these countries, in a sentence per protocol."""
        there = set(countries)
        return tuple(
            f"{protocol.title}: {protocol.hides_partners_note or 'Partner names are left out.'}"
            for protocol in self.protocols.values()
            if protocol.hides_partners and protocol.iso3 in there
        )

    def at_home(self, facts: Facts, protocol: str) -> Level | None:
        """What one protocol says of data with these facts; None where it is silent."""
        chosen = held(self.protocols[protocol].statements, facts)
        return Level(_counting(chosen, facts).level) if chosen else None

    def _in_country(self, facts: Facts, iso3: str, areas: tuple[str, ...], day: date | None) -> Iterator[Judgement]:
        there = self.of(iso3, areas, day)
        for protocol in there:
            chosen = held(protocol.statements, facts)
            if chosen:
                statement = _counting(chosen, facts)
                yield Judgement(
                    Level(statement.level), f"protocol-{protocol.key}", protocol.version + self._rules.version - 1,
                    protocol.key,
                    f"{statement.level} {statement.number}{statement.clause}",
                    _reason(protocol, statement, facts, len(there) > 1),
                    0.9 if _speaks_of(statement, facts.granularity) else 0.8, protocol.version_date,
                )  # fmt: skip

    def _areas(self, record: DatasetRecord, countries: Iterable[str]) -> tuple[str, ...]:
        """Names of areas with a protocol of their own that a record's titles name."""
        words = f" {' '.join(tokens(' '.join(record.title.values())))} "
        return tuple(
            sorted(
                name
                for iso3 in countries
                for protocol in self._by_country.get(iso3, ())
                for name in protocol.area
                if f" {_folded(name)} " in words
            )
        )


def held(statements: Iterable[Statement], facts: Facts) -> list[Statement]:
    """The statements of one protocol that hold for data: those of its sector before those of any, by place.

    Of places those that speak of it, else of the next coarser ones; data coarser than anything the protocol speaks of
    is low where a finer one is. What a statement leaves open fits everything; what a record leaves open fits no
    statement that asks for single people or raw rows.
    """
    fitting = [statement for statement in statements if statement.theme == facts.theme and _allows(statement, facts)]
    of_sector = [entry for entry in fitting if facts.cluster and entry.cluster == facts.cluster]
    return _by_place(of_sector, facts) or _by_place([entry for entry in fitting if entry not in of_sector], facts)


def _by_place(statements: list[Statement], facts: Facts) -> list[Statement]:
    exact = [entry for entry in statements if _speaks_of(entry, facts.granularity)]
    if exact and facts.granularity != UNSTATED:
        return _closest(exact, facts)
    if facts.granularity in PLACES:
        placed = [entry for entry in statements if entry.granularity in PLACES]
        coarser = [entry for entry in placed if _FINENESS[entry.granularity] < _FINENESS[facts.granularity]]
        if coarser:
            nearest = max(_FINENESS[entry.granularity] for entry in coarser)
            return _closest([entry for entry in coarser if _FINENESS[entry.granularity] == nearest], facts)
        if finer := [entry for entry in placed if Level(entry.level) is Level.LOW_NO]:
            return finer
    elif facts.granularity in {"household", "individual"} or facts.form == "record":
        single = [entry for entry in statements if entry.granularity in {"household", "individual"}]
        if single:
            return _closest(single, facts)
    return _closest([entry for entry in statements if entry.granularity == UNSTATED], facts)


def _speaks_of(statement: Statement, granularity: str) -> bool:
    if not statement.coarsest or granularity not in PLACES:
        return statement.granularity == granularity
    return _FINENESS[statement.coarsest] <= _FINENESS[granularity] <= _FINENESS[statement.granularity]


def _counting(statements: list[Statement], facts: Facts) -> Statement:
    """The one that counts: the strictest; of what is made to be published, what most say."""
    levels = Counter(entry.level for entry in statements)
    most = max(levels.values())
    mostly = [entry for entry in statements if levels[entry.level] == most]
    chosen = mostly if facts.theme in MADE_TO_BE_SHARED else statements
    return max(chosen, key=lambda entry: (Level(entry.level).rank, -entry.number))


def in_words(facts: Facts | Statement) -> str:
    """Facts as a phrase of ours, such as ``explosive ordnance, by exact place, about no people``."""
    said = ((name, getattr(facts, name)) for name in FIELDS)
    return ", ".join(
        f"sector {value}" if name == "cluster" else _PLAIN[name, value]
        for name, value in said
        if value and value != UNSTATED
    )


_PLAIN = {
    ("theme", "registration"): "registration and beneficiary lists", ("theme", "staff"): "aid workers",
    ("theme", "contacts"): "contact details", ("theme", "ordnance"): "explosive ordnance",
    ("theme", "casualties"): "casualties", ("theme", "actors"): "armed actors",
    ("theme", "movement"): "movements of convoys and teams", ("theme", "security"): "security incidents",
    ("theme", "access"): "humanitarian access", ("theme", "protection"): "protection",
    ("theme", "feedback"): "feedback and complaints", ("theme", "registry"): "registries and schedules",
    ("theme", "facilities"): "facilities and infrastructure", ("theme", "supplies"): "supplies and warehouses",
    ("theme", "planning"): "needs overviews and response plans", ("theme", "presence"): "who does what where",
    ("theme", "cod"): "Common Operational Datasets", ("theme", "displacement"): "displacement",
    ("theme", "needs"): "needs assessments and surveys", ("theme", "health"): "health and nutrition figures",
    ("theme", "product"): "published products", ("theme", "other"): "other data",
    ("granularity", "national"): "at country level", ("granularity", "adm1"): "by admin level 1",
    ("granularity", "adm2"): "by admin level 2", ("granularity", "adm3"): "by admin level 3",
    ("granularity", "adm4"): "by admin level 4 or village", ("granularity", "point"): "by exact place",
    ("granularity", "household"): "by household", ("granularity", "individual"): "by person",
    ("granularity", "organisation"): "by organisation",
    ("form", "aggregated"): "in figures", ("form", "record"): "row by row", ("form", "product"): "as a report or map",
    ("persons", "none"): "about no people", ("persons", "general"): "about groups of people",
    ("persons", "personal"): "about identifiable people", ("persons", "staff"): "about aid workers",
    ("persons", "victims"): "about victims or cases",
    ("consent", "given"): "with consent", ("consent", "absent"): "without consent",
    ("area", "sensitive"): "in an area of conflict", ("area", "ordinary"): "outside areas of conflict",
    ("partners", "named"): "partners named", ("partners", "hidden"): "partners not named",
    ("disaggregation", "none"): "not disaggregated", ("disaggregation", "sex-age"): "by sex and age",
    ("disaggregation", "group"): "by population group", ("timing", "live"): "live",
}  # fmt: skip


def _thin(facts: Facts) -> bool:
    """Whether so little is known that nothing should be said."""
    return facts.granularity == UNSTATED and facts.form != "record" and facts.persons not in PEOPLE


def _allows(statement: Statement, facts: Facts) -> bool:  # noqa: PLR0911 - one condition after another
    """Whether a statement's conditions fit; where a record does not tell the area, a stricter one fits too."""
    if statement.form not in {UNSTATED, facts.form} and (facts.form != UNSTATED or statement.form != "aggregated"):
        return False
    if statement.persons in PEOPLE and facts.persons != statement.persons:
        return False
    if statement.granularity in {"household", "individual"} and not _single(facts):
        return False
    if statement.granularity == "organisation" != facts.granularity:
        return False
    if statement.consent == "given" != facts.consent or (statement.consent == "absent" and facts.consent == "given"):
        return False
    if {statement.area, facts.area} == {"sensitive", "ordinary"}:
        return False
    return statement.cluster in {"", facts.cluster, _SECTOR.get(facts.theme)} and statement.timing in {
        UNSTATED,
        facts.timing,
    }


def _single(facts: Facts) -> bool:
    return facts.granularity in {"household", "individual"} or facts.form == "record" or facts.persons in PEOPLE


def _closest(statements: list[Statement], facts: Facts) -> list[Statement]:
    """Those that say most of form, consent and single people, where it is known; what is left open never decides."""
    if len(statements) < 2:  # noqa: PLR2004
        return statements
    scores = [
        (entry.form == facts.form != UNSTATED)
        + (entry.consent == facts.consent != UNSTATED)
        + (entry.persons == facts.persons and facts.persons in PEOPLE)
        for entry in statements
    ]
    best = max(scores)
    return [entry for entry, score in zip(statements, scores, strict=True) if score == best]


def _fits(rule: GeneralRule, facts: Facts) -> bool:
    if rule.from_ and (
        facts.granularity not in PLACES or PLACES.index(facts.granularity) < PLACES.index(rule.from_)
    ):  # fmt: skip
        return False
    return all(not getattr(rule, name) or getattr(facts, name) in getattr(rule, name) for name in FIELDS)


def _reason(protocol: Protocol, statement: Statement, facts: Facts, several: bool) -> str:  # noqa: FBT001
    version = (
        f", version of {protocol.version_date:%d %B %Y}"
        if protocol.version_date
        else f", version of {protocol.year}"
        if protocol.year
        else ", version not known"
    )
    said = [
        (
            f"{protocol.title}{version}, {_said(Level(statement.level))} {statement.number}{statement.clause}: "
            f"{in_words(statement)}."
        )
    ]
    if statement.granularity in PLACES and facts.granularity in PLACES:
        if statement.coarsest not in {"", statement.granularity}:
            said.append(f"It speaks of places from {_place(statement.coarsest).removeprefix('by ')} on.")
        if _FINENESS[statement.granularity] < _FINENESS[facts.granularity]:
            said.append(f"The data is finer, {_place(facts.granularity)}, so it is at least that.")
        said += _moves(protocol, statement, facts)
    if statement.area == "sensitive" and facts.area == UNSTATED:
        said.append("The record does not say which area it is about, so the strictest counts.")
    elif several and protocol.area:
        said.append("The country has another protocol for another area; which one it is about is not said.")
    return " ".join(said)


def _moves(protocol: Protocol, statement: Statement, facts: Facts) -> Iterator[str]:
    """How the level moves with the admin level, in a sentence each."""
    here = PLACES.index(facts.granularity)
    for step, places in (("Coarser", reversed(PLACES[:here])), ("Finer", iter(PLACES[here + 1 :]))):
        for place in places:
            level = _level_at(protocol, facts, place)
            if level and level != statement.level:
                yield f"{step}, {_place(place)}, it would be {_said(Level(level))}."
                break


def _level_at(protocol: Protocol, facts: Facts, place: str) -> str:
    other = held(protocol.statements, replace(facts, granularity=place))
    return max((entry.level for entry in other), key=lambda level: Level(level).rank, default="")


def _place(granularity: str) -> str:
    return _PLAIN["granularity", granularity]


def _said(level: Level) -> str:
    return "low or no" if level is Level.LOW_NO else level.value


def _folded(text: str) -> str:
    return " ".join(tokens(text))


def _assertion(judgement: Judgement, facts: Facts, today: date) -> Assertion:
    return Assertion(
        scope="dataset",
        level=judgement.level,
        asserted_by="rule",
        basis=BASIS if judgement.protocol else "general rule",
        rule=judgement.rule,
        rule_version=judgement.version,
        evidence="; ".join(facts.evidence),
        reason=judgement.reason,
        confidence=judgement.confidence,
        isp_date=judgement.version_date,
        protocol=judgement.protocol,
        statement=judgement.statement,
        review_by=review_by(judgement.level, today),
    )


class _Reading:
    """The rules of ``facts.yaml``, made ready."""

    def __init__(self, rules: FactRules) -> None:
        self._order: tuple[str, ...] = tuple(rules.theme)
        self._themes = {f"theme-{name}": place for place, name in enumerate(self._order)}
        self._of_concept: dict[str, int] = {}
        for place, words in enumerate(rules.theme.values()):
            for key in words.concepts:
                self._of_concept.setdefault(key, place)
        self._values: dict[str, tuple[str, str]] = {}
        concepts = []
        self._patterns: list[tuple[str, str, str]] = []
        headers: list[tuple[int, str]] = []
        self._headers: list[tuple[str, str]] = []
        for fact in FIELDS:
            for value, words in getattr(rules, fact).items():
                key = f"{fact}-{value}"
                self._values[key] = (fact, value)
                short = tuple(word for word in words.words if _is_acronym(word))
                concepts.append(
                    Concept(
                        key=key,
                        title={"en": key},
                        terms=Terms(en=tuple(word for word in words.words if word not in short)),
                        acronyms=short,
                        unless=Terms(en=words.unless),
                    )
                )
                self._patterns += [(pattern, fact, value) for pattern in words.hxl]
                for phrase in words.header:
                    headers.append((len(self._headers), phrase))
                    self._headers.append((fact, value))
        self._words = Concepts(concepts)
        self._phrases = Phrases(headers)
        self._of_tag = lru_cache(20_000)(self._tag_values)
        self._of_header = lru_cache(20_000)(self._header_values)

    def of(
        self, record: DatasetRecord, concepts: Sequence[ConceptFound], tags: Iterable[str], names: ColumnNames
    ) -> Facts | None:
        title = next(iter(record.title.values()), "") if len(record.title) == 1 else "\n".join(record.title.values())
        named = self._words.keys_in(title)
        theme, where = self._theme(named, concepts)
        if not theme:
            return None
        seen: dict[str, dict[str, str]] = {}
        for key in named:
            fact, value = self._values[key]
            if fact != "theme":
                seen.setdefault(fact, {}).setdefault(value, "title")
        for tag in tags:
            for fact, value in self._of_tag(tag):
                seen.setdefault(fact, {}).setdefault(value, tag)
        headers = {column.header for entry in (record.columns, *(part.columns for part in record.distributions))
                   for column in entry}  # fmt: skip
        if headers:
            self._see_headers(sorted(headers), names, theme, seen)
        for place in record.locations:
            if place.admin_level is not None:
                level = _ADMIN[min(max(place.admin_level, 0), 5)]
                seen.setdefault("granularity", {}).setdefault(level, "admin level of the portal")
        for flag in record.flags:
            if flag.field == "microdata" and flag.value == "true":
                seen.setdefault("form", {}).setdefault("record", "microdata=true")
        if seen.keys().isdisjoint(_TELLING):
            return Facts(theme)
        chosen = {fact: _strictest(fact, values) for fact, values in seen.items()}
        evidence = [f"theme {theme}: {where}"]
        evidence += [f"{fact} {value}: {seen[fact][value]}" for fact, value in chosen.items()]
        return Facts(theme=theme, evidence=tuple(evidence), **chosen)

    def _see_headers(
        self, headers: Sequence[str], names: ColumnNames, theme: str, seen: dict[str, dict[str, str]]
    ) -> None:
        for header in headers:
            for fact, value, phrase in self._of_header(header):
                seen.setdefault(fact, {}).setdefault(value, f'header contains "{phrase}"')
        single = _OF_PERSONS.intersection(names.families(headers))
        if len(single) > 1:
            families = f"columns of {' and '.join(sorted(single))}"
            seen.setdefault("form", {}).setdefault("record", families)
            whom = "victims" if theme in {"casualties", "protection"} else "staff" if theme == "staff" else "personal"
            seen.setdefault("persons", {}).setdefault(whom, families)

    def text(self, text: str) -> Facts:
        named = self._words.keys_in(text)
        theme, _ = self._theme(named, ())
        seen: dict[str, dict[str, str]] = {}
        for key in named:
            fact, value = self._values[key]
            if fact != "theme":
                seen.setdefault(fact, {}).setdefault(value, "text")
        chosen = {fact: _strictest(fact, values) for fact, values in seen.items()}
        return Facts(theme=theme or "other", evidence=(f"theme {theme}: text",), **chosen)

    def _theme(self, named: Collection[str], concepts: Sequence[ConceptFound]) -> tuple[str, str]:
        """The theme and the field that names it: of the title first, then of hashtags, then of keywords."""
        found = [self._themes[key] for key in named if key in self._themes]
        lesser: list[tuple[int, ConceptFound]] = []
        for concept in concepts:
            place = self._of_concept.get(concept.key)
            if place is not None:
                # Evidence is in reading order, and a title is read first.
                if concept.evidence[0].field == "title":
                    found.append(place)
                else:
                    lesser.append((place, concept))
        if found:
            return self._order[min(found)], "title"
        for where in ("hashtag", "keyword") if lesser else ():
            found = [place for place, concept in lesser if any(seen.field == where for seen in concept.evidence)]
            if found:
                return self._order[min(found)], where
        return "", ""

    def _tag_values(self, tag: str) -> tuple[tuple[str, str], ...]:
        return tuple((fact, value) for pattern, fact, value in self._patterns if matches(pattern, tag))

    def _header_values(self, header: str) -> tuple[tuple[str, str, str], ...]:
        return tuple(
            (*self._headers[number], phrase) for number, phrase in self._phrases.within(frozenset(header_words(header)))
        )


def _strictest(fact: str, values: Collection[str]) -> str:
    """Of several values of one fact the one that asks for more care."""
    return max(values, key=_CARE[fact].__getitem__)


def _is_acronym(word: str) -> bool:
    return word.isalpha() and word.isascii() and word.isupper()


_CARE: dict[str, Mapping[str, int]] = {
    "granularity": _FINENESS,
    "form": {"product": 0, "aggregated": 1, "record": 2},
    "persons": {"none": 0, "general": 1, "staff": 2, "personal": 3, "victims": 4},
    "consent": {"absent": 1, "given": 0},
    "area": {"ordinary": 0, "sensitive": 1},
    "partners": {"hidden": 0, "named": 1},
    "cluster": {
        name: place for place, name in enumerate(
            ("food-security", "nutrition", "wash", "education", "shelter", "mine-action", "health", "protection", "gbv")
        )
    },
    "disaggregation": {"none": 0, "sex-age": 1, "group": 2},
    "timing": {"live": 0},
}  # fmt: skip
