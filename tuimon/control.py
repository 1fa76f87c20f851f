"""A client's end of a run's socket: asks the run for things. What comes of it is in the journal."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import socket
import time

from tuimon import events, ownership, wire
from tuimon.errors import TuimonError
from tuimon.runs import RunDirectory


class Control:
    """Connects when something is to be said. `client` says who speaks: screen, headless.

    One that is `readonly`, or of another user's run, says nothing at all, not even that it is there.
    """

    def __init__(self, directory: RunDirectory, client: str, readonly: bool = False) -> None:
        self.directory = directory
        self.client = client
        self.readonly = readonly or bool(directory.owner)
        self.refusal = ""
        """Why the socket that is there is not used."""
        self._socket: socket.socket | None = None

    def greet(self, by: str = "") -> None:
        """Record that a client follows the run; `by` when that is not this process."""
        by = by or f"{self.client}, pid {os.getpid()}"
        if not self.readonly:
            self._say(events.ScreenAttached(at=time.time(), by=by, readonly=self.readonly))

    def ask(self, request: events.Request, by: str = "") -> str:
        """Send a request; its id, to know the answer by. `by` is who asks, when that is not this process.

        Raises TuimonError when it cannot be sent.
        """
        if self.readonly:
            raise TuimonError("this client may only look")
        known = {"id": request.id or os.urandom(6).hex(), "by": by or self.client}
        request = dataclasses.replace(request, at=time.time(), **known)
        if not self._say(request):
            why = f" ({self.refusal})" if self.refusal else ""
            raise TuimonError(f"the supervisor of the run does not answer{why}", f"`tuimon attach {self.directory.id}`")
        return request.id

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _say(self, event: events.Event) -> bool:
        for _ in range(2):  # the second time by a new connection, when the supervisor is another one by now
            if self._connect():
                assert self._socket is not None
                try:
                    self._socket.sendall(wire.encode(event))
                    return True
                except OSError:
                    self.close()
        return False

    def _connect(self) -> bool:
        if self._socket is None:
            path = self.directory.socket_path()
            if path is None:
                return False
            try:
                self._socket = ownership.connect(path, 1.0)
            except PermissionError as error:
                self.refusal = f"{error.filename}: {error.strerror}"
                return False
            except OSError:
                return False
            self._socket.setblocking(False)
        with contextlib.suppress(OSError):
            if not self._hung_up():
                return True
        self.close()
        return False

    def _hung_up(self) -> bool:
        """The other end is gone. It never sends anything to a client but its end."""
        assert self._socket is not None
        try:
            return self._socket.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
