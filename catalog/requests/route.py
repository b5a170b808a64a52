"""How a record's data can be had, as far as a request needs to know."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.agents import role_mailbox

Document = Mapping[str, Any]
LONGEST_DAYS = 365


@dataclass(frozen=True, slots=True)
class Route:
    """The way to the data.

    Attributes:
        mailbox: Of an office, never a person's; empty if none is known.
        form: Address of the portal's own form, or of the page that asks; empty if none is known.
        agreement: That the holder asks for; empty if none is known.
        days: That an answer usually takes; None if it is not known.
    """

    modality: str
    mailbox: str = ""
    form: str = ""
    agreement: str = ""
    days: int | None = None


def route(document: Document) -> Route:
    """The way to a record's data, from what of it is disclosed: the one place where a request reads it."""
    access = document["access"]
    facts = {fact["name"]: str(fact["value"]) for fact in document.get("facts") or ()}
    return Route(
        modality=access["modality"],
        mailbox=_mailbox(document),
        form=access["address"] if access["address"].lower().startswith(("https://", "http://")) else "",
        agreement=facts.get("agreement", ""),
        days=_days(facts.get("expected days", "")),
    )


def _mailbox(document: Document) -> str:
    acronyms = ["", *(agent["acronym"] for agent in document["organizations"] if agent["acronym"])]
    for given in (document["access"]["address"], *document["access"]["contacts"]):
        for acronym in acronyms:
            if found := role_mailbox(given, acronym):
                return found
    return ""


def _days(told: str) -> int | None:
    return int(told) if told.isascii() and told.isdigit() and 0 < int(told) <= LONGEST_DAYS else None
