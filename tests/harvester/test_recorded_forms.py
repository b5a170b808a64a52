"""Countries, dates, organisations, languages and formats as real portals wrote them: every recorded one is read."""

import csv
import json
import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.agents import Agents
from catalog.places import iso3_of
from catalog.records import AgentRecord
from config.load import rules
from config.settings import Settings
from harvester.reading.countries import countries
from harvester.reading.dates import DayOrder, epoch, period
from harvester.reading.formats import FORMATS as NAMES_OF_FORMATS
from harvester.reading.formats import format_name
from harvester.reading.languages import languages
from harvester.reading.markup import plain
from tests.harvester.recorded import Value, values

pytestmark = pytest.mark.recorded


@pytest.fixture(scope="module")
def recorded(shared: Path) -> list[Value]:
    return list(values(shared))


def unread(found: list[Value], fault: Callable[[Value], bool]) -> dict[str, set[str]]:
    missed = defaultdict(set)
    for one in found:
        if fault(one):
            missed[f"{one.file}: {one.path}"].add(str(one.value))
    return dict(missed)


COUNTRIES = re.compile(
    r"(^|\.)(countr(y|ies)|country_?name|iso3?|country_?iso3?|country iso|admin0name|admin0pcode|location_code|nation"
    r"|geomaster_name|country_path|recipient-country(\[\])?\.@code|location|customlocationcode)(\[\])?(\.text)?$"
    r"|(^|\.)(countr(y|ies)|groups|locations)(\[\])?\.(name|iso3|title|display_name|shortname)$",
    re.IGNORECASE,
)
NO_COUNTRIES = {
    # A crisis group of HDX's, a region of France's portal, a district below the country, a plan's own "location",
    # and a sample address.
    "csw/pycsw3/capabilities-2.0.2.xml: "
    "Capabilities.ServiceProvider[].ServiceContact[].ContactInfo[].Address[].Country[].text": {"G"},
    "csw/pycsw3/capabilities-3.0.0.xml: "
    "Capabilities.ServiceProvider[].ServiceContact[].ContactInfo[].Address[].Country[].text": {"G"},
    "ckan-other/dkan-french-package_show.json: result[].groups[].name": {"group/region-hauts-de-france"},
    "ckan-other/dkan-french-package_show.json: result[].groups[].title": {"Région Hauts-de-France"},
    "hdx/hdx_package_search_response_2024-08-24.json.gz: result.results[].groups[].display_name": {"Nepal Earthquake"},
    "hdx/hdx_package_search_response_2024-08-24.json.gz: result.results[].groups[].name": {"nepal-earthquake"},
    "hdx/hdx_package_search_response_2024-08-24.json.gz: result.results[].groups[].title": {"Nepal Earthquake"},
    "hpc-tools/v2_fts_flow_plan_overview_progress_2020.json: data.plans[].customLocationCode": {"COVD"},
    "hpc-tools/v2_plan-1185_responseMonitoring.json: data.locations[].name": {"Kabul"},
}


def test_every_recorded_country_is_read(recorded: list[Value]) -> None:
    found = [one for one in recorded if COUNTRIES.search(one.path) and isinstance(one.value, str)]
    assert len(found) > 9_000
    assert unread(found, lambda one: bool(countries(one.value)[1])) == NO_COUNTRIES


def test_every_country_that_hdx_lists_for_its_search_is_read(recorded: list[Value]) -> None:
    said = [str(one.value) for one in recorded if one.path.endswith("solr_additions")]
    listed = [json.loads(text)["countries"] for text in said if re.match(r'{"countries": \[(?!.*\\\\)', text)]
    assert len(listed) > 700
    assert {name for names in listed for name in countries(names)[1]} == {"Nepal Earthquake"}


TERRITORIES = (
    "ALA ANT ATA ATF AZO BES BLM BMU BVT CAI CCK CHI CXR CYM FLK FRO GGY GLI GRL HKG HMD IOT MAC MAF MYT PCN SGS SJM"
    " SPM SXM TCA TKL UMI VGB VIR WLF"
)
"""Of which some name is not known: no portal gave data for one under it."""
NAMES = re.compile(
    r"(Alt Term|Preferred Term|Short|Short Name|Formal|M49 (English|French|Spanish|Russian|Arabic|Chinese))$"
)


def test_no_name_of_hdx_list_of_countries_is_read_as_another(shared: Path) -> None:
    wrong, right, missed = [], 0, []
    with (shared / "portals/hdx/iso3_countries_taxonomy.csv").open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            code = row["ISO 3166-1 Alpha 3-Codes"] or row["x Alpha3 codes"]
            for column, name in row.items():
                if name and NAMES.search(column):
                    read = iso3_of(name, "name")
                    right += read == code
                    missed += [] if read else [code]
                    wrong += [] if read in {None, code} else [(code, column, name, read)]
    assert wrong == []
    assert set(missed) == {"", *TERRITORIES.split()}
    assert right / (right + len(missed)) > 0.97


DATES = re.compile(
    r"(date|time|period|issued|modified|created|changed|temporal|year|month|updated|start|end|_on|_at|since|stamp)s?"
    r"(\[\])?(\.text)?$",
    re.IGNORECASE,
)
MONTH_FIRST = {
    "hdx/hdx_education_packages_2019_all_ckan_fields.csv.gz": "HDX before 2020",
    "hpc-tools/global_coordination_groups_cluster_codes.csv": "a sheet kept in the United States",
}
DAY_FIRST = {
    "ckan-other/dkan-french-package_show.json": "a French DKAN",
    "hpc-tools/v2_plan-1185_responseMonitoring.json": "the plans of HPC Tools",
}


NO_DATES = {
    # Names and rhythms in a date's place, Python's None written out, a month's number, and words beside the real date.
    "dcat/ckanext-dcat-catalog_pod.jsonld: dataset[].@context.temporal": {"http://purl.org/dc/terms/temporal"},
    "dcat/datagov-dcatus-1.1.json: dataset[].modified": {"R/P1M", "R/P1W"},
    "hdx/hdx_python_api_dataset_search_results.yaml: results[].resources[].cache_last_updated": {"None"},
    "hdx/hdx_python_api_dataset_search_results.yaml: results[].resources[].last_modified": {"None"},
    "hdx/hdx_python_api_dataset_search_results.yaml: results[].resources[].webstore_last_updated": {"None,"},
    "iati/iati_1.01_activities_GB-1_CD_excerpt_with_sector_15250.xml: "
    "iati-activities.iati-activity[].transaction[].transaction-date[].text": {
        f"Total Commitment to 30 {month}" for month in ("Mar 2009", "Nov 2013", "Nov 2008", "Sep 2010")
    },
    "unhcr-odp/population_collection-28_geo_id-598.json: data[].month": {"1"},
}


def order(one: Value) -> DayOrder | None:
    return DayOrder.MONTH_FIRST if one.file in MONTH_FIRST else DayOrder.DAY_FIRST if one.file in DAY_FIRST else None


def undated(one: Value) -> bool:
    try:
        if isinstance(one.value, int):
            return epoch(one.value, "ms") is None
        return period(one.value, order(one)) is None
    except ValueError:
        return True


def test_every_recorded_date_is_read(recorded: list[Value]) -> None:
    dated = [
        one
        for one in recorded
        if DATES.search(one.path)
        and (isinstance(one.value, str) or (isinstance(one.value, int) and abs(one.value) > 10**11))
    ]
    assert len(dated) > 9_000
    assert unread(dated, undated) == NO_DATES


ORGANISATIONS = re.compile(
    r"(^organization|organization\.title|source\[\]\.(name|shortname|longname)|source\.name\.data\[\]\.value"
    r"|reportDetails\[\]\.organization|authoring_entity\[\]\.(name|affiliation)|dataset_source|reporting-org\[\]\.text"
    r"|(source|destination)Objects\[\]\.name)$"
)
HOLDERS = {
    "ACAPS": {"ACAPS"},
    "ACLED": {"ACLED", "ACLED Conflict Data Project", "Armed Conflict Location & Event Data Project (ACLED)"},
    "AICMA": {"Dirección para la de Acción Integral contra Minas Antipersonal (DAICMA)"},
    "AOAV": {"Action on Armed Violence"},
    "CCCM": {"CCCM Cluster"},
    "DRC": {"Danish Refugee Council"},
    "HALO": {"HALO Trust"},
    "HDX": {"HDX", "OCHA Centre for Humanitarian Data"},
    "HI": {"Humanity & Inclusion / Handicap International", "Humanity & Inclusion / Handicap International (inactive)"},
    "HPC Tools": {"OCHA Humanitarian Programme Cycle Tools (HPC Tools)"},
    "IDMC": {"IDMC", "Internal Displacement Monitoring Centre (IDMC)"},
    "INFORM": {"INFORM"},
    "IOM": {"IOM", "International Organization for Migration", "International Organization for Migration (IOM)"},
    "Insecurity Insight": {"Insecurity Insight"},
    "JIPS": {"Joint IDP Profiling Service (JIPS) (inactive)"},
    "JRC": {"European Commission, Joint Research Centre (JRC)", "Joint Research Centre of the European Commission"},
    "Logistics Cluster": {"Global Logistics Cluster"},
    "OCHA": {
        "OCHA",
        "OCHA HQ",
        "Office for Coordination of Humanitarian Affairs",
        "UN Office for the Coordination of Humanitarian Affairs",
        "United Nations Office for the Coordination of Humanitarian Affairs",
        "United Nations office for the Coordination of Humanitarian Affairs",
    },
    "REACH": {"REACH", "REACH Initiative"},
    "UNHCR": {
        "Office of the High Commissioner for Refugees",
        "UNHCR",
        "UNHCR - The UN Refugee Agency",
        "United Nations High Commissioner for Refugees",
        "United Nations High Commissioner for Refugees (UNHCR)",
    },
    "UNMAS": {"United Nations Mine Action Service"},
    "iMMAP": {"iMMAP", "iMMAP Inc."},
}
"""Holders of the workshop's table, and every name under which a portal was recorded to give them."""


def test_recorded_organisations_are_one_entity_each(recorded: list[Value]) -> None:
    agents = Agents(rules(Settings()).agents)
    spelt = defaultdict(set)
    for one in recorded:
        if ORGANISATIONS.search(one.path) and isinstance(one.value, str):
            who = agents.resolve(AgentRecord(one.value))
            spelt[who.acronym or who.name].add(one.value.strip())
    assert {name: spelt[name] for name in HOLDERS} == HOLDERS


LANGUAGES = re.compile(r"(language|culture|lang|hreflang)(\[\])?(\.text|\.@resource|\.(name|code))?$", re.IGNORECASE)


def test_every_recorded_language_is_read(recorded: list[Value]) -> None:
    said = [one for one in recorded if LANGUAGES.search(one.path) and "@context" not in one.path]
    assert {one.value: languages(one.value)[0] for one in said} == {
        **dict.fromkeys(("en", "EN", "eng", "ENG", "en-us", "en-US"), ("en",)),
        **dict.fromkeys(("fr", "fre"), ("fr",)),
        **dict.fromkeys(("de", "DE"), ("de",)),
        "ca": ("ca",),
        "es": ("es",),
        "http://id.loc.gov/vocabulary/iso639-1/en": ("en",),
        "http://publications.europa.eu/resource/authority/language/DEU": ("de",),
        "http://publications.europa.eu/resource/authority/language/ENG": ("en",),
    }


FORMATS = re.compile(
    r"(resources|distribution|file|Distribution)\[\]\.(format|mimetype|mediaType)(\[\](\.@resource|\.text))?$"
    r"|file_format$|arcgis-portal.*results\[\]\.type$"
)


def test_every_recorded_format_is_one_of_the_list(recorded: list[Value]) -> None:
    said = {str(one.value) for one in recorded if FORMATS.search(f"{one.file}: {one.path}")}
    read = {word: format_name(word) for word in sorted(said)}
    assert len(read) > 60
    assert {word: name for word, name in read.items() if name not in NAMES_OF_FORMATS} == {
        "None": "",
        "WWW:LINK-1.0-http--link": "WWW:LINK-1.0-HTTP--LINK",
        "application/octet-stream": "",
    }


def test_every_recorded_markup_becomes_text(recorded: list[Value]) -> None:
    written = {one.value for one in recorded if isinstance(one.value, str) and re.search(r"<[a-zA-Z/!]", one.value)}
    assert len(written) > 200
    read = {text: plain(text)[0] for text in written}
    assert [text for text in read.values() if re.search(r"</?[a-zA-Z!?]|&(amp|nbsp|lt|gt|quot|#\d+);", text)] == []
    assert [text for text, plainly in read.items() if not plainly] == []
