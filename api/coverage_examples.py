"""Documented examples of coverage: shapes with fictional content; a test asks a running app for each."""

from collections.abc import Mapping
from typing import Any

from catalog.needs.judging import RULES, State

_ID = "7c9e6679-7425-50de-944b-e07fc1f90ae7"
_QUESTION = {
    "en": "Where and when did accidents with explosive ordnance happen?",
    "fr": "Où et quand des accidents dus à des engins explosifs se sont-ils produits ?",
    "es": "¿Dónde y cuándo ocurrieron accidentes con artefactos explosivos?",
    "ar": "أين ومتى وقعت حوادث الذخائر المتفجرة؟",
    "uk": "Де і коли сталися нещасні випадки з вибухонебезпечними предметами?",
}
_DATASET = {
    "id": _ID,
    "name": "sample-accidents-in-south-sudan",
    "title": "Sample: Accidents in South Sudan",
    "link": "https://data.example.org/dataset/sample-accidents",
    "holders": ["Sample Relief"],
    "access": "on_request",
    "verdict": "falls short",
    "counts": True,
    "criteria": [{"criterion": "places", "answer": "no", "words": "It goes down to admin 1 only; admin 2 is asked."}],
    "because": ["title: Accidents"],
    "also": [],
}
OVERRULE: Mapping[str, Any] = {
    "state": "met",
    "reason": "The programme answers it from its own records.",
    "on": "2025-01-31",
    "expires": "2025-07-31",
}
LEAD: Mapping[str, Any] = {
    "nearest": [
        {
            "id": "3f333df6-90a4-5fda-8dd3-9485d27cee36",
            "name": "Sample Relief",
            "records": 1,
            "because": "They hold a dataset on the subject that falls short.",
            "contact": "",
        }
    ],
    "similar": [],
    "draft": "Subject: South Sudan: ...",
}
CELL: Mapping[str, Any] = {
    "need": "accidents",
    "theme": "accidents",
    "question": _QUESTION,
    "why": "An accident points to contamination that nobody has recorded.",
    "decisions": ["prioritise-clearance"],
    "state": "partly",
    "rule": "Datasets count towards it, but each falls short of a criterion.",
    "judged": {"state": "partly", "rule": "Datasets count towards it, but each falls short of a criterion."},
    "overrule": OVERRULE,
    "missing": ["It goes down to admin 1 only; admin 2 is asked."],
    "counting": 1,
    "datasets": [_DATASET],
    "world": [],
    "lead": LEAD,
}
_COUNTS = {state.value: int(state is State.PARTLY) for state in State}
_COUNTRY = {"country": "SSD", "name": "South Sudan", "records": 12, "counts": _COUNTS, "overruled": []}
COUNTRY: Mapping[str, Any] = {"day": "2025-01-31"} | _COUNTRY | {"cells": [CELL]}
GRID: Mapping[str, Any] = {
    "day": "2025-01-31",
    "states": {state.value: words for state, words in RULES.items()},
    "needs": [{"need": "accidents", "theme": "accidents", "question": _QUESTION["en"]}],
    "countries": [_COUNTRY | {"cells": {"accidents": "partly"}}],
    "total": 1,
    "next": "",
}
NEEDS: Mapping[str, Any] = {
    "total": 1,
    "items": [
        {
            "need": "accidents",
            "theme": "accidents",
            "question": _QUESTION,
            "why": "An accident points to contamination that nobody has recorded.",
            "decisions": ["prioritise-clearance"],
            "met_by": {"admin_level": 2, "newest_within": 12, "kept_up": True},
            "sets": ["mine-action"],
            "not_applicable": "",
        }
    ],
    "facets": {},
    "next": "",
}
HOLDERS: Mapping[str, Any] = {
    "total": 1,
    "items": [
        {
            "organisation": "Sample Relief",
            "id": "3f333df6-90a4-5fda-8dd3-9485d27cee36",
            "topic": "casualties",
            "topic_title": "Casualties",
            "country": "SSD",
            "country_name": "South Sudan",
            "datasets": 2,
            "access": {"on_request": 2},
            "levels": {"moderate": 2},
            "how": "Ask the holder through its request form.",
            "contact": "",
        }
    ],
    "facets": {},
    "next": "",
}
ACTION: Mapping[str, Any] = {
    "id": 1,
    "country": "SSD",
    "need": "accidents",
    "what": "Ask the programme for its list of accidents.",
    "owner": "Information management officer",
    "organisation": "Sample Relief",
    "due": "2025-03-31",
    "state": "open",
    "overdue": False,
    "on": "2025-01-31",
    "closed": None,
    "closing": "",
}
ACTIONS: Mapping[str, Any] = {"total": 1, "items": [ACTION], "facets": {}, "next": ""}
KEPT_NEED: Mapping[str, Any] = {"words": "hospital catchment areas", "country": "SSD", "withheld": []}
LOGGED_NEED: Mapping[str, Any] = {
    "id": 1,
    "words": "hospital catchment areas",
    "country": "SSD",
    "count": 3,
    "first": "2025-01-31",
    "last": "2025-03-02",
    "state": "open",
    "closed": None,
    "closing": "",
}
LOGGED_NEEDS: Mapping[str, Any] = {"total": 1, "items": [LOGGED_NEED], "facets": {}, "next": ""}
