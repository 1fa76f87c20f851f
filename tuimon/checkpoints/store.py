"""Checkpoints on disk: which there are, which of them are to be believed, and what they hold.

A checkpoint is a heading, signed with this user's key, and the state. The heading says what journal it is of, by which
fold, and the state's digest; nothing is read of a state before its heading and its digest are found right.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import json
import math
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import tuimon
from tuimon import events, journal, ownership
from tuimon.checkpoints import signing
from tuimon.state import Restored, Run

SEEN = 1 << 16
"""Bytes at the journal's start, and before a checkpoint's place in it, that must be as they were."""

LARGEST = 1 << 26
"""Bytes of a checkpoint on disk. Those of long runs have less than one MB."""

MOST = 4096
"""Checkpoints of a journal that are looked at: 64 GB of it."""

FOLDER = "checkpoints"

_NAME = re.compile(r"\d{1,18}\.[0-9a-f]{16}(?:\.\d+\.new)?")
"""Of all files that are made here, finished or not: others in the folder are not ours."""

_FOLDING = ("events.py", "series.py", "wire.py", "state", "checkpoints/encoding.py", "checkpoints/shapes.py")


class Checkpoint(NamedTuple):
    """`offset` is in the journal, at the start of a line; `at` is the time of the newest event before it."""

    path: Path
    offset: int
    at: float
    events: int
    seen: str
    state: str


class _Place(NamedTuple):
    """Where a journal's checkpoints are: it and their folder, opened, and the key they are signed with."""

    journal_path: Path
    journal: int
    folder: int
    key: bytes


def folder(journal_path: Path) -> Path:
    """Beside a run's journal."""
    return journal_path.parent / FOLDER


def known(journal_path: Path) -> list[Checkpoint]:
    """Those of this journal that this user made with this version, in order, without reading their states."""
    try:
        with _opened(journal_path) as place:
            return list(_headings(place))[::-1]
    except OSError:
        return []


def restored(journal_path: Path, at: float = math.inf, most: float = math.inf) -> tuple[Restored, int] | None:
    """The newest state no later than the time `at` and after no more than `most` events; and the byte to go on from."""
    try:
        with _opened(journal_path) as place:
            for each in _headings(place):
                if each.at <= at and each.events <= most and each.seen == seen(place.journal, each.offset):
                    state = _state(place, each)
                    if state is not None:
                        return Restored(at=each.at, state=state), each.offset
    except OSError:
        pass
    return None


def read(journal_path: Path, at: float = math.inf, most: float = math.inf) -> Iterator[events.Event]:
    """As `journal.read`, beginning with a state where one is kept that is early enough."""
    found = restored(journal_path, at, most)
    if found is not None:
        yield found[0]
    yield from journal.read(journal_path, found[1] if found else 0)


def write(journal_path: Path, offset: int, run: Run) -> None:
    """Keep what `run` is after all events before `offset`. Raises OSError, and Uncovered where that cannot be kept."""
    import hashlib

    from tuimon.checkpoints.encoding import encode

    with _opened(journal_path, make=True) as place:
        state = encode(run)
        heading = {
            **_of_journal(place),
            "offset": offset,
            "at": run.now,
            "events": run.events,
            "seen": seen(place.journal, offset),
            "state": hashlib.sha256(state).hexdigest(),
        }
        told = json.dumps(heading).encode()
        signed = signing.signature(place.key, told) + b" " + told + b"\n" + state
        ownership.replace_in(place.folder, f"{offset}.{fold_version()}", signed)


@contextlib.contextmanager
def alone(journal_path: Path) -> Iterator[None]:
    """Nobody else makes checkpoints of this journal meanwhile.

    Raises BlockingIOError where somebody does, OSError where checkpoints cannot be kept of it by this user.
    """
    with _opened(journal_path, make=True) as place:
        try:
            fcntl.flock(place.folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:  # a file system that locks no folders: the worst is that both do the work
            pass
        yield


def forget_others(journal_path: Path) -> None:
    """Remove those that nobody can begin with: of other versions, keys or journals, damaged or unfinished.

    Raises OSError.
    """
    with _opened(journal_path) as place:
        good = {each.path.name for each in _headings(place) if _fits(place, each)}
        for name in os.listdir(place.folder):
            if _NAME.fullmatch(name) and name not in good:
                with contextlib.suppress(OSError):
                    os.unlink(name, dir_fd=place.folder)


def seen(journal: int, offset: int) -> str:
    """A digest of the journal's first bytes and of those before `offset`; empty where it is shorter than that."""
    import hashlib

    size = min(SEEN, offset)
    first, last = os.pread(journal, size, 0), os.pread(journal, size, max(0, offset - SEEN))
    return hashlib.sha256(first + last).hexdigest() if len(first) == len(last) == size else ""


@functools.cache
def fold_version() -> str:
    """Of what turns events into a state, and a state into bytes: another fold would come to another one."""
    import hashlib

    digest, root = hashlib.sha256(tuimon.__version__.encode()), Path(tuimon.__file__).parent
    for name in _FOLDING:
        for path in sorted((root / name).glob("*.py")) if (root / name).is_dir() else [root / name]:
            with contextlib.suppress(OSError):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def _opened(journal_path: Path, make: bool = False) -> Iterator[_Place]:
    """Raises OSError unless all of it belongs to this user, who has a key; `make` what is missing of that."""
    with ExitStack() as opened:
        beside = ownership.open_directory(os.path.realpath(journal_path.parent))
        opened.callback(os.close, beside)
        journal = ownership.open_private(journal_path.name, beside)
        opened.callback(os.close, journal)
        if make:
            with contextlib.suppress(FileExistsError):
                os.mkdir(FOLDER, 0o700, dir_fd=beside)
        inner = ownership.open_directory(FOLDER, beside, ownership.WRITABLE_BY_OTHERS)
        opened.callback(os.close, inner)
        key = signing.made() if make else signing.key()
        if key is None:
            raise PermissionError("no key to sign checkpoints with")
        yield _Place(journal_path, journal, inner, key)


def _of_journal(place: _Place) -> dict[str, Any]:
    """What the heading of each of its checkpoints says. A copy is another journal: it may have been altered."""
    return {"version": fold_version(), "inode": os.fstat(place.journal).st_ino}


def _headings(place: _Place) -> Iterator[Checkpoint]:
    """Those that are signed, and of this journal, the last first."""
    version, size = f".{fold_version()}", os.fstat(place.journal).st_size
    named = [name for name in os.listdir(place.folder) if name.endswith(version) and _NAME.fullmatch(name)]
    offsets = {int(name.partition(".")[0]): name for name in named}
    for offset in sorted((each for each in offsets if each <= size), reverse=True)[:MOST]:
        heading = _heading(place, offsets[offset])
        if heading is not None and heading.offset == offset:
            yield heading


def _heading(place: _Place, name: str) -> Checkpoint | None:
    try:
        with open(ownership.open_private(name, place.folder), "rb") as file:
            by, _, told = file.readline(1000).rstrip(b"\n").partition(b" ")
    except OSError:
        return None
    if not signing.signed(place.key, told, by):
        return None
    heading = json.loads(told)  # which nobody else can have written
    if not heading.items() >= _of_journal(place).items():
        return None
    parts = (heading[part] for part in ("offset", "at", "events", "seen", "state"))
    return Checkpoint(folder(place.journal_path) / name, *parts)


def _data(place: _Place, checkpoint: Checkpoint) -> bytes | None:
    """The bytes of its state, as they were signed."""
    import hashlib

    try:
        with open(ownership.open_private(checkpoint.path.name, place.folder), "rb") as file:
            data = file.read(LARGEST).partition(b"\n")[2]
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == checkpoint.state else None  # also where it is longer


def _fits(place: _Place, checkpoint: Checkpoint) -> bool:
    return checkpoint.seen == seen(place.journal, checkpoint.offset) and _data(place, checkpoint) is not None


def _state(place: _Place, checkpoint: Checkpoint) -> Run | None:
    data = _data(place, checkpoint)
    if data is None:
        return None
    from tuimon.checkpoints.encoding import decode
    from tuimon.checkpoints.shapes import Damaged

    try:
        state = decode(data)
    except Damaged:
        return None
    return state if (state.now, state.events) == (checkpoint.at, checkpoint.events) else None
