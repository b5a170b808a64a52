"""What stored values are called on a page."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from catalog.viewer import STEWARD, Viewer


def sees(viewer: Viewer) -> str:
    """What somebody with a key is shown, in words that go on after "you see"."""
    if viewer.is_steward:
        if STEWARD in viewer.reach:
            return "every record in full, save those for their owner alone"
        named = sorted(term.partition(":")[2] for term in viewer.reach)
        return f"the records of {', '.join(named)} in full, others as partners do"
    if viewer.reach:
        bounds = ", ".join(sorted(term.partition(":")[2] for term in viewer.within))
        bound = f" among the records of {bounds}" if bounds else ""
        return f"in full what your organisation owns or was granted{bound}, other records as partners do"
    return "what partners may know of"


ACCESS: Mapping[str, tuple[str, str]] = {
    "open": ("Open", "Anyone can download it from the source."),
    "register": ("Free account", "You can download it after registering at the source."),
    "on_request": ("On request", "Ask the holder; they decide."),
    "under_agreement": ("Under agreement", "The holder shares it under a signed agreement."),
    "bilateral": ("Bilateral", "The holder shares it directly with partners it knows."),
    "on_site": ("On site", "It can be consulted at the holder's office."),
    "not_shared": ("Not shared", "The holder does not share it; you know whom to talk to."),
    "unknown": ("Access not known", "The source does not say how to get it; contact the holder."),
}
"""Access modality to its badge and a sentence."""

SAID_BY: Mapping[str, str] = {
    "record": "as the record says",
    "organisation": "known of the organisation",
    "source": "known of the source",
    "access": "what this way of access means",
    "not_known": "",
}
"""Where a line of the way to the data comes from."""

LEVELS: Mapping[str, tuple[str, str]] = {
    "low_no": ("Low or no sensitivity", "Sharing the data is unlikely to harm anyone."),
    "moderate": ("Moderate sensitivity", "Sharing it may cause minor harm or disadvantage."),
    "high": ("High sensitivity", "Sharing it may cause serious harm to people or to a response."),
    "severe": ("Severe sensitivity", "Sharing it may cause severe harm or stop a response."),
    "unclassified": ("Sensitivity not assessed", "Nobody has judged this data yet; do not take it for harmless."),
}
"""Level to its name and what it means."""

FRESHNESS: Mapping[str, str] = {
    "fresh": "Up to date",
    "due": "Due for an update",
    "overdue": "Update overdue",
    "delinquent": "Update long overdue",
    "unknown": "No update promised",
}

ORIGINS: Mapping[str, str] = {
    "declared": "declared by the source",
    "mapped": "mapped from the source's own words",
    "inferred": "inferred from the header",
    "curated": "set by a person",
}

RUN_STATES: Mapping[str, str] = {
    "queued": "Waiting",
    "running": "Running",
    "complete": "Complete",
    "partial": "Partly read",
    "failed": "Failed",
    "held": "Held for a person to look at",
    "cancelled": "Cancelled",
}

HEALTH: Mapping[str, str] = {
    "healthy": "Well",
    "troubled": "Last reading was not complete",
    "late": "Late",
    "failing": "Not answering; asked more rarely until it does",
    "paused": "Paused by a person",
    "off": "Switched off",
    "new": "Not read yet",
    "preview": "Waits for approval",
    "view": "A part of another source",
    "needs key": "Not read: the portal wants a key",
    "retired": "Ended",
}
"""State of a source in words."""

ROLES: Mapping[str, str] = {
    "publisher": "publisher",
    "holder": "holder",
    "owner": "owner",
    "steward": "data steward",
    "contact": "contact",
}

SORTS: Mapping[str, str] = {
    "": "Best first",
    "modified": "Last changed",
    "title": "Title",
}

STANDING: Mapping[str, str] = {
    "counts": "the level rests on it",
    "outweighed": "outweighed by a stricter one",
    "lowered": "a steward has lowered the level since",
    "pending": "waits for a second steward",
    "signal": "it asserts no level",
}
ASSERTED_BY: Mapping[str, str] = {
    "portal": "the portal",
    "rule": "a rule",
    "steward": "a steward",
    "owner": "the owner",
    "member": "the holder of a key",
}

FIELDS: Mapping[str, str] = {
    "access": "the way to get it",
    "concepts": "what the topics rest on",
    "distributions": "files, links and columns",
    "freshness": "dates of updates",
    "harm_if_withheld": "harm if withheld",
    "holders": "who holds it",
    "issued": "day of publication",
    "level": "what the level rests on",
    "link": "the portal's page",
    "locations": "places",
    "modified": "day of the last change",
    "name": "the readable address",
    "organizations": "organisations",
    "rows": "number of rows",
    "tags": "hashtags",
    "titles": "titles in other languages",
    "urgency_recipients": "recipients",
}
"""Field of a document as it is called where it is left out, if not by its own name."""

RELATIONS: Mapping[str, str] = {
    "based_on": "Based on",
    "safe_product_of": "Safe product of",
    "same_as": "The same as",
}


def day(moment: str | None) -> str:
    """``2024-07-01T00:00:00Z`` as ``1 July 2024``; empty for nothing."""
    if not moment:
        return ""
    found = date.fromisoformat(moment[:10])
    return f"{found.day} {_MONTHS[found.month - 1]} {found.year}"


def clock(moment: str | None) -> str:
    """``2024-07-01T03:15:00Z`` as ``1 July 2024, 03:15 UTC``."""
    return f"{day(moment)}, {moment[11:16]} UTC" if moment else ""


def span(start: str | None, end: str | None, *, ongoing: bool) -> str:
    """A reference period in words; empty if nothing is said."""
    if start and end:
        return day(start) if start == end else f"{day(start)} to {day(end)}"
    if start:
        return f"{day(start)}, ongoing" if ongoing else f"from {day(start)}"
    return f"up to {day(end)}" if end else ""


def size(count: int | None) -> str:
    """Bytes as ``1.2 MB``; empty if not said."""
    if count is None:
        return ""
    amount = float(count)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:  # noqa: PLR2004
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"  # noqa: PLR2004
        amount /= 1000
    return f"{amount:.1f} GB"


def web_address(address: str | None) -> str:
    """The address if a reader can safely follow it, else nothing."""
    return address if address and address.lower().startswith(("https://", "http://")) else ""


def short(text: str, characters: int) -> str:
    """The text, cut at a word."""
    if len(text) <= characters:
        return text
    return (text[:characters].rsplit(" ", 1)[0] or text[:characters]) + " …"


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def detail(locations: Sequence[Mapping[str, Any]]) -> str:
    """How far down the data goes and whether it carries p-codes, as far as that is said."""
    levels = {place["admin_level"] for place in locations} - {None}
    coded = {place["p_coded"] for place in locations} - {None}
    down = "" if not levels else "by country" if max(levels) == 0 else f"down to admin {max(levels)}"
    codes = "" if not coded else "with p-codes" if coded == {True} else "without p-codes" if coded == {False} else ""
    return ", ".join(filter(None, (down, codes)))
