"""An address longer than the server takes apart is refused in our words, over a real socket."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import orjson
import pytest

from tests.browser.conftest import ready
from tests.journeys.installation import LONGEST, Installation

PROBLEM = "application/problem+json"
PAGE = "text/html; charset=utf-8"
SAID = "{}: the address is longer than 64 kB; this takes the most room in it. Ask for less at once."
TOO_LONG = "The address is longer than 64 kB. Ask with a shorter one."
COUNTRIES = "&".join(f"country=A{number:03}" for number in range(10_000))


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[http.client.HTTPConnection]:
    """To an empty catalog that the real command serves; kept alive from test to test."""
    home = Installation(tmp_path_factory.mktemp("long") / "home")
    home.run("init")
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    process = home.start("serve", "--port", str(port))
    try:
        address = urlsplit(ready(f"http://127.0.0.1:{port}", process))
        with closing(http.client.HTTPConnection(address.netloc, timeout=LONGEST)) as opened:
            yield opened
    finally:
        process.terminate()
        process.communicate(timeout=30)


def ask(connection: http.client.HTTPConnection, target: str, method: str = "GET") -> tuple[int, str, bytes]:
    connection.request(method, target)
    answer = connection.getresponse()
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    return answer.status, answer.headers["Content-Type"], answer.read()


@pytest.mark.parametrize(
    ("question", "parameter"),
    [
        (f"q={'a' * 100_000}", "q"),
        (COUNTRIES, "country"),
        (f"q=relief&hxl.same={'%23' * 30_000}&limit=5", "hxl.same"),
        (f"limit=5&q={'a' * 1_000_000}&{COUNTRIES}", "q"),
        ("x" * 70_000, "x" * 80),
    ],
    ids=["words", "repeats", "escapes", "a megabyte", "a name"],
)
def test_a_question_that_is_too_long_names_its_largest_parameter(
    connection: http.client.HTTPConnection, question: str, parameter: str
) -> None:
    status, media_type, body = ask(connection, f"/api/v1/datasets?{question}")

    assert (status, media_type) == (422, PROBLEM)
    assert orjson.loads(body) == {
        "type": "about:blank",
        "title": "Unprocessable Content",
        "status": 422,
        "detail": SAID.format(parameter),
        "errors": [{"parameter": parameter, "message": SAID.format(parameter)}],
    }


def test_a_page_says_it_as_a_page(connection: http.client.HTTPConnection) -> None:
    status, media_type, body = ask(connection, f"/?{COUNTRIES}")

    assert (status, media_type) == (422, PAGE)
    assert b"<h1>Unprocessable Content</h1>" in body
    assert SAID.format("country").encode() in body


@pytest.mark.parametrize(
    "target",
    [f"/api/v1/{'a' * 100_000}", f"/api/v1/{'%41' * 50_000}?q=a", f"/api/v1/datasets?{'&' * 70_000}"],
    ids=["a path", "escapes", "no parameter"],
)
def test_an_address_that_is_too_long_without_parameters(connection: http.client.HTTPConnection, target: str) -> None:
    status, media_type, body = ask(connection, target)

    assert (status, media_type) == (414, PROBLEM)
    assert orjson.loads(body) == {"type": "about:blank", "title": "URI Too Long", "status": 414, "detail": TOO_LONG}


def test_what_changes_something_is_refused_as_well(connection: http.client.HTTPConnection) -> None:
    assert ask(connection, f"/api/v1/requests?{COUNTRIES}", "POST")[0] == 422


def test_the_longest_address_is_read_as_any(connection: http.client.HTTPConnection) -> None:
    start = "/api/v1/datasets?q="
    status, _, body = ask(connection, start + "a" * (65_535 - len(start)))

    assert status == 422
    assert "500 characters" in orjson.loads(body)["detail"]
    assert ask(connection, "/api/v1/datasets?q=relief")[0] == 200
