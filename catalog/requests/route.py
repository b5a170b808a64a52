"""How a record's data can be had, as far as a request needs to know."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.agents import role_mailbox
from catalog.route import Ways, route_json, route_of
from config.access import NO_AGREEMENT

Document = Mapping[str, Any]
LONGEST_DAYS = 365


@dataclass(frozen=True, slots=True)
class Route:
    """The way to the data.

    Attributes:
        mailbox: Of an office, never a person's; empty if none is known.
        form: Address of the portal's own form, or of the page that asks; empty if none is known.
        agreement: That the holder asks for; empty if none is known or needed.
        days: That an answer usually takes; None if it is not known.
    """

    modality: str
    mailbox: str = ""
    form: str = ""
    agreement: str = ""
    days: int | None = None


def route(document: Document, ways: Ways | None = None) -> Route:
    """The way to a record's data, from what of it is disclosed: the one place where a request reads it.

    ``ways`` is what is known of access beside the record; the shipped entries, if none is given.
    """
    found = route_of(document, ways)
    agreement = route_json(found, ways)["agreement"]
    days = found.expected_days
    return Route(
        modality=found.access.value,
        mailbox=_mailbox(document) or role_mailbox(found.ask.mailbox, ""),
        form=found.address,
        agreement="" if agreement is None or agreement["key"] == NO_AGREEMENT else agreement["title"],
        days=days if days is not None and 0 < days <= LONGEST_DAYS else None,
    )


def _mailbox(document: Document) -> str:
    acronyms = ["", *(agent["acronym"] for agent in document["organizations"] if agent["acronym"])]
    for given in (document["access"]["address"], *document["access"]["contacts"]):
        for acronym in acronyms:
            if found := role_mailbox(given, acronym):
                return found
    return ""
