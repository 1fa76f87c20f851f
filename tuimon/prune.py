"""Which runs may be deleted to make room, and deleting them: only when asked, and never one that goes on."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path

from tuimon import runs
from tuimon.errors import TuimonError, UsageError
from tuimon.runs import RunDirectory

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}


def seconds(text: str) -> float:
    """Of an age such as 30d, 12h or 2w."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([smhdw])", text.strip())
    if match is None:
        raise UsageError(f"{text!r} is no age", "write it as 30d, 12h or 2w")
    return float(match[1]) * UNITS[match[2]]


def deletable(where: Path, now: float, older_than: float | None = None, keep: int | None = None) -> list[RunDirectory]:
    """This user's runs that are over, began longer ago than `older_than` seconds, and are not the newest `keep`."""
    found = []
    for place, directory in enumerate(runs.every(where)):
        if directory.owner:
            continue
        old = older_than is None or now - directory.read().started_at > older_than
        if old and place >= (keep or 0) and is_over(directory):
            found.append(directory)
    return found


def is_over(directory: RunDirectory) -> bool:
    """Nobody writes to it any more, as far as can be known: what runs on another machine is not over."""
    return directory.status() != "running" and not directory.supervised() and not directory.child_alive()


def delete(directory: RunDirectory) -> None:
    """All of the run. Raises TuimonError."""
    directory.check_own("it stays")
    if not is_over(directory):
        raise TuimonError(f"{directory.id} goes on", "stop it first")
    try:
        shutil.rmtree(directory.path)
    except OSError as error:
        raise TuimonError(f"cannot delete {directory.path}: {error.strerror or error}") from None


def size(directory: RunDirectory) -> int:
    """Bytes that the run takes on disk."""
    total = 0
    for folder, _, files in os.walk(directory.path):
        for file in files:
            with contextlib.suppress(OSError):  # it is being deleted
                total += os.lstat(os.path.join(folder, file)).st_blocks * 512
    return total
