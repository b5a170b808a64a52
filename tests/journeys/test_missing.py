"""A record that its portal no longer lists: who is shown it is told so, and since when."""

import orjson
from starlette.testclient import TestClient

from api.app import create_app
from config.settings import Settings
from tests.journeys.installation import Installation
from tests.journeys.packages import package, packages
from tests.portals_served import ckan


def test_a_missing_record_says_so_until_it_is_back(landmark: Installation, portal: ckan.Stage) -> None:
    landmark.declare("sample", portal.address)
    landmark.run("init")
    portal.show(packages(4))
    landmark.harvest("sample")
    found = landmark.run("search", "--json").json()["items"]
    id_ = next(item["id"] for item in found if item["link"].endswith(package(3)["name"]))

    def told() -> tuple[str, str | None]:
        shown = landmark.run("show", id_, "--json").json()
        assert landmark.run("show", id_, "--json", "--as", "Ada").json()["missing_since"] == shown["missing_since"]
        return shown["state"], shown["missing_since"]

    assert told() == ("listed", None)
    assert "Listed there: yes" in landmark.run("show", id_).text
    with TestClient(create_app(Settings(data_dir=landmark.data, database_url="", config_dir=None))) as client:
        path = f"/api/v1/datasets/{id_}"
        before = client.get(path)
        portal.show(packages(3))
        assert landmark.harvest("sample")["missing"] == 1
        state, since = told()
        assert state == "missing"
        assert f"Listed there: no, not since {since[:10]}; missing" in landmark.run("show", id_).text
        after = client.get(path, headers={"If-None-Match": before.headers["ETag"]})
        assert (after.status_code, orjson.loads(after.content)) == (
            200,
            {**before.json(), "state": "missing", "missing_since": since},
        )
        assert "has not listed it since" in client.get(f"/dataset/{id_}").text
        portal.show(packages(4))
        landmark.harvest("sample")
        assert (told(), client.get(path).json()) == (("listed", None), before.json())
        assert "has not listed it since" not in client.get(f"/dataset/{id_}").text
