"""Pieces of a run's files, read without waiting and without being led elsewhere."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from tuimon import ownership

SEEN = 1 << 16
"""Bytes at the end of what the receiver has that must be the same there."""


def read(path: Path, offset: int, most: int) -> bytes:
    """Empty where nothing is, or what is there is no file of the run's."""
    try:
        with open(ownership.open_to_read(path), "rb") as file:
            return os.pread(file.fileno(), most, offset)
    except (OSError, OverflowError):
        return b""


def digest(path: Path, size: int) -> str:
    """Of the last `SEEN` bytes before `size`; empty when the file is shorter than that or cannot be read."""
    wanted = min(size, SEEN)
    seen = read(path, size - wanted, wanted) if size >= 0 else b""
    return hashlib.sha256(seen).hexdigest() if size >= 0 and len(seen) == wanted else ""
