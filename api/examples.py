"""Documented examples: shapes with fictional content; a test asks a running app for each."""

from collections.abc import Mapping
from typing import Any

Responses = dict[int | str, dict[str, Any]]

_ID = "7c9e6679-7425-50de-944b-e07fc1f90ae7"
_RUN_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
_COUNT = {"value": "SSD", "label": "South Sudan", "count": 1, "selected": False}
_PERIOD = {"start": "2024-01-01", "end": "2024-06-30", "open": False}
_LEVEL: Mapping[str, Any] = {
    "level": "moderate",
    "basis": "HXL tag",
    "evidence": "#affected+idps",
    "reason": "Counts of displaced people per settlement.",
    "rule": "sample-rule",
    "asserted_by": "rule",
    "protocol": "",
    "statement": "",
    "isp_date": "2025-01-31",
    "review_by": "2027-01-31",
}
_ORGANIZATION = {
    "id": "3f333df6-90a4-5fda-8dd3-9485d27cee36",
    "name": "Sample Relief",
    "acronym": "SR",
    "kind": "international_ngo",
    "roles": ["publisher"],
}
_ACCESS = {
    "modality": "on_request",
    "steps": ["Ask the holder through its request form."],
    "address": "https://data.example.org/request",
    "contacts": [],
    "artefacts": [],
}
ITEM: Mapping[str, Any] = {
    "id": _ID,
    "name": "sample-displacement-in-south-sudan",
    "source": {"key": "sample-ckan", "title": "Sample: data exchange"},
    "link": "https://data.example.org/dataset/sample-displacement",
    "title": "Sample: Displacement in South Sudan",
    "organizations": [_ORGANIZATION],
    "holders": ["Sample Relief"],
    "countries": ["SSD"],
    "topics": [{"key": "displacement", "title": "Displacement"}],
    "access": _ACCESS,
    "level": _LEVEL,
    "tags": [{"tag": "#affected+idps", "origin": "declared"}],
    "issued": "2024-02-01T00:00:00Z",
    "modified": "2024-07-01T00:00:00Z",
    "period": _PERIOD,
    "update_frequency": {"days": 30, "words": "every month"},
    "freshness": {
        "due": "2024-07-31T00:00:00Z",
        "overdue": "2024-08-14T00:00:00Z",
        "delinquent": "2024-08-30T00:00:00Z",
        "always_fresh": False,
    },
    "licence": "cc-by",
    "cod_level": "",
    "urgent": False,
    "harm_if_withheld": "",
    "mode": "shown",
    "withheld": [],
    "masked": [],
    "notes": "Fictional record.",
    "formats": ["XLSX"],
    "freshness_state": "delinquent",
}
DATASETS: Mapping[str, Any] = {
    "total": 1,
    "items": [ITEM],
    "facets": {"country": [_COUNT]},
    "next": "",
    "notices": [],
    "wording": {},
}
_ELSEWHERE: Mapping[str, Any] = {
    "id": "9b2f7a0e-6d0b-5c55-8f3b-0b1f0d6f6f11",
    "name": "sample-displacement-tracking-in-south-sudan",
    "title": "Sample: Displacement tracking in South Sudan",
    "source": {"key": "sample-desk", "title": "Sample: data desk"},
    "link": "https://desk.example.org/displacement-ssd",
    "access": _ACCESS,
    "confirmed": False,
    "reasons": [{"code": "file-address", "said": "Both list the same file address."}],
}
_LINE: Mapping[str, Any] = {
    "line": "asked",
    "said": ["Who you are, and for which organisation you ask."],
    "origin": "access",
    "by": "on-request",
    "verified": True,
    "evidence": "What the way of access means.",
}
_ROUTE: Mapping[str, Any] = {
    "access": "on_request",
    "ask": {"role": "data-holder", "said": "Sample Relief (holder of the data)", "organisation": "Sample Relief",
            "mailbox": "data@relief.example"},
    "address": "https://data.example.org/request",
    "agreement": {"key": "mou", "title": "Memorandum of understanding (MoU)", "what": "Settles what is shared.",
                  "address": "", "languages": ["en"], "verified": False},
    "expected_days": 14,
    "lines": [_LINE],
    "artefacts": [{"artefact": "data", "access": "on_request", "said": ["Ask the holder through its request form."],
                   "address": "https://data.example.org/request", "known": True}],
    "safe_products": [{"id": _ID, "name": "sample-totals-by-district", "title": "Sample: Totals by district",
                       "access": "open"}],
    "not_known": ["conditions"],
}  # fmt: skip
_REACHED = [{"address": "https://data.example.org/request", "state": "dead", "on": "2024-07-08"}]
ACCESS_ROUTE: Mapping[str, Any] = {"id": _ID, **_ROUTE, "reached": _REACHED}
DATASET: Mapping[str, Any] = {
    **{key: value for key, value in ITEM.items() if key not in {"formats", "freshness_state"}},
    "titles": {"en": "Sample: Displacement in South Sudan"},
    "locations": [{"iso3": "SSD", "name": "South Sudan", "admin_level": 2, "p_coded": True}],
    "concepts": [{"key": "displacement", "title": "Displacement", "evidence": ["title: displacement"]}],
    "keywords": ["displacement"],
    "languages": ["en"],
    "visibility": "public",
    "visibility_of": {"source": "public", "record": ""},
    "urgency_recipients": [],
    "rows": "",
    "attention": [],
    "methodology": "",
    "caveats": "",
    "series": "",
    "facts": [{"name": "component", "value": "mobility tracking"}],
    "relations": [],
    "distributions": [],
    "state": "missing",
    "missing_since": "2024-07-09T03:15:00Z",
    "also_at": [_ELSEWHERE],
    "reached": _REACHED,
    "freshness_state": "delinquent",
    "access_route": _ROUTE,
}
GUIDANCE: Mapping[str, Any] = {
    "reviewed": {"by": "a role", "day": "2026-11-22", "next": "2027-05-22"},
    "links": {"ocha": {"title": "A guideline", "url": "https://guideline.example.org/", "verified": False}},
    "levels": {"high": {"sentence": {"en": "Share it one organisation at a time."}, "links": ["ocha"]}},
    "access": {"on_request": {"sentence": {"en": "Say what for."}, "links": ["ocha"]}},
    "protocol": {"en": "The level rests on the protocol of {country}."},
}
ORGANIZATIONS: Mapping[str, Any] = {
    "total": 1,
    "items": [{"id": _ORGANIZATION["id"], "name": "Sample Relief", "datasets": 1, "records": 2}],
    "facets": {},
    "next": "",
}
ORGANIZATION: Mapping[str, Any] = {
    "id": _ORGANIZATION["id"],
    "name": "Sample Relief",
    "datasets": 1,
    "records": 2,
    "facets": {"topic": [], "country": [_COUNT], "access": []},
    "items": [ITEM],
}
_ORIGINS = {"declared": 1, "mapped": 0, "inferred": 1, "curated": 0}
_SHARES = {name: {"datasets": count, "share": count / 2} for name, count in _ORIGINS.items()}
UPCOMING: Mapping[str, Any] = {
    "total": 1,
    "items": [
        {
            "id": _ID,
            "name": "sample-movements-since-the-last-round",
            "title": "Sample: movements since the last round",
            "operation": "Sample operation",
            "round": "7",
            "state": "planned",
            "expected": "2027-02-28",
            "late": False,
            "questions_until": "2027-01-10",
            "open_to_questions": True,
            "countries": ["SSD"],
            "holders": ["Sample Relief"],
            "access": {name: _ACCESS[name] for name in ("modality", "steps", "address", "contacts")},
            "urgent": True,
            "urgency_recipients": ["Sample Protection Cluster"],
            "sectors": ["Protection"],
            "level": "high",
            "source": {"key": "plans", "title": "Data analysis plans"},
        }
    ],
    "facets": {},
    "next": "",
}
TAGS: Mapping[str, Any] = {
    "total": 1,
    "items": [
        {
            "tag": "#affected",
            "label": "People or households that a crisis affects",
            "datasets": 2,
            "origins": _ORIGINS,
        }
    ],
    "facets": {},
    "next": "",
}
TAG: Mapping[str, Any] = {
    "tag": "#affected",
    "label": "People or households that a crisis affects",
    "in_dictionary": True,
    "datasets": 2,
    "origins": _ORIGINS,
    "attributes": [{"attribute": "+idps", "label": "internally displaced people", "datasets": 2}],
    "tags": [{"tag": "#affected+idps", "datasets": 2, "origins": _ORIGINS}],
    "items": [ITEM],
}
TAG_STATS: Mapping[str, Any] = {
    "datasets": 3,
    "columns_known": 2,
    "origins": _SHARES,
    "by": {
        "country": [{"value": "SSD", "label": "South Sudan", "columns_known": 2, "origins": _SHARES}],
        "organization": [],
        "month": [{"value": "2024-07", "label": "2024-07", "columns_known": 2, "origins": _SHARES}],
    },
}
RUN: Mapping[str, Any] = {
    "id": _RUN_ID,
    "source": "sample-ckan",
    "mode": "full",
    "state": "complete",
    "started": "2024-07-02T03:15:00Z",
    "ended": "2024-07-02T03:15:20Z",
    "created": 1,
    "updated": 0,
    "issues": [],
}
ISSUES: Mapping[str, Any] = {
    "total": 1,
    "items": [
        {
            "code": "date-unreadable",
            "severity": "warning",
            "dataset": _ID,
            "field": "modified",
            "at": "2024-07-02T03:15:10Z",
        }
    ],
    "facets": {},
    "next": "",
}
RUNS: Mapping[str, Any] = {"total": 1, "items": [RUN], "facets": {}, "next": ""}
CHANGES: Mapping[str, Any] = {
    "total": 1,
    "items": [
        {
            "at": "2024-07-02T03:15:10Z",
            "source": "sample-ckan",
            "dataset": _ID,
            "name": "sample-displacement-in-south-sudan",
            "title": "Sample: Displacement in South Sudan",
            "kind": "updated",
            "sentences": ["update frequency: every month -> every three months"],
            "fields": [
                {
                    "field": "update_frequency",
                    "old": {"days": 30, "words": "every month"},
                    "new": {"days": 90, "words": "every three months"},
                    "sentences": ["update frequency: every month -> every three months"],
                }
            ],
        }
    ],
    "facets": {},
    "next": "",
}
SOURCE: Mapping[str, Any] = {
    "key": "sample-ckan",
    "title": "Sample: data exchange",
    "kind": "ckan",
    "url": "https://data.example.org",
    "publisher": "Sample Relief",
    "licence": "",
    "enabled": True,
    "state": "live",
    "standing": {},
    "schedule": "15 3 * * mon",
    "datasets": 1,
    "last_run": RUN,
    "health": {
        "state": "healthy",
        "last_complete": "2024-07-02T03:15:00Z",
        "consecutive_failures": 0,
        "breaker": "closed",
        "days_silent": 2,
        "issues": [],
        "trend": [{"started": "2024-07-02T03:15:00Z", "records": 1}],
        "paused": False,
        "due": False,
        "next_run": "2024-07-08T03:15:00Z",
    },
}
SOURCES: Mapping[str, Any] = {"total": 1, "items": [SOURCE], "facets": {}, "next": ""}


_ASSERTION: Mapping[str, Any] = {
    "id": 1,
    "level": "moderate",
    "scope": "column",
    "asserted_by": "rule",
    "actor": "",
    "since": "2024-07-02T03:15:10Z",
    "basis": "HXL tag",
    "rule": "sample-rule",
    "rule_version": 1,
    "evidence": "#affected+idps",
    "confidence": 1.0,
    "reason": "Counts of displaced people per settlement.",
    "protocol": "ssd",
    "statement": "moderate 3",
    "isp_date": "2024-01-01",
    "review_by": "2027-01-31",
    "accepted_by": "",
    "supersedes": 1,
    "withholds_links": False,
    "standing": "counts",
}
EXPLANATION: Mapping[str, Any] = {
    "id": _ID,
    "level": "moderate",
    "links_withheld": False,
    "basis": _ASSERTION,
    "protocol": {"key": "ssd", "date": "2024-01-01", "statement": "moderate 3"},
    "review_by": "2027-01-31",
    "overdue": False,
    "attention": [],
    "assertions": [_ASSERTION],
    "proposals": [],
    "would_change": ["A steward may lower it, with a reason."],
    "newest": 12,
}
LEVEL_ACT: Mapping[str, Any] = {
    "id": _ID,
    "before": "moderate",
    "level": "high",
    "waits_for_a_second_steward": False,
}
OPENED: Mapping[str, Any] = {"id": _ID, "before": "restricted", "visibility": "community"}
LINKS: Mapping[str, Any] = {
    "total": 1,
    "items": [
        {
            "first": {"id": _ID, "title": "Sample: Displacement in South Sudan", "source": "sample-ckan"},
            "second": {"id": _ELSEWHERE["id"], "title": _ELSEWHERE["title"], "source": "sample-desk"},
            "score": 0.9,
            "shown": True,
            "reasons": [{**_ELSEWHERE["reasons"][0], "evidence": "files.example.org/displacement-2024.csv"}],
            "decision": "",
            "decided_by": "",
            "decided": "2024-07-09T03:15:00Z",
            "reason": "",
        }
    ],
    "facets": {},
    "next": "",
}
LINKED: Mapping[str, Any] = {"ids": [_ID, _ELSEWHERE["id"]], "before": "", "decision": "refused"}
REVIEWS: Mapping[str, Any] = {"total": 0, "items": [], "facets": {}, "next": ""}
PROPOSALS: Mapping[str, Any] = {"total": 0, "items": [], "facets": {}, "next": ""}
DECIDED: Mapping[str, Any] = {"lowered": [LEVEL_ACT], "severe": [], "changed": []}
REJECTED: Mapping[str, Any] = {"rejected": 3}
WAITING: Mapping[str, Any] = {
    "id": _RUN_ID,
    "source": "sample-ckan",
    "outcome": "30 of 40 records are no longer listed.",
    "records": [{"title": "Sample: Displacement in South Sudan", "remote_id": "sample-1"}],
}
RELEASED: Mapping[str, Any] = {"id": _RUN_ID, "decision": "released", "missing": 30, "withdrawn": 0}
REJECTED_RUN: Mapping[str, Any] = {"id": _RUN_ID, "decision": "rejected", "missing": 0, "withdrawn": 0}
STANDING: Mapping[str, Any] = {"key": "sample-portal", "origin": "preview", "paused": False}
METRICS: Mapping[str, Any] = {
    "items": [
        {
            "iso3": "ALL",
            "records": 40,
            "whole": 20,
            "redacted": 6,
            "hidden": 12,
            "harm": 2,
            "listed": 2,
            "owners": 10,
            "share": 0.3,
            "share_with_owners": 0.44,
        },
    ],
}
NOTICES: Mapping[str, Any] = {
    "total": 1,
    "items": [{"at": "2024-07-02T03:15:00Z", "who": "A. Sample", "what": "show", "reason": "Somebody is in danger."}],
    "facets": {},
    "next": "",
}


INDICATOR: Mapping[str, Any] = {
    "country": "SSD",
    "cut": "topic:displacement",
    "id": "open-share",
    "name": "Open",
    "definition": "Of the datasets listed, the share whose data can be had by anyone, without asking.",
    "version": 1,
    "source": "The catalog",
    "unit": "share",
    "better": "more",
    "baseline": "",
    "target": "",
    "values": [{"day": "2026-01-31", "value": 0.42, "of": 38, "source": ""}],
}
SUGGEST: Mapping[str, Any] = {
    "q": "disp",
    "items": [
        {"kind": "topic", "value": "displacement", "label": "Displacement", "count": 12},
        {
            "kind": "dataset",
            "value": "displacement-in-south-sudan-1f2e",
            "label": "Displacement in South Sudan",
            "count": 1,
        },
    ],
}
SHARING: Mapping[str, Any] = {
    "country": "SSD",
    "cut": "topic:displacement",
    "items": [{name: value for name, value in INDICATOR.items() if name not in {"country", "cut"}}],
}
_KEY: Mapping[str, Any] = {
    "id": "0a1b2c3d4e5f",
    "name": "Sample desk",
    "audience": "organisation",
    "organisation": {"id": _ORGANIZATION["id"], "name": "Sample Relief"},
    "purpose": "Planning of surveys.",
    "sources": [],
    "countries": ["SSD"],
    "state": "good",
    "created": "2024-07-02T03:15:00Z",
    "created_by": "A. Sample",
    "expires": "2024-12-31",
    "last_used": "2024-07-09",
}
KEYS: Mapping[str, Any] = {"total": 1, "items": [_KEY], "facets": {}, "next": ""}
KEY: Mapping[str, Any] = {"id": _KEY["id"], "key": f"lmk_{_KEY['id']}_{'x' * 43}"}
KEY_ENDED: Mapping[str, Any] = {"id": _KEY["id"], "state": "revoked"}
GRANTS: Mapping[str, Any] = {
    "total": 1,
    "items": [
        {
            "dataset": _ID,
            "organisation": {"id": _ORGANIZATION["id"], "name": "Sample Relief"},
            "until": "2024-12-31",
            "reason": "Planning of surveys.",
            "granted_by": "A. Sample",
            "at": "2024-07-02T03:15:00Z",
        }
    ],
    "facets": {},
    "next": "",
}
GRANT: Mapping[str, Any] = {"dataset": _ID, "organisation": "Sample Relief", "until": "2024-12-31"}
GRANT_ENDED: Mapping[str, Any] = {"dataset": _ID, "state": "ended"}
AUDIT: Mapping[str, Any] = {
    "total": 1,
    "items": [
        {
            "seq": 1,
            "at": "2024-07-02T03:15:00Z",
            "actor": "A. Sample",
            "action": "raised the level to high",
            "subject": _ID,
            "reason": "Villages are named.",
        }
    ],
    "facets": {},
    "next": "",
}
VERIFIED: Mapping[str, Any] = {
    "ok": False,
    "lines": 40,
    "line": 12,
    "fault": "Line 12 was changed after it was written.",
}
ERASED: Mapping[str, Any] = {"places": 3}
_SHEET = {"sheet": "Holdings", "language": "en", "notes": [], "new": 1, "changed": 0, "unchanged": 0, "rejected": 1}
REGISTER_PREVIEW: Mapping[str, Any] = _SHEET | {
    "preview": "5f2b6c0c" * 8,
    "rows": [
        {
            "row": 4,
            "outcome": "new",
            "id": "",
            "title": "Sample: suspected hazardous areas",
            "changes": [],
            "faults": [],
        },
        {
            "row": 5,
            "outcome": "rejected",
            "id": "",
            "title": "Sample: cleared areas",
            "changes": [],
            "faults": [
                {
                    "cell": "L5",
                    "column": "state",
                    "reason": '"heldd" cannot be chosen',
                    "mend": "Write one of: planned, collecting, held, shared, retired.",
                }
            ],
        },
    ],
}
REGISTER_ACCEPTED: Mapping[str, Any] = _SHEET | {
    "rows": [
        {"row": 4, "outcome": "new", "id": "reg-0123456789abcdef"},
        {"row": 5, "outcome": "rejected", "id": ""},
    ],
    "raised": 1,
    "opened": 0,
    "narrowed": 0,
    "lower": [],
    "waiting": [{"title": "Sample: suspected hazardous areas", "reason": "A steward of the register opens it."}],
}
REGISTER_ROWS: Mapping[str, Any] = {
    "total": 1,
    "items": [
        {
            "id": "reg-0123456789abcdef",
            "dataset": _ID,
            "visibility": "restricted",
            "values": {
                "title": "Sample: suspected hazardous areas",
                "holder": "Sample Mine Action Authority",
                "countries": "UKR",
                "state": "held",
                "level": "high",
            },
        }
    ],
    "facets": {},
    "next": "",
}
_SAID = {
    "by": "A. Sample",
    "reason": "The holder told us so.",
    "at": "2026-11-01T08:00:00Z",
    "verified": "2026-11-01T08:00:00Z",
    "verified_by": "A. Sample",
    "keeper": "A. Sample",
    "caught_up": None,
    "gone": None,
    "overdue": False,
}
CURATION: Mapping[str, Any] = {
    "id": _ID,
    "fields": [
        {
            "field": "licence",
            "label": "Licence",
            "help": "The licence's name.",
            "long": False,
            "harvested": "none",
            "curated": "CC BY 4.0",
            "effective": "CC BY 4.0",
        }
        | _SAID
    ],
}
CORRECTED: Mapping[str, Any] = {
    "field": "licence",
    "label": "Licence",
    "outcome": "new",
    "before": "none",
    "after": "CC BY 4.0",
}
LOOKED: Mapping[str, Any] = {"verified": ["licence"]}
REVIEWED: Mapping[str, Any] = {
    "total": 1,
    "items": [
        {
            "id": _ID,
            "title": "Sample: Displacement in South Sudan",
            "source": "sample-exchange",
            "field": "licence",
            "label": "Licence",
        }
        | _SAID
    ],
    "facets": {},
    "next": "",
}
_ASKED_OF: Mapping[str, Any] = {
    "id": _ID,
    "shown": True,
    "name": "sample-displacement-in-south-sudan",
    "title": "Sample: Displacement in South Sudan",
    "holders": ["Sample Relief"],
    "countries": ["SSD"],
    "link": "https://data.example.org/dataset/sample-displacement",
}
REQUEST: Mapping[str, Any] = {
    "id": "3f1c2a52-7c0e-4a53-9d2e-6a1b0c9d8e7f",
    "dataset": _ASKED_OF,
    "as": ["requester"],
    "requester": {"name": "Sample desk", "organisation": {"id": _ORGANIZATION["id"], "name": "Sample Relief"}},
    "purpose": "Planning of surveys.",
    "for_whom": "Two survey teams.",
    "until": "2024-12-31",
    "agreement": "Memorandum of understanding",
    "language": "en",
    "expected_days": 30,
    "opened": "2024-07-02T03:15:00Z",
    "state": "sent",
    "since": "2024-07-03T03:15:00Z",
    "due": "2024-08-02T03:15:00Z",
    "newest": 2,
    "history": [
        {
            "number": number,
            "state": state,
            "at": f"2024-07-0{number + 1}T03:15:00Z",
            "as": "requester",
            "by": "Sample desk",
            "why": "",
            "category": "",
        }
        for number, state in ((1, "drafted"), (2, "sent"))
    ],
    "possible": ["acknowledged", "granted", "partly", "refused", "expired"],
    "message": {
        "language": "en",
        "direction": "ltr",
        "subject": "Request for data: Sample: Displacement in South Sudan",
        "body": "To Sample Relief, ...",
        "to": "info@relief.example",
        "mailto": "mailto:info@relief.example?subject=Request%20for%20data",
        "whole": False,
        "form": "https://data.example.org/request",
    },
}
REQUESTS: Mapping[str, Any] = {
    "total": 1,
    "items": [{name: told for name, told in REQUEST.items() if name != "message"}],
    "facets": {},
    "next": "",
}
OPENED_REQUEST: Mapping[str, Any] = {**REQUEST, "withheld": {"purpose": ["a telephone number"]}}
NOTED: Mapping[str, Any] = {"id": REQUEST["id"], "before": "sent", "state": "granted", "withheld": {}}
OUTCOMES: Mapping[str, Any] = {
    "k": 5,
    "items": [
        {
            "iso3": "ALL",
            "name": "All countries",
            "yours": {"requests": 1, "states": {"sent": 1}, "median_days": 12.0},
            "all": {"requests": 12, "states": {"granted": 6}, "median_days": 9.0},
        }
    ],
}


def ok(example: Mapping[str, Any], status: int = 200) -> Responses:
    """A JSON answer with its example."""
    return {status: {"content": {"application/json": {"example": example}}}}


def file(media_type: str) -> Responses:
    """A file, and the refusal of a bad question."""
    return {200: {"content": {media_type: {"schema": {"type": "string", "format": "binary"}}}}} | REFUSED


def _problem(description: str, example: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/problem+json": {"example": example}}}


REFUSED: Responses = {
    422: _problem(
        "A parameter is mistyped or its value cannot be used",
        {
            "type": "about:blank",
            "title": "Unprocessable Content",
            "status": 422,
            "detail": 'There is no parameter "contry". Did you mean "country"?',
            "errors": [
                {
                    "parameter": "contry",
                    "message": 'There is no parameter "contry". Did you mean "country"?',
                    "nearest": "country",
                }
            ],
        },
    )
}
NOT_FOUND: Responses = {
    404: _problem(
        "Hidden or never existed",
        {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": "There is nothing here that this service may show.",
        },
    )
}
ACTS: Responses = {
    400: _problem(
        "The body is no JSON",
        {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "There was an error parsing the body"},
    ),
    403: _problem(
        "Not a steward of this",
        {
            "type": "about:blank",
            "title": "Forbidden",
            "status": 403,
            "detail": "Only who was appointed steward of this may do it.",
        },
    ),
    409: _problem(
        "It cannot be done as things stand",
        {
            "type": "about:blank",
            "title": "Conflict",
            "status": 409,
            "detail": "Somebody else said something of this record's level since you looked. Look again, then decide.",
        },
    ),
    413: _problem(
        "The body is too long",
        {"type": "about:blank", "title": "Content Too Large", "status": 413, "detail": "The request is too long."},
    ),
}
"""What an act may answer besides."""
EVERYWHERE: Responses = REFUSED | {
    503: _problem(
        "The index is being built anew",
        {
            "type": "about:blank",
            "title": "Service Unavailable",
            "status": 503,
            "detail": "The search index is being built anew. Please try again in a minute.",
        },
    )
}
"""What any address may answer besides its own."""


def _by_code(responses: Responses) -> dict[str, dict[str, Any]]:
    return {str(code): said for code, said in responses.items()}


WITH_KEYS = _by_code(
    {
        401: _problem(
            "A key that is not good here, whatever the reason",
            {"type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "This key is not good here."},
        ),
        429: _problem(
            "Too many requests of this address or key; Retry-After says when to go on",
            {
                "type": "about:blank",
                "title": "Too Many Requests",
                "status": 429,
                "detail": "Too many requests. Please ask again after the seconds that Retry-After says.",
            },
        ),
    }
)
"""Answers that every operation may give where keys are taken."""
