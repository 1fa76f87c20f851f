"""What holds for whatever is read: no exception but the documented ones, bounded time and memory, and nothing outside
the given directory is written."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

SECONDS = 10.0
"""Of processor time for one input: some kilobytes take milliseconds, so only what hangs takes so long."""

MEMORY = 4 << 30
"""Bytes of address space of the whole process."""

_CHANGES = frozenset(
    {
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.mkdir",
        "os.link",
        "os.symlink",
        "os.truncate",
        "os.chmod",
        "os.chown",
        "os.utime",
        "os.setxattr",
        "shutil.rmtree",
        "shutil.move",
        "shutil.copyfile",
    }
)
_PROCESSES = frozenset(
    {"subprocess.Popen", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "os.system", "os.kill", "pty.spawn"}
)

_allowed: list[str] = []
"""The directory that may be written, while an input is tried."""


class Broken(AssertionError):
    """One of these promises was not kept."""


class TooSlow(BaseException):
    """No reader can take it for a damaged input and go on."""


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if not _allowed:
        return
    if event == "open":
        path, mode, flags = args
        if isinstance(path, int) or not (flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)):
            return
        _inside(path, f"open {mode or ''}")
    elif event in _CHANGES:
        for path in args[: 2 if event in ("os.rename", "os.link") else 1]:
            if not isinstance(path, int):
                _inside(path, event)
    elif event in _PROCESSES:
        raise Broken(f"{event} {args!r}")


def _inside(path: Any, what: str) -> None:
    whole = os.path.realpath(os.fsdecode(path))
    if whole != "/dev/null" and not f"{whole}/".startswith(f"{_allowed[0]}/"):
        raise Broken(f"{what} of {whole}")


_hooked = False


@contextlib.contextmanager
def bounds(directory: Path) -> Iterator[None]:
    """Raise `Broken` or `TooSlow` where what is done inside writes elsewhere, starts a process or takes too long.

    Names without a directory count as within it: those are opened by the descriptor of a directory, which an audit hook
    is not told.
    """
    global _hooked
    if not _hooked:
        sys.addaudithook(_audit)
        _hooked = True
    before = signal.signal(signal.SIGVTALRM, _late)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    there = os.getcwd()
    os.chdir(directory)
    _allowed[:] = [os.path.realpath(directory)]
    try:
        yield
    finally:
        _allowed.clear()
        os.chdir(there)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _late(number: int, frame: object) -> None:
    raise TooSlow(f"more than {SECONDS:.0f} s of processor time")


def limit_memory() -> None:
    """Of this process, for good: what asks for more gets a MemoryError, which no reader expects."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def lines_executed(work: Callable[[], object], most: int) -> int:
    """Lines of Python that the call executes; gives up beyond `most`."""
    count = 0

    def trace(frame: object, event: str, arg: object) -> Any:
        nonlocal count
        count += 1
        if count > most:
            raise TooSlow(f"more than {most} lines")
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count
