"""When checkpoints are made, and by whom: a process of its own, so that nobody who watches a run waits for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import tuimon

EVERY = 1 << 24
"""Bytes of a journal between two checkpoints: folded in less than half a second."""

WORTH = 1 << 22
"""Bytes of a journal from which one is worth it at the end of a run."""


COMMAND = [sys.executable, "-m", "tuimon.checkpoints.making"]

ROOT = Path(tuimon.__file__).parent.parent
"""Where tuimon itself is imported from."""


def start(journal_path: Path) -> subprocess.Popen[bytes]:
    """Raises OSError."""
    return subprocess.Popen(
        [*COMMAND, os.path.abspath(journal_path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Not where the user is, which may be a directory that somebody sent: `-m` imports from there first, and so does
        # an empty entry of PYTHONPATH.
        cwd=ROOT,
        start_new_session=True,
    )


class Growth:
    """Watches a journal grow."""

    def __init__(self, journal_path: Path) -> None:
        self._path = journal_path
        self._size = self._now()
        self._making: subprocess.Popen[bytes] | None = None

    def look(self, over: bool = False) -> None:
        """Have checkpoints made when there is enough to keep, `over` at the end of the run. Raises OSError."""
        if self._making is not None and self._making.poll() is None:
            return
        self._making = None
        size = self._now()
        if size - self._size >= EVERY or (over and size >= WORTH):
            self._size = size
            self._making = start(self._path)

    def _now(self) -> int:
        try:
            return self._path.stat().st_size
        except OSError:
            return 0
