"""Whether addresses that everybody is told are still there: asked politely, some at a time, a host never pressed.

A server is asked for the headers, and for the beginning where it refuses that or answers with a web page, for pages
that are gone are often answered as if they were there. Nothing of an answer is kept but whether there was one. Asked
is without any key, at each host's own pace; a host that does not answer is left alone until the next time.
"""

import re
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit

from catalog import audit, links
from catalog.database import Catalog
from catalog.lease import now_utc
from catalog.links import Candidate, LinkState, Seen
from catalog.text import normalize
from config.declarations import Source
from config.settings import Settings
from harvester.http import Client, Limits, Stopped, without_secrets
from harvester.portal import PortalError

AT_ONCE = 8
"""Addresses that are asked for together, of one host one."""
BATCH = 40
"""Addresses after which the catalog is written."""
ASKED = "looked at links"
"""What the audit says of it."""
PATIENCE = 3
"""Times in a row that a host may fail to answer before it is left alone."""
_LONGEST = 30.0
_BEGINNING = 16 << 10
_GONE = {"http-404", "http-410", "no-such-host"}
_BY_PART = {"http-400", "http-403", "http-404", "http-405", "http-410", "http-500", "http-501"}
"""What a server may say to a question for headers alone, and mean that question."""
_THERE = {"http-416"}
"""An empty file has no first byte."""
_DEAF = {"timeout", "unreachable", "cut-short", "http-429", "http-503"}
_LOGIN = re.compile(
    r"(?:^|[/._-])(?:log-?in|sign-?in|sso|oauth2?|saml2?|wp-login|authorize)(?:[/._?-]|$)", re.IGNORECASE
)
_NOWHERE = re.compile(r"(?:^|[/._-])(?:404|not-?found|page-?not-?found)(?:[/._?-]|$)", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,200}>(.{0,400}?)</title", re.IGNORECASE | re.DOTALL)
_NOT_THERE = tuple(
    normalize(said)
    for said in (
        "page not found", "404 not found", "file not found", "not found", "error 404", "404 error", "page introuvable",
        "page non trouvée", "página no encontrada", "no encontrado", "الصفحة غير موجودة", "сторінку не знайдено",
    )
)  # fmt: skip
_SIGN_IN = tuple(normalize(said) for said in ("sign in", "log in", "login", "se connecter", "iniciar sesión"))


@dataclass(frozen=True, slots=True)
class Looked:
    """How far it is: addresses looked at, of how many that will be."""

    source: str
    done: int
    total: int


@dataclass(slots=True)
class Checking:
    """What became of one source's addresses.

    Attributes:
        due: Addresses that wanted to be looked at.
        looked: Addresses that were, as many of them as :attr:`left` were not.
        left: Addresses of hosts that were left alone.
        signs: By ``alive``, ``dead`` and ``unknown``, how many were found so.
        codes: Why addresses were not there, by code.
        places: Code and address of each.
        dead: Addresses that are known to be dead now.
        stopped: It was stopped before it was through.
    """

    source: Source
    due: int = 0
    looked: int = 0
    left: int = 0
    signs: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    places: list[tuple[str, str]] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    stopped: bool = False


class Checker:
    """Looks at the addresses of sources, one source after the other.

    That a name is not known is believed only if any host answered: else it is our own network that is down.

    Args:
        limits: Of each request; those of the settings, shortened, if none are given.
        now: The time, UTC.
    """

    def __init__(
        self,
        catalog: Catalog,
        settings: Settings,
        *,
        actor: str = "landmark",
        stopped: Callable[[], bool] = lambda: False,
        limits: Limits | None = None,
        now: Callable[[], datetime] = now_utc,
    ) -> None:
        self._catalog, self._actor, self._stopped, self._now = catalog, actor, stopped, now
        # Without keys: an address is asked for as anybody would ask.
        self._settings = settings.model_copy(update={"http_cache_bytes": 0, "keys": {}})
        self._secrets = [key.get_secret_value() for key in settings.keys.values()]
        self._limits = limits or replace(
            Limits.of(settings), total=min(_LONGEST, settings.http_total), retries=0, at_once=1, connections=AT_ONCE
        )
        self._answered = False
        self._doubted: list[tuple[Checking, list[tuple[list[Candidate], Seen]]]] = []

    def check(self, source: Source, budget: int, progress: Callable[[Looked], None] = lambda _: None) -> Checking:
        """Look at no more than ``budget`` addresses: first those never looked at, then those looked at longest ago."""
        done = Checking(source)
        chosen = self._chosen(done, budget)
        if not chosen:
            return done
        with Client(source.model_copy(update={"access_key": None}), self._settings, self._limits) as client:
            client.stopped = self._stopped
            results = self._seen(client, chosen)
            found: list[tuple[list[Candidate], Seen]] = []
            doubted: list[tuple[list[Candidate], Seen]] = []
            try:
                for told, seen in results:
                    done.looked, done.left = done.looked + (seen is not None), done.left + (seen is None)
                    progress(Looked(source.key, done.looked + done.left, len(chosen)))
                    if seen is None:
                        continue
                    self._answered |= seen.state is LinkState.ALIVE or seen.code.startswith("http-")
                    (doubted if seen.code == "no-such-host" else found).append((told, seen))
                    if len(found) == BATCH:
                        self._write(done, found)
                        found = []
            finally:
                results.close()
            self._write(done, found)
        self._doubted.append((done, doubted))
        self.believe()
        done.stopped = done.looked + done.left < len(chosen)
        with self._catalog.writing() as session:
            audit.append(session, self._actor, ASKED, f"{source.key}, {done.looked} addresses")
        return done

    def believe(self) -> None:
        """Write which names are not known, once any host has answered."""
        if self._answered:
            for done, found in self._doubted:
                self._write(done, found)
            self._doubted = []

    def _chosen(self, done: Checking, budget: int) -> list[list[Candidate]]:
        """Candidates that are due, by address: many records may have one address."""
        by_address: dict[str, list[Candidate]] = {}
        with self._catalog.reading() as session:
            for entry in links.candidates(session, done.source.key, self._now()):
                if entry.due and self._is_asked(done.source, entry.address):
                    by_address.setdefault(entry.address, []).append(entry)
        done.due = len(by_address)
        order = sorted(
            by_address.values(),
            key=lambda told: (
                told[0].looked is not None,
                told[0].file,
                told[0].looked,
                told[0].seq,
                told[0].address,
            ),
        )
        return order[:budget]

    def _is_asked(self, source: Source, address: str) -> bool:
        """Whether it is one, has no key in it, and is not the interface of a portal that counts what we ask."""
        try:
            urlsplit(address)
        except ValueError:
            return False
        if without_secrets(address) != address or any(secret and secret in address for secret in self._secrets):
            return False
        return not source.calls_per_day or urlsplit(address).netloc != urlsplit(source.url).netloc

    def _seen(
        self, client: Client, chosen: Sequence[list[Candidate]]
    ) -> Generator[tuple[list[Candidate], Seen | None], None, None]:
        """Addresses with what was seen, in the order in which they are through; None of a host that is left alone.

        Of a host one is under way, so that none waits for another in a thread that could ask somebody else.
        """
        waiting: dict[str, deque[list[Candidate]]] = {}
        for told in chosen:
            waiting.setdefault(urlsplit(told[0].address).netloc, deque()).append(told)
        deaf: Counter[str] = Counter()
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="links") as pool:
            under_way: dict[Future[Seen], tuple[str, list[Candidate]]] = {}
            while True:
                busy = {host for host, _ in under_way.values()}
                for host in [host for host, left in waiting.items() if left and host not in busy]:
                    if len(under_way) == AT_ONCE or self._stopped():
                        break
                    told = waiting[host].popleft()
                    under_way[pool.submit(look, client, told[0].address)] = host, told
                    # The next in turn is another host.
                    waiting[host] = waiting.pop(host)
                if not under_way:
                    return
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    host, told = under_way.pop(future)
                    try:
                        seen = future.result()
                    except Stopped:
                        continue
                    yield told, seen
                    deaf[host] = deaf[host] + 1 if seen.code in _DEAF else 0
                    while deaf[host] >= PATIENCE and waiting[host]:
                        yield waiting[host].popleft(), None

    def _write(self, done: Checking, found: Sequence[tuple[list[Candidate], Seen]]) -> None:
        """Write what was seen of records that may still be looked at and still tell the address."""
        if not found:
            return
        with self._catalog.writing() as session:
            numbers = sorted({entry.seq for told, _ in found for entry in told})
            still = {
                (entry.seq, entry.address) for entry in links.candidates(session, done.source.key, self._now(), numbers)
            }
            for told, seen in found:
                states = {
                    links.note(session, entry.seq, entry.address, seen, self._now())
                    for entry in told
                    if (entry.seq, entry.address) in still
                }
                done.signs[seen.state.value] += 1
                if seen.code:
                    done.codes[seen.code] += 1
                    done.places.append((seen.code, told[0].address))
                if LinkState.DEAD in states:
                    done.dead.append(told[0].address)


def look(client: Client, address: str) -> Seen:
    """Whether an address is there. Codes are the client's, ``login``, ``front-page`` and ``soft-404``."""
    try:
        answer = client.head(address)
        if not answer.said.endswith("html"):
            return _led(address, answer.url)
    except PortalError as error:
        if error.code not in _BY_PART:
            return _of(error)
    try:
        answer = client.beginning(address, _BEGINNING)
    except PortalError as error:
        return _of(error)
    led = _led(address, answer.url)
    title = _TITLE.search(answer.text) if answer.said.endswith("html") else None
    if led.state is LinkState.ALIVE and title:
        said = normalize(title[1])
        if said == "404" or any(_begins_or_ends(said, phrase) for phrase in _NOT_THERE):
            return Seen(LinkState.UNKNOWN, "soft-404")
        if any(_begins_or_ends(said, phrase, only_begins=True) for phrase in _SIGN_IN):
            return Seen(LinkState.UNKNOWN, "login")
    return led


def _of(error: PortalError) -> Seen:
    if error.code in _THERE:
        return Seen(LinkState.ALIVE)
    return Seen(LinkState.DEAD if error.code in _GONE else LinkState.UNKNOWN, error.code)


def _led(address: str, to: str) -> Seen:
    """What it means where an address led: to a form to sign in, the front page, or a page that says it is none."""
    if to == address:
        return Seen(LinkState.ALIVE)
    asked, answered = urlsplit(address), urlsplit(to)
    for code, sign in (("login", _LOGIN), ("soft-404", _NOWHERE)):
        if any(
            sign.search(there) and not sign.search(here)
            for there, here in ((answered.path, asked.path), (answered.netloc, asked.netloc))
        ):
            return Seen(LinkState.UNKNOWN, code)
    if len(answered.path.strip("/")) <= 2 < len(asked.path.strip("/")):  # noqa: PLR2004 - "" or a language
        return Seen(LinkState.UNKNOWN, "front-page")
    return Seen(LinkState.ALIVE)


def _begins_or_ends(said: str, phrase: str, *, only_begins: bool = False) -> bool:
    return f"{said} ".startswith(f"{phrase} ") or (not only_begins and f" {said}".endswith(f" {phrase}"))


def totals(done: Checking) -> Iterator[tuple[str, int]]:
    """Counts, for a report."""
    yield from (("due", done.due), ("looked", done.looked), ("left", done.left))
    yield from ((state.value, done.signs[state.value]) for state in LinkState)
