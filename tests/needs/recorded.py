"""Recorded records of ``../shared/portals`` as the public is shown them; nothing of them is kept here."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid5

from catalog.assess import Assessor
from catalog.disclosure import Holding, disclose
from catalog.sensitivity import effective
from catalog.vocabulary import Audience
from config.declarations import Source
from config.load import rules
from config.settings import Settings
from tests.bench.search import NAMESPACE, TODAY
from tests.relevance.corpus import _named
from tests.sameness.recorded import records


def documents(keys: frozenset[str] | None = None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The public's document of each record, by key; of all, or of these alone."""
    assessor = Assessor(rules(Settings()))
    source = Source(key="hdx", kind="hdx", title="HDX", url="https://data.humdata.org", publisher="HDX")
    for key, record in records().items():
        if keys is not None and key not in keys:
            continue
        placed = record if record.locations else replace(record, locations=_named(record))
        assessed = assessor.assess(placed, source, TODAY)
        holding = Holding(
            id=uuid5(NAMESPACE, key), name="", source_key=key.split(":")[0], source_title=key.split(":")[0],
            record=placed, assessment=assessed, level=effective(assessed.assertions),
            titles=assessor.titles, topics=assessor.topics,
        )  # fmt: skip
        yield from ((key, document) for audience, document in disclose(holding) if audience is Audience.PUBLIC)
