"""Coverage and holdings as they are told: the same JSON to the API, the pages, the command and the files.

A cell is ``{need, theme, question {language: text}, why, decisions [..], state, rule, judged {state, rule}, overrule
{state, reason, on, expires} or null, missing [sentence], counting, datasets [..], world [..], lead}``. ``rule`` is the
rule's words, or the reason of whoever overrules. A dataset is ``{id, name, title, link, holders [..], access, verdict,
counts, criteria [{criterion, answer, words}], because [..], also [id]}``. ``lead`` is ``{nearest [..], similar [..],
draft}`` or null; a list of countries has none and no datasets.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from catalog.needs.coverage import URGENCY, Cell, Country, Coverage
from catalog.needs.gaps import Lead, lead
from catalog.needs.holders import Holding
from catalog.needs.judging import RULES, State, Verdict, Weighed
from catalog.needs.overruling import Overrule
from catalog.needs.records import documents
from catalog.places import country_name
from catalog.viewer import Viewer
from config.needs import Need

Document = Mapping[str, Any]

MOST_DATASETS = 5
"""Datasets that are told of a cell; ``counting`` says how many count in all."""
SYMBOLS: Mapping[State, str] = {
    State.MET: "●",
    State.PARTLY: "◐",
    State.RESTRICTED: "◆",
    State.PLANNED: "▷",
    State.GAP: "○",
    State.UNKNOWN: "?",
    State.NOT_APPLICABLE: "–",
}
"""A shape for each state, beside its word."""
SHORT: Mapping[State, str] = {State.RESTRICTED: "restricted", State.NOT_APPLICABLE: "n/a"}
"""Words for narrow tables, where they are not the state's own."""


def need_json(need: Need) -> dict[str, Any]:
    """What is asked, and what would meet it."""
    asked = need.met_by
    return {
        "need": need.id,
        "theme": need.theme,
        "question": dict(need.question.items()),
        "why": need.why,
        "decisions": list(need.decisions),
        "met_by": asked.model_dump(mode="json", by_alias=True, exclude={"any", "unless"})
        | {
            "any": [
                {
                    "about": list(way.about),
                    "words": {name: list(words) for name, words in way.words.model_dump().items() if words},
                    "hxl": list(way.hxl),
                    "part": way.part,
                }
                for way in asked.any
            ]
        },
    }


def grid_json(coverage: Coverage, countries: Sequence[Country], needs: Sequence[Need]) -> dict[str, Any]:
    """Countries by needs: ``{day, states, needs, countries [{country, name, records, counts, cells {need: state}}]}``.

    ``overruled`` names the needs of a country in which a person's word stands.
    """
    return {
        "day": coverage.today.isoformat(),
        "states": {state.value: RULES[state] for state in State},
        "needs": [{"need": need.id, "theme": need.theme, "question": need.asked()} for need in needs],
        "countries": [_row(country) for country in countries],
    }


def _row(country: Country) -> dict[str, Any]:
    return {
        "country": country.iso3,
        "name": country.name,
        "records": country.records,
        "counts": {state.value: count for state, count in country.counts.items()},
        "cells": {cell.need.id: cell.state.value for cell in country.cells},
        "overruled": [cell.need.id for cell in country.cells if cell.overrule is not None],
    }


def country_json(
    session: Session, viewer: Viewer, coverage: Coverage, country: Country, *, leads: bool = True
) -> dict[str, Any]:
    """A country's needs with their evidence, gaps first: ``{day, country, name, records, counts, cells [..]}``."""
    cells = country.by_urgency
    found = {cell.need.id: lead(coverage, cell) for cell in cells} if leads else {}
    numbers = {one.held.number for cell in cells for one in cell.judged.datasets[:MOST_DATASETS]}
    numbers |= {one.number for cell in cells for one in cell.judged.world[:MOST_DATASETS]}
    numbers |= {one.weighed.held.number for led in found.values() if led for one in led.similar}
    known = documents(session, viewer, numbers)
    told = [_cell(cell, known, found.get(cell.need.id)) for cell in cells]
    return {"day": coverage.today.isoformat()} | _row(country) | {"cells": told}


def _cell(cell: Cell, known: Mapping[int, Document], led: Lead | None) -> dict[str, Any]:
    judged, need = cell.judged, cell.need
    shown = [one for one in judged.datasets if one.held.number in known][:MOST_DATASETS]
    return {
        "need": need.id,
        "theme": need.theme,
        "question": dict(need.question.items()),
        "why": need.why,
        "decisions": list(need.decisions),
        "state": cell.state.value,
        "rule": cell.overrule.reason if cell.overrule else judged.rule,
        "judged": {"state": judged.state.value, "rule": judged.rule},
        "overrule": overrule_json(cell.overrule) if cell.overrule else None,
        "missing": list(judged.missing),
        "counting": sum(one.counts for one in judged.datasets),
        "datasets": [_dataset(need, one, known[one.held.number]) for one in shown],
        "world": [_brief(known[one.number]) for one in judged.world[:MOST_DATASETS] if one.number in known],
        "lead": _lead(need, led, known) if led else None,
    }


def overrule_json(said: Overrule) -> dict[str, Any]:
    """What a person says; not who."""
    return {
        "state": said.state.value,
        "reason": said.reason,
        "on": said.at.date().isoformat(),
        "expires": said.expires.isoformat(),
    }


def _brief(document: Document) -> dict[str, Any]:
    return {
        "id": document["id"],
        "name": document["name"],
        "title": document["title"],
        "link": document["link"],
        "holders": document["holders"],
        "access": document["access"]["modality"],
    }


def _dataset(need: Need, one: Weighed, document: Document) -> dict[str, Any]:
    counted = one.held.counts.get(need.id) or next(
        found for name, found in one.held.counts.items() if name.partition("@")[0] == need.id
    )
    return _brief(document) | {
        "verdict": one.verdict.value,
        "counts": one.verdict is not Verdict.HISTORY,
        "criteria": [{"criterion": tick.criterion, "answer": tick.answer, "words": tick.words} for tick in one.ticks],
        "because": list(counted.because),
        "also": list(one.also),
    }


def _lead(need: Need, found: Lead, known: Mapping[int, Document]) -> dict[str, Any]:
    return {
        "nearest": [
            {
                "id": one.holder.id,
                "name": one.holder.name,
                "records": one.records,
                "because": one.because,
                "contact": one.contact,
            }
            for one in found.nearest
        ],
        "similar": [
            {"country": one.iso3, "country_name": country_name(one.iso3)}
            | _dataset(need, one.weighed, known[one.weighed.held.number])
            for one in found.similar
            if one.weighed.held.number in known
        ],
        "draft": found.draft,
    }


def holding_json(one: Holding) -> dict[str, Any]:
    """What one organisation has on one topic in one country."""
    return {
        "organisation": one.holder.name,
        "id": one.holder.id,
        "topic": one.topic,
        "topic_title": one.title,
        "country": one.iso3,
        "country_name": country_name(one.iso3),
        "datasets": one.datasets,
        "access": dict(one.access),
        "levels": dict(one.levels),
        "how": one.how,
        "contact": one.contact,
    }


def symbol(state: str) -> str:
    """The shape of a state."""
    return SYMBOLS[State(state)]


def short(state: str) -> str:
    """The word of a state where there is little room."""
    return SHORT.get(State(state), state)


def ordered(states: Iterable[str]) -> list[str]:
    """States, those that ask for something first."""
    return sorted(states, key=[state.value for state in URGENCY].index)
