"""IDMC's external API on loopback. Figures and events of ``SERVED`` are fictional and a sample."""

import json
from pathlib import Path
from typing import Any

from tests.portals_served.served import RECORDED_SHAPE, Answer, Asked, Mood, Served

CLIENT_ID = "SAMPLECLIENT0001"
SIZE = 2
IDUS = "/idus/all/"
FILE = "/files/sample-idus.json"


def figure(iso3: str, country: str, year: int, noise: int = 0, **changes: Any) -> dict[str, Any]:
    """A row of ``gidd/conflicts``; the figure is made up and moves with the noise."""
    plain = {
        "iso3": iso3,
        "country_name": country,
        "year": year,
        "new_displacement": 7 + noise,
        "new_displacement_rounded": 10,
        "total_displacement_rounded": None,
        "total_displacement": None,
    }
    return plain | changes


def disaster(iso3: str, country: str, year: int, hazard: str, noise: int = 0) -> dict[str, Any]:
    """A row of ``gidd/disasters``."""
    dated = {"start_date": f"{year}-03-01", "end_date": f"{year}-03-02", "event_name": "Sample event"}
    return figure(iso3, country, year, noise) | dated | {"hazard_type_name": hazard, "event_codes": []}


def event(number: int, iso3: str, country: str, day: str, noise: int = 0, **changes: Any) -> dict[str, Any]:
    """A row of the IDU."""
    plain = {
        "id": number,
        "country": country,
        "iso3": iso3,
        "latitude": 1.5 + noise,
        "longitude": 2.5,
        "displacement_type": "Disaster",
        "figure": 3 + noise,
        "displacement_start_date": f"{day}T11:00:00.000Z",
        "displacement_end_date": f"{day}T11:00:00.000Z",
        "year": int(day[:4]),
        "event_name": "Sample event",
        "type": "Flood",
        "standard_popup_text": f"<b>Sample {noise}</b>",
        "created_at": f"{day}T19:37:23.870Z",
    }
    return plain | changes


def gidd(noise: int) -> dict[str, list[dict[str, Any]]]:
    """All rows by part."""
    return {
        "conflicts": [
            figure("SSD", "South Sudan", 2021, noise),
            figure("AB9", "Abyei Area", 2023, noise),
            figure("SSD", "South Sudan", 2023, noise, new_displacement=None, total_displacement=0),
            figure("XKX", "Kosovo", 2022, noise),
        ],
        "disasters": [
            disaster("SSD", "South Sudan", 2020, "Flood", noise),
            disaster("UKR", "Ukraine", 2023, "Dam release flood", noise),
            disaster("SSD", "South Sudan", 2022, "Drought", noise),
        ],
    }


def events(noise: int) -> list[dict[str, Any]]:
    """The file of all updates."""
    conflict = {"displacement_type": "Conflict", "type": None}
    return [
        event(1, "SSD", "South Sudan", "2025-12-30", noise),
        event(2, "UKR", "Ukraine", "2026-01-15", noise, **conflict),
        event(3, "SSD", "South Sudan", "2026-02-01", noise, **conflict),
    ]


def refused(asked: Asked) -> Answer | None:
    """What whoever brings no client id or a wrong one is told."""
    return None if asked.one("client_id") == CLIENT_ID else Answer({"detail": "Client is not registered."}, 403)


def answers(asked: Asked, mood: Mood) -> Answer | None:
    """Pages of a part with the caller's id in the links, or the way to the file of events."""
    if asked.path == FILE:
        return Answer([] if mood.empty else events(mood.noise))
    if asked.path == IDUS:
        return refused(asked) or Answer(b"", 302, headers={"location": f"/external-api{FILE}?sample-signature"})
    parts = gidd(mood.noise)
    part = asked.path.removeprefix("/gidd/").strip("/")
    if part not in parts or not asked.path.startswith("/gidd/"):
        return refused(asked) or Answer({"detail": "Not found."}, 404)
    rows = [] if mood.empty else parts[part]
    # Whatever is asked for, no more than two rows are given: the offset must follow what came.
    offset = int(asked.one("offset", "0"))
    link = f"{{base}}{asked.path}?client_id={asked.one('client_id')}&client_id={asked.one('client_id')}&format=json"
    answer = {
        "last_updated": "2026-05-13",
        "count": len(rows),
        "next": f"{link}&offset={offset + SIZE}" if offset + SIZE < len(rows) else None,
        "previous": f"{link}&offset=0" if offset else None,
        "results": rows[offset : offset + SIZE],
    }
    return refused(asked) or Answer(answer)


SERVED = Served(
    kind="idmc",
    answers=answers,
    ids=(
        "conflicts-AB9", "conflicts-SSD", "conflicts-XKX", "disasters-SSD", "disasters-UKR", "idus-SSD", "idus-UKR",
    ),
    shape=RECORDED_SHAPE,
    pages=3,
    key=CLIENT_ID,
    path="/external-api",
    declared={"licence": "CC BY-IGO"},
)  # fmt: skip


def RECORDED(shared: Path) -> Served:  # noqa: N802 - enrolled by this name
    """Two pages each of conflicts and disasters, and the file of events.

    The recording ends after two pages: the count is said to be what they hold, and the second has no next.
    """
    folder = shared / "portals" / "idmc"
    ids = []
    for part in ("conflicts", "disasters"):
        texts = [(folder / f"gidd_{part}_page{page}.json").read_text("utf-8") for page in (0, 1)]
        # Codes are found in the text, not read by the kind's code.
        ids += sorted({f"{part}-{piece[:3]}" for text in texts for piece in text.split('"iso3": "')[1:]})

    def recorded(asked: Asked, _: Mood) -> Answer | None:
        if asked.path == FILE:
            return Answer((folder / "idus_all.json").read_bytes())
        if refused(asked) or asked.path == IDUS:
            return refused(asked) or Answer(b"", 302, headers={"location": f"/external-api{FILE}"})
        part, page = asked.path.removeprefix("/gidd/").strip("/"), int(asked.one("offset")) // 100
        path = folder / f"gidd_{part}_page{page}.json"
        if not path.is_file() or asked.one("limit") != "100":
            return None
        return Answer(json.loads(path.read_bytes()) | {"count": 200} | ({"next": None} if page else {}))

    return Served(
        kind="idmc",
        answers=recorded,
        ids=(*ids, "idus-IND"),
        shape=RECORDED_SHAPE,
        pages=3,
        key=CLIENT_ID,
        path="/external-api",
        declared=SERVED.declared,
    )
