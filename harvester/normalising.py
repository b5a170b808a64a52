"""A page's way from compared to normalised: in this process and, in a large harvest, in a second one beside it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from harvester.companion import Companion, CompanionLost
from harvester.normaliser import Changed, Normalised, Normaliser

LARGE = 2_000
"""Records still to come from which a second process is worth the second that it takes to start."""
_LEAST_SHARE, _STEP = 0.4, 0.02
_PATIENCE = 0.01


class Normalising:
    """Normalises one page at a time; the second process does so while the first stores and reads.

    What the second process is given of a page is as much as it can do meanwhile: less of the next one if it was waited
    for, more if not. The first does the rest. The results are the same however it is divided.

    Attributes:
        companion: The second process, once there is one.
    """

    def __init__(self, normaliser: Normaliser, start: Callable[[], Companion], run_id: UUID) -> None:
        self.companion: Companion | None = None
        self._normaliser, self._start, self._run_id = normaliser, start, run_id
        self._share = 0.8
        self._alone = False
        self._page: tuple[Sequence[Changed], int, datetime] = (), 0, datetime.now(UTC)

    def begin(self, changed: Sequence[Changed], now: datetime, to_come: int) -> None:
        """Take a page in hand; the one before must be finished. ``to_come`` records are still unread."""
        given = 0
        if self.companion is None and not self._alone and to_come > LARGE and changed:
            self.companion = self._start()
        if self.companion is not None and self.companion.awake and changed:
            given = max(1, round(len(changed) * self._share))
            try:
                self.companion.give(changed[:given], self._run_id, now)
            except CompanionLost:
                self.close()
                given = 0
        self._page = changed, given, now

    def finish(self) -> list[Normalised]:
        """The page in hand, in one part or in two that follow one another."""
        changed, given, now = self._page
        own = changed[given:]
        parts = [self._normaliser.page(own, self._run_id, now)] if own else []
        return [self._fetched(changed[:given], now), *parts] if given else parts

    def close(self) -> None:
        """End the second process; all that follows is done in this one."""
        self._alone = True
        if self.companion is not None:
            self.companion.close()
            self.companion = None

    def _fetched(self, changed: Sequence[Changed], now: datetime) -> Normalised:
        try:
            if self.companion is None:
                raise CompanionLost
            found = self.companion.fetch()
        except CompanionLost:
            self.close()
            return self._normaliser.page(changed, self._run_id, now)
        step = -_STEP if self.companion.waited > _PATIENCE else _STEP
        self._share = min(1.0, max(_LEAST_SHARE, self._share + step))
        return found
