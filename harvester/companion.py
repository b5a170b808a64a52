"""A second process that normalises pages while the first reads the next one and stores the last.

It gets jobs and gives answers as pickles over its standard streams, has no database and no network, and ends when its
input does, so that it never outlives the harvest, however that ends. ``python -m harvester.companion`` is started by
:class:`Companion` only.
"""

import pickle
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from catalog.assess import Assessor
from catalog.layout import Layout
from catalog.rows import Renderer
from config.declarations import Source
from config.load import Rules
from harvester.normaliser import Changed, Normalised, Normaliser
from harvester.portal import portals

_LATEST = pickle.HIGHEST_PROTOCOL


class CompanionLost(Exception):  # noqa: N818
    """The second process has ended, or never began; the work goes on in this one."""


class Companion:
    """The second process as the first one sees it: one page at a time is given, then fetched.

    Raises:
        CompanionLost: From every method, once the process has ended.
    """

    def __init__(self, source: Source, rules: Rules, drivername: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harvester.companion"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Ctrl-C is for the first process: it ends the page in hand and then the second.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self._awake = threading.Event()
        self._waking = threading.Thread(target=self._wake, args=(source, rules, drivername), daemon=True)
        self._waking.start()

    @property
    def awake(self) -> bool:
        """Whether it has started up; until then it is quicker to do the work oneself."""
        return self._awake.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait until it has started up; false if it has not by then."""
        return self._awake.wait(seconds)

    def give(self, changed: Sequence[Changed], run_id: UUID, now: datetime) -> None:
        """Let it normalise a page; the one before must have been fetched."""
        self._send((changed, run_id, now))

    def fetch(self) -> Normalised:
        """The page that was given, when it is done."""
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        try:
            answer = pickle.load(self._process.stdout)  # noqa: S301 - written by our own process
        except (EOFError, OSError, ValueError, pickle.UnpicklingError) as error:
            raise CompanionLost from error
        assert isinstance(answer, Normalised)  # noqa: S101 - nothing else is ever written
        return answer

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._waking.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _wake(self, *work: object) -> None:
        try:
            self._send(work)
            assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
            if self._process.stdout.readline():
                self._awake.set()
        except (CompanionLost, OSError, ValueError):
            return

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
    answers.write(b"awake\n")
    answers.flush()
    try:
        while True:
            answer = normaliser.page(*pickle.load(jobs))  # noqa: S301
            pickle.dump(answer, answers, _LATEST)
            answers.flush()
    except (EOFError, OSError):
        return


if __name__ == "__main__":
    main()
