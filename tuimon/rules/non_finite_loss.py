"""The loss is NaN or infinite.

What it means: a number in the computation overflowed or was undefined: too large a learning rate, a logarithm or a
division by zero, a NaN in the data, or a label that the loss cannot use. Keras shows the mean since the epoch began,
so one bad step makes the rest of that epoch NaN.

Why it matters: the weights are NaN after that step, and nothing that follows has any value.

How it is decided: the first step or epoch whose loss is not finite. If only the validation loss is not finite, it is a
warning.

What to do: check the data first. Then lower the learning rate, or clip gradients (`clipnorm=1.0`). Add a small number
inside logarithms and divisions of your own. `keras.callbacks.TerminateOnNaN()` saves the time that is left.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings, signals
from tuimon.rules.finding import Finding
from tuimon.rules.non_finite_data import NonFiniteData

if TYPE_CHECKING:
    from tuimon.state import Epoch, Fit, Run


@dataclass(frozen=True)
class NonFiniteLoss:
    growth: float = 100.0  # of the loss before it was lost, from which the learning rate is suspected; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit)

    def of(self, fit: Fit) -> Iterator[Finding]:
        trained = [name for name in fit.non_finite if _is_loss(name) and not name.startswith("val_")]
        validated = [name for name in fit.non_finite if _is_loss(name) and name.startswith("val_")]
        if trained:
            yield self._finding(fit, "loss" if "loss" in trained else trained[0])
        elif validated:
            yield self._validation(fit, "val_loss" if "val_loss" in validated else validated[0])

    def _finding(self, fit: Fit, name: str) -> Finding:
        index, step = fit.non_finite[name]
        epoch = _epoch(fit, index)
        latest = next((each for each in reversed(fit.ended_epochs) if name in each.metrics), None)
        recovered = latest is not None and latest.index > index and math.isfinite(latest.metrics[name])
        grew = self._grew(fit, name)
        message = f"`{name}` is {_spelled(fit, name)} {sayings.since(index, step)}"
        if grew > self.growth:
            message += f", after it had grown {sayings.number(grew)} times"
        return Finding(
            rule="non-finite-loss",
            severity="error",
            message=message + ("; it is finite again" if recovered else ""),
            advice=self._advice(fit, grew),
            fit=fit.index,
            epoch=index,
            step=step,
            at=(epoch.ended_at or epoch.started_at) if epoch else fit.started_at,
            numbers={"metric": name, "epochs": sum(1 for each in fit.ended_epochs if not _finite(each, name))},
            snippet=_snippet(fit, grew > self.growth),
            over=recovered,
        )

    def _advice(self, fit: Fit, grew: float) -> str:
        if any(NonFiniteData().of(fit)):
            return "The data holds NaN or infinite values: clean it first."
        rate = fit.model.learning_rate if fit.model else None
        if grew > self.growth and rate:
            return (
                f"It exploded: lower the learning rate (it is {rate:g}; try {rate / 10:g} or less) or clip gradients."
            )
        lower = f" (it is {rate:g}; try {rate / 10:g})" if rate else ""
        return (
            f"Look for log(0) or a division by zero in your own loss; lower the learning rate{lower} or clip gradients."
        )

    def _grew(self, fit: Fit, name: str) -> float:
        """How many times its first value the loss reached while it was finite."""
        series = fit.metrics.get(name)
        first = next(iter(series), None) if series else None
        if series is None or first is None or first.low <= 0 or series.high is None:
            return 1.0
        return series.high / first.low

    def _validation(self, fit: Fit, name: str) -> Finding:
        index, _ = fit.non_finite[name]
        epoch = _epoch(fit, index)
        return Finding(
            rule="non-finite-loss",
            severity="warning",
            message=f"`{name}` is {_spelled(fit, name)} {sayings.since(index)}, while the training loss is finite",
            advice="Check the validation data for NaN and for labels that the training data does not hold.",
            fit=fit.index,
            epoch=index,
            at=(epoch.ended_at or epoch.started_at) if epoch else fit.started_at,
            numbers={"metric": name},
        )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, signals.has_loss, signals.NO_LOSS)


def _is_loss(name: str) -> bool:
    return name in ("loss", "val_loss") or name.endswith("_loss")


def _epoch(fit: Fit, index: int) -> Epoch | None:
    return next((epoch for epoch in fit.epochs if epoch.index == index), None)


def _finite(epoch: Epoch, name: str) -> bool:
    return math.isfinite(epoch.metrics.get(name, 0.0))


def _spelled(fit: Fit, name: str) -> str:
    for series in (fit.metrics.get(name), fit.epoch_metrics.get(name)):
        if series is not None and series.marks:
            return "NaN" if math.isnan(series.marks[0][1]) else "infinite"
    return "not finite"


def _snippet(fit: Fit, exploded: bool) -> str:
    model = fit.model
    if not exploded or model is None or not model.optimizer or not model.learning_rate:
        return ""
    return f"keras.optimizers.{model.optimizer}(learning_rate={model.learning_rate / 10:g}, clipnorm=1.0)"
