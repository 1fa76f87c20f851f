"""The key with which this user signs checkpoints, so that nobody else's are believed, whatever they look like.

A checkpoint may claim any state, and lies in a directory that may have been sent: its owner and mode, and digests of
the journal, are easily made to fit. The key never leaves this user's state directory. Where there is none, no
checkpoint is believed or made, and journals are folded from their start.
"""

from __future__ import annotations

import contextlib
import os
from contextlib import ExitStack

from tuimon import runs
from tuimon.checkpoints import files

NAME = "checkpoint.key"

SIZE = 32

_PURPOSE = b"tuimon checkpoint\n"


def key() -> bytes | None:
    """This user's, where there is one that nobody else can know or have put there."""
    with contextlib.suppress(OSError, RuntimeError), ExitStack() as opened:  # without a home, `~` is a RuntimeError
        folder = files.open_folder(runs.home().parent)
        opened.callback(os.close, folder)
        fd = files.open_file(NAME, folder, files.OTHERS)
        opened.callback(os.close, fd)
        found = os.read(fd, SIZE + 1)
        return found if len(found) == SIZE else None
    return None


def made() -> bytes | None:
    """The same; made where there is none yet."""
    return key() or (key() if _make() else None)


def _make() -> bool:
    try:
        where = runs.home().parent
        where.mkdir(mode=0o700, parents=True, exist_ok=True)
        with ExitStack() as opened:
            folder = files.open_folder(where, denied=0)
            opened.callback(os.close, folder)
            mode = os.fstat(folder).st_mode
            if mode & files.OTHERS_WRITE:  # as a umask of 002 leaves it; a key in it may be anybody's
                os.fchmod(folder, mode & 0o7777 & ~files.OTHERS_WRITE)
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(NAME, dir_fd=folder)
            fresh = f"{NAME}.{os.urandom(8).hex()}"
            files.create(fresh, folder, os.urandom(SIZE))
            opened.callback(os.unlink, fresh, dir_fd=folder)
            with contextlib.suppress(FileExistsError):  # somebody else was first: that one is as good
                os.link(fresh, NAME, src_dir_fd=folder, dst_dir_fd=folder)
    except (OSError, RuntimeError):
        return False
    return True


def signature(key: bytes, heading: bytes) -> bytes:
    """Of a checkpoint's heading, in hexadecimal."""
    import hmac

    return hmac.digest(key, _PURPOSE + heading, "sha256").hex().encode()


def signed(key: bytes, heading: bytes, by: bytes) -> bool:
    import hmac

    return hmac.compare_digest(signature(key, heading), by)
