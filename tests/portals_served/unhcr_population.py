"""UNHCR's population figures on loopback. Figures of ``SERVED`` are fictional and a sample."""

import json
from pathlib import Path
from typing import Any

from tests.portals_served.served import RECORDED_SHAPE, Answer, Asked, Mood, Served

BY_ORIGIN = "/population/get/origin"
TOTAL = "/population/"
SITUATIONS = [
    {
        "title": "Sample refugees by origin",
        "population_collection": "4,29",
        "by_origin": True,
        "geo_ids": ["220", "259"],
    },
    {"title": "Sample movement", "population_collection": "28", "geo_ids": [598, 178]},
]


def by_origin(place: str, geo_id: int, noise: int = 0, **changes: Any) -> dict[str, Any]:
    """A row of figures from one country of origin; numbers are texts, and made up."""
    plain = {
        "id": 7000 + noise,
        "geomaster_name": place,
        "geomaster_id": geo_id,
        "admin_level": "Country",
        "centroid_lon": 1.5 + noise,
        "pop_type_name": "Refugees",
        "pop_frequency_name": "Monthly",
        "pop_origin_name": "Sudan",
        "pop_origin_code": "SUD",
        "date": "2026-01-31",
        "population_groups": "Sample registered, Sample new arrivals",
        "population_group_id": "1, 2",
        "source": "Sample Office, UNHCR, Government",
        "individuals": str(70 + noise),
        "households": None,
        "male_04": "0",
        "female_04": None,
        "uac_total": "0",
        "numRecords": noise,
    }
    return plain | changes


def total(place: str | None, geo_id: str | None, noise: int = 0) -> dict[str, Any]:
    """The one row of ``population/``; all nulls where there are no figures."""
    group = {
        "id": "5",
        "name": "Sample refugees, and migrants",
        "pop_type_name": "Refugees/Migrants",
        "pop_frequency_name": "Annual",
        "pop_origin_name": "Venezuela (Bolivarian Republic of)",
    }
    return {
        "geomaster_name": place,
        "geomaster_id": geo_id,
        "admin_level": place and "Country",
        "source": None,
        "date": place and "2025-12-31",
        "individuals": place and str(261 + noise),
        "households": place and "0",
        "population_groups": [group] if place else [],
    }


def answers(asked: Asked, mood: Mood) -> Answer | None:
    """Figures of three places; any other place has a row of nulls."""
    geo_id = asked.one("geo_id")
    if asked.path == BY_ORIGIN and asked.one("population_collection") == "4,29":
        places = {"220": "Uganda", "259": "South Sudan"}
        place = None if mood.empty else places.get(geo_id)
        rows = [
            by_origin(place, int(geo_id), mood.noise),
            by_origin(
                place, int(geo_id), mood.noise, pop_origin_name="Dem. Rep. of the Congo", date="2025-11-30",
                pop_type_name="Asylum-Seekers", pop_frequency_name="Daily", male_04="3", uac_total=None,
            ),
        ] if place else [total(None, None)]  # fmt: skip
        return Answer({"pop_frequency_code": ["M"], "data": rows})
    if asked.path == TOTAL and asked.one("population_collection") == "28":
        known = geo_id == "598" and not mood.empty
        return Answer({"data": [total("Brazil" if known else None, "598" if known else None, mood.noise)]})
    return None


SERVED = Served(
    kind="unhcr-population",
    answers=answers,
    ids=("4+29-220", "4+29-259", "28-598"),
    shape=RECORDED_SHAPE,
    pages=4,
    declared={"filters": {"situations": SITUATIONS}, "licence": "CC BY-IGO"},
)


def RECORDED(shared: Path) -> Served:  # noqa: N802 - enrolled by this name
    """Uganda and South Sudan by origin, Brazil, and the place without figures."""
    folder = shared / "portals" / "unhcr-odp"

    def recorded(asked: Asked, _: Mood) -> Answer | None:
        names = {
            (BY_ORIGIN, "4,29"): "population_get_origin_geo_id-{}.json",
            (TOTAL, "28"): "population_collection-28_geo_id-{}.json",
        }
        name = names.get((asked.path, asked.one("population_collection")), "")
        path = folder / name.format(asked.one("geo_id"))
        return Answer(json.loads(path.read_bytes())) if name and path.is_file() else None

    return Served(
        kind="unhcr-population",
        answers=recorded,
        ids=SERVED.ids,
        shape=RECORDED_SHAPE,
        pages=4,
        declared=SERVED.declared,
    )
