"""A part of a file, as a server gives it that knows ranges, or its beginning from one that does not."""

import http
import re
from dataclasses import dataclass
from typing import Self

from harvester.exchange import Answer
from harvester.veil import fault

_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Validators:
    """By what a server tells that a file is as it was: ``ETag`` and ``Last-Modified``, empty where it gives none."""

    etag: str = ""
    modified: str = ""

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.etag or self.modified)

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """As an answer gives them."""
        return cls(answer.headers.get("etag", "")[:300], answer.headers.get("last-modified", "")[:100])


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a file.

    Attributes:
        first: Place of the first of them in the file.
        size: Bytes of the whole file, None if the server does not say.
        ended: The file ends with them.
        unchanged: It is as it was; then there are no bytes.
        charset: Of a text, if the server says so.
    """

    body: bytes
    first: int
    size: int | None
    ended: bool
    validators: Validators
    unchanged: bool = False
    charset: str = ""


def asked_for(first: int, most: int, unless: Validators | None) -> dict[str, str]:
    """The headers that ask for a part."""
    asked = {"Range": f"bytes={first}-{first + most - 1}"}
    if unless is not None and unless.etag:
        asked["If-None-Match"] = unless.etag
    if unless is not None and unless.modified:
        asked["If-Modified-Since"] = unless.modified
    return asked


def part_of(answer: Answer, first: int) -> Part:
    """What an answer to :func:`asked_for` holds; raises PortalError ``range-refused``."""
    validators = Validators.of(answer)
    if answer.status == http.HTTPStatus.NOT_MODIFIED:
        return Part(b"", first, None, ended=False, validators=validators, unchanged=True)
    packed = answer.headers.get("content-encoding", "").strip().lower() not in {"", "identity"}
    if answer.status != http.HTTPStatus.PARTIAL_CONTENT:
        declared = answer.headers.get("content-length", "")
        size = int(declared) if re.fullmatch(r"[0-9]{1,18}", declared) and not packed else None
        size = len(answer.body) if answer.ended else size
        return Part(answer.body, 0, size, answer.ended, validators, charset=answer.charset)
    found = _RANGE.fullmatch(answer.headers.get("content-range", "").strip())
    if found is None or int(found[1]) != first or (packed and first):
        raise fault(
            "range-refused",
            "The portal gave a part of the file without saying which, or another than was asked for",
            answer.url,
            "Tell the portal's publisher.",
        )
    size = None if found[3] == "*" or packed else int(found[3])
    last = size is not None and first + len(answer.body) >= size
    return Part(answer.body, first, size, last, validators, charset=answer.charset)
