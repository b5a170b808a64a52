"""What is there of a file: pieces of it, read as if it were whole; and what of it is wanted."""

import io
from bisect import bisect_right
from collections.abc import Iterable

AHEAD = 1 << 16
"""Bytes that are asked for where only the place is known from which on they are wanted."""

Span = tuple[int, int]
"""First byte, and the byte after the last."""


class Wanted(Exception):  # noqa: N818
    """Bytes that are not there; ``spans`` says which."""

    def __init__(self, spans: Iterable[Span]) -> None:
        super().__init__("bytes are wanted")
        self.spans = tuple(spans)


class Unread(Exception):  # noqa: N818
    """Why a file, or a sheet of it, is not read: ``code`` and a sentence. It never holds anything of the content."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Pieces(io.RawIOBase):
    """A file of which only pieces are there; reading elsewhere raises Wanted.

    Args:
        size: Bytes of the whole file.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._starts: list[int] = []
        self._pieces: list[bytes] = []
        self._at = 0

    @property
    def held(self) -> int:
        """Bytes that are there."""
        return sum(map(len, self._pieces))

    def add(self, start: int, data: bytes) -> None:
        """Put in bytes from a place on; what is there already is left as it is."""
        for first, end in self.missing([(start, start + len(data))]):
            at = bisect_right(self._starts, first)
            self._starts.insert(at, first)
            self._pieces.insert(at, data[first - start : end - start])

    def missing(self, spans: Iterable[Span]) -> list[Span]:
        """What of spans is not there."""
        found: list[Span] = []
        for first, end in spans:
            at, stop = max(0, first), min(end, self.size)
            while at < stop:
                there, upto = self._around(at)
                if there is None:
                    found.append((at, min(stop, upto)))
                    at = min(stop, upto)
                else:
                    at = upto
        return found

    def need(self, spans: Iterable[Span]) -> None:
        """Raise Wanted unless all of these are there."""
        if missing := self.missing(spans):
            raise Wanted(missing)

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Where it is read next."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As of any file; a place before its beginning raises OSError."""
        at = offset + (0, self._at, self.size)[whence]
        if at < 0:
            raise OSError("before the beginning")
        self._at = at
        return at

    def read(self, size: int = -1) -> bytes:
        """Bytes from here on; raises Wanted."""
        end = self.size if size < 0 else min(self._at + size, self.size)
        found: list[bytes] = []
        at = self._at
        while at < end:
            there, upto = self._around(at)
            if there is None:
                raise Wanted([(at, min(self.size, max(end, at + AHEAD), upto))])
            start = self._starts[there]
            found.append(self._pieces[there][at - start : end - start])
            at = min(upto, end)
        self._at = max(self._at, end)
        return b"".join(found)

    def _around(self, at: int) -> tuple[int | None, int]:
        """The number of the piece that holds a byte, or None, and where that piece or gap ends."""
        number = bisect_right(self._starts, at) - 1
        if number >= 0 and at < (end := self._starts[number] + len(self._pieces[number])):
            return number, end
        return None, self._starts[number + 1] if number + 1 < len(self._starts) else self.size
