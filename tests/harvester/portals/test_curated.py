"""Reviewed entries of systems without an interface."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from catalog.records import AccessRecord, AgentRecord, AgentRole, DatasetRecord, LocationRecord
from catalog.vocabulary import AccessModality, Role
from config import load
from config.declarations import Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import PortalError, RawPage, RawRecord, RecordError, Start
from harvester.portals import curated

SOURCE = Source(key="curated", kind="curated", title="Reviewed entries")
ENTRY: dict[str, Any] = {
    "title": "Sample register of hazardous areas",
    "what": "Sample entry, fictional. Polygons of Kaldora.",
    "holder": "Kaldoran Mine Action Centre",
    "acronym": "KMAC",
    "countries": ["SSD"],
    "access": "bilateral",
    "how": ["Write to the centre, naming the district."],
    "page": "https://kmac.example/register",
    "contact": "info@kmac.example",
    "languages": ["en"],
    "keywords": ["hazardous areas"],
    "verified": "2026-05-02",
    "evidence": "the centre's annual report",
}

UNVERIFIED = (
    "Not verified: nobody has checked lately that this is so. What is said here rests on: the centre's annual report"
)


def read(folder: Path) -> list[RawPage]:
    with Client(SOURCE, Settings(config_dir=folder, http_cache_bytes=0)) as client:
        return list(curated.records(SOURCE, client, Start()))


def write(folder: Path, key: str, **content: object) -> None:
    (folder / "register").mkdir(exist_ok=True)
    (folder / "register" / f"{key}.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")


def test_an_entry_of_ones_own_is_read_beside_the_shipped_ones(tmp_path: Path) -> None:
    write(tmp_path, "kmac-areas", **ENTRY)
    (page,) = read(tmp_path)
    shipped = [entry.key for entry in load.register(Settings(config_dir=None))]
    assert [record.remote_id for record in page.records] == sorted([*shipped, "kmac-areas"])
    assert page.total == len(shipped) + 1
    record = next(record for record in page.records if record.remote_id == "kmac-areas")
    assert curated.normalize(SOURCE, record) == DatasetRecord(
        remote_id="kmac-areas",
        title={"en": "Sample register of hazardous areas"},
        notes={"en": "Sample entry, fictional. Polygons of Kaldora."},
        landing_page="https://kmac.example/register",
        caveats="Last verified 2026-05-02. What is said here rests on: the centre's annual report",
        languages=("en",),
        keywords=("hazardous areas",),
        agents=(AgentRole(AgentRecord("Kaldoran Mine Action Centre", "KMAC"), Role.HOLDER, "info@kmac.example"),),
        locations=(LocationRecord("SSD"),),
        access=(
            AccessRecord(
                AccessModality.BILATERAL,
                ("Write to the centre, naming the district.",),
                "https://kmac.example/register",
            ),
        ),
        series="Holding",
        extra={"sort": "holding", "last verified": "2026-05-02"},
    )


def test_a_system_that_has_ended_says_so_and_where_to_look_today(tmp_path: Path) -> None:
    ended = {"since": "2023", "reason": "The office closed.", "successors": ["hdx", "the sample archive"]}
    write(tmp_path, "former", **ENTRY | {"retired": ended, "verified": None, "holder": ""})
    (record,) = [one for one in read(tmp_path)[0].records if one.remote_id == "former"]
    made = curated.normalize(SOURCE, record)
    assert (made.title, made.notes, made.agents, made.caveats) == (
        {"en": "Sample register of hazardous areas (ended)"},
        {"en": "Sample entry, fictional. Polygons of Kaldora. The office closed."},
        (),
        UNVERIFIED,
    )
    assert made.access[0].steps == (
        "Write to the centre, naming the district.",
        "Today: hdx",
        "Today: the sample archive",
    )
    assert made.extra == {
        "sort": "holding",
        "last verified": "not verified",
        "ended": "2023",
        "successors": "hdx; the sample archive",
    }


def test_a_file_that_cannot_be_used_is_named_with_its_mend(tmp_path: Path) -> None:
    write(tmp_path, "kmac-areas", **ENTRY | {"acess": "open"})
    with pytest.raises(PortalError) as caught:
        read(tmp_path)
    assert caught.value.code == "entry-unreadable"
    assert str(caught.value) == 'register/kmac-areas.yaml: line 2, unknown key "acess". Did you mean "access"?'


def test_an_entry_without_a_title_is_refused() -> None:
    with pytest.raises(RecordError) as caught:
        curated.normalize(SOURCE, RawRecord("a", {"key": "a"}, "register/a.yaml"))
    assert caught.value.code == "no-title"


@pytest.mark.parametrize("entry", load.register(Settings(config_dir=None)), ids=lambda entry: entry.key)
def test_a_shipped_entry_says_how_to_ask_and_on_what_it_rests(entry: Any) -> None:
    made = curated.normalize(SOURCE, RawRecord(entry.key, entry.model_dump(mode="json"), ""))
    assert made.reading_notes == ()
    assert made.access[0].steps
    assert entry.verified is None or entry.verified <= date.today()  # noqa: DTZ011
    assert "not verified" in made.caveats.lower() or str(entry.verified) in made.caveats


def test_every_system_of_the_workshop_without_an_interface_is_there() -> None:
    assert {entry.key for entry in load.register(Settings(config_dir=None))} >= {
        "imsma-core", "gama", "unmas", "landmine-monitor", "jips", "pim", "global-cccm-cluster",
        "global-protection-cluster", "mine-action-aor", "logistics-cluster", "logie", "logistics-capacity-assessments",
        "humanitarianresponse-info", "cartong-im-resource-portal", "humanitarian-insight",
    }  # fmt: skip
