"""The message of a request, drafted in the language of whoever holds the data; whoever asks sends it themselves."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from catalog.requests.route import Route
from config.load import shipped_requests
from config.requests import Requests

Document = Mapping[str, Any]
LONGEST_LINK = 1_900
"""Characters of a ``mailto:`` that every mail program takes; a longer message is copied."""
LEFTWARD = frozenset({"ar"})


@dataclass(frozen=True, slots=True)
class Said:
    """What a requester says.

    Attributes:
        name: Of who holds the key.
        organisation: That the key was given to.
        until: The last day for which the data is asked.
    """

    name: str
    organisation: str
    purpose: str
    for_whom: str
    until: date
    agreement: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A message ready to be copied.

    Attributes:
        direction: ``ltr`` or ``rtl``.
        to: An office's mailbox, empty if none is known.
        mailto: A link that opens it in a mail program; empty without a mailbox. ``whole`` is whether it has the text.
        form: Address of the portal's own form, empty if none is known.
    """

    language: str
    direction: str
    subject: str
    body: str
    to: str
    mailto: str
    whole: bool
    form: str


def message(
    document: Document, route: Route, said: Said, language: str, days: int, table: Requests | None = None
) -> Message:
    """The message about a record, from what of it may be known to who asks.

    Args:
        document: As it is disclosed to the requester.
        route: How its data can be had.
        said: By the requester; it stays in their words.
        language: ``en``, ``fr``, ``es``, ``ar`` or ``uk``; any other is English.
        days: Within which an answer is hoped for.
        table: Of words; the shipped one, if none is given.
    """
    words = (table or shipped_requests()).messages
    language = language if language in words else "en"
    told = words[language]
    holders = ", ".join(document["holders"][:3])
    filled = {"holder": holders, "organisation": said.organisation, "title": document["title"], "days": days}
    facts = (
        (told.title, document["title"]),
        (told.link, document["link"]),
        (told.record, document["id"]),
        (told.purpose, said.purpose),
        (told.for_whom, said.for_whom),
        (told.until, said.until.isoformat()),
        (told.agreement, said.agreement),
        (told.required, route.agreement),
    )
    paragraphs = (
        (told.greeting if holders else told.greeting_unnamed).format(**filled),
        told.opening.format(**filled),
        "\n".join(f"{label} {value}" for label, value in facts if value),
        " ".join(sentence.format(**filled) for sentence in (told.asking, told.days)),
        told.safely.format(**filled),
        "\n".join([told.closing.format(**filled), *dict.fromkeys(filter(None, (said.name, said.organisation)))]),
    )
    subject, body = told.subject.format(**filled), "\n\n".join(paragraphs)
    mailto, whole = _mailto(route.mailbox, subject, body)
    direction = "rtl" if language in LEFTWARD else "ltr"
    return Message(language, direction, subject, body, route.mailbox, mailto, whole, route.form)


def languages(table: Requests | None = None) -> dict[str, str]:
    """Languages of the message: code to what the language calls itself."""
    return {code: words.language for code, words in (table or shipped_requests()).messages.items()}


def language_of(document: Document, table: Requests | None = None) -> str:
    """The language in which whoever holds a record's data is written to.

    What the record itself says comes first: its languages, or a title in one other than English. Else it is that of
    its country, where all its countries have the same; else English.
    """
    table = table or shipped_requests()
    of_places = {_of_country(iso3, table) for iso3 in document["countries"]}
    of_place = of_places.pop() if len(of_places) == 1 else "en"
    said = _known(document.get("languages") or (), table)
    if said:
        return of_place if of_place in said else said[0]
    titled = [code for code in _known(document.get("titles") or (), table) if code != "en"]
    return titled[0] if len(titled) == 1 else of_place


def _known(codes: Iterable[str], table: Requests) -> list[str]:
    return [code for code in dict.fromkeys(codes) if code in table.messages]


def _of_country(iso3: str, table: Requests) -> str:
    if iso3 in table.countries:
        return table.countries[iso3]
    found = [code for code in _official(iso3) if code in table.messages]
    return next((code for code in found if code != "en"), "en")


@lru_cache(maxsize=300)
def _official(iso3: str) -> tuple[str, ...]:
    """Official languages of a country, as CLDR has them."""
    import pycountry
    from babel.languages import get_official_languages

    entry = pycountry.countries.get(alpha_3=iso3)
    return tuple(get_official_languages(entry.alpha_2, de_facto=True)) if entry else ()


def _mailto(mailbox: str, subject: str, body: str) -> tuple[str, bool]:
    if not mailbox:
        return "", False
    head = f"mailto:{quote(mailbox, safe='@')}"
    titled = f"{head}?subject={quote(subject, safe='')}"
    text = quote(body.replace("\n", "\r\n"), safe="")
    whole = f"{titled}&body={text}"
    if len(whole) <= LONGEST_LINK:
        return whole, True
    return (titled if len(titled) <= LONGEST_LINK else head), False
