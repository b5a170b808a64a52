"""Carries the requests of a ``requests.Session`` through the guarded client."""

from collections.abc import Callable
from typing import cast

import requests
from requests.adapters import BaseAdapter
from requests.utils import get_encoding_from_headers

from harvester.exchange import Answer, Call, phrase
from harvester.veil import fault


class Adapter(BaseAdapter):
    """Mounted in a session in the place of its own transport."""

    def __init__(self, send: Callable[[Call, str], Answer], *, json_only: bool) -> None:
        super().__init__()
        self._send = send
        self._json_only = json_only

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002
        timeout: object = None,  # noqa: ARG002
        verify: object = True,  # noqa: ARG002, FBT002
        cert: object = None,  # noqa: ARG002
        proxies: object = None,  # noqa: ARG002
    ) -> requests.Response:
        """Send through the guards; raises PortalError."""
        given = cast("object", request.body)  # a file or generator too, whatever the stubs say
        body = given.encode() if isinstance(given, str) else given
        if body is not None and not isinstance(body, bytes):
            raise fault("method-refused", "Only content held in memory is sent", request.url or "")
        answer = self._send(Call(request.method or "GET", dict(request.headers), body), request.url or "")
        if self._json_only and request.method != "HEAD" and not answer.looks_like_json():
            raise answer.not_json()
        response = requests.Response()
        response.status_code = answer.status
        response.reason = phrase(answer.status)
        response.headers.update(answer.headers)
        response.encoding = get_encoding_from_headers(response.headers)
        response.url = answer.url
        response.request = request
        response._content = answer.body  # noqa: SLF001
        response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001
        return response

    def close(self) -> None:
        """The connections are the client's."""
