"""ReliefWeb's API and RSS list on loopback. All reports of ``SERVED`` are a fictional sample."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.portals_served.served import DOCUMENTED, RECORDED_SHAPE, Answer, Asked, Mood, Served

APPNAME = "sample-landmark-h4x7q2"


def report(number: int, **changes: Any) -> dict[str, Any]:
    """A report as the API writes its fields, with everything in it."""
    plain = {
        "id": number,
        "title": f"Sample  assessment {number} &amp; map",
        "url": f"{{base}}/node/{number}",
        "url_alias": f"{{base}}/report/south-sudan/sample-{number}",
        "status": "published",
        "origin": f"https://sample.example/documents/{number}",
        "body-html": "<p><strong>SAMPLE</strong></p>\n<p>" + "Fictional words on explosive ordnance. " * 12 + "</p>",
        "date": {
            "created": f"2026-01-{number - 4000:02}T08:00:00+00:00",
            "changed": "2026-02-01T09:30:00+00:00",
            "original": "2025-12-20T00:00:00+00:00",
        },
        "language": [{"id": 267, "name": "English", "code": "en"}],
        "primary_country": {"id": 8657, "name": "South Sudan", "shortname": "South Sudan", "iso3": "ssd"},
        "country": [
            {"id": 220, "name": "Sudan", "iso3": "sdn", "primary": False},
            {"id": 8657, "name": "South Sudan", "iso3": "ssd", "primary": True},
        ],
        "source": [
            {
                "id": 90001,
                "name": "Sample Mine Action Group",
                "shortname": "SMAG",
                "longname": "Sample Mine Action Group International",
                "homepage": "https://smag.example",
                "disclaimer": "Sample. Reuse with attribution.",
                "type": {"id": 274, "name": "Non-governmental Organization"},
            },
            {"id": 90002, "name": "Sample University", "type": {"name": "Academic and Research Institution"}},
        ],
        "disaster": [{"id": 1, "name": "Sample Floods - Nov 2025", "glide": "FL-2025-000000-SSD", "status": "past"}],
        "disaster_type": [{"id": 4611, "name": "Flood", "code": "FL"}],
        "format": [{"id": 5, "name": "Assessment"}],
        "theme": [{"id": 12033, "name": "Mine Action"}, {"id": 4593, "name": "Food and Nutrition"}],
        "file": [
            {
                "id": f"{number}1",
                "url": f"https://sample.example/attachments/{number}/report.pdf",
                "filename": "report.pdf",
                "mimetype": "application/pdf",
                "filesize": "123456",
                "description": "Sample report",
                "preview": {"url-thumb": f"https://sample.example/thumb/{number}.png"},
            }
        ],
    }
    return {name: value for name, value in {**plain, **changes}.items() if value is not None}


REPORTS = (report(4001), report(4002), report(4003, file=None, theme=None), report(4004), report(4005))
RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Sample</title>
<item><title>Sample &amp;amp; fictional report</title><link>{base}/report/ukraine/sample-4101</link>
<guid isPermaLink="false">{base}/node/4101</guid><pubDate>Mon, 16 Mar 2026 10:00:00 +0000</pubDate>
<description>&lt;div&gt;Countries: Ukraine, Moldova&lt;/div&gt;&lt;div&gt;Source: SMAG, Sample University&lt;/div&gt;
&lt;p&gt;Fictional words.&lt;/p&gt;</description><category>Ukraine</category><category>Mine Action</category></item>
<item><title>Sample without a number</title><link>{base}/report/mali/sample</link></item>
</channel></rss>"""


def meets(one: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a report is what a filter asks for."""
    if "conditions" in wanted:
        each = [meets(one, condition) for condition in wanted["conditions"]]
        return all(each) if wanted["operator"] == "AND" else any(each)
    field, value = wanted["field"], wanted["value"]
    if field == "date.changed":
        return bool(one["date"]["changed"] >= value["from"])
    name, inner = field.split(".")
    return any(part.get(inner) in value for part in one.get(name, []))


def answers(asked: Asked, mood: Mood) -> Answer | None:
    """The questions the API documents; the RSS list needs no appname."""
    if asked.path == "/updates/rss.xml":
        return Answer(RSS, content_type="application/rss+xml; charset=utf-8")
    if (asked.method, asked.path) != ("POST", "/reports"):
        return None
    if asked.one("appname") != APPNAME:
        words = "You are not using an approved appname. Please request one."
        return Answer({"status": 403, "error": {"type": "AccessDeniedHttpException", "message": words}}, 403)
    question = asked.json
    found = [] if mood.empty else [one for one in REPORTS if meets(one, question["filter"])]
    rows = found[question["offset"] :][: question["limit"]]
    href = "{base}/reports?appname=" + APPNAME
    data = [
        {
            "id": str(one["id"]),
            "score": 1 + mood.noise,
            "fields": one if mood.noise == 0 else seen_again(one),
            "href": f"{{base}}/reports/{one['id']}",
        }
        for one in rows
    ]
    links = {"self": {"href": href}, "next": {"href": href + "&offset=2"}}
    return Answer(
        {
            "time": 11 + mood.noise,
            "href": href,
            "links": links,
            "took": 4 + mood.noise,
            "totalCount": len(found),
            "count": len(rows),
            "data": data,
        }
    )


def seen_again(one: Mapping[str, Any]) -> dict[str, Any]:
    """The report with other previews, and words after those that are kept."""
    files = [part | {"preview": {"url-thumb": "https://sample.example/other.png"}} for part in one.get("file", [])]
    return {**one, "body-html": one["body-html"] + "<p>Sample.</p>"} | ({"file": files} if files else {})


SERVED = Served(
    kind="reliefweb",
    answers=answers,
    ids=("4001", "4002", "4004", "4005"),
    shape=DOCUMENTED,
    pages=2,
    key=APPNAME,
    path="/v2",
    declared={"options": {"page_size": 2}},
)


def RECORDED(shared: Path) -> Served:  # noqa: N802
    """Nine assessments of Afghanistan, as version 2 answered."""
    body = (shared / "portals" / "reliefweb" / "v2_reports_assessments_preset-latest_with-facets.json").read_bytes()
    ids = tuple(row["href"].rpartition("/")[2] if "href" in row else row["id"] for row in json.loads(body)["data"])

    def recorded(asked: Asked, _: Mood) -> Answer | None:
        if (asked.method, asked.path) != ("POST", "/reports") or asked.one("appname") != APPNAME:
            return None
        return Answer(body) if asked.json["offset"] == 0 else Answer({"totalCount": len(ids), "count": 0, "data": []})

    return Served(kind="reliefweb", answers=recorded, ids=ids, shape=RECORDED_SHAPE, key=APPNAME)
