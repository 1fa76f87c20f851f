"""Training changes no weight.

What it means: from one epoch to the next every trainable weight stays the same. There is nothing to train, the
learning rate is 0, the gradients are 0, or the loss is not connected to the weights.

Why it matters: all further epochs cost time and change nothing.

How it is decided: all trainable weights are compared at the ends of epochs, to a relative 1e-5, and the loss is above
zero. Weights that moved before and rest now have converged, or their learning rate was lowered: that is not reported,
unless the rate is 0. A model without any trainable weight is an error. A frozen base under a head that learns is fine.

What to do: check `layer.trainable` (and compile again), the learning rate, and that the loss is computed from the
model's output.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings, signals
from tuimon.rules.curve import curve
from tuimon.rules.finding import Finding
from tuimon.rules.nothing_trainable import NothingTrainable
from tuimon.rules.odd_learning_rate import OddLearningRate

if TYPE_CHECKING:
    from tuimon import events
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class FrozenWeights:
    scans: int = 2  # in a row in which no weight changed; SageMaker UnchangedTensor asks for 3 steps
    learned: float = 1e-3  # of the first loss, below which there is nothing left to change; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit)

    def of(self, fit: Fit) -> Iterator[Finding]:
        if not fit.steps_done:
            return  # nothing-trained says why
        if any(NothingTrainable().of(fit)):
            yield from self._without_any(fit)
            return
        still = self._still(fit)
        if len(still) < self.scans or self._converged(fit, still):
            return
        told = any(finding.severity != "note" for finding in OddLearningRate().of(fit))
        yield Finding(
            rule="frozen-weights",
            severity="warning",
            message=(
                f"none of {sayings.count(still[0].variables, 'trainable weight tensor')} changed in "
                f"{sayings.epochs(scan.epoch for scan in still)} (limit {sayings.count(self.scans, 'epoch')})"
            ),
            advice=(
                "The learning rate is the reason: see odd-learning-rate."
                if told
                else "Check the learning rate, dead layers, and that the loss depends on the model's output."
            ),
            fit=fit.index,
            epoch=still[0].epoch,
            at=still[0].at,
            numbers={"variables": still[0].variables, "epochs": len(still)},
            over=still[-1] is not fit.scans[-1],
        )

    def _without_any(self, fit: Fit) -> Iterator[Finding]:
        points = curve(fit)
        if points:
            first = points[0].epoch
            yield Finding(
                rule="frozen-weights",
                severity="error",
                message=(
                    f"no weight changed in {sayings.epochs(point.epoch.index for point in points)}: none is trainable, "
                    f"and the loss stays at {sayings.number(points[-1].value)}"
                ),
                advice="Set `trainable = True` on the layers that shall learn, then call compile() again before fit().",
                fit=fit.index,
                epoch=first.index,
                at=first.ended_at,
                numbers={"loss": points[-1].value, "epochs": len(points)},
            )

    def _still(self, fit: Fit) -> list[events.WeightsScanned]:
        """The first scans in a row, enough of them, in which nothing had changed."""
        stretch: list[events.WeightsScanned] = []
        for scan in fit.scans:
            if scan.compared and scan.variables and scan.unchanged >= scan.variables:
                stretch.append(scan)
            elif len(stretch) >= self.scans:
                break
            else:
                stretch = []
        return stretch

    def _converged(self, fit: Fit, still: list[events.WeightsScanned]) -> bool:
        points = curve(fit)
        if points and abs(points[-1].value) <= self.learned * abs(points[0].value):
            return True
        rates = [epoch.highest_learning_rate for epoch in fit.ended_epochs if epoch.index >= still[0].epoch]
        if rates and all(rate == 0.0 for rate in rates):
            return False
        return any(scan.compared and scan.at < still[0].at and scan.unchanged < scan.variables for scan in fit.scans)

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: fit.scans or any(NothingTrainable().of(fit)), signals.NO_SCANS)
