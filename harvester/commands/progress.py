"""How far a long command is, on stderr: a bar on a terminal, a line now and then elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class Far(Protocol):
    """How far it is: so many are through, of so many."""

    @property
    def source(self) -> str:
        """Key of the source."""

    @property
    def done(self) -> int:
        """That are through."""

    @property
    def total(self) -> int:
        """That will be."""


@contextmanager
def shown(what: str, *, quiet: bool) -> Iterator[Callable[[Far], None]]:
    """What is to be told how far it is; ``what`` is counted, such as ``files``."""
    console = Console(stderr=True)
    if quiet:
        yield lambda _: None
    elif console.is_terminal:
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        with Progress(*columns, console=console) as bar:
            task = bar.add_task(what, total=None)
            yield lambda now: bar.update(task, description=f"{now.source} {what}", completed=now.done, total=now.total)
    else:
        yield (
            lambda now: (
                print(f"{now.source}: {now.done} of {now.total} {what}", file=sys.stderr, flush=True)
                if now.done % 50 == 0 or now.done == now.total
                else None
            )
        )
