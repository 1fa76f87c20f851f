"""What can be replayed: a run's journal, a journal file, or another tool's log, by whatever name it is given."""

from __future__ import annotations

import contextlib
import errno
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tuimon import events, journal, readers, runs
from tuimon.checkpoints import starting, store
from tuimon.errors import TuimonError, UsageError
from tuimon.follow import Follow, end_beside, why_no_end
from tuimon.player import Player, Survey, survey
from tuimon.runs import RunDirectory
from tuimon.source import Source
from tuimon.state import Restored


@dataclass(frozen=True)
class Recording:
    """`run` is set for a run of ours; `foreign` for another tool's log."""

    path: Path
    run: RunDirectory | None = None
    foreign: bool = False

    @property
    def directory(self) -> Path | None:
        """Where the script's output is kept, if it is."""
        return self.run.path if self.run else None

    def folded(self) -> Iterator[events.Event]:
        """All of it, from the newest state that is kept."""
        return self.events(math.inf)

    def events(self, at: float = -math.inf, most: float = math.inf) -> Iterator[events.Event]:
        """All of it from the start; or from a state that is kept, no later than `at` and after `most` events at most.

        May be called again. Raises TuimonError when it cannot be read.
        """
        if self.foreign:
            return readers.open_log(self.path)
        return _of_run(self.run, at, most) if self.run else journal.read(self.path)

    def player(self, speed: float) -> Player:
        """All of it at some pace. Where states of a long run are missing, they are made meanwhile."""
        found = store.restored(self.path) if self.run else None
        if self.run is not None:
            with contextlib.suppress(OSError):
                _keep_states(self.path, found[1] if found else 0)
        return Player(self.events, self._survey(found), speed)

    def _survey(self, found: tuple[Restored, int] | None) -> Survey:
        if self.foreign:
            return survey(self.events())
        if found is None:
            return Survey(*journal.moments(self.path))
        state, offset = found[0].state, found[1]
        (_, last), epochs = journal.moments(self.path, offset)
        if state.summed.fits or any(fit.summed.epochs for fit in state.fits):  # not all beginnings are kept
            (_, last), begun = journal.moments(self.path)
            epochs = []
        else:
            begun = [epoch.started_at for fit in state.fits for epoch in fit.epochs]
        kept = [each.at for each in store.known(self.path)]
        return Survey((state.first_at or 0.0, max(last, state.now)), sorted(begun) + epochs, kept)

    def growing(self) -> Source:
        """The same, followed as it grows."""
        if self.run is not None:
            return Follow(self.run)
        if not self.foreign:
            raise UsageError(f"{self.path} is a journal", "follow its run with `tuimon attach`")
        return readers.Growing(self.path)


def find(text: str, where: Path) -> Recording:
    """What is meant: a file or directory there is, else a run of this id or name. Raises TuimonError."""
    try:
        found = _found(text, where)
        if not found.foreign:
            with readers.opened(found.path) as file:
                begun = file.read(1)
            if not begun:
                raise TuimonError(f"the journal {found.path} is empty", "what the script printed may be beside it")
    except FileNotFoundError as error:
        raise TuimonError(f"cannot read {error.filename}: it is gone", "check the path") from None
    except OSError as error:
        why = "it is no regular file" if error.errno == errno.ENXIO else error.strerror  # a socket
        raise TuimonError(f"cannot read {error.filename or text}: {why}", "check the path and its rights") from None
    return found


def _found(text: str, where: Path) -> Recording:
    path = Path(text)
    if path.is_dir():
        if os.path.lexists(path / journal.NAME):
            return Recording(path / journal.NAME, run=RunDirectory(path.resolve()))
        return Recording(path, foreign=True)
    if path.exists():
        return Recording(path, foreign=not _is_journal(path))
    run = runs.find(where, text)
    return Recording(run.journal, run=run)


def _is_journal(path: Path) -> bool:
    """Its first line is an event that we know."""
    if not path.is_file():
        return False
    first = next(journal.read(path), None)
    return first is not None and not isinstance(first, events.Unknown)


def _keep_states(path: Path, kept: int) -> None:
    """Of a journal that is this user's, and has grown long since the byte `kept`, where the newest of them is."""
    grown = path.stat().st_size - kept
    if grown >= 2 * starting.EVERY and path.parent.stat().st_uid == os.geteuid() and os.access(path.parent, os.W_OK):
        starting.start(path)


def _of_run(run: RunDirectory, at: float, most: float) -> Iterator[events.Event]:
    """All that the run's journal says, and that the run is lost where that is so."""
    newest, ended = 0.0, False
    for event in store.read(run.journal, at, most):
        newest, ended = max(newest, event.at), ended or isinstance(event, events.ChildEnded)
        if isinstance(event, Restored):
            ended = event.state.child_ended is not None
        yield event
    if not ended:
        reason = why_no_end(run)
        yield from end_beside(run, newest) or ([events.RunLost(at=newest, reason=reason)] if reason else [])
