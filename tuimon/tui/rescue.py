"""What a screen does for a run whose supervisor died: says so, and has a new one take over."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Protocol

import tuimon
from tuimon.runs import RunDirectory
from tuimon.vouching import vouched

LOOK_EVERY = 2.0
"""Seconds between two looks at who is alive."""

TRY_AGAIN = 30.0
"""Seconds after which a takeover that failed is tried again."""


class Lookout(Protocol):
    """Knows how the way to the run stands. `refusal` is why it is not to be gone any more, once that is so."""

    @property
    def refusal(self) -> Exception | None: ...

    def look(self) -> str:
        """To be called often. What there is to say about it, once; mostly nothing."""
        ...


class Rescue:
    """Of one run. The takeover happens in a process of its own: a screen has threads, and must not fork."""

    refusal = None

    def __init__(self, directory: RunDirectory, only_say: bool = False) -> None:
        self.directory = directory
        self.only_say = only_say or bool(directory.owner)
        self._looked = float("-inf")
        self._tried = float("-inf")
        self._said = False
        self._taking_over: tuple[subprocess.Popen[bytes], IO[bytes]] | None = None

    def look(self) -> str:
        """To be called often. What there is to say about it, once; mostly nothing."""
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY:
            return ""
        self._looked = now
        if self._taking_over is not None:
            return self._outcome(*self._taking_over)
        if self.directory.supervised():
            self._said = False
            return ""
        if self.directory.elsewhere() or not self.directory.child_alive() or not vouched(self.directory):
            return ""
        if self.only_say:
            said, self._said = self._said, True
            return "" if said else f"the supervisor of this run died; `tuimon attach {self.directory.id}` replaces it"
        if now - self._tried < TRY_AGAIN:
            return ""
        self._tried = now
        self._taking_over = self._begun()
        return "the supervisor of this run died; training goes on; a new one is taking over"

    def _begun(self) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
        complaint = tempfile.TemporaryFile()  # noqa: SIM115 - read when the process has ended; no pipe, what it starts outlives us
        process = subprocess.Popen(
            [sys.executable, "-m", "tuimon.supervisor", str(self.directory.path.absolute())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaint,
            cwd=Path(tuimon.__file__).parent.parent,  # not where the user is: `-m` imports from there first
            start_new_session=True,
        )
        return process, complaint

    def _outcome(self, process: subprocess.Popen[bytes], complaint: IO[bytes]) -> str:
        status = process.poll()
        if status is None:
            return ""
        self._taking_over = None
        with complaint:
            complaint.seek(0)
            reason = complaint.read().decode(errors="replace").strip().rpartition("\n")[2]
        if status == 0:
            return "a new supervisor has taken over; nothing was lost that the script's agent could keep"
        return f"no new supervisor could take over: {reason or f'status {status}'}; trying again in {TRY_AGAIN:.0f} s"
