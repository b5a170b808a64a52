"""The IMPACT Resource Centre: what REACH and its sister initiatives publish, by the search of its web page.

Publisher: IMPACT Initiatives, https://www.impact-initiatives.org
API: none is documented; read is ``POST {url}/wp-admin/admin-ajax.php``, action ``screen_resources``, as the page does.
Terms: no interface is offered, so it is off by default: ask IMPACT first. A resource's own terms stand in it.
Unit: a resource: a file of any type (dataset, map, factsheet, terms of reference ...).

Caveats:
    - The answer is JSON that holds HTML of the page. It was not recorded, only told of; if the page is built anew, the
      reading ends with an error and nothing is taken for gone.
    - Some 21,800 resources, 50 to a page at most: without filters a run takes over 400 requests.
    - The oldest are asked for first, so that what is new does not move the pages.
    - Some items open only to those who log in: ``resources/view-resource`` instead of a file's address.
    - "-" means that nothing is said; entities are left in some fields; collection may lie ahead (terms of reference).
    - No day of change is told. That several values of a filter widen it is not verified.

Filters of a source: ``programmes``, ``types``, ``locations`` (names as ``msna``, ``dataset``, ISO3 codes, or the page's
    own numbers) and ``keywords`` (a text).
Options of a source: ``page_size`` (50, 25 or 10).
"""

import re
from collections.abc import Iterator, Mapping
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from catalog.records import (
    UNDETERMINED,
    AccessRecord,
    AgentRecord,
    AgentRole,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
    PortalFlag,
    ReadingNote,
)
from catalog.vocabulary import AccessModality, Artefact, Role
from config.declarations import Source
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, Start
from harvester.reading.fields import Fields
from harvester.reading.formats import format_name
from harvester.reading.markup import line

if TYPE_CHECKING:
    from harvester.http import Client

kind = "reach"

_KEPT = ("title", "url", "country", "type", "programme", "sector", "published", "collected", "format")
_PAGE_SIZES = (50, 25, 10)
_NUMBERS: Mapping[str, Mapping[str, int]] = {
    "programme": {"msna": 756, "rna": 755, "hsm": 754, "migration": 753, "cash_markets": 742},
    "type": {"dataset": 777, "qualitative_grid": 776, "analysis_output": 775, "report": 286, "factsheet": 280},
    "location": {
        "AFG": 12, "COD": 609, "IRQ": 119, "LBN": 136, "LBY": 139, "PSE": 183, "SOM": 211, "SSD": 215, "SYR": 231,
        "UKR": 250, "YEM": 262,
    },
}  # fmt: skip
"""The page's numbers of what can be filtered by, as far as they are known."""
_LABELS = {"programme": "programme", "sector/cluster": "sector", "data collection date": "collected"}
_RESULT = "resources_result"
_LONGEST = 4_000_000
"""Characters of HTML beyond which it is no page of fifty resources."""
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_BLOCKS = {"div", "h3", "h4", "label", "li", "p", "span"}
_TOTAL = re.compile(r"(\d[\d,.\s]*)\s*Results?\b", re.IGNORECASE)
_DOCUMENT = re.compile(r"/document/[^/]+/([0-9a-f]{8})/")
_DATA_TYPE = re.compile(r"\bdataset|\bdata ?base|\banalysis (?:output|table)|\bgrid", re.IGNORECASE)
_DATA_FORMATS = {"XLSX", "XLS", "CSV", "ZIP", "GEOJSON", "SHP", "GDB", "JSON"}
_LOG_IN = "The page asks for a log-in: ask IMPACT for the document."
_DOWNLOAD = "Download it from IMPACT's repository; no account is needed."
_ASK = "The data behind it is not on this page: ask IMPACT, naming the title."


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
    """Pages of resources, the oldest first; the token is ``<page>:<resources read before it>``. Raises PortalError."""
    address = f"{source.url}/wp-admin/admin-ajax.php"
    size = source.options.get("page_size")
    size = size if isinstance(size, int) and size in _PAGE_SIZES else _PAGE_SIZES[0]
    wanted = _wanted(source)
    page, seen = _token(start.token)
    before: list[Native] = []
    while True:
        asked = {
            "action": "screen_resources",
            "args[page]": page,
            "args[limit]": size,
            "args[order]": "oldest",
            **wanted,
        }
        found, total = _answer(client.post_form(address, asked, safe=True), address)
        # A page that lists nothing before the end is another page, such as one of maintenance: nothing is gone.
        if not found and (total is None or seen < total):
            raise PortalError(
                "unexpected-answer", "no resource was found on a page of resources", address, "ask IMPACT"
            )
        if found and found == before:
            raise PortalError("repeated-page", f"page {page} is page {page - 1} again", address, "try again later")
        before = found
        seen += len(found)
        page += 1
        last = len(found) < size or (total is not None and seen >= total)
        notes: tuple[ReadingNote, ...] = ()
        if found and total is None:
            notes = (ReadingNote("no-count", "pagination", "the page no longer says how many results there are"),)
        elif last and total is not None and seen < total:
            notes = (ReadingNote("wrong-count", "pagination", f"{total} results were announced, {seen} were listed"),)
        raw = tuple(RawRecord(_remote_id(one), one, address) for one in found)
        yield RawPage(raw, None if last else f"{page}:{seen}", total, notes)
        if last:
            return


def essence(payload: Native) -> dict[str, Any]:
    """What the page says of the resource; "-" is nothing."""
    return {name: payload[name] for name in _KEPT if payload.get(name) not in (None, "", "-", [], {})}


def normalize(source: Source, record: RawRecord) -> DatasetRecord:
    """The resource in DCAT words; raises RecordError without an address or a title."""
    fields = Fields(essence(record.payload))
    remote_id = _remote_id(fields.record)
    if not remote_id:
        raise RecordError("no-id", "url", "the resource has no address that names it", "tell IMPACT")
    title = _text(fields, "title")
    if not title:
        raise RecordError("no-title", "title", f"resource {remote_id} has no title", "tell IMPACT")
    address = fields.address("url", source.url)
    type_, programme, sector = _text(fields, "type"), _text(fields, "programme"), _text(fields, "sector")
    login = _wants_login(address)
    format_ = format_name(fields.line("format", 40), "", "" if login else address)
    collected = fields.period("collected")
    name = "" if login else urlsplit(address).path.rpartition("/")[2]
    file = DistributionRecord("file", name or title, address, format=format_, declared_format=fields.line("format", 40))
    is_data = bool(_DATA_TYPE.search(type_)) or format_ in _DATA_FORMATS
    said = {
        "type": type_,
        "programme": programme,
        "sector": sector,
        "collected": fields.line("collected", 100),
        "login": "required" if login else "",
    }
    return DatasetRecord(
        remote_id=remote_id,
        title={UNDETERMINED: title},
        landing_page=address,
        issued=fields.moment("published"),
        period_start=collected.start,
        period_end=collected.end,
        period_open=collected.open,
        licence=source.licence,
        keywords=tuple(dict.fromkeys(word for word in (type_, *_parts(programme), *_parts(sector)) if word)),
        agents=_agents(source),
        locations=tuple(LocationRecord(code) for code in fields.countries("country")),
        distributions=(file,),
        access=_access(address, login=login, is_data=is_data),
        flags=(PortalFlag("login", "required"),) if login else (),
        series=programme,
        extra={field: value for field, value in said.items() if value},
        reading_notes=tuple(fields.notes),
    )


def _wanted(source: Source) -> dict[str, str | list[str]]:
    """The filters as fields of the form."""
    asked: dict[str, str | list[str]] = {}
    for name, known in _NUMBERS.items():
        given = source.filters.get(f"{name}s")
        numbers = [_number(source, name, known, one) for one in given] if isinstance(given, list) else []
        if numbers:
            asked[f"args[{name}][]"] = numbers
    keywords = source.filters.get("keywords")
    if isinstance(keywords, str) and keywords:
        asked["args[keywords]"] = keywords
    return asked


def _number(source: Source, name: str, known: Mapping[str, int], given: object) -> str:
    if isinstance(given, int) and not isinstance(given, bool):
        return str(given)
    word = str(given)
    number = known.get(word.upper() if name == "location" else word.lower())
    if number is None:
        # The page drops what it does not know, and would give the resources of the world under a country's name.
        mend = f"Give the page's own number, or one of: {', '.join(known)}."
        raise PortalError("filter-unknown", f'no {name} is known as "{word[:60]}"', source.url, mend)
    return str(number)


def _token(token: str | None) -> tuple[int, int]:
    page, _, seen = (token or "1:0").partition(":")
    if not (page.isascii() and page.isdigit() and seen.isascii() and seen.isdigit()):
        raise PortalError("token-unreadable", f'"{token}" is no page of this search', mend="start the run afresh")
    return int(page), int(seen)


def _answer(answer: object, address: str) -> tuple[list[Native], int | None]:
    """The resources on the page and the page's count of all."""
    html = answer.get("html") if isinstance(answer, Mapping) else None
    if not isinstance(answer, Mapping) or not isinstance(html, str) or len(html) > _LONGEST:
        mend = "ask IMPACT, or look at what its Resource Centre asks today; HDX and ReliefWeb hold much of it"
        raise PortalError("unexpected-answer", "the answer has no page of resources", address, mend)
    reader = _Reader()
    try:
        reader.feed(html)
        reader.close()
    except AssertionError as error:  # what html.parser raises at a broken declaration
        raise PortalError("unexpected-answer", f"the page cannot be read: {error}", address, "try later") from None
    pagination = answer.get("pagination")
    counted = _TOTAL.search(pagination) if isinstance(pagination, str) else None
    digits = re.sub(r"\D", "", counted[1])[:12] if counted else ""
    total = int(digits) if digits else None
    found: list[Native] = [one for one in reader.found if one]
    return found, total


class _Reader(HTMLParser):
    """Reads resources off the page's HTML.

    Attributes:
        found: What each says, by our names.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[dict[str, str]] = []
        self._open: list[str] = []
        self._label = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a resource, or one of its parts."""
        given = {name: value or "" for name, value in attrs}
        if tag not in _VOID:
            self._open.append(tag)
        if tag in _BLOCKS:
            self._label = ""
        if tag == "div" and _RESULT in given.get("class", "").split():
            self.found.append({})
        elif self.found and tag == "a" and "h3" in self._open:
            self._say("url", given.get("href", ""))
        elif self.found and tag == "label":
            self._say("format", (given.get("class", "").split() or [""])[0])

    def handle_endtag(self, tag: str) -> None:
        """Close the part, with what was left open in it."""
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Keep a text under the name of the part it stands in."""
        text = " ".join(data.split())
        if not self.found or not text:
            return
        inner = self._open[-1] if self._open else ""
        if inner == "strong":
            self._label = _LABELS.get(text.rstrip(": ").lower(), "")
        elif self._label:
            self._say(self._label, text)
        elif "h3" in self._open:
            self._say("title", text)
        elif "h4" in self._open:
            self._say("country", text)
        elif inner == "span" and text.lower().startswith("published:"):
            self._say("published", text.partition(":")[2].strip())
        elif inner == "span":
            self._say("type", text)

    def _say(self, name: str, text: str) -> None:
        if text:
            self.found[-1].setdefault(name, text)


def _text(fields: Fields, name: str) -> str:
    return line(unescape(fields.raw(name)), 1000)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip() not in {"", "-"}]


def _remote_id(payload: Native) -> str:
    """The repository's own number of the document, else the path by which the page names it."""
    given = payload.get("url")
    address = line(given, 2000) if isinstance(given, str) else ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if document := _DOCUMENT.search(parts.path):
        return document[1]
    if _wants_login(address) and (number := parse_qs(parts.query).get("id")):
        return f"view-{number[0]}"[:200]
    return parts.path.strip("/")[:300]


def _wants_login(address: str) -> bool:
    return "/view-resource" in address or "wp-login" in address


def _agents(source: Source) -> tuple[AgentRole, ...]:
    if not source.publisher:
        return ()
    publisher = AgentRecord(source.publisher)
    return AgentRole(publisher, Role.HOLDER), AgentRole(publisher, Role.PUBLISHER)


def _access(address: str, *, login: bool, is_data: bool) -> tuple[AccessRecord, ...]:
    modality, step = (AccessModality.ON_REQUEST, _LOG_IN) if login else (AccessModality.OPEN, _DOWNLOAD)
    if is_data:
        return (AccessRecord(modality, (step,), address),)
    report = AccessRecord(modality, (step,), address, Artefact.REPORT)
    return report, AccessRecord(AccessModality.UNKNOWN, (_ASK,), address)
