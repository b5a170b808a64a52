"""CKAN sites other than HDX, and DKAN sites, which answer the same questions in their own way.

Publisher: each site its own; the software is by the CKAN association (https://ckan.org).
API: https://docs.ckan.org/en/latest/api/ ; read is ``package_search``, through ckanapi.
Terms: metadata is meant to be harvested; each dataset names its licence.
Unit: a package of the type dataset; its resources are the files.

Caveats:
    - Sorted by id, so that rows keep their place while we page; more than 1,000 rows an answer are clipped silently.
    - Deleted packages are no longer listed; private ones never show to an anonymous reader.
    - ``author`` and ``maintainer`` are often persons: a name is kept where it is the organisation's, an address where
      it is a role's mailbox.
    - DKAN answers with a list in place of an object, has no count, calls public datasets private, writes dates in its
      own language and sizes in words ("42 octets").
    - Extensions add fields of their own; of those of DCAT-AP frequency, language, period and access rights are read.

Options of a source: ``rows`` (100, at most 1,000). Filters: ``fq``, a Solr filter such as ``groups:mine-action``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from catalog.agents import role_mailbox
from catalog.records import (
    UNDETERMINED,
    AccessRecord,
    AgentRecord,
    AgentRole,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
    ReadingNote,
)
from catalog.vocabulary import AccessModality, Role, Visibility
from config.declarations import Source
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, SkipRecord, Start, filled, wants_key
from harvester.reading.dates import DayOrder, Period
from harvester.reading.fields import Fields
from harvester.reading.formats import format_name
from harvester.reading.licences import licence

if TYPE_CHECKING:
    from harvester.http import Client

kind = "ckan"

ROWS, MOST_ROWS = 100, 1000
_MEND = "Check that the address is that of a CKAN site."
_KEPT = (
    "id", "name", "title", "notes", "url", "license_id", "license_title", "license_url", "author", "maintainer",
    "author_email", "maintainer_email", "organization", "groups", "tags", "extras", "type", "state", "private",
    "metadata_created", "metadata_modified", "issued", "modified", "frequency", "language", "temporal_coverage",
    "temporal_start", "temporal_end", "access_rights", "publisher", "resources",
)  # fmt: skip
_KEPT_OF_RESOURCE = (
    "id", "name", "description", "url", "format", "mimetype", "size", "last_modified", "created", "state", "position",
)  # fmt: skip
_KEPT_OF_ORGANISATION = ("id", "name", "title")
_EXTRAS = {
    "frequency-of-update": "frequency", "frequency": "frequency", "temporal_start": "temporal_start",
    "temporal_end": "temporal_end", "temporal-extent-begin": "temporal_start", "temporal-extent-end": "temporal_end",
    "language": "language", "metadata-language": "language", "access_rights": "access_rights", "spatial": "spatial",
    "spatial-text": "spatial", "country": "spatial",
}  # fmt: skip
"""Extras that say what has a field of ours; all others are not kept."""
_DKAN = "Active"
_WEEKDAY = re.compile(r"\b(?:lun|mar|mer|jeu|ven|sam|dim|mi[ée]|jue|vie|s[áa]b|dom)[a-z]*\.?,", re.IGNORECASE)
_STEPS = ("Download the files from the dataset's page.",)


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
    """All public datasets by id; the token is the offset of the next page.

    Page notes: ``repeated-page``, ``wrong-count``. Raises PortalError.
    """
    asked = _Search(source, client)
    offset = int(start.token) if start.token and start.token.isdigit() else 0
    before: frozenset[str] = frozenset()
    while True:
        count, packages = asked.page(offset)
        page = tuple(_raw(source, package) for package in packages)
        ids = frozenset(record.remote_id for record in page if record.remote_id)
        if ids and ids == before:
            raise PortalError("repeated-page", f"from {offset:,} on the page before comes again", asked.address, _MEND)
        before = ids
        offset += len(page)
        last = not page or (offset >= count if count is not None else len(page) < asked.rows)
        notes: tuple[ReadingNote, ...] = ()
        if last and count is not None and offset != count:
            message = f"the site counts {count:,} datasets, and gives {offset:,}"
            notes = (ReadingNote("wrong-count", "count", message),)
        yield RawPage(page, None if last else str(offset), count, notes)
        if last:
            return


def essence(payload: Native) -> dict[str, Any]:
    """What describes the dataset and its files: no counters, no revisions, no address of a person."""
    kept = filled(payload, _KEPT)
    for name in ("author_email", "maintainer_email"):
        if name in kept and not _mailbox(kept[name], _organisation(payload)):
            del kept[name]
    _cut(kept, "resources", _KEPT_OF_RESOURCE)
    _cut(kept, "groups", _KEPT_OF_ORGANISATION)
    _cut(kept, "tags", ("name", "display_name"))
    if isinstance(kept.get("organization"), Mapping):
        kept["organization"] = filled(kept["organization"], _KEPT_OF_ORGANISATION)
    if isinstance(extras := kept.get("extras"), list):
        told = [one for one in extras if isinstance(one, Mapping) and str(one.get("key")) in _EXTRAS]
        pairs = [{"key": one["key"], "value": one.get("value")} for one in told]
        kept["extras"] = sorted(pairs, key=lambda one: str(one["key"]))
    return kept


def normalize(source: Source, record: RawRecord) -> DatasetRecord:
    """The package in DCAT words; raises SkipRecord for what is no listed dataset, RecordError without id or title."""
    payload = essence(record.payload)
    fields = Fields(_with_extras(payload))
    remote_id = fields.line("id", 200) or fields.line("name", 200)
    if not remote_id:
        raise RecordError("no-id", "id", "the record has no identifier", "Ask the site's publisher to mend it.")
    package_type, state = fields.line("type", 40).lower(), fields.line("state", 40)
    if package_type not in {"", "dataset"}:
        raise SkipRecord("not-a-dataset", f"the record is a {package_type}, not a dataset")
    if state.lower() not in {"", "active"}:
        raise SkipRecord("not-active", f"the record's state is {state}, not active")
    title = fields.label("title")
    if not title:
        raise RecordError("no-title", "title", f"dataset {remote_id} has no title", "Ask its publisher to set it.")
    # DKAN calls every dataset private, whoever may read it: that an anonymous reader was given it says more.
    private = fields.flag("private") is True and state != _DKAN
    languages = fields.languages("language")
    language = languages[0] if len(languages) == 1 else UNDETERMINED
    notes = fields.prose("notes")
    page = f"{source.url}/dataset/{quote(fields.line('name', 200) or remote_id)}"
    distributions = _distributions(source, fields, private=private)
    period = _period(fields)
    return DatasetRecord(
        remote_id=remote_id,
        title={language: title},
        notes={language: notes} if notes else {},
        landing_page=page,
        issued=_moment(fields, "issued", "metadata_created"),
        modified=_moment(fields, "modified", "metadata_modified"),
        period_start=period.start,
        period_end=period.end,
        period_open=period.open,
        update_frequency=fields.frequency("frequency"),
        licence=licence(fields.line("license_id", 200), fields.line("license_title", 300)) or source.licence,
        languages=languages,
        keywords=tuple(dict.fromkeys(fields.words("tags"))),
        agents=_agents(source, payload),
        locations=tuple(LocationRecord(code) for code in _countries(fields)),
        distributions=distributions,
        access=_access(source, fields, distributions, page, private=private),
        visibility=Visibility.OWNER if private else None,
        reading_notes=tuple(fields.notes),
    )


class _Search:
    """The site's search, asked through ckanapi on a session behind our guards."""

    def __init__(self, source: Source, client: "Client") -> None:
        from ckanapi import RemoteCKAN

        session = client.requests_session()
        self._source = source
        self._ckan = RemoteCKAN(
            source.url, apikey=client.key or None, user_agent=client.user_agent, get_only=True, session=session
        )
        self.rows = source.whole("rows", ROWS, MOST_ROWS)
        filters = source.filters.get("fq")
        self._asked = {"q": "*:*", "sort": "id asc", "rows": self.rows} | (
            {"fq": filters} if isinstance(filters, str) and filters else {}
        )
        self.address = f"{source.url}/api/action/package_search"

    def page(self, offset: int) -> tuple[int | None, Sequence[object]]:
        """The site's count, if it says one, and one page of packages."""
        try:
            result = self._ckan.call_action("package_search", {**self._asked, "start": offset})
        except PortalError:
            raise
        except Exception as error:  # the library's errors have no common base
            raise self._failure(error) from error
        if isinstance(result, list):
            # DKAN wraps its list of packages into a list once more where there is one page only.
            return None, result[0] if len(result) == 1 and isinstance(result[0], list) else result
        packages = result.get("results") if isinstance(result, Mapping) else None
        count = result.get("count") if isinstance(result, Mapping) else None
        if not isinstance(packages, list) or type(count) is not int:
            message = "the answer has no list of results with a count"
            raise PortalError("unexpected-answer", message, self.address, _MEND)
        return count, packages

    def _failure(self, error: BaseException) -> PortalError:
        """What a library's error means; a fault of the guarded session hidden in it comes out as it was."""
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, PortalError):
                return cause
            cause = cause.__cause__ or cause.__context__
        refused = type(error).__name__ in {"NotAuthorized", "ValidationError", "NotFound", "SearchError"}
        code = "portal-refused" if refused else "unexpected-answer"
        mend = wants_key(self._source) if self._source.access_key else _MEND
        return PortalError(code, f"the site does not answer the search ({type(error).__name__})", self.address, mend)


def _raw(source: Source, package: object) -> RawRecord:
    if not isinstance(package, Mapping):
        return RawRecord("", {}, source.url)
    fields = Fields(package)
    remote_id = fields.line("id", 200) or fields.line("name", 200)
    return RawRecord(remote_id, package, f"{source.url}/api/3/action/package_show?id={quote(remote_id)}")


def _moment(fields: Fields, *names: str) -> datetime | None:
    """The first of these times that is there; French and Spanish DKANs write the day first, after the weekday."""
    name = next((name for name in names if fields.raw(name)), names[-1])
    return fields.moment(name, DayOrder.DAY_FIRST if _WEEKDAY.search(fields.raw(name)) else None)


def _cut(kept: dict[str, Any], field: str, names: Sequence[str]) -> None:
    if isinstance(value := kept.get(field), list):
        kept[field] = [filled(one, names) if isinstance(one, Mapping) else one for one in value]


def _with_extras(payload: Native) -> dict[str, Any]:
    """The package with what only its extras say."""
    extras = payload.get("extras")
    said = {
        _EXTRAS[one["key"]]: one.get("value")
        for one in (extras if isinstance(extras, list) else ())
        if isinstance(one, Mapping) and one.get("key") in _EXTRAS
    }
    tags = payload.get("tags")
    names = [
        str(one.get("display_name") or one.get("name") or "") if isinstance(one, Mapping) else str(one)
        for one in (tags if isinstance(tags, list) else ())
    ]
    return {**said, **payload, **({"tags": names} if names else {})}


def _organisation(payload: Native) -> str:
    for name in ("organization", "groups"):
        value = payload.get(name)
        part = value[0] if isinstance(value, list) and value else value
        if isinstance(part, Mapping):
            read = Fields(part)
            if found := read.line("title", 300) or read.line("name", 300):
                return found
    return ""


def _mailbox(value: object, organisation: str) -> str:
    return role_mailbox(value, organisation) if isinstance(value, str) and "@" in value else ""


def _agents(source: Source, payload: Native) -> tuple[AgentRole, ...]:
    name = _organisation(payload) or source.publisher
    if not name:
        return ()
    agent = AgentRecord(name)
    contacts = (_mailbox(payload.get(field), name) for field in ("maintainer_email", "author_email"))
    contact = next(filter(None, contacts), "")
    roles = [AgentRole(agent, Role.PUBLISHER), AgentRole(agent, Role.HOLDER)]
    return (*roles, AgentRole(agent, Role.CONTACT, contact)) if contact else tuple(roles)


def _countries(fields: Fields) -> tuple[str, ...]:
    """Of the extras, where they name countries; groups of a site are as often topics."""
    text = fields.raw("spatial")
    return () if not text or text.lstrip().startswith(("{", "[")) else fields.countries("spatial")


def _period(fields: Fields) -> Period:
    covered = fields.record.get("temporal_coverage")
    first = covered[0] if isinstance(covered, list) and covered else covered
    if isinstance(first, Mapping):
        return Fields(first, fields.notes, "temporal_coverage.").between("start", "end")
    return fields.between("temporal_start", "temporal_end")


def _distributions(source: Source, fields: Fields, *, private: bool) -> tuple[DistributionRecord, ...]:
    made: dict[str, DistributionRecord] = {}
    for position, entry in enumerate(fields.parts("resources")):
        part = Fields(entry, fields.notes, f"resources[{position}].")
        if part.line("state", 40).lower() not in {"", "active"}:
            continue
        key = part.line("id", 100) or str(position)
        key = f"{key[:90]}.{position}" if key in made else key
        url, declared, media_type = (
            part.address("url", source.url),
            part.line("format", 100),
            part.line("mimetype", 150),
        )
        size = part.record.get("size")
        made[key] = DistributionRecord(
            key=key,
            name=part.line("name", 500),
            url="" if private else url,
            description=part.prose("description", 5000),
            format=format_name(declared, media_type, url),
            declared_format=declared,
            media_type=media_type.lower() if "/" in media_type else "",
            size=part.whole("size") if str(size).strip().isdigit() or isinstance(size, int) else None,
            modified=_moment(part, "last_modified"),
        )
    return tuple(made.values())


def _access(
    source: Source, fields: Fields, distributions: Sequence[DistributionRecord], page: str, *, private: bool
) -> tuple[AccessRecord, ...]:
    rights = fields.prose("access_rights", 1000)
    if any(part.url for part in distributions) and not rights:
        return (AccessRecord(AccessModality.OPEN, _STEPS, page),)
    told = (rights,) if rights else ()
    return () if private else (AccessRecord(AccessModality(source.access), told, page),)
