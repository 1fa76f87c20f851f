"""Files and folders that are believed only where they are what they seem, and nobody but this user can have made them.

Everything is opened relative to a folder that is open already, without following links and without waiting for a pipe;
what was opened is then asked, not its name. All raise OSError.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import ExitStack
from pathlib import Path

OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def open_folder(path: str | Path, within: int | None = None, denied: int = OTHERS_WRITE) -> int:
    """A folder of this user, of which others do not have the rights `denied`. Only the folders above may be links."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | (os.O_NOFOLLOW if within is not None else 0)
    return _checked(os.open(path, flags, dir_fd=within), path, stat.S_IFDIR, denied)


def open_file(name: str, within: int, denied: int = OTHERS_WRITE) -> int:
    """The same of a file, to be read."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return _checked(os.open(name, flags, dir_fd=within), name, stat.S_IFREG, denied)


def _checked(fd: int, path: str | Path, kind: int, denied: int) -> int:
    found = os.fstat(fd)
    if stat.S_IFMT(found.st_mode) == kind and found.st_uid == os.geteuid() and not found.st_mode & denied:
        return fd
    os.close(fd)
    raise PermissionError(errno.EACCES, "not this user's alone", str(path))


def read(name: str, within: int, most: int) -> bytes:
    """What is in such a file, of `most` bytes at most."""
    with open(open_file(name, within), "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), name)
    return data


def create(name: str, within: int, data: bytes) -> None:
    """Write a file that is not there yet, private to this user; nothing of it is left where that fails."""
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=within)
    with ExitStack() as unfinished:
        unfinished.callback(os.unlink, name, dir_fd=within)
        with open(fd, "wb") as file:
            file.write(data)
        unfinished.pop_all()
