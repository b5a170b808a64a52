"""The list of datasets on the Displacement Tracking Matrix's site: what can be downloaded, what is given on request.

Publisher: International Organization for Migration (IOM), Displacement Tracking Matrix, https://dtm.iom.int
API: none is published; read are the pages for people, ``GET {url}/datasets?page=N`` and each dataset's own page. Their
    shape is taken from others' notes of July 2026; no page is recorded.
Terms: IOM's, on each dataset's page: non-commercial use with a credit line, no redistribution.
Unit: a dataset of the list, some 2,400.

Caveats:
    - Off by default. The site has refused readers that say honestly who they are; this one does, and imitates no
      browser. A refusal (403) ends the run with ``blocked``: ask IOM.
    - What can be downloaded has a block ``dtm-file-download`` in its row; what has none is given on request.
    - A download's address has a number that changes with each round: it is not kept, the dataset's page is.
    - The number of the node stands in that address only. A dataset on request has none and is known by the last part of
      its page's address; when its access changes, it counts as another record.
    - A row of a regional product has no country, and one without an activity has the format in its place. Parts of a
      row are told by what they are, not by their position.
    - Some rows have no description, others one cut off with an ellipsis; texts are escaped twice.
    - Period and contact stand on the dataset's page only, which costs a request for each. It is read by its labels in
      words. Of contacts only a mission's mailbox is kept, never a person's.
    - The oldest come first, so that a new dataset does not shift the others. How a page beyond the last looks is not
      known: an empty one and the last one once more both end the list.

Options of a source: ``details`` (true), whether each dataset's page is read.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import nh3

from catalog.agents import ROLE_WORDS, role_mailbox
from catalog.places import iso3_of
from catalog.records import (
    UNDETERMINED,
    AccessRecord,
    AgentRecord,
    AgentRole,
    DatasetRecord,
    LocationRecord,
    PortalFlag,
    ReadingNote,
)
from catalog.vocabulary import AccessModality, Role
from config.declarations import Source
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, Start, filled
from harvester.portals.dtm_api import IOM
from harvester.reading import dates, markup
from harvester.reading.countries import countries
from harvester.reading.fields import Fields

if TYPE_CHECKING:
    from harvester.http import Client

kind = "dtm-site"

_LIST = "datasets"
_ORDER = {"sort_by": "field_dataset_published_date", "sort_order": "ASC"}
_ROW, _DOWNLOAD, _DESCRIPTION, _FACTS = "report-item1", "dtm-file-download", "content", "date"
_KEPT = (
    "slug", "node", "title", "description", "published", "region", "country", "country_slug", "activities", "format",
    "open", "detail",
)  # fmt: skip
_PUBLIC = "public dataset"
_LABELS = {
    "access": "", "activity": "", "contact": "contact", "contacts": "contact", "description": "",
    "administrative boundaries with available data": "", "geographical scope": "scope", "keywords": "keywords",
    "location": "", _PUBLIC: "", "period covered": "period", "population groups": "population",
    "snapshot date": "snapshot", "survey methodology": "methodology", "type of survey or assessment": "assessment",
    "unit of analysis or observation": "unit", "unit of analysis": "unit", "request access": "", "related content": "",
}  # fmt: skip
"""Labels of a dataset's page and what is kept of them; where nothing is, they end what stands before."""
_DETAILS = frozenset(_LABELS.values()) - {""} | {"label"}
_ACTIVITIES = (
    "mobility tracking", "baseline assessment", "event tracking", "flow monitoring", "survey", "registration",
    "site assessment", "registry",
)  # fmt: skip
_MOST_TAGS = 20_000
"""Beyond this an answer is no list of twenty rows; a parser's time grows with the square of the depth."""
_MOST_PAGES = 5_000
_LONGEST = 400
_TAGS = {"a", "b", "dd", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "label", "li", "p", "section"}
_MORE_TAGS = {"span", "strong", "table", "td", "th", "time", "tr", "ul"}
_DATE = re.compile(r"(?:\d{1,2}\s+)?[^\W\d_]{3,12}\.?\s+(?:\d{1,2},?\s+)?\d{4}|\d{4}-\d{2}-\d{2}")
_EMAIL = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,200}\.[A-Za-z]{2,12}")
_AREA = re.compile(
    r"adm(?:in(?:istrative)?)?\.?\s*(?:area|level|boundary|unit)?s?\s*([0-4](?:\s*/\s*[0-4])*)", re.IGNORECASE
)
_MEND = "Ask IOM's Displacement Tracking Matrix to let this reader in, or for its list of datasets in another form."


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
    """Pages as the site lists them, the oldest first; the token is the next page's number. Raises PortalError."""
    address = f"{source.url}/{_LIST}"
    page = _number(start.token)
    detailed = source.options.get("details") is not False
    before: tuple[str, ...] = ()
    while page < _MOST_PAGES:
        rows = _rows(_page(client, address, {**_ORDER, "page": page}), f"{address}?page={page}")
        slugs = tuple(row["slug"] for row in rows)
        if not rows or slugs == before:
            yield RawPage(())
            return
        before = slugs
        notes: list[ReadingNote] = []
        found: list[RawRecord] = []
        for row in rows:
            own = f"{address}/{row['slug']}" if row["slug"] else ""
            if own and detailed:
                row["detail"] = _details(client, own, row, notes)
            found.append(RawRecord(_remote_id(row), row, own or address))
        page += 1
        yield RawPage(tuple(found), str(page), remarks=tuple(notes))
    raise PortalError("endless", f"the list has more than {_MOST_PAGES:,} pages", address, "Tell IOM; read it later.")


def essence(payload: Native) -> dict[str, Any]:
    """The row and its page's facts: no download's number."""
    kept = filled(payload, _KEPT)
    if isinstance(detail := kept.get("detail"), Mapping):
        kept["detail"] = {name: value for name, value in detail.items() if name in _DETAILS}
    return kept


def normalize(source: Source, record: RawRecord) -> DatasetRecord:
    """The dataset in DCAT words; raises RecordError without an address or a title."""
    fields = Fields(essence(record.payload))
    remote_id, slug = _remote_id(fields.record), fields.line("slug", 300)
    if not remote_id:
        raise RecordError("no-id", "slug", "the row has no link to a dataset", "ask IOM to mend the list")
    title = fields.line("title")
    if not title:
        raise RecordError("no-title", "title", f"{remote_id} has no title", "ask IOM to mend the list")
    detail = fields.record.get("detail")
    more = Fields(detail if isinstance(detail, Mapping) else {}, fields.notes, "detail.")
    page = f"{source.url}/{_LIST}/{slug}" if slug else ""
    description = fields.prose("description")
    published = fields.moment("published")
    first, last = _period(more)
    is_open, mailbox = fields.flag("open") is True, more.line("contact", 300)
    return DatasetRecord(
        remote_id=remote_id,
        title={UNDETERMINED: title},
        notes={UNDETERMINED: description} if description else {},
        landing_page=page,
        issued=published,
        modified=published,
        period_start=first,
        period_end=last,
        methodology=more.prose("methodology", 2_000),
        licence=source.licence,
        keywords=tuple(dict.fromkeys([*fields.words("activities"), *more.words("keywords")])),
        agents=(
            AgentRole(IOM, Role.HOLDER, mailbox),
            *((AgentRole(AgentRecord(source.publisher), Role.PUBLISHER),) if source.publisher else ()),
        ),
        locations=_locations(fields, _level(more.line("unit"))),
        access=(_access(page, mailbox, is_open=is_open),),
        flags=_flags(more, is_open=is_open),
        extra=_extra(fields, more),
        reading_notes=tuple(fields.notes),
    )


def _number(token: str | None) -> int:
    if token is None:
        return 0
    if not (token.isascii() and token.isdigit() and len(token) <= len(str(_MOST_PAGES))):
        raise PortalError("token-unreadable", f'"{token}" is no page of this list', mend="start the run afresh")
    return int(token)


def _page(client: "Client", address: str, params: Mapping[str, str | int] | None = None) -> str:
    try:
        return client.get_text(address, params=params)
    except PortalError as error:
        if error.code != "http-403":
            raise
        told = "the site refuses readers that say who they are and are no browser"
        raise PortalError("blocked", told, error.address, _MEND) from None


def _rows(text: str, address: str) -> list[dict[str, Any]]:
    """The rows of a page of the list, none if it is empty; raises PortalError if it is no such page."""
    if not (_ROW in text or _ORDER["sort_by"] in text):
        mend = "open the address in a browser; if the list looks different today, this kind has to be mended"
        raise PortalError("unexpected-answer", "the answer is no page of DTM's list of datasets", address, mend)
    reader = _Rows()
    reader.feed(_clean(text, address))
    return [_row(found) for found in reader.rows]


def _clean(text: str, address: str) -> str:
    """The page with closed tags only, without scripts and styles."""
    if text.count("<") > _MOST_TAGS:
        told = f"the page has more than {_MOST_TAGS:,} tags"
        raise PortalError("too-large", told, address, "tell IOM; its list is longer than a page should be")
    return nh3.clean(
        text,
        tags=_TAGS | _MORE_TAGS,
        clean_content_tags={"script", "style"},
        attributes={"div": {"class"}, "a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


class _Rows(HTMLParser):
    """Gathers for each row its links, its texts by the class they stand in, and its facts one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, Any]] = []
        self._classes: list[tuple[str, ...]] = []
        self._at = 0
        self._link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "div":
            self._classes.append(tuple(given.get("class", "").split()))
            if _ROW in self._classes[-1] and not self._at:
                self._at = len(self._classes)
                self.rows.append({"title": "", "description": "", "download": None, "links": [], "facts": []})
            elif self._at and _DOWNLOAD in self._classes[-1]:
                self.rows[-1]["download"] = self.rows[-1]["download"] or ""
        elif self._at and tag == "a":
            self._link = given.get("href", "")
            row = self.rows[-1]
            if self._within(_DOWNLOAD):
                row["download"] = row["download"] or self._link
            elif self._within(_FACTS) and row["facts"]:
                row["facts"][-1]["link"] = self._link
            elif self._link:
                row["links"].append(self._link)
        elif self._at and tag == "span" and self._within(_FACTS):
            self.rows[-1]["facts"].append({"text": "", "link": ""})

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._link = ""
        if tag != "div" or not self._classes:
            return
        if len(self._classes) == self._at:
            self._at = 0
        self._classes.pop()

    def handle_data(self, data: str) -> None:
        if not self._at:
            return
        row = self.rows[-1]
        if self._within(_DESCRIPTION):
            row["description"] += data
        elif self._within(_FACTS):
            if row["facts"] and data.strip(" \n\t·"):
                row["facts"][-1]["text"] += data
        elif _slug(self._link) and not self._within(_DOWNLOAD):
            row["title"] += data

    def _within(self, name: str) -> bool:
        return any(name in classes for classes in self._classes[self._at :])


def _row(found: Mapping[str, Any]) -> dict[str, Any]:
    """A row's facts, told by what they are: a date, a region's link, a country's link, activities, a format."""
    row: dict[str, Any] = {
        "slug": next((slug for link in found["links"] if (slug := _slug(link))), ""),
        "node": _node(found["download"]),
        "title": markup.line(markup.plain(found["title"], 2_000)[0]),
        "description": markup.plain(found["description"], 5_000)[0],
        "open": found["download"] is not None,
    }
    texts: list[str] = []
    for fact in found["facts"]:
        text, link = markup.line(fact["text"], _LONGEST), _path(fact["link"])
        if link.startswith("/regions/"):
            row["region"] = link.removeprefix("/regions/")
        elif link.strip("/"):
            row.setdefault("country", text)
            row.setdefault("country_slug", link.strip("/"))
        elif "published" not in row and _day(text):
            row["published"] = _day(text)
        elif text:
            texts.append(text)
    doing = [text for text in texts if any(word in text.lower() for word in _ACTIVITIES)]
    row["activities"] = doing[0] if doing else texts[0] if len(texts) > 1 else ""
    row["format"] = next((text for text in texts if text != row["activities"]), "")
    return row


def _path(link: str) -> str:
    """The path of a link, empty if it is none."""
    try:
        return urlsplit(link).path
    except ValueError:
        return ""


def _slug(link: str) -> str:
    path = _path(link)
    return path.partition(f"/{_LIST}/")[2].strip("/")[:300] if path.startswith(f"/{_LIST}/") else ""


def _node(link: str | None) -> str:
    try:
        number = parse_qs(urlsplit(link or "").query).get("id", [""])[0]
    except ValueError:
        return ""
    return number if number.isascii() and number.isdigit() and len(number) <= 12 else ""  # noqa: PLR2004


def _remote_id(row: Native) -> str:
    fields = Fields(row)
    node, slug = fields.line("node", 12), fields.line("slug", 300)
    return f"node/{node}" if node else f"{_LIST}/{slug}" if slug else ""


def _day(text: str) -> str:
    try:
        day = dates.day(text)
    except ValueError:
        return ""
    return day.isoformat() if day else ""


def _details(client: "Client", address: str, row: Native, notes: list[ReadingNote]) -> dict[str, str]:
    """What the dataset's page says under its labels; a page that is gone is noted."""
    try:
        text = _page(client, address)
    except PortalError as error:
        if error.code not in {"http-404", "http-410"}:
            raise
        notes.append(ReadingNote("page-missing", "detail", f"the page of {row['slug']} is not there"))
        return {}
    reader = _Words()
    reader.feed(_clean(text, address))
    words = reader.words
    found: dict[str, str] = {}
    addresses: list[str] = []
    for at, word in enumerate(words):
        name = _label(word)
        if name == "contact":
            addresses += _EMAIL.findall(_value(words[at + 1 :]))
        elif name and name not in found:
            found[name] = _value(words[at + 1 :])
    if any(word.lower() == _PUBLIC for word in words):
        found["label"] = _PUBLIC
    mailbox = next((one for one in addresses if _is_mailbox(one, row)), "")
    return {name: value for name, value in (found | {"contact": mailbox}).items() if value}


class _Words(HTMLParser):
    """The texts of a page, one for each stretch between two tags."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        link = dict(attrs).get("href") or ""
        if tag == "a" and link.startswith("mailto:"):
            self.words.append(link.removeprefix("mailto:"))

    def handle_data(self, data: str) -> None:
        text = markup.line(data)
        label, colon, rest = text.partition(":")
        parts = (label, rest.strip()) if colon and label.strip().lower() in _LABELS else (text,)
        self.words += [part for part in parts if part]


def _label(word: str) -> str:
    return _LABELS.get(word.lower().rstrip(": "), "")


def _value(words: Sequence[str]) -> str:
    """What stands before the next label, at most eight stretches of text."""
    found: list[str] = []
    for word in words[:8]:
        if word.lower().rstrip(": ") in _LABELS:
            break
        found.append(word)
    return " ".join(found)[:_LONGEST]


def _is_mailbox(address: str, row: Native) -> bool:
    """Whether it is a shared mailbox: of role words, or made of DTM, IOM and the country's name."""
    if role_mailbox(address, "DTM"):
        return True
    local = re.sub(r"[^a-z]", "", address.partition("@")[0].lower())
    if "dtm" not in local:
        return False
    rest = local.replace("dtm", "", 1).replace("iom", "", 1)
    slug = str(row.get("country_slug", "")).lower()
    named = {re.sub(r"[^a-z]", "", slug), (iso3_of(slug.replace("-", " ")) or "").lower()}
    return rest in named | ROLE_WORDS | {""}


def _period(more: Fields) -> tuple[Any, Any]:
    """First and last day of what the page says was covered; the day of a snapshot is both."""
    name = "period" if more.line("period") else "snapshot"
    days = [day for text in _DATE.findall(more.line(name, _LONGEST)) if (day := _day(text))]
    if not days:
        if more.line(name):
            more.note("date-unreadable", name, f'no period: "{more.line(name, 60)}"')
        return None, None
    first, last = dates.day(days[0]), dates.day(days[min(1, len(days) - 1)])
    if first and last and last < first:
        more.note("date-unreadable", name, "the period ends before it begins")
        return None, None
    return first, last


def _level(unit: str) -> int | None:
    found = _AREA.search(unit)
    return max(int(digit) for digit in found[1] if digit.isdigit()) if found else None


def _locations(fields: Fields, level: int | None) -> tuple[LocationRecord, ...]:
    name = fields.line("country", 200)
    found, _ = countries([name]) if name else ((), ())
    if not found:
        found, _ = countries([fields.line("country_slug", 200).replace("-", " ")])
    if not found and (name or fields.line("country_slug")):
        fields.note("place-unknown", "country", f'no country is called "{(name or fields.line("country_slug"))[:60]}"')
    return tuple(LocationRecord(code, level) for code in found)


def _access(page: str, mailbox: str, *, is_open: bool) -> AccessRecord:
    if is_open:
        return AccessRecord(AccessModality.OPEN, ("Download it from the dataset's page.",), page)
    writing = f"Or write to {mailbox}, the mission's mailbox." if mailbox else "Or ask IOM's mission in the country."
    return AccessRecord(
        AccessModality.ON_REQUEST, ('Choose "Request Access" on the dataset\'s page and say what for.', writing), page
    )


def _flags(more: Fields, *, is_open: bool) -> tuple[PortalFlag, ...]:
    said = [PortalFlag("access", "open" if is_open else "on_request")]
    if more.line("label", 60) == _PUBLIC:
        said.append(PortalFlag("access_label", _PUBLIC))
    return tuple(said)


def _extra(fields: Fields, more: Fields) -> dict[str, str]:
    own = {name: fields.line(name, 300) for name in ("slug", "node", "region", "activities", "format")}
    page = {name: more.line(name, 300) for name in ("period", "snapshot", "population", "unit", "assessment", "scope")}
    return {name: value for name, value in (own | page).items() if value}
