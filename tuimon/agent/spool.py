"""The file that keeps an agent's events while no supervisor listens.

Each write locks the file and checks that the path still leads to it: a supervisor that takes the spool over locks,
reads and removes it, so that no event is read twice or lost in between. Another user's file or directory is not
written to.
"""

from __future__ import annotations

import fcntl
import os

from tuimon import ownership

LIMIT = 64 * 1024 * 1024
"""Bytes that a spool may hold."""


class Spool:
    def __init__(self, path: str) -> None:
        self.path = path

    def append(self, lines: bytes) -> bool:
        """Add whole lines. False when the spool is full or cannot be written: nothing of them is kept then."""
        try:
            descriptor = self._open_and_lock()
        except OSError:
            return False
        try:
            size = os.fstat(descriptor).st_size
            return size + len(lines) <= min(LIMIT, _longest_file()) and self._write(descriptor, lines, size)
        finally:
            os.close(descriptor)

    def _open_and_lock(self) -> int:
        while True:
            descriptor = ownership.open_own(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if os.fstat(descriptor).st_nlink:
                    return descriptor
            except OSError:  # a file system without locks
                os.close(descriptor)
                raise
            os.close(descriptor)  # taken over while we waited for the lock

    def _write(self, descriptor: int, lines: bytes, size: int) -> bool:
        try:
            rest = memoryview(lines)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except OSError:
            try:
                os.ftruncate(descriptor, size)
            except OSError:
                pass  # a torn line, which is counted
            return False
        return True


def _longest_file() -> int:
    """Bytes that a file of this process may have: one more, and the kernel may kill it (SIGXFSZ)."""
    try:
        import resource

        longest = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    except (ImportError, OSError, ValueError):
        return LIMIT
    return LIMIT if longest == resource.RLIM_INFINITY else longest
