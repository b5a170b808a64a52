"""A01 to A07: addresses that portals name are never opened, and where we do connect is checked."""

import builtins
import io
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from config.declarations import Source
from config.settings import Settings
from harvester.http import Client, Limits
from harvester.portal import PortalError
from harvester.reading.addresses import web_address
from tests.attacks.conftest import Attacked
from tests.journeys.packages import package
from tests.portals_served.plain import Plain, Reply, Seen, plain


def resource(*addresses: str) -> list[dict[str, Any]]:
    return [
        {"id": f"f{at}", "name": f"sample-{at}.csv", "format": "CSV", "url": url} for at, url in enumerate(addresses)
    ]


def client(*allowed: str, **more: Any) -> Client:
    source = Source(key="sample", kind="hdx", title="Sample", url="https://portal.example", allow_hosts=allowed)
    return Client(source, Settings(), more.pop("limits", None), **{"sleep": lambda _: None, **more})


def asked_everywhere(attacked: Attacked) -> list[int]:
    """The statuses of every way in which a record with these files is shown."""
    served = attacked.client
    (item,) = served.get("/api/v1/datasets").json()["items"]
    paths = ["", ".csv", ".xlsx", f"/{item['id']}"]
    answers = [served.get(f"/api/v1/datasets{path}") for path in paths]
    answers += [served.get(f"/dataset/{item['name']}"), served.get("/api/v1/changes")]
    return [answer.status_code for answer in answers]


def test_a01_a_file_on_this_machine_is_not_fetched(attacked: Attacked, canary: Plain):
    report = attacked.read(package(0, resources=resource(f"{canary.url}/", f"{canary.url}/peek.csv")))
    assert (report.state, report.run.counts.created) == ("complete", 1)
    assert asked_everywhere(attacked) == [200] * 6
    assert canary.seen == []


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Whom this process connects to over IP."""
    made: list[tuple[str, int]] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            made.append(address[:2])
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    return made


def test_a02_a_clouds_metadata_is_not_asked(attacked: Attacked, connections: list[tuple[str, int]]):
    attacked.read(package(0, resources=resource("http://169.254.169.254/latest/meta-data/")))
    assert asked_everywhere(attacked) == [200] * 6
    with client("169.254.169.254:80") as landmark, pytest.raises(PortalError) as refused:
        landmark.get_text("http://169.254.169.254/latest/meta-data/")
    assert refused.value.code == "host-refused"
    assert {host for host, _ in connections} == {"127.0.0.1"}, "the portal alone"


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0177.1", "0x7f.1", "0x7f000001", "127.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::1]"],
)
def test_a03_this_machine_is_refused_however_it_is_written(host: str, canary: Plain):
    with client() as landmark, pytest.raises(PortalError) as refused:
        landmark.get_text(f"http://{host}:{canary.port}/")
    assert (refused.value.code, canary.seen) == ("host-refused", [])


def test_a04_a_name_cannot_change_its_meaning_between_check_and_connection(canary: Plain):
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[Any]:
        asked.append(host)
        address = "127.0.0.1" if len(asked) > 1 else "10.0.0.1"
        return [(2, 1, 6, "", (address, port))]

    with client(resolve=rebinding) as landmark, pytest.raises(PortalError) as refused:
        landmark.get_text(f"http://portal.example:{canary.port}/")
    assert (refused.value.code, asked) == ("host-refused", ["portal.example"])
    asked.clear()
    name = f"portal.example:{canary.port}"

    def once(host: str, port: int) -> list[Any]:
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1" if len(asked) == 1 else "169.254.169.254", port))]

    with client(name, resolve=once) as landmark:
        assert landmark.get_text(f"http://{name}/") == "quietcanary"
    assert asked == ["portal.example"], "what was checked is what was connected to"


def test_a05_each_hop_is_checked_counted_and_told_no_secret(canary: Plain):
    def sends_on(seen: Seen, reply: Reply, server: Plain) -> None:
        place = {"/inside": f"http://[::ffff:127.0.0.1]:{canary.port}/", "/other": f"{other.url}/end"}
        number = seen.target.rpartition("/")[2]
        reply.send(302, location=place.get(seen.target) or f"/hop/{int(number) + 1}")

    def ends(seen: Seen, reply: Reply, server: Plain) -> None:
        reply.send(200, b"sample", content_type="text/plain")

    codes = []
    with plain(ends) as other, plain(sends_on) as server, client(server.host, other.host) as landmark:
        for path in ("/inside", "/hop/0"):
            with pytest.raises(PortalError) as refused:
                landmark.get_text(server.url + path)
            codes.append(refused.value.code)
        hops = len(server.seen) - 1
        assert landmark.get_text(f"{server.url}/other", headers={"Authorization": "hidden"}) == "sample"
        assert [seen.headers.get("authorization") for seen in other.seen] == [None]
    assert (codes, hops, canary.seen) == (["host-refused", "too-many-redirects"], Limits().redirects + 1, [])


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://files.example/a.csv",
        "gopher://files.example/1",
        "data:text/csv,a",
        "jar:http://x!/a",
    ],
)
def test_a06_only_the_web_is_read_and_linked(url: str, attacked: Attacked, monkeypatch: pytest.MonkeyPatch):
    opened: list[str] = []

    def noting(kept: Callable[..., Any]) -> Callable[..., Any]:
        def noted(file: Any, *arguments: Any, **named: Any) -> Any:
            opened.append(str(file))
            return kept(file, *arguments, **named)

        return noted

    for module in (builtins, io):
        monkeypatch.setattr(module, "open", noting(module.open))
    with Path(os.devnull).open() as _:
        assert opened == [os.devnull], "what is opened is noted"
    with client() as landmark, pytest.raises(PortalError) as refused:
        landmark.get_text(url)
    report = attacked.read(package(0, resources=resource(url)))
    assert refused.value.code == "scheme-refused"
    assert [issue.code for issue in report.issues] == ["address-unreadable"]
    assert [file["url"] for file in attacked.shown()["distributions"]] == [""]
    assert [name for name in opened if name.endswith("passwd")] == []


def test_a07_no_password_and_no_token_of_an_address_is_kept(attacked: Attacked):
    secret = "quietcanary"
    shown = package(
        0,
        notes=f"Sample: https://user:{secret}@files.example/a, https://files.example/?q=1&access_token={secret}.",
        resources=resource(
            f"https://user:{secret}@files.example/a.csv",
            f"https://files.example/a.csv?token={secret}&page=2",
            f"https://files.example/a.csv?x=1&X-Amz-Signature={secret}&X-Amz-Credential={secret}#part",
            f"https://files.example/a.csv?page=2&api_key={secret}",
        ),
    )
    report = attacked.read(shown)
    assert (report.state, secret in attacked.stored()) == ("complete", False)
    document = attacked.shown()
    assert secret not in orjson.dumps(document).decode()
    assert [file["url"] for file in document["distributions"]] == [
        "https://files.example/a.csv",
        "https://files.example/a.csv?token=***&page=2",
        "https://files.example/a.csv?x=1&X-Amz-Signature=***&X-Amz-Credential=***#part",
        "https://files.example/a.csv?page=2&api_key=***",
    ]
    assert web_address(f"https://user:{secret}@files.example/a.csv") == "https://files.example/a.csv"
