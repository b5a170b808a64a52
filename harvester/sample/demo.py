"""The demonstration: the sample portals through the real pipeline, and one question answered."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import orjson

from catalog import reading
from catalog.database import Catalog
from catalog.query import Page
from catalog.search import Reader
from catalog.viewer import PUBLIC
from catalog.vocabulary import Audience
from config.settings import Settings
from harvester.cli import as_json, exit_code, harvest_all, index, stopping
from harvester.run import Report
from harvester.sample import QUESTION, SENTENCE, SamplePortals


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A harvested sample catalog and the public's answer to one question."""

    settings: Settings
    reports: Sequence[Report]
    sources: Sequence[dict[str, Any]]
    page: Page

    @property
    def exit_code(self) -> int:
        """As ``landmark harvest`` of the same sources would give."""
        return exit_code(self.reports)


@contextmanager
def harvested(*, quiet: bool = False) -> Iterator[Demonstration]:
    """Harvest the sample portals into a catalog of their own, made anew; the portals answer while it is open."""
    folder = Settings().data_dir / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    settings = Settings().model_copy(update={"data_dir": folder, "database_url": ""})
    with SamplePortals() as portals, Catalog(settings.catalog_url, create=True) as catalog:
        with stopping() as stopped:
            reports = harvest_all(catalog, portals.sources(), settings, stopped=stopped, quiet=quiet)
            index(catalog, settings)
        with catalog.reading() as session:
            sources = reading.sources(session, PUBLIC)
        page = Reader(settings.index_dir, Audience.PUBLIC).search(QUESTION, datetime.now(UTC).date())
        yield Demonstration(settings, reports, sources, page)


def show(demonstration: Demonstration, *, as_json_text: bool) -> None:
    """Print counts per source, the question, and who holds what with its access, as the public may know it."""
    answers = [_holding(orjson.loads(body)) for body in demonstration.page.items]
    if as_json_text:
        content = {
            "sources": [as_json(report) for report in demonstration.reports],
            "question": SENTENCE,
            "query": "/api/v1/datasets?" + urlencode([(k, v) for k, vs in QUESTION.selected.items() for v in vs]),
            "total": demonstration.page.total,
            "items": answers,
        }
        sys.stdout.buffer.write(orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")
        return
    print("\nSample content: every record is fictional.")
    for source in demonstration.sources:
        print(f"  {source['title']}: {source['datasets']} public datasets")
    print(f"\n{SENTENCE}")
    for entry in answers:
        print(f"  {', '.join(entry['holders'])}: {entry['title']}")
        print(f"      {entry['access'].replace('_', ' ')}. {' '.join(entry['steps'])}")
    print(f"{demonstration.page.total} datasets in all.\n", flush=True)


def _holding(item: dict[str, Any]) -> dict[str, Any]:
    access = item["access"]
    return {
        "id": item["id"],
        "title": item["title"],
        "holders": item["holders"],
        "access": access["modality"],
        "steps": access["steps"],
        "address": access["address"],
        "level": item["level"]["level"],
    }
