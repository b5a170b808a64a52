"""What the judged questions are asked of: recorded records of ``../shared`` and the sample portals' public ones.

A key is ``<catalogue>:<identifier>``; none of the recorded text is kept here. Of most recorded datasets only title and
holder are known. Their portal gives each dataset its countries, the listing does not have them: here a dataset
has those that its title names, in every engine alike.
"""

import gc
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid5

import orjson
from sqlalchemy import select

from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.disclosure import Holding, disclose
from catalog.places import country_name, iso3_of
from catalog.records import DatasetRecord, LocationRecord
from catalog.sensitivity import effective
from catalog.tables import CatalogRecord, Disclosure
from catalog.text import tokens
from catalog.vocabulary import Audience
from config.declarations import Source
from config.load import rules
from config.settings import Settings
from harvester.cli import harvest_all
from harvester.sample import SamplePortals
from tests.bench.search import NAMESPACE, TODAY
from tests.sameness.recorded import records

Documents = dict[str, dict[str, Any]]
"""Disclosed documents of the public by key, as :mod:`catalog.disclosure` describes them; ``id`` is ``ids(key)``."""


def documents(folder: Path) -> Documents:
    """The whole corpus, in an order that is always the same; the sample portals are harvested into ``folder``."""
    found = dict(sorted([*_recorded(), *sampled(folder)]))
    for seq, (key, document) in enumerate(found.items(), 1):
        found[key] = {**document, "id": id_of(key), "seq": seq}
    gc.collect()
    return found


def id_of(key: str) -> str:
    """The id under which a key is indexed."""
    return str(uuid5(NAMESPACE, key))


def sampled(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the public is shown of the sample portals."""
    settings = Settings().model_copy(update={"data_dir": folder, "database_url": ""})
    with SamplePortals() as portals, Catalog(settings.catalog_url, create=True) as catalog:
        harvest_all(catalog, portals.sources(), settings, stopped=lambda: False, quiet=True)
        with catalog.reading() as session:
            asked = select(CatalogRecord.source_key, CatalogRecord.remote_id, Disclosure.document).join(
                Disclosure, Disclosure.seq == CatalogRecord.dataset_seq
            )
            rows = session.execute(asked.where(Disclosure.audience == Audience.PUBLIC)).all()
    for source, remote_id, document in rows:
        yield f"{source}:{remote_id}", orjson.loads(document)


def _recorded() -> Iterator[tuple[str, dict[str, Any]]]:
    assessor = Assessor(rules(Settings()))
    source = Source(key="hdx", kind="hdx", title="HDX", url="https://data.humdata.org", publisher="HDX")
    for key, record in records().items():
        placed = record if record.locations else replace(record, locations=_named(record))
        assessed = assessor.assess(placed, source, TODAY)
        holding = Holding(
            id=uuid5(NAMESPACE, key), name="", source_key=key.split(":")[0], source_title=key.split(":")[0],
            record=placed, assessment=assessed, level=effective(assessed.assertions),
            titles=assessor.titles, topics=assessor.topics,
        )  # fmt: skip
        for audience, document in disclose(holding):
            if audience is Audience.PUBLIC:
                yield key, dict(document)


def _named(record: DatasetRecord) -> tuple[LocationRecord, ...]:
    """Countries that the title names in English, French or Spanish, the longest name first."""
    said, found = f" {' '.join(tokens(record.display_title))} ", {}
    for name, iso3 in _country_names():
        if f" {name} " in said:
            found[iso3] = None
            said = said.replace(f" {name} ", " | ")
    return tuple(map(LocationRecord, sorted(found)))


@cache
def _country_names() -> tuple[tuple[str, str], ...]:
    import pycountry

    found: dict[str, str] = {}
    for entry in pycountry.countries:
        said = [country_name(entry.alpha_3, language) for language in ("en", "fr", "es")]
        said += [entry.name, getattr(entry, "common_name", ""), re.sub(r",.*|\(.*", "", entry.name)]
        for name in said:
            if name and iso3_of(name, "name") == entry.alpha_3:
                found[" ".join(tokens(name))] = entry.alpha_3
    for name in ("drc", "rdc", "rd congo", "dr congo", "gaza", "west bank", "syria"):
        found[name] = iso3_of(name) or ""
    return tuple(sorted(found.items(), key=lambda pair: (-len(pair[0]), pair[0])))


def texts(document: Mapping[str, Any]) -> dict[str, str]:
    """What a portal says of a dataset, for engines that know no more: nothing that is inferred here."""
    return {
        "title": " ".join(dict.fromkeys([document["title"], *document["titles"].values()])),
        "keywords": " ".join([*document["keywords"], *map(country_name, document["countries"])]),
        "organizations": " ".join(
            dict.fromkeys(
                name for one in document["organizations"] for name in (one["name"], one.get("acronym") or "") if name
            )
        ),
        "notes": document["notes"] or "",
    }
