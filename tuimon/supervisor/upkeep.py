"""Restores files of a run that are removed while it goes on: its directory, lock, `run.json` and the supervisor's log.

`recorder` restores the journal, and `output` the script's output.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

from tuimon import ownership, vouching
from tuimon.runs import RunDirectory


class Upkeep:
    """`lock` is the descriptor of the run's lock, which is held."""

    def __init__(self, directory: RunDirectory, lock: int) -> None:
        self._directory = directory
        self._lock = lock
        self._summary = directory.read()
        self._unwritten: dict[str, Any] = {}

    def update(self, **changes: Any) -> None:
        """Change `run.json`; where it cannot be written now, at the next `look`."""
        self._unwritten.update(changes)
        with contextlib.suppress(OSError):
            self._write()

    def _write(self) -> None:
        if self._unwritten:
            summary = replace(self._directory.read(), **self._unwritten)
            if self._unwritten.keys() & set(vouching.FACTS):
                summary = vouching.signed(summary)
            self._directory.write(summary)
            self._summary, self._unwritten = summary, {}

    def look(self) -> None:
        """Restore what is missing. Raises OSError where that fails; the next call tries again."""
        if not os.path.lexists(self._directory.path):
            self._directory.path.mkdir(mode=0o700, parents=True)
        self._keep_lock()
        self._keep_summary()
        self._keep_log()

    def _keep_lock(self) -> None:
        if _leads_to(self._directory.lock, self._lock):
            return
        fresh = ownership.open_own(self._directory.lock, os.O_RDWR | os.O_CREAT)
        try:
            fcntl.lockf(fresh, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fresh)
            raise
        os.close(self._lock)
        self._lock = fresh

    def _keep_summary(self) -> None:
        """Clients change it, too, to rename a run. One without the script's process id is not the run's: restore it."""
        told = self._directory.read()
        if told.pid == self._summary.pid or self._summary.pid is None:
            self._summary = told
        else:
            self._directory.write(self._summary)
        self._write()

    def _keep_log(self) -> None:
        """Reopen this process's standard error where that was the removed file."""
        status = os.fstat(2)
        if status.st_nlink or not stat.S_ISREG(status.st_mode):
            return
        fresh = ownership.open_own(self._directory.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        for number in (1, 2):
            os.dup2(fresh, number)
        os.close(fresh)


def _leads_to(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.lstat(path), os.fstat(descriptor))
    except OSError:
        return False
