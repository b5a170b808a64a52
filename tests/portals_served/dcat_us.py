"""A catalogue in one document, DCAT-US 1.1. Datasets of ``SERVED`` are fictional and a sample."""

import json
from pathlib import Path
from typing import Any

from tests.portals_served.served import RECORDED_SHAPE, Answer, Asked, Mood, Served

DOCUMENT = "/data.json"


def dataset(identifier: str, title: str, noise: int = 0, **changes: Any) -> dict[str, Any]:
    """An entry as a government writes it; the person to ask changes with the noise."""
    return {
        "@type": "dcat:Dataset",
        "accessLevel": "public",
        "bureauCode": ["339:00"],
        "contactPoint": {"fn": f"Sample Person {noise}", "hasEmail": f"mailto:sample.person{noise}@kmac.example"},
        "description": "<p>Fictional <b>sample</b>.</p>",
        "distribution": [{"downloadURL": "{base}/areas.csv", "mediaType": "text/csv"}],
        "identifier": identifier,
        "isPartOf": "sample-collection",
        "keyword": ["survey", "sample"],
        "modified": "R/P1M",
        "programCode": ["000:000"],
        "publisher": {"name": "Kaldoran Mine Action Centre", "subOrganizationOf": {"name": "Kaldora"}},
        "spatial": "South Sudan",
        "title": title,
    } | changes


def answers(asked: Asked, mood: Mood) -> Answer | None:
    """The document: an open dataset, one given on request, one that is not given, and a page without a licence."""
    if asked.path:
        return None
    listed = [
        dataset("sample-areas", "Sample: hazard areas", mood.noise, temporal="2025-01-01/2025-12-31"),
        dataset(
            "sample-teams",
            "Sample: clearance teams",
            mood.noise,
            accessLevel="restricted public",
            rights="On request, under an agreement.",
            distribution=[],
        ),
        dataset("sample-victims", "Sample: victims", mood.noise, accessLevel="non-public", distribution=None),
        dataset(
            "sample-page",
            "Sample: reports",
            mood.noise,
            modified="2026-01-31",
            distribution=[{"accessURL": "https://kmac.example/reports/index.htm"}],
            publisher="Kaldoran Mine Action Centre",
            spatial="30,4.5,31.25,5",
        ),
    ]
    said = {"conformsTo": "https://project-open-data.cio.gov/v1.1/schema", "dataset": [] if mood.empty else listed}
    return Answer(said)


SERVED = Served(
    kind="dcat-us",
    answers=answers,
    ids=("sample-areas", "sample-teams", "sample-victims", "sample-page"),
    shape=RECORDED_SHAPE,
    path=DOCUMENT,
)


def RECORDED(shared: Path) -> Served:  # noqa: N802 - enrolled by this name
    """A recorded document with seven datasets."""
    document = json.loads((shared / "portals" / "dcat" / "datagov-dcatus-1.1.json").read_bytes())
    return Served(
        kind="dcat-us",
        answers=lambda asked, _: None if asked.path else Answer(document),
        ids=tuple(f"cftc-dc{number}" for number in range(1, 8)),
        shape=RECORDED_SHAPE,
        path=DOCUMENT,
    )
