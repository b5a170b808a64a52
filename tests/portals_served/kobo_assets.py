"""A KoboToolbox server on loopback: its list of assets. All forms are fictional and a sample."""

from typing import Any

from tests.portals_served.served import Answer, Asked, Mood, Served

TOKEN = "sampletoken0123456789abcdef"
SIZE = 2


def form(number: int, noise: int = 0, **changes: Any) -> dict[str, Any]:
    """A form as the list has it."""
    plain = {
        "url": f"{{base}}/api/v2/assets/aSample{number}/",
        "owner": "{base}/api/v2/users/sample_person/",
        "owner__username": f"sample_person_{noise}",
        "uid": f"aSample{number}",
        "name": f"Sample victim survey {number}",
        "asset_type": "survey",
        "date_created": "2025-11-03T10:00:00.123456Z",
        "date_modified": "2026-02-03T10:00:00.123456Z",
        "settings": {
            "sector": {"label": "Humanitarian - Protection", "value": "Humanitarian - Protection"},
            "country": [{"label": "South Sudan", "value": "SSD"}, {"label": "Ukraine", "value": "UKR"}],
            "description": "Sample form, fictional.",
            "organization": "Sample Demining Group",
            "collects_pii": {"label": "Yes", "value": "Yes"},
            "share-metadata": True,
        },
        "summary": {"row_count": 9, "labels": ["What is your name?"]},
        "permissions": [{"user": "{base}/api/v2/users/other_person/", "label": f"View {noise}"}],
        "data": f"{{base}}/api/v2/assets/aSample{number}/data/",
        "has_deployment": True,
        "deployment_status": "deployed",
        "deployment__submission_count": 40 + noise,
        "deployment__last_submission_time": f"2026-02-0{noise + 1}T00:00:00Z",
        "tag_string": "samples",
    }
    return plain | changes


def forms(noise: int) -> list[dict[str, Any]]:
    """As they were changed last."""
    draft = form(2, noise, has_deployment=False, deployment_status="draft")
    return [form(3, noise), draft, form(1, noise, settings={})]


def answers(asked: Asked, mood: Mood) -> Answer | None:
    """Two forms a page, whatever is asked for; the next page is told by an address."""
    if asked.headers.get("authorization") != f"Token {TOKEN}":
        return Answer({"detail": "Invalid token."}, 401)
    if asked.path != "/api/v2/assets/" or asked.one("q") != "asset_type:survey":
        return None
    every = [] if mood.empty else forms(mood.noise)
    offset = int(asked.one("offset", "0"))
    following = f"{{base}}/api/v2/assets/?limit=2&offset={offset + SIZE}&q=asset_type%3Asurvey&token={TOKEN}"
    rows = every[offset : offset + SIZE]
    more = offset + SIZE < len(every)
    return Answer({"count": len(every), "next": following if more else None, "previous": None, "results": rows})


SERVED = Served(
    kind="kobo-assets",
    answers=answers,
    ids=("aSample3", "aSample2", "aSample1"),
    pages=2,
    key=TOKEN,
    declared={"visibility": "owner", "access": "not_shared"},
)
