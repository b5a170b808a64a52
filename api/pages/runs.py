"""The page of sources, how they fare and how their last runs went."""

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from api.deps import Answering
from api.pages.render import render
from api.parameters import NoParameters
from catalog import views
from catalog.health import sources
from catalog.reading import runs

router = APIRouter()

SHOWN_SOURCES = 60
SHOWN_RUNS = 30


@router.get("/runs")
def runs_page(request: Request, register: Answering, _: Annotated[NoParameters, Query()]) -> Response:
    """Public sources with their health, then the newest runs with their issues grouped."""
    with register.catalog.reading() as session:
        known = sources(session, register.viewer, datetime.now(UTC))
        newest = runs(session, register.viewer, SHOWN_RUNS)[0]
    known = views.counted(known[:SHOWN_SOURCES], register.search) + known[SHOWN_SOURCES:]
    for entry in known:
        entry["address"] = f"/?{urlencode(views.asked(entry), doseq=True)}"
    titles = {source["key"]: source["title"] for source in known}
    for entry in newest:
        entry["title"] = titles.get(entry["source"], entry["source"])
        entry["issue_counts"] = _grouped(entry["issues"])
    return render(request, "runs.html", sources=known[:SHOWN_SOURCES], total=len(known), runs=newest)


def _grouped(issues: list[dict[str, Any]]) -> list[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for issue in issues:
        counts[issue["code"]] += issue["count"]
    return counts.most_common(6)
