"""IOM's HNA API on loopback, in the shape its own client documents. Indicators and figures are fictional samples."""

from typing import Any

from tests.portals_served.served import Answer, Asked, Mood, Served

KEY = "sample-hna-key-0001"
LISTS = "/HNA/v1"
MISSING = {"statusCode": 401, "message": "Access denied due to invalid subscription key. Sample answer."}
COUNTRIES = (
    {"admin0Name": "Ukraine", "admin0Pcode": "UKR"},
    {"admin0Name": "Nigeria", "admin0Pcode": "NGA"},
    {"admin0Name": "Haiti", "admin0Pcode": "HTI", "years": "2021, 2023"},
)
"""Haiti's years are listed; the others are found by asking."""


def indicator(category: str, name: str, description: str, data_type: str = "Float") -> dict[str, str]:
    """A row of the catalog."""
    return {
        "indicator_category": category,
        "indicator_name": name,
        "description": description,
        "data_type": data_type,
    }


CATALOG = [
    indicator("Place", "m1_meta_adm0_pcode", "Country code", "String"),
    indicator("Place", "m2_meta_adm2_pcode", "Code of the second-level area", "String"),
    indicator("Year of assessment", "year", "Year of the sample assessment", "Integer"),
    indicator("Sample needs", "pct_hh_food", "Share of households that name food (sample)"),
    indicator("Sample hazards", "pct_hh_ordnance", "Share of households that saw explosive ordnance (sample)"),
]


def row(code: str, year: int, **more: Any) -> dict[str, Any]:
    """A row of figures by second-level area; the figure is made up."""
    return {"m1_meta_adm0_pcode": code, "m2_meta_adm2_pcode": f"{code}001", "year": year, **more}


FIGURES: dict[tuple[str, int], list[dict[str, Any]]] = {
    ("NGA", 2022): [row("NGA", 2022, pct_hh_food=0.5), row("NGA", 2022, pct_hh_food=None)],
    ("NGA", 2024): [row("NGA", 2024, pct_hh_food=0.5, pct_hh_ordnance=0.1)],
    ("HTI", 2023): [row("HTI", 2023, pct_hh_food=0.5, pct_hh_new=0.2)],
    ("UKR", 2025): [row("UKR", 2025, pct_hh_ordnance=0.1)],
}


def wrapped(rows: list[Any], total: int | None = None, **changes: Any) -> dict[str, Any]:
    """Rows as admin2 wraps them."""
    pages = {"page": 1, "pageSize": 100, "totalItems": len(rows) if total is None else total, "hasNextPage": False}
    inner = {"data": rows, "pagination": pages}
    success = {"statusCode": 200, "isSuccess": True, "errorMessages": [], "totalRecordsCount": len(rows)}
    return {"result": {"result": inner, **success} | changes, "id": 103, "exception": None, "status": 5}


def answers(asked: Asked, mood: Mood) -> Answer | None:
    """Bare lists, and rows wrapped twice; a year that was never assessed has none."""
    if asked.headers.get("ocp-apim-subscription-key") != KEY:
        return Answer(MISSING, 401)
    if asked.path == f"{LISTS}/catalog":
        return Answer([] if mood.empty else CATALOG)
    if asked.path == f"{LISTS}/country-list":
        return Answer([] if mood.empty else COUNTRIES)
    if asked.path == f"{LISTS}/admin2" and asked.one("Page") == "1":
        rows = FIGURES.get((asked.one("Admin0Pcode"), int(asked.one("Year"))), [])
        moved = [
            {name: value + mood.noise if type(value) is float else value for name, value in one.items()} for one in rows
        ]
        return Answer(wrapped(moved, 117 if rows else 0) | {"id": 103 + mood.noise})
    return None


SERVED = Served(
    kind="dtm-hna",
    answers=answers,
    ids=("HTI/2023", "NGA/2022", "NGA/2024", "UKR/2025"),
    pages=3,
    key=KEY,
)
