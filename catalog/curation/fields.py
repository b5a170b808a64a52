"""The fields of a record that people correct: how each is written, and where it stands in the record. Pure.

A value is written as one text, the same on the command line, in a sheet, over HTTP and in the form: lists with
semicolons, ``none`` for nothing. What is kept of it is JSON.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from catalog.agents import role_mailbox
from catalog.assess import Assessment, Assessor
from catalog.freshness import WORDS, in_words
from catalog.masking import personal
from catalog.places import iso3_of
from catalog.records import UNDETERMINED, AccessRecord, AgentRecord, AgentRole, DatasetRecord, LocationRecord
from catalog.register.days import NoDay, day_of
from catalog.register.reading import clean
from catalog.text import normalize
from catalog.vocabulary import AccessModality, Artefact, Role
from config.declarations import Source

NONE = "none"
"""How nothing is written, where a source says something and it is wrong."""
AS_SOURCE = "as source"
"""How it is written that a correction is taken back: what the source says is shown again."""
FINEST = 5
MOST = 20_000
_LINE, _LIST = 300, 60
_WEB = re.compile(r"https?://[^\s<>\"]{1,1000}")
_SPAN = re.compile(r"\s+to\s+|\s+-\s+|\s*–\s*|(?<=\d)/(?=\d{4}-\d|\.\.)")
_ONGOING = frozenset({"now", "today", "ongoing", "open", ".."})
_RHYTHMS = {"daily": 1, "weekly": 7, "monthly": 30, "quarterly": 90, "half-yearly": 180, "yearly": 365}
_MOST_DAYS = 10_000
_LANGUAGE = re.compile(r"[a-z]{2,3}")
MAILING_LIST = "mailing list"
"""The further fact of a record that is the list to join."""


class Wrong(Exception):  # noqa: N818
    """A value is not taken: why, and what to write instead."""

    def __init__(self, field: str, reason: str, mend: str) -> None:
        super().__init__(f"{field}: {reason}. {mend}")
        self.field, self.reason, self.mend = field, reason, mend


@dataclass(frozen=True, slots=True)
class Field:
    """A field that may be corrected.

    Attributes:
        label: As people call it.
        help: What is to be written.
        part: The document's field that it shows in.
        read: What is kept of a text; raises Wrong.
        shown: The text of what is kept.
        of: What a record has.
        put: The record with another value, given its source. None where it is not the record that says it: topics are
            found by rules.
        long: Whether it is written on several lines.
    """

    key: str
    label: str
    help: str
    part: str
    read: Callable[["Field", str, Assessor], Any]
    shown: Callable[[Any, Assessor], str]
    of: Callable[[DatasetRecord, Assessment], Any]
    put: Callable[[DatasetRecord, Any, Source], DatasetRecord] | None
    long: bool = False


def named(key: str) -> Field:
    """A field by its key; raises Wrong naming the nearest."""
    told = key.strip().lower().replace("-", "_").replace(" ", "_")
    if told in FIELDS:
        return FIELDS[told]
    near = difflib.get_close_matches(told, FIELDS, 1)
    hint = f'Did you mean "{near[0]}"?' if near else f"Write one of: {', '.join(FIELDS)}."
    raise Wrong(key[:60], "it is no field that can be corrected", hint)


def read(field: Field, text: str, assessor: Assessor) -> Any:  # noqa: ANN401 - JSON
    """What is kept of a text; raises Wrong naming the field and the mend."""
    told = clean(text)
    if not told:
        raise Wrong(field.key, "it is empty", f'Write "{NONE}" if there is none. {field.help}')
    return field.read(field, told, assessor)


def shown(field: Field, value: Any, assessor: Assessor) -> str:  # noqa: ANN401 - JSON
    """A value as it is written; ``none`` for nothing."""
    return (field.shown(value, assessor) if value not in (None, "", [], {}) or value == 0 else "") or NONE


def same(one: Any, other: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether two values say the same, however their texts are spelt."""
    return bool(_folded(one) == _folded(other))


def _folded(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, list):
        return sorted(map(str, map(_folded, value)))
    return value if value != {} else None


def _is_none(text: str) -> bool:
    return text.casefold() == NONE


def _checked(field: Field, text: str, most: int) -> str:
    if len(text) > most:
        raise Wrong(field.key, f"it has {len(text)} characters", f"Shorten it to {most}.")
    if held := personal(text):
        raise Wrong(field.key, f"it holds {held[0]}", "Take it out: the register describes data, and is read by many.")
    return text


def _line(field: Field, text: str, _: Assessor) -> str:
    return "" if _is_none(text) else _checked(field, " ".join(text.split()), _LINE)


def _title(field: Field, text: str, assessor: Assessor) -> str:
    if _is_none(text):
        raise Wrong(field.key, "a record cannot be without a title", "Write the title that it should have.")
    return _line(field, text, assessor)


def _prose(field: Field, text: str, _: Assessor) -> str:
    return "" if _is_none(text) else _checked(field, text, MOST)


def _parts(text: str, marks: str = r"[;\n]") -> list[str]:
    return [part for part in (part.strip() for part in re.split(marks, text)) if part]


def _names(field: Field, text: str, assessor: Assessor) -> list[str]:
    if _is_none(text):
        return []
    names = _parts(text)
    if len(names) > _LIST:
        raise Wrong(field.key, f"it names {len(names)} organisations", f"Name {_LIST} at the most.")
    for name in names:
        _checked(field, name, _LINE)
        if not normalize(name):
            raise Wrong(field.key, f'"{name}" is no name', "Write the organisation's name or acronym.")
    return list(dict.fromkeys(assessor.agents.resolve(AgentRecord(name)).name for name in names))


def _places(field: Field, text: str, _: Assessor) -> list[str]:
    if _is_none(text):
        return []
    found: dict[str, None] = {}
    for part in _parts(text, r"[;\n/|]"):
        for name in [part] if iso3_of(part) else _parts(part, "[,،]"):
            code = iso3_of(name)
            if code is None:
                raise Wrong(
                    field.key, f'"{name[:60]}" is no country', "Write the country's name or ISO code, such as UKR."
                )
            found[code] = None
    return sorted(found)


def _finest(field: Field, text: str, _: Assessor) -> int | None:
    if _is_none(text):
        return None
    found = re.fullmatch(r"(?:admin(?:istrative)?\s*(?:level)?\s*)?([0-9])", text.casefold())
    if not found or int(found[1]) > FINEST:
        raise Wrong(field.key, f'"{text[:60]}" is no administrative level', f"Write a number from 0 to {FINEST}.")
    return int(found[1])


def _topics(field: Field, text: str, assessor: Assessor) -> list[str]:
    if _is_none(text):
        return []
    by_name = {normalize(assessor.titles[key]): key for key in assessor.topics}
    by_name |= {normalize(key): key for key in assessor.topics}
    found: dict[str, None] = {}
    for part in _parts(text, r"[;,\n]"):
        key = by_name.get(normalize(part))
        if key is None:
            near = difflib.get_close_matches(normalize(part), by_name, 1)
            listed = ", ".join(sorted(assessor.topics))
            hint = f'Did you mean "{by_name[near[0]]}"?' if near else f"Write some of: {listed}."
            raise Wrong(field.key, f'"{part[:60]}" is no topic', hint)
        found[key] = None
    return sorted(found)


def _period(field: Field, text: str, _: Assessor) -> dict[str, Any]:
    if _is_none(text):
        return {}
    # A day has hyphens of its own, so what parts two days stands between spaces, or is a slash or "to".
    first, *rest = _SPAN.split(text, maxsplit=1)
    ongoing = bool(rest) and rest[0].casefold() in _ONGOING
    try:
        start = day_of(first, edge="first")
        end = None if ongoing else day_of(rest[0] if rest else first, edge="last")
    except NoDay as error:
        raise Wrong(field.key, f'"{text[:60]}": {error}', f"{field.help} {error.mend}") from None
    if end is not None and end < start:
        raise Wrong(field.key, f"it ends on {end}, before it begins", "Correct one of the two days.")
    return {"start": start.isoformat(), "end": end.isoformat() if end else None, "open": ongoing}


def _rhythm(field: Field, text: str, _: Assessor) -> int | None:
    if _is_none(text):
        return None
    told = " ".join(text.casefold().replace("_", "-").split())
    known = {words: days for days, words in WORDS.items()} | _RHYTHMS | {"as-needed": -2}
    if told in known:
        return known[told]
    found = re.fullmatch(r"(?:every )?(\d{1,5})(?: days?)?", told)
    if not found or not 0 < int(found[1]) <= _MOST_DAYS:
        raise Wrong(field.key, f'"{text[:60]}" is no rhythm', field.help)
    return int(found[1])


def _modality(field: Field, text: str, _: Assessor) -> str:
    told = re.sub(r"[\s-]+", "_", text.casefold())
    told = AccessModality.UNKNOWN.value if _is_none(text) else told
    if told not in set(AccessModality):
        near = difflib.get_close_matches(told, list(AccessModality), 1)
        hint = f'Did you mean "{near[0]}"?' if near else field.help
        raise Wrong(field.key, f'"{text[:60]}" is no way of access', hint)
    return told


def _steps(field: Field, text: str, _: Assessor) -> list[str]:
    if _is_none(text):
        return []
    steps = _parts(text, "\n")
    for step in steps:
        _checked(field, step, _LINE)
    return steps


def _address(field: Field, text: str, _: Assessor) -> str:
    if _is_none(text):
        return ""
    if _WEB.fullmatch(text):
        return text
    if "@" not in text:
        raise Wrong(field.key, f'"{text[:60]}" is neither a mailbox nor the address of a page', field.help)
    if not role_mailbox(text, ""):
        raise Wrong(field.key, "it may be a person's own mailbox", "Write the office's mailbox, such as im@office.org.")
    return role_mailbox(text, "")


def _languages(field: Field, text: str, _: Assessor) -> list[str]:
    if _is_none(text):
        return []
    tags = [part.casefold() for part in _parts(text, r"[;,\s]")]
    for tag in tags:
        if not _LANGUAGE.fullmatch(tag):
            raise Wrong(field.key, f'"{tag[:60]}" is no code of a language', field.help)
    return sorted(set(tags))


def _as_text(value: Any, _: Assessor) -> str:  # noqa: ANN401 - JSON
    return str(value)


def _as_list(value: Sequence[str], _: Assessor) -> str:
    return "; ".join(value)


def _as_lines(value: Sequence[str], _: Assessor) -> str:
    return "\n".join(value)


def _as_period(value: Mapping[str, Any], _: Assessor) -> str:
    if not value.get("start"):
        return f"up to {value['end']}" if value.get("end") else ""
    return f"{value['start']} to {'now' if value['open'] or not value['end'] else value['end']}"


def _as_rhythm(value: int, _: Assessor) -> str:
    return in_words(value)


_Texts = Mapping[str, str]


def _main(texts: _Texts) -> str:
    """The language of the text that is shown."""
    return "en" if texts.get("en") else next(iter(texts), UNDETERMINED)


def _put_text(texts: _Texts, value: str) -> dict[str, str]:
    key = _main(texts)
    if value:
        return {**texts, key: value}
    # Another language's text would be shown in its place.
    return {}


def _put_title(record: DatasetRecord, value: str, _: Source) -> DatasetRecord:
    return replace(record, title=_put_text(record.title, value))


def _put_notes(record: DatasetRecord, value: str, _: Source) -> DatasetRecord:
    return replace(record, notes=_put_text(record.notes, value))


def _notes(record: DatasetRecord, _: Assessment) -> str:
    return record.notes.get("en") or next(iter(record.notes.values()), "")


def _of_role(role: Role) -> Callable[[DatasetRecord, Assessment], list[str]]:
    def of(_: DatasetRecord, assessment: Assessment) -> list[str]:
        return list(dict.fromkeys(entry.agent.name for entry in assessment.agents if entry.role is role))

    return of


def _put_role(role: Role) -> Callable[[DatasetRecord, list[str], Source], DatasetRecord]:
    def put(record: DatasetRecord, value: list[str], source: Source) -> DatasetRecord:
        agents = record.agents
        if not agents and source.publisher:
            agents = (AgentRole(AgentRecord(source.publisher), Role.PUBLISHER),)
        place = next((at for at, entry in enumerate(agents) if entry.role is role), 0)
        left = [entry for entry in agents if entry.role is not role]
        # A mailbox belongs to the organisation that it was given for.
        known = {normalize(entry.agent.name): entry for entry in agents if entry.role is role}
        new = [known.get(normalize(name)) or AgentRole(AgentRecord(name), role) for name in value]
        return replace(record, agents=(*left[:place], *new, *left[place:]))

    return put


def _contact(_: DatasetRecord, assessment: Assessment) -> str:
    return next((entry.contact for entry in assessment.agents if entry.contact), "")


def _put_contact(record: DatasetRecord, value: str, source: Source) -> DatasetRecord:
    agents = record.agents
    if not agents and source.publisher:
        agents = (AgentRole(AgentRecord(source.publisher), Role.PUBLISHER),)
    first = next((at for at, entry in enumerate(agents) if entry.contact), 0)
    return replace(
        record,
        agents=tuple(replace(entry, contact=value if at == first else "") for at, entry in enumerate(agents)),
    )


def _codes(record: DatasetRecord, _: Assessment) -> list[str]:
    return sorted({place.iso3 for place in record.locations})


def _put_places(record: DatasetRecord, value: list[str], _: Source) -> DatasetRecord:
    known = {place.iso3: place for place in record.locations}
    finest = _deepest(record)
    return replace(record, locations=tuple(known.get(iso3) or LocationRecord(iso3, finest) for iso3 in value))


def _deepest(record: DatasetRecord) -> int | None:
    return max((place.admin_level for place in record.locations if place.admin_level is not None), default=None)


def _admin_level(record: DatasetRecord, _: Assessment) -> int | None:
    return _deepest(record)


def _put_admin_level(record: DatasetRecord, value: int | None, _: Source) -> DatasetRecord:
    return replace(record, locations=tuple(replace(place, admin_level=value) for place in record.locations))


def _when(record: DatasetRecord, _: Assessment) -> dict[str, Any]:
    if record.period_start is None and record.period_end is None:
        return {}
    start, end = record.period_start, record.period_end
    return {
        "start": start.isoformat() if start else None,
        "end": end.isoformat() if end else None,
        "open": record.period_open,
    }


def _put_period(record: DatasetRecord, value: Mapping[str, Any], _: Source) -> DatasetRecord:
    start, end = value.get("start"), value.get("end")
    return replace(
        record,
        period_start=date.fromisoformat(start) if start else None,
        period_end=date.fromisoformat(end) if end else None,
        period_open=bool(value.get("open")),
    )


def _data(assessment: Assessment) -> AccessRecord | None:
    return next((entry for entry in assessment.access if entry.artefact is Artefact.DATA), None)


def _put_data(record: DatasetRecord, source: Source, change: Callable[[AccessRecord], AccessRecord]) -> DatasetRecord:
    """The record with another way to the data; what it says of reports and questionnaires stays."""
    given = [entry for entry in record.access if entry.artefact is Artefact.DATA]
    if not given:
        default = AccessModality.UNKNOWN if record.access else AccessModality(source.access)
        return replace(record, access=(change(AccessRecord(default)), *record.access))
    first = given[0]
    return replace(record, access=tuple(change(entry) if entry is first else entry for entry in record.access))


def _access(_: DatasetRecord, assessment: Assessment) -> str:
    found = _data(assessment)
    return found.modality.value if found else AccessModality.UNKNOWN.value


def _put_access(record: DatasetRecord, value: str, source: Source) -> DatasetRecord:
    modality = AccessModality(value)

    def change(entry: AccessRecord) -> AccessRecord:
        # Steps of another way would mislead; those that go with this one are said in their place.
        return entry if entry.modality is modality else replace(entry, modality=modality, steps=())

    return _put_data(record, source, change)


def _how(_: DatasetRecord, assessment: Assessment) -> list[str]:
    found = _data(assessment)
    return list(found.steps) if found else []


def _put_how(record: DatasetRecord, value: list[str], source: Source) -> DatasetRecord:
    return _put_data(record, source, lambda entry: replace(entry, steps=tuple(value)))


def _where(_: DatasetRecord, assessment: Assessment) -> str:
    found = _data(assessment)
    return found.address if found else ""


def _put_where(record: DatasetRecord, value: str, source: Source) -> DatasetRecord:
    return _put_data(record, source, lambda entry: replace(entry, address=value))


def _put_list(record: DatasetRecord, value: str, _: Source) -> DatasetRecord:
    left = {name: told for name, told in record.extra.items() if name != MAILING_LIST}
    return replace(record, extra=left | ({MAILING_LIST: value} if value else {}))


def topics_of(assessment: Assessment, topics: Iterable[str]) -> list[str]:
    """The topics that were found in a record."""
    wanted = set(topics)
    return sorted(found.key for found in assessment.concepts if found.key in wanted)


_BY_SEMICOLONS = "Part several by semicolons."
_ADDRESS = "Write an office's mailbox or the address of a page."
_RHYTHM_HELP = f"Write days, such as 30, or one of: {', '.join([*_RHYTHMS, 'live', 'never', 'as needed'])}."

FIELDS: Mapping[str, Field] = {
    field.key: field
    for field in (
        Field(
            "title", "Title", "The title that readers are shown.", "title",
            _title, _as_text, lambda record, _: record.display_title, _put_title,
        ),
        Field(
            "description", "Description", "What the data is, in plain words.", "notes",
            _prose, _as_text, _notes, _put_notes, long=True,
        ),
        *(
            Field(
                role.value, role.value.capitalize(), f"Names of organisations. {_BY_SEMICOLONS}", "organizations",
                _names, _as_list, _of_role(role), _put_role(role),
            )
            for role in (Role.HOLDER, Role.OWNER, Role.PUBLISHER)
        ),
        Field("contact", "Contact", _ADDRESS, "access", _address, _as_text, _contact, _put_contact),
        Field(
            "places", "Countries", f"Names or ISO codes of countries. {_BY_SEMICOLONS}", "locations",
            _places, _as_list, _codes, _put_places,
        ),
        Field(
            "admin_level", "Admin level", f"The lowest administrative level, a number from 0 to {FINEST}.", "locations",
            _finest, _as_text, _admin_level, _put_admin_level,
        ),
        Field(
            "topics", "Topics", f"All topics, by key or title. {_BY_SEMICOLONS}", "topics",
            _topics, _as_list, lambda _, __: [], None,
        ),
        Field(
            "period", "Reference period", "Write two days, as in 2025-01-01 to 2025-12-31, or a year, or 2025 to now.",
            "period", _period, _as_period, _when, _put_period,
        ),
        Field(
            "update_rhythm", "Update rhythm", _RHYTHM_HELP, "update_frequency",
            _rhythm, _as_rhythm, lambda record, _: record.update_frequency,
            lambda record, value, _: replace(record, update_frequency=value),
        ),
        Field(
            "access", "Way of access", f"Write one of: {', '.join(AccessModality)}.", "access",
            _modality, _as_text, _access, _put_access,
        ),
        Field(
            "how_to_ask", "How to ask", "The steps, one a line.", "access",
            _steps, _as_lines, _how, _put_how, long=True,
        ),
        Field("ask_at", "Where to ask", _ADDRESS, "access", _address, _as_text, _where, _put_where),
        Field(
            "licence", "Licence", "The licence's name.", "licence",
            _line, _as_text, lambda record, _: record.licence, lambda record, value, _: replace(record, licence=value),
        ),
        Field(
            "languages", "Languages", f"Codes of languages, such as en; fr. {_BY_SEMICOLONS}", "languages",
            _languages, _as_list, lambda record, _: sorted(record.languages),
            lambda record, value, _: replace(record, languages=tuple(value)),
        ),
        Field(
            "caveats", "Caveats", "What a reader must know before using the data.", "caveats",
            _prose, _as_text, lambda record, _: record.caveats,
            lambda record, value, _: replace(record, caveats=value), long=True,
        ),
        Field(
            "mailing_list", "Mailing list", f"Where to join it. {_ADDRESS}", "facts",
            _address, _as_text, lambda record, _: record.extra.get(MAILING_LIST, ""), _put_list,
        ),
    )
}  # fmt: skip
"""By key, in the order in which they are shown and applied."""
