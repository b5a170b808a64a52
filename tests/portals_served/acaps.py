"""The ACAPS API on loopback. Crises and scores of ``SERVED`` are fictional and a sample."""

import json
from pathlib import Path
from typing import Any

from tests.portals_served.served import RECORDED_SHAPE, Answer, Asked, Mood, Served

TOKEN = "sample-token-of-acaps"
PAGE_SIZE = 2
MONTHS = {"Nov2025": "2025-11-01", "Jan2026": "2026-01-01"}
"""December is missing, as a month may be."""


def crisis(number: int, filter_date: str, noise: int = 0, **changes: Any) -> dict[str, Any]:
    """A crisis as the API writes it; names and scores are made up."""
    plain = {
        "crisis_id": f"SAM00{number}",
        "crisis_name": f"Sample crisis {number}",
        "drivers": ["Conflict", "Displacement"],
        "regional_or_country": "Country",
        "country_level": "Yes",
        "iso3": ["SSD"],
        "country": ["South Sudan"],
        "regions": ["Africa"],
        "INFORM Severity Index": 1.5 + noise,
        "INFORM Severity category (numeric)": 1.0,
        "INFORM Severity category": "Very Low",
        "Reliability": "High",
        "People in need": 2.5 + noise,
        "Last updated": filter_date[:8] + "20",
        "_internal_filter_date": filter_date,
    }
    return plain | changes


def crises(filter_date: str, noise: int) -> list[dict[str, Any]]:
    """Those of a month: one has no scores and no drivers, one spans countries."""
    return [
        crisis(1, filter_date, noise),
        crisis(
            2, filter_date, noise, regional_or_country="Regional", iso3=["UKR", "POL"], country=["Ukraine", "Poland"]
        ),
        crisis(3, filter_date, noise, drivers=None, iso3=["AFG"], **{"INFORM Severity Index": None}),
    ]


def refused(asked: Asked) -> Answer | None:
    """What whoever brings no token or a wrong one is told."""
    told = asked.headers.get("authorization")
    return None if told == f"Token {TOKEN}" else Answer({"detail": "Invalid token."}, 401)


def answers(asked: Asked, mood: Mood) -> Answer | None:
    """The latest month, or the one asked for, two crises a page."""
    month = asked.path.removeprefix("/inform-severity-index/").strip("/")
    if not asked.path.startswith("/inform-severity-index/") or (month and month not in MONTHS):
        return refused(asked) or Answer({"detail": "Not found."}, 404)
    rows = [] if mood.empty else crises(MONTHS[month or "Jan2026"], mood.noise)
    page, base = int(asked.one("page", "1")), "{base}" + asked.path
    here = rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    more = page * PAGE_SIZE < len(rows)
    answer = {"count": len(rows), "next": f"{base}?page={page + 1}" if more else None, "previous": None}
    return refused(asked) or Answer(answer | {"results": here})


SERVED = Served(
    kind="acaps",
    answers=answers,
    ids=("severity-2025-11", "severity-2026-01"),
    shape=RECORDED_SHAPE,
    pages=3,
    key=TOKEN,
    path="/api/v1",
    declared={"filters": {"from": "2025-11"}, "licence": "CC BY"},
)


def RECORDED(shared: Path) -> Served:  # noqa: N802 - enrolled by this name
    """April and May 2022, two pages each; May is the latest month, as it was when they were recorded."""
    folder = shared / "portals" / "acaps"

    def recorded(asked: Asked, _: Mood) -> Answer | None:
        month = asked.path.removeprefix("/inform-severity-index/").strip("/") or "May2022"
        page = folder / f"inform-severity-index_{month.lower()}-page-{asked.one('page', '1')}.json"
        if refused(asked) or not page.is_file():
            return refused(asked) or Answer({"detail": "Not found."}, 404)
        return Answer(json.loads(page.read_bytes()))

    return Served(
        kind="acaps",
        answers=recorded,
        ids=("severity-2022-04", "severity-2022-05"),
        shape=RECORDED_SHAPE,
        pages=2,
        key=TOKEN,
        path="/api/v1",
        declared={"filters": {"from": "2022-02"}, "licence": "CC BY"},
    )
