"""A sheet that is had by its address, through the guarded client."""

from pathlib import Path

import pytest

from catalog.register.files import Unreadable
from config.declarations import Source
from config.settings import Settings
from harvester.commands.register import _address, _fetched
from tests.portals_served.plain import Plain, Reply, Seen, plain


def test_a_shared_sheet_is_read_as_its_table():
    shared = "https://docs.google.com/spreadsheets/d/1AbC-x_9/edit?usp=sharing#gid=77"
    assert _address(shared) == "https://docs.google.com/spreadsheets/d/1AbC-x_9/export?format=csv&gid=77"
    assert _address("https://office.example/holdings.csv") == "https://office.example/holdings.csv"


def test_only_a_table_is_taken_and_no_address_within_our_network(tmp_path: Path):
    def script(seen: Seen, reply: Reply, _: Plain) -> None:
        body = b"<!doctype html><title>Sign in</title>" if seen.target.endswith("page") else b"Title,Holder\n"
        reply.send(200, body, content_type="text/csv")

    settings = Settings(data_dir=tmp_path, config_dir=None)
    with plain(script) as server:
        allowed = Source(key="register", kind="register", title="Sample", allow_hosts=(server.host,))
        assert _fetched(f"{server.url}/holdings.csv", allowed, settings) == b"Title,Holder\n"
        with pytest.raises(Unreadable, match="a page for people"):
            _fetched(f"{server.url}/page", allowed, settings)
        with pytest.raises(Unreadable, match="The sheet cannot be had"):
            _fetched(f"{server.url}/holdings.csv", Source(key="register", kind="register", title="Sample"), settings)
    with pytest.raises(Unreadable, match="cannot be read: No such file"):
        _fetched(str(tmp_path / "nothing.xlsx"), allowed, settings)
