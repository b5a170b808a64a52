"""HDX on loopback, by the same CKAN as all its tests. Packages of ``SERVED`` are fictional and a sample."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.journeys.packages import package
from tests.portals_served import ckan
from tests.portals_served.served import RECORDED_SHAPE, Answer, Answers, Asked, Mood, Served

COUNT = 5


def sample(number: int, noise: int) -> dict[str, Any]:
    """A package whose counters, failed looks at files and keeper's name move with the noise; every one is different."""
    made = package(number)
    (resource,) = made["resources"]
    looked = {"state": "failed", "timestamp": f"2026-01-0{noise + 1}T00:00:00", "message": "sample"}
    resource |= {"download_count": noise, "fs_check_info": json.dumps([looked]), "in_quarantine": number == 3}
    more: tuple[dict[str, Any], ...] = (
        {"cod_level": "cod-standard", "groups": [{"name": "ssd"}, {"name": "kaldora"}]},
        {"is_requestdata_type": True, "resources": [], "field_names": ["Sample name", "Sample place"]},
        {"notes": "<p>Sample, <b>marked up</b>.</p>", "dataset_date": "[2020-01-01T00:00:00 TO *]"},
        {"license_id": "hdx-other", "license_title": "Other", "license_other": "Sample terms."},
        {"archived": True, "data_update_frequency": "-1", "methodology": "Other", "methodology_other": "Sample walks."},
    )
    return made | {"maintainer": f"sample-person-{noise}", "total_res_downloads": noise} | more[number]


@lru_cache(2)
def samples(noise: int) -> Answers:
    """The portal with its sample packages."""
    return replaying([sample(number, noise) for number in range(COUNT)])


def replaying(packages: Iterable[Mapping[str, Any]]) -> Answers:
    """A portal that answers every search from these packages, in the order it is asked for."""
    search = ckan.searching(packages)

    def answers(asked: Asked, _: Mood) -> Answer | None:
        if asked.path not in ckan.PATHS:
            return None
        query = asked.json if asked.body else {name: values[0] for name, values in asked.query.items()}
        said = search(query)
        return said and Answer(said[2], said[0], said[1])

    return answers


def answers(asked: Asked, mood: Mood) -> Answer | None:
    """A page of the search."""
    return (replaying([]) if mood.empty else samples(mood.noise))(asked, mood)


SERVED = Served(
    kind="hdx",
    answers=answers,
    ids=tuple(f"00000000-0000-4000-8000-{number:012d}" for number in range(COUNT)),
    shape=RECORDED_SHAPE,
    pages=3,
    declared={"options": {"rows": 2}},
)


def versions(shared: Path) -> dict[str, list[dict[str, Any]]]:
    """The recorded versions of every package, oldest first; ids in the order of the files."""
    folder = shared / "portals" / "hdx"
    found: dict[str, list[dict[str, Any]]] = {}
    for name in ("hdx_package_show_objects.jsonl.gz", "hdx_package_search_response_2024-08-24.json.gz"):
        for one in ckan.load(folder / name):
            found.setdefault(one["id"], []).append(one)
    for every in found.values():
        every.sort(key=lambda one: one["metadata_modified"])
    return found


def RECORDED(shared: Path) -> Served:  # noqa: N802 - enrolled by this name
    """The newest version of every recorded package, in four pages."""
    newest = sorted((every[-1] for every in versions(shared).values()), key=lambda one: one["metadata_created"])
    return Served(
        kind="hdx",
        answers=replaying(newest),
        ids=tuple(one["id"] for one in newest),
        shape=RECORDED_SHAPE,
        pages=4,
        declared={"options": {"rows": 50}},
    )
