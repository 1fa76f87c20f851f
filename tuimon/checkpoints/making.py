"""Folds a journal to its end and leaves checkpoints on the way: `python -m tuimon.checkpoints.making JOURNAL`.

Started beside a run whenever its journal has grown enough, and at its end; what is kept already is built upon. It runs
at the lowest priority and says nothing: a reader who finds no checkpoint folds the journal himself. Nothing is written
but checkpoints, into a folder of this user's beside a journal of this user's.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from tuimon.checkpoints import store
from tuimon.checkpoints.shapes import Uncovered
from tuimon.checkpoints.starting import EVERY
from tuimon.journal import Tail
from tuimon.state import Run

ROOM = 1 << 28
"""Bytes that stay free on the disk."""


def make(journal_path: Path, every: int = EVERY) -> int:
    """Write those that are missing, and one at the end of a run that is over; how many. Raises OSError, Uncovered."""
    with store.alone(journal_path):
        store.forget_others(journal_path)
        return _make(journal_path, every)


def _make(journal_path: Path, every: int) -> int:
    found = store.restored(journal_path)
    run, kept = (found[0].state, found[1]) if found else (Run(), 0)
    tail, made = Tail(journal_path, kept), 0
    while True:
        run.apply_all(tail.take(0.0))
        if tail.restarts:
            return made  # it is another journal by now, and what was folded is of the one before
        place = tail.place
        over = tail.caught_up and run.supervisor_ended is not None
        if place is not None and (place - kept >= every or (over and place > kept)):
            if _short_of_room(journal_path):
                return made
            store.write(journal_path, place, run)
            kept, made = place, made + 1
        if tail.caught_up:
            return made


def _short_of_room(journal_path: Path) -> bool:
    """The journal needs what is left on the disk."""
    disk = os.statvfs(journal_path.parent)
    return disk.f_bavail * disk.f_frsize < ROOM


def main() -> None:
    os.nice(19)
    with contextlib.suppress(OSError, Uncovered):
        make(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
