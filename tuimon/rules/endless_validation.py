"""A validation that never ends: its data is infinite and `validation_steps` is not given.

What it means: `validation_data` repeats for ever. Keras 3 evaluates all of it and so never leaves the first validation.
Keras 2 refuses such a Dataset.

Why it matters: training stands still after the first epoch while the processor is busy.

How it is decided: before the first step, when the validation data is known to be infinite and no steps are given.
Later, when a validation has done more than three times the batches of the first one, or more than 1,000 and ten times
those of an epoch while its rows repeat.

What to do: give `validation_steps`, or take the `repeat()` off the validation data: one pass is what you want.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Fit, Run, Validation


@dataclass(frozen=True)
class EndlessValidation:
    times_first: float = 3.0  # the batches of the first validation; own choice
    steps: int = 1000  # batches of a validation that is judged by its rows; own choice
    times_epoch: float = 10.0  # the batches of an epoch; own choice
    times_row: float = 3.0  # that each validation row came, on average; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in evidence.fits(run):
            why = self._forecast(run, fit) or self._seen(fit)
            if why is not None:
                yield self._finding(fit, why)

    def unjudged(self, run: Run) -> str | None:
        needed = "validation data was not described: it needs the agent in the training process"
        return evidence.unjudged(
            run, lambda fit: fit.started.validation is False or "validation" in fit.sources, needed
        )

    def _forecast(self, run: Run, fit: Fit) -> str | None:
        source = evidence.described(fit, "validation")
        if source is None or not source.infinite or fit.started.validation_steps is not None:
            return None
        if evidence.keras_line(run) == 2 and source.kind == "tf.data":
            return None  # Keras 2 raises before the validation
        return "the validation data is infinite and validation_steps is not given"

    def _seen(self, fit: Fit) -> str | None:
        running, first = fit.validation_running, self._first(fit)
        if running is None or fit.started.validation_steps is not None:
            return None
        done = running.steps or 0
        if first and done > self.times_first * first:
            return f"more than {self.times_first:g} times the {sayings.count(first, 'batch')} of the first validation"
        rows, epoch = fit.rows.get("validation"), fit.epoch
        again = rows is not None and rows.distinct and rows.looked_at >= self.times_row * rows.distinct
        if again and epoch and done > self.steps and done > self.times_epoch * max(1, epoch.steps):
            return "its rows come again and again, and validation_steps is not given"
        return None

    def _first(self, fit: Fit) -> int | None:
        """Batches of the first validation that came to its end."""
        return next((done.steps for done in map(_ended, fit.epochs[:3]) if done and done.steps), None)

    def _finding(self, fit: Fit, why: str) -> Finding:
        running = fit.validation_running
        epoch = fit.epoch.index if fit.epoch and running else fit.started.initial_epoch
        done = f": {sayings.count(running.steps, 'batch')} so far" if running and running.steps else ""
        behind = evidence.described(fit, "validation")
        size = behind.batch_size if behind else None
        one = -(-behind.upstream_size // size) if behind and behind.upstream_size and size else self._first(fit)
        return Finding(
            rule="endless-validation",
            severity="error",
            message=f"the validation after epoch {epoch + 1} will not end: {why}{done}",
            advice=f"Give fit(){sayings.of_call(fit.started.site)} validation_steps"
            f"{f'={one} (one pass)' if one else ''}, or take repeat() off the validation data.",
            fit=fit.index,
            epoch=fit.started.initial_epoch if behind and behind.infinite else epoch,
            at=fit.started_at if behind and behind.infinite else running.started_at if running else fit.started_at,
            numbers={"steps": running.steps if running else 0, "one_pass": one},
            snippet=f"model.fit(..., validation_data=val, validation_steps={one or 'samples // batch_size'})",
            over=self._first(fit) is not None and running is None,
        )


def _ended(epoch: object) -> Validation | None:
    validation: Validation | None = getattr(epoch, "validation", None)
    return validation if validation is not None and validation.ended_at is not None else None
