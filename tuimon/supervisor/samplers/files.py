"""Reading the small files that the kernel makes up on the spot."""

from __future__ import annotations

import os
import resource
from pathlib import Path

ENOUGH = 4096
"""Bytes; a process's `stat` and `io` have a tenth of it and come in one piece."""

MOST = 256
"""Files that are held; no more than a quarter of those that may be open."""


class Held:
    """Files of processes, kept open between two looks: opening one costs more than reading it.

    Beyond that they are opened for each look. A process that has ended reads as None, whoever has its id by then.
    """

    def __init__(self) -> None:
        self._files: dict[tuple[int, str], int] = {}

    def read(self, pid: int, name: str) -> str | None:
        file = self._files.get((pid, name))
        try:
            if file is None:
                if len(self._files) >= min(MOST, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 4):
                    return read(f"/proc/{pid}/{name}")
                file = self._files[pid, name] = os.open(f"/proc/{pid}/{name}", os.O_RDONLY | os.O_CLOEXEC)
            return os.pread(file, ENOUGH, 0).decode(errors="replace")
        except OSError:
            return None

    def drop(self, pid: int) -> None:
        for key in [key for key in self._files if key[0] == pid]:
            os.close(self._files.pop(key))

    def close(self) -> None:
        while self._files:
            os.close(self._files.popitem()[1])


def read(path: str | Path) -> str | None:
    """Without the layers of `open`, which cost more than the kernel does. None where it cannot be read."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        parts = []
        while part := os.read(file, 1 << 16):
            parts.append(part)
    except OSError:
        return None
    finally:
        os.close(file)
    return b"".join(parts).decode(errors="replace")
