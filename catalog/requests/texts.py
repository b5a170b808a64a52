"""Free text of a request, as much of it as is kept: no person's name after a title, no address, number or place."""

import re

from catalog.masking import masked, personal

NAME = "a person's name"

_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What moves a terminal's cursor, ends a line or turns letters round."""
_TITLES = (
    r"Mr|Mrs|Ms|Miss|Dr|Prof|Col|Maj|Capt|Lt|Gen|Sgt|M(?=\.)|MM(?=\.)|Mme|Mlle|Sr|Sra|Srta|Dña|Ing|Lic|"
    r"пан|пані|Пан|Пані|г-н|г-жа|д-р|Д-р|السيد|السيدة|الدكتور|الدكتورة|الأستاذ|الأستاذة"
)
_CAPITAL = "[A-ZÀ-ÖØ-ÞА-ЯЁІЇЄҐ]"
_WORD = rf"(?:{_CAPITAL}\.(?=[ \u00a0])|{_CAPITAL}[\w'’-]*|[\u0620-\u06ff]{{2,}})"
_PARTICLE = r"(?:(?:al|el|bin|ibn|abu|de|del|la|von|van|da|dos)[ -])"
_NAMED = re.compile(
    rf"(?<!\w)(?:(?:{_TITLES})\.?[ \u00a0])+{_PARTICLE}{{0,3}}{_WORD}"
    rf"(?:[ \u00a0]{_PARTICLE}{{0,3}}{_WORD}){{0,2}}"
)


def clean(text: str) -> tuple[str, tuple[str, ...]]:
    """The text as it is kept, and what was taken out of it, in words.

    A name is known by the title before it alone (Mr, Mme, Sra, пані, السيدة); the forms ask for offices, not persons.
    """
    shown = " ".join(_UNSEEN.sub(" ", text).split())
    without = _NAMED.sub("[name withheld]", shown)
    found = (*personal(without), *((NAME,) if without != shown else ()))
    return masked(without), found
