"""Training has not moved for a long time, although the process is alive.

What it means: no step, no validation batch and no epoch end for much longer than a step takes. Usually the input
pipeline is blocked (a read that hangs, a worker that died), or a collective operation waits for a peer.

Why it matters: the job holds its machine and does nothing; a queue may kill it in the end.

How it is decided: a warning after 60 s or 20 times the median step, whichever is more; an error after ten times that.
Before the first step (tracing, filling buffers), in callbacks, while saving and between epochs ten times as long is
allowed, and three times the longest pause of that kind that went by before. A pause that is over stays listed.
Time in which the process could not run is not counted: the machine slept, or somebody stopped the process. As long as
it is stopped, a note says so.

What to do: the stacks of the process show where it waits: press the key for stacks, or run `py-spy dump`. If it waits
for data, look at the file system and at worker processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding, Severity
from tuimon.state import Pause

if TYPE_CHECKING:
    from tuimon.state import Fit, Run

STEADY = ("training", "validating", "waiting")
"""Phases in which something should move all the time."""


_ADVICE = {
    "stopped by a signal": "`kill -CONT {pid}` lets it go on. Whoever stopped it may want to do that: a job scheduler, "
    "say, or a shell that has put it into the background, where it may not read from the terminal.",
    "held by a debugger": "It goes on when the debugger lets it.",
    "frozen with its control group": "It goes on when the group is thawed: by the job scheduler, or `docker unpause`.",
}


class Long(NamedTuple):
    """A pause that was too long. `length` is without the `held` seconds in which the process could not run."""

    pause: Pause
    length: float
    allowed: float
    held: float


@dataclass(frozen=True)
class Stalled:
    after: float = 60.0  # seconds; SageMaker waits 1,800 s, which wastes half an hour
    steps: float = 20.0  # times the median step; own choice
    error_times: float = 10.0  # the limit of the warning; own choice
    patience: float = 10.0  # times the limit, outside of steady training; own choice
    again: float = 3.0  # times the longest pause of the same kind before; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            found = self._held(run, fit) or self._of(run, fit)
            if found is not None:
                yield found

    def unjudged(self, run: Run) -> str | None:
        if not run.training:
            return evidence.NO_TRAINING
        foreign = run.started is not None and run.started.source not in ("run", "attach") and not run.processes
        return "a foreign log does not tell when nothing happens" if foreign else None

    def _held(self, run: Run, fit: Fit) -> Finding | None:
        """The process is stopped now: nothing is wrong with the training."""
        gap = run.stopped(fit.key[0]) if self._goes_on(run, fit) else None
        length = run.now - gap.since if gap is not None else 0.0
        if gap is None or length <= self.after:
            return None
        pid, epoch = fit.key[0], fit.epoch
        return Finding(
            rule="stalled",
            severity="note",
            message=f"the process has not run for {sayings.duration(length)} (limit {sayings.duration(self.after)}): "
            f"it is {gap.reason}",
            advice=_ADVICE.get(gap.reason, "").format(pid=pid),
            fit=fit.index,
            epoch=epoch.index if epoch else None,
            step=epoch.steps if epoch else None,
            at=gap.since,
            numbers={"seconds": length, "limit": self.after, "reason": gap.reason},
        )

    def _of(self, run: Run, fit: Fit) -> Finding | None:
        limit = self._limit(fit)
        earlier: dict[str, float] = {}
        long: list[Long] = []
        for pause in [*fit.pauses, *self._now(run, fit)]:
            kind = "steady" if self._steady(fit, pause) else pause.phase
            allowed = limit if kind == "steady" else max(self.patience * limit, self.again * earlier.get(kind, 0.0))
            held = run.not_running(fit.key[0], pause.since, pause.until)
            length = pause.until - pause.since - held
            if length > allowed and not self._excused(run, fit, pause):
                long.append(Long(pause, length, allowed, held))
            elif pause.over:
                earlier[kind] = max(earlier.get(kind, 0.0), length)
        return self._finding(run, fit, long) if long else None

    def _finding(self, run: Run, fit: Fit, long: list[Long]) -> Finding:
        first = long[0].pause
        shown, length, allowed, held = max(long, key=lambda each: (not each.pause.over, each.length))
        severity: Severity = "error" if length > self.error_times * allowed else "warning"
        more = f"; {len(long)} such pauses" if len(long) > 1 else ""
        apart = f", {sayings.duration(held)} in which the process could not run not counted" if held >= 1 else ""
        return Finding(
            rule="stalled",
            severity=severity
            if fit.call == "fit"
            else "note",  # after a loop of the user's own there may be other work
            message=f"{self._what(shown)} for {sayings.duration(length)} (limit {sayings.duration(allowed)}{apart})"
            f"{self._where(shown)}{self._cause(run, shown)}{more}",
            advice="The stacks of all threads show where it waits: press the key for stacks in tuimon, or run "
            f"`py-spy dump --pid {fit.key[0]}`.",
            fit=fit.index,
            epoch=first.epoch,
            step=first.step,
            at=first.since,
            numbers={"seconds": length, "limit": allowed, "pauses": len(long)},
            over=shown.over,
        )

    def _limit(self, fit: Fit) -> float:
        points = fit.step_seconds.newest(200)
        return max(self.after, self.steps * median(point.last for point in points)) if points else self.after

    def _now(self, run: Run, fit: Fit) -> list[Pause]:
        """The pause that goes on now."""
        if not self._goes_on(run, fit):
            return []
        moved = max(other.progress_at for other in run.fits if self._same(other, fit))
        moved = max(moved, fit.calls_until)  # of calls that are not kept
        epoch = fit.epoch
        index, step = (epoch.index, epoch.steps) if epoch else (None, None)
        return [Pause(moved, run.now, fit.phase, index, step, over=False)]

    def _goes_on(self, run: Run, fit: Fit) -> bool:
        process = run.process_of(fit)
        replaced = process is not None and process.ended_at is not None  # another program has its process id
        return fit.ended is None and not replaced and run.goes_on(fit.key[0])

    def _same(self, other: Fit, fit: Fit) -> bool:
        """The fit itself, or a call that a callback of it made, such as predict."""
        return other is fit or (
            (other.key[0], other.program, other.started.inside) == (fit.key[0], fit.program, fit.key[1])
        )

    def _steady(self, fit: Fit, pause: Pause) -> bool:
        """Steps or validation batches were going by; nothing is traced or filled any more."""
        first = fit.epochs[0].index if fit.epochs else None
        again = pause.phase == "tracing" and pause.epoch != first  # what is traced by then should not take long
        if not (pause.phase in STEADY or again) or not pause.step or fit.call != "fit":
            return False
        if pause.phase == "validating":
            return any(epoch.validation and epoch.validation.ended_at for epoch in fit.epochs[:2])
        return True

    def _excused(self, run: Run, fit: Fit, pause: Pause) -> bool:
        """A call made from a callback was working meanwhile."""
        worked = fit.calls_in_pauses.get(pause.since, 0.0)
        for other in run.fits:
            if other is not fit and self._same(other, fit):
                ended = other.ended.at if other.ended else run.now
                worked += max(0.0, min(ended, pause.until) - max(other.started_at, pause.since))
        return worked > (pause.until - pause.since) / 2

    def _what(self, pause: Pause) -> str:
        return {
            "validating": "no validation batch",
            "starting": "no first step",
            "tracing": "still tracing the model",
            "filling": "still filling the buffers",
            "saving": "still saving",
            "callbacks": "still in callbacks",
            "between": "no new epoch",
        }.get(pause.phase, "no step")

    def _where(self, pause: Pause) -> str:
        if pause.epoch is None:
            return ""
        return f" in epoch {pause.epoch + 1}" + (f" after step {pause.step}" if pause.step else "")

    def _cause(self, run: Run, pause: Pause) -> str:
        points = run.host.cpu_cores.between(pause.since, pause.until)
        if pause.phase == "waiting":
            return ": it waits for data"
        if len(points) < 3:
            return ""
        cores = median(point.last for point in points)
        if cores >= 0.8:
            return f": the processor is busy ({cores:.1f} cores), so it computes, traces or compiles"
        return ": the processor is idle, so it waits, probably for data" if cores < 0.2 else ""
