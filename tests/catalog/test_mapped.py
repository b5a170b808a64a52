"""Hashtags of HXL's draft of 2014 stay as the source writes them, and have one of today beside them."""

from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.records import ColumnRecord
from catalog.vocabulary import Audience
from tests.catalog.test_inferred import tags, with_columns
from tests.catalog.test_store import shown, write


def test_a_hashtag_of_2014_is_mapped(catalog: Catalog, assessor: Assessor) -> None:
    record = with_columns(
        ColumnRecord("", 0, "Region code", "#adm1_id"),
        ColumnRecord("", 1, "Latitude", "#lat_deg"),
        ColumnRecord("", 2, "Region", "#adm1"),
    )
    write(catalog, assessor, record)
    document = shown(catalog, Audience.PUBLIC)
    assert tags(document) == [
        [("#adm1_id", "declared", "portal", 1.0), ("#adm1+code", "mapped", "hxl 2014: #adm1_id", 1.0)],
        [("#lat_deg", "declared", "portal", 1.0), ("#geo+lat", "mapped", "hxl 2014: #lat_deg", 1.0)],
        [("#adm1", "declared", "portal", 1.0)],
    ]
    assert document["tags"] == [
        {"tag": "#adm1", "origin": "declared"},
        {"tag": "#adm1+code", "origin": "mapped"},
        {"tag": "#adm1_id", "origin": "declared"},
        {"tag": "#geo+lat", "origin": "mapped"},
        {"tag": "#lat_deg", "origin": "declared"},
    ]
