"""The targets lie where the last activation cannot go.

What it means: ReLU gives no negative value, sigmoid stays between 0 and 1, tanh between -1 and 1.

Why it matters: rows whose target lies outside can never be learned: the loss stops at a floor that no training lowers.

How it is decided: from the first batches: more than 5% of the targets outside the activation's range, under a
regression loss. Where they are class numbers, `unfit-loss` is the finding, and this one is a note.

What to do: for a regression, end in a linear layer (no activation), or scale the targets into the activation's range.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

from tuimon.rules import evidence, losses, signals
from tuimon.rules.finding import Finding
from tuimon.rules.sayings import number, share
from tuimon.rules.targets import Target, Values, targets
from tuimon.rules.unfit_loss import UnfitLoss

if TYPE_CHECKING:
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class UnreachableTargets:
    outside: float = 0.05  # share of the targets; own choice (DeepDiagnosis compares the ranges)

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit)

    def of(self, fit: Fit) -> Iterator[Finding]:
        for target in targets(fit):
            bounds = losses.RANGES.get(target.activation)
            if bounds is None or target.loss_name not in losses.REGRESSION:
                continue
            ratio = share_outside(target.values, *bounds)
            if ratio > self.outside:
                yield self._finding(fit, target, bounds, ratio)

    def _finding(self, fit: Fit, target: Target, bounds: tuple[float, float], ratio: float) -> Finding:
        first, values = fit.batches[0], target.values
        classes = any(UnfitLoss().of(fit))
        low, high = bounds
        reach = f"{number(low)} to {number(high)}" if math.isfinite(high) else f"{number(low)} and up"
        return Finding(
            rule="unreachable-targets",
            severity="note" if classes else "warning",  # the loss is what has to change there
            message=(
                f"about {share(ratio)} of the targets ({number(values.min or 0.0)} to {number(values.max or 0.0)}) lie "
                f"outside of what {target.activation} can give ({reach}; limit {share(self.outside)})"
            ),
            advice=f"End output `{target.output.get('name')}` in a linear layer, or scale the targets into {reach}.",
            fit=fit.index,
            epoch=first.epoch,
            step=first.step,
            at=first.at,
            numbers={"outside": ratio, "min": values.min, "max": values.max},
            snippet=f"keras.layers.Dense({target.units or 1})  # no activation",
        )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, signals.has_batches, signals.NO_BATCHES)


def share_outside(values: Values, low: float, high: float) -> float:
    """The share of values below `low` or above `high`: counted where the batches tell, else from mean and deviation."""
    if values.min is None or values.max is None:
        return 0.0
    return min(1.0, _below(values, low) + _above(values, high))


def _below(values: Values, limit: float) -> float:
    assert values.min is not None
    assert values.max is not None
    if values.min >= limit:
        return 0.0
    if values.max < limit:
        return 1.0
    if limit == 0.0 and values.below_zero is not None:
        return values.below_zero
    return NormalDist(values.mean, values.std).cdf(limit) if values.std and values.mean is not None else 0.0


def _above(values: Values, limit: float) -> float:
    assert values.min is not None
    assert values.max is not None
    if values.max <= limit:
        return 0.0
    if values.min > limit:
        return 1.0
    if limit == 1.0 and values.above_one is not None:
        return values.above_one
    return 1.0 - NormalDist(values.mean, values.std).cdf(limit) if values.std and values.mean is not None else 0.0
