"""A fictional catalog of which some needs are met in South Sudan, some by what is hidden, some nearly."""

from datetime import UTC, datetime, timedelta

from catalog.database import Catalog
from catalog.records import (
    AccessRecord,
    AgentRecord,
    AgentRole,
    ColumnRecord,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
)
from catalog.vocabulary import AccessModality, Role, Visibility
from config.declarations import Source
from config.load import rules
from config.settings import Settings
from tests.api.conftest import write

NOW = datetime.now(UTC)
TODAY = NOW.date()
PORTAL = Source(key="sample-ckan", kind="ckan", title="Sample: data exchange", url="https://data.example.org")
MIRROR = PORTAL.model_copy(update={"key": "sample-mirror", "title": "Sample: mirror"})
TRACKING, CENTRE, HIDERS = (
    AgentRecord("Sample Tracking"),
    AgentRecord("Sample Mine Centre"),
    AgentRecord("Quiet Hiders"),
)
FILE = DistributionRecord(key="file", name="table.xlsx", url="https://data.example.org/table.xlsx", format="XLSX")
SEXES = (ColumnRecord("", 0, "Women", "#affected+f"), ColumnRecord("", 1, "Age", "#affected+age"))


def record(
    remote_id: str, title: str, iso3: str = "SSD", agent: AgentRecord = TRACKING, **more: object
) -> DatasetRecord:
    """A record that is open, of admin 2, recent and kept up, unless it is said otherwise."""
    given: dict[str, object] = {
        "remote_id": remote_id,
        "title": {"en": f"Sample: {title}"},
        "landing_page": f"https://data.example.org/dataset/{remote_id}",
        "agents": (AgentRole(agent, Role.HOLDER, "info@data.example.org"),),
        "locations": (LocationRecord(iso3, 2),),
        "modified": NOW - timedelta(days=9),
        "period_start": TODAY - timedelta(days=200),
        "period_end": TODAY - timedelta(days=20),
        "update_frequency": 30,
        "access": (AccessRecord(AccessModality.OPEN, ("Download it.",)),),
        "distributions": (FILE,),
    }
    return DatasetRecord(**(given | more))  # type: ignore[arg-type]


RECORDS = (
    record("displaced", "Displaced people in South Sudan by county"),
    record("returnees", "Returnees in South Sudan", locations=(LocationRecord("SSD", 0),)),
    record("next-door", "Land use in Uganda", "UGA", CENTRE),
    record(
        "casualties", "Landmine casualties in South Sudan", agent=CENTRE, visibility=Visibility.LISTED,
        distributions=(),
    ),
    record(
        "land-use", "Land use in South Sudan", agent=CENTRE,
        access=(AccessRecord(AccessModality.NOT_SHARED, ("Ask the centre.",)),),
    ),
    record("damage", "Damaged buildings in South Sudan", update_frequency=None, locations=(LocationRecord("SSD"),)),
    record("roads", "Roads of South Sudan", period_end=TODAY - timedelta(days=4000), period_start=None),
)  # fmt: skip
HIDDEN = record(
    "quietcanary", "Quietcanary mine risk education in South Sudan", agent=HIDERS, visibility=Visibility.RESTRICTED,
    distributions=(DistributionRecord("f", "t.xlsx", "https://data.example.org/t", format="XLSX", columns=SEXES),),
)  # fmt: skip


def fill(catalog: Catalog, *more: DatasetRecord, source: Source = PORTAL) -> None:
    """Harvest by hand, by the shipped rules."""
    write(catalog, source, (*RECORDS, *more), rules=rules(Settings()))
