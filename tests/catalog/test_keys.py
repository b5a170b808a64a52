"""Keys are shown once, kept as hashes, end when they should, and people can be forgotten."""

import secrets
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid5

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from catalog import audit, grants, keyring, keys, notices, privacy
from catalog.agents import Agents
from catalog.asker import viewer
from catalog.database import Catalog
from catalog.grants import NoGrant
from catalog.keys import KeyRefused, NewKey
from catalog.records import AgentRecord
from catalog.rows import dataset_id
from catalog.tables import AccessKey, Agent, Change, Disclosure, Grant, Person
from catalog.viewer import community, organisation, steward
from catalog.vocabulary import AgentKind, Audience, Visibility
from config.load import ConfigurationError
from config.settings import Settings
from landmark import app
from tests.api.conftest import PUBLIC, RECORDS, write
from tests.catalog.samples import SAMPLES, dataset, listed

NOW = datetime.now(UTC)
TOMORROW = NOW.date() + timedelta(days=1)
HILL = uuid5(SAMPLES, "Hillside")
ASKED = NewKey("Ada Sample", "community", "Hillside", "Planning of surveys.", TOMORROW)


@pytest.fixture
def known(catalog: Catalog) -> Catalog:
    from catalog.runs import sync_sources
    from config.declarations import Source

    sync_sources(catalog, [Source(key="portal-1", kind="hdx", title="Sample", url="https://data.example.org")])
    with catalog.writing() as session:
        session.add(Agent(id=HILL, key="hillside", name="Hillside", acronym="HS", kind=AgentKind.NATIONAL_NGO))
    return catalog


def create(catalog: Catalog, **more: object) -> str:
    with catalog.writing() as session:
        return keys.create(session, NewKey(**{**_fields(ASKED), **more}), "Steward Sample", Agents(()))  # type: ignore[arg-type]


def _fields(asked: NewKey) -> dict[str, object]:
    return {name: getattr(asked, name) for name in NewKey.__slots__}


def found(catalog: Catalog, given: str, at: datetime = NOW) -> object:
    with catalog.reading() as session:
        return keys.find(session, given, at)


def test_a_key_says_who_asks_and_only_its_hash_is_kept(known: Catalog) -> None:
    given = {
        "community": create(known),
        "organisation": create(known, audience="organisation", organisation="HS"),
        "steward": create(known, audience="steward", sources=("portal-1",), countries=("ssd",)),
        "everything": create(known, audience="steward"),
    }
    ids = {name: key.split("_")[1] for name, key in given.items()}
    assert {name: found(known, key) for name, key in given.items()} == {
        "community": community("Ada Sample", ids["community"]),
        "organisation": organisation(HILL, "Ada Sample", ids["organisation"]),
        "steward": steward("Ada Sample", ["portal-1"], ["SSD"], ids["steward"]),
        "everything": steward("Ada Sample", key=ids["everything"]),
    }
    with known.reading() as session:
        kept = repr([{c.name: getattr(row, c.name) for c in AccessKey.__table__.columns}
                     for row in session.scalars(select(AccessKey))])  # fmt: skip
        told = repr(list(audit.lines(session))) + repr(keys.keys(session, NOW))
    assert all(key.split("_", 2)[2] not in kept + told for key in given.values())


@pytest.mark.parametrize("how", ["unknown", "wrong", "expired", "revoked", "form", "empty", "foreign", "swapped"])
def test_a_key_that_is_not_good_is_nobodys(known: Catalog, how: str) -> None:
    good, other = create(known), create(known)
    at = NOW
    given = good
    if how == "unknown":
        given = f"lmk_{secrets.token_hex(6)}_{good.split('_', 2)[2]}"
    elif how == "wrong":
        given = good[:-1] + ("a" if good[-1] != "a" else "b")
    elif how == "expired":
        at = NOW + timedelta(days=3)
    elif how == "revoked":
        with known.writing() as session:
            keys.revoke(session, good.split("_")[1], "Lost.", "Steward Sample")
    elif how in {"form", "empty"}:
        given = "lmk_x" if how == "form" else ""
    elif how == "foreign":
        given = f"lmk_{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}"
    else:
        given = f"lmk_{other.split('_')[1]}_{good.split('_', 2)[2]}"
    assert found(known, given, at) is None
    assert found(known, other).key == other.split("_")[1]


def test_an_expired_key_was_good_on_its_last_day(known: Catalog) -> None:
    key = create(known, expires=NOW.date())
    last = datetime.combine(NOW.date(), datetime.max.time(), UTC)
    assert found(known, key, last).key == key.split("_")[1]
    assert found(known, key, last + timedelta(seconds=1)) is None


def test_a_rotated_key_has_two_secrets_for_a_while(known: Catalog) -> None:
    old = create(known, expires=NOW.date() + timedelta(days=60))
    with known.writing() as session:
        new = keys.rotate(session, old.split("_")[1], 7, "Steward Sample")
    assert old.split("_")[1] == new.split("_")[1]
    assert old != new
    assert [found(known, key, NOW + timedelta(days=6)) is not None for key in (old, new)] == [True, True]
    assert [found(known, key, NOW + timedelta(days=8)) is not None for key in (old, new)] == [False, True]
    with known.writing() as session:
        at_once = keys.rotate(session, old.split("_")[1], 0, "Steward Sample")
    at = datetime.now(UTC)
    assert [found(known, key, at) is not None for key in (old, new, at_once)] == [False, False, True]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"audience": "everyone"}, "community, organisation, steward"),
        ({"organisation": "Nobody's"}, "--new-organisation"),
        ({"expires": date(2020, 1, 1)}, "2020-01-01 is past"),
        ({"sources": ("portal-1",)}, "Only a steward"),
        ({"purpose": " "}, "--purpose"),
        ({"audience": "steward", "countries": ("South Sudan",)}, "such as SSD"),
    ],
)
def test_a_key_needs_a_holder_a_purpose_an_end_and_an_organisation(
    known: Catalog, more: dict[str, object], told: str
) -> None:
    with pytest.raises(KeyRefused, match=told):
        create(known, **more)


@pytest.mark.parametrize("called", ["Unnamed organisation", "???", "unnamed ORGANISATION"])
def test_who_has_no_name_gets_no_key_and_no_grant(known: Catalog, called: str) -> None:
    unnamed = Agents(()).resolve(AgentRecord("???"))
    record = put_record(known)
    with known.writing() as session:
        session.add(Agent(id=unnamed.id, key=unnamed.key, name=unnamed.name, acronym="", kind=unnamed.kind))
    for audience in keys.AUDIENCES:
        for introduced in (False, True):
            with pytest.raises(KeyRefused, match="names (no|the) organisation"):
                create(known, audience=audience, organisation=called, introduce=introduced)
    with known.writing() as session, pytest.raises(NoGrant, match="names (no|the) organisation"):
        grants.grant(session, record, called, TOMORROW, "Survey.", "Steward Sample")
    with known.writing() as session, pytest.raises(NoGrant, match="names (no|the) organisation"):
        grants.grant(session, record, str(unnamed.id), TOMORROW, "Survey.", "Steward Sample")


def test_an_organisation_that_holds_nothing_yet_can_be_introduced(known: Catalog) -> None:
    create(known, organisation="Riverside Relief", introduce=True)
    create(known, organisation="riverside relief")
    with known.reading() as session:
        assert {item["organisation"]["name"] for item in keys.keys(session, NOW)} == {"Riverside Relief"}


def test_use_is_written_once_a_day(known: Catalog) -> None:
    asks = found(known, create(known))
    for at in (NOW, NOW, NOW + timedelta(days=1)):
        with known.writing() as session:
            keys.used(session, asks, at)  # type: ignore[arg-type]
    with known.reading() as session:
        lines = [line for line in audit.lines(session) if line["action"] == "used a key"]
    assert [(line["actor"], line["subject"]) for line in lines] == [("Ada Sample", asks.key)] * 2  # type: ignore[attr-defined]


def put_record(catalog: Catalog) -> str:
    key = uuid5(SAMPLES, "1")
    with catalog.writing() as session:
        from catalog.layout import table
        from catalog.tables import Dataset

        row = {**dataset(key, 1), "visibility": Visibility.OWNER}
        session.execute(table(Dataset).insert(), [row])
        session.add(listed(key, 1))
        session.add(Disclosure(dataset_id=key, audience=Audience.FULL, seq=1, name=None, document=b"{}", etag="1"))
    return str(key)


def test_a_grant_ends_on_its_day_and_the_feed_tells_the_indexes(known: Catalog) -> None:
    from catalog import reading

    record, partner = put_record(known), organisation(HILL, "Ada Sample")

    def shown() -> bool:
        with known.reading() as session:
            return reading.document(session, partner, record) is not None

    assert not shown()
    with known.writing() as session:
        assert grants.grant(session, record, "Hillside", TOMORROW, "Survey.", "Steward Sample") == "Hillside"
    assert shown()
    with known.writing() as session:
        session.execute(update(Grant).values(until=NOW - timedelta(seconds=1)))
    assert not shown(), "the moment ends it, before anything sweeps"
    assert (grants.expire(known), grants.expire(known)) == (1, 0)
    with known.writing() as session:
        grants.grant(session, record, "HS", TOMORROW, "Survey.", "Steward Sample")
        grants.revoke(session, record, "HS", "Done.", "Steward Sample")
    assert not shown()
    with known.reading() as session:
        assert [line.kind for line in session.scalars(select(Change).order_by(Change.seq))] == ["reach"] * 4
        assert audit.verify(session) == []
    with known.writing() as session, pytest.raises(NoGrant, match="no grant"):
        grants.revoke(session, record, "HS", "Done.", "Steward Sample")


def test_who_broke_the_glass_is_noticed_with_the_reason(known: Catalog) -> None:
    settings = Settings()
    for given, because in (("", "Sample."), ("Ada Sample", "  ")):
        with pytest.raises(ConfigurationError):
            viewer(known, settings, given, "show", "x", because=because)
    assert viewer(known, settings, "Ada Sample", "show", "x").sees_all is False
    assert viewer(known, settings, "Ada Sample", "show", "x", because="A life is at stake.").sees_all is True
    with known.reading() as session:
        items, total = notices.notices(session, steward("Bo Sample"))
    assert total == 1
    assert [(item["who"], item["what"], item["reason"]) for item in items] == [
        ("Ada Sample", "show x", "A life is at stake.")
    ]


def test_stewards_of_some_are_told_of_their_own_records_alone(known: Catalog) -> None:
    write(known, PUBLIC, RECORDS)
    ukraine, yemen = (dataset_id(PUBLIC.key, record.remote_id) for record in (RECORDS[3], RECORDS[5]))
    subjects = (str(ukraine), str(yemen), PUBLIC.key, "*", "words", "never-was")
    for subject in subjects:
        viewer(known, Settings(), "Ada Sample", "show", subject, because="Sample reason.")
    told = {}
    for asks in (
        steward("All"),
        steward("Of", countries=["UKR"]),
        steward("Of", sources=[PUBLIC.key]),
        community("No"),
    ):
        with known.reading() as session:
            items, total = notices.notices(session, asks, 3)
            more, _ = notices.notices(session, asks, 100, 3)
            told[asks.reach] = [item["what"].removeprefix("show ") for item in (*items, *more)]
            assert (len(items), total) == (min(3, len(told[asks.reach])), len(told[asks.reach]))
    assert list(told.values()) == [
        [*reversed(subjects)], [str(ukraine)], [PUBLIC.key, str(yemen), str(ukraine)], [],
    ]  # fmt: skip


def test_the_words_of_a_search_stand_nowhere(known: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDMARK_DATABASE_URL", known.address.render_as_string(hide_password=False))
    monkeypatch.setenv("LANDMARK_DATA_DIR", str(tmp_path))
    broken = ["--as", "Ada Sample", "--break-glass", "Sample reason."]
    for more in (broken[:2], broken, broken):
        assert CliRunner().invoke(app, ["search", "quietvillage", "list", *more]).exit_code == 0
    with known.reading() as session:
        lines = list(audit.lines(session))
        items, _ = notices.notices(session, steward("Bo Sample"))
    assert "quietvillage" not in repr((lines, items))
    assert [line["action"] for line in lines] == ["search", "broke the glass", "broke the glass"]
    assert len({line["subject"].removeprefix("search ") for line in lines}) == 1, "the same words are known again"
    assert [item["what"] for item in items] == [lines[1]["subject"]] * 2


def test_a_name_is_erased_everywhere_and_the_chain_still_holds(known: Catalog) -> None:
    key = create(known)
    asks = found(known, key)
    with known.writing() as session:
        keys.used(session, asks, NOW)  # type: ignore[arg-type]
        audit.append(session, "Ada Sample", "looked at something", "sample")
        places = privacy.erase(session, "Ada Sample", "Steward Sample")
    assert places >= 2
    assert found(known, key) is None, "a key without a holder ends"
    with known.reading() as session:
        assert audit.verify(session) == []
        everything = repr(list(audit.lines(session))) + repr(keys.keys(session, NOW)) + repr(
            [(row.id, row.name) for row in session.scalars(select(Person))]
        )  # fmt: skip
        actors = [line["actor"] for line in audit.lines(session) if line["action"] == "looked at something"]
    assert "Ada Sample" not in everything
    assert "Steward Sample" in everything
    assert actors[0].startswith("person-")
    with known.writing() as session:
        assert privacy.erase(session, "Ada Sample", "Steward Sample") == 0
        session.execute(update(Person).values(name="Somebody else"))
    with known.reading() as session:
        assert [line.startswith("The name of person-") for line in audit.verify(session)] == [True]


def test_keys_that_ended_long_ago_are_deleted(known: Catalog) -> None:
    create(known)
    create(known, expires=NOW.date() + timedelta(days=300))
    with known.writing() as session:
        assert privacy.sweep(session, 30, NOW + timedelta(days=20)) == 0
        assert privacy.sweep(session, 30, NOW + timedelta(days=40)) == 1
        assert len(keys.keys(session, NOW)) == 1


def test_who_was_handed_a_key_over_http_is_kin_to_who_handed_it_and_to_others_they_handed_one(known: Catalog) -> None:
    def handed(name: str, by: str) -> str:
        asked = replace(ASKED, name=name, audience="steward")
        with known.writing() as session:
            return keys.create(session, asked, by, by="0123456789ab")

    handed("Bea Sample", "Ada Sample")
    own = handed("Cleo Example", "Bea Sample").split("_")[1]
    handed("Dan Other", "Eve Fictional")
    for name in ("Gus Machine", "Hal Machine"):
        create(known, name=name, audience="steward")
    with known.writing() as session:
        keys.rotate(session, own, 7, "Cleo Example", by=own)
    names = ("Ada Sample", "Bea Sample", "Cleo Example", "Dan Other", "Gus Machine", "Hal Machine")
    with known.reading() as session:
        pairs = {(one, other) for one in names for other in names if one < other and keyring.kin(session, one, other)}
    assert pairs == {("Ada Sample", "Bea Sample"), ("Ada Sample", "Cleo Example"), ("Bea Sample", "Cleo Example")}
    gus = next(iter(found_ids(known, "Gus Machine")))
    with known.writing() as session:
        keys.rotate(session, gus, 7, "Dan Other", by="0123456789ab")
    with known.reading() as session:
        assert keyring.kin(session, "gus machine", "Eve Fictional"), "a rotated key is in another's hands too"


def found_ids(catalog: Catalog, name: str) -> list[str]:
    with catalog.reading() as session:
        return list(session.scalars(select(AccessKey.id).where(AccessKey.name == name)))


def test_an_organisations_key_is_bound_on_the_machine_as_well(known: Catalog) -> None:
    key = create(known, audience="organisation", sources=("portal-1",), countries=("ssd",))
    assert found(known, key) == organisation(HILL, "Ada Sample", key.split("_")[1], ["portal-1"], ["SSD"])
