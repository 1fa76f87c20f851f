"""The loss is negative, although it cannot be by its definition.

What it means: cross-entropies and errors are zero at best. A negative value comes from targets outside of what the
loss is made for, mostly labels beyond 0..1 under `binary_crossentropy`.

Why it matters: the training drives the loss towards minus infinity instead of towards a good model.

How it is decided: a loss below zero when all compiled losses are ones that cannot be negative. Cosine similarity,
losses of the script's own, added losses and rows with weights below zero are not judged. Where the labels are known to
be out of range, that is the finding, and this one is a note.

What to do: look at the targets: `print(y.min(), y.max())`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, losses, sayings, signals
from tuimon.rules.curve import curve
from tuimon.rules.finding import Finding
from tuimon.rules.labels_out_of_range import LabelsOutOfRange
from tuimon.rules.targets import sampled

if TYPE_CHECKING:
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class NegativeLoss:
    below: float = -1e-6  # what rounding explains; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit, run)

    def of(self, fit: Fit, run: Run) -> Iterator[Finding]:
        compiled = losses.of(fit)
        names = sorted({losses.name(loss) for loss in compiled})
        if not compiled or not set(names) <= losses.NEVER_NEGATIVE or losses.own_objective(fit):
            return
        low = self._first(fit)
        if low is None or _weights_below_zero(fit):
            return
        value, epoch, at = low
        yield Finding(
            rule="negative-loss",
            severity="note" if any(LabelsOutOfRange().of(fit, run)) else "warning",
            message=f"the loss is {sayings.number(value)}, but {sayings.listed(names)} cannot be below 0",
            advice="Look at targets and weights: binary cross-entropy needs 0 to 1.",
            fit=fit.index,
            epoch=epoch,
            at=at,
            numbers={"loss": value},
            snippet="print(y.min(), y.max())",
        )

    def _first(self, fit: Fit) -> tuple[float, int, float | None] | None:
        """The first negative loss, with its epoch and time: of an epoch that ended, or in the one that is running."""
        whole = fit.epoch_metrics.get("loss")
        if whole is not None and whole.low is not None and whole.low < self.below:
            first = next((point for point in curve(fit) if point.value < self.below), None)
            return first and (first.value, first.epoch.index, first.epoch.ended_at)
        latest = fit.metrics["loss"].latest if "loss" in fit.metrics else None
        if latest is not None and fit.epoch is not None and not fit.epoch.ended and latest.low < self.below:
            return latest.low, fit.epoch.index, fit.epoch.started_at
        return None

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: has_loss_and_model(fit), signals.NO_MODEL)


def _weights_below_zero(fit: Fit) -> bool:
    """Rows are pushed away on purpose: advantages of a policy gradient, say."""
    return any((values.min or 0.0) < 0.0 for values in sampled(fit, "weight"))


def has_loss_and_model(fit: Fit) -> bool:
    return signals.has_loss(fit) and signals.has_model(fit)
