"""The indicator sheet, as it can be put into a work plan."""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import pandas as pd
from sqlalchemy.orm import Session

from catalog.export import cell
from catalog.places import country_name
from catalog.sharing import figures
from catalog.sharing.cells import ALL
from catalog.viewer import Viewer
from config.indicators import Indicators

COLUMNS = ("Indicator", "Definition", "Source", "Unit", "Better", "Baseline", "Target", "Country", "Newest", "On", "Of")


def written(session: Session, known: Indicators, viewer: Viewer, country: str, suffix: str) -> bytes:
    """The sheet as a viewer is told it, in the format of a file name's ending (:data:`WRITERS`)."""
    rows = list(_rows(session, known, viewer, country))
    return WRITERS[suffix](pd.DataFrame(rows, columns=list(COLUMNS), dtype=object))


def _rows(session: Session, known: Indicators, viewer: Viewer, country: str) -> list[tuple[Any, ...]]:
    place = country_name(country) if country else "All countries"
    rows = []
    for one in known.indicators:
        if figures.shown(one, viewer):
            values = figures.series(session, viewer, one, country or ALL)
            newest = values[-1] if values else None
            value = newest.value if newest else None
            told = (value, newest.day.isoformat() if newest else "", newest.of if newest else None)
            said = (one.name, one.definition, one.source, one.unit, one.better, one.baseline, one.target, place)
            rows.append((*map(cell, said), *told))
    return rows


def _csv(table: pd.DataFrame) -> bytes:
    return bytes(table.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig"))


def _xlsx(table: pd.DataFrame) -> bytes:
    body = BytesIO()
    with pd.ExcelWriter(body, engine="openpyxl") as writer:
        table.to_excel(writer, index=False, sheet_name="Indicators", freeze_panes=(1, 1))
        page = writer.sheets["Indicators"]
        page.auto_filter.ref = page.dimensions
        for letter, width in zip("ABCDEFGHIJK", (34, 70, 34, 9, 9, 14, 14, 20, 10, 12, 10), strict=True):
            page.column_dimensions[letter].width = width
    return body.getvalue()


WRITERS: Mapping[str, Callable[[pd.DataFrame], bytes]] = {".xlsx": _xlsx, ".csv": _csv}
