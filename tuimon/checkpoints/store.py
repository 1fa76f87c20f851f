"""Checkpoints on disk: which there are, which of them fit, and what they hold."""

from __future__ import annotations

import contextlib
import functools
import json
import math
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import tuimon
from tuimon import events, journal
from tuimon.state import Restored, Run

SEEN = 1 << 16
"""Bytes at the journal's start, and before a checkpoint's place in it, that must be as they were."""

_FOLDING = ("events.py", "series.py", "wire.py", "state")


class Checkpoint(NamedTuple):
    """`offset` is in the journal, at the start of a line; `at` is the time of the newest event before it."""

    path: Path
    offset: int
    at: float
    events: int
    seen: str


def folder(journal_path: Path) -> Path:
    """Beside a run's journal."""
    return journal_path.parent / "checkpoints"


def known(journal_path: Path) -> list[Checkpoint]:
    """Those that this version made, in order, as far as can be told without reading them."""
    try:
        found = [path for path in folder(journal_path).iterdir() if path.suffix == f".{fold_version()}"]
    except OSError:
        return []
    return sorted(filter(None, map(_heading, found)), key=lambda each: each.offset)


def restored(journal_path: Path, at: float = math.inf, most: float = math.inf) -> tuple[Restored, int] | None:
    """The newest state no later than the time `at` and after no more than `most` events; and the byte to go on from."""
    if not _trusted(journal_path, stat.S_ISREG) or not _trusted(folder(journal_path), stat.S_ISDIR):
        return None
    for each in reversed(known(journal_path)):
        if each.at <= at and each.events <= most and each.seen == seen(journal_path, each.offset):
            state = _state(each)
            if state is not None:
                return Restored(at=each.at, state=state), each.offset
    return None


def read(journal_path: Path, at: float = math.inf, most: float = math.inf) -> Iterator[events.Event]:
    """As `journal.read`, beginning with a state where one is kept that is early enough."""
    found = restored(journal_path, at, most)
    if found is not None:
        yield found[0]
    yield from journal.read(journal_path, found[1] if found else 0)


def write(journal_path: Path, offset: int, run: Run) -> None:
    """Keep what `run` is after all events before `offset`. Raises OSError."""
    from tuimon.checkpoints.packing import packed

    heading = {"offset": offset, "at": run.now, "events": run.events, "seen": seen(journal_path, offset)}
    data = json.dumps(heading).encode() + b"\n" + packed(run)
    where = folder(journal_path)
    where.mkdir(mode=0o700, exist_ok=True)
    fresh = where / f"{offset}.{os.getpid()}.new"
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(data)
        fresh.replace(where / f"{offset}.{fold_version()}")
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def seen(journal_path: Path, offset: int) -> str:
    """A digest of the journal's first bytes and of those before `offset`; empty where it is shorter than that."""
    import hashlib

    digest = hashlib.sha256()
    try:
        with journal_path.open("rb") as file:
            digest.update(file.read(min(SEEN, offset)))
            file.seek(max(0, offset - SEEN))
            last = file.read(min(SEEN, offset))
    except OSError:
        return ""
    digest.update(last)
    return digest.hexdigest() if len(last) == min(SEEN, offset) else ""


@functools.cache
def fold_version() -> str:
    """Of what turns events into a state: another fold would come to another one."""
    import hashlib

    digest, root = hashlib.sha256(tuimon.__version__.encode()), Path(tuimon.__file__).parent
    for name in _FOLDING:
        for path in sorted((root / name).glob("*.py")) if (root / name).is_dir() else [root / name]:
            with contextlib.suppress(OSError):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _trusted(path: Path, is_kind: Callable[[int], bool]) -> bool:
    """It is of that kind, and nobody but this user can have written it."""
    try:
        found = path.lstat()
    except OSError:
        return False
    mine = found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return mine and is_kind(found.st_mode)


def _heading(path: Path) -> Checkpoint | None:
    try:
        with path.open("rb") as file:
            told = json.loads(file.readline(1000))
        return Checkpoint(path, int(told["offset"]), float(told["at"]), int(told["events"]), str(told["seen"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _state(checkpoint: Checkpoint) -> Run | None:
    if not _trusted(checkpoint.path, stat.S_ISREG):
        return None
    from tuimon.checkpoints.packing import unpacked

    try:
        state = unpacked(checkpoint.path.read_bytes().partition(b"\n")[2])
    except OSError:
        return None
    fits = state is not None and (state.now, state.events) == (checkpoint.at, checkpoint.events)
    return state if fits else None
