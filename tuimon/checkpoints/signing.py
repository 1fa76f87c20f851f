"""The key with which this user signs what is derived from a journal, so that only the user's own files are believed.

A checkpoint may claim any state, and its directory may have been sent by somebody else: owner, mode and digests of the
journal are easily forged. The key never leaves this user's state directory. Without a key, checkpoints are neither
read nor written, and journals are folded from their start.
"""

from __future__ import annotations

import contextlib
import os
from contextlib import ExitStack
from pathlib import Path

from tuimon import ownership, runs
from tuimon.errors import TuimonError

NAME = "checkpoint.key"

SIZE = 32


def key() -> bytes | None:
    """This user's key; None where there is none that only this user can have read or written."""
    with contextlib.suppress(OSError, TuimonError), ExitStack() as opened:
        folder = ownership.open_directory(_home(), denied=ownership.WRITABLE_BY_OTHERS)
        opened.callback(os.close, folder)
        fd = ownership.open_private(NAME, folder, ownership.RIGHTS_OF_OTHERS)
        opened.callback(os.close, fd)
        found = os.read(fd, SIZE + 1)
        return found if len(found) == SIZE else None
    return None


def made() -> bytes | None:
    """This user's key, created where there is none; None where that fails."""
    return key() or (key() if _make() else None)


def _make() -> bool:
    try:
        where = _home()
        where.mkdir(mode=0o700, parents=True, exist_ok=True)
        with ExitStack() as opened:
            folder = ownership.open_directory(where)
            opened.callback(os.close, folder)
            mode = os.fstat(folder).st_mode
            if mode & ownership.WRITABLE_BY_OTHERS:  # as a umask of 002 leaves it; a key in it may be anybody's
                os.fchmod(folder, mode & 0o7777 & ~ownership.WRITABLE_BY_OTHERS)
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(NAME, dir_fd=folder)
            fresh = f"{NAME}.{os.urandom(8).hex()}"
            ownership.create(fresh, folder, os.urandom(SIZE))
            opened.callback(os.unlink, fresh, dir_fd=folder)
            with contextlib.suppress(FileExistsError):  # another process has just made one
                os.link(fresh, NAME, src_dir_fd=folder, dst_dir_fd=folder)
    except (OSError, TuimonError):
        return False
    return True


def _home() -> Path:
    """The key's directory, which a link to another disk may lead to. Raises TuimonError where the user has no home."""
    return Path(os.path.realpath(runs.home().parent))


def signature(key: bytes, text: bytes, what: str = "checkpoint") -> bytes:
    """Of a checkpoint's heading, or of something else that says `what` it is; in hexadecimal."""
    import hmac

    return hmac.digest(key, f"tuimon {what}\n".encode() + text, "sha256").hex().encode()


def signed(key: bytes, text: bytes, by: bytes, what: str = "checkpoint") -> bool:
    import hmac

    return hmac.compare_digest(signature(key, text, what), by)
