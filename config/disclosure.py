"""What ``rules/disclosure.yaml`` may say: who is shown what of a record. Unknown words are refused when it is read."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, model_validator

from config.declarations import Declaration, VisibilityName

Words = tuple[str, ...]

VISIBILITIES: Words = get_args(VisibilityName)
"""From the widest to the narrowest."""
LevelName = Literal["unclassified", "low_no", "moderate", "high", "severe"]
LEVELS: Words = get_args(LevelName)
AUDIENCES: Words = ("public", "community")
"""Those that may be shown less than the whole record; the full one never is."""
MODES: Words = ("shown", "redacted", "ask", "hidden")
"""From the most to the least."""
TLP: Words = ("TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED")
"""Labels of the Traffic Light Protocol 2.0, from the widest to the narrowest; they are not translated."""
Iso3 = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class Profile(Declaration):
    """What is left of a record, field by field; the words of a field stand from all of it to nothing.

    Attributes:
        title: ``template`` is made from form, topics and place; the readable name goes with the title.
        details: Methodology, caveats, series and further facts.
        traits: Languages, COD level, update frequency, and that it is urgent.
        holder: ``type`` says what sort of organisation it is.
        contact: Of the holder.
        place: ``admin1`` and ``country`` are the finest that is told.
        dates: ``month`` is the first of the month, for first publication, last change and what follows from it; the
            period is told by whole months. ``none`` leaves none of them.
        rows: ``band`` is the number of rows to a power of ten.
        columns: ``released`` leaves out those of files under review; hashtags go with their columns.
        files: ``formats`` leaves out names, descriptions and sizes; ``none`` that there are any.
        links: Of files, and web addresses in texts.
        page: The portal's page of the record, and every address of the way to get it.
        concepts: ``topics`` leaves out what columns gave away, and the words that a topic rests on.
        evidence: What the level rests on: hashtags, column names, reasons.
        recipients: Of what is urgent.
        licence: May be free text.
    """

    title: Literal["whole", "template"] = "whole"
    notes: Literal["whole", "none"] = "whole"
    details: Literal["whole", "none"] = "whole"
    traits: Literal["whole", "none"] = "whole"
    holder: Literal["named", "type"] = "named"
    contact: Literal["whole", "none"] = "whole"
    place: Literal["whole", "admin1", "country"] = "whole"
    dates: Literal["whole", "month", "none"] = "whole"
    rows: Literal["whole", "band", "none"] = "whole"
    columns: Literal["whole", "released", "none"] = "whole"
    files: Literal["whole", "formats", "none"] = "whole"
    links: Literal["whole", "none"] = "whole"
    page: Literal["whole", "none"] = "whole"
    keywords: Literal["whole", "none"] = "whole"
    concepts: Literal["whole", "topics"] = "whole"
    evidence: Literal["whole", "none"] = "whole"
    relations: Literal["whole", "none"] = "whole"
    recipients: Literal["whole", "none"] = "whole"
    licence: Literal["whole", "none"] = "whole"
    harm_if_withheld: Literal["whole", "none"] = "whole"

    @cached_property
    def is_whole(self) -> bool:
        """Whether it leaves everything."""
        return self == Profile()

    def stricter(self, other: "Profile") -> "Profile":
        """Of each field what the stricter of two leaves."""
        if self == other:
            return self
        return Profile(**{name: max(getattr(self, name), getattr(other, name), key=_ranks(name)) for name in FIELDS})


FIELDS: tuple[str, ...] = tuple(Profile.model_fields)
_ORDERS: Mapping[str, tuple[str, ...]] = {
    name: get_args(declared.annotation) for name, declared in Profile.model_fields.items()
}


def _ranks(name: str) -> Any:  # noqa: ANN401 - a key function
    return _ORDERS[name].index


ProfileName = Annotated[str, Field(pattern=r"^[a-z][a-z-]*$")]


class Published(Declaration):
    """What its portal lists in public although its level is what it is.

    Attributes:
        said_by: It holds where nobody else asserts the level in effect; a person never leaves it at that.
        profile: What is left of the record then.
    """

    said_by: tuple[Literal["portal", "rule"], ...] = Field(min_length=1)
    profile: ProfileName


class Unnamed(Declaration):
    """Holders that are told by their type only.

    Attributes:
        countries: Whose information sharing protocol leaves partner names out, in some areas or on request.
        levels: At which that holds.
        organisations: That asked not to be named: name or acronym.
        profile: What is left of a record then.
    """

    countries: tuple[Iso3, ...] = ()
    levels: tuple[LevelName, ...] = ()
    organisations: tuple[str, ...] = ()
    profile: ProfileName


class Disclosing(Declaration):
    """The one table of who is shown what, ``rules/disclosure.yaml``.

    Attributes:
        version: Raised by hand when what it means changes.
        visibility: Of a record, by its source's visibility and its level. What a portal or a steward asks for beyond
            that is kept.
        modes: By a record's visibility and audience.
        levels: Profile of a shown record, by audience and level.
        signals: Profile at the least, where a rule or a quarantine says that links are withheld.
        published: By level, of records that their portal lists in public all the same.
        redacted: Profile at the least of a record whose mode is ``redacted``.
        ask: Profile of a record whose mode is ``ask``: it exists, and whom to ask.
        unnamed: Whose names are left out.
        marking: TLP label of an export, by audience and level.
        profiles: By name.
    """

    version: int = Field(ge=1)
    visibility: dict[str, dict[str, str]]
    modes: dict[str, dict[str, str]]
    levels: dict[str, dict[str, str]]
    signals: ProfileName
    published: dict[LevelName, Published]
    redacted: ProfileName
    ask: ProfileName
    unnamed: Unnamed
    marking: dict[str, dict[str, str]]
    profiles: dict[ProfileName, Profile]

    @model_validator(mode="after")
    def _whole_and_safe(self) -> Self:
        """Every cell is there, every profile is known, and nothing is shown wider than it was declared."""
        _complete("visibility", self.visibility, VISIBILITIES, LEVELS, VISIBILITIES)
        _complete("modes", self.modes, VISIBILITIES, AUDIENCES, MODES)
        _complete("levels", self.levels, AUDIENCES, LEVELS, tuple(sorted(self.profiles)))
        _complete("marking", self.marking, (*AUDIENCES, "full"), LEVELS, TLP)
        named = [("signals", self.signals), ("redacted", self.redacted)]
        named += [(f"published.{level}", listed.profile) for level, listed in self.published.items()]
        named += [("ask", self.ask), ("unnamed.profile", self.unnamed.profile)]
        for where, name in named:
            if name not in self.profiles:
                raise ValueError(f'{where}: there is no profile "{name}"; write one of {", ".join(self.profiles)}')
        for source, row in self.visibility.items():
            for level, given in row.items():
                if VISIBILITIES.index(given) < VISIBILITIES.index(source):
                    raise ValueError(
                        f"visibility.{source}.{level}: {given} is wider than the source's; write {source} or less"
                    )
        self._asks_with_little()
        for who, mode in self.modes["owner"].items():
            if mode != "hidden":
                raise ValueError(f"modes.owner.{who}: what is for its owner alone is hidden; write hidden")
        if self.profiles[self.unnamed.profile].holder != "type":
            raise ValueError(f"unnamed.profile: {self.unnamed.profile} names the holder; write holder: type in it")
        return self

    def _asks_with_little(self) -> None:
        """Whoever is only told that a record exists must not be told more by the profile's other fields."""
        asking = self.profiles[self.ask]
        for name in FIELDS:
            if name not in {"holder", "contact"} and getattr(asking, name) != _ORDERS[name][-1]:
                raise ValueError(
                    f"ask: {self.ask} tells more than that it exists; write {name}: {_ORDERS[name][-1]} in it"
                )


def _complete(table: str, given: Mapping[str, Mapping[str, str]], rows: Words, cells: Words, values: Words) -> None:
    """Refuse a row, a cell or a value that there is not, and what is missing."""
    for row in given.keys() - set(rows):
        raise ValueError(f'{table}: there is no "{row}"; write one of {", ".join(rows)}')
    for row in rows:
        for one in given.get(row, {}).keys() - set(cells):
            raise ValueError(f'{table}.{row}: there is no "{one}"; write one of {", ".join(cells)}')
        for one in cells:
            value = given.get(row, {}).get(one)
            if value is None:
                raise ValueError(f"{table}.{row}.{one} is missing; add it")
            if value not in values:
                raise ValueError(f'{table}.{row}.{one}: there is no "{value}"; write one of {", ".join(values)}')
