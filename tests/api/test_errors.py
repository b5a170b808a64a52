import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api import errors
from api.security import HEADERS


@pytest.mark.parametrize(
    ("address", "message", "nearest"),
    [
        ("/api/v1/datasets?contry=SSD", 'There is no parameter "contry". Did you mean "country"?', "country"),
        (
            "/api/v1/datasets.csv?hashtag_row=1",
            'There is no parameter "hashtag_row". Did you mean "hashtag"?',
            "hashtag",
        ),
        ("/api/v1/runs?sauce=x", 'There is no parameter "sauce". Did you mean "source"?', "source"),
        ("/api/v1/sources?x=1", 'There is no parameter "x". It takes none.', None),
    ],
)
def test_a_mistyped_parameter_is_named_with_the_nearest_real_one(
    client: TestClient, address: str, message: str, nearest: str | None
):
    answer = client.get(address)
    entry = {"parameter": address.partition("?")[2].partition("=")[0], "message": message}
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Unprocessable Content",
        "status": 422,
        "detail": message,
        "errors": [entry | ({"nearest": nearest} if nearest else {})],
    }


@pytest.mark.parametrize(
    ("parameter", "value", "mend"),
    [
        ("limit", "5000", "a whole number from 0 to 1,000"),
        ("limit", "ten", "a whole number from 0 to 1,000"),
        ("covers", "2024", "two days such as 2024-01-01..2024-12-31"),
        ("covers", "2024-02-01..2024-01-01", "first day must not come after"),
        ("modified_since", "yesterday", "a day such as 2024-01-31"),
        ("sort", "size", "relevance, modified or title"),
        ("facets", "contry", "country"),
        ("level", "hgh", "low_no, moderate, high, severe"),
        ("hxl", "affected idps!", ""),
        ("after", "made-up", ""),
    ],
)
def test_a_value_that_cannot_be_used_names_parameter_and_mend(
    client: TestClient, parameter: str, value: str, mend: str
):
    answer = client.get("/api/v1/datasets", params={parameter: value})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["parameter"]) == (422, parameter)
    assert mend in error["message"]


def test_of_many_refused_parameters_the_first_are_named_and_the_rest_counted(client: TestClient):
    many = "&".join(f"{number}=1" for number in range(9_000))
    answer = client.get(f"/api/v1/datasets?{many}")
    told = answer.json()
    assert answer.status_code == 422
    assert [entry["parameter"] for entry in told["errors"]] == [str(number) for number in range(20)]
    assert told["detail"].endswith(" 8,980 more are refused.")
    assert len(answer.content) < 50_000
    page = client.get(f"/?{many}")
    assert (page.status_code, "8,980 more are refused." in page.text) == (422, True)
    exact = client.get("/api/v1/datasets?" + "&".join(f"{number}=1" for number in range(20))).json()
    assert len(exact["errors"]) == 20
    assert "more are refused" not in exact["detail"]


def test_every_answer_forbids_scripts_and_framing(client: TestClient):
    for address in ("/", "/api/v1/datasets", "/api/v1/nothing", "/nothing", "/static/landmark.css", "/healthz"):
        headers = client.get(address).headers
        assert {name: headers[name] for name in HEADERS} == HEADERS, address


def test_other_methods_and_addresses_are_refused_as_problems(client: TestClient):
    post = client.post("/api/v1/datasets")
    assert (post.status_code, post.json()["title"]) == (405, "Method Not Allowed")
    unknown = client.get("/api/v2/datasets")
    assert (unknown.status_code, unknown.json()["title"]) == (404, "Not Found")
    page = client.get("/nothing")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "<h1>Not Found</h1>" in page.text


def test_a_failure_tells_nothing_of_itself():
    app = FastAPI()
    errors.install(app)

    @app.get("/api/v1/broken")
    def broken() -> None:
        raise RuntimeError("quietcanary")

    answer = TestClient(app, raise_server_exceptions=False).get("/api/v1/broken")
    assert answer.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "Something failed here; it was logged. Please try again later.",
    }
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
