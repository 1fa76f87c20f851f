"""Pieces of a run's files, read without waiting and without being led elsewhere."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

SEEN = 1 << 16
"""Bytes at the end of what the receiver has that must be the same there."""


def read(path: Path, offset: int, most: int) -> bytes:
    """Empty where nothing is, or what is there is no file of the run's."""
    try:
        with _opened(path) as file:
            return os.pread(file, most, offset)
    except (OSError, OverflowError):
        return b""


def digest(path: Path, size: int) -> str:
    """Of the last `SEEN` bytes before `size`; empty when the file is shorter than that or cannot be read."""
    wanted = min(size, SEEN)
    seen = read(path, size - wanted, wanted) if size >= 0 else b""
    return hashlib.sha256(seen).hexdigest() if size >= 0 and len(seen) == wanted else ""


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    """Regular files only. A link is followed where tuimon made it: a run that was joined has links to its own output.

    Raises OSError.
    """
    follow = 0 if _is_ours(path) else os.O_NOFOLLOW
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC | follow)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(f"{path} is no regular file")
        yield file
    finally:
        os.close(file)


def _is_ours(path: Path) -> bool:
    """The file, or link, and the directory that it is in belong to this user, and nobody else writes there."""
    entry, directory = path.lstat(), path.parent.stat()
    mine = entry.st_uid == directory.st_uid == os.geteuid()
    return mine and not directory.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
