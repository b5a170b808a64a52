"""What free text must not carry to the public: personal addresses, telephone numbers, coordinates.

Names of persons and stories are not found this way; a text that holds any of these is worth a steward's look.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from catalog.agents import role_mailbox

EMAIL, PHONE, PLACE = "an e-mail address", "a telephone number", "coordinates"

_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}(?:@|\s?[\[(]at[\])]\s?)[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_TELEPHONE_WORDS = "tel|tél|teléfono|telefono|telephone|phone|mobile|whatsapp|viber|móvil|هاتف|тел|телефон"
_PHONE = re.compile(
    rf"(?:(?<![\w/=.+-])(?:\+|00)\s?\d|(?i:\b(?:{_TELEPHONE_WORDS}))[.:№#\s]{{1,4}}\(?\d)(?:[\s().-]{{0,2}}\d){{6,14}}(?!\w)"
)
_DECIMALS = r"[-+]?\d{1,3}\.\d{3,12}"
_PLACES = (
    re.compile(rf"(?<![\d.]){_DECIMALS}\d°?\s?[NSEW]?\s{{0,2}}[,;/ ]\s{{0,2}}{_DECIMALS}\d°?(?:\s?[NSEW]\b)?"),
    re.compile(
        r"(?<!\d)\d{1,3}\s?[°º]\s?\d{1,2}(?:[.,]\d{1,6})?\s?['′’](?:\s?\d{1,2}(?:[.,]\d{1,6})?\s?(?:\"|″|”|''))?\s?[NSEWO]?"
    ),
    re.compile(r"(?<!\d)\d{1,3}[.,]\d{2,12}\s?[°º]\s?[NSEWO]?"),
    re.compile(r"(?i:\b(?:lat|lon|lng|latitude|longitude))[.:=\s]{1,4}[-+]?\d{1,3}[.,]\d{2,12}"),
    re.compile(r"\b\d{1,2}[C-HJ-NP-X]\s?[A-HJ-NP-Z]{2}\s?\d{4,5}\s?\d{4,5}\b"),
)
_REST = r"[^\s<>\"')\]]{1,2000}"
_WEB = re.compile(
    rf"(?:\b[a-z][a-z0-9+]{{1,9}}://|www\.|\\\\){_REST}|(?<![\w@./-])(?:[\w-]{{1,63}}\.){{1,8}}[a-z]{{2,24}}(?::\d{{1,5}})?/{_REST}",
    re.IGNORECASE,
)
"""Addresses with a scheme, those that people write without one, and paths of a network drive."""
# Nearly all records have none of these signs, and looking for them in all of a record's texts at once costs little.
_SIGNS = (
    "@",
    "[at]",
    "(at)",
    "+",
    "°",
    "º",
    "tel",
    "tél",
    "phone",
    "mobile",
    "whatsapp",
    "viber",
    "móvil",
    "هاتف",
    "тел",
)
_SIGN = re.compile(r"\.\d\d|00[\d\s().-]{7}")
_GRID = re.compile(r"[C-HJ-NP-X]\s?[A-HJ-NP-Z]{2}\s?\d{4}")


def found_in(texts: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Field and what was found in it, for the texts of each field."""
    whole = "\n".join(["\n".join(given) for given in texts.values()])
    folded = whole.lower()
    if not (any(map(folded.__contains__, _SIGNS)) or _SIGN.search(whole) or _GRID.search(whole)):
        return []
    return [
        (field, what)
        for field, given in texts.items()
        for what in dict.fromkeys(found for text in given for found in personal(text))
    ]


def personal(text: str) -> tuple[str, ...]:
    """What a text holds that the public is not shown; role mailboxes such as ``info@`` are not meant."""
    return tuple(what for what, masks in _MASKS if masks(text) != text)


def masked(text: str) -> str:
    """The text without what :func:`personal` finds in it."""
    for _, masks in _MASKS:
        text = masks(text)
    return text


def without_addresses(text: str, but: Collection[str] = ()) -> str:
    """The text without web addresses ``but`` these: where links are withheld, notes must not give them."""
    if "/" not in text and "\\\\" not in text and "www." not in text.lower():
        return text
    return _WEB.sub(lambda found: found[0] if found[0].rstrip(".,;:") in but else "[address withheld]", text)


def without_names(text: str, names: Iterable[str]) -> str:
    """The text without the names of organisations that are not to be named; acronyms by their capitals."""
    for name in sorted({name.strip() for name in names} - {""}, key=len, reverse=True):
        short = name.isupper() and " " not in name
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "[not named]", text, flags=0 if short else re.IGNORECASE)
    return text


def _emails(text: str) -> str:
    if "@" not in text and "[at]" not in text and "(at)" not in text:
        return text
    return _EMAIL.sub(lambda found: found[0] if role_mailbox(found[0].rstrip("."), "") else "[e-mail withheld]", text)


def _phones(text: str) -> str:
    return _PHONE.sub("[telephone number withheld]", text)


def _places(text: str) -> str:
    for pattern in _PLACES:
        text = pattern.sub("[coordinates withheld]", text)
    return text


_MASKS: tuple[tuple[str, Callable[[str], str]], ...] = ((EMAIL, _emails), (PHONE, _phones), (PLACE, _places))
