"""One organisation, however it is spelt; a mailbox, never a person's."""

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.agents import UNNAMED, AgentIdentity, Agents, role_mailbox
from catalog.records import AgentRecord
from catalog.vocabulary import AgentKind
from config.load import rules
from config.settings import Settings

VOCABULARY = rules(Settings()).agents
AGENTS = Agents(VOCABULARY)


def who(name: str, acronym: str = "") -> tuple[str, str, AgentKind]:
    found = AGENTS.resolve(AgentRecord(name, acronym))
    return found.name, found.acronym, found.kind


IOM = ("International Organization for Migration", "IOM", AgentKind.UN)


@pytest.mark.parametrize(
    "spelling",
    [
        "IOM",
        "International Organization for Migration",
        "International Organization for Migration (IOM)",
        "International Organization for Migration(IOM)",
        "IOM - International Organization for Migration",
        "IOM: International Organization for Migration",
        "IOM (International Organization for Migration)",
        "INTERNATIONAL  ORGANISATION FOR MIGRATION",
        "Organisation internationale pour les migrations",
        "المنظمة الدولية للهجرة",
        "International Organization for Migration (IOM) (inactive)",
    ],
)
def test_one_agent_however_spelt(spelling: str):
    assert who(spelling) == IOM


def test_an_identity_is_fixed_for_good():
    found = AGENTS.resolve(AgentRecord("IOM"))
    assert found.key == "international organization for migration"
    assert str(found.id) == "21ac529b-ef6c-55d9-a28f-9260c9385fc0"


def test_organisations_that_nobody_listed():
    assert {
        spelling: who(spelling)
        for spelling in (
            "Tapirland Rescue Union (TRU)",
            "TRU - Tapirland Rescue Union",
            "Tapirland Rescue Union",
            "TRU",
        )
    } == {
        "Tapirland Rescue Union (TRU)": ("Tapirland Rescue Union", "TRU", AgentKind.UNKNOWN),
        "TRU - Tapirland Rescue Union": ("Tapirland Rescue Union", "TRU", AgentKind.UNKNOWN),
        "Tapirland Rescue Union": ("Tapirland Rescue Union", "", AgentKind.UNKNOWN),
        "TRU": ("TRU", "", AgentKind.UNKNOWN),
    }
    ids = [
        AGENTS.resolve(AgentRecord(name)).id
        for name in (
            "Tapirland Rescue Union (TRU)",
            "TRU - Tapirland Rescue Union",
            "the tapirland rescue union",
            "TRU",
        )
    ]
    assert ids[0] == ids[1] == ids[2] != ids[3]


def test_what_stands_beside_a_name_is_not_always_its_acronym():
    assert who("World Vision (Nepal)") == ("World Vision (Nepal)", "", AgentKind.UNKNOWN)
    assert who("Education Cluster - Tapirland") == ("Education Cluster - Tapirland", "", AgentKind.UNKNOWN)
    assert who("Who's On First") == ("Who's On First", "", AgentKind.UNKNOWN)


def test_an_office_is_an_agent_of_its_own_and_of_its_parents_kind():
    assert who("OCHA South Sudan") == ("OCHA South Sudan", "", AgentKind.UN)
    assert who("OCHA Democratic Republic of the Congo (DRC)")[1:] == ("", AgentKind.UN)
    assert AGENTS.resolve(AgentRecord("OCHA South Sudan")).id != AGENTS.resolve(AgentRecord("OCHA")).id


def test_mine_action_is_known_by_its_short_names():
    assert [
        who(name)[0] for name in ("UNMAS", "The HALO Trust", "MAG", "NPA", "norwegian peoples aid", "FSD", "DDG")
    ] == [
        "United Nations Mine Action Service",
        "HALO Trust",
        "Mines Advisory Group",
        "Norwegian People's Aid",
        "Norwegian People's Aid",
        "Swiss Foundation for Mine Action",
        "Danish Refugee Council",
    ]
    assert who("Handicap International") == who("Humanity and Inclusion") == who("Humanity & Inclusion (HI)")


def test_a_portals_own_fields_are_kept_for_who_is_not_listed():
    found = AGENTS.resolve(AgentRecord("Tapirland Rescue Union", "TRU", AgentKind.NATIONAL_NGO))
    assert (found.name, found.acronym, found.kind) == ("Tapirland Rescue Union", "TRU", AgentKind.NATIONAL_NGO)


@pytest.mark.parametrize("name", ["", " — ", "(inactive)"])
def test_no_name_at_all(name: str):
    assert who(name) == (UNNAMED, "", AgentKind.UNKNOWN)
    assert who(name, "IOM") == IOM


def test_two_organisations_under_one_spelling_are_refused():
    with pytest.raises(ValueError, match=r'"tru" is both "Tapir Union" and "Tree Union"'):
        Agents([{"name": "Tapir Union", "acronym": "TRU"}, {"name": "Tree Union", "aliases": ["Tru"]}])


SPELLINGS = (
    "International Organization for Migration (IOM)",
    "WFP - World Food Programme",
    "Médecins Sans Frontières",
    "Tapirland Rescue Union (TRU)",
    "Agence tapirlandaise de déminage (ATD)",
    "OCHA Türkiye",
    "Центр протимінної діяльності",
)


@given(st.sampled_from(SPELLINGS), st.randoms(use_true_random=False))
def test_case_spacing_and_accents_never_change_the_identity(spelling: str, chance: random.Random):
    shaken = "".join(
        chance.choice((" ", "  ", "\t")) if letter == " " else chance.choice((letter.upper(), letter.lower()))
        for letter in spelling
    )
    if chance.random() < 0.5:
        shaken = "".join(mark for mark in unicodedata.normalize("NFD", shaken) if not unicodedata.combining(mark))
    assert same(AGENTS.resolve(AgentRecord(shaken))) == same(AGENTS.resolve(AgentRecord(spelling)))


@given(st.permutations(SPELLINGS))
def test_the_order_of_asking_changes_nothing(order: list[str]):
    fresh = Agents(VOCABULARY)
    assert {name: fresh.resolve(AgentRecord(name)) for name in order} == {
        name: AGENTS.resolve(AgentRecord(name)) for name in SPELLINGS
    }


def same(identity: AgentIdentity) -> tuple[str, str, AgentKind]:
    return identity.key, str(identity.id), identity.kind


@pytest.mark.parametrize(
    ("address", "acronym", "kept"),
    [
        ("info@example.org", "", "info@example.org"),
        ("mailto:HDX-Support2@example.org", "", "HDX-Support2@example.org"),
        ("tru.data@example.org", "TRU", "tru.data@example.org"),
        ("tru@example.org", "TRU", "tru@example.org"),
        ("tru@example.org", "IOM", ""),
        ("jane.doe@example.org", "", ""),
        ("jane.info@example.org", "", ""),
        ("info+jane@example.org", "", ""),
        ("infojane@example.org", "", ""),
        ("info@example.org?subject=jane", "", ""),
        ("Jane Doe <info@example.org>", "", ""),
        ("j@example.org", "J", ""),
        ("42@example.org", "", ""),
        ("info at example.org", "", ""),
        ("", "", ""),
    ],
)
def test_only_role_mailboxes_are_kept(address: str, acronym: str, kept: str):
    assert role_mailbox(address, acronym) == kept
