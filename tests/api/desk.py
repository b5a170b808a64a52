"""A register with closed records and a key of each sort, for what is done under keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from api.app import create_app
from catalog import audit, keys
from catalog.database import Catalog
from catalog.keys import NewKey
from catalog.records import AgentRecord, AgentRole, DatasetRecord, LocationRecord
from catalog.rows import dataset_id
from catalog.search.writer import follow
from catalog.vocabulary import Role, Visibility
from config.settings import Settings
from tests.api.conftest import PUBLIC, RECORDS, write

TODAY = datetime.now(UTC).date()
DAY = TODAY + timedelta(days=2)
HOLDER, OTHER, UNSEEN = AgentRecord("Canary Holders"), AgentRecord("Quiet Partners"), AgentRecord("Unseen Bureau", "UB")
HIDDEN = {
    "type": "about:blank",
    "title": "Not Found",
    "status": 404,
    "detail": "There is nothing here that this service may show.",
}


def _record(remote_id: str, visibility: Visibility, iso3: str, holder: AgentRecord) -> DatasetRecord:
    return DatasetRecord(
        remote_id=remote_id, title={"en": f"Sample: Quietcanary {remote_id}"},
        landing_page=f"https://data.example.org/dataset/{remote_id}",
        agents=(AgentRole(holder, Role.HOLDER),), locations=(LocationRecord(iso3),), visibility=visibility,
    )  # fmt: skip


CLOSED = (
    _record("yemen", Visibility.RESTRICTED, "YEM", HOLDER),
    _record("sudan", Visibility.RESTRICTED, "SSD", HOLDER),
    _record("owners", Visibility.OWNER, "YEM", HOLDER),
    _record("others", Visibility.OWNER, "SSD", UNSEEN),
    _record("partners", Visibility.COMMUNITY, "YEM", OTHER),
)
HELD: dict[str, tuple[str, AgentRecord, dict[str, Any]]] = {
    "partner": ("community", OTHER, {}),
    "holder": ("organisation", HOLDER, {}),
    "ada": ("steward", HOLDER, {}),
    "bo": ("steward", OTHER, {}),
    "yemen": ("steward", OTHER, {"countries": ("YEM",)}),
}


@dataclass(frozen=True)
class Desk:
    """The register, served."""

    catalog: Catalog
    client: TestClient
    keys: dict[str, str]

    def get(self, path: str, key: str = "") -> Any:
        return self.client.get(path, headers=self.headers(key))

    def post(self, path: str, key: str = "", /, **asked: Any) -> Any:
        return self.client.post(path, headers=self.headers(key), json=asked)

    def headers(self, key: str) -> dict[str, str]:
        given = self.keys.get(key, key)
        return {"Authorization": f"Bearer {given}"} if given else {}

    def key_id(self, key: str) -> str:
        return self.keys.get(key, key).split("_")[1]

    def id(self, remote_id: str) -> str:
        return str(dataset_id(PUBLIC.key, remote_id))

    def shown(self, key: str) -> set[str]:
        """The closed records that a key is shown, which list and addresses agree on."""
        listed = {item["id"] for item in self.get("/api/v1/datasets?limit=100", key).json()["items"]}
        found = {
            one.remote_id for one in CLOSED if self.get(f"/api/v1/datasets/{self.id(one.remote_id)}", key).is_success
        }
        assert {one.remote_id for one in CLOSED if self.id(one.remote_id) in listed} == found
        return found

    def audited(self) -> list[tuple[str, str, str, str]]:
        """Who did what to what and why, without what is written once a day; the chain holds."""
        with self.catalog.reading() as session:
            assert audit.verify(session) == []
            return [
                (line["actor"], line["action"], line["subject"], line["reason"])
                for line in audit.lines(session)
                if line["action"] != "used a key"
            ]


@contextmanager
def opened(folder: Path) -> Iterator[Desk]:
    (folder / "config" / "sources").mkdir(parents=True)
    settings = Settings(data_dir=folder, database_url="", config_dir=folder / "config", rate_address=0, rate_key=0)
    with Catalog(settings.catalog_url, create=True) as catalog:
        write(catalog, PUBLIC, (*RECORDS, *CLOSED))
        follow(catalog, settings.index_dir)
        made = {}
        for name, (audience, organisation, more) in HELD.items():
            asked = NewKey(name, audience, organisation.name, "Sample purpose.", DAY, **more)
            with catalog.writing() as session:
                made[name] = keys.create(session, asked, "A. Sample")
        with TestClient(create_app(settings), raise_server_exceptions=False) as client:
            yield Desk(catalog, client, made)
