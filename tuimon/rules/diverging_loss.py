"""The training loss grows and does not come back.

What it means: the loss is far above the best it has been, epoch after epoch. The steps are too large for where the
model is now: a learning rate that is too high, a warm-up that goes too far, or data that changed.

Why it matters: every further epoch makes the model worse; the best weights are behind you.

How it is decided: five epochs in a row at twice the best loss or more, rising or staying there; above a thousand times
the loss of the first epoch, or growing to that within an epoch, it is an error. Losses that can be negative, trainings
with a train step or added losses of their own (GANs, variational autoencoders), epochs of fewer than 200 rows out of
more, and losses below 5% of the first epoch's are not judged: Adam is unsteady where there is nothing left to learn.
Once the loss has come back, the finding is a note.

What to do: lower the learning rate, clip gradients (`clipnorm=1.0`), and go on from the best checkpoint.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, losses, sayings, signals
from tuimon.rules.curve import Point, best_before, curve
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class DivergingLoss:
    times: float = 2.0  # the best loss; TheDeepChecker
    epochs: int = 5  # in a row; TheDeepChecker
    strong: float = 1e3  # times the loss of the first epoch, an error; AutoTrainer's 1e3, made relative
    floor: float = 0.05  # of the first epoch's loss, below which growth does not count; own choice
    rows: int = 200  # per epoch, below which a sample of more data is mostly chance; own choice
    flat: float = 0.15  # spread of a loss that stays where it jumped to; own choice
    reports: int = 5  # within an epoch, each higher than the one before; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit)

    def of(self, fit: Fit) -> Iterator[Finding]:
        if losses.own_objective(fit) or any(loss.get("custom") for loss in losses.of(fit)) or fit.call != "fit":
            return
        points = [point for point in curve(fit) if not evidence.by_chance(fit, point.epoch, self.rows)]
        if any(point.value <= 0 for point in points[:1]):
            return
        found = self._exploded(fit, points) or self._rising_within(fit) or self._diverged(fit, points)
        if found is not None:
            yield found

    def _exploded(self, fit: Fit, points: list[Point]) -> Finding | None:
        far = next((point for point in points[1:] if point.value > self.strong * points[0].value), None)
        if far is None:
            return None
        over = points[-1].value <= self.strong * points[0].value
        message = (
            f"the loss is {sayings.number(far.value)} in epoch {far.epoch.index + 1}, "
            f"{sayings.number(far.value / points[0].value)} times that of the first (limit {self.strong:g} times)"
        )
        return self._finding(fit, far, message, over, error=True)

    def _rising_within(self, fit: Fit) -> Finding | None:
        """The loss runs away within the epoch that is running, or in which the training ended."""
        series, epoch = fit.metrics.get("loss"), fit.epoch
        if series is None or epoch is None or epoch.ended or len(series) <= self.reports:
            return None
        points = list(series)
        first, newest = points[0], points[-self.reports :]
        rising = all(one.last < other.last for one, other in itertools.pairwise(newest))
        if not rising or first.low <= 0 or newest[0].last <= self.strong * first.high:
            return None
        message = (
            f"the loss has grown to {sayings.number(newest[-1].last)} within epoch {epoch.index + 1}, "
            f"{sayings.number(newest[-1].last / first.high)} times its first value (limit {self.strong:g} times)"
        )
        return self._finding(fit, Point(epoch, newest[-1].last), message, over=False, error=True)

    def _diverged(self, fit: Fit, points: list[Point]) -> Finding | None:
        values = [point.value for point in points]
        best = best_before(values)
        start = self._start(values, best)
        if start is None:
            return None
        first = points[start]
        least = self._least(values, best[start])
        over = values[-1] < least
        run_on = next((i for i, value in enumerate(values[start:], start) if value < least), len(values))
        message = (
            f"the loss was at least {self.times:g} times its best of {sayings.number(best[start])} in "
            f"{sayings.epochs(point.epoch.index for point in points[start:run_on])}, up to "
            f"{sayings.number(max(values[start:run_on]))} (limit {sayings.count(self.epochs, 'epoch')})"
        )
        return self._finding(fit, first, message + ("; it has come back" if over else ""), over)

    def _start(self, values: Sequence[float], best: Sequence[float]) -> int | None:
        """Where the first stretch of bad epochs begins that is long enough and does not fall."""
        for start in range(1, len(values) - self.epochs + 1):
            if values[start] < self.times * best[start]:
                continue
            stretch = values[start : start + self.epochs]
            if min(stretch) < self._least(values, best[start]):
                continue
            falls = sum(other < one for one, other in itertools.pairwise(stretch))
            if falls <= 1 or max(stretch) - min(stretch) <= self.flat * max(stretch):
                return start
        return None

    def _least(self, values: Sequence[float], best: float) -> float:
        """The loss from which an epoch counts as bad."""
        return max(self.times * best, self.floor * values[0])

    def _finding(self, fit: Fit, first: Point, message: str, over: bool, error: bool = False) -> Finding:
        rate = first.epoch.learning_rate or (fit.model.learning_rate if fit.model else None)
        lower = f" (it is {rate:g}; try {rate / 10:g})" if rate else ""
        return Finding(
            rule="diverging-loss",
            severity="error" if error else "note" if over else "warning",
            message=message,
            advice=f"Lower the learning rate{lower} or clip gradients, and go on from the best checkpoint.",
            fit=fit.index,
            epoch=first.epoch.index,
            at=first.epoch.ended_at or first.epoch.started_at,
            numbers={"loss": first.value, "learning_rate": rate},
            over=over,
        )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, signals.has_loss, signals.NO_LOSS)
