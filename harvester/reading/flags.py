"""What a portal says of sensitivity, as its own assertions: closed words, never content."""

import re
from collections.abc import Iterable
from functools import lru_cache

from catalog.records import PortalFlag
from harvester.reading.fields import Fields

_CLOSED_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,29}")


def flags(part: Fields, names: Iterable[str], distribution: str = "") -> tuple[PortalFlag, ...]:
    """The flags among these fields that are set, in their order.

    A yes is ``true`` however it is spelt; a word stays as it is; what is unset, ``false``, ``0`` or ``none`` is left
    out, and what is no single word becomes a note ``flag-unreadable``. Which flag means what stands in
    ``config/rules/sensitivity/portal-flags.yaml``; the fields without a rule in ``docs/portal-flags.md``.

    Args:
        part: The dataset or one of its files.
        names: Fields to look at.
        distribution: The file's key, where it is said of one file.
    """
    found = []
    for name in names:
        value = part.record.get(name)
        if value is None or value is False or value == "":
            continue
        word = _word(str(value)) if isinstance(value, str | int) else None
        if word:
            found.append(PortalFlag(name, word, distribution))
        elif word is None:
            part.note("flag-unreadable", name, "a word was expected")
    return tuple(found)


@lru_cache(1024)
def _word(value: str) -> str | None:
    """A flag's word; empty if it says no, ``None`` if it is no word."""
    word = value.strip()
    if word.lower() in {"true", "1"}:
        return "true"
    if _CLOSED_WORD.fullmatch(word):
        return "" if word.lower() in {"false", "none", "null"} else word
    return "" if word in {"0", ""} else None
