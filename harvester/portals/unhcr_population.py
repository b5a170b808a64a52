"""Population figures of UNHCR's Operational Data Portal: refugees and others of concern, by situation and country.

Publisher: UNHCR, https://data.unhcr.org
API: not documented in public; read are ``GET {url}/population/get/origin`` and ``GET {url}/population/``, as OCHA does.
Terms: CC BY-IGO, as UNHCR's dataset of situations is licensed on HDX. No key; no limit on requests is published.
Unit: a situation and a country of asylum. The rows are figures, so they are counted as they come and not kept.

Caveats:
    - Which situations and countries there are is told nowhere: the source names them, by the portal's own numbers of
      population collections and of places (``geo_id``).
    - Numbers are texts. No figures is one row of nulls: then there is no record.
    - Countries of origin are named in UNHCR's spelling and coded with UNHCR's codes, which are not ISO's.
    - One row may sum several population groups; frequency, source and day differ from row to row.
    - A zero in every age group means that none was reported, not that nobody is there.
    - The place answered is checked to be the one that was asked for.

Filters of a source: ``situations``, a list of ``{title, population_collection, by_origin, geo_ids}``; ``by_origin``
    says that figures come by country of origin. Without any, nothing is read.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catalog.records import (
    AccessRecord,
    AgentRecord,
    AgentRole,
    ColumnRecord,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
    ReadingNote,
)
from catalog.vocabulary import AccessModality, Role
from config.declarations import Source
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, Start, filled
from harvester.reading.fields import Fields

if TYPE_CHECKING:
    from harvester.http import Client

kind = "unhcr-population"

_KEPT = (
    "key", "situation", "address", "place", "level", "first_day", "last_day", "frequencies", "types", "origins",
    "groups", "sources", "disaggregation", "columns", "rows",
)  # fmt: skip
_STEP = "Ask the address given; no account is needed."
_GENERIC = {"government", "governments", "other", "others", "various"}
"""Words among the sources that name no organisation."""
_DAYS = {"Daily": 1, "Weekly": 7, "Monthly": 30, "Quarterly": 90, "Annual": 365}
_AGES = ("04", "511", "1217", "1859", "60")
_MOST_NAMES = 100


@dataclass(frozen=True)
class _Question:
    """One call: a situation in one country."""

    title: str
    collection: str
    geo_id: str
    by_origin: bool

    @property
    def key(self) -> str:
        return f"{self.collection.replace(',', '+')}-{self.geo_id}"

    def address(self, source: Source) -> str:
        """With its parameters."""
        path = "population/get/origin" if self.by_origin else "population/"
        return f"{source.url}/{path}?geo_id={self.geo_id}&population_collection={self.collection}"


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
    """A page per situation and country, in the order of the source; the token is the next key. Raises PortalError."""
    questions = _questions(source)
    keys = [question.key for question in questions]
    if start.token is not None and start.token not in keys:
        mend = "start the run afresh"
        raise PortalError("token-unreadable", f'"{start.token}" is no situation of this source', mend=mend)
    begin = keys.index(start.token) if start.token else 0
    for position, question in enumerate(questions[begin:], begin):
        address = question.address(source)
        found, notes = _record(question, _rows(client.get_json(address), address), address)
        following = keys[position + 1] if position + 1 < len(keys) else None
        yield RawPage(found, following, notes=notes)
    if not questions:
        yield RawPage(())


def essence(payload: Native) -> dict[str, Any]:
    """Which situation and place it is, its days, origins, groups and sources: no figure."""
    return filled(payload, _KEPT)


def normalize(source: Source, record: RawRecord) -> DatasetRecord:
    """The situation in DCAT words; raises RecordError if it does not say which it is."""
    fields = Fields(essence(record.payload))
    key, situation, place = fields.line("key", 200), fields.line("situation", 200), fields.line("place", 200)
    if not key or not situation or not place:
        raise RecordError("no-id", "key", "the figures do not say their situation or place", "tell UNHCR")
    address = fields.address("address", source.url)
    said = fields.between("first_day", "last_day")
    country_level = fields.line("level", 60).lower() == "country"
    types, origins = _list(fields, "types"), _list(fields, "origins")
    frequencies = _list(fields, "frequencies")
    days = [_DAYS[word] for word in frequencies if word in _DAYS]
    facts = {
        "rows": str(fields.whole("rows") or 0),
        "population_types": "; ".join(types),
        "origins": "; ".join(origins),
        "groups": "; ".join(_list(fields, "groups")),
        "sources": "; ".join(_list(fields, "sources")),
        "frequencies": "; ".join(frequencies),
        "disaggregation": "; ".join(_list(fields, "disaggregation")),
    }
    return DatasetRecord(
        remote_id=key,
        title={"en": f"{situation}, {place}"},
        notes={"en": _notes(place, types, origins)},
        modified=fields.moment("last_day"),
        period_start=said.start,
        period_end=said.end,
        update_frequency=max(days) if days else None,
        licence=source.licence,
        languages=("en",),
        keywords=tuple(types),
        agents=_agents(source, _list(fields, "sources")),
        locations=tuple(LocationRecord(code, 0 if country_level else None) for code in fields.countries("place")),
        distributions=(DistributionRecord("api", f"Population figures, {place}", address, format="API"),),
        columns=tuple(ColumnRecord("", position, header) for position, header in enumerate(_list(fields, "columns"))),
        access=(AccessRecord(AccessModality.OPEN, (_STEP,), address),),
        series=situation,
        extra={name: value[:1000] for name, value in facts.items() if value},
        reading_notes=tuple(fields.notes),
    )


def _questions(source: Source) -> list[_Question]:
    """What the source asks for, each once."""
    given = source.filters.get("situations")
    found: dict[str, _Question] = {}
    for entry in given if isinstance(given, list) else [given] if given else []:
        fields = Fields(entry if isinstance(entry, Mapping) else {})
        title, collection = fields.line("title", 200), fields.line("population_collection", 60).replace(" ", "")
        places = fields.words("geo_ids")
        if not title or not collection or not places:
            mend = 'give each of "situations" a title, a population_collection and geo_ids'
            raise PortalError("filter-unreadable", "a situation of this source cannot be asked for", mend=mend)
        for geo_id in places:
            question = _Question(title, collection, geo_id, by_origin=fields.flag("by_origin") is True)
            found.setdefault(question.key, question)
    return list(found.values())


def _rows(answer: object, address: str) -> list[Native]:
    rows = answer.get("data") if isinstance(answer, Mapping) else None
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        mend = "check the source's url; if it is right, UNHCR may have changed its API"
        raise PortalError("unexpected-answer", "the answer has no list of figures", address, mend)
    return rows


def _record(
    question: _Question, rows: Sequence[Native], address: str
) -> tuple[tuple[RawRecord, ...], tuple[ReadingNote, ...]]:
    """What the rows tell, or why there is no record of them."""
    told = [Fields(row) for row in rows if row.get("individuals") not in (None, "")]
    if not told:
        return (), ()
    if {fields.line("geomaster_id", 40) for fields in told} != {question.geo_id}:
        message = f"asked for place {question.geo_id}, another was answered"
        return (), (ReadingNote("other-place", "geomaster_id", message),)
    days = sorted({day for fields in told if (day := fields.line("date", 40)[:10])})
    payload = {
        "key": question.key,
        "situation": question.title,
        "address": address,
        "place": told[0].line("geomaster_name", 200),
        "level": told[0].line("admin_level", 60),
        "first_day": days[0] if days else "",
        "last_day": days[-1] if days else "",
        "frequencies": _each(told, "pop_frequency_name"),
        "types": _each(told, "pop_type_name"),
        "origins": _each(told, "pop_origin_name"),
        "groups": sorted({name for fields in told for name in _groups(fields)})[:_MOST_NAMES],
        "sources": sorted({name for fields in told for name in fields.words("source")})[:_MOST_NAMES],
        "disaggregation": _disaggregation(told),
        "columns": list(dict.fromkeys(name for fields in told for name in fields.record)),
        "rows": len(told),
    }
    # Populations may be listed in the row itself, each with what its origin and type are.
    inner = [Fields(part) for fields in told for part in _parts(fields)]
    for name, field in (
        ("frequencies", "pop_frequency_name"), ("types", "pop_type_name"), ("origins", "pop_origin_name"),
    ):  # fmt: skip
        payload[name] = payload[name] or _each(inner, field)
    return (RawRecord(question.key, payload, address),), ()


def _each(rows: Sequence[Fields], name: str) -> list[str]:
    return sorted({word for fields in rows if (word := fields.line(name, 200))})[:_MOST_NAMES]


def _parts(fields: Fields) -> list[Mapping[str, Any]]:
    return fields.parts("population_groups") if isinstance(fields.record.get("population_groups"), list) else []


def _groups(fields: Fields) -> list[str]:
    """A text with commas between the groups, or a list of objects; a comma in a name parts it too."""
    if isinstance(fields.record.get("population_groups"), list):
        return [name for part in _parts(fields) if (name := Fields(part).line("name", 200))]
    return fields.words("population_groups")


def _disaggregation(rows: Sequence[Fields]) -> list[str]:
    """By what the figures are told apart: a part counts where at least one row has more than 0 in it."""
    ages = [f"{sex}_{age}" for sex in ("male", "female") for age in _AGES]
    parts = {
        "sex": ("male_total", "female_total", *ages),
        "age": ages,
        "households": ("households",),
        "unaccompanied children": ("uac_total",),
    }
    return [part for part, names in parts.items() if any(_is_told(fields, name) for fields in rows for name in names)]


def _is_told(fields: Fields, name: str) -> bool:
    return fields.record.get(name) not in (None, "", "0", 0)


def _list(fields: Fields, name: str) -> list[str]:
    """A list of names as it was kept: a comma in a name does not part it."""
    return fields.words(name) if isinstance(fields.record.get(name), list) else []


def _notes(place: str, types: Sequence[str], origins: Sequence[str]) -> str:
    who = ", ".join(types) or "People of concern to UNHCR"
    return f"{who} in {place}" + (f", from {'; '.join(origins)}." if origins else ".")


def _agents(source: Source, told: Sequence[str]) -> tuple[AgentRole, ...]:
    """Whom the portal names as sources holds the figures; it publishes them itself."""
    named = [name for name in told if name.lower() not in _GENERIC] or ([source.publisher] if source.publisher else [])
    roles = [AgentRole(AgentRecord(name), Role.HOLDER) for name in named]
    if source.publisher:
        roles.append(AgentRole(AgentRecord(source.publisher), Role.PUBLISHER))
    return tuple(roles)
