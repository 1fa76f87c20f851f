"""Holding one thread of another process for about a millisecond, to make it call a function or two."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import signal
import struct
import time
from collections.abc import Sequence
from types import TracebackType

from tuimon.joining import memory
from tuimon.joining.memory import Span, libc
from tuimon.joining.refusal import Refused, not_allowed
from tuimon.joining.registers import Registers, copied, kind

SEIZE, INTERRUPT, CONTINUE, DETACH = 0x4206, 0x4207, 7, 17
GET_REGISTERS, SET_REGISTERS = 0x4204, 0x4205
GENERAL = 1  # NT_PRSTATUS
STOPPED_BY_US = 128  # PTRACE_EVENT_STOP
ANY_THREAD = 0x40000000  # __WALL

PATIENCE = 5.0
"""Seconds until a thread that does not stop, or a call that does not return, is given up."""

libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def _ptrace(request: int, thread: int, address: int = 0, data: int = 0) -> None:
    ctypes.set_errno(0)
    if libc.ptrace(request, thread, address, data) == -1 and ctypes.get_errno():
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


class Held:
    """The thread is stopped within the `with` block, and goes on afterwards exactly where it was.

    Signals that arrive meanwhile are delivered when it is let go.
    """

    def __init__(self, pid: int, thread: int) -> None:
        self.pid = pid
        self.thread = thread
        self.held = 0.0  # seconds, once it is over
        self._signals: list[int] = []

    def __enter__(self) -> Held:
        try:
            _ptrace(SEIZE, self.thread)
        except OSError as error:
            if error.errno == errno.EPERM:
                raise not_allowed(self.pid) from None
            raise Refused(f"cannot hold process {self.pid}: {error.strerror}") from None
        self._since = time.perf_counter()
        _ptrace(INTERRUPT, self.thread)
        self._wait_until_stopped()
        self._saved = self._registers()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._restore()
        finally:
            with contextlib.suppress(OSError):  # the process may have ended
                _ptrace(DETACH, self.thread, 0, self._signals.pop(0) if self._signals else 0)
            for number in self._signals:
                os.kill(self.pid, number)
            self.held = time.perf_counter() - self._since

    def call(self, function: int, *arguments: int) -> int:
        """What the function at this address returns."""
        return self._run(function, arguments, None)

    def system_call(self, instruction: int, number: int, *arguments: int) -> int:
        return self._run(instruction, arguments, number)

    def interrupt(self) -> bool:
        """When let go, a wait of the thread in a system call ends with EINTR. False when it is in none."""
        return self._saved.interrupt()

    def _run(self, target: int, arguments: Sequence[int], number: int | None) -> int:
        registers = copied(self._saved)
        stack = registers.stack - 8
        memory.write(self.pid, stack, struct.pack("<Q", 0))  # it returns to address 0, which stops it
        registers.prepare(target, arguments, stack, number)
        self._set(registers)
        _ptrace(CONTINUE, self.thread)
        deadline = time.monotonic() + PATIENCE
        while True:
            status = self._wait(deadline)
            stopped, now = os.WSTOPSIG(status), self._registers()
            if stopped == signal.SIGSEGV and now.pc == 0:
                return now.result
            if stopped == signal.SIGSEGV:
                raise Refused(f"the call into process {self.pid} failed at {now.pc:#x}")
            if status >> 16 != STOPPED_BY_US:
                self._signals.append(stopped)
            _ptrace(CONTINUE, self.thread)

    def _wait_until_stopped(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while (status := self._wait(deadline)) >> 16 != STOPPED_BY_US:
            _ptrace(CONTINUE, self.thread, 0, os.WSTOPSIG(status))  # a signal that was under way

    def _wait(self, deadline: float) -> int:
        while True:
            thread, status = os.waitpid(self.thread, os.WNOHANG | ANY_THREAD)
            if thread:
                if os.WIFEXITED(status) or os.WIFSIGNALED(status):
                    raise Refused(f"process {self.pid} has just ended")
                return status
            if time.monotonic() > deadline:
                raise Refused(f"process {self.pid} does not answer within {PATIENCE:.0f} s")
            time.sleep(0.0002)

    def _restore(self) -> None:
        try:
            self._set(self._saved)
        except OSError:
            # It still runs in a call that was given up: stop it again, then put it back.
            try:
                _ptrace(INTERRUPT, self.thread)
                self._wait_until_stopped()
                self._set(self._saved)
            except (OSError, Refused):
                return

    def _registers(self) -> Registers:
        registers = kind()()
        span = Span(ctypes.addressof(registers), ctypes.sizeof(registers))
        _ptrace(GET_REGISTERS, self.thread, GENERAL, ctypes.addressof(span))
        return registers

    def _set(self, registers: ctypes.Structure) -> None:
        span = Span(ctypes.addressof(registers), ctypes.sizeof(registers))
        _ptrace(SET_REGISTERS, self.thread, GENERAL, ctypes.addressof(span))
