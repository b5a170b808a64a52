"""Why a column has its hashtag, in a sentence; the same on the page and on the terminal."""

from collections.abc import Mapping
from typing import Any

from catalog.hxl.lasting import LAST_SEEN
from catalog.vocabulary import TagOrigin

MAPPED_FROM_2014 = "hxl 2014: "
"""Begins the rule of a tag that stands for one of HXL's draft of 2014."""
_SURE = 0.995


def evidence(tag: Mapping[str, Any]) -> str:
    """What a tag of a disclosed column (``{tag, origin, rule, confidence}``) rests on."""
    rule = str(tag["rule"])
    if tag["origin"] == TagOrigin.CURATED:
        role, _, on = rule.partition(", ")
        return f"A {role} set it on {on}." if on else "A person set it."
    if tag["origin"] == TagOrigin.MAPPED:
        old = rule.removeprefix(MAPPED_FROM_2014)
        return f"It is written {old} there, as in HXL's draft of 2014." if old != rule else f"Mapped by {rule}."
    if tag["origin"] == TagOrigin.INFERRED:
        return f"Nobody declares it. The header says so by our rule {rule}, {certainty(tag['confidence'])}."
    told, _, doubt = rule.partition("; ")
    place, _, gone = told.partition(LAST_SEEN)
    where = "It stands in the file" if place == "file" else "The source's own metadata declare it"
    if gone:
        where = f"{'The file' if place == 'file' else 'The source'} declared it, last seen {gone}"
    return f"{where}, but the column's header says otherwise: do not rely on it." if doubt else f"{where}."


def certainty(confidence: float) -> str:
    """A confidence from 0 to 1 in words: ``83 % certain``."""
    return "certain" if confidence >= _SURE else f"{int(confidence * 100 + 1e-9)} % certain"
