"""Records of every visibility and level with a word of its own in every field, and who must meet which."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import combinations, product
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from starlette.testclient import TestClient

from api.app import create_app
from catalog import audit, dump, keys
from catalog.asker import BROKE
from catalog.assess import Assessor
from catalog.curation import acts
from catalog.curation.acts import Bench
from catalog.curation.columns import Place
from catalog.database import Catalog
from catalog.keys import NewKey
from catalog.records import (
    AccessRecord,
    AgentRecord,
    AgentRole,
    ColumnRecord,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
    PortalFlag,
    RelationRecord,
)
from catalog.requests import kept as requests
from catalog.requests.kept import Asked
from catalog.requests.states import State
from catalog.rows import Entry, dataset_id
from catalog.runs import Issue, begin, finish
from catalog.search import follow
from catalog.sharing import snapshots
from catalog.store import Store
from catalog.tables import Dataset, SameLink
from catalog.vocabulary import AccessModality, Level, RelationKind, Role, RunState, Visibility
from config.declarations import SensitivityRule, Source
from config.load import Rules
from config.settings import Settings

TOKEN = re.compile(r"qx[0-9a-f]{12}")
SOURCE = Source(key="sample", kind="hdx", title="Sample: canaries", url="https://portal.example", visibility="public")
OTHER = SOURCE.model_copy(update={"key": "sample-other", "title": "Sample: more canaries", "kind": "plan"})
"""Its records are what will be collected."""
OWNERS = (AgentRecord("Sample First Owner"), AgentRecord("Sample Second Owner"))
COUNTRIES = ("SSD", "YEM", "COL", "AFG")
"""None of those whose protocols withhold names: what is tested here is who is shown, not what is left out."""
KINDS = tuple(product(Visibility, ("", *Level)))
RULES = tuple(
    SensitivityRule(
        id=f"sample-{level.value.replace('_', '-')}",
        version=1,
        level=level.value,
        flag=f"sample={level.value}",
        reason="Sample.",
        source="Sample",
    )
    for level in Level
)
TOLD = SensitivityRule(
    id="sample-header", version=1, level="severe", header=("quarryword",), reason="Sample.", source="Sample"
)
"""Where nobody but we say that it is severe, its title goes too."""


def canary(number: int, field: str) -> str:
    """The word in a field of a record; so unlike all others that no packing of a file takes it apart."""
    return f"qx{sha256(f'{number} {field}'.encode()).hexdigest()[:12]}"


def source(number: int) -> Source:
    """The source that a record comes from."""
    return OTHER if number % 3 == OF_OTHER else SOURCE


OF_OTHER = 2
"""A third of the records."""


def record(number: int, visibility: Visibility, level: str) -> DatasetRecord:
    """One record, with a canary in every field of text."""

    def word(field: str) -> str:
        return canary(number, field)

    return DatasetRecord(
        remote_id=word("remote"),
        title={"en": f"Sample {word('title')}", "fr": f"Sample {word('titlefr')}"},
        notes={"en": f"Sample {word('notes')}."},
        landing_page=f"https://portal.example/{word('page')}",
        modified=datetime(2020, 1, 1 + number % 28, tzinfo=UTC),
        methodology=f"Sample {word('method')}.",
        caveats=f"Sample {word('caveats')}.",
        licence=word("licence"),
        languages=("en",),
        keywords=(word("keyword"),),
        agents=(
            AgentRole(OWNERS[number % 2], Role.OWNER),
            AgentRole(AgentRecord(f"Sample {word('holder')}"), Role.HOLDER, f"info@{word('contact')}.example"),
        ),
        locations=(LocationRecord(COUNTRIES[number % 4], 2),),
        distributions=(
            DistributionRecord(
                key=word("key"),
                name=word("file"),
                url=f"https://files.example/{word('link')}",
                description=word("about"),
                format="CSV",
                declared_format=word("format"),
                columns=(ColumnRecord(word("sheet"), 0, word("header"), f"#adm1+{word('tag')}"),),
            ),
        ),
        access=(AccessRecord(AccessModality.ON_REQUEST, (word("step"),), f"https://ask.example/{word('ask')}"),),
        relations=(RelationRecord(RelationKind.BASED_ON, f"https://other.example/{word('relation')}"),),
        flags=(PortalFlag("sample", level),) if level else (),
        series=word("series"),
        visibility=visibility,
        urgent=True,
        urgency_recipients=(word("recipient"),),
        harm_if_withheld=word("harm"),
        extra={
            "sample": word("extra"),
            "state": "planned",
            "expected": "2099-01-31",
            "questions can be added until": "2098-12-31",
            "operation": f"Sample {word('operation')}",
            "interested sectors": word("sector"),
        },
    )


@dataclass(frozen=True)
class Viewer:
    """Somebody who asks: how, and which rendering of each record is theirs (None: none)."""

    name: str
    headers: Mapping[str, str]

    def rendering(self, visibility: str, number: int) -> str:
        """``public``, ``community`` or ``full``: the stored rendering that this viewer is to be shown."""
        if self.name == "public":
            return "public"
        return "full" if self.owns(number) or self.stewards(visibility, number) else "community"

    def stewards(self, visibility: str, number: int) -> bool:
        """Whether it is a steward of a record: nobody is of one for its owner alone."""
        return visibility != Visibility.OWNER.value and self.appointed(number)

    def appointed(self, number: int) -> bool:
        """Whether it is a steward of a record's source or country."""
        return {
            "steward": True,
            "steward of a source": source(number) is OTHER,
            "steward of a country": COUNTRIES[number % 4] == THE_COUNTRY,
        }.get(self.name, False)

    def owns(self, number: int) -> bool:
        """Whether it is the owner of a record."""
        return {"first owner": 0, "signed in": 0, "second owner": 1}.get(self.name) == number % 2


THE_COUNTRY = COUNTRIES[1]
STEWARDS = ("steward", "steward of a source", "steward of a country")
NOTICED = "glass"
"""The word in the reason why the glass over a record was broken."""


class Planted:
    """The register, its readers, and the words that each may meet."""

    def __init__(self, folder: Path, without: frozenset[Visibility] = frozenset()) -> None:
        self.without = without
        declared = folder / "config" / "sources"
        declared.mkdir(parents=True)
        for portal in (SOURCE, OTHER):
            said = portal.model_dump(include={"kind", "title", "url", "visibility"})
            (declared / f"{portal.key}.yaml").write_bytes(orjson.dumps(said))
        said = {"kind": "register", "title": "Sample: register", "visibility": "restricted", "profile": False}
        (declared / "register.yaml").write_bytes(orjson.dumps(said))
        self.settings = Settings(
            data_dir=folder, database_url="", config_dir=folder / "config", rate_address=0, rate_key=0, rate_acts=0
        )
        self.viewers: list[Viewer] = [Viewer("public", {})]
        self.runs: list[str] = []
        self.requests: list[str] = []

    @property
    def numbers(self) -> range:
        return range(len(KINDS))

    def id(self, number: int) -> str:
        return str(dataset_id(source(number).key, canary(number, "remote")))

    def write(self, catalog: Catalog, numbers: Sequence[int], made: Sequence[DatasetRecord], rules: Any = ()) -> None:
        """Harvest by hand, source by source."""
        chosen = (*(rules or RULES), TOLD)
        assessor = Assessor(Rules(concepts=(), sensitivity=chosen, agents=(), digest=str(chosen)))
        now = datetime.now(UTC)
        for portal in (SOURCE, OTHER):
            of_portal = [(at, one) for at, one in zip(numbers, made, strict=True) if source(at) is portal]
            if not of_portal:
                continue
            run = begin(catalog, portal, "full")
            entries = [
                Entry(one, assessor.assess(one, portal, now.date()), one.remote_id, b"{}", one.landing_page)
                for _, one in of_portal
            ]
            issues = tuple(
                # The owners' come first in every order, should one be chosen as an example of all.
                Issue("bad_date", f"{_order(one)} {canary(at, 'issue')}", "warning", remote_id=one.remote_id)
                for at, one in sorted(of_portal, key=lambda pair: _order(pair[1]))
            )
            with catalog.writing() as session:
                Store(portal, assessor, catalog.address.drivername).write(session, run.id, entries, now)
                finish(session, run, RunState.PARTIAL, issues, "")
            self.runs.append(str(run.id))

    def plant(self, catalog: Catalog) -> None:
        """Every kind of record, each with an issue of its own, and over each the glass was broken once."""
        left = [at for at in self.numbers if KINDS[at][0] not in self.without]
        self.write(catalog, left, [record(at, *KINDS[at]) for at in left])
        self.correct(catalog, left)
        link(catalog)
        with catalog.writing() as session:
            for number in self.numbers:
                audit.append(
                    session, "A. Sample", BROKE, f"show {self.id(number)}", f"Sample {canary(number, NOTICED)}"
                )
        snapshots.keep(catalog, self.settings, datetime.now(UTC), again=True)
        follow(catalog, self.settings.index_dir)

    def correct(self, catalog: Catalog, numbers: Sequence[int]) -> None:
        """A text and a hashtag of every record corrected by a person, with a reason that has a word of its own."""
        assessor = Assessor(Rules(concepts=(), sensitivity=(*RULES, TOLD), agents=(), digest=str((*RULES, TOLD))))
        bench = Bench(assessor, catalog.address.drivername)
        for number in numbers:
            given = {
                "caveats": f"Sample {canary(number, 'corrected')}.",
                Place(canary(number, "header")).field: f"#adm1+{canary(number, 'corrected tag')}",
            }
            with catalog.writing() as session:
                why = f"Sample {canary(number, 'corrected why')}."
                acts.correct(session, UUID(self.id(number)), given, "A. Sample", why, bench)

    def give_keys(self, catalog: Catalog) -> None:
        """A key of every sort."""
        until = datetime.now(UTC).date() + timedelta(days=2)
        with catalog.writing() as session:
            for name, audience, organisation, scope in (
                ("community", "community", OWNERS[1], {}),
                ("first owner", "organisation", OWNERS[0], {}),
                ("second owner", "organisation", OWNERS[1], {}),
                ("steward", "steward", OWNERS[1], {}),
                ("steward of a source", "steward", OWNERS[1], {"sources": (OTHER.key,)}),
                ("steward of a country", "steward", OWNERS[0], {"countries": (THE_COUNTRY,)}),
            ):
                asked = NewKey(name.title(), audience, organisation.name, "Sample purpose.", until, **scope)
                key = keys.create(session, asked, "sample")
                self.viewers.append(Viewer(name, {"Authorization": f"Bearer {key}"}))

    def ask(self, catalog: Catalog) -> None:
        """A request for each record, sent: by the community, or by its owner where the community is not shown it."""
        until = datetime.now(UTC).date() + timedelta(days=30)
        for number in self.numbers:
            visibility = KINDS[number][0]
            if visibility in self.without:
                continue
            name = "community" if visibility in ASKED_FOR else ("first owner", "second owner")[number % 2]
            key = self.viewer(name).headers["Authorization"].split("_")[1]
            texts = (f"Sample {canary(number, field)}" for field in ("purpose", "team"))
            asked = Asked(self.id(number), *texts, until, f"Sample {canary(number, 'offer')}")
            with catalog.writing() as session:
                holder = keys.of(session, key, datetime.now(UTC))
                assert holder is not None
                made = requests.open_request(session, holder, asked, holder, days=30)
                requests.note(session, made.id, holder, State.SENT, f"Sample {canary(number, 'sent')}")
            self.requests.append(str(made.id))

    def spare_key(self, catalog: Catalog, number: int) -> str:
        """A key that nobody uses, to be renewed and ended; its id."""
        until = datetime.now(UTC).date() + timedelta(days=2)
        asked = NewKey("Sample Spare", "community", OWNERS[number % 2].name, "Sample purpose.", until)
        with catalog.writing() as session:
            return keys.create(session, asked, "sample").split("_")[1]

    def sign_in(self, client: TestClient) -> None:
        """The first owner, with the key exchanged for a cookie."""
        token = re.search(r'name="token" value="([^"]+)"', client.get("/sign-in").text)
        assert token is not None
        key = self.viewer("first owner").headers["Authorization"].split()[1]
        sent = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
        fields = f"token={token[1]}&key={key}"
        answer = client.post("/sign-in", content=fields, headers=sent, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        cookie = answer.headers["set-cookie"].partition(";")[0]
        client.cookies.clear()
        self.viewers.append(Viewer("signed in", {"Cookie": cookie}))

    def viewer(self, name: str) -> Viewer:
        """Somebody by name."""
        (found,) = [one for one in self.viewers if one.name == name]
        return found

    def renderings(self, catalog: Catalog) -> dict[tuple[int, str], dict[str, Any]]:
        """What is stored for each record and audience."""
        numbers = {self.id(number): number for number in self.numbers}
        with catalog.reading() as session:
            rows = [orjson.loads(line) for line in dump.lines(session)]
        found = [(row["dataset_id"], row) for row in rows if row["table"] == "disclosure"]
        return {(numbers[key], row["audience"]): row["document"] for key, row in found if key in numbers}

    def allowed(self, viewer: Viewer, stored: Mapping[tuple[int, str], Mapping[str, Any]]) -> dict[int, frozenset[str]]:
        """Per record the words that this viewer may meet, and must."""
        found = {}
        for number in self.numbers:
            visibility = str(stored[number, "full"]["visibility"])
            document = stored.get((number, viewer.rendering(visibility, number)), {})
            found[number] = words(orjson.dumps(document))
        return found

    def told(self, viewer: Viewer, stored: Mapping[tuple[int, str], Mapping[str, Any]]) -> frozenset[str]:
        """The words that a viewer must meet beside the records themselves: why the glass was broken, and requests."""
        everything = viewer.name == "steward"
        stewarded = {
            number for number in self.numbers if viewer.stewards(str(stored[number, "full"]["visibility"]), number)
        }
        asked = {
            number
            for number in self.numbers
            if KINDS[number][0] not in self.without
            and (number in stewarded or viewer.owns(number) or (viewer.name == "community" and _is_asked_for(number)))
        }
        noticed = self.numbers if everything else stewarded
        there = {number for number in self.numbers if KINDS[number][0] not in self.without}
        # Of what its portal keeps private the feed tells no values, and its owner nothing else of a correction.
        # Where everybody is shown the same the owner is told of changes as everybody is.
        shut = {number for number in there if any(stored.get((number, one)) != stored[number, "full"] for one in LESS)}
        told = {number for number in shut if viewer.owns(number) and KINDS[number][0] is not Visibility.OWNER}
        return frozenset(
            {canary(number, NOTICED) for number in noticed}
            | {canary(number, field) for number in told | (there & stewarded) for field in BEFORE}
            | {canary(number, "corrected why") for number in there & stewarded}
            | {canary(number, field) for number in asked for field in ("purpose", "team", "offer", "sent")}
        )


LESS = ("public", "community")
BEFORE = ("caveats", "tag")
"""What the source says of what was corrected: told to stewards, and to the owner in what changed. Why, to stewards."""
ASKED_FOR = frozenset({Visibility.PUBLIC, Visibility.DESCRIBED, Visibility.LISTED, Visibility.COMMUNITY})
"""Of which the community is shown something, and asks for it."""


def _is_asked_for(number: int) -> bool:
    return KINDS[number][0] in ASKED_FOR


def _order(one: DatasetRecord) -> str:
    return "A sample" if one.visibility is Visibility.OWNER else "Sample"


def link(catalog: Catalog) -> None:
    """Every record with every other, as one dataset."""
    with catalog.writing() as session:
        numbers = session.scalars(select(Dataset.seq).order_by(Dataset.seq)).all()
        session.add_all(
            SameLink(first_seq=one, second_seq=other, score=1.0, reasons=["file-address"], found=datetime.now(UTC))
            for one, other in combinations(numbers, 2)
        )


def words(text: bytes | str) -> frozenset[str]:
    """The canaries in a text."""
    return frozenset(TOKEN.findall(text if isinstance(text, str) else text.decode("utf-8", "ignore")))


@contextmanager
def planted(
    folder: Path, without: frozenset[Visibility] = frozenset()
) -> Iterator[tuple[Planted, Catalog, TestClient]]:
    """A register full of canaries, served; ``without`` those of some visibilities, as if they never were."""
    made = Planted(folder, without)
    with Catalog(made.settings.catalog_url, create=True) as catalog:
        made.plant(catalog)
        made.give_keys(catalog)
        made.ask(catalog)
        with TestClient(create_app(made.settings), raise_server_exceptions=False) as client:
            made.sign_in(client)
            yield made, catalog, client
