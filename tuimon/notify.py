"""Tells a command of the user's own about findings: `--on-finding CMD` gets each as JSON on its standard input."""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from typing import Any

from tuimon.rules import SEVERITIES, Finding
from tuimon.state import Run

MOST_AT_ONCE = 4
"""Commands that run side by side; the others wait for their turn."""

MOST_TOLD = 4096
"""Findings to remember as reported, before findings of fits that are no longer kept are forgotten."""

PATIENCE = 60.0
"""Seconds after which a command that does not end is ended."""


class Notifier:
    """Runs the command once for each finding, and again when a finding's severity gets worse.

    Never waits for the command while the run goes on; what it prints is thrown away.
    """

    def __init__(self, command: str) -> None:
        self.command = command
        self.failed = 0
        self._told: dict[tuple[str, int | None], int] = {}  # rule and fit → rank of the severity told
        self._waiting: list[str] = []
        self._running: list[tuple[subprocess.Popen[bytes], float]] = []

    def news(self, run: Run, findings: Sequence[Finding]) -> None:
        """Tell what has not been told yet. To be called often: it also looks after the commands that run."""
        for finding in findings:
            rank, key = SEVERITIES.index(finding.severity), (finding.rule, finding.fit)
            if rank < self._told.get(key, len(SEVERITIES)):
                self._told[key] = rank
                self._waiting.append(json.dumps(described(run, finding), allow_nan=False))
        if len(self._told) > MOST_TOLD:  # a fit that is no longer kept has no new findings
            kept = {None, *(fit.index for fit in run.fits)}
            self._told = {key: rank for key, rank in self._told.items() if key[1] in kept}
        self._look_after()

    def close(self, patience: float = 10.0) -> None:
        """Let what was begun come to its end, for so many seconds at most."""
        until = time.monotonic() + patience
        while (self._waiting or self._running) and time.monotonic() < until:
            self._look_after()
            time.sleep(0.02)
        for process, _ in self._running:
            _end(process)

    def _look_after(self) -> None:
        going_on = []
        for process, since in self._running:
            status = process.poll()
            if status is None and time.monotonic() - since > PATIENCE:
                status = _end(process)
            if status is None:
                going_on.append((process, since))
            else:
                self.failed += status != 0
        self._running = going_on
        while self._waiting and len(self._running) < MOST_AT_ONCE:
            self._start(self._waiting.pop(0))

    def _start(self, text: str) -> None:
        """The shell gets the user's command and nothing else: what a run says is read from a file, not from a pipe
        that could be full."""
        try:
            with tempfile.TemporaryFile() as told:
                told.write(text.encode() + b"\n")
                told.seek(0)
                process = subprocess.Popen(
                    self.command,
                    shell=True,
                    stdin=told,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
        except OSError:
            self.failed += 1
            return
        self._running.append((process, time.monotonic()))


def _end(process: subprocess.Popen[bytes]) -> int:
    """With all that the shell started."""
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def described(run: Run, finding: Finding) -> dict[str, Any]:
    """The finding as an object of JSON; epochs and steps count from 0, what is not finite is text."""
    return {
        "run": run.id,
        "name": run.name,
        "command": run.started.command if run.started else [],
        **{name: _plain(value) for name, value in finding._asdict().items()},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
