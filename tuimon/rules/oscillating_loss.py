"""The training loss swings up and down and gets nowhere.

What it means: for many epochs the loss has jumped far above its best and back, without a new best. The steps are so
large that they leap over the valley they should go down.

Why it matters: which weights you end up with is luck.

How it is decided: at least eight epochs; no new best for five; since the best, swings of more than 0.3 of the mean
loss and of a tenth of the first epoch's loss, with at least two turns; and the median of the last three epochs 1.2
times the best or more. A loss that has all but vanished, trainings with their own train step or loss, epochs of fewer
than four steps or of fewer than 200 rows out of more, and learning rates that are raised again on purpose (cycles,
restarts) are not judged. The validation loss is never used.

What to do: lower the learning rate or the momentum, or let the rate decay.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from tuimon.rules import evidence, losses, sayings, signals
from tuimon.rules.curve import Point, curve
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Fit, Run


@dataclass
class Swing:
    """What the loss did since its best. A move counts as a turn when it is large enough, and back."""

    best: float
    epochs: int = 0
    highest: float = -math.inf
    total: float = 0.0
    turns: int = 0
    _direction: int = 0
    _pivot: float | None = None

    def followed_by(self, value: float, turn: float) -> Swing:
        self.epochs += 1
        self.total += value
        self.highest = max(self.highest, value)
        move = 0.0 if self._pivot is None else value - self._pivot
        if self._pivot is None or abs(move) >= turn * self.best:
            direction = (move > 0) - (move < 0)
            self.turns += self._direction not in (0, direction)
            self._direction, self._pivot = direction, value
        return self

    @property
    def height(self) -> float:
        return self.highest - self.best

    @property
    def mean(self) -> float:
        return self.total / self.epochs


@dataclass(frozen=True)
class OscillatingLoss:
    epochs: int = 8  # before it is judged; own choice
    without_best: int = 5  # epochs since the best; own choice
    swing: float = 0.3  # highest minus best, of the mean loss since the best; own choice
    of_first: float = 0.1  # the same, of the first epoch's loss; own choice
    turn: float = 0.2  # of the best loss, what a move must be to count as a turn; own choice
    above_best: float = 1.2  # median of the last three epochs, in times of the best; own choice
    vanished: float = 1e-3  # of the first loss, below which nothing is judged; own choice
    rows: int = 200  # per epoch, below which a sample of more data is mostly chance; own choice
    steps: int = 4  # per epoch, below which one batch makes the loss; own choice
    raised: float = 2.0  # times that the learning rate rises within the fit, which is a cycle; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit)

    def of(self, fit: Fit) -> Iterator[Finding]:
        if fit.call != "fit" or losses.own_objective(fit) or any(loss.get("custom") for loss in losses.of(fit)):
            return
        points = [
            point
            for point in curve(fit)
            if point.epoch.steps >= self.steps and not evidence.by_chance(fit, point.epoch, self.rows)
        ]
        if len(points) < self.epochs or fit.summed.epochs or self._cycles(points):
            return  # where epochs are not kept, their best loss is not known
        verdicts = list(self._swings([point.value for point in points]))
        if True in verdicts:
            yield self._finding(fit, points, verdicts.index(True), over=not verdicts[-1])

    def _swings(self, values: Sequence[float]) -> Iterator[bool]:
        """For each value, whether the loss swings as of then."""
        swing = Swing(values[0])
        for index, value in enumerate(values):
            swing = Swing(value) if value < swing.best else swing.followed_by(value, self.turn)
            yield (
                index + 1 >= self.epochs
                and swing.epochs >= self.without_best
                and swing.turns >= 2
                and swing.best > self.vanished * values[0]
                and swing.height > max(self.swing * swing.mean, self.of_first * values[0])
                and median(values[max(0, index - 2) : index + 1]) >= self.above_best * swing.best
            )

    def _cycles(self, points: list[Point]) -> bool:
        """The learning rate was raised again after it had fallen."""
        rates = [point.epoch.learning_rate for point in points if point.epoch.learning_rate]
        highest = lowest = rates[0] if rates else 0.0
        for rate in rates:
            if rate < highest:
                lowest = min(lowest, rate)
                if rate >= self.raised * lowest:
                    return True
            else:
                if rate >= self.raised * lowest and lowest < highest:
                    return True
                highest = lowest = rate
        return False

    def _finding(self, fit: Fit, points: list[Point], first: int, over: bool) -> Finding:
        values = [point.value for point in points]
        best = min(values)
        since = values[values.index(best) + 1 :] or values[first:]
        last, rate = points[first].epoch, points[first].epoch.learning_rate
        lower = f" (it is {rate:g}; try {rate / 10:g})" if rate else ""
        return Finding(
            rule="oscillating-loss",
            severity="warning",
            message=(
                f"the loss swings between {sayings.number(min(since))} and {sayings.number(max(since))} since its best "
                f"of {sayings.number(best)}, {len(since)} epochs ago (limit {self.without_best} epochs, "
                f"swings of {sayings.share(self.swing)})"
            ),
            advice=f"Lower the learning rate{lower} or the momentum, or let the rate decay.",
            fit=fit.index,
            epoch=last.index,
            at=last.ended_at,
            numbers={"best": best, "highest": max(since), "learning_rate": rate},
            over=over,
        )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, signals.has_loss, signals.NO_LOSS)
