"""Recorded records of ``../shared/portals`` by key, as the matcher sees them; nothing of them is kept here.

A key is ``<catalogue>:<identifier>``. ``hdx`` takes the fullest recording of a dataset: a package, else a run of HDX's
freshness check (title, holder, period, file addresses), else a listing (title and holder).
"""

import ast
import csv
import gzip
import json
import re
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from catalog.places import iso3_of
from catalog.records import UNDETERMINED, AgentRecord, AgentRole, DatasetRecord, DistributionRecord, LocationRecord
from catalog.vocabulary import Role
from config.declarations import Source
from harvester.portal import RawRecord, RecordError, SkipRecord
from harvester.portals import hdx

PORTALS = Path(__file__).parent.parent.parent.parent / "shared" / "portals"
HDX = Source(key="hdx", kind="hdx", title="HDX", url="https://data.humdata.org", publisher="HDX")
STAGE = Source(key="hdx-stage", kind="hdx", title="HDX stage", url="https://stage.data-humdata-org.ahconu.org")

Found = Iterator[tuple[str, DatasetRecord]]


def records() -> dict[str, DatasetRecord]:
    """Every recorded record by key; of one key the first reader's, the fullest recording."""
    found: dict[str, DatasetRecord] = {}
    readers = (_packages, _education, _freshness, _listed, _stage, _dtm, _others)
    for reader in readers:
        for key, record in reader():
            found.setdefault(key, record)
    return found


def _packages() -> Found:
    with gzip.open(PORTALS / "hdx" / "hdx_package_show_objects.jsonl.gz", "rt", encoding="utf-8") as lines:
        shown = [json.loads(line)["package"] for line in lines]
    paths = sorted(PORTALS.glob("*/hdx-package-*.json"))
    shown += [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    for package in shown:
        if package:
            yield from _package(HDX, package)


def _package(source: Source, package: Mapping[str, Any]) -> Found:
    try:
        record = hdx.normalize(source, RawRecord(package["id"], hdx.essence(package), ""))
    except (RecordError, SkipRecord):
        return
    yield f"{source.key}:{record.remote_id}", record


def _education() -> Found:
    """The table has one resource of each package; the reprs of nested fields are read as literals."""
    csv.field_size_limit(2**27)
    with gzip.open(
        PORTALS / "hdx" / "hdx_education_packages_2019_all_ckan_fields.csv.gz", "rt", encoding="utf-8", newline=""
    ) as file:
        for row in csv.DictReader(file):
            try:
                nested = {name: ast.literal_eval(row[name] or "[]") for name in ("groups", "organization", "tags")}
            except (SyntaxError, ValueError):
                continue  # four rows are broken by line breaks
            resource = {"id": row["id"], "url": row["url_y"], "format": row["format"], "name": ""}
            package = {**row, **nested, "id": row["package_id"], "resources": [resource] if row["url_y"] else []}
            package["private"] = False
            yield from _package(HDX, package)


def _freshness() -> Found:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "freshness.db"
        with gzip.open(PORTALS / "hdx" / "hdx_freshness_dayN_test_freshness.sqlite.gz") as packed:
            path.write_bytes(packed.read())
        database = sqlite3.connect(path)
        try:
            files: dict[str, list[dict[str, str]]] = {}
            for owner, identifier, name, url in database.execute(
                "SELECT dataset_id, id, name, url FROM dbresources WHERE run_number = 0"
            ):
                files.setdefault(owner, []).append({"id": identifier, "name": name, "url": url})
            packages = [
                {
                    "id": identifier,
                    "name": name,
                    "title": title,
                    "organization": {"name": holder, "title": holder_title},
                    "dataset_date": period,
                    "groups": [{"name": place} for place in (places or "").split(",") if place],
                    "resources": files.get(identifier, []),
                }
                for identifier, name, title, holder, holder_title, period, places in database.execute(
                    "SELECT i.id, i.name, i.title, o.name, o.title, d.dataset_date, i.location FROM dbinfodatasets i"
                    " JOIN dborganizations o ON o.id = i.organization_id"
                    " JOIN dbdatasets d ON d.id = i.id AND d.run_number = 0"
                )
            ]
        finally:
            database.close()
    for package in packages:
        yield from _package(HDX, package)


def _listed() -> Found:
    """Datasets of which only title and holder are recorded; an OpenStreetMap one also has its name."""
    for name, identifier in (
        ("hdx_osm_datasets_2026-02_tags_licence", "dataset_id"),
        ("hdx_sample_2026-02_tags_groups_formats", "dataset_id"),
        ("hdx_catalogue_2026-02_id_title_org", "id"),
    ):
        with gzip.open(PORTALS / "hdx" / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                places = [place for part in row.get("groups", "").split(";") if (place := iso3_of(part.strip()))]
                package = {
                    "id": row[identifier],
                    "name": row.get("name", ""),
                    "title": row["title"],
                    "organization": {"title": row["organization"]},
                    "groups": [{"name": place.lower()} for place in places],
                }
                yield from _package(HDX, package)
    for month in ("2025-07", "2024-02"):
        with gzip.open(PORTALS / "hdx" / f"hdx_data_series_{month}.json.gz", "rt", encoding="utf-8") as file:
            for series in json.load(file):
                for one in series["datasets"]:
                    title = one.get("name") or one.get("key") or one.get("title")
                    yield from _package(HDX, {"id": one["id"], "title": title, "dataseries_name": series["series"]})


def _stage() -> Found:
    """The same catalogue as served by another site."""
    path = PORTALS / "hdx" / "hdx_package_search_response_2024-08-24.json.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for package in json.load(file)["result"]["results"]:
            yield from _package(STAGE, package)


_DTM = "International Organization for Migration (IOM)"


def _dtm() -> Found:
    with (PORTALS / "dtm" / "hdx-dtm-dataset-list-2022.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            name, place = row["Dataset Name"], row["Country ISO"]
            yield made("dtm-list", name, name.replace("-", " "), _DTM, page=row["Dataset URL"], places=[place])
    path = PORTALS / "dtm-web-catalogue" / "dtm_catalogue_snapshot_2026-07-25_first-records.json"
    for row in json.loads(path.read_text(encoding="utf-8")):
        slug = row["slug"]
        yield made(
            "dtm-web",
            slug,
            row["title"],
            _DTM,
            page=f"https://dtm.iom.int/datasets/{slug}",
            places=[row["country_path"].replace("-", " ")],
            files=[row["download_url"] or ""],
        )
    countries: dict[str, str] = {}
    for row in json.loads((PORTALS / "dtm" / "displacement-operation-list.json").read_text(encoding="utf-8"))["result"]:
        slug = re.sub(r"[^a-z0-9]+", "-", row["operation"].lower()).strip("-")
        place, name = row["admin0Pcode"], row["admin0Name"]
        countries[place] = name
        yield made("dtm-api", f"{place}/{slug}", f"{name} - {row['operation']}", _DTM, places=[place])
    for place, name in countries.items():
        yield made("dtm-api", place, f"{name} - Displacement Tracking Matrix (DTM)", _DTM, places=[place])


def _others() -> Found:
    path = PORTALS / "reach-impact" / "impact_resource_centre_UKR_all_resources.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            begun, _, ended = row["collection_date"].partition(" - ")
            period = _day(begun), _day(ended or begun)
            key = row["url"].split("/")[-2]
            yield made(
                "reach", key, row["title"], "REACH Initiative", places=["UKR"], files=[row["url"]], period=period
            )
    for name in ("v2_reports_assessments_preset-latest_with-facets", "v1_reports_page1_connector"):
        for one in json.loads((PORTALS / "reliefweb" / f"{name}.json").read_text(encoding="utf-8"))["data"]:
            fields = one["fields"]
            holder = next((part.get("name") or part.get("shortname") for part in fields.get("source", ())), "")
            yield made(
                "reliefweb",
                str(one["id"]),
                fields["title"],
                holder,
                page=fields.get("url", ""),
                places=[part.get("iso3") or part.get("name") for part in fields.get("country", ())],
                files=[part["url"] for part in fields.get("file", ())],
            )
    path = PORTALS / "unhcr-microdata" / "catalog_latest_limit10000.trimmed.json"
    for one in json.loads(path.read_text(encoding="utf-8"))["result"]:
        yield made("nada", one["id"], one["title"], _UNHCR, page=one["url"], places=[one["nation"]])
    for key, title, holder, page in _INTERFACES:
        yield made(key.split(":")[0], key.split(":")[1], title, holder, page=page)


_UNHCR = "UNHCR - The UN Refugee Agency"
_IDMC, _GIDD = "Internal Displacement Monitoring Centre (IDMC)", "https://helix-tools-api.idmcdb.org/external-api"
_SIND = "https://sind-api.herokuapp.com/hdx/v1"
_INTERFACES = (
    ("idmc:gidd-conflicts", "Global Internal Displacement Database: conflict", _IDMC, f"{_GIDD}/gidd/conflicts/"),
    ("idmc:gidd-disasters", "Global Internal Displacement Database: disasters", _IDMC, f"{_GIDD}/gidd/disasters/"),
    ("idmc:idus", "Internal Displacement Updates (IDU), event data", _IDMC, f"{_GIDD}/idus/all/"),
    ("inform:trends", "INFORM Risk Index", "INFORM", "https://drmkc.jrc.ec.europa.eu/inform-index"),
    ("acaps:inform-severity", "INFORM Severity Index", "ACAPS", "https://api.acaps.org/api/v1/inform-severity-index/"),
    (
        "sind:explosive-weapons",
        "Explosive Weapons Overview",
        "Insecurity Insight",
        f"{_SIND}/explosiveWeaponsOverview",
    ),
    ("sind:protection", "Protection Overview", "Insecurity Insight", f"{_SIND}/protectionOverview"),
    ("sind:food-security", "Food Security Overview", "Insecurity Insight", f"{_SIND}/foodSecurityOverview"),
    (
        "unhcr-odp:situations",
        "Refugee situations: population by country of origin",
        _UNHCR,
        "https://data.unhcr.org/population/get/origin",
    ),
    (
        "hapi:humanitarian-needs",
        "Global Affected People: Humanitarian Needs",
        "HDX Humanitarian API",
        "https://hapi.humdata.org/api/v2/affected-people/humanitarian-needs",
    ),
    (
        "hapi:funding",
        "Global Coordination & Context: Funding",
        "HDX Humanitarian API",
        "https://hapi.humdata.org/api/v2/coordination-context/funding",
    ),
)


def made(
    catalogue: str,
    identifier: str,
    title: str,
    holder: str,
    *,
    page: str = "",
    places: list[str] | None = None,
    files: list[str] | None = None,
    period: tuple[date | None, date | None] = (None, None),
) -> tuple[str, DatasetRecord]:
    """A record of a catalogue that has no portal kind here, with what its recording tells."""
    record = DatasetRecord(
        remote_id=identifier,
        title={UNDETERMINED: title},
        landing_page=page,
        agents=(AgentRole(AgentRecord(holder), Role.HOLDER),) if holder else (),
        locations=tuple(LocationRecord(found) for place in places or () if place and (found := iso3_of(place))),
        distributions=tuple(DistributionRecord(str(at), "", url) for at, url in enumerate(files or ()) if url),
    )
    return f"{catalogue}:{identifier}", replace(record, period_start=period[0], period_end=period[1])


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text.strip(), "%d %B %Y").date()  # noqa: DTZ007
    except ValueError:
        return None
