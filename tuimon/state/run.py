"""A run: everything that its journal says, folded into what is known now.

`Run.apply` changes the run in place. The same events give the same state, live or replayed: nothing here reads a clock,
a file or the environment. `now` is the time of the newest event.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tuimon import events
from tuimon.state.estimate import WaitEstimate
from tuimon.state.fit import Fit, Kept
from tuimon.state.machine import Allocator, Gpu, Host


@dataclass(eq=False)
class Process:
    """A process that trains, as its agent introduced itself.

    A process id is used again by a program that replaces another one (`exec`), and by a new process once the kernel has
    come round: each program is a `Process` of its own, and `program` counts those of one id from 0.
    """

    started: events.AgentStarted
    framework: events.FrameworkSeen | None = None
    devices: events.DevicesSeen | None = None
    ended_at: float | None = None
    introduced: bool = False  # `started` came from its agent
    program: int = 0


@dataclass(eq=False)
class Raised:
    """An exception that left a fit or the script."""

    event: events.ExceptionRaised
    fit: int | None = None  # index of the fit in the run


@dataclass(eq=False)
class Gap:
    what: str
    since: float
    until: float | None
    reason: str
    lost: int | None = None


@dataclass(eq=False)
class Asked:
    """A request and what came of it."""

    request: events.Request
    answer: events.RequestAnswered | None = None


@dataclass(eq=False)
class Output:
    """Bytes of the script's output files at `now`."""

    stdout: int = 0
    stderr: int = 0


class Restored(events.Event):
    """What was folded of all events up to `at`. It comes first or not at all, and is never written down."""

    state: Run

    def __init__(self, at: float, state: Run) -> None:
        super().__init__(at=at)
        self.__dict__["state"] = state


MOST_GAPS = 1000

MOST_FAULTS = 100
"""Of each GPU that are remembered."""

MOST_REPLACED = 256
"""Programs that are remembered of those whose process id another one uses by now."""

_ODD = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
"""What a damaged event raises in the fold: facts and lists may hold anything. It is a gap then, and is shown as one."""


class Run:
    """What is known so far. See the module for its promise; `events` for the meaning and units of what it holds."""

    def __init__(self) -> None:
        self.events = 0
        self.now = 0.0
        self.schema: int | None = None
        self.started: events.RunStarted | None = None
        self.child: events.ChildStarted | None = None
        self.child_ended: events.ChildEnded | None = None
        self.lost: events.RunLost | None = None
        self.supervisor: events.SupervisorStarted | None = None
        self.supervisor_ended: events.SupervisorEnded | None = None
        self.first_at: float | None = None
        self.processes: dict[int, Process] = {}
        self.fits: list[Fit] = []
        self.host = Host()
        self.gpus: dict[str, Gpu] = {}
        self.gpu_problem: events.GpusUnreadable | None = None
        self.driver = ""
        self.allocators: dict[str, Allocator] = {}
        self.exceptions: list[Raised] = []
        self.epoch_lines: list[events.EpochLinePrinted] = []
        self.output = Output()
        self.requests: dict[str, Asked] = {}
        self.gaps: list[Gap] = []
        self.events_lost = 0
        self.agent_failures: Kept[events.AgentFailed] = Kept()
        self.warnings: Kept[events.WarningSeen] = Kept()
        self.traces: Kept[events.FunctionTraced] = Kept()
        self.iterators: Kept[events.IteratorEnded] = Kept()
        self.unknown: Counter[str] = Counter()
        self._wait = WaitEstimate()
        self._fits: dict[events.FitKey, Fit] = {}  # of two with one key, the newer
        self._replaced: dict[tuple[int, int], Process] = {}  # by process id and program

    # --- what is asked most often

    @property
    def id(self) -> str:
        return self.started.run if self.started else ""

    @property
    def name(self) -> str:
        return (self.started.name or self.started.run) if self.started else ""

    @property
    def status(self) -> str:
        """running, finished, failed, killed or lost."""
        if self.child_ended is not None:
            if self.child_ended.signal is not None:
                return "killed"
            if self.child_ended.exit_code is None:
                return "failed" if self.exceptions_of_script else "finished"
            return "failed" if self.child_ended.exit_code else "finished"
        return "lost" if self.lost is not None else "running"

    @property
    def started_at(self) -> float | None:
        return self.started.at if self.started else self.first_at

    @property
    def ended_at(self) -> float | None:
        if self.child_ended is not None:
            return self.child_ended.at
        return self.lost.at if self.lost is not None else None

    @property
    def exceptions_of_script(self) -> list[Raised]:
        return [each for each in self.exceptions if each.event.where == "script"]

    @property
    def framework(self) -> events.FrameworkSeen | None:
        """Of the first process that trains."""
        known = (process.framework for process in self.processes.values())
        return next((framework for framework in known if framework is not None), None)

    def process_of(self, fit: Fit) -> Process | None:
        """The process that runs the fit; None where it has not introduced itself."""
        newest = self.processes.get(fit.key[0])
        if newest is None or newest.program == fit.program:
            return newest
        return self._replaced.get((fit.key[0], fit.program))

    @property
    def training(self) -> list[Fit]:
        """The fits that train, in the order in which they began."""
        return [fit for fit in self.fits if fit.trains]

    @property
    def fit(self) -> Fit | None:
        """The fit to look at: the newest that trains, else the newest."""
        training = self.training
        return training[-1] if training else self.fits[-1] if self.fits else None

    @property
    def wait_estimate(self) -> WaitEstimate | None:
        """Input wait as guessed from outside; None where it was measured, or where nobody guessed."""
        if self._wait.first_at is None and not self._wait.reason:
            return None
        return None if any(fit.wait_measured for fit in self.training) else self._wait

    # --- the fold

    def apply(self, event: events.Event) -> None:
        """Take in one event. An unknown kind is counted and changes nothing else."""
        if isinstance(event, Restored):
            self.__dict__ = event.state.__dict__
            return
        self.events += 1
        self.now = max(self.now, event.at)
        if self.first_at is None and event.at:
            self.first_at = event.at
        try:
            self._take_in(event)
        except _ODD as error:
            self.events_lost += 1
            reason = f"{type(event).__name__} cannot be made sense of: {error}"
            self._gap(Gap("events", event.at, event.at, reason, 1))

    def _take_in(self, event: events.Event) -> None:
        handler = _HANDLERS.get(type(event))
        if handler is not None:
            handler(self, event)
        elif isinstance(event, events.AgentEvent):
            self._of_fit(event)
        elif isinstance(event, events.Request):
            self.requests[event.id] = Asked(event)
        else:
            self.unknown[event.name if isinstance(event, events.Unknown) else type(event).__name__] += 1

    def apply_all(self, those: Iterable[events.Event]) -> Run:
        for event in those:
            self.apply(event)
        return self

    def _of_fit(self, event: events.AgentEvent) -> None:
        number = getattr(event, "fit", None)
        fit = self._fits.get((event.pid, number)) if number is not None else None
        if fit is not None:
            fit.apply(event)

    def _journal_opened(self, event: events.JournalOpened) -> None:
        self.schema = event.schema

    def _run_started(self, event: events.RunStarted) -> None:
        self.started = event

    def _supervisor_started(self, event: events.SupervisorStarted) -> None:
        self.supervisor, self.supervisor_ended = event, None

    def _supervisor_ended(self, event: events.SupervisorEnded) -> None:
        self.supervisor_ended = event

    def _child_started(self, event: events.ChildStarted) -> None:
        self.child = event

    def _child_ended(self, event: events.ChildEnded) -> None:
        self.child_ended = event

    def _run_lost(self, event: events.RunLost) -> None:
        self.lost = event

    def _output_grew(self, event: events.OutputGrew) -> None:
        self.output = Output(event.stdout, event.stderr)

    def _epoch_line(self, event: events.EpochLinePrinted) -> None:
        self.epoch_lines.append(event)
        del self.epoch_lines[:-1000]

    def _events_lost(self, event: events.EventsLost) -> None:
        self.events_lost += event.count
        self._gap(Gap("events", event.since or event.at, event.at, event.reason, event.count))

    def _gap_recorded(self, event: events.GapRecorded) -> None:
        self._gap(Gap(event.what, event.since, event.until, event.reason))

    def _gap(self, gap: Gap) -> None:
        self.gaps.append(gap)
        del self.gaps[MOST_GAPS:]

    def _host_sampled(self, event: events.HostSampled) -> None:
        self.host.apply(event)

    def _wait_estimated(self, event: events.WaitEstimated) -> None:
        self._wait.apply(event)

    def _gpus_sampled(self, event: events.GpusSampled) -> None:
        if self.gpu_problem is not None:
            self._gpus_read_again(event.at)
        self.gpu_problem = None
        self.driver = event.driver or self.driver
        seen = set()
        for facts in event.gpus:
            uuid = str(facts.get("uuid") or facts.get("index"))
            seen.add(uuid)
            gpu = self.gpus.setdefault(uuid, Gpu(index=int(facts.get("index") or 0), uuid=uuid))
            gpu.apply(event.at, facts)
        for uuid, gpu in self.gpus.items():
            if uuid not in seen and gpu.lost_at is None:
                gpu.lost_at = event.at
        for fault in event.faults:
            if (faulty := self.gpus.get(str(fault.get("uuid")))) is not None and len(faulty.faults) < MOST_FAULTS:
                faulty.faults.append((event.at, int(fault["xid"])))

    def _gpus_unreadable(self, event: events.GpusUnreadable) -> None:
        if self.gpus:  # a machine without GPUs has no gap in its record of them
            self._gpus_read_again(event.at)
            self.gaps.append(Gap("gpus", event.at, None, event.reason))
            del self.gaps[MOST_GAPS:]
        self.gpu_problem = event

    def _gpus_read_again(self, at: float) -> None:
        """The gap in their record, if one is open, ends here."""
        for gap in self.gaps:
            if gap.what == "gpus" and gap.until is None:
                gap.until = at

    def _request_answered(self, event: events.RequestAnswered) -> None:
        asked = self.requests.get(event.request)
        if asked is not None:
            asked.answer = event

    def _agent_started(self, event: events.AgentStarted) -> None:
        known = self._process(event)
        if known.introduced and known.started.at != event.at:
            known = self._replace(known, event)
        known.started, known.introduced = event, True

    def _replace(self, process: Process, event: events.AgentStarted) -> Process:
        """Another program has this process id from now on."""
        process.ended_at = event.at if process.ended_at is None else process.ended_at
        self._replaced[event.pid, process.program] = process
        if len(self._replaced) > MOST_REPLACED:
            del self._replaced[next(iter(self._replaced))]
        self.processes[event.pid] = Process(event, program=process.program + 1)
        return self.processes[event.pid]

    def _framework_seen(self, event: events.FrameworkSeen) -> None:
        self._process(event).framework = event

    def _devices_seen(self, event: events.DevicesSeen) -> None:
        self._process(event).devices = event

    def _agent_ended(self, event: events.AgentEnded) -> None:
        self._process(event).ended_at = event.at

    def _process(self, event: events.AgentEvent) -> Process:
        introduced = events.AgentStarted(at=event.at, pid=event.pid)
        return self.processes.setdefault(event.pid, Process(introduced))

    def _agent_failed(self, event: events.AgentFailed) -> None:
        self.agent_failures.add(event)

    def _fit_started(self, event: events.FitStarted) -> None:
        key = (event.pid, event.fit)
        known = self._fits.get(key)
        if known is not None and known.started_at == event.at:
            return  # said again
        process = self.processes.get(event.pid)
        fit = Fit(key, len(self.fits), event, process.program if process is not None else 0)
        self._fits[key] = fit
        self.fits.append(fit)

    def _allocator_sampled(self, event: events.AllocatorSampled) -> None:
        for facts in event.devices:
            name = str(facts.get("name", "?"))
            self.allocators.setdefault(name, Allocator(name)).apply(event.at, facts)

    def _exception_raised(self, event: events.ExceptionRaised) -> None:
        fit = self._fits.get((event.pid, event.fit)) if event.fit is not None else None
        self.exceptions.append(Raised(event, fit.index if fit else None))
        del self.exceptions[100:]

    def _warning_seen(self, event: events.WarningSeen) -> None:
        self.warnings.add(event)
        self._of_fit(event)

    def _iterator_ended(self, event: events.IteratorEnded) -> None:
        self.iterators.add(event)
        self._of_fit(event)

    def _function_traced(self, event: events.FunctionTraced) -> None:
        self.traces.add(event)
        self._of_fit(event)


_HANDLERS: dict[type[events.Event], Callable[[Run, Any], None]] = {
    events.JournalOpened: Run._journal_opened,
    events.RunStarted: Run._run_started,
    events.SupervisorStarted: Run._supervisor_started,
    events.SupervisorEnded: Run._supervisor_ended,
    events.ChildStarted: Run._child_started,
    events.ChildEnded: Run._child_ended,
    events.RunLost: Run._run_lost,
    events.OutputGrew: Run._output_grew,
    events.EpochLinePrinted: Run._epoch_line,
    events.EventsLost: Run._events_lost,
    events.GapRecorded: Run._gap_recorded,
    events.HostSampled: Run._host_sampled,
    events.WaitEstimated: Run._wait_estimated,
    events.GpusSampled: Run._gpus_sampled,
    events.GpusUnreadable: Run._gpus_unreadable,
    events.RequestAnswered: Run._request_answered,
    events.AgentStarted: Run._agent_started,
    events.FrameworkSeen: Run._framework_seen,
    events.DevicesSeen: Run._devices_seen,
    events.AgentEnded: Run._agent_ended,
    events.AgentFailed: Run._agent_failed,
    events.FitStarted: Run._fit_started,
    events.AllocatorSampled: Run._allocator_sampled,
    events.ExceptionRaised: Run._exception_raised,
    events.WarningSeen: Run._warning_seen,
    events.FunctionTraced: Run._function_traced,
    events.IteratorEnded: Run._iterator_ended,
}
