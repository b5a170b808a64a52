"""How far a need is met in a country by what somebody may know of: pure functions, with the words of every rule.

A dataset is held against each criterion of the need and the answer is ``yes``, ``no`` or ``not said``: what a record
does not say is never taken for met. From the dataset that comes nearest follows the state of the need.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from enum import StrEnum

from catalog.freshness import AS_NEEDED, LIVE, NEVER, in_words, state
from catalog.needs.held import WORLD, Held
from config.needs import MetBy, Need

YES, NO, NOT_SAID = "yes", "no", "not said"
MONTH = 30.44
"""Days."""
HISTORY = 3
"""Times the age that a need allows; what ended longer ago tells of the past and counts no more."""


class State(StrEnum):
    """How far a need is met, best first."""

    MET = "met"
    PARTLY = "partly"
    RESTRICTED = "held but restricted"
    PLANNED = "planned"
    GAP = "gap"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"


RULES: Mapping[State, str] = {
    State.MET: "A dataset meets every criterion.",
    State.PARTLY: "Datasets count towards it, but each falls short of a criterion.",
    State.RESTRICTED: "A dataset would count, and it is not within reach: ask whoever is named.",
    State.PLANNED: "A dataset on the subject is announced, and not there yet.",
    State.GAP: "Nothing that you may know of counts towards it, though other data on the country is listed.",
    State.UNKNOWN: "What is listed may answer it, but does not say enough to tell.",
    State.NOT_APPLICABLE: "The country's copy of the needs says that it does not apply.",
}
NOTHING_LISTED = (
    "No record on this country is shown to you at all: nothing is known here, which is not the same as a gap."
)
WORLD_ONLY = "Only datasets of the whole world may cover it, and whether this country is in them is not said."


class Verdict(StrEnum):
    """What one dataset is to a need."""

    MEETS = "meets it"
    FALLS_SHORT = "falls short"
    RESTRICTED = "restricted"
    PLANNED = "planned"
    NOT_SAID = "does not say enough"
    HISTORY = "tells of the past"


_TO: Mapping[Verdict, State] = {
    Verdict.MEETS: State.MET,
    Verdict.FALLS_SHORT: State.PARTLY,
    Verdict.RESTRICTED: State.RESTRICTED,
    Verdict.PLANNED: State.PLANNED,
    Verdict.NOT_SAID: State.UNKNOWN,
    Verdict.HISTORY: State.GAP,
}
_RANK = {verdict: place for place, verdict in enumerate(_TO)}


@dataclass(frozen=True, slots=True)
class Tick:
    """One criterion: its name, ``yes``, ``no`` or ``not said``, and why in a sentence."""

    criterion: str
    answer: str
    words: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """A dataset held against a need.

    Attributes:
        held: The record.
        verdict: What it is to the need.
        ticks: Criterion by criterion.
        also: Ids of other records of the same dataset, which do not count again.
    """

    held: Held
    verdict: Verdict
    ticks: tuple[Tick, ...]
    also: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether it counts towards the need."""
        return self.verdict is not Verdict.HISTORY


@dataclass(frozen=True, slots=True)
class Judged:
    """How far a need is met in a country.

    Attributes:
        state: The state.
        rule: The words of the rule that says so.
        missing: What is missing to *met*, in sentences; none where it is met or does not apply.
        datasets: Those on the subject, the nearest first; copies of one dataset are one.
        world: Of the whole world, which may or may not cover the country.
    """

    state: State
    rule: str
    missing: tuple[str, ...] = ()
    datasets: tuple[Weighed, ...] = ()
    world: tuple[Held, ...] = ()


def judge(
    name: str,
    need: Need,
    iso3: str,
    records: Sequence[Held],
    today: date,
    *,
    world: Sequence[Held] = (),
    known: bool = True,
    copies: Mapping[int, int] | None = None,
    not_applicable: str = "",
) -> Judged:
    """Judge one need in one country.

    Args:
        name: Under which the records' ``counts`` have the need.
        need: What is asked.
        iso3: The country.
        records: Those of the country that count towards the need.
        today: The day, UTC.
        world: Those of the whole world that do.
        known: Whether any record on the country is shown at all.
        copies: By number of a record, the lowest number among those of the same dataset.
        not_applicable: Why it need not be asked there.
    """
    if not_applicable:
        return Judged(State.NOT_APPLICABLE, not_applicable)
    weighed = once((weigh(name, need.met_by, iso3, record, today) for record in records), copies or {})
    best = weighed[0] if weighed else None
    if best is None or not best.counts:
        if world:
            return Judged(State.UNKNOWN, WORLD_ONLY, wanted(need.met_by), weighed, tuple(world))
        if not known:
            return Judged(State.UNKNOWN, NOTHING_LISTED, wanted(need.met_by), weighed)
        return Judged(State.GAP, RULES[State.GAP], wanted(need.met_by), weighed)
    found = _TO[best.verdict]
    missing = () if found is State.MET else tuple(tick.words for tick in best.ticks if tick.answer != YES)
    return Judged(found, RULES[found], missing, weighed, tuple(world))


def weigh(name: str, asked: MetBy, iso3: str, record: Held, today: date) -> Weighed:
    """Hold a record against what a need asks for in a country."""
    ticks = tuple(_ticks(name, asked, iso3, record, today))
    return Weighed(record, _verdict(asked, record, ticks, today), ticks)


def once(weighed: Iterable[Weighed], copies: Mapping[int, int]) -> tuple[Weighed, ...]:
    """Of each dataset the record that comes nearest, nearest first; the others stand beside it."""
    ordered = sorted(weighed, key=_nearness)
    if not copies:
        return tuple(ordered)
    first: dict[int, Weighed] = {}
    others: dict[int, list[str]] = {}
    for one in ordered:
        dataset = copies.get(one.held.number, one.held.number)
        if dataset in first:
            others.setdefault(dataset, []).append(one.held.id)
        else:
            first[dataset] = one
    return tuple(
        Weighed(one.held, one.verdict, one.ticks, tuple(others[dataset])) if dataset in others else one
        for dataset, one in first.items()
    )


def wanted(asked: MetBy) -> tuple[str, ...]:
    """What a dataset would have to be, in sentences."""
    said = ["A dataset on the subject."]
    if asked.admin_level:
        said.append(f"It tells places apart down to admin {asked.admin_level}.")
    if asked.newest_within:
        said.append(f"What it is about ended at most {asked.newest_within} months ago.")
    if asked.kept_up:
        said.append("It is updated at a promised pace, and is not overdue.")
    if asked.disaggregation:
        said.append(f"People are told apart by {' and '.join(asked.disaggregation)}.")
    if asked.form == "data":
        said.append("It is base data, not only a report.")
    said.append(f"It can be had: {', '.join(one.replace('_', ' ') for one in asked.access)}.")
    return tuple(said)


def _nearness(one: Weighed) -> tuple[int, int, int, int, int]:
    answers = [tick.answer for tick in one.ticks]
    end = _newest(one.held)
    return (
        _RANK[one.verdict],
        answers.count(NO),
        answers.count(NOT_SAID),
        -(end.toordinal() if end else 0),
        one.held.number,
    )


def _verdict(asked: MetBy, record: Held, ticks: Collection[Tick], today: date) -> Verdict:
    refused = {tick.criterion for tick in ticks if tick.answer == NO}
    if asked.newest_within and (end := _newest(record)) and end < today - _months(asked.newest_within * HISTORY):
        return Verdict.HISTORY
    if record.planned or (record.start is not None and record.start > today):
        return Verdict.PLANNED
    if record.asking or refused == {"access"}:
        return Verdict.RESTRICTED
    if refused:
        return Verdict.FALLS_SHORT
    return Verdict.MEETS if all(tick.answer == YES for tick in ticks) else Verdict.NOT_SAID


def _ticks(name: str, asked: MetBy, iso3: str, record: Held, today: date) -> Iterable[Tick]:
    counted = record.counts[name]
    yield Tick("subject", NO, counted.part) if counted.part else Tick("subject", YES, "It is on the subject.")
    if asked.admin_level:
        yield _places(asked, iso3, record)
    if asked.newest_within:
        yield _recent(asked.newest_within, record, today)
    if asked.kept_up:
        yield _kept_up(record, today)
    for split in asked.disaggregation:
        yield _split(split, record)
    if asked.form == "data":
        yield _FORMS[record.data]
    yield _access(asked, record)


def _places(asked: MetBy, iso3: str, record: Held) -> Tick:
    wanted_level, level = asked.admin_level, record.levels.get(iso3, record.levels.get(WORLD))
    if level is not None and level >= wanted_level:
        return Tick("places", YES, f"It goes down to {_named(level)}.")
    if asked.of_places and record.geographic:
        return Tick("places", YES, "It has a geographic file, so each thing has its place.")
    if level is None:
        return Tick("places", NOT_SAID, f"How finely it tells places apart is not said; admin {wanted_level} is asked.")
    return Tick("places", NO, f"It goes down to {_named(level)} only; admin {wanted_level} is asked.")


def _named(level: int) -> str:
    return ("the country", "admin 1", "admin 2", "admin 3", "admin 4")[level] if level < 5 else "single places"  # noqa: PLR2004


def _recent(months: int, record: Held, today: date) -> Tick:
    end = _newest(record)
    if end is None:
        return Tick("recent", NOT_SAID, f"What time it is about is not said; at most {months} months ago is asked.")
    if end >= today - _months(months):
        return Tick("recent", YES, f"It reaches to {min(end, today)}.")
    return Tick("recent", NO, f"It ends on {end}, {_age(end, today)} ago; at most {months} months ago is asked.")


def _newest(record: Held) -> date | None:
    """The last day that the data can be about: of what goes on, no later than it was changed."""
    return record.modified if record.open else record.end


def _kept_up(record: Held, today: date) -> Tick:
    promised = record.frequency
    if promised is None:
        return Tick("kept up", NOT_SAID, "How often it is updated is not said, so it is never taken for fresh.")
    if promised in _PROMISES:
        return _PROMISES[promised]
    found = state(record.fresh, today)
    if found in {"fresh", "due"}:
        return Tick("kept up", YES, f"It is updated {in_words(promised)}.")
    if found == "unknown" or record.fresh.overdue is None:
        return Tick("kept up", NOT_SAID, "When it was last updated is not said.")
    return Tick("kept up", NO, f"Its update is overdue since {record.fresh.overdue.astimezone(UTC).date()}.")


_PROMISES: Mapping[int, Tick] = {
    LIVE: Tick("kept up", YES, "It is live."),
    NEVER: Tick("kept up", NO, "It is never updated."),
    AS_NEEDED: Tick("kept up", NOT_SAID, "It is updated as needed, which promises nothing."),
}


def _split(split: str, record: Held) -> Tick:
    if split in record.splits:
        return Tick(split, YES, f"It tells people apart by {split}.")
    if record.columns:
        return Tick(split, NO, f"Its known columns do not tell people apart by {split}.")
    return Tick(split, NOT_SAID, f"Whether it tells people apart by {split} is not said.")


_FORMS: Mapping[bool | None, Tick] = {
    True: Tick("form", YES, "It is base data."),
    False: Tick("form", NO, "Only a report is listed; base data is asked."),
    None: Tick("form", NOT_SAID, "Whether there is base data behind it is not said."),
}


def _access(asked: MetBy, record: Held) -> Tick:
    how = record.modality.replace("_", " ")
    if record.modality == "unknown":
        return Tick("access", NOT_SAID, "How it can be had is not said.")
    if record.modality in asked.access:
        return Tick("access", YES, f"It can be had: {how}.")
    return Tick("access", NO, f"It can be had only so: {how}.")


def _months(count: int) -> timedelta:
    return timedelta(days=round(count * MONTH))


def _age(end: date, today: date) -> str:
    months = round((today - end).days / MONTH)
    return f"{months} months" if months < 24 else f"{months // 12} years"  # noqa: PLR2004
