"""How often, and how many at a time, a host is asked: by all clients of this process together."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

_MOST_HOSTS = 1000


class Pace:
    """When each host may next be asked. Safe between threads; times are monotonic seconds."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._next: dict[str, float] = {}
        self._under_way: Counter[str] = Counter()

    def turn(self, host: str, interval: float, now: float) -> float:
        """Take the next turn at ``host``: the seconds to wait from ``now`` until it comes."""
        with self._changed:
            if len(self._next) > _MOST_HOSTS:
                self._next = {name: at for name, at in self._next.items() if at > now}
            at = max(now, self._next.get(host, now))
            self._next[host] = at + interval
        return at - now

    def hold(self, host: str, pause: float, now: float) -> None:
        """A host that asked for a pause gets it from everybody: no turn begins before it is over."""
        with self._changed:
            self._next[host] = max(self._next.get(host, now), now + pause)

    @contextmanager
    def place(self, host: str, at_once: int, wait: float) -> Iterator[None]:
        """Be one of at most ``at_once`` that ask ``host``; raises TimeoutError if none leaves in ``wait`` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._under_way[host] < at_once, max(0.0, wait)):
                raise TimeoutError(host)
            self._under_way[host] += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way[host] -= 1
                if not self._under_way[host]:
                    del self._under_way[host]
                self._changed.notify_all()
