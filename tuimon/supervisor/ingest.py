"""The run's Unix socket: takes in lines from agents and clients of the same user, and sends lines to them."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import selectors
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tuimon import events, ownership, wire
from tuimon.errors import TuimonError
from tuimon.supervisor.places import Place, remove_fresh_folder

MOST = 1024
"""Connections at a time; no more than half of the files that may be open."""

CHUNK = 1 << 16
TURN = 64
"""Chunks read from one connection before the others have their turn."""

UNREAD = 1 << 20
"""Bytes that may wait for a peer that does not read; it is dropped when there are more."""


class Connection:
    """One agent or client. `agent` is set once it has sent an agent's event."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.pid, self.uid, _ = ownership.peer(sock)
        self.agent = False
        self.heard = False  # an event of this agent has been recorded
        self.spoke = False  # anything at all
        self.inbox = wire.Lines()
        self.outbox = b""

    @property
    def user(self) -> str:
        return ownership.user_name(self.uid)


Receive = Callable[[Connection, events.Event, bytes], None]


class Ingest:
    """Listens in the first place that is safe. `receive` gets each event that came in, with its line; `moved` is called
    when another place had to be taken; `unreadable` counts other lines."""

    def __init__(self, selector: selectors.BaseSelector, places: Sequence[Place], receive: Receive) -> None:
        """Raises TuimonError where there is no place at all."""
        self.path = Path()
        self.unreadable = 0
        self.connections: list[Connection] = []
        self.moved: Callable[[Path], None] = lambda path: None
        self._places = places
        self._selector = selector
        self._receive = receive
        self._listener: socket.socket | None = None
        self._paused = False  # nobody is taken in until the next `ensure`
        refused = self._listen()
        if self._listener is None:
            raise TuimonError(f"no place for the run's socket ({'; '.join(refused)})", "set XDG_RUNTIME_DIR or TMPDIR")

    # --- the listening socket

    def _listen(self) -> list[str]:
        """Listen in the first place that is safe. Returns why the places before it were refused."""
        refused = []
        for place in self._places:
            path = None
            try:
                path = place()
                self._listener, self._inode = _bound(path)
            except OSError as error:
                refused.append(f"{error.filename or '?'}: {error.strerror or error}")
                remove_fresh_folder(path)
                continue
            self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
            if path != self.path:
                self.path = path
                self.moved(path)
            break
        return refused

    def ensure(self) -> None:
        """Listen again where the socket was removed, in its place or the next that is safe. While there is no socket,
        agents write their spools, and the next call tries again."""
        if self._listener is not None:
            with contextlib.suppress(OSError):
                if os.lstat(self.path).st_ino == self._inode:
                    self._resume()
                    return
            self._hang_up()
        self._listen()

    def _hang_up(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            if not self._paused:
                self._selector.unregister(listener)
            listener.close()
        self._paused = False

    def _pause(self) -> None:
        """Let new connections wait: a listener that stays readable would keep the selector busy."""
        if self._listener is not None and not self._paused:
            self._selector.unregister(self._listener)
            self._paused = True

    def _resume(self) -> None:
        if self._listener is not None and self._paused:
            self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
            self._paused = False

    def _accept(self) -> None:
        assert self._listener is not None
        if len(self.connections) >= _most() and not self._make_room():
            self._pause()
            return
        try:
            sock, _ = self._listener.accept()
        except OSError as error:
            if error.errno in SHORT and not self._make_room():
                self._pause()
            return
        self._take_in(sock)

    def _take_in(self, sock: socket.socket) -> None:
        try:
            connection = Connection(sock)
            if connection.uid not in (os.geteuid(), 0):
                sock.close()
                return
            sock.setblocking(False)
            self._selector.register(sock, selectors.EVENT_READ, lambda: self._ready(connection))
        except OSError:
            sock.close()
            return
        self.connections.append(connection)

    def _make_room(self) -> bool:
        """Hang up on the client that has been there longest, first on one that has never spoken: it comes again when it
        has something to say. Agents stay."""
        clients = [connection for connection in self.connections if not connection.agent]
        silent = [connection for connection in clients if not connection.spoke]
        for connection in [*silent, *clients][:1]:
            self._drop(connection)
        return bool(clients)

    # --- connections

    def _ready(self, connection: Connection) -> None:
        if connection.sock.fileno() < 0:
            return  # hung up on to make room, after it had been found ready
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
        connection.spoke = True
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
        listening = self._listener is not None
        self._hang_up()
        with contextlib.suppress(OSError):
            if listening and os.lstat(self.path).st_ino == self._inode:
                self.path.unlink()
                remove_fresh_folder(self.path)


def _bound(path: Path) -> tuple[socket.socket, int]:
    """A socket that listens there, and its inode. What was there before is removed: whoever holds the run's lock owns
    this path, in a directory of his own. Raises OSError."""
    directory = os.open(ownership.secure_directory(path.parent), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path.name, dir_fd=directory)
        listener.bind(ownership.through(directory, str(path)))
        inode = os.stat(path.name, dir_fd=directory, follow_symlinks=False).st_ino
        listener.listen(MOST)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, error.strerror or str(error), str(path)) from None
    finally:
        os.umask(mask)
        os.close(directory)
    return listener, inode


SHORT = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS)
"""Errors of `accept` that last until a descriptor or memory is free."""


def _most() -> int:
    return max(1, min(MOST, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2))
