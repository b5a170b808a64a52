"""What was looked for and not found: what is kept of it, who is told, and that it stays within bounds."""

from datetime import date, timedelta

import pytest

from catalog import audit, privacy
from catalog.database import Catalog, drift
from catalog.levels import Refused
from catalog.needs import unmet
from catalog.viewer import PUBLIC, Viewer, community, steward

DAY = date(2025, 3, 1)
ADA, CY, SOURCES = steward("Ada Sample"), steward("Cy Sample", (), ("SSD",)), steward("Di Sample", ("sample",))


def log(catalog: Catalog, words: str, country: str = "", day: date = DAY) -> unmet.Kept:
    with catalog.writing() as session:
        return unmet.log(session, words, country, day)


def told(catalog: Catalog, viewer: Viewer = ADA, **more: object) -> list[dict[str, object]]:
    with catalog.reading() as session:
        found, total = unmet.logged(session, viewer, limit=20_000, **more)  # type: ignore[arg-type]
    assert total == len(found)
    return [unmet.unmet_json(one) for one in found]


def test_the_same_words_in_the_same_country_count_up_and_the_answer_tells_nothing_of_it(catalog: Catalog):
    assert drift(catalog.engine) == []
    first = log(catalog, "Déplacés  Nord-Kivu", "COD")
    assert log(catalog, "deplaces nord kivu", "COD", DAY + timedelta(days=4)) == unmet.Kept(
        "deplaces nord kivu", "COD", ()
    )
    assert first == unmet.Kept("Déplacés Nord-Kivu", "COD", ())
    log(catalog, "deplaces nord kivu")
    shown = {"words": "Déplacés Nord-Kivu", "country": "COD", "count": 2, "first": "2025-03-01", "last": "2025-03-05"}
    assert told(catalog) == [
        {"id": 1, **shown, "state": "open", "closed": None, "closing": ""},
        {
            "id": 2, "words": "deplaces nord kivu", "country": "", "count": 1, "first": "2025-03-01",
            "last": "2025-03-01", "state": "open", "closed": None, "closing": "",
        },
    ]  # fmt: skip


def test_nothing_personal_is_kept_and_no_more_than_two_hundred_characters(catalog: Catalog):
    asked = "victims Dr Ada Sample ada.sample@example.org +211 912 345 678 at 4.8594, 31.5713 \x00\u202eJuba"
    kept = log(catalog, asked)
    assert kept == unmet.Kept(
        "victims [name withheld] [e-mail withheld] [telephone number withheld] at [coordinates withheld] Juba",
        "",
        ("an e-mail address", "a telephone number", "coordinates", "a person's name"),
    )
    assert log(catalog, "victims at Juba").withheld == ()
    long = log(catalog, "mines " * 60 + "ada.sample@example.org")
    assert long.words == ("mines " * 34)[:200].rstrip()
    assert [(one["words"], one["count"]) for one in told(catalog)] == [(kept.words, 2), (long.words, 1)]
    ligature = log(catalog, "\ufdfa" * 400 + "\ud800")
    assert ligature.words == "\ufdfa" * 200


@pytest.mark.parametrize("words", ["", " \t", "!?", "\x00", "ada.sample@example.org", "+211 912 345 678"])
def test_what_has_no_words_is_refused(catalog: Catalog, words: str):
    with pytest.raises(Refused, match="Say in words what was looked for"):
        log(catalog, words)
    assert told(catalog) == []


def test_stewards_are_told_what_was_asked_of_theirs_and_nobody_else_anything(catalog: Catalog):
    for words, country in (("mines", "SSD"), ("mines", "YEM"), ("mines", "")):
        log(catalog, words, country)
    assert [one["country"] for one in told(catalog)] == ["SSD", "YEM", ""]
    assert [one["country"] for one in told(catalog, CY)] == ["SSD"]
    assert told(catalog, CY, countries=("YEM",)) == []
    for nobody in (PUBLIC, community("Dee"), SOURCES, Viewer(reach=frozenset({"country:"}))):
        assert told(catalog, nobody) == []
    refusals = set()
    for viewer, number in ((CY, 2), (CY, 3), (CY, 99), (SOURCES, 1), (ADA, 99)):
        with pytest.raises(Refused) as refused, catalog.writing() as session:
            unmet.close(session, viewer, number, "It was asked for.")
        refusals.add(str(refused.value))
    assert refusals == {"There is no such logged need."}


def test_what_is_closed_is_audited_and_opens_again_when_it_is_asked_for_again(catalog: Catalog):
    log(catalog, "mines", "SSD")
    with catalog.writing() as session:
        done = unmet.close(session, CY, 1, " It was listed. ")
    assert (done.state, done.closing) == ("closed", "It was listed.")
    with pytest.raises(Refused, match="It is closed already"), catalog.writing() as session:
        unmet.close(session, ADA, 1, "Again.")
    with pytest.raises(Refused, match="It holds an e-mail address"), catalog.writing() as session:
        unmet.close(session, ADA, 1, "Ask ada.sample@example.org.")
    assert told(catalog, state="open") == []
    assert [one["closed"] for one in told(catalog, state="closed")] == [done.closed and done.closed.date().isoformat()]
    with catalog.reading() as session:
        assert audit.verify(session) == []
        (line,) = audit.lines(session)
    assert (line["actor"], line["action"], line["subject"], line["reason"]) == (
        "Cy Sample", "closed a logged need", "SSD 1", "It was listed.",
    )  # fmt: skip
    log(catalog, "Mines!", "SSD", DAY + timedelta(days=9))
    (one,) = told(catalog, state="open")
    assert (one["count"], one["last"], one["closed"], one["closing"]) == (2, "2025-03-10", None, "It was listed.")


def test_of_more_than_are_kept_those_asked_once_and_longest_ago_go(catalog: Catalog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(unmet, "MOST", 3)
    for words, day in (("often", 0), ("often", 1), ("old", 2), ("newer", 3), ("newest", 4)):
        log(catalog, words, "", DAY + timedelta(days=day))
    assert [one["words"] for one in told(catalog)] == ["often", "newest", "newer"]
    for words in ("newest", "newer", "another"):
        log(catalog, words, "", DAY + timedelta(days=5))
    assert [one["words"] for one in told(catalog)] == ["newer", "newest", "another"], "the newest always stays"


def test_a_need_that_names_who_is_erased_goes(catalog: Catalog):
    for words in ("list of ada sample", "adage", "mines"):
        log(catalog, words, "SSD")
    with catalog.writing() as session:
        assert privacy.erase(session, "Ada Sample", "Cy Sample") == 1
    assert [one["words"] for one in told(catalog)] == ["adage", "mines"]
