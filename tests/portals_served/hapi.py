"""HDX HAPI v2 on loopback, in the shape of the server's published code. Datasets, files and dates are fictional."""

from base64 import b64decode
from typing import Any

from tests.portals_served.served import Answer, Asked, Mood, Served

KEY = "c2FtcGxlLXJlZ2lzdGVyOmluZm9Ac2FtcGxlLmV4YW1wbGU="
"""What HAPI makes of the name ``sample-register`` and a mailbox."""
LIMIT = 3
"""Rows of a page at the most, whatever is asked for."""
IDPS = "11111111-aaaa-4aaa-8aaa-000000000001"
NEEDS = "11111111-aaaa-4aaa-8aaa-000000000002"
RETURNS = "11111111-aaaa-4aaa-8aaa-000000000003"
FILES = {IDPS: "22222222-aaaa-4aaa-8aaa-000000000001", NEEDS: "22222222-aaaa-4aaa-8aaa-000000000002"}
STUBS = {IDPS: "sample-idps", NEEDS: "sample-needs-sudan", RETURNS: "sample-returns"}


def dataset(identifier: str) -> dict[str, Any]:
    """A row of ``metadata/dataset``."""
    return {
        "dataset_hdx_id": identifier,
        "dataset_hdx_stub": STUBS[identifier],
        "dataset_hdx_title": f"{STUBS[identifier].replace('-', ' ').title()} (fictional)",
        "hdx_provider_stub": "sample-provider",
        "hdx_provider_name": "Sample Provider",
        "hdx_link": f"https://exchange.example/dataset/{identifier}",
    }


def resource(identifier: str, of: str, name: str, **more: Any) -> dict[str, Any]:
    """A row of ``metadata/resource``."""
    plain = {
        "resource_hdx_id": identifier,
        "dataset_hdx_id": of,
        "name": name,
        "format": "XLSX",
        "update_date": "2026-08-01T09:30:00",
        "is_hxl": True,
        "download_url": f"https://exchange.example/dataset/{of}/resource/{identifier}/download/{name}",
        "hapi_updated_date": "2026-09-07T01:33:17.350664",
        "dataset_hdx_stub": STUBS.get(of, ""),
        "dataset_hdx_title": f"{STUBS.get(of, '').replace('-', ' ').title()} (fictional)",
        "dataset_hdx_provider_stub": "sample-provider",
        "dataset_hdx_provider_name": "Sample Provider",
    }
    return plain | more


def cover(category: str, subcategory: str, place: str, *codes: str, day: str = "2026-09-07") -> dict[str, Any]:
    """A row of ``metadata/data-availability``; ``codes`` of the first and second level."""
    first, second = (*codes, None, None)[:2]
    return {
        "category": category,
        "subcategory": subcategory,
        "location_code": place,
        "location_name": f"Name of {place}",
        "admin1_code": first,
        "admin1_name": first and f"Area {first}",
        "admin2_code": second,
        "admin2_name": second and f"Area {second}",
        "hapi_updated_date": f"{day}T01:33:17.350664",
    }


DATASETS = [dataset(one) for one in (IDPS, NEEDS, RETURNS)]
RESOURCES = [
    resource(FILES[IDPS], IDPS, "sample_idps.xlsx"),
    resource(
        "22222222-aaaa-4aaa-8aaa-000000000009", IDPS, "sample_idps_old.csv", format="CSV", update_date="2024-01-05"
    ),
    resource(FILES[NEEDS], NEEDS, "sample_needs.xlsx", update_date="2026-02-10T00:00:00"),
]
AVAILABLE = [
    cover("affected-people", "humanitarian-needs", "SDN", day="2026-03-01"),
    cover("affected-people", "humanitarian-needs", "SDN", "SD01", "SD01001", day="2026-03-01"),
    cover("affected-people", "humanitarian-needs", "SDN", "SD01", day="2026-03-01"),
    cover("affected-people", "idps", "AFG", "AF01"),
    cover("affected-people", "idps", "SDN"),
    cover("affected-people", "idps", "UKR"),
    cover("coordination-context", "funding", "SDN"),
    cover("food-security-nutrition-poverty", "sample-gone", "SDN"),
]
"""Funding's rows come from a file that no list has; ``sample-gone`` is not there to be asked."""
THEMES = {
    "/affected-people/humanitarian-needs": {"SDN": FILES[NEEDS]},
    "/affected-people/idps": {"AFG": FILES[IDPS], "SDN": FILES[IDPS], "UKR": FILES[IDPS]},
    "/coordination-context/funding": {"SDN": "33333333-aaaa-4aaa-8aaa-000000000001"},
}


def is_identifier(text: str) -> bool:
    """Whether it is base64 of a name and a mailbox, as HAPI checks it."""
    try:
        return "@" in b64decode(text, validate=True).decode().split(":")[1]
    except (ValueError, IndexError):
        return False


def answers(asked: Asked, mood: Mood) -> Answer | None:
    """Lists and themes; what is not known among the parameters is ignored without a word."""
    identifier = asked.one("app_identifier") or asked.headers.get("x-hdx-hapi-app-identifier", "")
    if not is_identifier(identifier):
        return Answer({"error": "Invalid app identifier" if identifier else "Missing app identifier"}, 403)
    first, most = int(asked.one("offset", "0")), min(LIMIT, int(asked.one("limit", "1000")))
    place = asked.one("location_code")
    if asked.path == "/metadata/data-availability":
        rows = [row for row in AVAILABLE if place in ("", row["location_code"])]
    elif asked.path == "/metadata/dataset":
        rows = DATASETS
    elif asked.path == "/metadata/resource":
        rows = [row | {"hapi_updated_date": f"2026-09-0{1 + mood.noise}T01:33:17"} for row in RESOURCES]
    elif asked.path in THEMES:
        of = THEMES[asked.path]
        rows = [
            {"location_code": code, "admin_level": 0, "population": 7 + mood.noise, "resource_hdx_id": of[code]}
            for code in of
            if place in ("", code)
        ]
    else:
        return None
    return Answer({"data": [] if mood.empty else rows[first : first + most]})


SERVED = Served(
    kind="hapi",
    answers=answers,
    ids=(f"{NEEDS}/affected-people/humanitarian-needs", f"{IDPS}/affected-people/idps"),
    pages=4,
    key=KEY,
    path="/api/v2",
    declared={"options": {"hdx": "https://exchange.example"}},
)
