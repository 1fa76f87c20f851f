"""Who owns a file, a directory, or the other end of a socket: asked before any of them is written to or believed.

Directories are opened once, and everything in them through that descriptor: nobody can put a link in its place between
a check and what follows. Standard library only, Python 3.9: the agent asks, too.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
import struct
from typing import Optional, Tuple, Union

PathLike = Union[str, "os.PathLike[str]"]

WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
RIGHTS_OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO
RIGHTS_OF_OWNER = stat.S_IRUSR | stat.S_IWUSR


# --- opening


def open_directory(path: PathLike, within: Optional[int] = None, denied: int = 0) -> int:
    """A descriptor of a directory of the effective user's; not of a link to one.

    `path` is below the open directory `within`, if that is given. Raises PermissionError when the directory is somebody
    else's, or others have one of the rights `denied`; other OSErrors when it cannot be opened.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=within)
    return _checked(descriptor, path, denied)


def open_own(path: PathLike, flags: int, mode: int = 0o600) -> int:
    """Open a file to write to. It and its directory are the effective user's, and it is neither a link nor anything
    but a regular file: what somebody else has put there is left as it is.

    `flags` are those of `os.open`. Raises OSError.
    """
    path = os.fspath(path)
    directory = open_directory(os.path.dirname(path) or os.curdir)
    try:
        return _open_in(directory, path, flags, mode)
    finally:
        os.close(directory)


def _open_in(directory: int, path: str, flags: int, mode: int) -> int:
    safe = (flags & ~os.O_TRUNC) | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = _checked_file(os.open(os.path.basename(path), safe, mode, dir_fd=directory), path)
    try:
        status = os.fstat(descriptor)
        if flags & os.O_CREAT and status.st_mode & RIGHTS_OF_OWNER != RIGHTS_OF_OWNER:
            os.fchmod(descriptor, mode)  # the umask has taken the owner's own rights from it
        if status.st_nlink > 1 and os.fstat(directory).st_mode & WRITABLE_BY_OTHERS:
            raise PermissionError(errno.EPERM, "it has another name elsewhere, which others may have given it", path)
        if flags & os.O_TRUNC:
            os.ftruncate(descriptor, 0)
        os.set_blocking(descriptor, True)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def open_private(name: str, directory: int, denied: int = WRITABLE_BY_OTHERS) -> int:
    """Open a regular file of the effective user's in an open directory, to read it; not a link to one.

    Raises PermissionError when others have one of the rights `denied`; other OSErrors.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return _checked_file(os.open(name, flags, dir_fd=directory), name, denied)


def open_to_read(path: PathLike) -> int:
    """Open a regular file of a run's directory to read it; a FIFO or a device is refused at once.

    A link is followed only where nobody but the effective user can have put it there: a run that was joined has links
    to the script's own output. Raises OSError.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    if not stat.S_ISREG(os.stat(path).st_mode):  # to open a device does something, and who writes to a FIFO notices
        raise _not_a_file(path)
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket
            raise _not_a_file(path) from None
        if error.errno != errno.ELOOP or not _is_own_link(path):
            raise
        descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _not_a_file(path)
    return descriptor


def _is_own_link(path: PathLike) -> bool:
    directory = os.stat(os.path.dirname(path) or os.curdir)
    return directory.st_uid == os.geteuid() and not directory.st_mode & WRITABLE_BY_OTHERS and is_own(path)


def _checked_file(descriptor: int, path: PathLike, denied: int = 0) -> int:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _not_a_file(path)
    return _checked(descriptor, path, denied)


def _checked(descriptor: int, path: PathLike, denied: int) -> int:
    status = os.fstat(descriptor)
    try:
        _refuse_others(status, path)
        if status.st_mode & denied:
            raise PermissionError(errno.EPERM, "others have rights to it", os.fspath(path))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


# --- whole files


def read_start(path: PathLike, limit: int) -> bytes:
    """The first `limit` bytes of a file, opened as by `open_to_read`. Raises OSError."""
    with open(open_to_read(path), "rb") as file:
        return file.read(limit)


def read_end(path: PathLike, limit: int) -> bytes:
    """The last `limit` bytes of a file, opened as by `open_to_read`. Raises OSError."""
    with open(open_to_read(path), "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - limit))
        return file.read(limit)


def create(name: str, directory: int, data: bytes) -> None:
    """Write a file that is not there yet, private to the effective user, in an open directory.

    Nothing is left of it when that fails. Raises OSError.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, 0o600, dir_fd=directory)
    try:
        with open(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)  # a umask may take even the owner's rights
            file.write(data)
    except BaseException:
        os.unlink(name, dir_fd=directory)
        raise


def replace(path: PathLike, data: bytes) -> None:
    """Replace a file in a directory of the effective user's at once: a reader sees the old or the new one.

    Raises OSError.
    """
    directory = open_directory(os.path.dirname(path) or os.curdir)
    try:
        replace_in(directory, os.path.basename(path), data)
    finally:
        os.close(directory)


def replace_in(directory: int, name: str, data: bytes) -> None:
    """The same in an open directory."""
    fresh = "%s.%d.new" % (name, os.getpid())
    with contextlib.suppress(FileNotFoundError):
        os.unlink(fresh, dir_fd=directory)  # of a process of this number that was killed here
    create(fresh, directory, data)
    try:
        os.rename(fresh, name, src_dir_fd=directory, dst_dir_fd=directory)
    except OSError:
        os.unlink(fresh, dir_fd=directory)
        raise


# --- owners


def is_own(path: PathLike) -> bool:
    """The file, directory or link itself is there, and is the effective user's."""
    try:
        return os.lstat(path).st_uid == os.geteuid()
    except OSError:
        return False


def _refuse_others(status: os.stat_result, path: PathLike) -> None:
    if status.st_uid != os.geteuid():
        raise PermissionError(errno.EPERM, f"it belongs to user {user_name(status.st_uid)}", os.fspath(path))


def _not_a_file(path: PathLike) -> OSError:
    return OSError(errno.EINVAL, "it is not a regular file", os.fspath(path))


def user_name(uid: int) -> str:
    """As the system names the user, else the number."""
    import pwd  # where it is needed at last: what asks a name service may take its time

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


# --- directories for sockets


def secure_directory(path: PathLike) -> str:
    """The directory's path without links, where nobody but the effective user and root can put anything else in its
    place, or in the place of what is in it.

    Raises PermissionError that says which directory above it, or it itself, is not safe; other OSErrors.
    """
    resolved = os.path.realpath(path)
    status = os.lstat(resolved)
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), resolved)
    _refuse_others(status, resolved)
    if status.st_mode & WRITABLE_BY_OTHERS:
        raise PermissionError(errno.EPERM, "others may write in it", resolved)
    check_parents(resolved)
    return resolved


def check_parents(path: PathLike) -> None:
    """Raises PermissionError where somebody else could put another file in the place of this one, which need not be
    there."""
    parent = os.path.realpath(path)
    while parent != os.path.dirname(parent):
        parent = os.path.dirname(parent)
        _check_parent(parent)


def temporary_directory() -> str:
    """Where nobody else can put another file in the place of a temporary one: `$TMPDIR` may be anybody's after `su` or
    `sudo -E`. Raises PermissionError."""
    import tempfile

    found = [os.path.realpath(each) for each in (tempfile.gettempdir(), "/tmp", "/var/tmp")]
    for place in found:
        try:
            check_parents(os.path.join(place, "file"))
        except OSError:
            continue
        if os.access(place, os.W_OK | os.X_OK):
            return place
    raise PermissionError(errno.EPERM, "others can replace what is in it", found[0])


def _check_parent(path: str) -> None:
    status = os.lstat(path)
    if status.st_uid not in (os.geteuid(), 0) and not _is_unmapped_root(status.st_uid):
        raise PermissionError(errno.EPERM, f"it belongs to user {user_name(status.st_uid)}", path)
    if status.st_mode & WRITABLE_BY_OTHERS and not status.st_mode & stat.S_ISVTX:
        raise PermissionError(errno.EPERM, "others may write in it, and it has no sticky bit", path)


def _is_unmapped_root(uid: int) -> bool:
    """In a user namespace that maps few users, as of a rootless container, root is seen as the overflow user."""
    try:
        with open("/proc/sys/kernel/overflowuid", encoding="ascii") as file:
            overflow = int(file.read())
        with open("/proc/self/uid_map", encoding="ascii") as file:
            mapped = sum(int(line.split()[2]) for line in file)
    except (OSError, ValueError, IndexError):
        return False
    return uid == overflow and mapped <= overflow


# --- sockets


def peer(connected: socket.socket) -> Tuple[int, int, int]:
    """Process, user and group at the other end of a Unix socket, as the kernel knows them."""
    size = struct.calcsize("3i")
    pid, uid, gid = struct.unpack("3i", connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return pid, uid, gid


def connect(path: PathLike, timeout: float) -> socket.socket:
    """Connect to a socket of the effective user's that a process of the same user listens at.

    Raises PermissionError that says what is not safe about it, other OSErrors when nobody answers.
    """
    path = os.fspath(path)
    directory = os.open(secure_directory(os.path.dirname(path)), os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        link.settimeout(timeout)
        link.connect(through(directory, path))
        uid = peer(link)[1]
        if uid != os.geteuid():
            raise PermissionError(errno.EPERM, f"a process of user {user_name(uid)} listens there", path)
    except BaseException:
        link.close()
        raise
    finally:
        os.close(directory)
    return link


def through(directory: int, path: str) -> str:
    """The path's last part by the descriptor of its directory. It is short enough for a socket, too."""
    name = os.path.basename(path)
    return f"/proc/self/fd/{directory}/{name}" if os.path.exists(f"/proc/self/fd/{directory}") else path
