"""Records of one dataset: each viewer is told of the twins that are shown to them whole, and of no other."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from catalog.vocabulary import Visibility
from tests.canaries.planted import KINDS, Planted, planted
from tests.canaries.test_walk import VIEWERS, Place, place

__all__ = ["place"]
HIDDEN = frozenset({Visibility.COMMUNITY, Visibility.RESTRICTED, Visibility.OWNER})
"""Of which the public is told nothing at all."""


@pytest.mark.parametrize("name", VIEWERS)
def test_each_viewer_is_told_of_the_twins_that_are_shown_to_them_whole(name: str, place: Place):
    made, catalog, client = place
    viewer = made.viewer(name)
    stored = made.renderings(catalog)
    shown = {
        number: stored.get((number, viewer.rendering(str(stored[number, "full"]["visibility"]), number)))
        for number in made.numbers
    }
    whole = [number for number, one in shown.items() if one and one["mode"] == "shown" and not one["withheld"]]
    assert 2 <= len(whole) < len(KINDS)
    for number, one in shown.items():
        if one is None:
            continue
        answer = client.get(f"/api/v1/datasets/{made.id(number)}", headers=viewer.headers).json()
        told = answer["also_at"]
        # By its name: a redirect would leave the cookie of who is signed in behind.
        page = client.get(f"/dataset/{answer['name'] or answer['id']}", headers=viewer.headers).text
        twins = {made.id(other) for other in whole if other != number}
        expected = twins if number in whole else set()
        assert {there["id"] for there in told} == expected, KINDS[number]
        assert ("Also at" in page) is bool(expected), KINDS[number]


def test_hidden_twins_change_nothing_that_the_public_is_told(tmp_path: Path):
    """The same answers, byte by byte, as from a register in which the hidden records never were."""

    def answers(folder: Path, without: frozenset[Visibility]) -> dict[str, tuple[int, bytes]]:
        folder.mkdir()
        with planted(folder, without) as (made, _, client):
            return asked(made, client)

    with_hidden, never = answers(tmp_path / "with", frozenset()), answers(tmp_path / "never", HIDDEN)
    assert with_hidden == never
    assert any(b'"also_at":[{' in body for _, body in never.values()), "there are twins to tell of"


def asked(made: Planted, client: TestClient) -> dict[str, tuple[int, bytes]]:
    numbers = [at for at, (visibility, _) in enumerate(KINDS) if visibility not in HIDDEN]
    paths = [f"{base}{made.id(at)}" for at in numbers for base in ("/api/v1/datasets/", "/dataset/")]
    paths += ["/api/v1/organizations", "/api/v1/same", "/organizations"]
    client.cookies.clear()
    found = {path: client.get(path) for path in paths}
    said = {path: (answer.status_code, answer.content) for path, answer in found.items()}
    # Of lists the version is the index's, which is another after every build.
    versions = {f"version of {path}": (0, str(found[path].headers["etag"]).encode()) for path in paths[:-3]}
    return said | {path: one for path, one in versions.items() if "/api/" in path}
