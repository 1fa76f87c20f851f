"""Why a process cannot be joined."""

from __future__ import annotations

from pathlib import Path

from tuimon.errors import TuimonError


class Refused(TuimonError):
    """Code cannot be run in the process; it was left as it was."""


class NotAllowed(Refused):
    """The kernel or the process itself does not let us in."""


def not_allowed(pid: int, root: Path = Path("/")) -> NotAllowed:
    """The most likely reason for the kernel's no, and how an administrator would grant it."""
    tracer = _line(root / f"proc/{pid}/status", "TracerPid:", "")
    if not tracer:
        return NotAllowed(f"process {pid} is not there or not yours", "join it as its user")
    if tracer != "0":
        return NotAllowed(f"process {pid} is held by a debugger (process {tracer})", "detach the debugger first")
    scope = _line(root / "proc/sys/kernel/yama/ptrace_scope", "", "0")
    if scope != "0":
        return NotAllowed(
            f"this machine lets nobody into running processes (kernel.yama.ptrace_scope is {scope})", GRANTED[scope]
        )
    return NotAllowed(f"this user may not look into process {pid}", "join it as root, or with CAP_SYS_PTRACE")


GRANTED = {
    "1": "an administrator allows it by `sysctl kernel.yama.ptrace_scope=0`, or gives you CAP_SYS_PTRACE",
    "2": "an administrator allows it by `sysctl kernel.yama.ptrace_scope=0`, or gives you CAP_SYS_PTRACE",
    "3": "an administrator has to set it lower at boot: it cannot be changed while the machine runs",
}
"""What lets a user in, by the value of Yama's switch."""


def _line(path: Path, start: str, unknown: str) -> str:
    """What follows `start` in the first line that begins so."""
    try:
        with path.open() as file:
            return next((line[len(start) :].strip() for line in file if line.startswith(start)), unknown)
    except OSError:
        return unknown
