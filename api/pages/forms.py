"""Forms of our own pages that carry a file: what they sent, in memory, within bounds, and only from our own pages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser
from hmac import compare_digest

from fastapi import HTTPException, Request

from api.pages.render import form_token
from api.pages.sign_in import same_site
from api.register import taken_in

NOT_OURS = "This form was not sent from one of our pages."
NO_FORM = "This form takes a file. Choose one and send it again."
TOO_OLD = "This form is too old. Open the page again."
MOST_PARTS = 10
_ENVELOPE = 16_384
"""Bytes of a form beside its file."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Fields by name, and the bytes of files by the field's name."""

    fields: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


async def sent_file(request: Request, most: int) -> Sent:
    """A ``multipart/form-data`` form whose file has at most so many bytes; raises HTTPException 403, 413, 422."""
    if not same_site(request):
        raise HTTPException(403, NOT_OURS)
    boundary = _boundary(request.headers.get("content-type", ""))
    if not boundary:
        raise HTTPException(422, NO_FORM)
    try:
        found = _parted(await taken_in(request, most + _ENVELOPE), boundary.encode("latin-1", "replace"))
    except ValueError:
        raise HTTPException(422, NO_FORM) from None
    if not compare_digest(found.fields.get("token", "").encode(), form_token(request).encode()):
        raise HTTPException(403, TOO_OLD)
    return found


def _boundary(content_type: str) -> str:
    """What stands between the parts of a form with a file; empty if it is none."""
    kind = Message()
    kind["content-type"] = content_type
    try:
        boundary = kind.get_boundary()
    except ValueError:
        # The library does not bear every way in which a parameter can be written in pieces or in a charset.
        return ""
    return boundary or "" if kind.get_content_type() == "multipart/form-data" else ""


def _parted(body: bytes, boundary: bytes) -> Sent:
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    # What a browser calls the boundary stands at the beginning of a line that nothing in a part has.
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary, MOST_PARTS + 1)
    for piece in pieces[1 : MOST_PARTS + 1]:
        if piece.startswith(b"--"):
            break
        head, mark, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if not mark:
            continue
        told = BytesHeaderParser().parsebytes(head + b"\r\n\r\n")
        name = str(told.get_param("name", "", header="content-disposition"))
        if told.get_filename() is None:
            fields[name] = content.decode("utf-8", "replace")
        else:
            files[name] = content
    return Sent(fields, files)
