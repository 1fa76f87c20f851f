"""The connection to the supervisor: lines out, lines in, never blocking, and well aware that it may be gone."""

from __future__ import annotations

import os
import select
import socket
from typing import List, Optional, Tuple

BUFFERED = 4 * 1024 * 1024
"""Bytes that may wait for a supervisor that reads slowly."""

_LONGEST = 1024 * 1024


class Link:
    def __init__(self, path: str) -> None:
        self.path = path
        self._socket: Optional[socket.socket] = None
        self._identity: Tuple[int, int] = (0, 0)
        self._out = bytearray()
        self._begun = b""  # what has been sent of a line whose end has not
        self._in = b""

    @property
    def connected(self) -> bool:
        return self._socket is not None

    @property
    def waiting(self) -> int:
        """Bytes that have not been handed to the kernel yet."""
        return len(self._out)

    def connect(self) -> bool:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            link.settimeout(0.25)
            link.connect(self.path)
            link.setblocking(False)
        except OSError:
            link.close()
            return False
        self._socket, self._in, self._begun = link, b"", b""
        self._identity = _identity(link.fileno())
        return True

    def send(self, lines: bytes) -> bytes:
        """Send these after what waits already. When the connection is gone: what was not sent, in whole lines."""
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
        end = sent.rfind(b"\n")
        self._begun = sent[end + 1 :] if end >= 0 else self._begun + sent

    def receive(self) -> List[bytes]:
        """The whole lines that came in. Finds out, too, that the other end was closed."""
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
            self._in += chunk
        lines = self._in.split(b"\n")
        self._in = lines.pop()[-_LONGEST:]
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
        """Take what waits, in whole lines."""
        rest = self._begun + bytes(self._out)
        self._out, self._begun = bytearray(), b""
        return rest

    def _lost(self) -> bytes:
        self.close()
        return self.unsent()

    def _ours(self) -> bool:
        return self._socket is not None and _identity(self._socket.fileno()) == self._identity


def _identity(descriptor: int) -> Tuple[int, int]:
    try:
        status = os.fstat(descriptor)
    except OSError:
        return (-1, -1)
    return status.st_dev, status.st_ino
