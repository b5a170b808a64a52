"""A71 to A79: what is logged, declared, kept and published gives nothing away."""

import logging
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from api.app import create_app
from catalog import dump
from catalog.database import Catalog
from catalog.suppression import K, told
from config import load
from config.load import ConfigurationError
from config.settings import Settings
from harvester.portal import portals
from tests.attacks.conftest import Attacked
from tests.journeys.installation import Installation
from tests.journeys.packages import package, packages
from tests.portals_served.plain import Plain, Reply, Seen, plain

SECRET = "quietcanary-secret-1"


def test_a71_no_secret_is_in_what_we_write(
    attacked: Attacked,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("LANDMARK_KEY_SAMPLE", SECRET)
    settings = Settings()
    assert settings.key_of("sample") == SECRET

    def fails(seen: Seen, reply: Reply, server: Plain) -> None:
        reply.send(500, SECRET.encode(), set_cookie=f"session={SECRET}", content_type="text/plain")

    with plain(fails) as server:
        address = f"http://user:{SECRET}@{server.host}/?token={SECRET}"
        source = attacked.source(server.url).model_copy(update={"url": address})
        report = attacked.read(source=source, keys=settings.keys, http_total=0.5)
    assert report.state == "failed"
    attacked.read(package(0, resources=[{"id": "f", "name": "a", "url": f"https://x.example/?sig={SECRET}&a=1"}]))
    sent = {"Authorization": f"Bearer {SECRET}", "Cookie": f"key={SECRET}"}
    answers = [
        attacked.client.get(path, headers=sent).text for path in ("/", "/api/v1/datasets", "/nothing", "/api/v1/runs")
    ]
    told = (
        repr(settings),
        str(settings.model_dump()),
        report.outcome,
        str(report.issues),
        caplog.text,
        *capfd.readouterr(),
        *answers,
    )
    assert [text for text in told if SECRET in text] == []
    with Catalog(attacked.settings.catalog_url) as catalog, catalog.reading() as session:
        rows = b"\n".join(line for line in dump.lines(session) if b'"table":"source"' not in line)
    assert SECRET.encode() not in rows


def test_a72_no_title_writes_to_the_terminal_or_the_log(tmp_path: Path):
    from tests.portals_served import ckan

    home = Installation(tmp_path)
    odd = "Sample \x1b[2J\x1b]0;bad\x07 title\r\nERROR made up [bold]line[/] :bomb: \u202etxt\x9b31m [/nothing]"
    with ckan.serve([package(0, title=odd, notes=odd, organization={"title": odd}), *packages(3)[1:]]) as address:
        home.declare("sample", address)
        home.run("init")
        outputs = [home.run("harvest", "sample")]
        outputs += [home.run(*words) for words in (["search"], ["changes"])]
        found = home.run("search", "--json").json()["items"]
        outputs.append(home.run("show", found[0]["id"]))
    for text in [answer.text for answer in outputs] + [answer.err for answer in outputs]:
        assert not [letter for letter in text if ord(letter) < 32 and letter not in "\r\n"], repr(text)
        assert "\x9b" not in text
        assert "\u202e" not in text
    assert "[bold]line[/] :bomb:" in " ".join(outputs[1].text.split())


def refused(folder: Path, path: str, content: str) -> str:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(content, encoding="utf-8")
    settings = Settings(config_dir=folder)
    with pytest.raises(ConfigurationError) as caught:
        load.sources(settings)
        load.rules(settings)
    return str(caught.value)


RULE = {"id": "bad", "version": 1, "level": "high", "header": ["sample"], "reason": "Sample.", "source": "Sample"}


@pytest.mark.parametrize(
    ("path", "content", "told"),
    [
        ("rules/sensitivity/bad.yaml", yaml.safe_dump([RULE | {"level": "harmless"}]), "level"),
        ("rules/sensitivity/bad.yaml", yaml.safe_dump([RULE | {"lower": True}]), "lower"),
        ("rules/sensitivity/bad.yaml", yaml.safe_dump([RULE | {"level": "-1"}]), "level"),
        ("sources/bad.yaml", "title: !!python/object/apply:os.system ['echo quietcanary']\n", "bad.yaml"),
        ("sources/bad.yaml", "title: &a [*a]\n", "bad.yaml"),
        ("sources/bad.yaml", "kind: hdx\ntitle: Sample\nurl: file:///etc/passwd\n", "url"),
        ("sources/bad.yaml", "kind: hdx\ntitle: [\n", "bad.yaml"),
    ],
)
def test_a73_a_declaration_that_is_wrong_stops_us_and_names_its_place(
    path: str, content: str, told: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    said = refused(tmp_path, path, content)
    assert "bad.yaml" in said
    assert told in said
    assert "quietcanary" not in capfd.readouterr().out


def test_a74_no_source_reads_files_of_this_machine(attacked: Attacked, tmp_path: Path):
    for url in ("../../etc/passwd", "/proc/self/environ", "file:///dev/zero", "C:\\secret"):
        said = refused(tmp_path, "sources/bad.yaml", yaml.safe_dump({"kind": "hdx", "title": "Sample", "url": url}))
        assert "url" in said
        assert "bad.yaml" in said
    schemes = {kind: portal for kind, portal in portals().items() if "file" in kind or "local" in kind}
    assert schemes == {}, "a kind that reads files has to be refused paths out of its folder, here"


def test_a75_a_page_is_written_whole_or_not_at_all(attacked: Attacked):
    calls: list[int] = []

    def dies(page: int) -> None:
        calls.append(page)
        if page == 1:
            raise ConnectionResetError

    attacked.stage.show(packages(20), before_page=dies)
    first = attacked.read()
    assert (first.state, first.run.counts.created) == ("failed", 10)
    attacked.stage.show(packages(20))
    again = attacked.read()
    assert (again.state, again.run.counts.created + again.run.counts.unchanged) == ("complete", 20)
    assert attacked.client.get("/api/v1/datasets").json()["total"] == 20


def test_a76_the_api_answers_from_a_catalog_that_it_cannot_write(attacked: Attacked):
    attacked.read(*packages(3))
    file = attacked.folder / "landmark.db"
    before = file.stat().st_mtime_ns, file.read_bytes()
    paths = (
        "/",
        "/api/v1/datasets",
        "/api/v1/datasets.csv",
        "/api/v1/changes",
        "/api/v1/runs",
        "/api/v1/sources",
        "/readyz",
    )
    assert [attacked.client.get(path).status_code for path in paths] == [200] * len(paths)
    attacked.close()
    assert (file.stat().st_mtime_ns, file.read_bytes()) == before, "reading as the public leaves not a byte"


def test_a76_a_database_opened_for_reading_alone_answers_the_public(attacked: Attacked):
    attacked.read(*packages(3))
    attacked.close()

    def only_read(connection: Any, _: object) -> None:
        connection.execute("pragma query_only=on")

    event.listen(Engine, "connect", only_read)
    try:
        with TestClient(create_app(attacked.settings, public_only=True), raise_server_exceptions=False) as client:
            paths = ("/", "/api/v1/datasets", "/api/v1/datasets.csv", f"/api/v1/datasets/{attacked.id()}", "/readyz")
            assert [client.get(path).status_code for path in paths] == [200] * len(paths)
            assert client.get("/api/v1/datasets").json()["total"] == 3
        with (
            Catalog(attacked.settings.catalog_url) as catalog,
            pytest.raises(OperationalError, match="readonly"),
            catalog.writing() as session,
        ):
            session.connection().exec_driver_sql("delete from dataset")
    finally:
        event.remove(Engine, "connect", only_read)


def test_a77_no_address_gives_out_the_catalog(attacked: Attacked):
    attacked.read(package(0), package(1, private=True, title=SECRET))
    guesses = (
        "backup",
        "dump",
        "debug",
        "export",
        "admin",
        "landmark.db",
        "data/landmark.db",
        "index",
        "var",
        ".git/config",
    )
    for guess in guesses:
        for prefix in ("/", "/api/v1/", "/static/", "/static/../", "/static/%2e%2e/%2e%2e/"):
            answer = attacked.client.get(prefix + guess)
            assert answer.status_code in {401, 404, 405}, prefix + guess
            assert SECRET not in answer.text
    words = {word for path in create_app(attacked.settings).openapi()["paths"] for word in path.split("/")}
    assert words.isdisjoint({"dump", "backup", "debug"})


def test_no_id_of_a_portal_becomes_a_path(attacked: Attacked):
    before = {path for path in attacked.folder.parent.rglob("*") if "index" not in path.parts}
    odd = ("../../bad", "/etc/bad", "C:\\bad", "bad\x00", "a/../../bad", "bad" * 5_000)
    report = attacked.read(*(package(at, id=key, name=key) for at, key in enumerate(odd)))
    assert (report.state, report.run.counts.created) == ("complete", len(odd))
    after = {path for path in attacked.folder.parent.rglob("*") if "index" not in path.parts}
    assert {path.name for path in after - before} <= {"landmark.db-wal", "landmark.db-shm", "http.db"}
    names = [item["name"] for item in attacked.client.get("/api/v1/datasets").json()["items"]]
    assert [name for name in names if "/" in name or "\\" in name or ".." in name] == []


def test_a_broken_database_tells_no_address(attacked: Attacked, caplog: pytest.LogCaptureFixture):
    attacked.read(package(0))
    item = attacked.client.get("/api/v1/datasets").json()["items"][0]["id"]
    with Catalog(attacked.settings.catalog_url) as catalog, catalog.writing() as session:
        session.connection().exec_driver_sql("alter table disclosure rename to quietcanary_gone")
    for path in (f"/api/v1/datasets/{item}", f"/dataset/{item}", "/api/v1/changes", "/readyz"):
        answer = attacked.client.get(path)
        assert answer.status_code in ({500, 503} if path != "/readyz" else {200, 503}), path
        for inside in ("quietcanary", "sqlite", "disclosure", str(attacked.folder), "Traceback"):
            assert inside not in answer.text, path


def test_nothing_sticks_to_a_reader_who_did_not_sign_in(attacked: Attacked):
    attacked.read(package(0), package(1, private=True, title=SECRET))
    first = attacked.client.get("/api/v1/datasets")
    forged = {"Cookie": "session=fixed; landmark=admin", "X-Forwarded-User": "steward", "X-Audience": "full"}
    for sent in ({name: value} for name, value in forged.items()):
        answer = attacked.client.get("/api/v1/datasets", headers=sent)
        assert "set-cookie" not in answer.headers
        assert (answer.status_code, SECRET in answer.text) in {(200, False), (401, False)}
    again = attacked.client.get("/api/v1/datasets")
    assert (again.content, "set-cookie" in first.headers) == (first.content, False)


def test_a78_no_published_figure_gives_a_small_cell_back():
    for sizes in ((1, 0, 0), (2, 1, 9), (4, 9, 9), (9, 9, 9), (0, 0, 2)):
        start = [sum(sizes[:at]) for at in range(3)]
        cells = {name: range(start[at], start[at] + sizes[at]) for at, name in enumerate(("AAA", "BBB", "CCC"))}
        found = told(cells, range(sum(sizes)))
        assert not [name for name in found.cells if len(cells[name]) < K], sizes
        rest = sum(sizes) - sum(len(cells[name]) for name in found.cells)
        assert not found.whole or rest >= K, "the total less the others would tell it"


def test_a79_who_is_not_to_be_named_is_told_by_type(attacked: Attacked):
    name = "Sample Quietcanary Works"
    shown = package(1, organization={"title": name}, notes=f"Sample by {name}.", title=f"Sample survey by {name}")
    hot = {"id": "f", "name": "a.csv", "format": "CSV", "url": "https://files.example/a.csv", "pii_is_sensitive": True}
    attacked.read(shown | {"groups": [{"name": "ukr"}], "resources": [hot]})
    for path in ("/api/v1/datasets", "/", "/api/v1/organizations", "/organizations", "/api/v1/datasets.csv"):
        assert "Quietcanary" not in attacked.client.get(path).text, path
    document = attacked.shown(1)
    assert "Quietcanary" not in str(document)
    assert [one["name"].endswith("(not named)") for one in document["organizations"]] == [True]
