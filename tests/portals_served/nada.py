"""A NADA library on loopback. Studies of ``SERVED`` are fictional and a sample."""

import json
from pathlib import Path
from typing import Any

from tests.portals_served.served import DOCUMENTED, RECORDED_SHAPE, Answer, Asked, Mood, Served

SEARCH, LATEST, EXPORT = "/index.php/api/catalog/search", "/index.php/api/catalog/latest", "/index.php/metadata/export/"


def study(number: int, idno: str, noise: int = 0, **changes: Any) -> dict[str, Any]:
    """A study as the list has it; views and rank move with the noise."""
    plain = {
        "id": str(number),
        "idno": idno,
        "title": f"Sample survey {number}",
        "nation": "South Sudan",
        "created": "Dec-05-2025",
        "changed": "Jan-20-2026",
        "url": f"{{base}}/index.php/catalog/{number}",
        "form_model": "licensed",
        "total_views": 900 + noise,
        "total_downloads": str(noise),
        "rank": 0.5 + noise,
        "thumbnail": f"cover-{noise}.png",
    }
    return plain | changes


def studies(noise: int = 0) -> list[dict[str, Any]]:
    """By title; one is another organisation's."""
    return [
        study(11, "UNHCR_SSD_2025_SAMPLE", noise),
        study(12, "WB_SSD_2025_SAMPLE", noise),
        study(13, "unhcr-ukr-2025-sample", noise, nation="Ukraine", form_model="open"),
        study(14, "UNHCR_YEM_2024_SAMPLE", noise, nation="Yemen, Rep.", form_model=None, data_access_type="data_na"),
    ]


def description(noise: int = 0) -> dict[str, Any]:
    """What a library tells of one study, a person among it."""
    return {
        "doc_desc": {"prod_date": f"2025-01-0{noise + 1}"},
        "study_desc": {
            "title_statement": {"idno": "UNHCR_SSD_2025_SAMPLE", "title": "Sample survey 11"},
            "authoring_entity": [
                {"name": "Sample Refugee Office", "affiliation": "Sample"},
                {"name": "", "email": "person@sample.example"},
            ],
            "distribution_statement": {"contact": [{"name": "Sample Person", "email": "person@sample.example"}]},
            "series_statement": {"series_name": "Sample series", "series_info": "Sample words."},
            "version_statement": {"version": "1.0: sample, anonymous", "version_date": "2025-12-01"},
            "study_info": {
                "keywords": [{"keyword": "Refugees"}, {"keyword": "Mines, marked"}],
                "topics": [{"topic": "Livelihoods"}],
                "abstract": "<p>A sample survey of households.</p>",
                "coll_dates": [{"start": "2025-05-11", "end": "2025-05-29"}, {"start": "2025-07", "end": ""}],
                "nation": [{"name": "South Sudan", "abbreviation": "SSD"}],
                "geog_coverage": "Two sample counties",
                "analysis_unit": "Household and individual",
                "universe": "Everybody (sample)",
            },
            "method": {"data_collection": {"weight": f"{noise}"}},
        },
    }


def answers(asked: Asked, mood: Mood) -> Answer | None:
    """The search, page by page; the list of everything; and the description of study 11."""
    every = [] if mood.empty else studies(mood.noise)
    if asked.path == SEARCH:
        page, size = int(asked.one("page")), int(asked.one("ps"))
        rows = every[(page - 1) * size : page * size]
        # Nothing found has a shape of its own.
        return Answer({"result": {"rows": rows, "found": len(every)}} if rows else {"found": 0, "rows": []})
    if asked.path == LATEST:
        newest = list(reversed(every))[: int(asked.one("limit"))]
        return Answer({"limit": asked.one("limit"), "found": len(every), "result": newest})
    if asked.path == f"{EXPORT}11/json":
        return Answer(description(mood.noise))
    if asked.path.startswith(EXPORT):
        return Answer({"status": "failed", "message": "IDNO-NOT-FOUND"}, 400)
    return None


SERVED = Served(
    kind="nada",
    answers=answers,
    ids=("UNHCR_SSD_2025_SAMPLE", "unhcr-ukr-2025-sample", "UNHCR_YEM_2024_SAMPLE"),
    shape=DOCUMENTED,
    pages=2,
    declared={"filters": {"idno_prefix": "UNHCR"}, "options": {"page_size": 2, "details": True}},
)


def RECORDED(shared: Path) -> Served:  # noqa: N802 - enrolled by this name
    """UNHCR's list of everything as it was recorded, and the description of one study.

    Who recorded the list cut it to two studies: their number is said to be 2.
    """
    listed = shared / "portals" / "unhcr-microdata" / "catalog_latest_limit10000.trimmed.json"
    described = shared / "portals" / "nada" / "unhcr-microdata-187.json"

    def recorded(asked: Asked, _: Mood) -> Answer | None:
        if asked.path == LATEST and asked.one("limit") == "10000":
            return Answer(json.loads(listed.read_bytes()) | {"found": 2})
        return Answer(json.loads(described.read_bytes())) if asked.path == f"{EXPORT}187/json" else None

    return Served(
        kind="nada",
        answers=recorded,
        ids=("UNHCR-AFG-2017-SEA_KhostPaktika-1.1", "UNHCR_PHL_2016_Zamboanga_HB_IDP_Profiling"),
        shape=RECORDED_SHAPE,
        declared={
            "access": "under_agreement",
            "filters": {"idno_prefix": "UNHCR"},
            "options": {"list": "latest", "details": True},
        },
    )
