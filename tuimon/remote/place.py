"""Where mirrors lie: in the temporary directory, for as long as somebody watches."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tuimon import ownership
from tuimon.errors import TuimonError

PREFIX = "tuimon-mirror-"

LOCK = "lock"
"""Held by whoever watches: a place whose lock nobody holds was left by one that was killed."""

RUNS = "runs"


@contextlib.contextmanager
def place() -> Iterator[Path]:
    """A private directory that lasts as long as the block. Those that killed ones left are removed before.

    It lies beside the lock, not around it: its files have names that another machine chose. Raises TuimonError.
    """
    try:
        temporary = ownership.temporary_directory()
        _tidy_up(temporary)
        where = Path(tempfile.mkdtemp(prefix=PREFIX, dir=temporary))
        held = _locked(where)
        (where / RUNS).mkdir(mode=0o700)
    except OSError as error:
        reason = error.strerror or str(error)
        raise TuimonError(f"cannot keep a run in {tempfile.gettempdir()}: {reason}", "set TMPDIR") from None
    try:
        yield where / RUNS
    finally:
        shutil.rmtree(where, ignore_errors=True)
        os.close(held)


def _locked(where: Path) -> int:
    """The lock gets its name once it is held, so that nobody finds it free."""
    fresh = where / "lock.new"
    held = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(held, fcntl.LOCK_EX)
    fresh.rename(where / LOCK)
    return held


def _tidy_up(temporary: str) -> None:
    for where in Path(temporary).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # it is another user's, in use, or being made
            found = where.lstat()
            if found.st_uid != os.geteuid() or not stat.S_ISDIR(found.st_mode):
                continue
            lock = os.open(where / LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(where, ignore_errors=True)
            finally:
                os.close(lock)
