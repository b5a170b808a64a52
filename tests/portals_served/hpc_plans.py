"""HPC.tools on loopback: plans, their summaries and their response monitoring. ``SERVED`` is a fictional sample."""

import json
from pathlib import Path
from typing import Any

from tests.portals_served.served import DOCUMENTED, RECORDED_SHAPE, Answer, Asked, Mood, Served

TOKEN = "sample-bearer-7d1c9e"


def listed(number: int, *years: int, **version: Any) -> dict[str, Any]:
    """A plan of the list."""
    named = {"name": f"Sample Plan {number}", "code": f"HSMP{number}", "isPartOfGHO": True}
    dates = {"startDate": f"{years[0]}-01-01T00:00:00.000Z", "endDate": f"{years[-1]}-12-31T00:00:00.000Z"}
    return {
        "id": number,
        "planVersion": named | dates | version,
        "years": [{"id": year - 1979, "year": str(year)} for year in years],
        "categories": [{"name": "Humanitarian response plan"}],
        "origRequirements": 1000,
        "revisedRequirements": 1200,
    }


def caseload(code: str, description: str, **changes: Any) -> dict[str, Any]:
    """A caseload as the summary has it."""
    plain = {
        "caseloadId": 5000,
        "caseloadCustomRef": f"CLPRO/{code}",
        "caseloadDescription": description,
        "availableGlobalClusterCode": code,
        "inNeed": 41000,
        "target": 17000,
        "measurements": [{"monitoringPeriodId": 9, "cumulativeReach": 800}],
    }
    return plain | changes


def summed(number: int, year: int, caseloads: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """A plan of a year's summary."""
    plain = {
        "planId": number,
        "name": f"Sample Plan {number}",
        "planYear": year,
        "planType": "Humanitarian response plan",
        "includedGHO": True,
        "planCountries": [{"country": "South Sudan", "iso3": "SSD"}],
        "monitoringPeriods": [{"id": 9}],
        "caseloads": caseloads,
        "indicators": [],
    }
    return plain | changes


PLANS = [listed(302, 2025), listed(301, 2024), listed(303, 2024, 2025), listed(304, 2025), listed(300, 2019)]
WASH = caseload("WSH", "Water (sample)")
INDICATORS = [
    {"description": "Sample: people who received EORE", "target": 900, "availableGlobalClusterCode": "PRO-MIN"},
    {"description": "Sample: survivors in victim assistance", "target": 90},
    {"description": "Sample: wells cleared of silt", "target": 9},
]
MINES = caseload("PRO-MIN", "Mine Action (sample)")
WORDS = caseload("n/a", "Acción contra las minas (muestra)", inNeed=None)
SUMMARIES = {
    2024: [summed(303, 2024, [WORDS, WASH]), summed(301, 2024, [WASH, MINES], indicators=INDICATORS)],
    2025: [summed(304, 2025, [WASH]), summed(302, 2025, [MINES]), summed(303, 2024, [WORDS])],
}
PLACES = [
    {"id": 1, "name": "South Sudan", "adminLevel": 0, "pcode": "SS"},
    {"id": 2, "name": "Sample State", "adminLevel": 1, "pcode": "SS01"},
    {"id": 3, "name": "Sample County", "adminLevel": 2, "pcode": "SS0101"},
]
ROWS = [
    {"locationId": 2, "categoryLabel": "Children - IDP", "dataMatrix": [{"metricType": "inNeed", "value": 8000}]},
    {"locationId": 3, "categoryLabel": "Adults - IDP", "dataMatrix": [{"metricType": "inNeed", "value": 7000}]},
]


def monitored(number: int, version: str = "1.2", **changes: Any) -> dict[str, Any]:
    """A plan's response monitoring."""
    ours = caseload("PRO-MIN", "Mine Action (sample)", disaggregatedAttachments=ROWS)
    del ours["measurements"]
    plain = {
        "locations": PLACES,
        "caseloads": [ours],
        "lastPublishedVersion": version,
        "lastPublishedDate": "15/01/2025",
        "planGlobalClusters": [{"globalClusterId": 15, "globalClusterCode": "PRO-MIN"}],
    }
    return plain | changes


MONITORING = {301: monitored(301), 302: monitored(302, "0.9")}


def answers(asked: Asked, mood: Mood) -> Answer | None:
    """The list, a year's summary, and monitoring for whoever has the token; funding moves with the noise."""
    if asked.path == "/v2/public/plan":
        plans = [] if mood.empty else [plan | {"revisedRequirements": 1200 + mood.noise} for plan in PLANS]
        return Answer({"status": "ok", "data": plans})
    if asked.path == "/v2/public/planSummary":
        moved = {"financialData": {"funding": {"total": mood.noise}}}
        found = [plan | moved for plan in SUMMARIES.get(int(asked.one("year")), [])]
        return Answer({"status": "ok", "data": {"planData": found}})
    parts = asked.path.split("/")
    if parts[-1] == "responseMonitoring":
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer({"status": "error", "code": "AuthenticationError", "message": "Sample: no access"}, 401)
        found = MONITORING.get(int(parts[-2]))
        return Answer({"status": "ok", "data": found}) if found else None
    return None


SERVED = Served(
    kind="hpc-plans",
    answers=answers,
    ids=("301", "303", "302"),
    shape=DOCUMENTED,
    pages=2,
    key=TOKEN,
    declared={"options": {"first_year": 2024}},
)


def RECORDED(shared: Path) -> Served:  # noqa: N802 - enrolled by this name
    """The plans of 2024 that were recorded, and the response monitoring of the one that was."""
    folder = shared / "portals" / "hpc-tools"
    plans = (folder / "v2_fts_flow_plan_overview_progress_2024.json").read_bytes()
    monitoring = (folder / "v2_plan-1185_responseMonitoring.json").read_bytes()
    caseloads = json.loads(monitoring)["data"]["caseloads"]
    ids = ("1185",) if any(one["availableGlobalClusterCode"] == "PRO-MIN" for one in caseloads) else ()

    def recorded(asked: Asked, _: Mood) -> Answer | None:
        if asked.path == "/v2/fts/flow/plan/overview/progress/2024":
            return Answer(plans)
        return Answer(monitoring) if asked.path == "/v2/plan/1185/responseMonitoring" else None

    options = {"read": "monitoring", "first_year": 2024, "last_year": 2024}
    return Served(
        kind="hpc-plans",
        answers=recorded,
        ids=ids,
        shape=RECORDED_SHAPE,
        key=TOKEN,
        declared={"options": options},
    )
