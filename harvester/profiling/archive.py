"""Zip files that are not trusted: what a part says of its size is not believed, and no more is unpacked than wanted."""

import io
import zipfile
import zlib
from collections.abc import Iterable
from typing import IO

from harvester.profiling.pieces import Pieces, Unread

MOST_UNPACKED = 1_500_000
"""Bytes of one member that are unpacked."""
MOST_MEMBERS = 20_000
MOST_LISTING = 1_500_000
"""Bytes of a zip's directory."""
_HEADER = 30 + 300
"""Bytes of a member's own header, with its name."""
_ENCRYPTED = 1
_END = 22 + 65_535
"""Bytes at a zip's end that may hold where its directory is."""
_TAIL = 1 << 16
_AT_ONCE = 4096


class TooLarge(Exception):  # noqa: N818
    """A member is larger than is unpacked of it."""


class Archive:
    """A zip file whose members are read no further than so many bytes; raises Unread, and Wanted while it is made."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        pieces.need([(pieces.size - min(_TAIL, _END), pieces.size)])
        pieces.seek(0)
        try:
            self._zip = zipfile.ZipFile(_Listing(pieces))
        except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, OverflowError) as error:
            raise Unread("broken", "The file begins as a zip or workbook and is broken.") from error
        self.names = {info.filename: info for info in self._zip.infolist()}
        if len(self.names) > MOST_MEMBERS:
            raise Unread("too-large", f"The file holds more than {MOST_MEMBERS:,} parts.")

    def need(self, *wanted: tuple[Iterable[str], int]) -> None:
        """Raise Wanted unless of members the first so many packed bytes are there."""
        self._pieces.need(
            (info.header_offset, info.header_offset + _HEADER + min(info.compress_size, each))
            for names, each in wanted
            for info in (self.names[name] for name in names if name in self.names)
        )

    def open(self, name: str, most: int = MOST_UNPACKED) -> "Member":
        """A member, of which at most so many bytes are read; raises Unread, KeyError."""
        info = self.names[name]
        if info.flag_bits & _ENCRYPTED:
            raise Unread("encrypted", "The file is locked with a password.")
        # The others unpack without a bound.
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise Unread("broken", "A part of the file is packed in a way that is not read.")
        try:
            return Member(self._zip.open(info), most)
        except (NotImplementedError, zipfile.BadZipFile, RuntimeError) as error:
            raise Unread("broken", "A part of the file is packed in a way that cannot be read.") from error

    def read(self, name: str) -> bytes:
        """A whole member; raises Unread if it is larger than is unpacked."""
        with self.open(name) as member:
            try:
                return member.read()
            except TooLarge:
                raise Unread("too-large", "A part of the file unpacks to more than is read of it.") from None


class Member(io.RawIOBase):
    """A member that raises TooLarge instead of reading on beyond ``most`` bytes."""

    def __init__(self, inner: IO[bytes], most: int) -> None:
        self._inner, self._left = inner, most
        self.cut = False

    def readable(self) -> bool:
        """Yes."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes; raises TooLarge, Unread, Wanted."""
        if self._left <= 0:
            self.cut = True
            raise TooLarge
        try:
            # Little at a time: the zip library takes in as much packed as it is asked for unpacked.
            data = self._inner.read(self._left + 1 if size < 0 else min(size, self._left, _AT_ONCE))
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise Unread("broken", "A part of the file cannot be unpacked.") from error
        if size < 0 and len(data) > self._left:
            self.cut = True
            raise TooLarge
        self._left -= len(data)
        return data

    def beginning(self) -> tuple[bytes, bool]:
        """As much as is read of it, and whether that is all."""
        found = []
        try:
            while data := self.read(1 << 16):
                found.append(data)
        except TooLarge:
            return b"".join(found), False
        return b"".join(found), True

    def close(self) -> None:
        """Close it."""
        self._inner.close()
        super().close()


class _Listing(io.RawIOBase):
    """The file as the zip library sees it: a directory of any size is not read into memory."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._pieces.seek(offset, whence)

    def tell(self) -> int:
        return self._pieces.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size > MOST_LISTING:
            raise Unread("too-large", "The file's list of parts is larger than is read.")
        return self._pieces.read(size)
