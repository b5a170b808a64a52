"""A role of PostgreSQL that serves the public can read nothing that the public may not know."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, inspect, make_url, select, text
from sqlalchemy.exc import ProgrammingError
from starlette.testclient import TestClient

from api.app import create_app
from catalog import same
from catalog.database import Catalog
from catalog.public_role import NoRole, give
from catalog.rows import dataset_id
from catalog.tables import SameLink
from catalog.vocabulary import Visibility
from config.settings import Settings
from tests.api.conftest import PUBLIC, RECORDS, write

ROLE = f"reader_{uuid4().hex[:8]}"
LISTED = replace(
    RECORDS[0], remote_id="listed", title={"en": "Sample: Quietcanary"}, notes={}, visibility=Visibility.LISTED
)


@pytest.fixture
def full(postgresql: Any) -> Iterator[Catalog]:
    address = make_url(postgresql.get_uri()).set(drivername="postgresql+psycopg")
    name = f"c{uuid4().hex}"
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"create database {name}"))
    engine.dispose()
    with Catalog(address.set(database=name).render_as_string(hide_password=False), create=True) as catalog:
        write(catalog, PUBLIC, (RECORDS[0], RECORDS[1], RECORDS[5], LISTED))
        yield catalog


def test_a_public_process_answers_by_a_role_that_can_read_nothing_hidden(full: Catalog, tmp_path: Path) -> None:
    give(full, ROLE)
    give(full, ROLE)
    as_role = full.address.set(username=ROLE, password=None)
    settings = Settings(data_dir=tmp_path, database_url=as_role.render_as_string(hide_password=False), config_dir=None)
    with TestClient(create_app(settings, public_only=True), raise_server_exceptions=False) as client:
        found = client.get("/api/v1/datasets").json()
        assert found["total"] == 3
        [key] = [item["id"] for item in found["items"] if item["mode"] == "ask"]
        assert client.get(f"/api/v1/datasets/{key}").status_code == 200, "it has no name, and is shown all the same"
        key = next(item["id"] for item in found["items"] if item["mode"] != "ask")
        assert client.get(f"/api/v1/datasets/{key}").status_code == client.get(f"/dataset/{key}").status_code == 200
        assert client.get("/").status_code == client.get("/readyz").status_code == 200
        asked = ("/api/v1/coverage", "/api/v1/coverage/SSD", "/coverage", "/coverage/SSD", "/country/SSD", "/holders")
        assert {client.get(path).status_code for path in asked} == {200}
        assert client.post("/coverage/SSD?need=funding", data={}).status_code == 405
        assert {client.get(f"/api/v1/{path}").status_code for path in ("sources", "runs", "changes")} == {503}
        write(
            full,
            PUBLIC,
            (
                replace(RECORDS[0], visibility=Visibility.RESTRICTED, title={"en": "Sample: closed now"}),
                replace(LISTED, visibility=Visibility.OWNER),
            ),
        )
        deadline = 1_000
        while client.get("/api/v1/datasets").json()["total"] != 1:
            deadline -= 1
            assert deadline, "a record that is public no more stays in the index"
    reader = create_engine(as_role)
    with full.engine.connect() as connection:
        tables = inspect(connection).get_table_names()
    with reader.connect() as connection:
        for table in tables:
            with pytest.raises(ProgrammingError, match="permission denied"):
                connection.execute(text(f'select count(*) from public."{table}"'))
            connection.rollback()
        views = inspect(connection).get_view_names("landmark_public")
        told = repr(
            [tuple(connection.execute(text(f'select * from landmark_public."{view}"')).all()) for view in views]
        )
    reader.dispose()
    given = {"catalog_record", "change", "dataset", "disclosure", "link_check", "need_overrule", "same_link", "slug"}
    assert set(views) == {"alembic_version", *given}
    assert "uietcanary" not in told
    assert "closed now" not in told


def test_the_role_is_given_links_between_records_that_the_public_is_shown_whole(full: Catalog, tmp_path: Path) -> None:
    twins = [
        replace(RECORDS[1], remote_id=f"twin-{number}", visibility=visibility)
        for number, visibility in enumerate((Visibility.PUBLIC, Visibility.RESTRICTED, Visibility.LISTED))
    ]
    write(full, PUBLIC, (replace(twins[0], remote_id="twin-of-all"), *twins))
    same.follow(full)
    give(full, ROLE)
    as_role = full.address.set(username=ROLE, password=None)
    settings = Settings(data_dir=tmp_path, database_url=as_role.render_as_string(hide_password=False), config_dir=None)
    reader = create_engine(as_role)
    with reader.connect() as connection:
        seen = connection.execute(text("select first_seq, second_seq from landmark_public.same_link")).all()
        public = set(connection.execute(text("select seq from landmark_public.disclosure")).scalars())
    reader.dispose()
    with full.reading() as session:
        assert len(session.scalars(select(SameLink)).all()) > len(seen) == 3, "of three that are public and alike"
    assert {number for link in seen for number in link} < public
    with TestClient(create_app(settings, public_only=True), raise_server_exceptions=False) as client:
        found = client.get(f"/api/v1/datasets/{dataset_id(PUBLIC.key, 'twin-of-all')}").json()
        elsewhere = {str(dataset_id(PUBLIC.key, key)) for key in ("twin-0", RECORDS[1].remote_id)}
        assert {there["id"] for there in found["also_at"]} == elsewhere


def test_a_role_that_may_do_more_is_refused(full: Catalog, tmp_path: Path) -> None:
    with pytest.raises(NoRole, match="may do more"):
        give(full, str(full.address.username))
    for name in ("x; drop table dataset", "X", ""):
        with pytest.raises(NoRole, match="no name"):
            give(full, name)
    with (
        Catalog(f"sqlite:///{(tmp_path / 'x.db').as_posix()}", create=True) as file,
        pytest.raises(NoRole, match="SQLite"),
    ):
        give(file, ROLE)
