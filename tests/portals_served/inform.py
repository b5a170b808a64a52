"""InformAPI on loopback: trends of the latest release. Scores of ``SERVED`` are fictional and a sample."""

from pathlib import Path
from typing import Any

from tests.portals_served.served import RECORDED_SHAPE, Answer, Asked, Mood, Served

NAMES = {
    "INFORM": "INFORM Risk Index (sample)",
    "HA": "Hazard & Exposure Index (sample)",
    "VU": "Vulnerability Index (sample)",
    "CC": "Lack of Coping Capacity Index (sample)",
}
YEARS = {2025: (901, 801), 2024: (902, 802), 2023: (903, 803)}
COUNTRIES = ("SSD", "AFG", "YEM")


def row(index: str, year: int, iso3: str, **changes: Any) -> dict[str, Any]:
    """A row as the API writes it; the score is made up."""
    workflow, methodology = YEARS.get(year, (900, 800))
    plain = {
        "IndicatorId": index,
        "FullName": NAMES.get(index, ""),
        "Iso3": iso3,
        "CountryName": "",
        "GNAYear": year,
        "IndicatorScore": 1.5,
        "WorkflowId": workflow,
        "MethodologyId": methodology,
        "ShortDescription": "",
        "ParentLevel": 0,
        "StepNumber": 17,
        "Ranking": 0,
    }
    return plain | changes


def answers(asked: Asked, mood: Mood) -> Answer | None:
    """Every index of every year, the newest first, as the API does; ranks and scores move with the noise."""
    if asked.path.lower() != "/countries/trends/" or asked.one("WorkflowId") != "0":
        return None
    if mood.empty:
        return Answer([])
    moved = {"Ranking": mood.noise, "IndicatorScore": 1.5 + mood.noise, "StepNumber": 17 + mood.noise}
    return Answer([row(index, year, iso3, **moved) for year in YEARS for index in NAMES for iso3 in COUNTRIES])


SERVED = Served(
    kind="inform",
    answers=answers,
    ids=tuple(f"{index}-{year}" for year in sorted(YEARS) for index in sorted(NAMES)),
    shape=RECORDED_SHAPE,
    pages=3,
    path="/inform-index/API/InformAPI",
    declared={"licence": "CC BY 4.0"},
)


def RECORDED(shared: Path) -> Served:  # noqa: N802 - enrolled by this name
    """The recorded trends of ten countries, as the API answers for ``WorkflowId=0``."""
    body = (shared / "portals" / "inform" / "countries-trends_workflowid-0.subset.json").read_bytes()
    # One row for each index, year and country: years are counted in the text, not read by the kind's code.
    years = sorted({part.split(b",")[0].strip().decode() for part in body.split(b'"GNAYear":')[1:]})
    ids = tuple(f"{index}-{year}" for year in years for index in ("CC", "HA", "INFORM", "VU"))

    def recorded(asked: Asked, _: Mood) -> Answer | None:
        return Answer(body) if asked.path == "/countries/trends/" and asked.one("WorkflowId") == "0" else None

    return Served(kind="inform", answers=recorded, ids=ids, shape=RECORDED_SHAPE, pages=10, declared=SERVED.declared)
