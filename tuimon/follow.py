"""A run's journal as it grows, wherever the run is: a `tuimon.source.Source` for screens, headless mode, exporters."""

from __future__ import annotations

import contextlib
import errno
import time
from collections.abc import Iterable

from tuimon import events
from tuimon.checkpoints import store
from tuimon.errors import TuimonError
from tuimon.journal import Tail
from tuimon.runs import RunDirectory
from tuimon.state import Restored, Run

LOOK_EVERY = 1.0
"""Seconds between two looks at who is alive."""

PATIENCE = 5
"""Looks for which a journal may be missing while a process is alive that could restore it, or for which a run on
another machine may go on whose end is in `run.json` but not in the journal."""


class Follow:
    """Hands out all of the journal, from a state that is kept or from its start, then what is added to it.

    When nobody is left who could record how the run ended, it ends with `events.RunLost`, at the time of the newest
    event; where the journal took no more and `run.json` tells the end, with that. Where the journal turns out to be
    another file than before, a `Restored` state that is empty is handed out before what is in that. Raises TuimonError
    when there is no journal any more.
    """

    def __init__(self, directory: RunDirectory) -> None:
        self.directory = directory
        self._found = store.restored(directory.journal)
        self._tail = Tail(directory.journal, self._found[1] if self._found else 0)
        self._newest = 0.0
        self._child_ended = self._supervisor_ended = False
        self._remaining = False  # processes of the run that outlive the script
        self._looked = time.monotonic()
        self._in_vain = 0  # looks since there was a journal, or anything new in it
        self._ended = False

    @property
    def ended(self) -> bool:
        return self._ended

    @property
    def caught_up(self) -> bool:
        """What was on disk at the last `take` has been handed out."""
        return self._tail.caught_up

    @property
    def unreadable(self) -> int:
        """Lines that could not be read."""
        return self._tail.unreadable

    def take(self, budget: float) -> list[events.Event]:
        if self._found is not None:
            restored, self._found = self._found[0], None
            return self._resumed(restored)
        if self._ended:
            return []
        ready = self._read(budget)
        if not ready and self.caught_up and time.monotonic() - self._looked >= LOOK_EVERY:
            self._looked = time.monotonic()
            ready = self._look()
        return ready

    def _resumed(self, restored: Restored) -> list[events.Event]:
        """Begin with what is kept of the journal's beginning."""
        self._newest = restored.at
        self._child_ended = restored.state.child_ended is not None
        self._remaining = bool(restored.state.left)
        self._supervisor_ended = restored.state.supervisor_ended is not None
        with contextlib.suppress(OSError):  # it has just been removed, which the next look tells
            self._ended = self._over and self._tail.place == self.directory.journal.stat().st_size
        return [restored]

    @property
    def _over(self) -> bool:
        """As far as was read, nobody is left who could add anything."""
        return self._child_ended and self._supervisor_ended and not self._remaining

    def _read(self, budget: float | None) -> list[events.Event]:
        restarts = self._tail.restarts
        ready = self._tail.take(budget)
        if self._tail.restarts != restarts:
            self._newest, self._child_ended, self._ended = 0.0, False, False
            self._supervisor_ended = self._remaining = False
            ready.insert(0, Restored(at=0.0, state=Run()))
        if ready:
            self._in_vain = 0
        for event in ready:
            self._newest = max(self._newest, event.at)
            if isinstance(event, events.ChildEnded):
                self._child_ended = True
            elif isinstance(event, events.ProcessesRemained):
                self._remaining = bool(event.pids)
            elif isinstance(event, events.SupervisorStarted | events.SupervisorEnded):
                self._supervisor_ended = isinstance(event, events.SupervisorEnded)
        self._ended = self._over and self.caught_up
        return ready

    def _look(self) -> list[events.Event]:
        """Whether anybody is alive; what was written in the meantime."""
        alive, reason = self._anybody_there(), why_no_end(self.directory)
        ready: list[events.Event] = list(self._read(None))
        self._in_vain += not ready
        if alive and self._in_vain < PATIENCE:
            return ready
        if self._tail.error is not None or (not alive and self._tail.read_nothing):
            raise self._no_journal(reason)
        if not alive:
            self._ended = True
            if not self._child_ended:
                ready += end_beside(self.directory, self._newest) or [
                    events.RunLost(at=self._newest, reason=reason or END_MISSING)
                ]
        return ready

    def _anybody_there(self) -> bool:
        """Who could add to the journal. On another machine, as far as is known here."""
        if self.directory.elsewhere():
            return self.directory.read().ended_at is None or self._in_vain < PATIENCE
        if self.directory.supervised() or self.directory.remaining():
            return True
        return not self._child_ended and self.directory.child_alive()

    def _no_journal(self, lost: str | None) -> TuimonError:
        path, error = self.directory.journal, self._tail.error
        why = "it is empty" if error is None else "it is gone" if error.errno == errno.ENOENT else error.strerror
        why = f"{why} ({lost})" if lost else why
        return TuimonError(f"{path} cannot be read: {why}", "what the script printed is beside it, if that was kept")


END_MISSING = "the end of the journal is missing"


def why_no_end(directory: RunDirectory) -> str | None:
    """Why a journal does not say how the run ended, where nothing will be added to it any more; else None."""
    lost = directory.lost()
    if lost or directory.read().ended_at is None or directory.supervised() or directory.child_alive():
        return lost
    return END_MISSING


def end_beside(directory: RunDirectory, newest: float) -> list[events.Event]:
    """The run's end by `run.json`, where no supervisor is alive to write it into the journal (which reached a limit of
    file size, say). Empty where `run.json` has no end, or a supervisor is alive."""
    summary = directory.read()
    if summary.ended_at is None or directory.elsewhere() or directory.supervised():
        return []
    at = max(newest, summary.ended_at)
    return [
        events.GapRecorded(at=at, what="host", since=newest, until=at, reason=END_MISSING),
        events.ChildEnded(at=at, pid=summary.pid or 0, exit_code=summary.exit_code, signal=summary.signal),
    ]


class Recorded:
    """A journal, or another log's events, from its start to where it ends now."""

    def __init__(self, those: Iterable[events.Event]) -> None:
        self._those = iter(those)
        self._ended = False

    @property
    def ended(self) -> bool:
        return self._ended

    def take(self, budget: float) -> list[events.Event]:
        deadline = time.perf_counter() + budget
        ready: list[events.Event] = []
        for event in self._those:
            ready.append(event)
            if len(ready) % 256 == 0 and time.perf_counter() > deadline:
                return ready
        self._ended = True
        return ready
