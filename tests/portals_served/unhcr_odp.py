"""UNHCR's Operational Data Portal on loopback: its list of documents. All documents are fictional and a sample."""

from typing import Any

from tests.portals_served.served import Answer, Asked, Mood, Served

KEY = "sample-key-of-the-portal"
SIZE = 2


def document(number: int, created: str, noise: int = 0, **changes: Any) -> dict[str, Any]:
    """A document as clients read it."""
    plain = {
        "id": number,
        "title": f"Sample factsheet {number}",
        "created": f"{created}T08:00:00+00:00",
        "updated": f"{created}T09:30:00+00:00",
        "publishDate": created,
        "languageName": [{"name": "English", "id": noise}],
        "sectorName": [{"name": "Protection"}, {"name": "Mine Action"}],
        "docTypeName": [{"name": "Dashboards & Factsheets"}],
        "location": [{"code": "259", "name": "South Sudan", "centroid": f"{noise}"}],
        "downloadLink": f"{{base}}/en/documents/download/{number}",
        "documentLink": f"{{base}}/en/documents/details/{number}",
        "downloadCount": 5 + noise,
        "thumbnailFile": f"{{base}}/thumbnails/{noise}",
        "createdBy": {"name": f"Sample Person {noise}", "email": "person@sample.example"},
    }
    return plain | changes


def documents(noise: int) -> list[dict[str, Any]]:
    """The newest first."""
    return [
        document(105, "2026-02-10", noise),
        document(104, "2026-02-01", noise, languageName=[{"name": "French"}, {"name": "Arabic"}]),
        document(103, "2026-01-20", noise, location=[{"code": "1", "name": "Sample Region"}], sectorName=[]),
        document(101, "2025-12-31", noise, downloadLink=None),
    ]


def answers(asked: Asked, mood: Mood) -> Answer | None:
    """Two documents a page, an empty list after the last."""
    if asked.headers.get("x-auth-token") != KEY:
        return Answer({"message": "Invalid credentials."}, 401)
    if asked.path != "/api-content/documents.json" or asked.one("order[created]") != "desc":
        return None
    at = (int(asked.one("page")) - 1) * SIZE
    return Answer([] if mood.empty else documents(mood.noise)[at : at + SIZE])


SERVED = Served(kind="unhcr-odp", answers=answers, ids=("105", "104", "103", "101"), pages=2, key=KEY)
