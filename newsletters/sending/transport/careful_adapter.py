"""Send requests to a mail provider in time, and their end only if their mails may still be sent."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import requests

from cms.network.http import TimelyAdapter
from newsletters.sending.transport.seam import HeldBack, TakeOff, at_once


class CarefulAdapter(TimelyAdapter):
    """Sends the end of a request only if `may_go` still allows it: without its end the provider ignores the request.

    Connecting and sending a large request can take so long that the worker's lease ends.
    """

    may_go: TakeOff = staticmethod(at_once)

    def send(
        self,
        request: requests.PreparedRequest,
        *args: Any,  # noqa: ANN401 - passed on as they are
        **options: Any,  # noqa: ANN401 - passed on as they are
    ) -> requests.Response:
        """Send the request, whose headers already give its length; raises HeldBack."""
        if isinstance(request.body, str | bytes):
            body = request.body.encode() if isinstance(request.body, str) else request.body
            request.body = _Body(body, may_go=self.may_go)
        return super().send(request, *args, **options)


class _Body(BytesIO):
    """A body that is read in blocks, the last block only if `may_go` allows it."""

    def __init__(self, body: bytes, *, may_go: TakeOff) -> None:
        super().__init__(body)
        self._length, self._may_go = len(body), may_go

    def read(self, size: int | None = -1, /) -> bytes:
        block = super().read(size)
        if block and self.tell() == self._length and not self._may_go():
            raise HeldBack
        return block
