"""A run: everything that its journal says, folded into what is known now.

`Run.apply` changes the run in place. The same events give the same state, live or replayed: nothing here reads a clock,
a file or the environment. `now` is the time of the newest event.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from tuimon import events
from tuimon.state.estimate import WaitEstimate
from tuimon.state.fit import Fit, Kept, named
from tuimon.state.keeping import MOST_PROCESSES, Keeping, Summed, plus
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
    asleep: float = 0.0  # seconds of it in which the machine slept
    pid: int | None = None  # of the process that did not run, where it is one


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
    """What was folded of all events up to `at`. It comes first, or where a journal turns out to be
    another one; it is never written down."""

    state: Run

    def __init__(self, at: float, state: Run) -> None:
        super().__init__(at=at)
        self.__dict__["state"] = state


MOST_GAPS = 1000

MOST_MET = 4
"""Of the newest times without a supervisor that what a process tells of its own is held against."""

MOST_AT_ONCE = 8
"""Fits of one process that go on at the same time, one within the other, and are held up when it is."""

MOST_EXCEPTIONS = 50
"""Of the first exceptions, and of the newest."""

MOST_NAMES = 256
"""Processes, GPUs, allocators, and kinds of events that this version does not know."""

MOST_REQUESTS = 1000

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
        self.fits: list[Fit] = []  # those that are kept one by one, in the order in which they began
        self.fits_begun = 0
        self.summed = Summed()  # the others
        self.last_fit_at: dict[int, float] = {}  # process → when its newest fit began
        self.left_out: dict[str, int] = {}  # what there was too much of → how many of them are not kept
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
        self.remaining: list[int] = []  # processes that train on after the script
        self.left: list[int] = []  # what of the run is alive after the script, whether or not it trains
        self.trained_until: float | None = None  # by what outlived the script
        self.processes_ended: dict[int, events.ProcessEnded] = {}
        self.clock_set: events.ClockSet | None = None  # the last time that the machine's clock was
        self.events_lost = 0
        self.agent_failures: Kept[events.AgentFailed] = Kept()
        self.warnings: Kept[events.WarningSeen] = Kept()
        self.traces: Kept[events.FunctionTraced] = Kept()
        self.iterators: Kept[events.IteratorEnded] = Kept()
        self.unknown: Counter[str] = Counter()
        self._wait = WaitEstimate()
        self._fits: dict[events.FitKey, Fit] = {}  # of two with one key, the newer
        self._replaced: dict[tuple[int, int], Process] = {}  # by process id and program
        self._keeping = Keeping()
        self._summed_until: dict[int, int] = {}  # process → highest number of its fits that are not kept

    # --- what is asked most often

    @property
    def id(self) -> str:
        return self.started.run if self.started else ""

    @property
    def name(self) -> str:
        return (self.started.name or self.started.run) if self.started else ""

    @property
    def status(self) -> str:
        """running, finished, failed, killed or lost. A run goes on as long as what its script has left trains."""
        if self.remaining:
            return "running"
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
        if self.remaining:
            return None
        if self.child_ended is not None:
            return max(self.child_ended.at, self.trained_until or 0.0)
        return self.lost.at if self.lost is not None else None

    def goes_on(self, pid: int) -> bool:
        """Nobody has seen the process end, nor the run."""
        process = self.processes.get(pid)
        if (process is not None and process.ended_at is not None) or pid in self.processes_ended:
            return False
        return pid in self.remaining or (self.child_ended is None and self.lost is None)

    def stopped(self, pid: int) -> Gap | None:
        """Since when and why the process does not run at the moment."""
        for gap in self.gaps:
            if gap.pid == pid and gap.until is None and gap.what == "training":
                return gap
        return None

    def stops(self, pid: int) -> list[Gap]:
        """When the process did not run, and why."""
        return [gap for gap in self.gaps if gap.what in ("everything", "training") and gap.pid in (None, pid)]

    def not_running(self, pid: int, since: float, until: float, measured: bool = False) -> float:
        """Seconds between these times in which the process could not run: it was stopped, or the machine slept.

        With `measured`, those that measured durations hold: sleep is none of them.
        """
        spans, asleep = [], 0.0
        for gap in self.stops(pid):
            begin, end = max(gap.since, since), min(self.now if gap.until is None else gap.until, until)
            if end > begin:
                spans.append((begin, end))
                asleep += min(gap.asleep, end - begin)
        covered, reached = 0.0, since
        for begin, end in sorted(spans):
            covered += max(0.0, end - max(begin, reached))
            reached = max(reached, end)
        return max(0.0, covered - asleep) if measured else covered

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
        """The fits that train and are kept, in the order in which they began."""
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
        measured = self.summed.wait_measured or any(fit.wait_measured for fit in self.training)
        return None if measured else self._wait

    @property
    def trained(self) -> int:
        """How many fits that train have begun."""
        return self.summed.training + len(self.training)

    @property
    def epochs_done(self) -> int:
        """Of all fits that train, as are steps and samples."""
        return self.summed.epochs_done + sum(fit.epochs_done for fit in self.training)

    @property
    def steps_done(self) -> int:
        return self.summed.steps_done + sum(fit.steps_done for fit in self.training)

    @property
    def samples_done(self) -> int | None:
        """None as soon as those of one fit are not known."""
        done = self.summed.samples_done
        for fit in self.training:
            done = plus(done, fit.samples_done)
        return done

    def fit_at(self, index: int | None) -> Fit | None:
        """The fit of this index, if it is kept."""
        if index is None:
            return None
        place = bisect_left(self.fits, index, key=lambda fit: fit.index)
        return self.fits[place] if place < len(self.fits) and self.fits[place].index == index else None

    def training_at(self, at: float) -> Fit | None:
        """The newest fit that trained by this time; None where that is not known, because it may not be kept."""
        following = self.fits_begun
        for fit in reversed(self.fits):
            if fit.trains and fit.started_at <= at:
                over = fit.ended is not None and fit.ended.at < at
                return None if over and following != fit.index + 1 and self.summed.training else fit
            following = fit.index
        return None

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
            if len(self.requests) > MOST_REQUESTS:
                del self.requests[next(iter(self.requests))]
                self._leave_out("requests")
        else:
            name = named(event.name) if isinstance(event, events.Unknown) else type(event).__name__
            if self._has_room(self.unknown, name, "events of unknown kinds"):
                self.unknown[name] += 1

    def _leave_out(self, what: str) -> None:
        self.left_out[what] = self.left_out.get(what, 0) + 1

    def _has_room(self, kept: Mapping[Any, object], name: object, what: str) -> bool:
        """For one of this name."""
        if name in kept or len(kept) < MOST_NAMES:
            return True
        self._leave_out(what)
        return False

    def apply_all(self, those: Iterable[events.Event]) -> Run:
        for event in those:
            self.apply(event)
        return self

    def _of_fit(self, event: events.AgentEvent) -> None:
        number = getattr(event, "fit", None)
        fit = self._fits.get((event.pid, number)) if number is not None else None
        if fit is not None:
            fit.apply(event)
        elif number is not None and number <= self._summed_until.get(event.pid, 0):
            self._of_summed(event)

    def _of_summed(self, event: events.AgentEvent) -> None:
        """It belongs to a fit that is not kept although it goes on, because very many do."""
        if isinstance(event, events.StepsEnded):
            self.summed.steps_done += event.steps
            self.summed.samples_done = plus(self.summed.samples_done, event.samples)
        elif isinstance(event, events.EpochEnded):
            self.summed.epochs_done += 1
            self.summed.seconds = plus(self.summed.seconds, event.seconds)
            self.summed.wait = plus(self.summed.wait, event.wait)

    def _journal_opened(self, event: events.JournalOpened) -> None:
        self.schema = event.schema

    def _run_started(self, event: events.RunStarted) -> None:
        self.started = event

    def _supervisor_started(self, event: events.SupervisorStarted) -> None:
        self.supervisor, self.supervisor_ended = event, None

    def _processes_remained(self, event: events.ProcessesRemained) -> None:
        if self.remaining or event.training:
            self.trained_until = event.at
        self.remaining, self.left = list(event.training), list(event.pids)

    def _process_ended(self, event: events.ProcessEnded) -> None:
        if self._has_room(self.processes_ended, event.pid, "ends of processes"):
            self.processes_ended[event.pid] = event
        self._continued(event.pid, event.at)

    def _process_stopped(self, event: events.ProcessStopped) -> None:
        if self.stopped(event.pid) is None:
            self._gap(Gap("training", event.since, None, event.reason, pid=event.pid))

    def _process_continued(self, event: events.ProcessContinued) -> None:
        self._continued(event.pid, event.at)

    def _continued(self, pid: int, at: float) -> None:
        gap = self.stopped(pid)
        if gap is not None:
            gap.until = at
            self._hold(gap)

    def _clock_set(self, event: events.ClockSet) -> None:
        self.clock_set = event

    def _supervisor_ended(self, event: events.SupervisorEnded) -> None:
        self.supervisor_ended = event

    def _child_started(self, event: events.ChildStarted) -> None:
        self.child = event

    def _child_ended(self, event: events.ChildEnded) -> None:
        self.child_ended = event
        self._continued(event.pid, event.at)

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
        if event.what == "agent":
            self._agent_gap(event)
        else:
            self._gap(Gap(event.what, event.since, event.until, event.reason, asleep=event.asleep or 0.0))

    def _agent_gap(self, event: events.GapRecorded) -> None:
        """A process says that it did not run: nobody else can, of a time without a supervisor."""
        met = [
            gap
            for gap in self.gaps
            if gap.until is not None and gap.until > event.since and gap.since < event.until and gap.what == "host"
        ]
        for gap in met[-MOST_MET:]:
            since, until = max(gap.since, event.since), min(gap.until or 0.0, event.until)
            if until > since:
                asleep = min(event.asleep or 0.0, until - since)
                self._gap(Gap("training", since, until, event.reason, asleep=asleep, pid=event.pid))

    def _gap(self, gap: Gap) -> None:
        if len(self.gaps) >= MOST_GAPS:
            self._leave_out("gaps")
        self.gaps.append(gap)
        if len(self.gaps) > MOST_GAPS:
            del self.gaps[MOST_GAPS // 2]
        if gap.what in ("everything", "training"):
            self._hold(gap)

    def _hold(self, gap: Gap) -> None:
        if gap.until is not None:
            going_on = (fit for fit in reversed(self.fits) if fit.ended is None and gap.pid in (None, fit.key[0]))
            for fit in islice(going_on, None if gap.pid is None else MOST_AT_ONCE):
                fit.hold(gap.since, gap.until, gap.asleep)

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
            if not self._has_room(self.gpus, uuid, "readings of further GPUs"):
                continue
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
            self._gap(Gap("gpus", event.at, None, event.reason))
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
        ended = known.ended_at is not None and event.at > known.ended_at
        if ended or (known.introduced and known.started.at != event.at):
            known = self._replace(known, event)
        known.started, known.introduced = event, True

    def _replace(self, process: Process, event: events.AgentStarted) -> Process:
        """Another program has this process id from now on."""
        process.ended_at = event.at if process.ended_at is None else process.ended_at
        self._replaced[event.pid, process.program] = process
        if len(self._replaced) > MOST_REPLACED:
            del self._replaced[next(iter(self._replaced))]
        self._summed_until.pop(event.pid, None)
        self.processes_ended.pop(event.pid, None)
        self.processes[event.pid] = Process(event, program=process.program + 1)
        return self.processes[event.pid]

    def _framework_seen(self, event: events.FrameworkSeen) -> None:
        self._process(event).framework = event

    def _devices_seen(self, event: events.DevicesSeen) -> None:
        self._process(event).devices = event

    def _agent_ended(self, event: events.AgentEnded) -> None:
        self._process(event).ended_at = event.at

    def _process(self, event: events.AgentEvent) -> Process:
        process = self.processes.get(event.pid)
        if process is None:
            if len(self.processes) >= MOST_NAMES:
                self._forget_process()
            process = self.processes[event.pid] = Process(events.AgentStarted(at=event.at, pid=event.pid))
        return process

    def _forget_process(self) -> None:
        """The first one that has ended, beside those that the run began with; its fits are over."""
        later = list(self.processes)[MOST_NAMES // 4 :]
        pid = next((each for each in later if self.processes[each].ended_at is not None), later[0])
        for fit in [fit for fit in self.fits if fit.key[0] == pid and fit.ended is None]:
            self._keeping.drop(fit)
            self._sum_up(fit)
        del self.processes[pid]
        self._leave_out("processes")

    def _agent_failed(self, event: events.AgentFailed) -> None:
        self.agent_failures.add(event)

    def _fit_started(self, event: events.FitStarted) -> None:
        key = (event.pid, event.fit)
        known = self._fits.get(key)
        process = self.processes.get(event.pid)
        program = process.program if process is not None else 0
        if known is None:
            told_again = event.fit <= self._summed_until.get(event.pid, 0)
        else:  # after its end, it is one of a new process that has got the same number
            told_again = known.program == program and (known.ended is None or event.at <= known.ended.at)
        if told_again:
            return
        fit = Fit(key, self.fits_begun, event, program)
        self.fits_begun += 1
        self._fits[key] = fit
        self.fits.append(fit)
        self.last_fit_at[event.pid] = max(self.last_fit_at.pop(event.pid, event.at), event.at)
        if len(self.last_fit_at) > MOST_PROCESSES:
            del self.last_fit_at[next(iter(self.last_fit_at))]
        self._give_way(self._keeping.begin(fit))

    def _fit_ended(self, event: events.FitEnded) -> None:
        self._of_fit(event)
        fit = self._fits.get((event.pid, event.fit))
        if fit is not None:
            self._give_way(self._keeping.ended(fit))

    def _give_way(self, index: int | None) -> None:
        """This fit is no longer among the newest: it is kept for what it stands out by, or goes into the sums."""
        fit = self.fit_at(index)
        if fit is None:
            return
        kinds = self._keeping.kinds(fit, self._over(fit))
        if self._keeping.put_aside(fit, kinds):
            return
        if kinds == ["running"]:  # in the place of another one
            longest = self._longest_silent()
            self._keeping.drop(longest)
            self._keeping.put_aside(fit, kinds)
            over = self._over(longest)
            fit, kinds = longest, self._keeping.kinds(longest, over)
            if over and self._keeping.put_aside(fit, kinds):
                return
        self._sum_up(fit, kinds)

    def _longest_silent(self) -> Fit:
        """Of the fits that are kept because they run, one whose process has ended, else the one heard of least."""
        running = [fit for fit in self.fits if self._keeping.aside.get(fit.index) == "running"]
        return min(running, key=lambda fit: (not self._over(fit), fit.progress_at))

    def _over(self, fit: Fit) -> bool:
        process = self.process_of(fit)
        ended_at = process.ended_at if process is not None else None
        return fit.ended is not None or (ended_at is not None and ended_at >= fit.started_at)

    def _sum_up(self, fit: Fit, kinds: Sequence[str] = ()) -> None:
        """Keep no more of this fit than its part of the sums."""
        self.summed.add(fit, kinds)
        self._keeping.leave_line(fit)
        del self.fits[bisect_left(self.fits, fit.index, key=lambda fit: fit.index)]
        pid, number = fit.key
        if self._fits.get(fit.key) is fit:
            del self._fits[fit.key]
        process = self.processes.get(pid)
        if process is None or fit.program == process.program:  # else it is of one that had the same number
            self._summed_until[pid] = max(self._summed_until.pop(pid, 0), number)
            if len(self._summed_until) > MOST_PROCESSES:
                del self._summed_until[next(iter(self._summed_until))]
        outer = self._fits.get((pid, fit.started.inside)) if fit.started.inside is not None else None
        if outer is not None:
            outer.called(fit, fit.ended.at if fit.ended is not None else fit.progress_at)

    def _allocator_sampled(self, event: events.AllocatorSampled) -> None:
        for facts in event.devices:
            name = named(str(facts.get("name", "?")))
            if not self._has_room(self.allocators, name, "readings of further allocators"):
                continue
            self.allocators.setdefault(name, Allocator(name)).apply(event.at, facts)

    def _exception_raised(self, event: events.ExceptionRaised) -> None:
        fit = self._fits.get((event.pid, event.fit)) if event.fit is not None else None
        self.exceptions.append(Raised(event, fit.index if fit else None))
        if len(self.exceptions) > 2 * MOST_EXCEPTIONS:
            del self.exceptions[MOST_EXCEPTIONS]
            self._leave_out("exceptions")

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
    events.ProcessesRemained: Run._processes_remained,
    events.ProcessEnded: Run._process_ended,
    events.ProcessStopped: Run._process_stopped,
    events.ProcessContinued: Run._process_continued,
    events.ClockSet: Run._clock_set,
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
    events.FitEnded: Run._fit_ended,
    events.AllocatorSampled: Run._allocator_sampled,
    events.ExceptionRaised: Run._exception_raised,
    events.WarningSeen: Run._warning_seen,
    events.FunctionTraced: Run._function_traced,
    events.IteratorEnded: Run._iterator_ended,
}
