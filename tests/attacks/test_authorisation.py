"""A45 to A52: who may see and say what, and that nobody lowers a level in passing."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, update
from starlette.testclient import TestClient

from catalog import audit, keys, levels
from catalog.database import Catalog
from catalog.keys import NewKey
from catalog.tables import Audit
from catalog.viewer import steward
from catalog.vocabulary import Level, Visibility
from tests.attacks.conftest import Attacked
from tests.canaries.planted import KINDS, OWNERS, Planted, planted
from tests.journeys.packages import package

Place = tuple[Planted, Catalog, TestClient]
FIRST, SECOND = "A. First Sample", "B. Second Sample"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with planted(tmp_path_factory.mktemp("authorisation")) as made:
        yield made


def numbered(visibility: Visibility, level: str = "", *, first_owner: bool = True) -> int:
    return next(
        at
        for at, kind in enumerate(KINDS)
        if kind[0] is visibility and (not level or kind[1] == level) and (at % 2 == 0) is first_owner
    )


def test_a45_a_key_that_is_not_good_is_no_key(place: Place):
    made, catalog, client = place
    with catalog.writing() as session:
        asked = NewKey("Sample", "community", OWNERS[0].name, "Sample.", datetime.now(UTC).date() + timedelta(days=2))
        good, revoked = keys.create(session, asked, FIRST), keys.create(session, asked, FIRST)
        session.flush()
        keys.revoke(session, revoked.split("_")[1], "Sample.", FIRST)
    number = numbered(Visibility.COMMUNITY)
    secret = made.id(number)
    assert client.get(f"/api/v1/datasets/{secret}", headers={"Authorization": f"Bearer {good}"}).status_code == 200
    foreign = f"lmk_{'0' * 12}_{'a' * 43}"
    answers = []
    for bad in (revoked, foreign, good[:-1], good + "x", "", "x", good.upper()):
        answer = client.get(f"/api/v1/datasets/{secret}", headers={"Authorization": f"Bearer {bad}"})
        answers.append((answer.status_code, answer.content))
    assert len(set(answers)) == 1, "whatever is wrong with it is told to nobody"
    assert answers[0][0] == 401
    assert client.get(f"/api/v1/datasets/{secret}").status_code == 404, "without one it is the public that asks"
    for name in ("key", "token", "api_key", "access_token"):
        answer = client.get("/api/v1/datasets", params={name: good})
        assert (answer.status_code, made.id(number) in answer.text) == (422, False)


@pytest.mark.parametrize("visibility", Visibility)
@pytest.mark.parametrize("level", ["unclassified", *Level])
def test_a46_who_may_not_know_of_a_record_meets_one_that_never_was(visibility: Visibility, level: str, place: Place):
    made, catalog, client = place
    number = KINDS.index((visibility, "" if level == "unclassified" else Level(level)))
    stored = made.renderings(catalog)
    for viewer in made.viewers:
        mine = bool(made.allowed(viewer, stored)[number])
        for path in ("/api/v1/datasets/", "/dataset/"):
            never = client.get(f"{path}{uuid4()}", headers=viewer.headers)
            answer = client.get(f"{path}{made.id(number)}", headers=viewer.headers)
            assert answer.status_code == (200 if mine else 404), (viewer.name, path)
            assert mine or (answer.content, dict(answer.headers)) == (never.content, dict(never.headers))
        changed = client.get("/api/v1/changes", params={"dataset": made.id(number)}, headers=viewer.headers)
        assert bool(changed.json()["total"]) in {mine, False}
    by_name = {viewer.name: viewer for viewer in made.viewers}
    sees_other = made.allowed(by_name["first owner"], stored)[numbered(Visibility.OWNER, first_owner=False)]
    assert sees_other == frozenset(), "an owner's own record is no other organisation's"


HOT = {"id": "f", "name": "a.csv", "format": "CSV", "url": "https://files.example/a.csv", "pii_is_sensitive": True}


@pytest.fixture
def hot(attacked: Attacked) -> Attacked:
    """One record that its portal calls sensitive, read."""
    attacked.read(package(0, resources=[HOT]))
    return attacked


def level_of(attacked: Attacked) -> str:
    return str(attacked.shown()["level"]["level"])


def act(attacked: Attacked, what: Callable[..., Any], *given: Any, **more: Any) -> Any:
    attacked.close()
    with Catalog(attacked.settings.catalog_url) as catalog, catalog.writing() as session:
        return what(session, UUID(attacked.id()), *given, **more)


def test_a47_no_way_but_a_stewards_lowers_a_level(hot: Attacked):
    before = level_of(hot)
    assert Level(before).rank >= Level.HIGH.rank
    hot.read(package(0, resources=[{**HOT, "pii_is_sensitive": False}], title="Sample: harmless"))
    assert level_of(hot) == before, "a harvest"
    hot.read(package(0, resources=[]))
    assert level_of(hot) == before, "a harvest without the file"
    known = hot.id()
    for method in ("POST", "PUT", "PATCH"):
        hot.client.request(method, f"/api/v1/datasets/{known}", json={"level": "low_no"})
        hot.client.request(method, f"/api/v1/datasets/{known}/level", json={"level": "low_no", "reason": "x"})
    assert level_of(hot) == before, "a request without a key"
    with pytest.raises(levels.Refused):
        act(hot, levels.lower, Level.LOW_NO, FIRST, "", expected=None)
    with pytest.raises(levels.Refused):
        act(hot, levels.lower, Level.LOW_NO, "", "Sample.", expected=None)
    assert level_of(hot) == before, "a steward without a name or a reason"


def test_a48_from_severe_it_takes_two(hot: Attacked):
    if level_of(hot) != "severe":
        act(hot, levels.raise_level, Level.SEVERE, FIRST, "Sample.")
    done = act(hot, levels.lower, Level.LOW_NO, FIRST, "Sample.", expected=None)
    assert (done.pending, level_of(hot)) == (True, "severe")
    for same in (FIRST, f" {FIRST.upper()} "):
        with pytest.raises(levels.Refused):
            act(hot, levels.accept, same)
    assert level_of(hot) == "severe"
    act(hot, levels.accept, SECOND)
    assert level_of(hot) == "low_no"


def test_a49_whoever_is_named_raises_at_once(attacked: Attacked):
    attacked.read(package(0))
    assert level_of(attacked) == "unclassified"
    done = act(attacked, levels.raise_level, Level.HIGH, FIRST, "Sample.", by="owner")
    assert (done.pending, level_of(attacked), attacked.shown()["level"]["asserted_by"]) == (False, "high", "owner")
    with Catalog(attacked.settings.catalog_url) as catalog, catalog.reading() as session:
        assert [line["action"] for line in audit.lines(session)][-1] == "raised the level to high"


def test_a50_a_review_that_is_overdue_lowers_nothing(hot: Attacked):
    before = level_of(hot)
    with Catalog(hot.settings.catalog_url) as catalog, catalog.reading() as session:
        later = date(2099, 1, 1)
        found = levels.overdue(session, steward("sample"), later)
        assert [(item["id"], item["level"]) for item in found] == [(hot.id(), before)]
    assert level_of(hot) == before


def test_a51_an_audit_that_was_touched_says_so(nothing_read: Path, tmp_path: Path):
    second = Audit.seq == 2
    harms: tuple[Any, ...] = (
        update(Audit).where(second).values(reason="Another."),
        update(Audit).where(second).values(actor="Somebody else"),
        delete(Audit).where(second),
        update(Audit).where(second).values(seq=9),
    )
    for at, harm in enumerate(harms):
        file = shutil.copy(nothing_read, tmp_path / f"{at}.db")
        with Catalog(f"sqlite:///{Path(file).as_posix()}") as catalog:
            with catalog.writing() as session:
                for number in range(3):
                    audit.append(session, FIRST, "looked", f"sample-{number}", "Sample.")
                    session.flush()
            with catalog.reading() as session:
                assert audit.verify(session) == []
            with catalog.writing() as session:
                session.execute(harm)
            with catalog.reading() as session:
                assert audit.verify(session) != [], at


def test_a52_the_second_of_two_who_save_is_told(attacked: Attacked):
    attacked.read(package(0))
    act(attacked, levels.raise_level, Level.HIGH, FIRST, "Sample.")
    with Catalog(attacked.settings.catalog_url) as catalog, catalog.reading() as session:
        document = attacked.shown()
        seen = levels.explanation(session, document, date(2026, 11, 22), named=True)["newest"]
    act(attacked, levels.lower, Level.MODERATE, FIRST, "Sample.", expected=seen)
    with pytest.raises(levels.Conflict):
        act(attacked, levels.lower, Level.LOW_NO, SECOND, "Sample.", expected=seen)
    assert level_of(attacked) == "moderate"
