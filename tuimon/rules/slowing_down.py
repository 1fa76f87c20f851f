"""Steps take longer and longer.

What it means: something grows with the steps: a list that is searched, a graph that is added to, a file that is read
from its start, memory that begins to swap.

Why it matters: the end of the training is further away than it was promised, and often memory grows along.

How it is decided: the training so far is cut into four parts. The median step time rises from each to the next, and in
the last it is more than twice that of the first and at least 5 ms more, over at least 100 steps; even the fastest steps
of the last part are slower than that of the first, and it goes up rather than up and down: of two reports the later is
the slower one in 85 of 100 pairs. A machine that others began to use meanwhile is not reported.

What to do: look for work in callbacks or in the generator that grows (appending to a list, `np.append`, `pd.concat`),
and for new ops or layers made inside the loop.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings, trend
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.series import Series
    from tuimon.state import Fit, Run

PARTS = 4


@dataclass(frozen=True)
class SlowingDown:
    times: float = 2.0  # the first part's median; own choice, checked on steps that grow from 0 to 60 ms
    seconds: float = 0.005  # per step, more than at first; own choice
    steps: int = 100  # own choice
    skipped: int = 10  # first steps, which trace and fill buffers; own choice
    pairs: float = 0.85  # of the pairs of reports, in which the later is slower; own choice, noise has 0.5
    stopped: float = 0.1  # of the time, in which the process did not run; own choice
    others: float = 0.2  # of the machine's cores that others use more than at first; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            if fit.steps_done < self.steps or not self._slower(fit):
                continue
            points = fit.step_seconds.between(self.skipped, math.inf)
            if len(points) < 2 * PARTS:
                continue
            seconds = [point.last for point in points]
            parts = trend.windows(seconds, PARTS)
            first, last = parts[0], parts[-1]
            if not trend.rising(parts) or last <= self.times * first or last - first < self.seconds:
                continue
            if trend.growing(seconds) < self.pairs:
                continue
            fastest = min(point.low for point in points[-len(points) // PARTS :])
            if fastest <= first or self._others_came(run, fit) or self._stopped(run, fit):
                continue
            yield Finding(
                rule="slowing-down",
                severity="warning",
                message=f"a step takes {sayings.duration(last)}, at first it took {sayings.duration(first)} "
                f"(limit {self.times:g} times), rising all the while",
                advice="Look for work that grows with every step: lists that are appended to or searched, np.append, "
                "new ops made inside the loop.",
                fit=fit.index,
                epoch=fit.epochs[0].index if fit.epochs else None,
                step=self.skipped,
                at=fit.started_at,
                numbers={"first": first, "last": last, "parts": parts},
            )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: len(fit.step_seconds), "steps were not timed")

    def _slower(self, fit: Fit) -> bool:
        """The newest steps are slower than the first ones: only then is it worth to look at all."""
        newest, low = fit.step_seconds.newest(PARTS), fit.step_seconds.low
        return bool(newest) and low is not None and max(point.last for point in newest) - low >= self.seconds

    def _stopped(self, run: Run, fit: Fit) -> bool:
        """Steps hold much time in which the process was stopped: a scheduler gives the machine to several in turn."""
        until = fit.ended.at if fit.ended else run.now
        stopped = run.not_running(fit.key[0], fit.started_at, until, measured=True)
        return stopped > self.stopped * (until - fit.started_at)

    def _others_came(self, run: Run, fit: Fit) -> bool:
        """Other programs use much more of the machine than at first."""
        latest, until = run.host.latest, fit.ended.at if fit.ended else run.now
        if latest is None or not latest.cores:
            return False
        quarter = (until - fit.started_at) / PARTS
        before = self._others(run, latest.cores, fit.started_at, fit.started_at + quarter)
        after = self._others(run, latest.cores, until - quarter, until)
        return before is not None and after is not None and after - before > self.others

    def _others(self, run: Run, cores: int, since: float, until: float) -> float | None:
        machine, own = _mean(run.host.cpu_ratio, since, until), _mean(run.host.cpu_cores, since, until)
        return None if machine is None or own is None else max(0.0, machine - own / cores)


def _mean(series: Series, since: float, until: float) -> float | None:
    points = series.between(since, until)
    return sum(point.last for point in points) / len(points) if points else None
