import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from catalog.database import Catalog
from catalog.levels import raise_level
from catalog.records import AgentRecord, AgentRole, ColumnRecord, DistributionRecord, LocationRecord
from catalog.rows import dataset_id
from catalog.vocabulary import Level, Role
from config.settings import Settings
from tests.api.conftest import PUBLIC, RECORDS, Shelf, write

BANNER = "Sample content: every record here is fictional."


class _Read(HTMLParser):
    """What a reader gets: text, links by text, and the tags used."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.text = re.sub(r"\s+", " ", " ".join(self.words))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def links(self) -> list[str]:
        return [str(attributes["href"]) for tag, attributes in self.tags if tag == "a"]


@pytest.mark.parametrize("address", ["/", "/?q=displacement&country=SSD", "/organizations", "/runs", "/docs", "/no"])
def test_every_page_is_small_static_and_says_that_it_is_a_sample(client: TestClient, address: str):
    answer = client.get(address)
    page = _Read(answer.text)
    assert len(answer.content) < 50_000
    assert BANNER in page.text
    used = {tag for tag, _ in page.tags}
    assert not used & {"script", "style", "iframe", "object"}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on") or name == "style"]
    assert ("html", {"lang": "en"}) in page.tags
    assert len([tag for tag, _ in page.tags if tag == "h1"]) == 1


def test_a_result_says_who_holds_it_and_how_to_get_it(client: TestClient):
    page = _Read(client.get("/?q=displacement").text)
    for said in (
        "1 dataset found", "Sample: Displacement in South Sudan", "Sample Relief", "On request",
        "Write to the data desk.", "South Sudan", "Moderate sensitivity", "Update long overdue", "XLSX",
        "#affected+idps", "Sample: data exchange",
    ):  # fmt: skip
        assert said in page.text, said
    assert "https://data.example.org/dataset/displacement" in page.links()


def test_from_a_result_it_is_one_click_to_the_holder_to_the_way_to_get_it_and_to_the_columns(client: TestClient):
    links = _Read(client.get("/?q=displacement&hxl=%23affected&hxl.same=%23adm1").text).links()
    item = client.get("/api/v1/datasets?q=displacement").json()["items"][0]
    (holder,) = [agent for agent in item["organizations"] if agent["name"] == "Sample Relief"]
    columns = f"/dataset/{item['name']}?hxl=%23affected&hxl=%23adm1#columns"
    assert [link for link in links if link.startswith(("/organizations/", "/dataset/"))] == [
        f"/dataset/{item['name']}", f"/organizations/{holder['id']}", f"/dataset/{item['name']}#get", columns,
    ]  # fmt: skip
    assert "<h1" in client.get(f"/organizations/{holder['id']}").text
    html = client.get(columns.replace(item["name"], item["id"])).text
    assert re.findall("<mark>(.*?)</mark>", html) == ["State", "IDPs"]
    assert "Marked: columns that match #affected or #adm1 ." in _Read(html).text


def test_the_hashtags_that_were_asked_for_stand_first(client: TestClient):
    html = client.get("/?q=displacement&hxl=%23affected").text
    tags = re.findall(r"(<mark>)?<code title=[^>]*>(#[^<]*)</code>", html)
    assert tags == [("<mark>", "#affected+idps"), ("", "#adm1+name")]


def test_a_pattern_that_is_none_is_named_on_the_page_of_a_dataset(client: TestClient, shelf: Shelf):
    answer = client.get(f"/dataset/{shelf.id('displacement')}?hxl=%2Bf")
    assert answer.status_code == 422
    assert '"+f" is no HXL tag pattern' in _Read(answer.text).text


def test_a_chosen_filter_can_be_taken_away(client: TestClient):
    page = _Read(client.get("/?q=sample&country=SSD&country=SDN&access=on_request").text)
    assert "Country: South Sudan" in page.text
    assert "/?q=sample&country=SDN&access=on_request" in page.links()
    boxes = [attributes for tag, attributes in page.tags if tag == "input" and "checked" in attributes]
    assert {(box["name"], box["value"]) for box in boxes} == {
        ("country", "SSD"),
        ("country", "SDN"),
        ("access", "on_request"),
    }


def test_the_form_as_a_browser_sends_it_is_understood(client: TestClient):
    sent = "/?q=&sort=&country=UKR&covers=&modified_since=&hxl="
    assert "3 datasets found" in _Read(client.get(sent).text).text


def test_pages_can_be_turned(client: TestClient):
    first = _Read(client.get("/?limit=2&sort=title").text)
    (following,) = [link for link in first.links() if "after=" in link]
    second = _Read(client.get(following).text)
    assert "5 datasets" in second.text
    assert "/?limit=2&sort=title" in second.links()


def test_a_mistyped_filter_gets_a_page_that_says_so(client: TestClient):
    answer = client.get("/?contry=SSD")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "text/html; charset=utf-8")
    assert 'There is no parameter "contry". Did you mean "country"?' in _Read(answer.text).text


def test_what_portals_write_is_text_and_their_links_are_web_links(client: TestClient, shelf: Shelf):
    for address in ("/", f"/dataset/{shelf.id('formula')}", f"/dataset/{shelf.id('schools')}"):
        html = client.get(address).text
        assert "<script" not in html
        assert "javascript:" not in html
    assert "Sample: Schools &lt;script&gt;" in client.get("/").text


def test_a_dataset_page_begins_with_how_to_get_it(client: TestClient, shelf: Shelf):
    moved = client.get(f"/dataset/{shelf.id('displacement')}", follow_redirects=False)
    name = client.get(f"/api/v1/datasets/{shelf.id('displacement')}").json()["name"]
    assert (moved.status_code, moved.headers["location"]) == (307, f"/dataset/{name}")
    assert moved.headers["cache-control"] == "no-store"
    answer = client.get(moved.headers["location"])
    page = _Read(answer.text)
    assert len(answer.content) < 50_000
    order = [page.text.index(heading) for heading in (
        "Held by Sample Relief", "How to get it", "Write to the data desk.", "How sensitive it is",
        "Counts of displaced people per settlement.", "About it", "1 January 2024 to 30 June 2024",
        "counts.xlsx", "20 kB", "State", "#adm1+name", "declared by the source", "Where this record comes from",
    )]  # fmt: skip
    assert order == sorted(order)
    assert "https://data.example.org/ask" in page.links()


def test_an_arabic_title_runs_its_own_way(client: TestClient, shelf: Shelf):
    html = client.get(f"/dataset/{shelf.id('clearance')}").text
    assert '<h1 dir="auto">Sample: إزالة الألغام</h1>' in html


def test_hidden_pages_answer_as_those_that_never_existed(client: TestClient, shelf: Shelf):
    hidden, never = client.get(f"/dataset/{shelf.id('hidden')}"), client.get("/dataset/never")
    assert (hidden.status_code, hidden.content) == (404, never.content)
    hidden, never = client.get("/organizations/canary-holders"), client.get("/organizations/never")
    assert (hidden.status_code, hidden.content) == (404, never.content)


def test_organisations_lead_to_what_they_hold(client: TestClient):
    page = _Read(client.get("/organizations").text)
    assert "2 organisations" in page.text
    (address,) = [link for link in page.links() if link.startswith("/organizations/")][:1]
    one = _Read(client.get(address).text)
    for said in ("Sample Relief", "Named in 3 datasets", "By topic", "By country", "Ukraine 2", "By access"):
        assert said in one.text, said


def test_runs_group_their_issues(client: TestClient):
    page = _Read(client.get("/runs").text)
    for said in ("Sample: data exchange", "Partly read", "2 × bad date"):
        assert said in page.text, said
    assert "closed" not in page.text


def test_pages_of_heavy_records_stay_small(tmp_path: Path):
    settings = Settings(data_dir=tmp_path, database_url="", config_dir=None)
    places = tuple(
        LocationRecord(iso3)
        for iso3 in [
            "AFG",
            "BDI",
            "CAF",
            "COD",
            "COL",
            "ETH",
            "IRQ",
            "LBY",
            "MLI",
            "MMR",
            "NER",
            "NGA",
            "PAK",
            "SDN",
            "SOM",
        ]
    )
    heavy = tuple(
        replace(
            RECORDS[0],
            remote_id=f"heavy-{number}",
            title={"en": f"Sample {number}: " + "a long & winding title " * 20},
            notes={"en": "قائمة العينات الخيالية " * 1000},
            methodology="Fictional method. " * 500,
            caveats="Fictional caveat. " * 500,
            agents=tuple(AgentRole(AgentRecord(f"Sample Organisation {number}-{n} of Some Length"), Role.HOLDER)
                         for n in range(12)),
            locations=places,
            distributions=tuple(
                DistributionRecord(
                    key=f"f{n}", name="A file with a long name " * 8, format=f"F{n}",
                    url="https://data.example.org/" + "long/" * 40,
                    columns=tuple(ColumnRecord("Sheet", c, f"Column header {c} " * 4, f"#affected+a{c}+b+c+d+e")
                                  for c in range(60)),
                )
                for n in range(40)
            ),
        )
        for number in range(30)
    )  # fmt: skip
    with Catalog(settings.catalog_url, create=True) as catalog:
        write(catalog, PUBLIC, heavy)
    with TestClient(create_app(settings)) as running:
        name = running.get("/api/v1/datasets?limit=1").json()["items"][0]["name"]
        filters = "&".join(f"country={place.iso3}" for place in places)
        for address in ("/", f"/?q=sample&{filters}", f"/dataset/{name}", "/organizations", "/runs"):
            answer = running.get(address)
            assert answer.status_code == 200
            assert len(answer.content) < 50_000, address


def test_a_column_that_is_asked_for_is_shown_however_many_there_are(tmp_path: Path):
    settings = Settings(data_dir=tmp_path, database_url="", config_dir=None)
    columns = tuple(ColumnRecord("Sheet", c, f"Column {c}", "#adm2+code" if c == 150 else "#meta") for c in range(200))
    wide = replace(RECORDS[0], distributions=(DistributionRecord(key="f", name="Wide", format="CSV", columns=columns),))
    with Catalog(settings.catalog_url, create=True) as catalog:
        write(catalog, PUBLIC, (wide,))
    with TestClient(create_app(settings)) as client:
        (item,) = client.get("/api/v1/datasets").json()["items"]
        html = client.get(f"/dataset/{item['name']}?hxl=%23adm2").text
    assert re.findall("<mark>(.*?)</mark>", html) == ["Column 150"]
    assert html.count("<tr><td") == 81  # the file, and 80 columns
    assert ("Column 78<" in html, "Column 79<" in html) == (True, False)


@pytest.mark.parametrize("letter", ["a", "ж"])
def test_the_page_after_a_title_of_any_length_can_be_asked_for(tmp_path: Path, letter: str):
    settings = Settings(data_dir=tmp_path, database_url="", config_dir=None)
    long = tuple(replace(RECORDS[0], remote_id=f"long-{n}", title={"en": letter * 60 + f" {n} " + "ща " * 160})
                 for n in range(3))  # fmt: skip
    with Catalog(settings.catalog_url, create=True) as catalog:
        write(catalog, PUBLIC, long)
    with TestClient(create_app(settings)) as client:
        seen, after = [], ""
        while True:
            answer = client.get("/api/v1/datasets", params={"sort": "title", "limit": 1, "after": after}).json()
            seen += [item["title"] for item in answer["items"]]
            if not (after := answer["next"]):
                break
    assert seen == sorted(record.title["en"] for record in long)


def test_a_server_starts_on_a_damaged_index_and_builds_it_anew(tmp_path: Path):
    settings = Settings(data_dir=tmp_path, database_url="", config_dir=None)
    with Catalog(settings.catalog_url, create=True) as catalog:
        write(catalog, PUBLIC, RECORDS)
    with TestClient(create_app(settings)) as client:
        before = client.get("/api/v1/datasets?q=displacement").json()["total"]
    for path in (settings.index_dir / "public").glob("*/*.term"):
        path.write_bytes(bytes(path.stat().st_size))
    with TestClient(create_app(settings)) as client:
        assert client.get("/api/v1/datasets?q=displacement").json()["total"] == before == 1
        assert client.get("/readyz").status_code == 200


def test_what_to_do_stands_beside_level_and_access(client: TestClient, shelf: Shelf):
    page = _Read(client.get(f"/dataset/{shelf.id('displacement')}").text)
    for sentence in (
        "Share it within the response and with a purpose; leave out what that purpose does not need.",
        "Say in your request what for, how long, and who will see it; ask only for the fields that you need.",
        ", the level rests on it. Counts of displaced people per settlement.",
        "A steward may lower it with a reason.",
    ):
        assert sentence in page.text
    assert "https://centre.humdata.org/the-ocha-data-responsibility-guidelines/" in page.links()
    said = client.get("/api/v1/guidance").json()
    assert said["reviewed"]["by"] == "information management role of this register"
    assert {language for advice in said["levels"].values() for language in advice["sentence"]} == {
        "en", "fr", "es", "ar", "uk",
    }  # fmt: skip


def test_a_severe_record_is_shown_in_part_and_says_so(tmp_path: Path):
    settings = Settings(data_dir=tmp_path, database_url="", config_dir=None)
    with Catalog(settings.catalog_url, create=True) as catalog:
        write(catalog, PUBLIC, RECORDS)
        key = str(dataset_id(PUBLIC.key, "clinics"))
        with catalog.writing() as session:
            raise_level(session, UUID(key), Level.SEVERE, "A. Sample", "Sample: names of patients.")
    with TestClient(create_app(settings)) as client:
        page = _Read(client.get(f"/dataset/{key}").text)
    assert "Clinics" not in page.text
    assert "Shown in part. Because of its level these are left out or coarsened:" in page.text
    assert "Organisation (not named)" in page.text
    assert "names of patients" not in page.text


def test_the_page_says_what_else_was_searched_and_why_on_demand(client: TestClient):
    plain = client.get("/", params={"q": "displaced Sudan"})
    page = _Read(plain.text)
    assert "Search only for the words as typed" in page.text
    assert "?q=displaced+Sudan&expand=false" in " ".join(page.links())
    assert "Why these?" in page.text
    why = _Read(client.get("/", params={"q": "displacement", "explain": "true"}).text)
    assert '"displacement" is in the title and the keywords.' in why.text
    literal = _Read(client.get("/", params={"q": "displaced", "expand": "false"}).text)
    assert "Search for what they mean too" in literal.text
    assert ("input", {"type": "hidden", "name": "expand", "value": "false"}) in literal.tags


def test_an_ambiguous_place_is_asked_back_with_links(client: TestClient):
    page = _Read(client.get("/", params={"q": "displacement Congo"}).text)
    assert "is more than one place" in page.text
    assert {"/?q=displacement+Congo&country=COG", "/?q=displacement+Congo&country=COD"} <= set(page.links())


def test_where_little_is_found_the_page_says_what_would_find_more(client: TestClient):
    page = _Read(client.get("/", params={"q": "displacement", "country": "UKR"}).text)
    assert "More is found by leaving out the filters (1)." in page.text
    assert "/?q=displacement" in page.links()
