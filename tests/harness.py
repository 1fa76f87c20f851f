"""tuimon as users start it: a process with a state and a runtime directory of its own, and what came of it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pexpect
import pytest

from tuimon import journal, runs
from tuimon.events import Event
from tuimon.runs import RunDirectory
from tuimon.state import Run

T = TypeVar("T")
E = TypeVar("E", bound=Event)

LIMIT = 180.0
"""Seconds after which a wait has failed; nothing here is that slow unless it hangs."""


@dataclass
class Done:
    """A finished tuimon. `said` are its own lines on standard error, `stderr` is the rest."""

    status: int
    stdout: bytes
    stderr: bytes
    said: list[str] = field(default_factory=list)
    report: dict[str, Any] | None = None

    @property
    def text(self) -> str:
        return "\n".join(self.said)


def wait_for(condition: Callable[[], T], what: str, limit: float = LIMIT) -> T:
    """The condition's first true value."""
    deadline = time.monotonic() + limit
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {limit:.0f} s for {what}"
        time.sleep(0.05)
    return value


class Tuimon:
    """Where runs of one test live, and the command."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.home = path / "state" / "tuimon" / "runs"
        self.runtime = path / "run"
        self.runtime.mkdir(mode=0o700)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TUIMON_")},
            "XDG_STATE_HOME": str(path / "state"),
            "XDG_CONFIG_HOME": str(path / "config"),
            "XDG_RUNTIME_DIR": str(self.runtime),
            "TF_CPP_MIN_LOG_LEVEL": "2",
            "CUDA_VISIBLE_DEVICES": "",
        }
        self._started: list[subprocess.Popen[bytes]] = []
        self.terminals: list[pexpect.spawn[str]] = []

    def script(self, text: str, name: str = "train.py") -> Path:
        """A script in the test's directory."""
        path = self.path / name
        path.write_text(text)
        return path

    @staticmethod
    def command(*args: str | Path) -> list[str]:
        return [sys.executable, "-m", "tuimon", *map(str, args)]

    def start(self, *args: str | Path, **options: Any) -> subprocess.Popen[bytes]:
        """Start `tuimon ARGS`, without a terminal."""
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        options.setdefault("cwd", self.path)
        environment = {**self.environment, **options.pop("env", {})}
        process = subprocess.Popen(self.command(*args), env=environment, **options)
        self._started.append(process)
        return process

    def run(self, *args: str | Path, limit: float = LIMIT, **options: Any) -> Done:
        """`tuimon ARGS` to its end. A report asked for with `--json FILE` is read."""
        done = self.finish(self.start(*args, **options), limit)
        if "--json" in args[:-1]:
            target = str(args[args.index("--json") + 1])
            if target != "-" and (self.path / target).is_file():
                done.report = json.loads((self.path / target).read_text())
            elif target == "-" and done.stdout:
                done.report = json.loads(done.stdout)
        return done

    def headless(self, script: Path, *args: str, limit: float = LIMIT, **options: Any) -> Done:
        """`tuimon run --headless` of the script, with its report."""
        return self.run("run", "--headless", "--json", self.path / "report.json", script, *args, limit=limit, **options)

    @staticmethod
    def finish(process: subprocess.Popen[bytes], limit: float = LIMIT) -> Done:
        stdout, stderr = process.communicate(timeout=limit)
        lines = stderr.split(b"\n")
        mark = b"tuimon: "
        said = [line[len(mark) :].decode() for line in lines if line.startswith(mark)]
        rest = b"\n".join(line for line in lines if not line.startswith(mark))
        return Done(process.returncode, stdout, rest, said)

    # --- what is on disk

    @property
    def runs(self) -> list[RunDirectory]:
        """The newest first."""
        return runs.every(self.home)

    @property
    def directory(self) -> RunDirectory:
        """Of the newest run, which may be about to be made."""
        return wait_for(lambda: self.runs, "a run's directory")[0]

    def events(self, directory: RunDirectory | None = None) -> list[Event]:
        return list(journal.read((directory or self.directory).journal))

    def folded(self, directory: RunDirectory | None = None) -> Run:
        return Run().apply_all(self.events(directory))

    def wait_for_event(self, kind: type[E], count: int = 1) -> E:
        """The journal's last event of this kind, once there are so many."""

        def found() -> E | None:
            these = [event for event in self.events() if isinstance(event, kind)]
            return these[-1] if len(these) >= count else None

        event = wait_for(found, kind.__name__)
        assert event is not None
        return event

    def close(self) -> None:
        """Leave nothing running."""
        for terminal in self.terminals:
            terminal.close(force=True)
        for process in self._started:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()
            for stream in (process.stdout, process.stderr, process.stdin):
                if stream is not None:
                    stream.close()
        for directory in self.runs:
            summary = directory.read()
            if summary.supervisor_pid and directory.supervised():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(summary.supervisor_pid, signal.SIGKILL)
            for pid in set(directory.remaining()) - {os.getpid()}:  # a test may have spoken as an agent itself
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if summary.pid and directory.child_alive():
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(summary.pid, signal.SIGKILL)


@pytest.fixture
def tuimon(tmp_path: Path) -> Iterator[Tuimon]:
    with contextlib.closing(Tuimon(tmp_path)) as started:
        yield started
