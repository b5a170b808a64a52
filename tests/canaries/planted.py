"""Records of every visibility and level with a word of its own in every field, and who must meet which."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

import orjson
from starlette.testclient import TestClient

from api.app import create_app
from catalog import dump, keys
from catalog.assess import Assessor
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
from catalog.rows import Entry, dataset_id
from catalog.runs import Issue, begin, finish
from catalog.search import follow
from catalog.store import Store
from catalog.vocabulary import AccessModality, Level, RelationKind, Role, RunState, Visibility
from config.declarations import SensitivityRule, Source
from config.load import Rules
from config.settings import Settings

TOKEN = re.compile(r"qx[0-9a-f]{12}")
SOURCE = Source(key="sample", kind="hdx", title="Sample: canaries", url="https://portal.example", visibility="public")
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
        extra={"sample": word("extra")},
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
        if self.name == "first owner" and number % 2 == 0:
            return "full"
        if self.name == "steward" and visibility != Visibility.OWNER.value:
            return "full"
        return "community"


class Planted:
    """The register, its readers, and the words that each may meet."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(
            data_dir=folder, database_url="", config_dir=None, rate_address=0, rate_key=0, http_cache_bytes=0
        )
        self.viewers: list[Viewer] = [Viewer("public", {})]

    @property
    def numbers(self) -> range:
        return range(len(KINDS))

    def id(self, number: int) -> str:
        return str(dataset_id(SOURCE.key, canary(number, "remote")))

    def write(self, catalog: Catalog, records: list[DatasetRecord]) -> str:
        """Harvest by hand; the run's id."""
        assessor = Assessor(Rules(concepts=(), sensitivity=(*RULES, TOLD), agents=(), digest="sample"))
        now = datetime.now(UTC)
        run = begin(catalog, SOURCE, "full")
        entries = [
            Entry(one, assessor.assess(one, SOURCE, now.date()), one.remote_id, b"{}", one.landing_page)
            for one in records
        ]
        issues = tuple(
            # The owners' come first in every order, should one be chosen as an example of all.
            Issue("bad_date", f"{_order(one)} {canary(at, 'issue')}", "warning", remote_id=one.remote_id)
            for at, one in sorted(enumerate(records), key=lambda pair: _order(pair[1]))
        )
        with catalog.writing() as session:
            Store(SOURCE, assessor, catalog.address.drivername).write(session, run.id, entries, now)
            finish(session, run, RunState.PARTIAL, issues, "")
        return str(run.id)

    def plant(self, catalog: Catalog) -> None:
        """Every kind of record, each with an issue of its own."""
        made = [record(number, visibility, level) for number, (visibility, level) in enumerate(KINDS)]
        self.run = self.write(catalog, made)
        follow(catalog, self.settings.index_dir)

    def give_keys(self, catalog: Catalog) -> None:
        """A key of every sort."""
        until = datetime.now(UTC).date() + timedelta(days=2)
        with catalog.writing() as session:
            for name, audience, organisation in (
                ("community", "community", OWNERS[1].name),
                ("first owner", "organisation", OWNERS[0].name),
                ("steward", "steward", OWNERS[1].name),
            ):
                asked = NewKey(f"Sample {name}", audience, organisation, "Sample purpose.", until)
                key = keys.create(session, asked, "sample")
                self.viewers.append(Viewer(name, {"Authorization": f"Bearer {key}"}))

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


def _order(one: DatasetRecord) -> str:
    return "A sample" if one.visibility is Visibility.OWNER else "Sample"


def words(text: bytes | str) -> frozenset[str]:
    """The canaries in a text."""
    return frozenset(TOKEN.findall(text if isinstance(text, str) else text.decode("utf-8", "ignore")))


@contextmanager
def planted(folder: Path) -> Iterator[tuple[Planted, Catalog, TestClient]]:
    """A register full of canaries, served."""
    made = Planted(folder)
    with Catalog(made.settings.catalog_url, create=True) as catalog:
        made.plant(catalog)
        made.give_keys(catalog)
        with TestClient(create_app(made.settings), raise_server_exceptions=False) as client:
            yield made, catalog, client
