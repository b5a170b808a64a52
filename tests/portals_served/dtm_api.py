"""IOM's displacement API on loopback. Operations and figures of ``SERVED`` are fictional and a sample."""

import json
from pathlib import Path
from typing import Any

from tests.portals_served.served import RECORDED_SHAPE, Answer, Asked, Mood, Served

KEY = "sample-dtm-key-0001"
LISTS = "/v3/displacement"
COUNTRIES = {"BHS": "Bahamas (the)", "SSD": "South Sudan", "TCD": "Chad", "UKR": "Ukraine", "VUT": "Vanuatu"}
"""Vanuatu has no operation."""
OPERATIONS = (
    ("Sample tracking", "Active", "SSD"),
    ("Sample storm", "Inactive", "BHS"),
    ("Sample biometric registration", "Active", "SSD"),
    ("Sample lake basin", "Active", "TCD"),
    ("Sample flow monitoring", "Active", "UKR"),
)
MISSING = {"statusCode": 401, "message": "Access denied due to invalid subscription key. Sample answer."}


def envelope(rows: list[Any], **changes: Any) -> dict[str, Any]:
    """Rows as the API wraps them."""
    plain = {"result": rows, "statusCode": 200, "isSuccess": True, "errorMessages": [], "totalRecordsCount": len(rows)}
    return plain | changes


def figure(operation: str, code: str, day: str, number: int, **changes: Any) -> dict[str, Any]:
    """A row of figures at admin 0 as the API writes it; the number is made up."""
    plain = {
        "operation": operation,
        "admin0Name": COUNTRIES.get(code, ""),
        "admin0Pcode": code,
        "numPresentIdpInd": 7,
        "reportingDate": f"{day}T00:00:00",
        "yearReportingDate": int(day[:4]),
        "monthReportingDate": int(day[5:7]),
        "roundNumber": number,
        "displacementReason": "Conflict",
        "numberMales": None,
        "numberFemales": None,
        "idpOriginAdmin1Name": "Not available",
        "idpOriginAdmin1Pcode": "Not available",
        "assessmentType": "BA",
    }
    return plain | changes


FIGURES = {
    "SSD": [
        figure("Sample tracking", "SSD", "2024-02-29", 2, displacementReason="Disaster", idpOriginAdmin1Pcode="SS01"),
        figure("Sample tracking", "SSD", "2023-11-30", 1),
        figure("Sample tracking", "SSD", "2024-02-29", 2, assessmentType="SA", numberMales=3, numberFemales=4),
        figure("Sample biometric registration", "SSD", "2025-06-30", 5, assessmentType="ETT"),
    ],
    "TCD": [figure("Sample lake basin", "TCD", "2026-01-31", 12)],
    "UKR": [],
}


def answers(asked: Asked, mood: Mood) -> Answer | None:
    """Both lists, and the rows of a country; the Bahamas are answered with 404."""
    if asked.headers.get("ocp-apim-subscription-key") != KEY:
        return Answer(MISSING, 401)
    if asked.path == f"{LISTS}/country-list":
        given = {} if mood.empty else COUNTRIES
        return Answer(envelope([{"admin0Name": name, "admin0Pcode": code} for code, name in given.items()]))
    if asked.path == f"{LISTS}/operation-list":
        rows = [
            {"operation": name, "operationStatus": status, "admin0Name": COUNTRIES[code], "admin0Pcode": code}
            for name, status, code in (() if mood.empty else OPERATIONS)
        ]
        return Answer(envelope(rows))
    if asked.path == f"{LISTS}/admin0" and asked.one("Admin0Pcode") in FIGURES:
        rows = [row | {"numPresentIdpInd": 7 + mood.noise} for row in FIGURES[asked.one("Admin0Pcode")]]
        return Answer(envelope(rows[::-1] if mood.noise else rows))
    return None


SERVED = Served(
    kind="dtm-api",
    answers=answers,
    ids=(
        "BHS/Sample storm",
        "SSD/Sample biometric registration",
        "SSD/Sample tracking",
        "TCD/Sample lake basin",
        "UKR/Sample flow monitoring",
    ),
    shape=RECORDED_SHAPE,
    pages=4,
    key=KEY,
)


def RECORDED(shared: Path) -> Served:  # noqa: N802 - enrolled by this name
    """Both recorded lists, and Chad's rows; how other countries' answers looked is not recorded: they have no rows."""
    folder = shared / "portals" / "dtm"
    files = {
        "/country-list": "displacement-country-list.json",
        "/operation-list": "displacement-operation-list.json",
        "/admin0": "displacement-admin0-admin0pcode-tcd.excerpt.json",
    }
    listed = json.loads((folder / files["/operation-list"]).read_text(encoding="utf-8"))["result"]

    def recorded(asked: Asked, mood: Mood) -> Answer | None:
        name = asked.path.removeprefix(LISTS)
        if asked.headers.get("ocp-apim-subscription-key") != KEY:
            return Answer(MISSING, 401)
        if name not in files:
            return None
        if mood.empty or (name == "/admin0" and asked.one("Admin0Pcode") != "TCD"):
            return Answer(envelope([]))
        return Answer((folder / files[name]).read_bytes())

    ids = sorted((row["admin0Pcode"], row["operation"]) for row in listed)
    return Served(
        kind="dtm-api",
        answers=recorded,
        ids=tuple("/".join(pair) for pair in ids),
        shape=RECORDED_SHAPE,
        pages=2,
        key=KEY,
    )
