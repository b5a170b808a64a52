"""KoboToolbox forms of an owner who opted in: titles and settings of the forms, never what was submitted to them.

Publisher: KoboToolbox runs the server; what is listed belongs to the account whose token is given.
API: version 2 of KoboToolbox; read is ``GET {url}/api/v2/assets/``.
Terms: the owner's. Nothing is read without a token that the owner gave for this.
Unit: a form (an asset of type ``survey``).

Caveats:
    - A list of forms is a list of sensitive datasets: each record is for its owner alone, whatever the source says.
    - Only the list is asked for, never a form's content, its submissions (``/data/``), exports or media.
    - Without a token the server lists public forms of anybody; therefore nothing is asked without one.
    - Asked by what was changed last. A form that is changed while pages are read moves to the front: others are read
      twice, and that one with the next run.
    - Owners and whom a form is shared with are persons and left out; so is the number of submissions.
    - ``sector``, ``country`` and ``collects_pii`` are objects, lists of objects or texts, by the server's age.
    - Version 1 of the API ended in June 2026. Its shape here follows the documentation; no answer was recorded.

Options of a source: ``page_size`` (100).
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from catalog.records import (
    UNDETERMINED,
    AccessRecord,
    AgentRecord,
    AgentRole,
    DatasetRecord,
    LocationRecord,
    PortalFlag,
)
from catalog.vocabulary import AccessModality, Role, Visibility
from config.declarations import Source
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, SkipRecord, Start, filled, wants_key
from harvester.reading.fields import Fields

if TYPE_CHECKING:
    from harvester.http import Client

kind = "kobo-assets"

_KEPT = (
    "uid", "name", "asset_type", "date_created", "date_modified", "date_deployed", "has_deployment",
    "deployment__active", "deployment_status", "tag_string",
)  # fmt: skip
_SETTINGS = ("sector", "country", "description", "organization", "operational_purpose", "collects_pii")
_PAGE_SIZE = 100
_PLACES = {"limit", "offset", "start", "page"}
"""Parameters of ``next`` that say where it goes on."""
_STEP = "Ask the organisation that owns the form; Landmark reads no submissions."


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
    """Pages of forms, the last changed first; the token is where the next page begins. Raises PortalError."""
    if not client.key:
        raise PortalError("key-missing", "forms are read only with their owner's token", source.url, wants_key(source))
    address = f"{source.url}/api/v2/assets/"
    fixed: dict[str, str | int] = {"q": "asset_type:survey", "ordering": "-date_modified", "format": "json"}
    place = _token(start.token) or {"limit": str(source.whole("page_size", _PAGE_SIZE))}
    been: set[str] = set()
    while True:
        been.add(urlencode(sorted(place.items())))
        answer = client.get_json(address, params={**fixed, **place}, headers={"Authorization": f"Token {client.key}"})
        rows, following, total = _answer(answer, address)
        if following and urlencode(sorted(following.items())) in been:
            raise PortalError("repeated-page", "the next page is one that was read", address, "try again later")
        found = tuple(RawRecord(Fields(row).line("uid", 80), essence(row), address) for row in rows)
        yield RawPage(found, urlencode(following) if following else None, total)
        if not following:
            return
        place = following


def essence(payload: Native) -> dict[str, Any]:
    """Title and settings of the form: no owner, no permissions, no content, no number of submissions."""
    kept = filled(payload, _KEPT)
    settings = payload.get("settings")
    if isinstance(settings, Mapping):
        words = {name: _words(settings.get(name)) for name in _SETTINGS}
        kept["settings"] = {name: said for name, said in words.items() if said}
    return kept


def normalize(source: Source, record: RawRecord) -> DatasetRecord:
    """The form in DCAT words, for its owner alone; raises SkipRecord for what is no form, RecordError without an id."""
    fields = Fields(essence(record.payload))
    uid, name = fields.line("uid", 80), fields.line("name", 300)
    if not uid:
        raise RecordError("no-id", "uid", "the form has no uid", "tell the server's administrator")
    asset_type = fields.line("asset_type", 40)
    if asset_type not in ("survey", ""):
        raise SkipRecord("not-a-form", f"{uid} is of type {asset_type}")
    given = fields.record.get("settings")
    settings = Fields(given if isinstance(given, Mapping) else {}, fields.notes, "settings.")
    description = "; ".join(settings.words("description", 5000))
    personal = any(word.lower() in ("yes", "true", "1") for word in settings.words("collects_pii"))
    deployed = fields.flag("has_deployment")
    facts = {
        "sector": "; ".join(settings.words("sector")),
        "operational_purpose": "; ".join(settings.words("operational_purpose")),
        "collects_pii": "; ".join(settings.words("collects_pii")),
        "deployed": "" if deployed is None else str(deployed).lower(),
        "status": fields.line("deployment_status", 40),
    }
    return DatasetRecord(
        remote_id=uid,
        title={UNDETERMINED: name or f"Form without a name ({uid})"},
        notes={UNDETERMINED: description} if description else {},
        issued=fields.moment("date_created"),
        modified=fields.moment("date_modified"),
        licence=source.licence,
        keywords=tuple(dict.fromkeys((*settings.words("sector"), *fields.words("tag_string")))),
        agents=_agents(source, settings),
        locations=tuple(LocationRecord(code) for code in settings.countries("country")),
        access=(AccessRecord(AccessModality(source.access), (_STEP,)),),
        flags=(PortalFlag("collects_pii", "true"),) if personal else (),
        visibility=Visibility.OWNER,
        extra={key: value for key, value in facts.items() if value},
        reading_notes=tuple(fields.notes),
    )


def _token(token: str | None) -> dict[str, str]:
    """Where a page begins; only what pages are told by."""
    place = dict(parse_qsl(token or ""))
    if token and (not place or not set(place) <= _PLACES or not all(_is_count(value) for value in place.values())):
        raise PortalError("token-unreadable", f'"{token}" is no page of this list', mend="start the run afresh")
    return place


def _is_count(value: str) -> bool:
    return value.isascii() and value.isdecimal()


def _answer(answer: object, address: str) -> tuple[list[Native], dict[str, str], int | None]:
    """The forms, where it goes on (never whither: that stays our address), and how many there are."""
    rows = answer.get("results") if isinstance(answer, Mapping) else None
    readable = isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows)
    if not isinstance(answer, Mapping) or not isinstance(rows, list) or not readable:
        mend = "check that the address is that of a KoboToolbox server"
        raise PortalError("unexpected-answer", "the answer has no list of forms", address, mend)
    fields = Fields(answer)
    try:
        query = urlsplit(fields.raw("next")).query
    except ValueError:
        query = ""
    following = {name: value for name, value in parse_qsl(query) if name in _PLACES and _is_count(value)}
    if fields.raw("next") and not following:
        mend = "tell the server's administrator"
        raise PortalError("unexpected-answer", "the server does not say where its next page begins", address, mend)
    return rows, following if rows else {}, fields.whole("count")


def _words(value: object) -> list[str]:
    """The labels of an object, of a list of objects, or plain texts; of a country the code as well as it can be."""
    entries = value if isinstance(value, list) else [value]
    words = []
    for entry in entries:
        if isinstance(entry, Mapping):
            fields = Fields(entry)
            words.append(fields.line("label", 200) or fields.line("value", 200))
        elif isinstance(entry, str | bool | int | float):
            words.append(Fields({"text": str(entry)}).line("text", 5000))
    return [word for word in words if word]


def _agents(source: Source, settings: Fields) -> tuple[AgentRole, ...]:
    named = settings.words("organization") or ([source.publisher] if source.publisher else [])
    return tuple(AgentRole(AgentRecord(name), Role.HOLDER) for name in named)
