"""Mine action as aid publishers tell it: activities in the IATI Datastore, counted by publisher and country.

Publisher: International Aid Transparency Initiative (IATI), https://iatistandard.org ; an activity is its publisher's.
API: https://developer.iatistandard.org ; read is ``GET {url}/activity/select`` (Solr) of the Datastore, version 3.
Terms: a key is needed; it is free, by registering oneself. Activities are under the licence of each publisher.
Unit: a publisher and a country in which it has activities of mine action.

Caveats:
    - An activity is mine action's by its code, never by the code's name: sector 15250 of the DAC list (older files
      call it "Land mine clearance"), PRO-MIN or 5406 of the list of humanitarian clusters (vocabulary 10), at the
      activity or at one of its transactions.
    - Vocabularies and codes come in two lists that need not be of one length, for a vocabulary may be left out. Where
      they differ, a code counts by itself, 5406 only beside a vocabulary 10.
    - An activity counts in each country that it names; if it names none, in those of its transactions; else in none.
    - Counting wants every activity: a run reads them all, keeps one tally per publisher and country, and asks only for
      codes and dates. A run that goes on counts anew.
    - The shape is documented, not recorded. That the list is sorted by ``id`` is known from others' programs.

Options of a source: ``rows`` (200 activities a request), ``page_size`` (100 records a page), ``sectors`` ([15250]) and
    ``clusters`` ([PRO-MIN, 5406]).
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from catalog.places import country_name
from catalog.records import (
    AccessRecord,
    AgentRecord,
    AgentRole,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
)
from catalog.vocabulary import AccessModality, AgentKind, Role
from config.declarations import Source
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, Start, filled, wants_key
from harvester.reading.countries import country
from harvester.reading.fields import Fields
from harvester.reading.markup import line

if TYPE_CHECKING:
    from harvester.http import Client

kind = "iati"

MOST_TALLIES = 20_000
"""Publishers times countries; more is no answer to a question about mine action."""
_ROWS = 200
_PAGE_SIZE = 100
_FIELDS = (
    "iati_identifier,reporting_org_ref,reporting_org_type,reporting_org_narrative,recipient_country_code,"
    "transaction_recipient_country_code,sector_code,sector_vocabulary,transaction_sector_code,"
    "transaction_sector_vocabulary,activity_status_code,activity_date_iso_date,last_updated_datetime"
)
_KEPT = ("publisher", "name", "type", "place", "activities", "active", "codes", "first", "last", "updated")
_DAC, _CLUSTERS = {"", "1"}, "10"
_IMPLEMENTED = "2"
_KINDS = {
    "21": AgentKind.INTERNATIONAL_NGO,
    "22": AgentKind.NATIONAL_NGO,
    "24": AgentKind.NATIONAL_NGO,
    "60": AgentKind.DONOR,
    "70": AgentKind.PRIVATE,
    "71": AgentKind.PRIVATE,
    "72": AgentKind.PRIVATE,
    "73": AgentKind.PRIVATE,
    "80": AgentKind.ACADEMIC,
}
"""IATI's organisation types that are one of ours; governments and multilaterals are of several sorts."""
_STEPS = (
    "Register at https://developer.iatistandard.org for a free key of the Datastore.",
    "Ask for the activities at the address given, with the key in the header Ocp-Apim-Subscription-Key.",
)


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
    """Pages of tallies by publisher and country; the token is the last one given. Raises PortalError."""
    if not client.key:
        raise PortalError("key-missing", "the Datastore wants a key", source.url, wants_key(source))
    tallies = _counted(source, client)
    total = len(tallies)
    keys = [key for key in sorted(tallies) if start.token is None or key > start.token]
    size = source.whole("page_size", _PAGE_SIZE)
    for begin in range(0, len(keys), size) or (0,):
        some = keys[begin : begin + size]
        address = f"{source.url}/activity/select"
        found = tuple(RawRecord(key if tallies[key]["publisher"] else "", tallies[key], address) for key in some)
        yield RawPage(found, some[-1] if begin + size < len(keys) else None, total)


def essence(payload: Native) -> dict[str, Any]:
    """Who, where, and how many activities of which dates."""
    return filled(payload, _KEPT)


def normalize(source: Source, record: RawRecord) -> DatasetRecord:
    """A publisher's activities in a country, in DCAT words; raises RecordError without a publisher."""
    fields = Fields(essence(record.payload))
    publisher, place = fields.line("publisher", 200), fields.line("place", 60)
    if not publisher:
        raise RecordError("no-id", "publisher", "the activities name no publisher", "tell the publisher")
    codes = fields.countries("place", scheme="iso2")
    where = country_name(codes[0]) if codes else place or "no country named"
    name = fields.line("name", 300) or publisher
    count = fields.whole("activities")
    period = fields.between("first", "last")
    agent = AgentRecord(name, kind=_KINDS.get(fields.line("type", 10), AgentKind.UNKNOWN))
    address = _address(source, publisher, place)
    told = fields.record.get("codes")
    tallied: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    said = {
        "activities": "" if count is None else str(count),
        "activities_under_way": fields.line("active", 20),
        "codes": "; ".join(f"{line(code, 20)}: {line(str(tallied[code]), 20)}" for code in sorted(tallied, key=str)),
        "publisher_ref": publisher,
    }
    return DatasetRecord(
        remote_id=_key(publisher, place),
        title={"en": f"Mine action activities of {name}: {where}"},
        notes={"en": f"Activities of mine action that {name} has published to IATI ({where}): {count or 0}."},
        modified=fields.moment("updated"),
        period_start=period.start,
        period_end=period.end,
        licence=source.licence,
        keywords=("mine action", "aid activities"),
        agents=(AgentRole(agent, Role.HOLDER), AgentRole(agent, Role.PUBLISHER)),
        locations=tuple(LocationRecord(code) for code in codes),
        distributions=(DistributionRecord("datastore", "Activities in the IATI Datastore", address, format="XML"),),
        access=(AccessRecord(AccessModality.REGISTER, _STEPS, address),),
        series="IATI activities",
        extra={field: value for field, value in said.items() if value},
        reading_notes=tuple(fields.notes),
    )


def _codes(source: Source, name: str, otherwise: tuple[str, ...]) -> tuple[str, ...]:
    given = source.options.get(name)
    return tuple(str(code) for code in given) if isinstance(given, list) and given else otherwise


def _sectors(source: Source) -> tuple[str, ...]:
    return _codes(source, "sectors", ("15250",))


def _clusters(source: Source) -> tuple[str, ...]:
    return _codes(source, "clusters", ("PRO-MIN", "5406"))


def _question(source: Source) -> str:
    """All that may be mine action; a number of the clusters' list may be another thing in another list."""
    either = " OR ".join(f'"{code}"' for code in (*_sectors(source), *_clusters(source)))
    return f"sector_code:({either}) OR transaction_sector_code:({either})"


def _counted(source: Source, client: "Client") -> dict[str, dict[str, Any]]:
    """A tally for each publisher and country, from all activities."""
    address = f"{source.url}/activity/select"
    tallies: dict[str, dict[str, Any]] = {}
    at, before = 0, None
    while True:
        asked: dict[str, str | int] = {
            "q": _question(source),
            "fl": _FIELDS,
            "wt": "json",
            "sort": "id asc",
            "start": at,
            "rows": source.whole("rows", _ROWS),
        }
        answer = client.get_json(address, params=asked, headers={"Ocp-Apim-Subscription-Key": client.key})
        activities, total = _answer(answer, address, source)
        if activities and activities == before:
            raise PortalError("repeated-page", f"the activities from {at} on came twice", address, "try again later")
        for activity in activities:
            _count(source, tallies, activity)
        if len(tallies) > MOST_TALLIES:
            mend = "check the source's options: the question is too wide"
            raise PortalError("too-many-records", f"more than {MOST_TALLIES:,} publishers and countries", address, mend)
        before = activities
        at += len(activities)
        if not activities or at >= total:
            return tallies


def _answer(answer: object, address: str, source: Source) -> tuple[list[Native], int]:
    """The activities and the count of all; a refusal may come with a status of 200."""
    body: Native = answer if isinstance(answer, Mapping) else {}
    if body.get("statusCode") in {401, 403}:
        words = Fields(body).line("message", 300)
        raise PortalError("portal-refused", f"the Datastore answers: {words}", address, wants_key(source))
    if error := body.get("error"):
        words = Fields(error).line("msg", 300) if isinstance(error, Mapping) else line(str(error), 300)
        raise PortalError("portal-refused", f"the Datastore answers: {words}", address, "try again later")
    response = body.get("response")
    listed = response.get("docs") if isinstance(response, Mapping) else None
    if not isinstance(response, Mapping) or not isinstance(listed, list):
        mend = "check that the address is that of the IATI Datastore"
        raise PortalError("unexpected-answer", "the answer has no list of activities", address, mend)
    if not all(isinstance(one, Mapping) for one in listed) or (total := Fields(response).whole("numFound")) is None:
        raise PortalError("unexpected-answer", "the list holds no activities, or no count", address, "try again later")
    return listed, total


def _count(source: Source, tallies: dict[str, dict[str, Any]], activity: Native) -> None:
    """Add an activity to the tally of each of its countries, if it is mine action's."""
    matched = _matched(source, activity)
    if not matched:
        return
    publisher = (_texts(activity, "reporting_org_ref") or [""])[0]
    named = _texts(activity, "recipient_country_code") or _texts(activity, "transaction_recipient_country_code")
    places = {_key(publisher, place): place for place in sorted(map(str.upper, named))} or {_key(publisher, ""): ""}
    days = sorted(text[:10] for text in _texts(activity, "activity_date_iso_date") if text)
    updated = max(_texts(activity, "last_updated_datetime"), default="")
    active = (_texts(activity, "activity_status_code") or [""])[0] == _IMPLEMENTED
    for key, place in places.items():
        tally = tallies.setdefault(
            key,
            {
                "publisher": publisher,
                "name": (_texts(activity, "reporting_org_narrative") or [""])[0],
                "type": (_texts(activity, "reporting_org_type") or [""])[0],
                "place": place,
                "activities": 0,
                "active": 0,
                "codes": {},
                "first": "",
                "last": "",
                "updated": "",
            },
        )
        tally["activities"] += 1
        tally["active"] += active
        for code in matched:
            tally["codes"][code] = tally["codes"].get(code, 0) + 1
        if days:
            tally["first"] = min(tally["first"] or days[0], days[0])
            tally["last"] = max(tally["last"], days[-1])
        tally["updated"] = max(tally["updated"], updated)


def _matched(source: Source, activity: Native) -> list[str]:
    """The codes by which an activity is mine action's, each once."""
    found = set()
    for prefix in ("", "transaction_"):
        codes, vocabularies = _texts(activity, f"{prefix}sector_code"), _texts(activity, f"{prefix}sector_vocabulary")
        paired = len(codes) == len(vocabularies)
        for at, code in enumerate(codes):
            vocabulary = vocabularies[at] if paired else None
            if code in _sectors(source) and (vocabulary is None or vocabulary in _DAC):
                found.add(code)
            numbered = code.isdigit() and _CLUSTERS not in vocabularies
            if code in _clusters(source) and (vocabulary == _CLUSTERS if paired else not numbered):
                found.add(code)
    return sorted(found)


def _texts(record: Native, field: str) -> list[str]:
    """The field's values: Solr gives one or a list."""
    given = record.get(field)
    values = given if isinstance(given, list) else [given]
    return [line(str(value), 300) for value in values if isinstance(value, str | int) and not isinstance(value, bool)]


def _key(publisher: str, place: str) -> str:
    """``GB-1:COD``; a code that is no country stays as it is."""
    try:
        code = country(place, "iso2") or "none"
    except ValueError:
        code = place
    return f"{publisher}:{code}"


def _address(source: Source, publisher: str, place: str) -> str:
    publisher, place = publisher.replace('"', ""), place.replace('"', "")
    named = f'reporting_org_ref:"{publisher}"' + (f' AND recipient_country_code:"{place}"' if place else "")
    return f"{source.url}/activity/iati?q={quote(f'{named} AND ({_question(source)})', safe='')}"
