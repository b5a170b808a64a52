"""DTM's list of datasets on loopback, as notes of July 2026 describe it. Datasets of ``SERVED`` are fictional."""

import json
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from tests.portals_served.served import Answer, Asked, Mood, Served

HTML = "text/html; charset=UTF-8"
PER_PAGE = 2
FRAME = """<!doctype html><html lang="en"><head><title>Datasets (sample)</title><style>.date{{color:red}}</style>
<script>var viewDom = "js-view-dom-id-{noise}";</script></head><body class="sample {noise}">
<nav><a href="/datasets">Datasets</a> <a href="/contact">Contact</a></nav>
<form action="/datasets" method="get"><input name="search"><select name="sort_by">
<option value="field_dataset_published_date">Published</option></select></form>
<div class="row">{rows}</div><footer><p>Contact</p><a href="mailto:jane.doe@iom.example">Jane Doe (sample)</a></footer>
</body></html>"""


def listed(slug: str, title: str, **more: Any) -> dict[str, Any]:
    """A dataset of the list; ``node`` only where it can be downloaded."""
    plain = {
        "slug": slug,
        "title": title,
        "date": "Jul 23 2026",
        "region": "middle-east-and-north-africa",
        "country": "Yemen",
        "country_slug": "yemen",
        "activities": "Mobility Tracking, Baseline Assessment",
        "format": "Infosheet",
        "description": "Sample &amp;nbsp;description, fictional.",
        "node": "",
        "page": "",
    }
    return plain | more


DATASETS = (
    listed("sample-registry", "Sample Registry &amp;amp; Count", node="900001", page="""
        <div class="field__label">Period Covered</div><div><time>Apr 01 2026</time> - <time>Apr 30 2026</time></div>
        <p>Public Dataset</p><div><strong>Contact:</strong> <a href="mailto:DTMYemen@iom.example">write to us</a></div>
        <h4>Unit of Analysis or Observation</h4><p>Admin Area 2/3</p><h4>Population Groups</h4><p>IDPs, Returnees</p>
        <h4>Survey Methodology</h4><p>Key informants</p><h4>Keywords</h4><p>sample, displacement</p>
        <h4>Type of Survey or Assessment</h4><p>Key informant</p><h4>Geographical Scope</h4><p>Whole country</p>"""),
    listed("sample-survey", "Sample household survey", page="""
        <p>Contact</p><p>jane.doe@iom.example, dtm.info@iom.example</p><h4>Snapshot Date</h4><p>24 June 2026</p>
        <p>Location</p><p>Yemen</p><a href="/request">Request Access</a>"""),
    listed("sample-regional-flows", "Sample regional flows", node="900003", country="", country_slug="", activities="",
           region="europe-and-central-asia", description=""),
    listed("sample-baseline", "Sample baseline", node="900004", activities="Event Tracking", page="<p>nothing</p>"),
    listed("sample-gone", "Sample whose page is gone", country="Democratic Republic of the Congo",
           country_slug="democratic-republic-congo"),
)  # fmt: skip


def row(dataset: dict[str, Any], noise: int = 0) -> str:
    """A row as the site writes it; titles and descriptions come escaped, or escaped twice."""
    facts = [dataset["date"]]
    facts += [f'<a href="/regions/{dataset["region"]}">{dataset["region"].replace("-", " ").title()}</a>']
    facts += [f'<a href="/{dataset["country_slug"]}">{dataset["country"]}</a>'] if dataset["country_slug"] else []
    facts += [text for text in (dataset["activities"], dataset["format"]) if text]
    download = (
        '<div class="dtm-file-download"><i class="fa-circle-down"></i><a download href="https://dtm.example/'
        f'dtm_download_track/{7000 + noise}?file=1&amp;type=node&amp;id={dataset["node"]}">Download Dataset</a></div>'
    )
    return (
        '<div class="report-item1"><div class="row"><div class="col-lg-12 col-md-12">'
        f'<h5><a href="" class="title"><a href="/datasets/{dataset["slug"]}" hreflang="en">'
        f"{dataset['title']}</a></a></h5>"
        f'<div class="content">{dataset["description"]}</div>{download if dataset["node"] else ""}'
        f'<div class="date">{" · ".join(f"<span>{fact}</span>" for fact in facts)}</div></div></div></div>'
    )


def page(rows: str, noise: int = 0) -> Answer:
    """A page of the site."""
    return Answer(FRAME.format(rows=rows, noise=noise), content_type=HTML)


def site(datasets: Sequence[dict[str, Any]], asked: Asked, mood: Mood, per_page: int = PER_PAGE) -> Answer | None:
    """The list, page by page and empty beyond its end, and the pages of datasets that have one."""
    if asked.path == "/datasets":
        if (asked.one("sort_by"), asked.one("sort_order")) != ("field_dataset_published_date", "ASC"):
            return None
        first = int(asked.one("page", "0")) * per_page
        shown = () if mood.empty else datasets[first : first + per_page]
        return page("".join(row(one, mood.noise) for one in shown), mood.noise)
    own = next((one["page"] for one in datasets if asked.path == f"/datasets/{one['slug']}"), "")
    return page(own, mood.noise) if own else None


def answers(asked: Asked, mood: Mood) -> Answer | None:
    """The sample site."""
    return site(DATASETS, asked, mood)


SERVED = Served(
    kind="dtm-site",
    answers=answers,
    ids=("node/900001", "datasets/sample-survey", "node/900003", "node/900004", "datasets/sample-gone"),
    pages=4,
)


def recorded_rows(shared: Path) -> list[dict[str, str]]:
    """The rows that somebody read from the list on 25 July 2026."""
    name = "dtm_catalogue_snapshot_2026-07-25_first-records.json"
    found: list[dict[str, str]] = json.loads((shared / "portals" / "dtm-web-catalogue" / name).read_text("utf-8"))
    return found


def RECORDED(shared: Path) -> Served:  # noqa: N802 - enrolled by this name
    """The recorded rows, written as the site writes them; the pages themselves were not recorded."""
    rows = recorded_rows(shared)
    nodes = [re.search(r"&id=(\d+)", one["download_url"] or "") for one in rows]
    datasets = [
        listed(
            one["slug"],
            escape(one["title"]),
            date=one["date"],
            region=one["region"],
            country=one["country_path"].replace("-", " ").title(),
            country_slug=one["country_path"],
            activities=one["activities"],
            format=one["format"],
            description=escape(one["description"]),
            node=node[1] if node else "",
        )
        for one, node in zip(rows, nodes, strict=True)
    ]
    ids = [f"node/{node[1]}" if node else f"datasets/{one['slug']}" for one, node in zip(rows, nodes, strict=True)]
    return Served(
        kind="dtm-site",
        answers=lambda asked, mood: site(datasets, asked, mood, 5),
        ids=tuple(ids),
        pages=4,
        declared={"options": {"details": False}},
    )
