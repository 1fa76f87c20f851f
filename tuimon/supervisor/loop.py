"""What a supervisor does while the script runs, and when it ends: one thread, one selector, a tick every second."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import selectors
import signal
import time
import traceback
from collections.abc import Callable, Sequence, Set
from pathlib import Path

from tuimon import clock, events, wire
from tuimon.checkpoints.starting import Growth
from tuimon.runs import RunDirectory
from tuimon.supervisor import requests, spool
from tuimon.supervisor.child import Child, End
from tuimon.supervisor.ingest import Connection, Ingest
from tuimon.supervisor.last_words import last_words
from tuimon.supervisor.output import Output
from tuimon.supervisor.printed import Printed
from tuimon.supervisor.recorder import Recorder
from tuimon.supervisor.remaining import DYING, Remaining
from tuimon.supervisor.samplers import Sampler, samplers
from tuimon.supervisor.samplers.cgroup import Cgroup
from tuimon.supervisor.unobserved import Unobserved
from tuimon.supervisor.upkeep import Upkeep

LAST_WORDS = 2.0
"""Seconds that agents have to say the rest after the script has ended."""


MOST_COMPLAINTS = 100
"""In the supervisor's own log."""


class Loop:
    child: Child | None  # the script, and after its end the process that goes on training
    ingest: Ingest  # set as soon as it runs

    def __init__(
        self, directory: RunDirectory, recorder: Recorder, selector: selectors.BaseSelector, upkeep: Upkeep
    ) -> None:
        self.directory = directory
        self.recorder = recorder
        self.selector = selector
        self.upkeep = upkeep
        self.host = os.uname().nodename
        self.told_to_stop = False
        self.child = None
        self._unobserved: Unobserved | None = None
        self._growth = Growth(directory.journal)
        self._known: Set[int] = frozenset()
        self._detaching: str | None = None
        self._complaints: set[tuple[type, str]] = set()

    def receive(self, connection: Connection, event: events.Event, line: bytes) -> None:
        """Write down what came in by the socket; carry requests out."""
        if not isinstance(event, events.AgentEvent) and not connection.agent:
            event = dataclasses.replace(event, at=clock.now())  # a client's clock may tell anything
            line = wire.encode(event)
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
        if self.child is not None:
            answer = requests.carry_out(request, self.child, self.ingest, clock.now())
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
        """Until the script and all that train beside it have ended, or this process is told to stop."""
        self.child, self.ingest, self._output, self._cwd = child, ingest, output, cwd
        self._samplers = [*samplers(child.pid, cwd), *more]
        self._cgroup = Cgroup(child.pid)
        self._oom_kills = self._cgroup.oom_kills()
        if child.pidfd is not None:
            self.selector.register(child.pidfd, selectors.EVENT_READ, _nothing)
        self._begin(interval)
        end = self._watch(child, interval)
        if child.pidfd is not None:
            self.selector.unregister(child.pidfd)
        if end is None:
            self._close("detached" if self._detaching else "terminated")
            return
        self._end(child, end)
        self._go_on(interval)
        self._close("the script ended", over=True)
        if self.directory.read().ended_at is None:  # the disk was full
            self._summarize(end)

    def run_on(self, ingest: Ingest, cwd: Path, output: Output, interval: float) -> None:
        """Until all that train after the script have ended, which has ended under another supervisor."""
        self.ingest, self._output, self._cwd, self._samplers = ingest, output, cwd, []
        self._begin(interval)
        self._go_on(interval)
        self._close("the script ended", over=True)

    def _begin(self, interval: float) -> None:
        signal.signal(signal.SIGTERM, lambda *_: self._stop())
        self._unobserved = Unobserved(interval)

    def _fold_spools(self) -> None:
        for event, line in spool.fold(self.directory):
            self.recorder.record(event, line)

    def _stop(self) -> None:
        self.told_to_stop = True

    def _watch(self, child: Child, interval: float) -> End | None:
        due = time.monotonic()
        longest = interval if child.pidfd is not None else min(interval, 0.25)
        while not self.told_to_stop:
            end = child.poll()
            if end is not None:
                return end
            self._serve(min(longest, max(0.0, due - time.monotonic())))
            if time.monotonic() >= due:
                due = max(due + interval, time.monotonic())
                self._guarded(self._tick)
        return None

    def _go_on(self, interval: float) -> None:
        """Record what goes on after the script's end, as long as somebody trains."""
        remaining = Remaining(self.directory)
        self.child = None
        dying = time.monotonic() + DYING
        while time.monotonic() < dying and not self._reporting() and remaining.waiting():
            self._serve(0.05)
        due = time.monotonic()
        while not self.told_to_stop:
            self._serve(min(0.25, max(0.0, due - time.monotonic())))
            if time.monotonic() >= due:
                due = max(due + interval, time.monotonic())
                self._follow(remaining)
                if not remaining.any:
                    break
                self._tick()

    def _follow(self, remaining: Remaining) -> None:
        before = remaining.training
        seen = list(remaining.look(self._reporting()))
        if not remaining.any or any(isinstance(event, events.ProcessEnded) for event in seen):
            while self._serve(0.0):
                continue  # what it has said before its end
            self._fold_spools()
        for event in seen:
            self.recorder.record(event)
        if remaining.training == before:
            return
        known = {} if remaining.training else {"ended_at": clock.now()}
        self.upkeep.update(remaining=remaining.written(), **known)
        first = remaining.first
        if first is not None and first is not self.child:
            self.child = first
            for sampler in self._samplers:
                sampler.close()
            self._samplers = [*samplers(first.pid, self._cwd)]

    def _reporting(self) -> set[int]:
        """The processes that an agent reports from, but the script."""
        summary = self.directory.read()
        return {each.pid for each in self.ingest.connections if each.agent} - {summary.pid}

    def _serve(self, seconds: float) -> bool:
        """Take in what is ready within that time; whether anything was."""
        ready = self.selector.select(seconds)
        if self._unobserved is not None:
            for event in self._unobserved.woken():
                self.recorder.record(event)
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
        now = clock.now()
        with contextlib.suppress(OSError):
            self.upkeep.look()
        self.recorder.resume(now)
        assert self._unobserved is not None
        for seen in self._unobserved.look(self._trained()):
            self.recorder.record(seen)
        for sampler in list(self._samplers):
            self._sample(sampler, now)
        for event in self._output.look(now):
            self.recorder.record(event)
        with contextlib.suppress(OSError):
            self.ingest.ensure()
        self._count_unreadable(now)
        self._fold_spools()
        self._keep_checkpoints()

    def _trained(self) -> set[int]:
        """The script, and whatever process else an agent reports from."""
        script = {self.child.pid} if self.child is not None else set()
        return script | {each.pid for each in self.ingest.connections if each.agent}

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
        if self.ingest.unreadable:
            lost = events.EventsLost(at=now, count=self.ingest.unreadable, reason="lines that could not be read")
            self.ingest.unreadable = 0
            self.recorder.record(lost)

    # --- the end

    def _end(self, child: Child, end: End) -> None:
        oom_killed = self._oom_killed(end)
        with contextlib.suppress(OSError):
            self.upkeep.look()
        self._hear_last_words(child)
        self._fold_spools()
        for grown in self._output.look(clock.now()):
            self.recorder.record(grown)
        for sampler in [each for each in self._samplers if isinstance(each, Printed)]:
            self._sample(sampler, clock.now())
        self._summarize(end)  # first: who reads of the end in the journal may ask for the summary at once
        self.recorder.record(
            events.ChildEnded(
                at=clock.now(),
                pid=child.pid,
                exit_code=end.exit_code,
                signal=end.signal,
                oom_killed=oom_killed,
                core_dumped=end.core_dumped,
                last_words=last_words(self.directory.stderr) if end.signal or end.exit_code else [],
            )
        )

    def _summarize(self, end: End) -> None:
        self.upkeep.update(status=_status(end), ended_at=clock.now(), exit_code=end.exit_code, signal=end.signal)

    def _oom_killed(self, end: End) -> bool | None:
        if end.signal != signal.SIGKILL:
            return False if end != End() else None
        kills = self._cgroup.oom_kills()
        return None if kills is None or self._oom_kills is None else kills > self._oom_kills

    def _hear_last_words(self, child: Child) -> None:
        """What is on its way; agents of processes that live on do not hold the end up."""
        deadline = time.monotonic() + LAST_WORDS
        while time.monotonic() < deadline:
            if not self._serve(0.0) and not any(each.pid == child.pid for each in self.ingest.connections):
                return
            self._serve(0.02)

    def _close(self, reason: str, over: bool = False) -> None:
        """`over`: nobody trains any more, as far as is known."""
        now = clock.now()
        for sampler in self._samplers:
            sampler.close()
        self.ingest.close()
        self.recorder.record(events.SupervisorEnded(at=now, pid=os.getpid(), reason=reason))
        self._keep_checkpoints(over)
        self.recorder.close(now)
        if over:
            self._output.release()


def _status(end: End) -> str:
    if end.signal is not None:
        return "killed"
    return "failed" if end.exit_code else "finished"


def _nothing() -> None:
    """The selector's only task is to wake up."""
