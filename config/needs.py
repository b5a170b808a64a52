"""What ``needs/*.yaml`` may say: which questions a coordinator has to be able to answer, and what would answer them.

A set has the needs of a field of work. A country's copy, ``needs/countries/<ISO3>.yaml``, says from which sets it is
made, what is other there, what is asked there beside, and what does not apply, with the reason.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from config.declarations import Declaration, Key, Terms
from config.guidance import LANGUAGES

Pattern = Annotated[str, Field(pattern=r"^#(\*|[a-z][a-z0-9_]*)([+-][a-z][a-z0-9_]*)*!?$", max_length=80)]
"""An HXL tag pattern, such as ``#*+killed``."""
Iso3 = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Modality = Literal["open", "register", "on_request", "under_agreement", "bilateral", "on_site", "not_shared"]
Split = Literal["sex", "age", "disability"]
"""By what figures about people are told apart."""
Decision = Literal[
    "advocate", "choose-sites", "coordinate", "keep-staff-safe", "plan-returns", "plan-survey",
    "plan-victim-assistance", "prioritise-clearance", "report-to-donors", "target-protection", "target-risk-education",
]  # fmt: skip


class Way(Declaration):
    """One way in which a dataset may be about the question; what it names must all be there.

    Attributes:
        about: Concepts (``rules/concepts``) that all have to be found in it.
        words: Words and phrases of which one has to stand in its title, keywords or notes.
        hxl: Tag patterns of which one has to match a column.
        part: If it answers only a part, which one, in a sentence.
    """

    about: tuple[Key, ...] = ()
    words: Terms = Terms()
    hxl: tuple[Pattern, ...] = ()
    part: str = Field(default="", max_length=200)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.about or self.hxl or any(spoken(self.words))):
            raise ValueError("a way names concepts (about), words or tag patterns (hxl)")
        return self


class Unless(Declaration):
    """What keeps a dataset from counting: one of these concepts, or one of these words in its title."""

    about: tuple[Key, ...] = ()
    words: Terms = Terms()


class MetBy(Declaration):
    """What a dataset has to be for the question to be answered.

    Attributes:
        any: Ways to be about it; one of them is enough.
        unless: What does not count all the same.
        admin_level: Down to which level it has to tell places apart; 0 is the country.
        of_places: The question is about things that have a place each: a geographic file then tells places apart.
        newest_within: Months; what the data is about may have ended no longer ago. None if age does not matter.
        kept_up: Whether it has to be updated, and not to be overdue.
        disaggregation: By what it tells people apart.
        form: ``data`` for base data, ``report`` where a report answers it too.
        access: Ways to get it that are good enough.
    """

    any: tuple[Way, ...] = Field(min_length=1)
    unless: Unless = Field(default=Unless(), alias="not")
    admin_level: int = Field(default=0, ge=0, le=4)
    of_places: bool = False
    newest_within: int | None = Field(default=None, ge=1, le=600)
    kept_up: bool = False
    disaggregation: tuple[Split, ...] = ()
    form: Literal["data", "report"] = "data"
    access: tuple[Modality, ...] = ("open", "register", "on_request", "under_agreement")


class Need(Declaration):
    """One question.

    Attributes:
        id: Names it in addresses, overrules and tables; never given to another question.
        theme: What it belongs to, one word.
        question: In plain words, by language.
        why: What hangs on it, in a sentence.
        decisions: Which decisions it serves.
        met_by: What would answer it.
    """

    id: Key
    theme: Key
    question: dict[Literal["en", "fr", "es", "ar", "uk"], Annotated[str, Field(min_length=1, max_length=300)]]
    why: str = Field(min_length=1, max_length=300)
    decisions: tuple[Decision, ...] = Field(min_length=1)
    met_by: MetBy

    @model_validator(mode="after")
    def _asked(self) -> Self:
        if not self.question:
            raise ValueError(
                f'question: the need "{self.id}" has none; write it in one language at least, as "en: ..."'
            )
        return self

    def asked(self, language: str = "en") -> str:
        """The question in a language, else in English, else in the first there is."""
        said: Mapping[str, str] = dict(self.question.items())
        return said.get(language) or said.get("en") or next(iter(said.values()))


class NeedSet(Declaration):
    """The needs of a field of work, in five languages; the file's name is its key."""

    key: Key
    title: dict[str, str]
    needs: tuple[Need, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _distinct(self.needs)
        titled: list[tuple[str, list[str]]] = [("title", list(self.title))]
        titled += [(f"question of {need.id}", list(need.question)) for need in self.needs]
        for where, given in titled:
            if unlike := set(given) ^ set(LANGUAGES):
                raise ValueError(f"{where}: {min(unlike)} is missing or not known; write {', '.join(LANGUAGES)}")
        return self


class CountryNeeds(Declaration):
    """A country's copy; its file is named after the country's ISO 3166-1 alpha-3 code.

    Attributes:
        from_: Keys of the sets that it is made from.
        needs: Those that are other than in the sets, or are in none; each whole.
        not_applicable: By need, why nobody has to ask it there.
    """

    key: Iso3
    from_: tuple[Key, ...] = Field(alias="from", min_length=1)
    needs: tuple[Need, ...] = ()
    not_applicable: Mapping[Key, Annotated[str, Field(min_length=1, max_length=300)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _once(self) -> Self:
        _distinct(self.needs)
        return self


@dataclass(frozen=True, slots=True)
class Needs:
    """All sets and countries' copies; ``digest`` changes when any of them does."""

    sets: tuple[NeedSet, ...]
    countries: Mapping[str, CountryNeeds]
    digest: str

    def of(self, iso3: str = "", within: str = "") -> tuple[Need, ...]:
        """What is asked of a country, its own last; those that do not apply there are among them.

        Args:
            iso3: Without one, what the sets ask of any.
            within: Only the needs of this set.
        """
        own = self.countries.get(iso3)
        chosen = [one for one in self.sets if (own is None or one.key in own.from_) and within in {"", one.key}]
        found = {need.id: need for one in chosen for need in one.needs}
        if own is not None:
            found |= {need.id: need for need in own.needs if need.id in found or not within}
        return tuple(found.values())

    def not_applicable(self, iso3: str) -> Mapping[str, str]:
        """By need, why it does not apply to a country."""
        own = self.countries.get(iso3)
        return {} if own is None else own.not_applicable

    def asked(self) -> Iterator[Need]:
        """Every need, those that countries have otherwise or beside as well."""
        for one in self.sets:
            yield from one.needs
        for country in self.countries.values():
            yield from country.needs


def merged(known: Mapping[str, Mapping[str, Any]], entry: Mapping[str, Any]) -> dict[str, Any]:
    """A country's entry laid over the set's need of the same id; what ``met_by`` does not name stays as it was."""
    before = known.get(str(entry.get("id")), {})
    together = {**before, **entry}
    if isinstance(before.get("met_by"), Mapping) and isinstance(entry.get("met_by"), Mapping):
        together["met_by"] = {**before["met_by"], **entry["met_by"]}
    if isinstance(before.get("question"), Mapping) and isinstance(entry.get("question"), Mapping):
        together["question"] = {**before["question"], **entry["question"]}
    return together


def spoken(words: Terms) -> Iterator[str]:
    """Words of all languages."""
    for language in LANGUAGES:
        yield from getattr(words, language)


def _distinct(needs: tuple[Need, ...]) -> None:
    seen = set()
    for need in needs:
        if need.id in seen:
            raise ValueError(f'needs: the id "{need.id}" is there twice; give one another id')
        seen.add(need.id)
