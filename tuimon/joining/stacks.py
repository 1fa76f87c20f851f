"""Where a process's threads are in their stacks, seen from outside without stopping any: /proc/PID/task/*/syscall.

The kernel tells the stack pointer of a thread that waits to whoever may trace it. How deep a thread is below a function
that called everything else tells what it waits for, where the depths are known.
"""

from __future__ import annotations

import contextlib
import os
import struct
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from tuimon.joining import memory
from tuimon.joining.elf import Elf
from tuimon.joining.memory import Mapping
from tuimon.joining.refusal import Refused, not_allowed

TOP = 32768
"""Bytes at the top of a thread's stack that are searched for its outermost functions."""

SURE = 2
"""Looks outside of the function after which a thread is not looked at again: at the first it may have just begun."""

Span = tuple[int, int]


class Thread:
    """A thread whose stack holds a return address at `called_at`, into a function that it is to be seen below."""

    def __init__(self, pid: int, number: int, called_at: int) -> None:
        self.called_at = called_at
        self._status = Path(f"/proc/{pid}/task/{number}/status")
        self._fd = os.open(f"/proc/{pid}/task/{number}/syscall", os.O_RDONLY | os.O_CLOEXEC)

    def depth(self) -> int | None:
        """Bytes of stack below the function; None while the thread runs. Raises OSError when it has ended."""
        pointer = _pointer(os.pread(self._fd, 256, 0))
        return None if pointer is None else self.called_at - pointer

    def sleeps(self) -> int:
        """How often it has gone to sleep so far."""
        with contextlib.suppress(OSError):
            for line in self._status.read_text().splitlines():
                if line.startswith("voluntary_ctxt_switches:"):
                    return int(line.split()[1])
        return 0

    def close(self) -> None:
        os.close(self._fd)


def function(pid: int, libraries: Collection[str], name: str) -> Span | None:
    """Where a function lies in the process, if it has loaded one of these libraries. Raises Refused."""
    for place in memory.mappings(pid):
        if place.offset == 0 and any(library in os.path.basename(place.path) for library in libraries):
            with contextlib.suppress(OSError, Refused):
                elf = Elf(f"/proc/{pid}/root{place.file}")
                try:
                    found = elf.span(name)
                    moved = place.start - elf.first_address()
                finally:
                    elf.close()
                if found is not None:
                    return found[0] + moved, found[1] + moved
    return None


class Below:
    """The threads of a process that are in a call from a function, as far as they have been found."""

    def __init__(self, pid: int, span: Span) -> None:
        self.threads: dict[int, Thread] = {}
        self._pid = pid
        self._span = span
        self._others: Counter[int] = Counter()  # thread → how often it was seen outside of the function

    def search(self) -> None:
        """Look at the threads that are new. Raises NotAllowed without the right to trace the process."""
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            numbers = [int(name) for name in os.listdir(f"/proc/{self._pid}/task")]
            fresh = [each for each in numbers if each not in self.threads and self._others[each] < SURE]
            mapped = memory.mappings(self._pid) if fresh else []
            for number in fresh:
                self._examine(number, mapped)

    def drop(self, number: int) -> None:
        self.threads.pop(number).close()

    def close(self) -> None:
        for number in list(self.threads):
            self.drop(number)

    def _examine(self, number: int, mapped: list[Mapping]) -> None:
        pointer = _pointer(_read(self._pid, number))
        if pointer is None:
            return  # it runs: another time
        at = _return_address(self._pid, pointer, mapped, self._span)
        if at is None:
            self._others[number] += 1
        else:
            self.threads[number] = Thread(self._pid, number, at)


def _read(pid: int, number: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/task/{number}/syscall").read_bytes()
    except PermissionError:
        raise not_allowed(pid) from None


def _pointer(said: bytes) -> int | None:
    """The stack pointer is the last but one word; a thread that runs has none."""
    words = said.split()
    return int(words[-2], 16) if len(words) > 2 else None


def _return_address(pid: int, pointer: int, mapped: list[Mapping], span: Span) -> int | None:
    stack = next((each for each in mapped if each.start <= pointer < each.end), None)
    if stack is None:
        return None
    start = max(pointer & ~7, stack.end - TOP)
    try:
        words = struct.iter_unpack("<Q", memory.read(pid, start, (stack.end - start) & ~7))
    except Refused:
        return None  # it has just ended
    return next((start + 8 * index for index, (word,) in enumerate(words) if span[0] < word < span[1]), None)
