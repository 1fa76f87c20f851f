"""What a supervisor does while the script runs, and when it ends: one thread, one selector, a tick every second."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import time
import traceback
from collections.abc import Callable, Sequence, Set
from pathlib import Path

from tuimon import events
from tuimon.checkpoints.starting import Growth
from tuimon.runs import RunDirectory
from tuimon.supervisor import requests, spool
from tuimon.supervisor.child import Child, End
from tuimon.supervisor.ingest import Connection, Ingest
from tuimon.supervisor.last_words import last_words
from tuimon.supervisor.output import Output
from tuimon.supervisor.printed import Printed
from tuimon.supervisor.recorder import Recorder
from tuimon.supervisor.samplers import Sampler, samplers
from tuimon.supervisor.samplers.cgroup import Cgroup

LAST_WORDS = 2.0
"""Seconds that agents have to say the rest after the script has ended."""

LATE = 5.0
"""Seconds between two ticks from which a gap is recorded: this process was stopped, or the machine asleep."""

MOST_COMPLAINTS = 100
"""In the supervisor's own log."""


class Loop:
    def __init__(self, directory: RunDirectory, recorder: Recorder, selector: selectors.BaseSelector) -> None:
        self.directory = directory
        self.recorder = recorder
        self.selector = selector
        self.host = os.uname().nodename
        self.told_to_stop = False
        self.ingest: Ingest | None = None
        self.child: Child
        self._growth = Growth(directory.journal)
        self._known: Set[int] = frozenset()
        self._detaching: str | None = None
        self._complaints: set[tuple[type, str]] = set()

    def receive(self, connection: Connection, event: events.Event, line: bytes) -> None:
        """Write down what came in by the socket; carry requests out."""
        if not isinstance(event, events.Request):
            if connection.agent and not connection.heard:
                connection.heard = True
                self._fold_spools()  # what it kept before it found us
                self._known = spool.recorded(self.directory)
            if hash(line) not in self._known:  # it may say again what the supervisor before has recorded
                self.recorder.record(event, line)
            if isinstance(event, events.RequestAnswered) and event.request == self._detaching:
                self._stop()
            return
        request = requests.completed(event, connection, self.host, self.directory.path)
        self.recorder.record(request)
        if self.ingest is not None:
            answer = requests.carry_out(request, self.child, self.ingest, time.time())
            if answer is not None:
                self.recorder.record(answer)
            if isinstance(request, events.DetachRequested) and not self.child.own:
                self._detaching = request.id
                self.told_to_stop = answer is not None  # no agent has anything to say before

    def run(
        self,
        child: Child,
        ingest: Ingest,
        cwd: Path,
        output: Output,
        interval: float,
        more: Sequence[Sampler] = (),
    ) -> None:
        """Until the script has ended, or this process is told to stop."""
        self.child, self.ingest, self._output = child, ingest, output
        self._samplers = [*samplers(child.pid, cwd), *more]
        self._cgroup = Cgroup(child.pid)
        self._oom_kills = self._cgroup.oom_kills()
        if child.pidfd is not None:
            self.selector.register(child.pidfd, selectors.EVENT_READ, _nothing)
        signal.signal(signal.SIGTERM, lambda *_: self._stop())
        end = self._watch(interval)
        if child.pidfd is not None:
            self.selector.unregister(child.pidfd)
        if end is not None:
            self._end(end)
        self._close(end)

    def _fold_spools(self) -> None:
        for event, line in spool.fold(self.directory):
            self.recorder.record(event, line)

    def _stop(self) -> None:
        self.told_to_stop = True

    def _watch(self, interval: float) -> End | None:
        self._ticked = time.time()
        due = time.monotonic()
        longest = interval if self.child.pidfd is not None else min(interval, 0.25)
        while not self.told_to_stop:
            end = self.child.poll()
            if end is not None:
                return end
            self._serve(min(longest, max(0.0, due - time.monotonic())))
            if time.monotonic() >= due:
                due = max(due + interval, time.monotonic())
                self._guarded(self._tick)
        return None

    def _serve(self, seconds: float) -> bool:
        """Take in what is ready within that time; whether anything was."""
        ready = self.selector.select(seconds)
        for key, _ in ready:
            self._guarded(key.data)
        return bool(ready)

    def _guarded(self, part: Callable[[], object]) -> None:
        """A part that fails must not end the record of all else: a limit of the system can fail anything."""
        try:
            part()
        except Exception as error:
            known = (type(error), str(error))
            if known not in self._complaints and len(self._complaints) < MOST_COMPLAINTS:
                self._complaints.add(known)
                traceback.print_exc()
            time.sleep(0.02)  # what fails again at once must not take all of a processor

    def _tick(self) -> None:
        now = time.time()
        if now - self._ticked > LATE:
            reason = "the supervisor was stopped, or the machine was asleep"
            self.recorder.record(events.GapRecorded(at=now, what="host", since=self._ticked, until=now, reason=reason))
        self._ticked = now
        self.recorder.resume(now)
        for sampler in list(self._samplers):
            self._sample(sampler, now)
        for event in self._output.look(now):
            self.recorder.record(event)
        assert self.ingest is not None
        with contextlib.suppress(OSError):
            self.ingest.ensure()
        self._count_unreadable(now)
        self._fold_spools()
        self._keep_checkpoints()

    def _sample(self, sampler: Sampler, now: float) -> None:
        try:
            for event in sampler.sample(now):
                self.recorder.record(event)
        except Exception:  # a mistake in one sampler must not end the record of all else
            traceback.print_exc()
            self._samplers.remove(sampler)

    def _keep_checkpoints(self, over: bool = False) -> None:
        with contextlib.suppress(OSError):
            self._growth.look(over)

    def _count_unreadable(self, now: float) -> None:
        assert self.ingest is not None
        if self.ingest.unreadable:
            lost = events.EventsLost(at=now, count=self.ingest.unreadable, reason="lines that could not be read")
            self.ingest.unreadable = 0
            self.recorder.record(lost)

    # --- the end

    def _end(self, end: End) -> None:
        oom_killed = self._oom_killed(end)
        self._hear_last_words()
        self._fold_spools()
        for grown in self._output.look(time.time()):
            self.recorder.record(grown)
        for sampler in [each for each in self._samplers if isinstance(each, Printed)]:
            self._sample(sampler, time.time())
        self._summarize(end)  # first: who reads of the end in the journal may ask for the summary at once
        self.recorder.record(
            events.ChildEnded(
                at=time.time(),
                pid=self.child.pid,
                exit_code=end.exit_code,
                signal=end.signal,
                oom_killed=oom_killed,
                core_dumped=end.core_dumped,
                last_words=last_words(self.directory.stderr) if end.signal or end.exit_code else [],
            )
        )

    def _summarize(self, end: End) -> None:
        with contextlib.suppress(OSError):
            self.directory.update(status=_status(end), ended_at=time.time(), exit_code=end.exit_code, signal=end.signal)

    def _oom_killed(self, end: End) -> bool | None:
        if end.signal != signal.SIGKILL:
            return False if end != End() else None
        kills = self._cgroup.oom_kills()
        return None if kills is None or self._oom_kills is None else kills > self._oom_kills

    def _hear_last_words(self) -> None:
        """What is on its way; agents of processes that live on do not hold the end up."""
        assert self.ingest is not None
        deadline = time.monotonic() + LAST_WORDS
        while time.monotonic() < deadline:
            if not self._serve(0.0) and not any(each.pid == self.child.pid for each in self.ingest.connections):
                return
            self._serve(0.02)

    def _close(self, end: End | None) -> None:
        now = time.time()
        for sampler in self._samplers:
            sampler.close()
        assert self.ingest is not None
        self.ingest.close()
        reason = "the script ended" if end is not None else "detached" if self._detaching else "terminated"
        self.recorder.record(events.SupervisorEnded(at=now, pid=os.getpid(), reason=reason))
        self._keep_checkpoints(over=end is not None)
        self.recorder.close(now)
        if end is not None:
            self._output.release()
            if self.directory.read().ended_at is None:  # the disk was full
                self._summarize(end)


def _status(end: End) -> str:
    if end.signal is not None:
        return "killed"
    return "failed" if end.exit_code else "finished"


def _nothing() -> None:
    """The selector's only task is to wake up."""
