"""A real training process under the agent, and a listening socket that collects what it says.

`watched(script)` runs a script as `tuimon run` would, and returns what came in and how it ended.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tuimon import events, wire
from tuimon.state import Run

INJECT = Path(__file__).parents[2] / "tuimon" / "agent" / "inject"
LIMIT = 600.0
"""Seconds after which a training process is taken for hung, on a very slow machine."""

E = TypeVar("E", bound=events.Event)
Events = list[events.Event]

KERAS2 = os.environ.get("TUIMON_KERAS2_PYTHON", "")
BACKENDS = os.environ.get("TUIMON_KERAS_BACKENDS_PYTHON", "")


def _installed(module: str) -> bool:
    from importlib.util import find_spec

    return find_spec(module) is not None


needs_keras3 = pytest.mark.skipif(not _installed("keras"), reason="Keras is not installed")
needs_keras2 = pytest.mark.skipif(not KERAS2, reason="TUIMON_KERAS2_PYTHON is not set")

both_lines = pytest.mark.parametrize(
    "python",
    [
        pytest.param(sys.executable, id="keras3", marks=needs_keras3),
        pytest.param(KERAS2, id="keras2", marks=needs_keras2),
    ],
)
"""Runs a test with an interpreter of each line."""

TF_KERAS = "tf_keras"
"""In the place of an interpreter: this one, with the package tf_keras as `tensorflow.keras`."""

TF_KERAS_PATH = os.environ.get("TUIMON_TF_KERAS_PATH", "")

every_line = pytest.mark.parametrize(
    "python",
    [
        *both_lines.args[1],
        pytest.param(
            TF_KERAS,
            id="tf_keras",
            marks=pytest.mark.skipif(not TF_KERAS_PATH, reason="TUIMON_TF_KERAS_PATH is not set"),
        ),
    ],
)
"""Both lines, and Keras 2 as it goes on beside Keras 3."""


def _started(python: str, *path: str) -> tuple[str, dict[str, str]]:
    """What to start, and its environment, with these directories to import from."""
    environment, legacy = plain_environment(), python == TF_KERAS
    found = [*path, *([TF_KERAS_PATH] if legacy else []), *filter(None, [os.environ.get("PYTHONPATH")])]
    if found:
        environment["PYTHONPATH"] = os.pathsep.join(found)
    if legacy:
        environment["TF_USE_LEGACY_KERAS"] = "1"
    return sys.executable if legacy else python, environment


@dataclass
class Watched:
    """What a training process said, and how it ended."""

    events: Events = field(default_factory=list)
    status: int | None = None
    stdout: str = ""
    stderr: str = ""
    spooled: Events = field(default_factory=list)

    def of(self, kind: type[E], **fields: Any) -> list[E]:
        """The events of a kind whose fields have these values."""
        return [
            event
            for event in self.events
            if isinstance(event, kind) and all(getattr(event, name) == value for name, value in fields.items())
        ]

    def the(self, kind: type[E], **fields: Any) -> E:
        """The one event of a kind."""
        found = self.of(kind, **fields)
        assert len(found) == 1, f"{len(found)} of {kind.__name__} {fields}: {found}\n{self.stderr}"
        return found[0]

    @property
    def run(self) -> Run:
        return Run().apply_all(self.events)

    @property
    def failures(self) -> list[str]:
        return [f"{event.hook}: {event.error}" for event in self.of(events.AgentFailed)]


class Listener:
    """A Unix socket that takes every line of every connection."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "s"
        self.events: Events = []
        self.connections: list[socket.socket] = []
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._server.bind(str(self.path))
        self._server.listen()
        self._threads: list[threading.Thread] = []
        self._spawn(self._accept)

    def _spawn(self, target: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.connections.append(connection)
            self._spawn(self._read, connection)

    def _read(self, connection: socket.socket) -> None:
        try:
            for line in connection.makefile("rb"):
                if line.endswith(b"\n"):
                    self.events.append(wire.decode(line))
        except OSError:
            return

    def send(self, event: events.Event) -> None:
        """To all agents that are connected."""
        for connection in self.connections:
            connection.sendall(wire.encode(event))

    def wait_for(self, kind: type[E], **fields: Any) -> E:
        """The first event of a kind with these values, as soon as it is here."""
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            for event in list(self.events):
                if isinstance(event, kind) and all(getattr(event, name) == each for name, each in fields.items()):
                    return event
            time.sleep(0.02)
        raise AssertionError(f"no {kind.__name__} {fields} among {self.events}")

    def wait_for_connection(self) -> bool:
        """Until an agent is there."""
        deadline = time.monotonic() + LIMIT
        while not self.connections and time.monotonic() < deadline:
            time.sleep(0.02)
        return bool(self.connections)

    def hang_up(self) -> None:
        """As a supervisor that is killed: nobody listens from now on."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.path.unlink(missing_ok=True)
        for connection in self.connections:
            connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def finish(self) -> None:
        """Take in what the processes that have ended wrote last."""
        deadline = time.monotonic() + 30
        for thread in self._threads[1:]:
            thread.join(max(0.0, deadline - time.monotonic()))
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


class Training:
    """A training process that runs now, and the listener that hears it."""

    def __init__(self, listener: Listener, directory: Path, process: subprocess.Popen[bytes]) -> None:
        self.listener = listener
        self.directory = directory
        self.process = process

    def ended(self) -> Watched:
        """Wait for its end; everything that it said."""
        status = self.process.wait(LIMIT)
        self.listener.finish()
        return Watched(
            self.listener.events,
            status,
            (self.directory / "stdout").read_text(),
            (self.directory / "stderr").read_text(),
            [wire.decode(line) for spool in self.directory.glob("spool.*") for line in spool.read_bytes().splitlines()],
        )


@contextmanager
def training(script: Path, *arguments: str, python: str = sys.executable, **environment: str) -> Iterator[Training]:
    """The script in a process of its own, under the agent; it is killed when the block is left early."""
    directory = Path(tempfile.mkdtemp(prefix="tm", dir="/tmp"))
    listener = Listener(directory)
    executable, variables = _started(python, str(INJECT))
    variables = {
        **variables,
        "TUIMON_SOCKET": str(listener.path),
        "TUIMON_SPOOL": str(directory / "spool"),
        "TUIMON_RUN": "test",
        "TUIMON_DEBUG": str(directory / "debug"),
        **environment,
    }
    with (directory / "stdout").open("wb") as out, (directory / "stderr").open("wb") as err:
        process = subprocess.Popen([executable, str(script), *arguments], env=variables, stdout=out, stderr=err)
    try:
        yield Training(listener, directory, process)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        listener.finish()
        shutil.rmtree(directory, ignore_errors=True)


def watched(script: Path, *arguments: str, python: str = sys.executable, **environment: str) -> Watched:
    """Run the script under the agent to its end."""
    with training(script, *arguments, python=python, **environment) as process:
        return process.ended()


@functools.cache
def played(script: Path, python: str) -> Watched:
    """The script under the agent, once for all tests that ask for it."""
    seen = watched(script, python=python)
    assert seen.status == 0, seen.stderr
    return seen


def truth_of(script: Path, python: str) -> dict[str, dict[str, Any]]:
    """What the script says that it did: one JSON object a line, by its `name`."""
    lines = [json.loads(line) for line in played(script, python).stdout.splitlines()]
    return {line["name"]: line for line in lines}


def plain(script: Path, *arguments: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    """Run the script without the agent."""
    executable, environment = _started(python)
    command = [executable, str(script), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False)


def plain_environment() -> dict[str, str]:
    """This environment, quiet and on the CPU."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TUIMON_")}
    return {**kept, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "TF_ENABLE_ONEDNN_OPTS": "0"}
