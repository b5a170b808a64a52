"""Fictional disclosed documents for tests and benches: whole, with every field of the contract."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from catalog.tables import CatalogRecord
from catalog.vocabulary import RecordState, Visibility

SAMPLES = UUID("d3b07384-d9a0-4c1e-9f5e-0a6f1f1c2b11")


def document(seq: int, *, formats: tuple[str, ...] | list[str] = (), **facts: Any) -> dict[str, Any]:
    """A disclosed document (see :mod:`catalog.disclosure`) with the given facts, all others absent."""
    made: dict[str, Any] = {
        "id": str(uuid5(SAMPLES, str(seq))),
        "seq": seq,
        "name": f"sample-{seq}",
        "source": {"key": "sample", "title": "Sample portal"},
        "link": f"https://portal.example/{seq}",
        "title": f"Sample {seq}",
        "titles": {},
        "notes": "",
        "organizations": [],
        "holders": [],
        "countries": [],
        "locations": [],
        "topics": [],
        "concepts": [],
        "keywords": [],
        "languages": [],
        "access": {"modality": "open", "steps": [], "address": "", "artefacts": []},
        "level": {"level": "", "basis": "", "reason": "", "rule": "", "asserted_by": "", "review_by": None},
        "visibility": "public",
        "urgent": False,
        "urgency_recipients": [],
        "tags": [],
        "columns_known": False,
        "issued": None,
        "modified": None,
        "period": {"start": None, "end": None, "open": False},
        "update_frequency": {"days": None, "words": ""},
        "freshness": {"due": None, "overdue": None, "delinquent": None, "always_fresh": False},
        "licence": "",
        "methodology": "",
        "caveats": "",
        "cod_level": "",
        "series": "",
        "relations": [],
        "harm_if_withheld": "",
        "mode": "shown",
        "withheld": [],
        "masked": [],
        "distributions": [
            {
                "key": str(place),
                "name": "",
                "description": "",
                "url": "",
                "format": format_name,
                "declared_format": format_name,
                "media_type": "",
                "size": None,
                "modified": None,
                "under_review": False,
                "withheld": False,
                "columns": [],
            }
            for place, format_name in enumerate(formats)
        ],
    }
    unknown = facts.keys() - made.keys()
    assert not unknown, f"no such facts: {unknown}"
    return made | facts


def listed(key: UUID, seq: int) -> CatalogRecord:
    """The catalog's entry of a dataset that its portal lists."""
    seen = datetime(2026, 11, 20, tzinfo=UTC)
    return CatalogRecord(
        dataset_seq=seq, source_key="portal-1", remote_id=str(key), state=RecordState.LISTED, hash="", first_seen=seen,
        last_seen=seen, missing_since=None, missing_runs=0,
    )  # fmt: skip


def dataset(key: UUID, seq: int) -> dict[str, Any]:
    """The row of a dataset that says nothing but its number."""
    return {
        "id": key, "seq": seq, "source_key": "portal-1", "title": {}, "notes": {}, "landing_page": "",
        "period_open": False, "methodology": "", "caveats": "", "licence": "", "languages": [], "keywords": [],
        "cod_level": "", "series": "", "visibility": Visibility.PUBLIC, "urgent": False, "urgency_recipients": [],
        "extra": {},
    }  # fmt: skip
