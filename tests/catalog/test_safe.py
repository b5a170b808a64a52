"""Safe products: told with the closed holding that they are made of, to who is shown both. All is fictional."""

from dataclasses import replace

from catalog import safe
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.records import DatasetRecord, RelationRecord
from catalog.rows import dataset_id
from catalog.viewer import PUBLIC, breaking_glass, community, steward
from catalog.vocabulary import RelationKind, Visibility
from config.declarations import Source
from tests.catalog.test_links import SOURCE, write

CLOSED = DatasetRecord(remote_id="areas", title={"en": "Sample: areas"})
MADE = (RelationRecord(RelationKind.SAFE_PRODUCT_OF, "areas"), RelationRecord(RelationKind.BASED_ON, "areas"))
TOTALS = DatasetRecord(remote_id="totals", title={"en": "Sample: totals"}, relations=MADE)
OTHERS = Source(key="others", kind="ckan", title="Others", url="https://others.example")


def test_products_are_told_by_title_to_who_is_shown_them(catalog: Catalog, assessor: Assessor):
    partners = replace(TOTALS, remote_id="p", title={"en": "Sample: grid"}, visibility=Visibility.COMMUNITY)
    stewards = replace(TOTALS, remote_id="s", title={"en": "Sample: steps"}, visibility=Visibility.RESTRICTED)
    owners = replace(TOTALS, remote_id="o", title={"en": "Sample: own"}, visibility=Visibility.OWNER)
    listed = replace(TOTALS, remote_id="l", title={"en": "Sample: listed"}, visibility=Visibility.LISTED)
    based = replace(TOTALS, remote_id="b", title={"en": "Sample: based"}, relations=MADE[1:])
    write(catalog, assessor, CLOSED, TOTALS, partners, stewards, owners, listed, based)
    write(catalog, assessor, TOTALS, source=OTHERS)
    viewers = (PUBLIC, community("Sample Partner"), steward("Ada"), breaking_glass("Ada"))
    with catalog.reading() as session:
        id_ = str(dataset_id(SOURCE.key, "areas"))
        told = [
            [one["title"].removeprefix("Sample: ") for one in safe.products(session, viewer, id_)] for viewer in viewers
        ]
        nothing = [safe.products(session, PUBLIC, str(dataset_id(SOURCE.key, key))) for key in ("totals", "never")]
        [first, *_] = safe.products(session, PUBLIC, id_)
    assert told == [
        ["totals"],
        ["grid", "listed", "totals"],
        ["grid", "listed", "steps", "totals"],
        ["grid", "listed", "steps", "totals"],
    ]
    assert nothing == [[], []]
    made = str(dataset_id(SOURCE.key, "totals"))
    assert first == {"id": made, "name": f"sample-totals-{made[:8]}", "title": "Sample: totals", "access": "unknown"}
