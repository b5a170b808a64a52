"""Requests opened, noted and told, on both databases."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select

from catalog import audit, grants, keys, opening, privacy
from catalog.database import Catalog
from catalog.keys import NewKey
from catalog.levels import Conflict, Refused
from catalog.records import AccessRecord, AgentRecord, AgentRole, DatasetRecord, LocationRecord
from catalog.requests import told
from catalog.requests.kept import Asked, NoRequest, Opened, TooMany, Unfit, note, open_request
from catalog.requests.states import Refusal, State
from catalog.rows import dataset_id
from catalog.tables import AccessKey, DataRequest, RequestNote
from catalog.viewer import PUBLIC as NOBODY
from catalog.viewer import Viewer, steward
from catalog.vocabulary import AccessModality, Role, Visibility
from tests.api.conftest import PUBLIC, write

NOW = datetime.now(UTC).replace(microsecond=0)
UNTIL = NOW.date() + timedelta(days=90)
AUTHORITY, OPERATOR, RELIEF = AgentRecord("Sample Authority"), AgentRecord("Sample Operator"), AgentRecord("Relief")
BOX = "im@authority.example"


def record(remote_id: str, visibility: Visibility, iso3: str = "COL", **more: object) -> DatasetRecord:
    given: dict[str, object] = {
        "remote_id": remote_id,
        "title": {"und": f"Sample {remote_id}"},
        "landing_page": f"https://data.example.org/{remote_id}",
        "agents": (AgentRole(OPERATOR, Role.HOLDER, BOX), AgentRole(AUTHORITY, Role.OWNER)),
        "locations": (LocationRecord(iso3),),
        "visibility": visibility,
        "access": (AccessRecord(AccessModality.ON_REQUEST, ("Write.",), "https://data.example.org/ask"),),
    }
    return DatasetRecord(**(given | more))  # type: ignore[arg-type]


RECORDS = (
    record(
        "hazards",
        Visibility.PUBLIC,
        access=(
            AccessRecord(
                AccessModality.ON_REQUEST,
                ("Write.", "Agreement needed: Memorandum.", "An answer usually takes 14 days."),
                "https://data.example.org/ask",
            ),
        ),
    ),
    record("partners", Visibility.COMMUNITY, "YEM"),
    record("closed", Visibility.RESTRICTED),
    record("theirs", Visibility.OWNER),
)
HELD: Mapping[str, tuple[str, AgentRecord, dict[str, object]]] = {
    "desk": ("community", RELIEF, {}),
    "other": ("community", RELIEF, {}),
    "authority": ("organisation", AUTHORITY, {}),
    "bound": ("organisation", AUTHORITY, {"countries": ("YEM",)}),
    "operator": ("organisation", OPERATOR, {}),
    "relief": ("organisation", RELIEF, {}),
    "ada": ("steward", RELIEF, {}),
    "yemen": ("steward", RELIEF, {"countries": ("YEM",)}),
}
ASKED = Asked("", "Planning of clearance.", "Two survey teams", UNTIL, "Data sharing agreement")


class Place:
    """A register with a key of each sort."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.who: dict[str, Viewer] = {"nobody": NOBODY}
        write(catalog, PUBLIC, RECORDS)
        for name, (audience, organisation, more) in HELD.items():
            asked = NewKey(name, audience, organisation.name, "Sample.", UNTIL, introduce=True, **more)  # type: ignore[arg-type]
            with catalog.writing() as session:
                key = keys.create(session, asked, "A. Sample")
            with catalog.reading() as session:
                found = keys.of(session, key.split("_")[1], NOW)
            assert found is not None
            self.who[name] = found

    def id(self, remote_id: str) -> UUID:
        return dataset_id(PUBLIC.key, remote_id)

    def open(self, who: str, remote_id: str, at: datetime = NOW, most: int = 0, **more: object) -> UUID:
        asked = replace(ASKED, dataset=str(self.id(remote_id)), **more)  # type: ignore[arg-type]
        return self.opened(who, asked, at, most).id

    def opened(self, who: str, asked: Asked, at: datetime = NOW, most: int = 0) -> Opened:
        with self.catalog.writing() as session:
            return open_request(session, self.who[who], asked, self.who[who], days=30, most=most, now=at)

    def note(
        self, who: str, id_: UUID, to: State, why: str = "", category: Refusal | None = None, **more: object
    ) -> State:
        with self.catalog.writing() as session:
            given = {"now": NOW} | more
            return note(session, id_, self.who[who], to, why, category, **given).before  # type: ignore[arg-type]

    def told(self, who: str, id_: UUID, at: datetime = NOW, language: str = "") -> dict[str, object]:
        with self.catalog.reading() as session:
            return told.request(session, self.who[who], id_, at, language)

    def knows(self, id_: UUID) -> dict[str, list[str]]:
        """Who is told of a request, and as what; list and single answer agree."""
        found = {}
        for name, viewer in self.who.items():
            with self.catalog.reading() as session:
                items, total = told.requests(session, viewer, NOW)
                assert total == len(items)
                listed = {item["id"]: item["as"] for item in items}
                try:
                    one = told.request(session, viewer, id_, NOW)["as"]
                except NoRequest:
                    assert str(id_) not in listed
                else:
                    assert listed[str(id_)] == one
                    found[name] = one
        return found


@pytest.fixture
def place(catalog: Catalog) -> Place:
    return Place(catalog)


def test_a_request_is_told_whole_to_who_opened_it(place: Place):
    id_ = place.open("desk", "hazards")
    found = place.told("desk", id_)
    message = found.pop("message")
    agent = str(found["requester"]["organisation"]["id"])  # type: ignore[index]
    assert found == {
        "id": str(id_),
        "dataset": {
            "id": str(place.id("hazards")), "shown": True, "name": "sample-hazards-5c6b73a9", "title": "Sample hazards",
            "holders": ["Sample Operator"], "countries": ["COL"], "link": "https://data.example.org/hazards",
        },
        "as": ["requester"],
        "requester": {"name": "desk", "organisation": {"id": agent, "name": "Relief"}},
        "purpose": "Planning of clearance.",
        "for_whom": "Two survey teams",
        "until": UNTIL.isoformat(),
        "agreement": "Data sharing agreement",
        "language": "es",
        "expected_days": 14,
        "opened": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
        "state": "drafted",
        "since": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
        "due": None,
        "newest": 1,
        "history": [
            {
                "number": 1, "state": "drafted", "at": f"{NOW:%Y-%m-%dT%H:%M:%SZ}", "as": "requester", "by": "desk",
                "why": "", "category": "",
            }
        ],
        "possible": ["sent", "expired"],
    }  # fmt: skip
    assert isinstance(message, dict)
    assert (message["language"], message["direction"], message["to"]) == ("es", "ltr", BOX)
    assert message["form"] == "https://data.example.org/ask"
    assert message["subject"] == "Solicitud de datos: Sample hazards"
    assert message["body"].splitlines()[:14] == [
        "A la atención de Sample Operator:",
        "",
        "Relief le solicita acceso a datos que el registro Landmark indica como suyos.",
        "",
        "Datos: Sample hazards",
        "Descritos en: https://data.example.org/hazards",
        f"Referencia en el registro: {place.id('hazards')}",
        "Para qué: Planning of clearance.",
        "Quién los usaría: Two survey teams",
        f"Se necesitan hasta: {UNTIL}",
        "Acuerdo que ofrecemos: Data sharing agreement",
        "Acuerdo que ustedes piden según el registro: Memorandum",
        "",
        (
            "Díganos, por favor, si puede compartirlos por completo, en parte (pueden bastar totales por zona o una "
            "versión en cuadrícula) o no, y por qué. Si decide otra oficina, indíquenos cuál. Una respuesta en 14 días "
            "nos ayudaría a planificar."
        ),
    ]
    assert message["body"].endswith("\n\nAtentamente,\ndesk\nRelief")
    assert message["mailto"].startswith(
        "mailto:im@authority.example?subject=Solicitud%20de%20datos%3A%20Sample%20hazards"
    )
    arabic = place.told("desk", id_, language="ar")["message"]
    assert (arabic["language"], arabic["direction"]) == ("ar", "rtl")  # type: ignore[index]


def test_only_requester_owner_holder_and_stewards_know_of_it(place: Place):
    known = {name: place.knows(place.open("desk", name)) for name in ("hazards", "partners")}
    assert known == {
        "hazards": {"desk": ["requester"], "authority": ["owner"], "operator": ["owner"], "ada": ["steward"]},
        "partners": {
            "desk": ["requester"], "authority": ["owner"], "bound": ["owner"], "operator": ["owner"],
            "ada": ["steward"], "yemen": ["steward"],
        },
    }  # fmt: skip


def test_of_an_owners_own_record_only_the_owner_and_who_was_granted_it_know(place: Place):
    with place.catalog.writing() as session:
        grants.grant(session, str(place.id("theirs")), "Relief", UNTIL, "Sample.", "A. Sample")
    id_ = place.open("relief", "theirs")
    assert place.knows(id_) == {"relief": ["requester"], "authority": ["owner"]}, "no steward, nor who only holds it"
    with pytest.raises(NoRequest):
        place.note("ada", id_, State.SENT)


@pytest.mark.parametrize("who", ["desk", "yemen", "relief", "operator"])
@pytest.mark.parametrize("what", ["closed", "theirs", "never"])
def test_what_somebody_is_not_shown_they_cannot_ask_for(place: Place, who: str, what: str):
    with pytest.raises(NoRequest):
        place.open(who, what)
    with place.catalog.reading() as session:
        assert session.scalars(select(DataRequest)).all() == []


def test_a_record_that_is_hidden_later_leaves_the_request_and_nothing_of_itself(place: Place):
    id_ = place.open("desk", "partners")
    with place.catalog.writing() as session:
        opening.show_to(session, place.id("partners"), Visibility.RESTRICTED, "A. Sample", "Sample.")
    found = place.told("desk", id_)
    assert found["dataset"] == {
        "id": str(place.id("partners")), "shown": False, "name": "", "title": "", "holders": [], "countries": [],
        "link": "",
    }  # fmt: skip
    assert found["message"] is None
    assert (found["purpose"], found["possible"]) == ("Planning of clearance.", ["sent", "expired"])
    assert place.told("ada", id_)["dataset"]["title"] == "Sample partners"  # type: ignore[index]
    assert place.told("ada", id_)["message"] is None, "it is the requester's message, who may not know of it"
    with place.catalog.reading() as session:
        (row,) = told.outcomes(session, place.who["desk"], NOW)
    assert row.requests == 0, "figures are of records that the reader is shown"


def test_it_goes_from_state_to_state_and_each_is_told_who_it_was_as_far_as_they_may_know(place: Place):
    id_ = place.open("desk", "hazards", NOW - timedelta(days=40))
    day = timedelta(days=1)
    assert place.note("desk", id_, State.SENT, now=NOW - 39 * day, expected=1) is State.DRAFTED
    assert place.note("operator", id_, State.ACKNOWLEDGED, "Being looked at.", now=NOW - 20 * day) is State.NO_ANSWER
    refused = {
        "why": "It names Dr. Mona Sample, call +249 912 345 678.",
        "category": Refusal.HARM,
        "now": NOW - 19 * day,
    }
    assert place.note("authority", id_, State.REFUSED, **refused) is State.ACKNOWLEDGED  # type: ignore[arg-type]
    assert place.note("ada", id_, State.PARTLY, "Counts by area.", now=NOW - 2 * day) is State.REFUSED
    lines = {who: [(one["state"], one["as"], one["by"], one["why"]) for one in place.told(who, id_)["history"]]  # type: ignore[attr-defined]
             for who in ("desk", "authority", "ada")}  # fmt: skip
    names = {"desk": ("", "", ""), "authority": ("operator", "authority", ""), "ada": ("operator", "authority", "ada")}
    for who, (first, second, third) in names.items():
        assert lines[who] == [
            ("drafted", "requester", "desk", ""),
            ("sent", "requester", "desk", ""),
            ("no_answer", "time", "", "No answer after 14 days."),
            ("acknowledged", "owner", first, "Being looked at."),
            ("refused", "owner", second, "It names [name withheld], call [telephone number withheld]."),
            ("partly", "steward", third, "Counts by area."),
        ], who
    with place.catalog.reading() as session:
        assert audit.verify(session) == []
        written = [(one["actor"], one["action"], one["subject"], one["reason"]) for one in audit.lines(session)]
        figures = told.outcomes(session, place.who["desk"], NOW)
    assert written[-5:] == [
        ("desk", "opened a request", str(id_), f"of key {place.who['desk'].key}"),
        ("desk", "noted a request as sent", str(id_), "as requester"),
        ("operator", "noted a request as acknowledged", str(id_), "as owner"),
        ("authority", "noted a request as refused", str(id_), "as owner"),
        ("ada", "noted a request as partly", str(id_), "as steward"),
    ]
    assert [(row.iso3, row.states, row.median_days) for row in figures] == [
        ("ALL", {State.PARTLY: 1}, 20.0), ("COL", {State.PARTLY: 1}, 20.0),
    ], "to the first answer, whatever it became"  # fmt: skip


def test_what_is_not_possible_says_what_is(place: Place):
    id_ = place.open("desk", "hazards")

    def refused(who: str, to: State, why: str = "", category: Refusal | None = None, **more: object) -> str:
        with pytest.raises(Refused) as said:
            place.note(who, id_, to, why, category, **more)
        return str(said.value)

    start = "The request is drafted, so it cannot be noted as granted by you; "
    assert refused("desk", State.GRANTED) == start + "you may note: sent, expired."
    assert refused("authority", State.GRANTED) == start + "only who decides on it, or a steward, may note something."
    assert refused("ada", State.NO_ANSWER).endswith("you may note: sent, expired."), "time alone does"
    place.note("desk", id_, State.SENT)
    assert refused("authority", State.REFUSED, "No.") == (
        "Say the category of the reason: harm, consent, law, agreement, purpose, not_ours, not_held, capacity, other."
    )
    assert refused("authority", State.REFUSED, " ", Refusal.LAW).startswith("Say why, in a sentence")
    assert refused("authority", State.GRANTED, "", Refusal.LAW) == "Only a refusal has a category: leave it out."
    assert refused("authority", State.GRANTED, "x" * 501) == "The reason has 501 characters; it may have 500."
    with pytest.raises(Conflict):
        place.note("desk", id_, State.EXPIRED, expected=1)
    assert refused("desk", State.SENT, now=NOW + timedelta(days=100)) == (
        "The request is expired, so it cannot be noted as sent by you; nothing more can be noted; open another request."
    )
    for who in ("other", "relief", "nobody", "yemen", "bound"):
        with pytest.raises(NoRequest):
            place.note(who, id_, State.EXPIRED)
    with pytest.raises(NoRequest):
        place.note("ada", uuid4(), State.SENT)
    with place.catalog.reading() as session:
        assert session.scalars(select(RequestNote.state).order_by(RequestNote.number)).all() == ["drafted", "sent"]


def test_fields_that_cannot_be_taken_are_named_and_nothing_is_kept(place: Place):
    given = replace(ASKED, dataset=str(place.id("hazards")))
    wrong = {
        "purpose": ("", " \n ", "x" * 1001),
        "for_whom": ("", "x" * 301),
        "agreement": ("x" * 301,),
        "until": (NOW.date() - timedelta(days=1), date(9999, 12, 31)),
        "language": ("ru",),
    }
    for field, values in wrong.items():
        for value in values:
            with pytest.raises(Unfit) as said:
                place.opened("desk", replace(given, **{field: value}))
            assert said.value.field == field
    with pytest.raises(Refused, match="A request takes a key"), place.catalog.writing() as session:
        open_request(session, steward("A. Sample"), given, steward("A. Sample"), days=30)
    with place.catalog.reading() as session:
        assert session.scalars(select(DataRequest)).all() == []


def test_one_open_request_for_a_record_and_so_many_a_day(place: Place):
    late = datetime.combine(NOW.date(), datetime.max.time(), UTC)
    first = place.open("desk", "hazards", late, most=2)
    with pytest.raises(Refused, match=f"There is an open request for this record under this key already: {first}"):
        place.open("desk", "hazards", late)
    place.note("desk", first, State.EXPIRED, now=late)
    second = place.open("desk", "hazards", late, most=2)
    with pytest.raises(TooMany) as said:
        place.open("desk", "partners", late, most=2)
    assert (str(said.value), said.value.seconds) == (
        "This key has opened 2 requests today, which is as many as it may. Go on tomorrow.", 1,
    )  # fmt: skip
    place.open("other", "partners", late, most=2)
    third = place.open("desk", "partners", late + timedelta(seconds=1), most=2)
    with place.catalog.reading() as session:
        items, total = told.requests(session, place.who["desk"], NOW, limit=2)
        ended, _ = told.requests(session, place.who["desk"], late, state="expired")
    assert ([item["id"] for item in items], total) == ([str(third), *sorted(map(str, (first, second)))[:1]], 3)
    assert [item["id"] for item in ended] == [str(first)]


def test_no_persons_name_number_or_place_is_kept(place: Place):
    asked = replace(
        ASKED,
        dataset=str(place.id("hazards")),
        purpose="For Mme Claire Exemple, claire.exemple@relief.example,\nnear 12.34567, 33.45678.",
        for_whom="пані Олена Зразкова; info@relief.example",
    )
    opened = place.opened("desk", asked)
    assert opened.withheld == {
        "purpose": ("an e-mail address", "coordinates", "a person's name"),
        "for_whom": ("a person's name",),
    }
    found = place.told("desk", opened.id)
    assert found["purpose"] == "For [name withheld], [e-mail withheld], near [coordinates withheld]."
    assert found["for_whom"] == "[name withheld]; info@relief.example"


def test_names_go_with_the_keys_they_hung_on_and_when_they_are_erased(place: Place):
    id_ = place.open("desk", "hazards", purpose="Planning by desk, deskwork apart.")
    place.note("desk", id_, State.SENT, "As desk agreed.")
    place.note("authority", id_, State.GRANTED)
    with place.catalog.writing() as session:
        assert privacy.erase(session, "desk", "A. Sample") >= 4
    found = place.told("ada", id_)
    gone = found["requester"]["name"]  # type: ignore[index]
    assert gone.startswith("person-")
    assert found["purpose"] == f"Planning by {gone}, deskwork apart."
    assert [(one["by"], one["why"]) for one in found["history"]] == [  # type: ignore[attr-defined]
        (gone, ""), (gone, f"As {gone} agreed."), ("authority", ""),
    ]  # fmt: skip
    assert found["message"] is None, "whose key has ended is shown nothing more"
    with place.catalog.writing() as session:
        privacy.sweep(session, 1, NOW + timedelta(days=200))
        assert session.scalars(select(AccessKey)).all() == []
    with place.catalog.reading() as session:
        assert session.scalars(select(DataRequest.requester)).all() == ["erased"]
        assert session.scalars(select(RequestNote.actor).order_by(RequestNote.number)).all() == ["erased"] * 3


def test_what_is_told_of_others_needs_five_of_them(place: Place):
    for number in range(6):
        asked = NewKey(f"more {number}", "community", "Relief", "Sample.", UNTIL)
        with place.catalog.writing() as session:
            key = keys.create(session, asked, "A. Sample")
            place.who[f"more {number}"] = keys.of(session, key.split("_")[1], NOW)  # type: ignore[assignment]
        id_ = place.open(f"more {number}", "hazards", NOW - timedelta(days=9))
        place.note(f"more {number}", id_, State.SENT, now=NOW - timedelta(days=8))
        place.note("authority", id_, State.GRANTED, now=NOW - timedelta(days=number))
    place.open("more 0", "partners")

    def told_to(who: str) -> list[tuple[object, ...]]:
        with place.catalog.reading() as session:
            return [
                (row.iso3, row.requests, row.states, row.all_requests, row.all_states, row.all_median_days)
                for row in told.outcomes(session, place.who[who], NOW)
            ]

    assert told_to("nobody") == [("ALL", 0, {}, 6, {}, 5.5), ("COL", 0, {}, None, {}, 5.5)]
    mine = [("ALL", 2, {"drafted": 1, "granted": 1}, 7, {}, 5.5), ("COL", 1, {"granted": 1}, None, {}, 5.5)]
    assert told_to("more 0")[:2] == mine
    assert told_to("ada")[0][:3] == ("ALL", 7, {"drafted": 1, "granted": 6})
    with place.catalog.writing() as session:
        session.execute(delete(RequestNote).where(RequestNote.number == 3, RequestNote.actor == "authority"))
    assert [row[:2] for row in told_to("nobody")] == [("ALL", 0)]
