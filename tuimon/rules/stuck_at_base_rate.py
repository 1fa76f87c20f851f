"""The accuracy is that of always answering with the most common class.

What it means: epoch after epoch, the accuracy equals the share of the largest class among the labels. The model has
most likely learned to give one answer.

Why it matters: the number may look good (0.9 when nine rows of ten have one class) and says nothing.

How it is decided: at least four epochs, up to the newest, within 0.002 of the largest class' share, and that share is
at least 0.6. Where another rule says why (a softmax over one unit, frozen or non-finite weights, imbalanced labels,
the same output for every row), and where the accuracy has left the share since, it is a note.

What to do: look at the predictions themselves (`model.predict(x).std(axis=0)`), then at learning rate, last activation
and loss.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence
from tuimon.rules.causes import cause
from tuimon.rules.constant_output import ConstantOutput
from tuimon.rules.curve import Point, accuracy, curve
from tuimon.rules.finding import Finding
from tuimon.rules.imbalanced_labels import Balance, balance
from tuimon.rules.sayings import count, epochs, share

if TYPE_CHECKING:
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class StuckAtBaseRate:
    epochs: int = 4  # in a row; own choice
    close: float = 0.002  # distance of the accuracy from the largest class' share; own choice
    majority: float = 0.6  # share of the largest class from which it is told apart from chance; own choice
    labels: int = 500  # counted, so that the share is known well enough; SageMaker ClassImbalance

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit, run)

    def of(self, fit: Fit, run: Run) -> Iterator[Finding]:
        found, name = balance(fit), accuracy(fit)
        if found is None or name is None or found.labels < self.labels or len(found.rows) < 2:
            return
        points = curve(fit, name)
        stuck = self._stuck(points, found.majority)
        if stuck:
            yield self._finding(fit, run, found, stuck, over=stuck[-1] is not points[-1])

    def _stuck(self, points: list[Point], majority: float) -> list[Point]:
        """The first long enough stretch of epochs at the base rate."""
        stretch: list[Point] = []
        for point in points:
            if abs(point.value - majority) <= self.close:
                stretch.append(point)
            elif len(stretch) >= self.epochs:
                break
            else:
                stretch = []
        return stretch if len(stretch) >= self.epochs else []

    def _finding(self, fit: Fit, run: Run, found: Balance, stuck: list[Point], over: bool) -> Finding:
        explained = over or found.majority < self.majority or _explained(fit, run)
        first = stuck[0].epoch
        return Finding(
            rule="stuck-at-base-rate",
            severity="note" if explained else "warning",
            message=(
                f"the accuracy was {share(stuck[-1].value)} in {epochs(point.epoch.index for point in stuck)}, the "
                f"share of class {found.largest} (limit: {count(self.epochs, 'epoch')} within {self.close:g})"
            ),
            advice="It seems to give one answer for all rows: look at the predictions, then at learning rate and loss.",
            fit=fit.index,
            epoch=first.index,
            at=first.ended_at,
            numbers={"accuracy": stuck[-1].value, "majority": found.majority, "epochs": len(stuck)},
            snippet="print(model.predict(x[:256]).std(axis=0))  # about 0: the same answer for every row",
            over=over,
        )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: balance(fit) and accuracy(fit), "no accuracy, or no labels to count")


def _explained(fit: Fit, run: Run) -> bool:
    if cause(fit, run) is not None:
        return True
    return any(finding.severity != "note" for finding in ConstantOutput().of(fit, run))
