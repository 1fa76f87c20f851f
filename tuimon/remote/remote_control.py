"""A client's end of the line to another machine, as `tuimon.control.Control` is one of a run's socket here."""

from __future__ import annotations

import getpass
import secrets
import socket
import time
from dataclasses import replace

from tuimon import events
from tuimon.errors import TuimonError
from tuimon.remote.link import Link


class RemoteControl:
    """`client` says who speaks: screen, headless."""

    def __init__(self, link: Link, client: str, readonly: bool = False) -> None:
        self._link = link
        self._by = f"{client} of {getpass.getuser()}@{socket.gethostname()}"
        self._readonly = readonly

    def greet(self) -> None:
        if not self._readonly:
            self._link.say(events.ScreenAttached(at=time.time(), by=self._by, readonly=self._readonly))

    def ask(self, request: events.Request) -> str:
        """Send a request; its id. Raises TuimonError when it cannot be sent."""
        if self._readonly:
            raise TuimonError("this client may only look")
        request = replace(request, at=time.time(), id=request.id or secrets.token_hex(6), by=self._by)
        if not self._link.say(request):
            raise TuimonError("there is no line to the run now", "wait until it is back")
        return request.id

    def close(self) -> None:
        """The line is the link's."""
