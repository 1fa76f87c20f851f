"""The script's process: started by this supervisor, or adopted from one that died; how it ended, and its signals."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import signal
import struct
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tuimon import inherited, ownership
from tuimon.runs import RunDirectory, process_started

PR_SET_PTRACER = 0x59616D61
PR_SET_PTRACER_ANY = -1

TO_ALL = {signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGKILL}
"""Sent to the whole process group where it is the script's own, as a terminal does; a signal with a meaning of its own
goes to the script alone."""


@dataclass(frozen=True)
class End:
    """How a process ended; nothing is set when nobody could learn it."""

    exit_code: int | None = None
    signal: int | None = None
    core_dumped: bool = False

    @classmethod
    def of(cls, status: int) -> End:
        """Of a wait status."""
        if os.WIFSIGNALED(status):
            return cls(signal=os.WTERMSIG(status), core_dumped=os.WCOREDUMP(status))
        return cls(exit_code=os.WEXITSTATUS(status))


class Child:
    """A running script. `pidfd` becomes readable when it ends; None where the kernel has none."""

    def __init__(self, pid: int, own: bool) -> None:
        self.pid = pid
        self.own = own
        self.started = process_started(pid)
        self.pidfd: int | None = None
        with contextlib.suppress(OSError):
            self.pidfd = os.pidfd_open(pid)

    def poll(self) -> End | None:
        """How it ended; None while it runs."""
        if self.own:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:  # somebody else has waited for it
                return self._end_of_adopted()
            return End.of(status) if pid else None
        if process_started(self.pid) == self.started:
            return None
        return self._end_of_adopted()

    def _end_of_adopted(self) -> End:
        deadline = time.monotonic() + 2.0
        while time.monotonic() < deadline:
            status = zombie_status(self.pid)
            if status is None and self.pidfd is not None:
                status = reaped_status(self.pidfd)
            if status is not None:
                return End.of(status)
            if self.pidfd is None:
                break
            time.sleep(0.02)
        return End()

    def send(self, number: int) -> None:
        """Raises OSError when it cannot be sent."""
        if number in TO_ALL and os.getpgid(self.pid) == self.pid:
            os.killpg(self.pid, number)
        else:
            os.kill(self.pid, number)


def start(command: Sequence[str], environment: Mapping[str, str], directory: RunDirectory) -> Child:
    """Start the script in a session of its own. Its output goes straight to files, so that it needs nobody.

    Raises OSError when the command cannot be started.
    """
    with contextlib.ExitStack() as files:
        out, err = (files.enter_context(_append(path)) for path in (directory.stdout, directory.stderr))
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=environment,
            start_new_session=True,
            close_fds=False,  # what the shell hands on (`<(…)`) reaches the script, as without us
            preexec_fn=_before_exec(),
            umask=inherited.umask,
        )
    process.returncode = 0  # waited for by `poll`, which learns more than Popen tells
    return Child(process.pid, own=True)


@contextlib.contextmanager
def _append(path: Path) -> Iterator[int]:
    fd = ownership.open_own(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        yield fd
    finally:
        os.close(fd)


def _before_exec() -> Callable[[], None] | None:
    """What is done in the new process; None where there is nothing to do, which starts it faster."""
    debuggable = _debuggable()
    if not inherited.needed():
        return debuggable

    def prepare() -> None:
        inherited.hand_on()
        if debuggable is not None:
            debuggable()

    return prepare


def _debuggable() -> Callable[[], None] | None:
    """Lets the same user look into the process later, where the kernel's Yama forbids it by default."""
    if not Path("/proc/sys/kernel/yama/ptrace_scope").exists():
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PTRACER, ctypes.c_ulong(PR_SET_PTRACER_ANY), 0, 0, 0)


def zombie_status(pid: int) -> int | None:
    """The wait status of a process that has ended and whose parent has not asked yet."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    return int(fields[49]) if fields[0] == b"Z" else None


PIDFD_INFO_EXIT = 1 << 3
INFO_SIZES = (80, 72, 64)
"""Of the kernel's `struct pidfd_info`, newest first."""


def reaped_status(pidfd: int) -> int | None:
    """The wait status of a process that has ended and has been reaped, from Linux 6.15 on."""
    for size in INFO_SIZES:
        info = bytearray(size)
        struct.pack_into("Q", info, 0, PIDFD_INFO_EXIT)
        try:
            fcntl.ioctl(pidfd, (3 << 30) | (size << 16) | (0xFF << 8) | 11, info)
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOTTY):
                continue
            return None
        if struct.unpack_from("Q", info, 0)[0] & PIDFD_INFO_EXIT:
            return int(struct.unpack_from("i", info, 60)[0])
        return None
    return None
