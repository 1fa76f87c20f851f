"""The run's Unix socket: takes in lines from agents and clients of the same user, and sends lines to them."""

from __future__ import annotations

import contextlib
import os
import pwd
import selectors
import socket
import stat
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

from tuimon import events, wire
from tuimon.errors import TuimonError

LONGEST_PATH = 107
"""Bytes that the kernel takes for the path of a socket."""

CHUNK = 1 << 16
TURN = 64
"""Chunks read from one connection before the others have their turn."""

UNREAD = 1 << 20
"""Bytes that may wait for a peer that does not read; it is dropped when there are more."""


class Connection:
    """One agent or client. `agent` is set once it has sent an agent's event."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.pid, self.uid, _ = credentials(sock)
        self.agent = False
        self.heard = False  # an event of this agent has been recorded
        self.inbox = wire.Lines()
        self.outbox = b""

    @property
    def user(self) -> str:
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)


Receive = Callable[[Connection, events.Event, bytes], None]


class Ingest:
    """Listens at `path`. `receive` gets each event that came in, with its line; `unreadable` counts other lines."""

    def __init__(self, selector: selectors.BaseSelector, path: Path, receive: Receive) -> None:
        self.path = path
        self.unreadable = 0
        self.connections: list[Connection] = []
        self._selector = selector
        self._receive = receive
        self._listener = self._listen()

    # --- the listening socket

    def _listen(self) -> socket.socket:
        private_directory(self.path.parent)
        self.path.unlink(missing_ok=True)  # whoever holds the run's lock owns this path
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        mask = os.umask(0o177)
        try:
            listener.bind(str(self.path))
        except BaseException:
            listener.close()
            raise
        finally:
            os.umask(mask)
        listener.listen(64)
        listener.setblocking(False)
        self._inode = self.path.stat().st_ino
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        return listener

    def ensure(self) -> None:
        """Make the socket again when somebody has removed it."""
        try:
            if self.path.stat().st_ino == self._inode:
                return
        except OSError:
            pass
        self._selector.unregister(self._listener)
        self._listener.close()
        self._listener = self._listen()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            sock, _ = self._listener.accept()
            connection = Connection(sock)
            if connection.uid not in (os.geteuid(), 0):
                sock.close()
                return
            sock.setblocking(False)
            self.connections.append(connection)
            self._selector.register(sock, selectors.EVENT_READ, lambda: self._ready(connection))

    # --- connections

    def _ready(self, connection: Connection) -> None:
        self._send(connection)
        for _ in range(TURN):
            try:
                chunk = connection.sock.recv(CHUNK)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                chunk = b""
            if not chunk:
                self._drop(connection)
                return
            for line in self._lines(connection, chunk):
                self._line(connection, line)

    def _lines(self, connection: Connection, chunk: bytes) -> Iterator[bytes]:
        inbox = connection.inbox
        yield from filter(None, inbox.feed(chunk))
        self.unreadable, inbox.dropped = self.unreadable + inbox.dropped, 0

    def _line(self, connection: Connection, line: bytes) -> None:
        try:
            event = wire.decode(line)
        except (ValueError, TypeError, RecursionError):
            self.unreadable += 1
            return
        connection.agent = connection.agent or isinstance(event, events.AgentEvent)
        self._receive(connection, event, line + b"\n")

    def to_agents(self, line: bytes) -> int:
        """Send a line to every agent; how many there are."""
        agents = [connection for connection in self.connections if connection.agent]
        for connection in agents:
            connection.outbox += line
            self._send(connection)
        return len(agents)

    def _send(self, connection: Connection) -> None:
        try:
            while connection.outbox:
                sent = connection.sock.send(connection.outbox, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
                connection.outbox = connection.outbox[sent:]
        except (BlockingIOError, InterruptedError):
            if len(connection.outbox) > UNREAD:
                connection.outbox = b""
        except OSError:
            connection.outbox = b""
        waiting = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.outbox else 0)
        key = self._selector.get_key(connection.sock)
        if key.events != waiting:
            self._selector.modify(connection.sock, waiting, key.data)

    def _drop(self, connection: Connection) -> None:
        self._selector.unregister(connection.sock)
        connection.sock.close()
        self.connections.remove(connection)

    def close(self) -> None:
        """Hang up, and remove the socket."""
        for connection in list(self.connections):
            self._drop(connection)
        self._selector.unregister(self._listener)
        self._listener.close()
        with contextlib.suppress(OSError):
            if self.path.stat().st_ino == self._inode:
                self.path.unlink()


def credentials(sock: socket.socket) -> tuple[int, int, int]:
    """The peer's process, user and group."""
    told = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    pid, uid, gid = struct.unpack("3i", told)
    return pid, uid, gid


def private_directory(path: Path) -> None:
    """Make it where it is missing. Raises OSError when it cannot be, or is not this user's alone."""
    path.mkdir(mode=0o700, exist_ok=True)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise PermissionError(1, f"{path} is not a private directory of this user", str(path))


def listen(selector: selectors.BaseSelector, places: list[Path], name: str, receive: Receive) -> Ingest:
    """Listen in the first of these directories where a socket can be."""
    refused = []
    for place in places:
        path = place / name
        if len(os.fsencode(path)) > LONGEST_PATH:
            refused.append(f"{place}: the path is longer than {LONGEST_PATH} bytes")
            continue
        try:
            return Ingest(selector, path, receive)
        except OSError as error:
            refused.append(f"{place}: {error.strerror or error}")
    raise TuimonError(f"no place for the run's socket ({'; '.join(refused)})", "set XDG_RUNTIME_DIR or TMPDIR")


def places() -> list[Path]:
    """Where a socket may be, best first. Parents are there, or are no place for it."""
    uid = os.geteuid()
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    temporary = os.environ.get("TMPDIR", "")
    return [
        *([Path(runtime) / "tuimon"] if os.path.isabs(runtime) else []),
        Path(f"/run/user/{uid}/tuimon"),
        *([Path(temporary) / f"tuimon-{uid}"] if os.path.isabs(temporary) else []),
        Path(f"/tmp/tuimon-{uid}"),
        Path(f"/var/tmp/tuimon-{uid}"),
    ]
