"""Records of one dataset at two portals are linked, told to whom both are shown whole, and decided on by stewards."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import delete, event, func, select, update

from catalog import audit, opening, privacy, same, sameness
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.levels import Refused, raise_level
from catalog.reading import document
from catalog.records import AccessRecord, AgentRecord, AgentRole, DatasetRecord, DistributionRecord, LocationRecord
from catalog.rows import Entry, dataset_id
from catalog.runs import begin, finish
from catalog.same import ACTS, CONFIRMED, REFUSED, candidates, decide, follow, groups
from catalog.store import Store, take
from catalog.tables import Change, Counter, Dataset, SameKey, SameLink
from catalog.viewer import EVERYTHING, PUBLIC, Viewer, breaking_glass, community, steward
from catalog.vocabulary import AccessModality, Level, Role, RunState, Visibility
from config.declarations import Source
from config.load import Rules

HUB = Source(key="sample-hub", kind="hdx", title="Sample: hub", url="https://hub.example.org", visibility="public")
DESK = Source(key="sample-desk", kind="hdx", title="Sample: desk", url="https://desk.example.org", visibility="public")
FILE = "https://files.example.org/sample-wells-of-the-north-2024.csv"
STEWARD = steward("Sample Steward")
RULES = Rules(concepts=(), sensitivity=(), agents=(), digest="sample")


def record(remote_id: str, title: str = "Sample: wells of the north", **more: Any) -> DatasetRecord:
    given: dict[str, Any] = {
        "remote_id": remote_id,
        "title": {"en": title},
        "landing_page": f"https://portal.example.org/{remote_id}",
        "period_start": date(2024, 1, 1),
        "period_end": date(2024, 6, 30),
        "agents": (AgentRole(AgentRecord("Sample Water Board"), Role.HOLDER),),
        "locations": (LocationRecord("SSD"),),
        "access": (AccessRecord(AccessModality.OPEN, ("Download it.",), f"https://portal.example.org/{remote_id}"),),
        "distributions": (DistributionRecord("file", "wells", FILE, format="CSV"),),
    }
    return DatasetRecord(**(given | more))


def write(catalog: Catalog, source: Source, *records: DatasetRecord) -> None:
    assessor = Assessor(RULES)
    now = datetime.now(UTC)
    entries = [
        Entry(one, assessor.assess(one, source, now.date()), repr(one), b"{}", one.landing_page) for one in records
    ]
    run = begin(catalog, source, "full")
    with catalog.writing() as session:
        Store(source, assessor, catalog.address.drivername).write(session, run.id, entries, now)
        finish(session, run, RunState.COMPLETE, (), "")


def id_of(source: Source, remote_id: str) -> UUID:
    return dataset_id(source.key, remote_id)


def told(catalog: Catalog, viewer: Viewer, id_: UUID) -> list[dict[str, Any]]:
    with catalog.reading() as session:
        found = document(session, viewer, str(id_))
    assert found is not None
    return list(orjson.loads(found[0])["also_at"])


def links(catalog: Catalog) -> list[tuple[str, float, list[str]]]:
    with catalog.reading() as session:
        rows = session.scalars(select(SameLink).order_by(SameLink.first_seq, SameLink.second_seq))
        return [(row.decision, row.score, row.reasons) for row in rows]


@pytest.fixture
def two(catalog: Catalog) -> Catalog:
    """The same wells at two portals, and something else at each."""
    write(catalog, HUB, record("wells"), record("roads", "Sample: roads", distributions=()))
    write(catalog, DESK, record("wells-too", "Sample: the wells of the North"))
    follow(catalog)
    return catalog


WELLS, TOO, ROADS = id_of(HUB, "wells"), id_of(DESK, "wells-too"), id_of(HUB, "roads")


def test_both_records_say_where_else_the_dataset_is_and_why(two: Catalog):
    [there] = told(two, PUBLIC, WELLS)
    assert there == {
        "id": str(TOO),
        "name": there["name"],
        "title": "Sample: the wells of the North",
        "source": {"key": "sample-desk", "title": "Sample: desk"},
        "link": "https://portal.example.org/wells-too",
        "access": {
            "modality": "open",
            "steps": ["Download it."],
            "address": "https://portal.example.org/wells-too",
            "contacts": [],
            "artefacts": [
                {
                    "artefact": "data",
                    "modality": "open",
                    "steps": ["Download it."],
                    "address": "https://portal.example.org/wells-too",
                }
            ],
        },
        "confirmed": False,
        "reasons": [
            {"code": "file-address", "said": "Both list the same file address."},
            {"code": "file-name", "said": "Both list files of the same names, under similar titles."},
            {"code": "title-holder-period", "said": "The same title and holder, and periods that do not differ."},
        ],
    }
    assert there["name"].startswith("sample-the-wells-of-the-north")
    [back] = told(two, PUBLIC, TOO)
    assert (back["id"], back["source"]["key"], back["reasons"]) == (str(WELLS), "sample-hub", there["reasons"])
    assert told(two, PUBLIC, ROADS) == []


def test_a_version_of_the_answer_is_another_where_the_links_are(two: Catalog):
    def etag(id_: UUID) -> str:
        with two.reading() as session:
            found = document(session, PUBLIC, str(id_))
        assert found is not None
        return found[1]

    linked, alone = etag(WELLS), etag(ROADS)
    with two.writing() as session:
        session.execute(delete(SameLink))
    assert etag(WELLS) != linked
    assert etag(ROADS) == alone


def hide(catalog: Catalog, how: str) -> None:
    """Make the second record one that the public is not shown, or not shown whole; nothing is followed or indexed."""
    with catalog.writing() as session:
        if how == "restricted":
            opening.show_to(session, TOO, Visibility.RESTRICTED, "Sample Steward", "Sample.")
        if how == "described":
            opening.show_to(session, TOO, Visibility.DESCRIBED, "Sample Steward", "Sample.")
        if how == "links withheld":
            raise_level(session, TOO, Level.HIGH, "Sample Steward", "Sample.")
    if how == "private":
        write(catalog, DESK, record("wells-too", "Sample: the wells of the North", visibility=Visibility.OWNER))
    if how == "source closed":
        closed = DESK.model_copy(update={"visibility": "restricted"})
        write(catalog, closed, record("wells-too", "Sample: the wells of the North", licence="Sample"))


@pytest.mark.parametrize("how", ["restricted", "described", "links withheld", "private", "source closed"])
def test_a_link_to_what_is_not_shown_whole_is_as_if_there_were_none(two: Catalog, how: str):
    with two.reading() as session:
        before = document(session, PUBLIC, str(WELLS))
    hide(two, how)
    with two.reading() as session:
        after = document(session, PUBLIC, str(WELLS))
    with two.writing() as session:
        session.execute(delete(SameLink))
    with two.reading() as session:
        none = document(session, PUBLIC, str(WELLS))
    assert before != after
    assert after == none, "bytes and etag, before any index has followed"


@pytest.mark.parametrize("hidden", [Visibility.COMMUNITY, Visibility.OWNER])
def test_a_hidden_twin_takes_no_link_away_where_many_are_alike(catalog: Catalog, hidden: Visibility) -> None:
    """Whoever lists as many as still tell something would learn from it that there is one more."""
    bare: dict[str, Any] = {"distributions": (), "access": ()}
    write(catalog, HUB, *(record(f"wells-{number}", **bare) for number in range(sameness.MOST_ALIKE - 1)))
    write(catalog, DESK, record("hidden", **bare, visibility=hidden))
    follow(catalog)
    write(catalog, DESK, record("wells-too", **bare))
    follow(catalog)
    for viewer in (PUBLIC, community("Sample Partner")):
        assert len(told(catalog, viewer, TOO)) == sameness.MOST_ALIKE - 1
    write(catalog, HUB, record("one-more", **bare))
    follow(catalog)
    assert told(catalog, PUBLIC, id_of(HUB, "one-more")) == []


def test_a_hidden_twin_costs_no_further_question(two: Catalog) -> None:
    def asked(viewer: Viewer, id_: UUID) -> list[str]:
        said: list[str] = []

        def heard(*given: Any) -> None:
            said.append(given[2])

        event.listen(two.engine, "before_cursor_execute", heard)
        told(two, viewer, id_)
        event.remove(two.engine, "before_cursor_execute", heard)
        return said

    with_a_twin = asked(PUBLIC, WELLS)
    with two.writing() as session:
        opening.show_to(session, TOO, Visibility.RESTRICTED, "Sample Steward", "Sample reason.")
    follow(two)
    assert links(two), "it is linked all the same"
    assert asked(PUBLIC, WELLS) == asked(PUBLIC, ROADS) != with_a_twin


def test_who_is_shown_both_is_told_of_both(two: Catalog):
    hide(two, "restricted")
    assert told(two, PUBLIC, WELLS) == told(two, community("Sample Partner"), WELLS) == []
    assert [there["id"] for there in told(two, STEWARD, WELLS)] == [str(TOO)]
    assert [there["id"] for there in told(two, STEWARD, TOO)] == [str(WELLS)]
    assert told(two, steward("Sample Steward of the hub", sources=(HUB.key,)), WELLS) == []


def test_who_breaks_the_glass_over_one_record_breaks_it_over_no_other(two: Catalog):
    write(two, DESK, record("owners", visibility=Visibility.OWNER))
    follow(two)
    hide(two, "restricted")
    assert {there["id"] for there in told(two, EVERYTHING, WELLS)} == {str(TOO), str(id_of(DESK, "owners"))}
    assert [there["id"] for there in told(two, breaking_glass("Sample Steward"), WELLS)] == [str(TOO)]
    of_owners = told(two, breaking_glass("Sample Steward"), id_of(DESK, "owners"))
    assert {there["id"] for there in of_owners} == {str(WELLS), str(TOO)}


def test_a_record_that_is_withheld_in_part_is_told_of_no_twin(two: Catalog):
    with two.writing() as session:
        raise_level(session, WELLS, Level.HIGH, "Sample Steward", "Sample.")
    assert told(two, PUBLIC, WELLS) == told(two, PUBLIC, TOO) == []
    assert len(told(two, STEWARD, WELLS)) == 1


def test_what_a_portal_made_private_leaves_no_key_behind(two: Catalog):
    def keyed(id_: UUID) -> int:
        with two.reading() as session:
            mine = SameKey.dataset_seq == select(Dataset.seq).where(Dataset.id == id_).scalar_subquery()
            return session.scalar(select(func.count()).select_from(SameKey).where(mine)) or 0

    assert keyed(TOO) > 3
    hide(two, "private")
    assert keyed(TOO) == 0, "in the same transaction"
    follow(two)
    assert keyed(TOO) == 0
    assert keyed(WELLS) > 3
    assert links(two) == []
    write(two, DESK, record("wells-too", "Sample: the wells of the North"))
    follow(two)
    assert keyed(TOO) > 3
    assert len(links(two)) == 1


def test_links_follow_what_changes_and_nothing_else(two: Catalog):
    assert follow(two) == same.Followed(), "nothing changed"
    write(two, HUB, record("wells"), record("roads", "Sample: roads", distributions=()))
    assert follow(two) == same.Followed(), "nothing changed, though it was read again"
    write(two, DESK, record("wells-too", "Sample: mills of the south", distributions=(), period_end=date(2025, 1, 1)))
    assert follow(two) == same.Followed(records=1, gone=1)
    assert links(two) == []
    assert told(two, PUBLIC, WELLS) == []
    write(two, DESK, record("wells-too"))
    assert follow(two) == same.Followed(records=1, found=1)
    assert [there["id"] for there in told(two, PUBLIC, WELLS)] == [str(TOO)]


def test_following_writes_nothing_where_nothing_changed(two: Catalog):
    with two.writing() as session:
        # Held by somebody else to the end of their transaction: who writes would wait for it.
        take(session, same.FOLLOWED, 0)
        assert follow(two) == same.Followed()


def test_the_order_of_harvests_makes_no_difference(catalog: Catalog):
    write(catalog, DESK, record("wells-too", "Sample: the wells of the North"))
    follow(catalog)
    write(catalog, HUB, record("wells"))
    assert follow(catalog) == same.Followed(records=1, found=1)
    assert links(catalog) == [("", 0.992, ["file-address", "file-name", "title-holder-period"])]


def test_what_more_than_fifty_records_share_brings_none_together(catalog: Catalog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(same, "MOST_ALIKE", 3)
    many = [record(f"part-{number}", f"Sample part {chr(97 + number) * 4}", period_start=None) for number in range(4)]
    write(catalog, HUB, *many)
    assert follow(catalog) == same.Followed(records=4)
    assert links(catalog) == []


def test_a_new_version_of_the_comparison_begins_anew_and_keeps_decisions(two: Catalog, monkeypatch: pytest.MonkeyPatch):
    decided(two, REFUSED)
    write(two, DESK, record("wells-three"))
    follow(two)
    assert [decision for decision, *_ in links(two)] == [REFUSED, "", ""]
    monkeypatch.setattr(same, "VERSION", sameness.VERSION + 1)
    monkeypatch.setattr(same, "WORTH_A_LOOK", 0.999)
    assert follow(two).records == 4
    assert links(two) == [(REFUSED, 0.0, [])], "the comparison finds none any more, the decision stands"
    assert follow(two) == same.Followed()


def decided(catalog: Catalog, decision: str, ids: Sequence[UUID] = (WELLS, TOO), viewer: Viewer = STEWARD) -> None:
    with catalog.writing() as session:
        decide(session, viewer, (ids[0], ids[1]), decision, "Sample reason.")


def test_a_steward_refuses_a_link_and_no_harvest_brings_it_back(two: Catalog):
    decided(two, REFUSED)
    assert told(two, PUBLIC, WELLS) == told(two, PUBLIC, TOO) == []
    write(two, DESK, record("wells-too", "Sample: the wells of the North", licence="Sample licence"))
    assert follow(two).records == 1
    assert told(two, PUBLIC, WELLS) == []
    with two.reading() as session:
        [line] = [line for line in audit.lines(session) if line["action"].endswith("one dataset")]
        assert (line["actor"], line["action"]) == ("Sample Steward", "refused that two records are of one dataset")
        assert (line["subject"], line["reason"]) == (f"{WELLS} {TOO}", "Sample reason.")
        assert audit.verify(session) == []
    decided(two, same.OPEN)
    assert len(told(two, PUBLIC, WELLS)) == 1


def test_an_erased_name_stands_at_no_link(two: Catalog):
    decided(two, REFUSED)
    with two.writing() as session:
        assert privacy.erase(session, "Sample Steward", "Another Steward") == 2
    with two.reading() as session:
        [found], _ = candidates(session, STEWARD, REFUSED)
        [line] = [line for line in audit.lines(session) if line["action"].endswith("one dataset")]
        assert found["decided_by"] == line["actor"] != "Sample Steward"


def test_a_steward_confirms_what_nothing_linked_and_it_stays(two: Catalog):
    decided(two, CONFIRMED, (ROADS, TOO))
    [there] = told(two, PUBLIC, ROADS)
    assert (there["id"], there["confirmed"]) == (str(TOO), True)
    assert there["reasons"] == [{"code": "steward", "said": "A steward of this register says so."}]
    write(two, HUB, record("roads", "Sample: roads and bridges", distributions=()))
    follow(two)
    assert [there["id"] for there in told(two, PUBLIC, ROADS)] == [str(TOO)]
    assert [there["id"] for there in told(two, PUBLIC, TOO)] == [str(ROADS), str(WELLS)], "the confirmed one first"
    decided(two, same.OPEN, (ROADS, TOO))
    assert told(two, PUBLIC, ROADS) == []
    assert len(links(two)) == 1


@pytest.mark.parametrize(
    ("viewer", "ids", "decision", "said"),
    [
        (community("Sample Partner"), (WELLS, TOO), REFUSED, "Only a steward"),
        (steward("Sample Steward", countries=("YEM",)), (WELLS, TOO), REFUSED, "Only a steward"),
        (STEWARD, (WELLS, ROADS), REFUSED, "Nothing links"),
        (STEWARD, (WELLS, UUID(int=1)), CONFIRMED, "Name two records"),
        (STEWARD, (WELLS, WELLS), CONFIRMED, "Name two records"),
        (STEWARD, (WELLS, TOO), same.OPEN, "It is open already"),
        (replace(STEWARD, name=""), (WELLS, TOO), REFUSED, "Say who you are"),
    ],
    ids=("partner", "other country", "no link", "no record", "itself", "open", "nobody"),
)
def test_what_may_not_be_decided(two: Catalog, viewer: Viewer, ids: tuple[UUID, UUID], decision: str, said: str):
    before = links(two)
    with pytest.raises(Refused, match=said):
        decided(two, decision, ids, viewer)
    assert links(two) == before


def test_a_hidden_twin_is_refused_as_one_that_there_is_not(two: Catalog):
    hide(two, "restricted")
    of_the_hub = steward("Sample Steward of the hub", sources=(HUB.key,))
    said = []
    for other in (TOO, UUID(int=1)):
        with pytest.raises(Refused) as refused:
            decided(two, CONFIRMED, (WELLS, other), of_the_hub)
        said.append(str(refused.value))
    assert said[0] == said[1]


def test_stewards_are_told_candidates_with_evidence(two: Catalog):
    with two.reading() as session:
        [found], total = candidates(session, STEWARD)
        assert total == 1
        assert found == {
            "first": {"id": str(WELLS), "title": "Sample: wells of the north", "source": "sample-hub"},
            "second": {"id": str(TOO), "title": "Sample: the wells of the North", "source": "sample-desk"},
            "score": 0.992,
            "shown": True,
            "reasons": [
                {
                    "code": "file-address",
                    "said": "Both list the same file address.",
                    "evidence": "files.example.org/sample-wells-of-the-north-2024.csv",
                },
                {
                    "code": "file-name",
                    "said": "Both list files of the same names, under similar titles.",
                    "evidence": "sample-wells-of-the-north-2024.csv",
                },
                {
                    "code": "title-holder-period",
                    "said": "The same title and holder, and periods that do not differ.",
                    "evidence": "north sample well",
                },
            ],
            "decision": "",
            "decided_by": "",
            "decided": None,
            "reason": "",
        }
        assert candidates(session, STEWARD, limit=1, start=1) == ([], 1)
        assert candidates(session, PUBLIC) == candidates(session, community("Sample Partner")) == ([], 0)
    decided(two, REFUSED)
    with two.reading() as session:
        assert candidates(session, STEWARD) == ([], 0)
        [found], _ = candidates(session, STEWARD, REFUSED)
        assert (found["decided_by"], found["reason"], found["shown"]) == ("Sample Steward", "Sample reason.", False)
    hide(two, "restricted")
    with two.reading() as session:
        assert candidates(session, steward("Sample Steward of the hub", sources=(HUB.key,)), REFUSED) == ([], 0)


def test_records_linked_one_by_one_are_one_group(two: Catalog):
    write(two, DESK, record("wells-mirror", "Sample: something else", period_start=date(2020, 1, 1)))
    follow(two)
    with two.reading() as session:
        [together] = groups(session, PUBLIC)
        assert {one["id"] for one in together} == {str(WELLS), str(TOO), str(id_of(DESK, "wells-mirror"))}
    hide(two, "restricted")
    with two.reading() as session:
        [left] = groups(session, PUBLIC)
        assert str(TOO) not in {one["id"] for one in left}
        [together] = groups(session, EVERYTHING)
        assert len(together) == 3


def test_acts_are_the_decisions():
    assert ACTS == {"confirm": CONFIRMED, "refuse": REFUSED, "reopen": ""}


def test_following_stands_where_the_feed_does(two: Catalog):
    with two.reading() as session:
        newest = session.scalar(select(func.max(Change.seq)))
        assert session.scalar(select(Counter.value).where(Counter.name == same.FOLLOWED)) == newest
    with two.writing() as session:
        session.execute(update(Counter).where(Counter.name == same.FOLLOWED).values(value=0))
    assert follow(two) == same.Followed(records=3), "followed again, with the same links"
    assert len(links(two)) == 1
