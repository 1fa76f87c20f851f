"""An epoch that never ends: the data is infinite and nobody said how many steps an epoch has.

What it means: the dataset repeats for ever (`repeat()` without a count, a `while True:` generator), and
`steps_per_epoch` was not given. Keras 3 takes all of it as the first epoch. Keras 2 refuses such a Dataset, but not
such a generator.

Why it matters: validation, checkpoints, early stopping and schedules by epoch wait for an end that does not come.

How it is decided: before the first step, when the source is known to be infinite and no steps are given. Later, when an
epoch of a generator has done at least 300 steps and the same rows came three times on average.

What to do: give `steps_per_epoch` (one pass is the number of samples divided by the batch size), or take the `repeat()`
away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Epoch, Fit, Run


@dataclass(frozen=True)
class EndlessEpoch:
    steps: int = 300  # in one epoch of a generator; own choice
    times: float = 3.0  # that each row came, on average; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in evidence.fits(run):
            if fit.started.steps_per_epoch is not None or fit.started.steps is not None:
                continue
            found = self._forecast(run, fit) or self._seen(run, fit)
            if found is not None:
                yield found

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: fit.source, evidence.NOT_DESCRIBED)

    def _forecast(self, run: Run, fit: Fit) -> Finding | None:
        source = evidence.described(fit)
        if source is None or not source.infinite or len(fit.epochs) > 2:
            return None
        if evidence.keras_line(run) == 2 and source.kind == "tf.data":
            return None  # Keras 2 raises before the first step
        return self._finding(run, fit, fit.epochs[0] if fit.epochs else None, "the data is infinite and")

    def _seen(self, run: Run, fit: Fit) -> Finding | None:
        rows, source = fit.rows.get("train"), evidence.described(fit)
        if rows is None or source is None or source.kind != "generator":
            return None
        epoch = next((each for each in fit.epochs[-2:] if each.index == rows.epoch), None)
        again = rows.distinct and rows.looked_at >= self.times * rows.distinct
        if epoch is None or epoch.steps < self.steps or not again or rows.distinct <= (evidence.batch_size(fit) or 1):
            return None
        those = sayings.different_rows(rows.distinct, rows.distinct_known_by)
        return self._finding(run, fit, epoch, f"each of {those} came {self.times:g} times, and")

    def _finding(self, run: Run, fit: Fit, epoch: Epoch | None, why: str) -> Finding:
        index = epoch.index if epoch else fit.started.initial_epoch
        steps = epoch.steps if epoch else 0
        sofar = f": {sayings.count(steps, 'step')} so far" if steps and epoch and not epoch.ended else ""
        one = evidence.one_pass(run, fit)
        return Finding(
            rule="endless-epoch",
            severity="error",
            message=f"epoch {index + 1} will not end: {why} steps_per_epoch is not given{sofar}",
            advice=self._advice(fit, one),
            fit=fit.index,
            epoch=index,
            at=fit.started_at,
            numbers={"steps": steps, "one_pass": one},
            snippet=f"model.fit(..., steps_per_epoch={one or 'samples // batch_size'})",
            over=bool(epoch and epoch.ended),
        )

    def _advice(self, fit: Fit, one: int | None) -> str:
        call = f"fit(){sayings.of_call(fit.started.site)}"
        wanted = f"steps_per_epoch={one} (one pass) to {call}" if one else f"steps_per_epoch to {call}"
        without = ", or remove repeat()" if evidence.has_stage(evidence.described(fit), "repeat") else ""
        return f"Give {wanted}{without}."
