"""What to do with data of a level and with a way of access, in the words of a reviewed file."""

from collections.abc import Iterable, Mapping
from typing import Any

from catalog.places import country_name
from config.guidance import Advice, Guidance
from config.load import shipped_guidance

Document = Mapping[str, Any]


def guidance(document: Document, language: str = "en", table: Guidance | None = None) -> dict[str, Any]:
    """Advice for a record, from what of it is disclosed.

    The answer is::

        language, level {sentence, links [{title, url, verified}]}, access {..}, protocol sentence or "",
        reviewed {by, day, next}

    Args:
        document: Disclosed; its level, way of access and countries are read.
        language: ``en``, ``fr``, ``es``, ``ar`` or ``uk``; any other is answered in English.
        table: Of the advice; the shipped one, if none is given.
    """
    table = table or shipped_guidance()
    told = language if language in table.protocol else "en"
    level = document["level"]
    return {
        "language": told,
        "level": _said(table.levels[level["level"]], told, table),
        "access": _said(table.access[document["access"]["modality"]], told, table),
        "protocol": _protocol(document["countries"], told, table) if level.get("protocol") else "",
        "reviewed": table.reviewed.model_dump(mode="json"),
    }


def of_level(level: str, language: str = "en", table: Guidance | None = None) -> dict[str, Any]:
    """Advice for a level alone: ``{sentence, links [{title, url, verified}]}``."""
    table = table or shipped_guidance()
    return _said(table.levels[level], language, table)


def everything(table: Guidance | None = None) -> dict[str, Any]:
    """The whole file as JSON: ``{reviewed, links, levels, access, protocol}``."""
    return (table or shipped_guidance()).model_dump(mode="json")


def _said(advice: Advice, language: str, table: Guidance) -> dict[str, Any]:
    return {
        "sentence": advice.sentence[language],
        "links": [table.links[key].model_dump() for key in advice.links],
    }


def _protocol(countries: Iterable[str], language: str, table: Guidance) -> str:
    named = ", ".join(country_name(iso3, language) for iso3 in countries)
    return table.protocol[language].format(country=named) if named else ""
