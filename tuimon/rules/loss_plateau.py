"""The training loss has stopped improving.

What it means: over the last epochs the best loss has hardly changed. The model may have learned what there is to
learn, the labels may hold no more information, or the learning rate no longer suits.

Why it matters: further epochs may be a waste. This is a remark, never an alarm: a plateau is the normal end of a
training, and random labels have nothing but a plateau.

How it is decided: the best loss improved by less than 1% over the last five epochs, or over a fifth of the planned
epochs where that is more. A loss within a thousandth of where it began counts as learned and is not reported.

What to do: if the result is not good enough, look at the other findings first, then try another learning rate or a
larger model. `EarlyStopping` and `ReduceLROnPlateau` act on a plateau by themselves.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings, signals
from tuimon.rules.curve import Point, curve
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class LossPlateau:
    improvement: float = 0.01  # of the best loss; own choice (TheDeepChecker asks for 5%)
    epochs: int = 5  # over which it is judged; TheDeepChecker
    share: float = 0.2  # of the planned epochs, where that is more; own choice
    learned: float = 1e-3  # of the first loss, below which nothing is left to learn; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit)

    def of(self, fit: Fit) -> Iterator[Finding]:
        points = curve(fit) if not fit.summed.epochs else []  # the best loss of epochs that are not kept is not known
        window = max(self.epochs, math.ceil(self.share * (evidence.planned_epochs(fit) or 0)))
        flat = self._flat(points, window)
        if flat is None:
            return
        first, over, best = flat
        yield Finding(
            rule="loss-plateau",
            severity="note",
            message=(
                f"the best loss, {sayings.number(best)}, improved by less than {sayings.share(self.improvement)} over "
                f"{sayings.count(window, 'epoch')}" + ("; it improves again" if over else "")
            ),
            advice="If that is not good enough, see the other findings first, then learning rate and model size.",
            fit=fit.index,
            epoch=first.epoch.index,
            at=first.epoch.ended_at,
            numbers={"loss": best, "epochs": window},
            over=over,
        )

    def _flat(self, points: list[Point], window: int) -> tuple[Point, bool, float] | None:
        """The epoch in which the loss was first flat, whether it still is, and the best loss then."""
        if len(points) <= window:
            return None
        best: list[float] = []
        for point in points:
            best.append(min(point.value, best[-1]) if best else point.value)
        floor = self.learned * abs(points[0].value)

        def flat(index: int) -> bool:
            before, now = best[index - window], best[index]
            return before - now < self.improvement * abs(before) and abs(now) > floor

        first = next((index for index in range(window, len(points)) if flat(index)), None)
        return None if first is None else (points[first], not flat(len(points) - 1), best[first])

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, signals.has_loss, signals.NO_LOSS)
