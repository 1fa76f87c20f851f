"""What the user can mend: one line that says what happened and what to try, and an exit status."""

from __future__ import annotations

import errno


class TuimonError(Exception):
    """A failure that is the situation's, not a bug. Shown as one line, never as a traceback."""

    status = 1

    def __init__(self, what: str, try_next: str = "", *, status: int | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.try_next = try_next
        if status is not None:
            self.status = status

    def __str__(self) -> str:
        return f"{self.what}; {self.try_next}" if self.try_next else self.what


class UsageError(TuimonError):
    """The command line asks for something that cannot be."""

    status = 2


_LIMITS = {
    errno.EMFILE: "too few files may be open: see `ulimit -n`",
    errno.ENFILE: "the machine has too many open files",
    errno.EAGAIN: "too few processes may run: see `ulimit -u`, or the limit of the container",
    errno.ENOMEM: "there is too little memory: see `ulimit -v`, or the limit of the container",
    errno.EFBIG: "files may not grow that long: see `ulimit -f`",
    errno.ENOSPC: "make room on the disk",
    errno.EROFS: "it is on a file system that cannot be written",
}


def advice(error: OSError, otherwise: str = "") -> str:
    """What to try after this failure, where a limit of the system explains it."""
    return _LIMITS.get(error.errno or 0, otherwise)
