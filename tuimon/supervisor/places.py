"""Where the run's socket may be: in a directory that nobody but this user can change, and with a short path."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from tuimon import ownership

Place = Callable[[], Path]
"""Makes the directory where it is missing, and gives a socket's path in it. Raises OSError where there can be none."""


def places(run: Path) -> list[Place]:
    """Where the socket of the run in this directory may be, best first."""
    uid, name = os.geteuid(), f"{run.name}.sock"
    runtime, temporary = os.environ.get("XDG_RUNTIME_DIR", ""), os.environ.get("TMPDIR", "")
    folders = [
        *([Path(runtime) / "tuimon"] if os.path.isabs(runtime) else []),
        Path(f"/run/user/{uid}/tuimon"),
        *([Path(temporary) / f"tuimon-{uid}"] if os.path.isabs(temporary) else []),
        Path(f"/tmp/tuimon-{uid}"),
        Path(f"/var/tmp/tuimon-{uid}"),
    ]
    return [
        *(functools.partial(_in_folder, folder, name) for folder in folders),
        lambda: run / IN_RUN,
        functools.partial(_in_fresh_folder, name),
    ]


IN_RUN = "socket"
"""The socket's name in the run's own directory: where others have taken all the usual places."""


def _in_folder(folder: Path, name: str) -> Path:
    private_directory(folder)
    return folder / name


def _in_fresh_folder(name: str) -> Path:
    return Path(tempfile.mkdtemp(prefix=_fresh_prefix())) / name


def _fresh_prefix() -> str:
    return f"tuimon-{os.geteuid()}-"


def remove_fresh_folder(path: Path | None) -> None:
    """Remove the directory of a socket that is gone, where it was made for this socket alone."""
    if path is not None and path.parent.name.startswith(_fresh_prefix()):
        with contextlib.suppress(OSError):
            path.parent.rmdir()


def private_directory(path: Path) -> None:
    """Make it where it is missing. Raises OSError when it cannot be, or is not this user's alone."""
    ownership.check_parents(path)
    path.mkdir(mode=0o700, exist_ok=True)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise PermissionError(errno.EPERM, "it is not a private directory of this user", str(path))
