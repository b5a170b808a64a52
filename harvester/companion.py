"""A second process that normalises pages while the first reads the next one and stores the last.

It gets jobs and gives answers as pickles over its standard streams, has no database and no network, and ends when its
input does, so that it never outlives the harvest, however that ends. ``python -m harvester.companion`` is started by
:class:`Companion` only.
"""

import gc
import pickle
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from itertools import count
from queue import SimpleQueue
from time import perf_counter
from typing import BinaryIO, Self
from uuid import UUID

from catalog.assess import Assessor
from catalog.layout import Layout
from catalog.rows import Renderer
from config.declarations import Source
from config.load import Rules
from harvester.normaliser import PAGES_BETWEEN, Changed, Normalised, Normaliser
from harvester.portal import portals

_LATEST = pickle.HIGHEST_PROTOCOL
_SIZE = 8
"""Bytes in which an answer says how long it is."""


class CompanionLost(Exception):  # noqa: N818
    """The second process has ended, or never began; the work goes on in this one."""


class Companion:
    """The second process as the first one sees it: one page at a time is given, then fetched.

    Attributes:
        waited: Seconds that the last answer had to be waited for.

    Raises:
        CompanionLost: From ``give`` and ``fetch``, once the process has ended.
    """

    def __init__(self, source: Source, rules: Rules, drivername: str) -> None:
        self.waited = 0.0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harvester.companion"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Ctrl-C is for the first process: it ends the page in hand and then the second.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self._awake = threading.Event()
        self._answers: SimpleQueue[bytes | None] = SimpleQueue()
        # A pipe holds little: without a thread that empties it the second process would wait for the first.
        self._listener = threading.Thread(target=self._listen, args=(source, rules, drivername), daemon=True)
        self._listener.start()

    @property
    def awake(self) -> bool:
        """Whether it has started up; until then it is quicker to do the work oneself."""
        return self._awake.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait until it has started up; false if it has not by then."""
        return self._awake.wait(seconds)

    def give(self, changed: Sequence[Changed], run_id: UUID, now: datetime) -> None:
        """Let it normalise records; those before must have been fetched."""
        self._send((changed, run_id, now))

    def fetch(self) -> Normalised:
        """What was given, when it is done."""
        begun = perf_counter()
        answer = self._answers.get()
        self.waited = perf_counter() - begun
        if answer is None:
            self._answers.put(None)
            raise CompanionLost
        found = pickle.loads(answer)  # noqa: S301 - written by our own process
        assert isinstance(found, Normalised)  # noqa: S101 - nothing else is ever written
        return found

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._listener.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _listen(self, *work: object) -> None:
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        try:
            self._send(work)
            while size := self._process.stdout.read(_SIZE):
                answer = self._process.stdout.read(int.from_bytes(size, "big"))
                if self._awake.is_set():
                    self._answers.put(answer)
                self._awake.set()
        except (CompanionLost, OSError):
            pass
        finally:
            self._answers.put(None)

    def _send(self, message: object) -> None:
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        try:
            pickle.dump(message, self._process.stdin, _LATEST)
            self._process.stdin.flush()
        except (OSError, ValueError) as error:
            raise CompanionLost from error


def main() -> None:
    """Normalise pages from standard input until it ends."""
    jobs, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a library that prints must not come between two answers
    source, rules, drivername = pickle.load(jobs)  # noqa: S301 - written by our own process
    assessor = Assessor(rules)
    renderer = Renderer(source, assessor, Layout(drivername))
    normaliser = Normaliser(portals()[source.kind], source, assessor, renderer)
    # As in the first process, cycles are looked for now and then only: within a page the collector would look at all
    # its records again and again.
    gc.disable()
    gc.freeze()
    try:
        _answer(answers, None)
        for done in count(1):
            if done % PAGES_BETWEEN == 0:
                gc.collect(0)
            _answer(answers, normaliser.page(*pickle.load(jobs)))  # noqa: S301
    except (EOFError, OSError):
        return


def _answer(stream: BinaryIO, done: Normalised | None) -> None:
    body = pickle.dumps(done, _LATEST)
    stream.write(len(body).to_bytes(_SIZE, "big") + body)
    stream.flush()


if __name__ == "__main__":
    main()
