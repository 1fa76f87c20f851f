"""What this process was started with that its own work cannot bear, and that the script is to have all the same.

A shell can start a program with standard streams closed, a parent with SIGCHLD ignored: files and sockets would get the
numbers of the streams, and the kernel would keep no status of a child. `put_right` mends this for this process;
`hand_on` undoes it in a new one that is to become the script.
"""

from __future__ import annotations

import os
import signal
import sys

_ignores_children = False

umask = -1
"""The script's, once this process has its own; -1 where that is the same."""


def put_right() -> None:
    """Once, before anything else is opened or started."""
    global _ignores_children
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
    if sys.stdout is None or sys.stderr is None:
        sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115  # for as long as this process lives
        sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115
    if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
        _ignores_children = True
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def be_private() -> None:
    """What this process makes from now on is the user's alone, and his to read and write, whatever his umask is."""
    global umask
    umask = os.umask(0o077)


def hand_on() -> None:
    """In a forked child, just before it becomes the script. Its streams are the run's own files by then."""
    if _ignores_children:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)


def needed() -> bool:
    """Whether `hand_on` has anything to do."""
    return _ignores_children
