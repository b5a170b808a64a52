"""The Financial Tracking Service on loopback. Plans and totals of ``SERVED`` are fictional and a sample."""

import json
from pathlib import Path
from typing import Any

from tests.portals_served.served import RECORDED_SHAPE, Answer, Asked, Mood, Served


def plan(number: int, year: int, *places: str | None, **changes: Any) -> dict[str, Any]:
    """A plan of a year's overview."""
    plain = {
        "id": number,
        "createdAt": "2023-10-04T12:49:11.912Z",
        "updatedAt": "2024-03-27T15:01:59.490Z",
        "restricted": False,
        "name": f"Sample Plan {number}",
        "code": f"HSMP{number}",
        "countries": [{"id": at, "iso3": place, "name": "Sample"} for at, place in enumerate(places)],
        "planType": {"id": 4, "name": "Humanitarian response plan"},
        "usageYears": [{"id": 41, "year": str(year)}],
        "requirements": {"origRequirements": 100, "revisedRequirements": 200},
        "funding": {"totalFunding": 50, "progress": 25.0},
    }
    return plain | changes


def breakdown(number: int | str, name: str, funded: int, shared: int = 0) -> dict[str, Any]:
    """What the service totals for a cluster."""
    plain = {"type": "GlobalCluster", "direction": "destination", "id": number, "name": name, "totalFunding": funded}
    return plain | {"singleFunding": funded, "overlapFunding": 0, "sharedFunding": shared, "onBoundaryFunding": 0}


def grouped(
    clusters: list[dict[str, Any]],
    shared: list[tuple[list[str], list[str]]] | None = None,
    required: list[dict[str, Any]] | None = None,
    pledged: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """An answer grouped by global cluster."""
    together = [
        {"type": "GlobalCluster", "id": ids, "name": names, "totalFunding": 400, "behavior": "shared"}
        for ids, names in shared or []
    ]
    totals = [{"singleFundingTotal": 7, "sharedFundingObjects": together, "objectsBreakdown": clusters}]
    pledges = {"total": 0, "objects": [{"objectsBreakdown": pledged}] if pledged else []}
    return {
        "requirements": {"totalRevisedReqs": 9, "objects": required or []},
        "report3": {"fundingTotals": {"total": 7, "objects": totals}, "pledgeTotals": pledges},
    }


PLANS = {
    2024: [
        plan(503, 2024, "SSD"),
        plan(501, 2024, "SSD", planType=None),
        plan(502, 2024, "LBN", "SYR"),
        plan(504, 2024, "MLI"),
        plan(505, 2024, None),
    ],
    2025: [plan(511, 2025, "MLI"), plan(512, 2025, "AFG")],
}
WATER = breakdown("11", "Water (sample)", 900)
TOTALS = {
    501: grouped(
        [WATER, breakdown("15", "Mine Action", 5280, 430)],
        [(["10", "15"], ["Protection", "Mine Action"]), (["10", "3"], ["Protection", "Education"])],
        [{"id": 15, "name": "Mine Action", "origRequirements": 8000, "revisedRequirements": 9000}],
        [breakdown(15, "Mine Action", 70)],
    ),
    502: grouped([breakdown(15, "Mine Action", 600)]),
    503: grouped([], None, [{"id": 15, "origRequirements": 20, "revisedRequirements": None}]),
    504: grouped([WATER]),
    505: grouped([breakdown(15, "Mine Action", 1)]),
    511: grouped([breakdown(15, "Renamed (sample)", 310)]),
    512: grouped([breakdown("151", "Mine Action", 9)]),
}


def answers(asked: Asked, mood: Mood) -> Answer | None:
    """A year's plans, and one plan's totals; the plans' own progress moves with the noise."""
    if asked.path.startswith("/v2/fts/flow/plan/overview/progress/"):
        found = [] if mood.empty else PLANS.get(int(asked.path.rpartition("/")[2]), [])
        moved = {"updatedAt": f"2024-03-2{mood.noise}T00:00:00Z", "funding": {"totalFunding": 50 + mood.noise}}
        return Answer({"status": "ok", "data": {"plans": [one | moved for one in found], "meta": {"language": "en"}}})
    if asked.path == "/v1/fts/flow/custom-search" and asked.one("groupby") == "globalcluster":
        return Answer({"status": "ok", "data": TOTALS[int(asked.one("planid"))], "meta": {"count": mood.noise}})
    return None


SERVED = Served(
    kind="fts-mine-action",
    answers=answers,
    ids=("SSD-2024", "plan-502-2024", "plan-505-2024", "MLI-2025"),
    shape=RECORDED_SHAPE,
    pages=2,
    declared={"options": {"first_year": 2024, "last_year": 2025}},
)


def RECORDED(shared: Path) -> Served:  # noqa: N802 - enrolled by this name
    """The plans of 2020, and the totals of the one whose totals were recorded."""
    folder = shared / "portals" / "hpc-tools"
    plans = (folder / "v2_fts_flow_plan_overview_progress_2020.json").read_bytes()
    totals = (folder / "v1_fts_flow_custom-search_planid-929_groupby-globalcluster.json").read_bytes()
    (place,) = [
        one["iso3"] for one in next(p for p in json.loads(plans)["data"]["plans"] if p["id"] == 929)["countries"]
    ]

    def recorded(asked: Asked, _: Mood) -> Answer | None:
        if asked.path == "/v2/fts/flow/plan/overview/progress/2020":
            return Answer(plans)
        asks = asked.path == "/v1/fts/flow/custom-search" and asked.one("groupby") == "globalcluster"
        return Answer(totals) if asks and asked.one("planid") == "929" else None

    declared = {"options": {"first_year": 2020, "last_year": 2020}, "filters": {"plans": [929]}}
    return Served(
        kind="fts-mine-action", answers=recorded, ids=(f"{place}-2020",), shape=RECORDED_SHAPE, declared=declared
    )
