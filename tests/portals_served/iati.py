"""The IATI Datastore on loopback. Publishers and activities are fictional and a sample."""

from collections.abc import Sequence
from typing import Any

from tests.portals_served.served import DOCUMENTED, Answer, Asked, Mood, Served

KEY = "sample-datastore-5b8e21"


def activity(number: int, publisher: str, places: Sequence[str], **changes: Any) -> dict[str, Any]:
    """An activity as Solr gives it: lists, and single values where the field holds one."""
    plain = {
        "id": f"sample-{number:03}",
        "iati_identifier": f"{publisher}-{number}",
        "reporting_org_ref": publisher,
        "reporting_org_type": "21",
        "reporting_org_narrative": [f"Sample Publisher {publisher}", f"Éditeur {publisher}"],
        "recipient_country_code": list(places),
        "sector_code": ["11110", "15250"],
        "sector_vocabulary": ["1", "1"],
        "activity_status_code": "2",
        "activity_date_iso_date": [f"20{number:02}-03-01T00:00:00Z", f"20{number:02}-11-30T00:00:00Z"],
        "last_updated_datetime": f"2026-01-{number:02}T10:00:00Z",
    }
    return {name: value for name, value in {**plain, **changes}.items() if value is not None}


CLUSTER = {"sector_code": ["PRO-MIN"], "sector_vocabulary": ["10"]}
BY_TRANSACTION = {
    "sector_code": ["72010"],
    "sector_vocabulary": ["1"],
    "transaction_sector_code": ["72010", "15250"],
    "recipient_country_code": None,
    "transaction_recipient_country_code": ["CD", "CD"],
}
ACTIVITIES = [
    activity(11, "XX-1", ["SS"]),
    activity(12, "XX-1", ["SS", "ML"], activity_status_code="4", reporting_org_narrative=["Renamed (sample)"]),
    activity(13, "XX-2", ["SS"], **CLUSTER, reporting_org_type="40"),
    activity(14, "XX-2", [], **BY_TRANSACTION),
    activity(15, "XX-2", [], activity_date_iso_date=None),
    activity(16, "XX-3", ["ML"], sector_code=["15250", "1"], sector_vocabulary=["99", "1"]),
    activity(17, "XX-3", ["ZZ"]),
]


def answers(asked: Asked, mood: Mood) -> Answer | None:
    """A page of what the question asks for; without the key in its header it is refused."""
    if asked.path != "/activity/select":
        return None
    if asked.headers.get("ocp-apim-subscription-key") != KEY:
        words = "Access denied due to invalid subscription key. Sample."
        return Answer({"statusCode": 401, "message": words}, 401)
    if "15250" not in asked.one("q") or asked.one("sort") != "id asc" or asked.one("wt") != "json":
        return Answer({"error": {"msg": "sample: undefined question", "code": 400}}, 400)
    found = [] if mood.empty else ACTIVITIES
    begin, rows = int(asked.one("start")), int(asked.one("rows"))
    header = {"status": 0, "QTime": 7 + mood.noise, "params": {"start": str(begin)}}
    docs = [one | {"_version_": 17 + mood.noise} for one in found[begin : begin + rows]]
    return Answer({"responseHeader": header, "response": {"numFound": len(found), "start": begin, "docs": docs}})


SERVED = Served(
    kind="iati",
    answers=answers,
    ids=("XX-1:MLI", "XX-1:SSD", "XX-2:COD", "XX-2:SSD", "XX-2:none", "XX-3:ZZ"),
    shape=DOCUMENTED,
    pages=3,
    key=KEY,
    path="/datastore",
    declared={"options": {"rows": 3, "page_size": 2}},
)
