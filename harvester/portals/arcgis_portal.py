"""ArcGIS portals: ArcGIS Online, and ArcGIS Enterprise as IMSMA Core of mine action programmes runs on it.

Publisher: each portal its own; the software is by Esri.
API: https://developers.arcgis.com/rest/users-groups-and-items/search/ ; read are ``GET {url}/sharing/rest/search`` and
    the descriptions of Feature and Map Services and their layers. Rows are never asked for.
Terms: each item has its own (``licenseInfo``), or none.
Unit: an item; the fields of a service's layers are its columns, a layer being what a sheet is to a workbook.

Caveats:
    - ``access`` says with whom an item is shared: ``public``, ``org``, ``shared`` (groups), ``private``. Who has no
      token is listed only what is public; with one the rest shows, and that it exists may be sensitive. What is not
      public is for stewards alone, what is private for its owner, whatever the source's ``visibility`` says. Of a
      source read with a token everything is for stewards, unless its ``visibility`` is written down.
    - The key is the token, sent as ``X-Esri-Authorization``; it goes to the portal and the hosts the source names.
    - Errors come with status 200, as ``{"error": {"code": 498}}``.
    - A search gives no more than 10,000 items; ``nextStart`` is -1 at the end.
    - Read by date of creation, so that items keep their place. A run reads everything: whether a change of sharing
      moves ``modified`` is not known.
    - ``owner`` is a person's user name and is not kept. Items name no organisation: the source's publisher holds them.
    - ``modified`` is the item's, the time of the last edit of a layer the data's.
    - No answer of a mine action programme's portal was seen: the shape is that of Esri's documents and mock answers.

Filters of a source: ``q`` (in the portal's search language), ``orgid``, ``group``, ``types``, ``tags``; one or a list
    of each. Without any, all items of the portal's own organisation.
Options of a source: ``page_size`` (100), ``layers`` (``false``: services are not asked for their fields),
    ``service_hosts`` (besides the portal's own, where services are asked and the token is sent, such as
    ``*.arcgis.com``), ``countries`` (of items whose tags name none), ``referer`` (that a token is bound to).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from catalog.places import iso3_of
from catalog.records import (
    UNDETERMINED,
    AccessRecord,
    AgentRecord,
    AgentRole,
    ColumnRecord,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
    ReadingNote,
)
from catalog.vocabulary import AccessModality, Role, Visibility
from config.declarations import Source
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, Start, counts, wants_key
from harvester.reading import markup
from harvester.reading.countries import countries
from harvester.reading.fields import Fields
from harvester.reading.flags import flags
from harvester.reading.formats import format_name
from harvester.reading.licences import licence

if TYPE_CHECKING:
    from harvester.http import Client

kind = "arcgis-portal"

_KEPT = (
    "id", "title", "type", "snippet", "description", "tags", "categories", "created", "modified", "extent", "url",
    "access", "accessInformation", "licenseInfo", "culture", "orgId", "layers", "service_closed", "with_token",
)  # fmt: skip
_LAYER = ("id", "name", "geometry", "edited", "fields")
_FIELD = ("name", "alias", "type")
_SERVICES = {"feature service", "map service"}
_FILES = {
    "csv", "csv collection", "shapefile", "file geodatabase", "geopackage", "geojson", "kml", "kml collection", "pdf",
    "microsoft excel", "microsoft word", "microsoft powerpoint", "image", "image collection", "document link",
}  # fmt: skip
_VISIBILITY = {"org": Visibility.RESTRICTED, "shared": Visibility.RESTRICTED, "private": Visibility.OWNER}
_GROUP = "group layer"
_UNREAD_TYPES = {"esriFieldTypeOID", "esriFieldTypeGlobalID", "esriFieldTypeGeometry"}
"""Columns that the software keeps for itself."""
_PAGE_SIZE = 100
_MOST_ITEMS = 10_000
_MOST_LAYERS = 50
_MOST_FIELDS = 1000
_MOST_FAULTS = 3
_DEAF = {"timeout", "unreachable", "no-such-host"}
_REFUSED = {401, 403, 498, 499}
_NO_KEY, _BAD_KEY = "key-missing", "key-refused"
_SHORTEST_PLACE = 4
"""Characters of a tag that may be a country's name; shorter ones are words (``it``, ``and``) more often than codes."""


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
    """Pages of items by date of creation; the token is the number of the next item, from 1. Raises PortalError."""
    address = f"{source.url}/sharing/rest/search"
    asking = _Asking(source, client)
    position = _position(start.token)
    query = _query(source, asking)
    fixed: dict[str, str | int] = {
        "q": query,
        "num": source.whole("page_size", _PAGE_SIZE, _PAGE_SIZE),
        "sortField": "created",
        "sortOrder": "asc",
    }
    while True:
        answer = asking.about(address, {**fixed, "start": position})
        rows, following, total = _listed(answer, address)
        seen = position - 1 + len(rows)
        if 0 <= following <= position:
            raise PortalError("repeated-page", f"after item {position} comes item {following}", address, _LATER)
        last = following < 0 or following > _MOST_ITEMS
        found, remarks = [], []
        for row in rows:
            item, said = _described(row, asking)
            found.append(RawRecord(_remote_id(item), item, f"{source.url}/sharing/rest/content/items/{item.get('id')}"))
            remarks += said
        notes = _short(total, seen) if last else ()
        yield RawPage(tuple(found), None if last else str(following), total, notes, tuple(remarks))
        if last:
            return
        position = following


_LATER = "Try again later; if it lasts, tell the portal's publisher."


class _Asking:
    """Asks the portal and its services; the token goes nowhere else."""

    def __init__(self, source: Source, client: "Client") -> None:
        self.source = source
        self.with_token = bool(client.key)
        self.reads_layers = source.options.get("layers") is not False
        self._client = client
        self._portal = urlsplit(source.url)
        self._hosts = {_host(self._portal), *source.allow_hosts, *_texts(source.options.get("service_hosts"))}
        self._faults: Counter[str] = Counter()

    def about(self, address: str, params: Mapping[str, str | int] | None = None) -> Mapping[str, Any]:
        """The answer as an object; raises PortalError, also for an error that comes with status 200."""
        headers = {"X-Esri-Authorization": f"Bearer {self._client.key}"} if self._client.key else {}
        if referer := self.source.options.get("referer"):
            headers["Referer"] = str(referer)
        answer = self._client.get_json(address, params={"f": "json", **(params or {})}, headers=headers)
        if not isinstance(answer, Mapping):
            raise PortalError("unexpected-answer", "the answer is no object", address, _CHECK)
        if answer.get("error") is not None:
            raise self._refusal(answer["error"], address)
        return answer

    def service(self, item: Fields) -> str:
        """Where the item's service is described; empty if it has none that may be asked."""
        if item.line("type", 100).lower() not in _SERVICES:
            return ""
        try:
            said = urlsplit(item.address("url"))
            host = _host(said)
        except ValueError:
            return ""
        # Old items have http where the portal has long been on https: no token goes out in the open.
        scheme = self._portal.scheme if said.scheme == "http" else said.scheme
        if not host or not any(host == one or (one[:2] == "*." and host.endswith(one[1:])) for one in self._hosts):
            return ""
        return urlunsplit((scheme, said.netloc, said.path.rstrip("/"), "", ""))

    def is_deaf(self, address: str) -> bool:
        """Whether a service's host has not answered so often that it is left alone for this run."""
        return self._faults[urlsplit(address).netloc] >= _MOST_FAULTS

    def heard(self, address: str, code: str = "") -> None:
        """Count how a service's host answered; anything but silence starts the count anew."""
        host = urlsplit(address).netloc
        self._faults[host] = self._faults[host] + 1 if code in _DEAF else 0

    def _refusal(self, error: object, address: str) -> PortalError:
        said = Fields(error if isinstance(error, Mapping) else {"message": str(error)})
        code, words = said.whole("code"), said.line("message", 200) or "an error without words"
        shown = f"the portal answers: {words}" + (f" ({code})" if code is not None else "")
        if code in _REFUSED:
            return PortalError(_BAD_KEY if self.with_token else _NO_KEY, shown, address, wants_key(self.source))
        return PortalError("portal-refused", shown, address, "Check the source's filters and its address.")


_CHECK = "Check that the address is that of an ArcGIS portal, such as https://host/portal, without /sharing/rest."


def _host(said: SplitResult) -> str:
    return f"{(said.hostname or '').lower()}:{said.port}" if said.port else (said.hostname or "").lower()


def _texts(value: object) -> list[str]:
    """One text or a list of them, blank ones left out."""
    values = value if isinstance(value, list) else [value]
    return [str(one).strip() for one in values if isinstance(one, str | int) and str(one).strip()]


def _position(token: str | None) -> int:
    text = "1" if token is None else token
    if not (text.isascii() and text.isdecimal() and len(text) < 9 and int(text) > 0):  # noqa: PLR2004
        raise PortalError("token-unreadable", f'"{token}" is no item of this portal', mend="Start the run afresh.")
    return int(text)


def _query(source: Source, asking: _Asking) -> str:
    """What is searched for, in the portal's language; without filters, what is the portal's own."""
    parts = [f"({one})" for one in _texts(source.filters.get("q"))]
    for name, term in (("orgid", "orgid"), ("group", "group"), ("types", "type"), ("tags", "tags")):
        words = [one.replace('"', " ") for one in _texts(source.filters.get(name))]
        if words:
            parts.append("(" + " OR ".join(f'{term}:"{word}"' for word in words) + ")")
    if parts:
        return " AND ".join(parts)
    address = f"{source.url}/sharing/rest/portals/self"
    own = Fields(asking.about(address)).line("id", 60)
    if not own:
        mend = "Name the items that are wanted in the source's filters: q, orgid, group, types or tags."
        raise PortalError("no-filter", "the portal is no single organisation's", address, mend)
    return f'(orgid:"{own}")'


def _listed(answer: Mapping[str, Any], address: str) -> tuple[list[Native], int, int | None]:
    """The items, where the next ones begin (-1 at the end), and the portal's count of all."""
    rows, following = answer.get("results"), answer.get("nextStart")
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise PortalError("unexpected-answer", "the answer has no list of items", address, _CHECK)
    if not isinstance(following, int) or isinstance(following, bool):
        raise PortalError("unexpected-answer", "the answer does not say where the next items begin", address, _CHECK)
    return rows, following, Fields(answer).whole("total")


def _short(total: int | None, seen: int) -> tuple[ReadingNote, ...]:
    if seen >= _MOST_ITEMS:
        message = f"a portal gives no more than {_MOST_ITEMS:,} items of a search: narrow the source's filters"
        return (ReadingNote("depth-capped", "nextStart", message),)
    if total is not None and seen < total:
        return (ReadingNote("wrong-count", "total", f"{total:,} items were announced, {seen:,} were listed"),)
    return ()


def _described(row: Native, asking: _Asking) -> tuple[dict[str, Any], list[ReadingNote]]:
    """The item with its service's layers; a remark where they could not be read. Raises PortalError if all is over."""
    item = {name: value for name, value in row.items() if name not in {"layers", "service_closed", "with_token"}}
    if asking.with_token:
        item["with_token"] = True
    address = asking.service(Fields(item)) if asking.reads_layers else ""
    if not address:
        return item, []
    named = f"item {_remote_id(item)[:60]}"
    if asking.is_deaf(address):
        return item, [ReadingNote("layers-unread", "url", f"{named}: its host does not answer and was left alone")]
    try:
        item["layers"], left = _layers(address, asking)
    except PortalError as error:
        if error.code == "budget-spent":
            raise
        asking.heard(address, error.code)
        item["service_closed"] = error.code in {_NO_KEY, _BAD_KEY, "http-401", "http-403"}
        return item, [ReadingNote("layers-unread", "url", f"{named}: its layers could not be read ({error.code})")]
    asking.heard(address)
    return item, [ReadingNote("layers-cut", "url", f"{named}: {left} more layers were not read")] if left else []


def _layers(address: str, asking: _Asking) -> tuple[list[dict[str, Any]], int]:
    """What is kept of the layers and tables of a service, and how many more there are. Raises PortalError."""
    service = asking.about(address)
    if isinstance(service.get("fields"), list):
        return [_layer(service)], 0
    read = Fields(service)
    numbers = [
        part["id"]
        for part in (*read.parts("layers"), *read.parts("tables"))
        if type(part.get("id")) is int and str(part.get("type")).lower() != _GROUP and not part.get("subLayerIds")
    ]
    found = [_layer(asking.about(f"{address}/{number}")) for number in numbers[:_MOST_LAYERS]]
    return found, len(numbers) - len(found)


def _layer(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Name, geometry, time of the last edit, and the fields: no renderer, no value that a field may have."""
    editing = answer.get("editingInfo")
    editing = editing if isinstance(editing, Mapping) else {}
    kept = {
        "id": answer.get("id"),
        "name": answer.get("name"),
        "geometry": answer.get("geometryType"),
        "edited": editing.get("dataLastEditDate") or editing.get("lastEditDate"),
        "fields": [_chosen(field, _FIELD) for field in Fields(answer).parts("fields")[:_MOST_FIELDS]],
    }
    return _chosen(kept, _LAYER)


def _chosen(record: Native, names: tuple[str, ...]) -> dict[str, Any]:
    kept = {name: record.get(name) for name in names}
    return {name: value for name, value in kept.items() if value is not False and value not in (None, "", [], {})}


def essence(payload: Native) -> dict[str, Any]:
    """What describes the item: no counter, no rating, no thumbnail, nobody's user name."""
    return _chosen(payload, _KEPT)


def use(payload: Native) -> dict[str, int]:
    """Views of the item; no downloads are counted."""
    return counts(payload, {"views": "numViews"})


def normalize(source: Source, record: RawRecord) -> DatasetRecord:
    """The item in DCAT words; raises RecordError without an id or a title."""
    fields = Fields(essence(record.payload))
    remote_id = _remote_id(fields.record)
    if not remote_id:
        raise RecordError("no-id", "id", "the item has none", "Tell the portal's publisher.")
    title = fields.line("title")
    if not title:
        raise RecordError(
            "no-title", "title", f"item {remote_id} has no title", "Ask the portal's publisher to set it."
        )
    landing_page = f"{source.url}/home/item.html?id={remote_id}"
    notes = "\n\n".join(dict.fromkeys(text for text in (fields.prose("snippet"), fields.prose("description")) if text))
    layers = [Fields(part, fields.notes, f"layers[{at}].") for at, part in enumerate(fields.parts("layers"))]
    edits = [moment for layer in layers if (moment := layer.epoch("edited"))]
    given = fields.record.get("access")
    sharing = given.strip().lower() if isinstance(given, str) else ""
    return DatasetRecord(
        remote_id=remote_id,
        title={UNDETERMINED: title},
        notes={UNDETERMINED: notes} if notes else {},
        landing_page=landing_page,
        issued=fields.epoch("created"),
        modified=max(edits, default=fields.epoch("modified")),
        licence=licence(markup.plain(fields.raw("licenseInfo"))[0]) or source.licence,
        languages=fields.languages("culture"),
        keywords=_keywords(fields),
        agents=_agents(source),
        locations=_locations(source, fields),
        distributions=_distributions(source, fields, _columns(layers)),
        access=(_access(source, fields, sharing, landing_page),),
        flags=flags(fields, ("access",)),
        visibility=_visibility(source, fields, sharing),
        extra=_extra(fields, layers),
        reading_notes=tuple(fields.notes),
    )


def _remote_id(item: Native) -> str:
    return Fields(item).line("id", 100)


def _keywords(fields: Fields) -> tuple[str, ...]:
    """Tags, and the last part of categories such as ``/Categories/Boundaries``."""
    categories = [word.rpartition("/")[2].strip() for word in fields.words("categories")]
    return tuple(dict.fromkeys(word for word in (*fields.words("tags"), *categories) if word))


def _agents(source: Source) -> tuple[AgentRole, ...]:
    publisher = AgentRole(AgentRecord(source.publisher or source.title), Role.PUBLISHER)
    return (AgentRole(publisher.agent, Role.HOLDER), publisher) if source.publisher else (publisher,)


def _locations(source: Source, fields: Fields) -> tuple[LocationRecord, ...]:
    """The countries that tags name, else those of the source; a box names none."""
    codes, _ = countries([word for word in fields.words("tags") if len(word) >= _SHORTEST_PLACE])
    declared = [iso3_of(one) for one in _texts(source.options.get("countries"))]
    return tuple(LocationRecord(code) for code in dict.fromkeys(codes or declared) if code)


def _distributions(source: Source, fields: Fields, columns: tuple[ColumnRecord, ...]) -> tuple[DistributionRecord, ...]:
    """The service, the application or the file that the item stands for."""
    declared, url = fields.line("type", 100), fields.address("url", source.url)
    if not url and declared.lower() in _FILES:
        url = f"{source.url}/sharing/rest/content/items/{_remote_id(fields.record)}/data"
    if not url and not columns:
        return ()
    return (
        DistributionRecord(
            key="item",
            name=fields.line("title"),
            url=url,
            format=format_name(declared),
            declared_format=declared,
            columns=columns,
        ),
    )


def _columns(layers: list[Fields]) -> tuple[ColumnRecord, ...]:
    """The layers' fields under the names people read; the software's own are left out."""
    found = []
    for layer in layers:
        sheet = layer.line("name", 200)
        for position, part in enumerate(layer.parts("fields")):
            field = Fields(part, layer.notes, f"{layer.where}fields[{position}].")
            name = field.line("name", 300)
            header = field.line("alias", 300) or name
            if header and field.line("type", 60) not in _UNREAD_TYPES and not name.startswith("Shape__"):
                found.append(ColumnRecord(sheet, position, header))
    return tuple(found)


def _access(source: Source, fields: Fields, sharing: str, landing_page: str) -> AccessRecord:
    holder = source.publisher or "the portal's organisation"
    closed = fields.record.get("service_closed") is True
    ways = {
        "public": (AccessModality.OPEN, "Open the item's page: it is shared with everyone."),
        "org": (
            AccessModality.ON_REQUEST,
            f"Sign in with an account of the portal's organisation, or ask {holder} to share the item with you.",
        ),
        "shared": (AccessModality.ON_REQUEST, f"The item is shared with a group: ask {holder} to let you join it."),
        "private": (AccessModality.NOT_SHARED, f"Nobody but its owner sees the item: ask {holder} about it."),
    }
    if sharing == "public" and closed:
        step = f"The item's page is open, its service asks for an account: ask {holder} for one."
        return AccessRecord(AccessModality.ON_REQUEST, (step,), landing_page)
    if sharing not in ways:
        return AccessRecord(AccessModality(source.access), address=landing_page)
    modality, step = ways[sharing]
    return AccessRecord(modality, (step,), landing_page)


def _visibility(source: Source, fields: Fields, sharing: str) -> Visibility | None:
    """What is not shared with everyone is for stewards or its owner; an unknown word counts as not shared."""
    if sharing != "public":
        if sharing not in _VISIBILITY:
            fields.note("access-unknown", "access", f'no known way of sharing: "{sharing[:40]}"')
        return _VISIBILITY.get(sharing, Visibility.RESTRICTED)
    written = "visibility" in source.model_fields_set
    return Visibility.RESTRICTED if fields.record.get("with_token") is True and not written else None


def _extra(fields: Fields, layers: list[Fields]) -> dict[str, str]:
    geometries = [layer.line("geometry", 60).removeprefix("esriGeometry").lower() for layer in layers]
    credit = fields.prose("accessInformation", 300)
    facts = {
        "item_type": fields.line("type", 100),
        "organisation_id": fields.line("orgId", 60),
        "layers": ", ".join(name for layer in layers if (name := layer.line("name", 100)))[:500],
        "geometry": ", ".join(dict.fromkeys(word for word in geometries if word))[:100],
        "credits": "" if "@" in credit else credit,
        "spatial": _box(fields.record.get("extent")),
    }
    return {name: value for name, value in facts.items() if value}


def _box(extent: object) -> str:
    """``west,south,east,north`` of two corners; empty if they are none."""
    corners = extent if isinstance(extent, list) else []
    numbers = [number for corner in corners if isinstance(corner, list) for number in corner]
    if len(numbers) != 4 or not all(type(number) in (int, float) for number in numbers):  # noqa: PLR2004
        return ""
    return ",".join(f"{number:g}" for number in numbers)
