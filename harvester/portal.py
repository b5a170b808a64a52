"""What a portal kind is: one module in ``harvester/portals`` with ``kind``, ``records`` and ``normalize``."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, cast

from catalog.records import DatasetRecord, ReadingNote
from config.declarations import Source

if TYPE_CHECKING:
    from harvester.http import Client

Native = Mapping[str, Any]
"""A record as the portal gives it: a JSON object."""


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record as read.

    Attributes:
        remote_id: The portal's identifier; empty if the record has none (the run reports it).
        payload: The native JSON object.
        address: Where it was read.
    """

    remote_id: str
    payload: Native
    address: str


@dataclass(frozen=True, slots=True)
class RawPage:
    """What one request gave.

    Attributes:
        records: In the portal's order.
        token: Where to go on after this page, ``None`` after the last.
        total: The portal's own count of all records, if it says.
        notes: What was odd about the page itself, so that something may be missing: the run ends as partial.
        remarks: What people should know of the page although nothing is missing.
    """

    records: tuple[RawRecord, ...]
    token: str | None = None
    total: int | None = None
    notes: tuple[ReadingNote, ...] = ()
    remarks: tuple[ReadingNote, ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """Where a run begins.

    Attributes:
        token: The last committed page's token, to go on from; ``None`` from the beginning.
        since: For an incremental run, only records the portal changed since then (UTC).
    """

    token: str | None = None
    since: datetime | None = None


class SkipRecord(Exception):  # noqa: N818
    """The record is not ours to keep (a showcase among datasets); counted as skipped, not as failed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class RecordError(Exception):
    """The record cannot be read; it is reported and the run goes on."""

    def __init__(self, code: str, field: str, message: str, mend: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.field = field
        self.mend = mend


class PortalError(Exception):
    """The portal cannot be read any further; the run ends as failed and nothing is withdrawn.

    Attributes:
        code: Stable, kebab-case: ``not-json``, ``http-500``, ``timeout``, ``host-refused``.
        address: The request that failed, without credentials.
        mend: What a person can do.
    """

    def __init__(self, code: str, message: str, address: str = "", mend: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.address = address
        self.mend = mend


def filled(payload: Native, names: Iterable[str]) -> dict[str, Any]:
    """The fields of these names that say something."""
    return {name: payload[name] for name in names if payload.get(name) not in (None, "", [], {}, ())}


def wants_key(source: Source) -> str:
    """What a person can do where a source's key is missing or was refused, in sentences."""
    return source.key_wanted


def counts(payload: Native, names: Mapping[str, str]) -> dict[str, int]:
    """The counters of a payload that are whole numbers of 0 or more, also where they are written as text.

    Args:
        payload: As the portal gives it.
        names: The payload's field, by what it counts: ``downloads`` or ``views``.
    """
    return {what: count for what, name in names.items() if (count := _count(payload.get(name))) is not None}


def _count(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= _DIGITS:
        return int(value)
    return value if type(value) is int and 0 <= value < 10**_DIGITS else None


_DIGITS = 15


def use_of(portal: "Portal", payload: Native) -> dict[str, int]:
    """How often a record was used, as its portal counts; empty where its kind knows of no such count."""
    counted: Callable[[Native], dict[str, int]] | None = getattr(portal, "use", None)
    return counted(payload) if counted is not None else {}


class Portal(Protocol):
    """A portal kind.

    A kind may have ``use(payload) -> dict[str, int]`` as well: ``downloads`` and ``views`` as the portal counts them,
    totals since it began and whole numbers only, nothing of the last days (:func:`counts` reads them). They are kept
    apart from the record and change nothing of it: ``essence`` goes on leaving them out.

    Only ``records`` touches the network; ``essence`` and ``normalize`` are pure and total.
    """

    kind: str

    def records(self, source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
        """Read pages in a stable order from ``start``; raises PortalError."""

    def essence(self, payload: Native) -> dict[str, Any]:
        """The fields worth keeping: no counters, no names of persons, nothing that changes without meaning.

        It is what is hashed to see a change, and what is stored as the native payload; ``normalize`` reads it.
        """

    def normalize(self, source: Source, record: RawRecord) -> DatasetRecord:
        """The record in DCAT words, from its essence; raises SkipRecord or RecordError."""


@cache
def portals() -> Mapping[str, Portal]:
    """Every kind found in ``harvester/portals``, by name. Each is imported when it is first asked for."""
    import harvester.portals as folder

    return _Kinds(folder.__name__, tuple(module.name for module in pkgutil.iter_modules(folder.__path__)))


class _Kinds(Mapping[str, Portal]):
    """Modules by the word that a source's YAML names them by: their own name, with hyphens."""

    def __init__(self, package: str, modules: Sequence[str]) -> None:
        self._package, self._modules = package, {name.replace("_", "-"): name for name in modules}

    def __getitem__(self, kind: str) -> Portal:
        portal: Any = importlib.import_module(f"{self._package}.{self._modules[kind]}")
        return cast("Portal", portal)

    def __contains__(self, kind: object) -> bool:
        return kind in self._modules

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)
