"""The run's socket under whoever writes to it, over real connections."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import subprocess
import sys
import time
from pathlib import Path

from tuimon import events, wire
from tuimon.agent.link import Link
from tuimon.supervisor.ingest import Connection, Ingest

WRITER = """
import socket, sys
link = socket.socket(socket.AF_UNIX)
link.connect(sys.argv[1])
for _ in range(int(sys.argv[2])):
    link.sendall(b"x" * (1 << 20))
link.sendall(b'\\n{"event":"WarningSeen","message":"after"}\\n')
"""


def test_a_line_without_an_end_is_counted_once_and_costs_little(tmp_path: Path) -> None:
    """300 MB of it: to put each piece behind all before it took 40 s."""
    received: list[events.Event] = []

    def receive(connection: Connection, event: events.Event, line: bytes) -> None:
        received.append(event)

    selector = selectors.DefaultSelector()
    listening = Ingest(selector, [lambda: tmp_path / "s"], receive)
    with contextlib.closing(listening):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "s"), "300"])
        begun, most = time.process_time(), 0
        while not received:
            for key, _ in selector.select(60.0):
                key.data()
            most = max([most, *(connection.inbox.held for connection in listening.connections)])
        took = time.process_time() - begun
        writer.wait(60)

    assert received == [events.WarningSeen(message="after")]
    assert listening.unreadable == 1
    assert most <= wire.MAX_LINE
    assert took < 20


def test_an_agent_is_not_held_up_by_a_line_without_an_end(tmp_path: Path) -> None:
    path = tmp_path / "tuimon" / "s"
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        os.chmod(path, 0o600)
        listener.listen()
        link = Link(str(path))
        assert link.connect()
        supervisor, _ = listener.accept()
        supervisor.setblocking(False)
        said = memoryview(b"x" * (20 << 20) + b"\nlast\n")
        heard: list[bytes] = []
        begun = time.process_time()
        while not heard:
            with contextlib.suppress(BlockingIOError):
                said = said[supervisor.send(said) :]
            heard += link.receive()
        took = time.process_time() - begun
        link.close()
        supervisor.close()

    assert heard == [b"last"]
    assert took < 20
