"""Hand-made packages as a CKAN gives them. Every one is fictional."""

from datetime import datetime, timedelta
from typing import Any

BEGIN = datetime(2020, 1, 1)
COUNTRIES = ("ssd", "ukr", "afg", "yem", "col")
SUBJECTS = ("Minefields", "Displacement sites", "Schools", "River crossings", "Hospitals")
HOLDERS = ("Sample River Agency", "Sample Survey Office", "Sample Clearance Group")


def package(number: int, **changes: Any) -> dict[str, Any]:
    """The package of a number, always the same; ``changes`` replace fields."""
    subject, holder = SUBJECTS[number % 5], HOLDERS[number % 3]
    created = BEGIN + timedelta(hours=number)
    return {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "name": f"sample-{number:05d}",
        "title": f"Sample: {subject}, sheet {number:05d}",
        "notes": f"Fictional sample record about {subject.lower()}.",
        "type": "dataset",
        "state": "active",
        "private": False,
        "data_update_frequency": "365",
        "dataset_date": "[2020-01-01T00:00:00 TO 2020-12-31T23:59:59]",
        "license_id": "cc-by-igo",
        "license_title": "Creative Commons Attribution for Intergovernmental Organisations",
        "metadata_created": created.isoformat(),
        "metadata_modified": created.isoformat(),
        "last_modified": created.isoformat(),
        "organization": {"name": holder.lower().replace(" ", "-"), "title": holder},
        "groups": [{"name": COUNTRIES[number % 5]}],
        "tags": [{"name": "sample"}],
        "pageviews_last_14_days": number,
        "resources": [
            {
                "id": f"10000000-0000-4000-8000-{number:012d}",
                "name": f"sheet-{number:05d}.csv",
                "format": "CSV",
                "url": f"https://files.example/sheet-{number:05d}.csv",
                "last_modified": created.isoformat(),
            }
        ],
        **changes,
    }


def packages(count: int) -> list[dict[str, Any]]:
    """The first so many."""
    return [package(number) for number in range(count)]
