"""A process and its descendants, by the kernel's own list of children."""

from __future__ import annotations

import os

from tuimon.supervisor.samplers.files import read


class Family:
    """Kept from one look to the next: nobody joins it while the kernel gives out no new process id.

    A walk over 64 processes costs as much as reading what they use. A descendant whose parent has ended stays counted
    until the next walk; who has ended himself is for the reader to notice.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._newest: str | None = None
        self._pids: list[int] = []

    def pids(self) -> list[int]:
        newest = _newest()
        if newest is None or newest != self._newest:
            self._newest, self._pids = newest, _walk(self.pid)
        return self._pids


def _newest() -> str | None:
    """The id last given out in this pid namespace, to a thread or a process; None where the kernel does not tell."""
    last = (read("/proc/loadavg") or "").split()[4:5]
    return last[0] if last and last[0] != "0" else None


def _walk(pid: int) -> list[int]:
    found, ahead = [], [pid]
    while ahead:
        each = ahead.pop()
        found.append(each)
        try:
            threads = os.listdir(f"/proc/{each}/task")
        except OSError:
            continue
        for thread in threads:
            ahead += [int(child) for child in (read(f"/proc/{each}/task/{thread}/children") or "").split()]
    return found
