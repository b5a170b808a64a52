"""A portal kind as served on loopback: what it answers, and what a harvest of it must give.

A module of this folder with ``SERVED`` enrols its kind in the deep part of the contract test
(``tests/harvester/portals/test_contract.py``); one with ``RECORDED`` enrols recorded answers in
``tests/journeys/test_portals.py``. Content of ``SERVED`` is fictional and written for this project.
"""

import importlib
import json
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from config.declarations import AccessKey, Source
from tests.portals_served.plain import Plain, Reply, Seen, plain

DOCUMENTED = "documented shape, not recorded"
RECORDED_SHAPE = "recorded shape"
LATIN = "application/json"


@dataclass(frozen=True)
class Asked:
    """A request: its path, its parameters (each a list), its body as JSON or as form fields."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    def one(self, name: str, otherwise: str = "") -> str:
        """The first value of a parameter."""
        return self.query.get(name, [otherwise])[0]

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def form(self) -> Mapping[str, list[str]]:
        """The body as form fields."""
        return parse_qs(self.body.decode(), keep_blank_values=True)


@dataclass(frozen=True)
class Answer:
    """What the portal says: anything but text and bytes is sent as JSON."""

    body: object = b""
    status: int = 200
    content_type: str = LATIN
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Mood:
    """How the portal is today.

    Attributes:
        noise: Goes into every counter, rank and time that changes without meaning.
        empty: It holds nothing.
    """

    noise: int = 0
    empty: bool = False


Answers = Callable[[Asked, Mood], Answer | None]
"""None is a 404."""


@dataclass(frozen=True)
class Served:
    """One portal.

    Attributes:
        kind: As in ``harvester/portals``.
        answers: What it says to a request; it refuses a wrong key by itself.
        ids: Remote ids that a whole reading gives, in order.
        shape: Whether real answers were recorded, or the documentation was followed.
        pages: Pages (of the reading, not of the portal) that these come in, at the least.
        key: What it wants as a key; empty if it wants none.
        path: Of the source's address, below the server's.
        declared: Further fields of the source: ``filters``, ``options``, ``publisher``.
        state: How a harvest of it ends; ``partial`` where a recording announces more than it holds.
    """

    kind: str
    answers: Answers
    ids: tuple[str, ...]
    shape: str = DOCUMENTED
    pages: int = 1
    key: str = ""
    path: str = ""
    declared: Mapping[str, Any] = field(default_factory=dict)
    state: str = "complete"

    def source(self, server: Plain) -> Source:
        """The declaration with which a running server is harvested."""
        needs = {"access_key": AccessKey(how="Ask the sample portal.")} if self.key else {}
        given = {"title": f"Sample {self.kind}", "publisher": "Sample Publisher", "allow_hosts": (server.host,)}
        fields = given | needs | dict(self.declared)
        return Source(key=f"sample-{self.kind}", kind=self.kind, url=server.url + self.path, **fields)


@contextmanager
def served(portal: Served, mood: Mood | None = None) -> Iterator[Plain]:
    """The portal on a free loopback port."""
    mood = mood or Mood()

    def script(request: Seen, reply: Reply, server: Plain) -> None:
        split = urlsplit(request.target)
        asked = Asked(
            request.method,
            split.path.removeprefix(portal.path),
            parse_qs(split.query, keep_blank_values=True),
            request.headers,
            request.body,
        )
        answer = portal.answers(asked, mood) or Answer({"error": "not found"}, 404)
        body = answer.body
        # An address in an answer is the portal's own: it is written as {base} where it was composed.
        if not isinstance(body, bytes):
            text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
            body = text.replace("{base}", server.url + portal.path).encode()
        reply.send(answer.status, body, content_type=answer.content_type, **answer.headers)

    with plain(script) as server:
        yield server


def served_portals() -> Mapping[str, Served]:
    """Every kind that is served here, by kind."""
    return {module.SERVED.kind: module.SERVED for module in _modules() if hasattr(module, "SERVED")}


def recorded_portals(shared: Path) -> Mapping[str, Served]:
    """Portals made of recorded answers, by kind; ``RECORDED`` of a module is given the folder ``../shared``."""
    made = [module.RECORDED(shared) for module in _modules() if hasattr(module, "RECORDED")]
    return {portal.kind: portal for portal in made}


def _modules() -> Iterator[Any]:
    import tests.portals_served as folder

    for module in pkgutil.iter_modules(folder.__path__):
        yield importlib.import_module(f"tests.portals_served.{module.name}")
