"""The connection to the supervisor: lines out, lines in, never blocking, and well aware that it may be gone.

Whoever listens has to be of this process's user: events hold stacks and what the program printed, and requests are
obeyed.
"""

from __future__ import annotations

import json
import os
import select
import socket
from typing import List, Optional, Tuple

from tuimon import ownership, wire

BUFFERED = 4 * 1024 * 1024
"""Bytes that may wait for a supervisor that reads slowly."""

UNREAD = 256 * 1024
"""Bytes of what has been sent that are kept: more than the kernel holds of what a supervisor has not read when it dies.
They are said again, to the spool or to the next supervisor, which leaves out what is in the journal."""

_LONGEST = 1024 * 1024

_LARGEST_SUMMARY = 1024 * 1024


class Link:
    """`run` is the run's directory, whose `run.json` says where the socket is by now."""

    def __init__(self, path: str, run: str = "") -> None:
        self.path = path
        self.run = run
        self.refusal = ""
        """Why the socket that is there is not used."""
        self._socket: Optional[socket.socket] = None
        self._identity: Tuple[int, int] = (0, 0)
        self._out = bytearray()
        self._sent = bytearray()  # the newest of what has been sent, from the beginning of a line
        self._in = wire.Lines(_LONGEST)

    @property
    def connected(self) -> bool:
        return self._socket is not None

    @property
    def waiting(self) -> int:
        """Bytes that have not been handed to the kernel yet."""
        return len(self._out)

    def connect(self) -> bool:
        link = self._connected(self.path)
        if link is None and self.run:
            moved = _recorded(self.run)
            if moved and moved != self.path:
                link = self._connected(moved)
                self.path = moved if link is not None else self.path
        if link is None:
            return False
        self._socket, self._in, self.refusal = link, wire.Lines(_LONGEST), ""
        self._out[:0] = self._sent  # the supervisor may have died with it unread; the next one drops duplicates
        del self._sent[:]
        self._identity = _identity(link.fileno())
        return True

    def _connected(self, path: str) -> Optional[socket.socket]:
        try:
            link = ownership.connect(path, 0.25)
        except PermissionError as error:
            self.refusal = "%s: %s" % (error.filename, error.strerror)
            return None
        except OSError:
            return None
        link.setblocking(False)
        return link

    def send(self, lines: bytes) -> bytes:
        """Send these after what waits already. When the connection is gone: what may not have been read, in whole
        lines."""
        self._out += lines
        while self._out and self._socket is not None:
            if not self._ours():
                return self._lost()
            try:
                sent = self._socket.send(self._out[:65536], socket.MSG_NOSIGNAL | socket.MSG_DONTWAIT)
            except (BlockingIOError, InterruptedError):
                return b""
            except OSError:
                return self._lost()
            self._count(bytes(self._out[:sent]))
            del self._out[:sent]
        return b""

    def _count(self, sent: bytes) -> None:
        self._sent += sent
        if len(self._sent) > 2 * UNREAD:
            del self._sent[: self._sent.find(b"\n", len(self._sent) - UNREAD) + 1]

    def receive(self) -> List[bytes]:
        """The whole lines that came in. Finds out, too, that the other end was closed."""
        lines: List[bytes] = []
        while self._socket is not None and self._ours():
            try:
                chunk = self._socket.recv(65536, socket.MSG_DONTWAIT)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                chunk = b""
            if not chunk:
                self.close()
                break
            lines += self._in.feed(chunk)
        return [line for line in lines if line]

    def wait(self, seconds: float) -> None:
        """Until something comes in, or so many seconds have passed."""
        poll = select.poll()
        if self._socket is not None and self._ours():
            poll.register(self._socket.fileno(), select.POLLIN)
        poll.poll(max(0, int(seconds * 1000)))

    def close(self) -> None:
        """Let go of the descriptor alone: a forked parent may still talk through it."""
        link, self._socket = self._socket, None
        if link is None:
            return
        if _identity(link.fileno()) == self._identity:
            link.close()
        else:
            link.detach()  # the program closed it and uses its number for something else

    def unsent(self) -> bytes:
        """Take what waits and what may not have been read, in whole lines."""
        rest = bytes(self._sent + self._out)
        del self._sent[:], self._out[:]
        return rest

    def keep(self, lines: bytes) -> bytes:
        """Keep whole lines for the next supervisor. Returns the lines for which there is no room."""
        room = max(0, BUFFERED - len(self._out))
        fits = len(lines) if len(lines) <= room else lines.rfind(b"\n", 0, room) + 1
        self._out += lines[:fits]
        return lines[fits:]

    def _lost(self) -> bytes:
        self.close()
        return self.unsent()

    def _ours(self) -> bool:
        return self._socket is not None and _identity(self._socket.fileno()) == self._identity


def _recorded(run: str) -> str:
    """The socket's path by the run's `run.json`; empty where that is missing, damaged, or another user's."""
    try:
        directory = ownership.open_directory(run)
        os.close(directory)
        path = json.loads(ownership.read_start(os.path.join(run, "run.json"), _LARGEST_SUMMARY))["socket"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""
    return path if isinstance(path, str) else ""


def _identity(descriptor: int) -> Tuple[int, int]:
    try:
        status = os.fstat(descriptor)
    except OSError:
        return (-1, -1)
    return status.st_dev, status.st_ino
