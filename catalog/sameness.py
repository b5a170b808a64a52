"""Whether two records are of one dataset: reasons with what they rest on, and a score. Pure.

Records are linked, never merged. What is compared is the same whether it comes from a portal's record
(:func:`of_record`) or from a stored document (:func:`of_document`). Only records that share a key (:func:`keys`) are
worth comparing.

Reasons, by code:

- ``file-address``: an address of a file stands in both.
- ``file-name``: files of one name, where the titles are alike as well.
- ``page``: both lead to the same page.
- ``declared``: one says itself that it is the same as the other (``same_as``).
- ``portal-id``: one's identifier at its portal stands in the address of the other's page or files, or is the other's.
- ``title``: the same words in the titles, whoever holds it.
- ``title-holder-period``: the same words in the titles, the same holder, and periods that do not speak against it.

Rounds, dates and versions in titles, different countries and different periods speak against it: what differs in them
is another round of a series, or of another place, however alike it is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from urllib.parse import unquote, urlsplit

from catalog.places import country_name
from catalog.records import DatasetRecord
from catalog.text import tokens
from catalog.vocabulary import RelationKind, Role

VERSION = 1
"""Raised by hand when the same two records may be judged otherwise: all are then compared anew."""
SAME = 0.7
"""From this score on two records are shown as the same."""
WORTH_A_LOOK = 0.3
"""From this score on a pair is kept for a steward to decide."""
MOST_ALIKE = 50
"""Records that share a key; one that more share tells nothing (a template's file name, an indicator's title)."""
SAID: Mapping[str, str] = {
    "file-address": "Both list the same file address.",
    "file-name": "Both list files of the same names, under similar titles.",
    "page": "Both lead to the same page.",
    "declared": "One says itself that it is the same as the other.",
    "portal-id": "One has the identifier of the other, as its own or in its addresses.",
    "title": "Their titles say the same.",
    "title-holder-period": "The same title and holder, and periods that do not differ.",
    "steward": "A steward of this register says so.",
}
"""Each reason in plain words; it quotes nothing of either record."""

_HOLDING = frozenset({Role.HOLDER.value, Role.PUBLISHER.value, Role.OWNER.value})
_FILLING = """
    a an and are as at by data dataset datasets for from in is its of on s the this to with api
    de des du la le les et en un une l d y el los las del para por
"""
_OF_THE_YEAR = """
    january february march april may june july august september october november december
    jan feb mar apr jun jul aug sep sept oct nov dec
    janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
    enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
"""
_FILLERS, _MONTHS = frozenset(_FILLING.split()), frozenset(_OF_THE_YEAR.split())
_MOMENTS = frozenset({"geodata", "imagery", "satellite"})
"""Words of one look from above: without a date, two titles that say the same are of two days."""
_STATE = re.compile(r"\((?:inactive|closed|archived)\)\s*$", re.IGNORECASE)
_LEAD = re.compile(r"\s[-–—]\s|:\s")
_ACRONYM = re.compile(r"\(([^()]{2,12})\)")
_BETWEEN = re.compile(r"[/?&=]")
_LIKE_AN_ID = re.compile(r"\d|-.*-")
_SHORTEST_ID = 12
_SHORTEST_STEM = 12
_MOST_FILES, _MOST_KEYED = 200, 8
"""Files of a record that are compared, and how many of them bring it together with others."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What of a record is compared.

    Attributes:
        source: Its key.
        identifier: The portal's, if it is long enough to mean no other record; else empty.
        words: Of its title, folded; without fillers, numbers, months and its holders' acronyms.
        rest: Those after the title's first dash or colon, before which portals write a country; empty without one.
        marks: Numbers and months of its title: rounds, years, versions.
        places: Words of its country's name; empty where it is of none or several.
        holders: Names and acronyms of who has it, folded.
        countries: ISO3.
        period: First and last day (ISO), empty where not said.
        page: Of its record at the portal, as :func:`address` writes it.
        files: Addresses of its files, likewise.
        names: Names of its files that are long enough to mean something.
        twins: What it says it is the same as: addresses likewise, or identifiers at its own portal.
    """

    source: str
    identifier: str
    words: frozenset[str]
    rest: frozenset[str]
    marks: frozenset[str]
    places: frozenset[str]
    holders: frozenset[str]
    countries: frozenset[str]
    period: tuple[str, str]
    page: str
    files: frozenset[str]
    names: frozenset[str]
    twins: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks for it: its code, and the words in both records that it rests on."""

    code: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """What speaks for two records being of one dataset; ``score`` from 0 to 1."""

    reasons: tuple[Reason, ...]
    score: float

    @property
    def same(self) -> bool:
        """Whether they are shown as the same."""
        return self.score >= SAME


def compare(one: Traits, other: Traits) -> Likeness:
    """How alike two records are; the order does not matter."""
    if (other.source, other.identifier, other.page) < (one.source, one.identifier, one.page):
        one, other = other, one
    likeness = _titles(one, other)
    by_address = _declared(one, other), _pages(one, other), _identifiers(one, other), _files(one, other)
    found = [reason for reason in by_address if reason]
    found += [reason for reason in (_names(one, other, likeness), _title(one, other, likeness)) if reason]
    missing = 1.0
    for weight, _ in found:
        missing *= 1 - weight
    score = min(1 - missing, _most(one, other, found))
    return Likeness(tuple(reason for _, reason in found), round(score, 3))


def keys(traits: Traits) -> frozenset[int]:
    """Numbers (63 bits) of which two records that are worth comparing share one.

    Of many files those with the lowest numbers count: two records that have most of them in common choose alike.
    """
    said = {f"title {' '.join(sorted(words))}" for words in _keyed_words(traits)}
    if traits.page:
        said.add(f"page {traits.page}")
    if traits.identifier:
        said.add(f"id {traits.identifier}")
    said |= {f"id {part}" for part in _parts((traits.page,), first=True)}
    for twin in sorted(traits.twins)[:_MOST_KEYED]:
        said |= {f"page {twin}", f"id {twin}", *(f"id {part}" for part in _parts((twin,), first=True))}
    found = set(map(_number, said))
    named = {part for one in traits.files for part in _parts((one,), first=True)}
    for kind, many in (("id", named), ("file", traits.files), ("name", traits.names)):
        found.update(sorted(_number(f"{kind} {one}") for one in many)[:_MOST_KEYED])
    return frozenset(found)


def _keyed_words(traits: Traits) -> Iterator[frozenset[str]]:
    """The title's words, without its country's, and without what stands before a dash; none of a single word."""
    found = {traits.words, traits.words - traits.places, traits.rest}
    return (words for words in found if len(words) > 1)


def _number(said: str) -> int:
    return int.from_bytes(blake2b(said.encode(errors="replace"), digest_size=8).digest()) >> 1


def of_record(record: DatasetRecord, source: str) -> Traits:
    """What is compared of a portal's record."""
    roles = [role.agent for role in record.agents if role.role.value in _HOLDING]
    names = [name for agent in roles for name in (agent.name, agent.acronym)]
    places = {place.iso3: country_name(place.iso3) for place in record.locations}
    start, end = record.period_start, None if record.period_open else record.period_end
    period = (start.isoformat() if start else "", end.isoformat() if end else "")
    files = [(file.url, file.name) for file in record.distributions]
    twins = [one.target for one in record.relations if one.kind is RelationKind.SAME_AS]
    title, page = record.display_title, record.landing_page
    return _traits(source, record.remote_id, title, names, places, period, page, files, twins)


def of_document(document: Mapping[str, Any], remote_id: str) -> Traits:
    """What is compared of a stored record: its full document (:mod:`catalog.disclosure`) and its portal's id of it."""
    agents = [agent for agent in document["organizations"] if not _HOLDING.isdisjoint(agent["roles"])]
    names = [name for one in agents for name in (one["name"], one["acronym"], one.get("spelling", ""))]
    places = {place["iso3"]: place["name"] for place in document["locations"]}
    said = document["period"]
    period = (said["start"] or "", "" if said["open"] else said["end"] or "")
    files = [(file["url"], file["name"]) for file in document["distributions"]]
    twins = [one["target"] for one in document["relations"] if one["kind"] == RelationKind.SAME_AS.value]
    source, title, page = document["source"]["key"], document["title"], document["link"]
    return _traits(source, remote_id, title, names, places, period, page, files, twins)


def address(url: str) -> str:
    """An address as it is compared: no scheme, ``www.``, case of the host, escapes or fragment. Empty for none."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    path = unquote(parts.path).rstrip("/")
    if not parts.netloc or not (path or parts.query):
        return ""
    return parts.netloc.lower().removeprefix("www.") + path + (f"?{parts.query}" if parts.query else "")


def _traits(
    source: str,
    remote_id: str,
    title: str,
    agents: Iterable[str],
    countries: Mapping[str, str],
    period: tuple[str, str],
    page: str,
    files: Sequence[tuple[str, str]],
    twins: Iterable[str],
) -> Traits:
    holders = frozenset(_holders(agents))
    said = tokens(title)
    left_out = _FILLERS | {holder for holder in holders if " " not in holder}
    marks = frozenset(filter(_is_mark, map(_singular, said)))
    words = frozenset(map(_singular, said)) - marks - left_out - set(map(_singular, left_out))
    lead = _LEAD.search(title)
    rest = frozenset(map(_singular, tokens(title[lead.end() :]))) & words if lead else frozenset()
    listed = [found for url, _ in files[:_MOST_FILES] if (found := address(url))]
    names = {found for url, name in files[:_MOST_FILES] for found in (_file_name(url), _file_name(name)) if found}
    return Traits(
        source=source,
        identifier=remote_id.casefold() if len(remote_id) >= _SHORTEST_ID else "",
        words=words,
        rest=rest,
        marks=marks,
        places=frozenset(map(_singular, tokens(*countries.values()))) if len(countries) == 1 else frozenset(),
        holders=holders,
        countries=frozenset(countries),
        period=period,
        page=address(page),
        files=frozenset(listed),
        names=frozenset(names),
        twins=frozenset(address(twin) or twin.strip().casefold() for twin in twins if twin.strip()),
    )


def _holders(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        bare = _STATE.sub("", name)
        if found := " ".join(tokens(bare)):
            yield found
        yield from (" ".join(tokens(short)) for short in _ACRONYM.findall(bare))
        if without := " ".join(tokens(_ACRONYM.sub("", bare))):
            yield without


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith("ss") else word  # noqa: PLR2004


def _is_mark(word: str) -> bool:
    return word in _MONTHS or any(sign.isdigit() for sign in word)


def _file_name(text: str) -> str:
    """The last part of an address, or a name, if it is a file's and long enough to be no template's."""
    path = urlsplit(text).path if "://" in text else text
    name = unquote(path).rsplit("/", 1)[-1].strip().casefold()
    stem, dot, ending = name.rpartition(".")
    return name if dot and len(stem) >= _SHORTEST_STEM and 1 < len(ending) <= 8 else ""  # noqa: PLR2004


def _parts(addresses: Iterable[str], *, first: bool = False) -> frozenset[str]:
    """Parts of the paths that an identifier may be: long, with a digit or of several words, and no file's name.

    ``first``: only the first of each address; a file's own number comes after its record's.
    """
    found: set[str] = set()
    for one in addresses:
        _, *parts = _BETWEEN.split(one.casefold())
        like = [part for part in parts if len(part) >= _SHORTEST_ID and "." not in part and _LIKE_AN_ID.search(part)]
        found.update(like[:1] if first else like)
    return frozenset(found)


Weighed = tuple[float, Reason]


def _declared(one: Traits, other: Traits) -> Weighed | None:
    for saying, named in ((one, other), (other, one)):
        for twin in sorted(saying.twins):
            # A bare identifier is one at its own portal; in an address it is the other portal's.
            by_id = saying.source == named.source and twin == named.identifier
            in_address = named.identifier in _parts((twin,))
            if named.identifier and (by_id or in_address):
                return 0.95, Reason("declared", twin)
            if named.page and twin == named.page:
                return 0.95, Reason("declared", twin)
    return None


def _pages(one: Traits, other: Traits) -> Weighed | None:
    return (0.9, Reason("page", one.page)) if one.page and one.page == other.page else None


def _identifiers(one: Traits, other: Traits) -> Weighed | None:
    """A mirror names the other's record in nearly all its addresses; a compilation in some."""
    if one.identifier and one.identifier == other.identifier:
        return 0.9, Reason("portal-id", one.identifier)
    for named, naming in ((one, other), (other, one)):
        if not named.identifier:
            continue
        within = [address for address in naming.files if named.identifier in _parts((address,))]
        if named.identifier in _parts((naming.page,)):
            return 0.9, Reason("portal-id", named.identifier)
        if within:
            weight = 0.8 if 2 * len(within) >= len(naming.files) and one.source != other.source else 0.4
            return weight, Reason("portal-id", named.identifier)
    return None


def _files(one: Traits, other: Traits) -> Weighed | None:
    common = one.files & other.files
    if not common:
        return None
    share = len(common) / max(len(one.files), len(other.files))
    return 0.8 if share >= 0.5 else 0.35, Reason("file-address", min(common))  # noqa: PLR2004


def _names(one: Traits, other: Traits, likeness: float) -> Weighed | None:
    common = one.names & other.names
    if not common or likeness < 0.5:  # noqa: PLR2004
        return None
    share = len(common) / max(len(one.names), len(other.names))
    return 0.6 * share, Reason("file-name", min(common))


def _title(one: Traits, other: Traits, likeness: float) -> Weighed | None:
    if likeness < 1 or one.marks != other.marks:
        return None
    words = Reason("title", " ".join(sorted((one.words & other.words) | (one.marks & other.marks))))
    if one.holders.isdisjoint(other.holders):
        return 0.35, words
    if not _compatible(one.period, other.period):
        return 0.4, words
    known = sum(bool(any(period)) for period in (one.period, other.period))
    if known < 2 and not one.marks and not _MOMENTS.isdisjoint(one.words):  # noqa: PLR2004
        return 0.5, words
    return (0.75, 0.8, 0.9)[known], Reason("title-holder-period", words.evidence)


def _titles(one: Traits, other: Traits) -> float:
    """Words in common of all words. A country that one title names may be missing in a title whose record is of it."""
    pairs = (one.words, other.words), (one.words - other.places, other.words - one.places)
    shares = [len(left & right) / len(left | right) for left, right in pairs if len(left) > 1 and len(right) > 1]
    return max(shares, default=0.0)


def _compatible(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return all(not left or not right or left == right for left, right in zip(one, other, strict=True))


def _most(one: Traits, other: Traits, found: Sequence[Weighed]) -> float:
    """What the score may be at the most, by what speaks against it."""
    strong = {reason.code for weight, reason in found if weight >= 0.8}  # noqa: PLR2004
    if strong & {"declared", "page", "portal-id"}:
        return 1.0
    if one.countries and other.countries:
        shared = len(one.countries & other.countries) / len(one.countries | other.countries)
        if shared < 0.5:  # noqa: PLR2004
            return 0.6 if shared else 0.2
    return 0.5 if one.marks and other.marks and one.marks != other.marks else 1.0
