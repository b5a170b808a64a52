"""Holdings count datasets once, by who asks; a search goes on counting records."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from catalog import holdings
from catalog.database import Catalog
from catalog.holdings import NONE, Copies
from catalog.organizations import organization, organizations
from catalog.query import DatasetQuery, FacetCount, Page
from catalog.records import AgentRecord, AgentRole, LocationRecord
from catalog.same import follow as link
from catalog.search import Reader, follow
from catalog.viewer import PUBLIC, Viewer, steward
from catalog.vocabulary import Role
from tests.catalog.samples import document
from tests.catalog.test_same import DESK, HUB, TOO, hide, record, write


def of(number: int, organization_: str, *countries: str) -> dict[str, object]:
    return document(
        number,
        organizations=[{"id": organization_, "name": organization_, "acronym": "", "kind": "un", "roles": ["holder"]}],
        countries=list(countries),
    )


def test_of_a_group_one_counts_wherever_it_counts():
    copies = Copies([[of(1, "A", "SSD"), of(2, "A", "SSD", "SDN"), of(3, "B", "SSD")], [of(4, "A", "TCD"), of(5, "A")]])
    counts = (FacetCount("SSD", "South Sudan", 9), FacetCount("TCD", "Chad", 8), FacetCount("SDN", "Sudan", 7))
    assert [(one.value, one.count) for one in copies.once("country", counts)] == [("TCD", 8), ("SSD", 7), ("SDN", 7)]
    theirs = copies.once("country", counts, holdings.names("A"))
    assert [(one.value, one.count) for one in theirs] == [("SSD", 8), ("TCD", 8), ("SDN", 7)]
    assert (copies.surplus(), copies.surplus(holdings.names("A")), copies.surplus(holdings.names("B"))) == (3, 2, 0)
    assert copies.once("organization", (FacetCount("A", "A", 1),))[0].count == 1, "an index that is behind"


def test_the_stamp_tells_what_counts_once_from_what_does_not():
    one, other = Copies([[of(1, "A"), of(2, "A")]]), Copies([[of(1, "A"), of(3, "A")]])
    assert len({one.stamp, other.stamp, NONE.stamp}) == 3
    assert NONE.stamp == ""


def test_organisations_hold_datasets_not_records(catalog: Catalog, tmp_path: Path):
    board, office = AgentRecord("Sample Water Board"), AgentRecord("Sample Survey Office")
    write(catalog, HUB, record("wells"), record("roads", "Sample: roads", distributions=()))
    write(
        catalog,
        DESK,
        record("wells-too", agents=(AgentRole(board, Role.HOLDER), AgentRole(office, Role.PUBLISHER))),
        record("mills", "Sample: mills", distributions=(), locations=(LocationRecord("TCD"),)),
    )
    link(catalog)
    follow(catalog, tmp_path / "index")

    def held(viewer: Viewer) -> tuple[dict[str, tuple[int, int]], tuple[int, int], dict[str, int]]:
        """Datasets and records of each, and of the board, and its datasets by country."""
        reader = Reader(tmp_path / "index", viewer.index)

        def search(query: DatasetQuery) -> Page:
            return reader.search(query, datetime.now(UTC).date(), viewer)

        with catalog.reading() as session:
            copies = holdings.copies(session, viewer)
        listed = organizations(search, copies=copies)
        one = organization(search, "Sample Water Board", copies=copies)
        assert one is not None
        return (
            {count.label: (count.count, listed.records[count.value]) for count in listed.counts},
            (one.datasets, one.page.total),
            {count.value: count.count for count in one.holds["country"]},
        )

    assert held(PUBLIC) == (
        {"Sample Water Board": (3, 4), "Sample Survey Office": (1, 1)},
        (3, 4),
        {"SSD": 2, "TCD": 1},
    )
    hide(catalog, "restricted")
    follow(catalog, tmp_path / "index")
    assert held(PUBLIC) == ({"Sample Water Board": (3, 3)}, (3, 3), {"SSD": 2, "TCD": 1})
    everyone = {"Sample Water Board": (3, 4), "Sample Survey Office": (1, 1)}
    assert held(steward("Sample Steward"))[0] == everyone, "who is shown both counts them once"
    assert UUID(str(TOO))
