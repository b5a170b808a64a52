"""Answers of portals kept in files a person can look at, and harvests answered from them without any network.

One folder per source::

    DIR/<source key>/index.jsonl    one line per answer: session, method, address, sent, status, headers, file, at
    DIR/<source key>/0001.json      the body of the first answer, unpacked

``sent`` is the hash of what was posted, empty for a GET. The source's key is nowhere in it: it is taken out of
addresses, bodies and headers before anything is written, so a recording is asked without the key, or with another.
"""

import mimetypes
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Protocol

import httpx
import orjson

from config.load import ConfigurationError
from harvester.exchange import Answer, Call
from harvester.portal import PortalError
from harvester.veil import Veil, without_secrets

INDEX = "index.jsonl"
_KEPT_HEADERS = ("content-type", "location", "retry-after")
"""What a reader of an answer goes by; cookies and the rest stay out."""
_Request = tuple[str, str, str]


class Tape(Protocol):
    """Stands between the client and the network.

    Attributes:
        offline: There is no network behind it, so nobody needs to be waited for.
    """

    offline: bool

    def answer(self, call: Call, address: str, veil: Veil, ask: Callable[[], Answer]) -> Answer:
        """The answer to one request, redirects and refusals included; ``ask`` gets it from the portal."""


def tape(record: Path | None, replay: Path | None, source_key: str) -> Tape | None:
    """The tape of one source, if any; raises ConfigurationError where both are asked for or one cannot be used."""
    if record is not None and replay is not None:
        raise ConfigurationError("A replay has nothing to record. Say --record or --replay, not both.")
    if replay is not None:
        return Replay(replay, source_key)
    return None if record is None else Recorder(record, source_key)


class Recorder:
    """Keeps every answer.

    What an earlier recording in the folder has of the same request is replaced by what this one hears; the rest stays,
    so that a stopped harvest goes on in the same folder.

    Args:
        folder: ``DIR``; a folder of the source's key is made in it.

    Raises:
        ConfigurationError: The folder cannot be written.
    """

    offline = False

    def __init__(self, folder: Path, source_key: str) -> None:
        self._folder = folder / source_key
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / INDEX).open("a+b") as index:
                index.seek(0)
                if index.read()[-1:] not in {b"\n", b""}:
                    index.write(b"\n")  # a kill cut the last line off
        except OSError as error:
            raise ConfigurationError(
                f"Nothing can be recorded in {folder} ({error.strerror}). Name a folder that can be written."
            ) from error
        lines = list(_lines(self._folder))
        self._session = max((line["session"] for line in lines), default=0) + 1
        self._number = len(lines)

    def answer(self, call: Call, address: str, veil: Veil, ask: Callable[[], Answer]) -> Answer:
        """The portal's answer, kept before it is given on."""
        given = ask()
        clean = given.veiled(veil)
        self._number += 1
        name = f"{self._number:04}{_ending(clean)}"
        (self._folder / name).write_bytes(clean.body)
        method, at, sent = _request(call, address, veil)
        line = {
            "session": self._session,
            "method": method,
            "address": at,
            "sent": sent,
            "status": clean.status,
            "headers": {
                header: without_secrets(clean.headers[header]) if header == "location" else clean.headers[header]
                for header in _KEPT_HEADERS
                if header in clean.headers
            },
            "file": name,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        with (self._folder / INDEX).open("ab") as index:
            index.write(orjson.dumps(line) + b"\n")
        return given


class Replay:
    """Answers from a recording, in its order where one request was answered several times; the last answer stays.

    Args:
        folder: As given to the recorder.

    Attributes:
        recorded: When the oldest of the answers was recorded.

    Raises:
        ConfigurationError: There is no recording of the source.
    """

    offline = True

    def __init__(self, folder: Path, source_key: str) -> None:
        self._folder = folder / source_key
        self._mend = f'Record it with "landmark harvest {source_key} --record {folder}".'
        if not (self._folder / INDEX).is_file():
            raise ConfigurationError(f"There is no recording of {source_key} in {folder}. {self._mend}")
        self._answers: dict[_Request, list[_Recorded]] = {}
        key = itemgetter("method", "address", "sent")
        written = datetime.fromtimestamp((self._folder / INDEX).stat().st_mtime, UTC)
        moments = [written]
        for request, lines in groupby(sorted(_lines(self._folder), key=key), key):
            heard = list(lines)
            newest = max(line["session"] for line in heard)
            moments += [
                datetime.fromisoformat(line["at"]) for line in heard if line["session"] == newest and "at" in line
            ]
            self._answers[request] = [
                _Recorded(line["status"], line["headers"], line["file"]) for line in heard if line["session"] == newest
            ]
        self.recorded = min(moments)

    def answer(self, call: Call, address: str, veil: Veil, ask: Callable[[], Answer]) -> Answer:  # noqa: ARG002
        """The recorded answer; raises PortalError ``not-recorded``."""
        request = _request(call, address, veil)
        recorded = self._answers.get(request)
        if recorded is None:
            method, at, sent = request
            posted = f" with content {sent}" if sent else ""
            raise PortalError(
                "not-recorded",
                f"{method} {at}{posted} was not recorded",
                at,
                f"{self._mend} A harvest of what changed asks otherwise each time: replay without --changed.",
            )
        heard = recorded.pop(0) if len(recorded) > 1 else recorded[0]
        try:
            body = (self._folder / heard.file).read_bytes()
        except OSError as error:
            raise PortalError(
                "not-recorded",
                f"The recorded answer {heard.file} cannot be read ({error.strerror})",
                address,
                self._mend,
            ) from None
        return Answer(heard.status, httpx.Headers(dict(heard.headers)), body, address)


@dataclass(frozen=True, slots=True)
class _Recorded:
    status: int
    headers: Mapping[str, str]
    file: str


def _request(call: Call, address: str, veil: Veil) -> _Request:
    """What tells one request from another, without keys."""
    sent = blake2b(veil.body(call.body), digest_size=16).hexdigest() if call.body else ""
    return call.method, without_secrets(veil.text(address)), sent


def _lines(folder: Path) -> Iterator[dict[str, Any]]:
    """The lines of an index; the last one may be cut off by a kill, and its answer counts as not recorded."""
    for line in (folder / INDEX).read_bytes().splitlines():
        try:
            yield orjson.loads(line)
        except orjson.JSONDecodeError:
            continue


def _ending(answer: Answer) -> str:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if "json" in kind or answer.looks_like_json():
        return ".json"
    return mimetypes.guess_extension(kind) or ".txt"
