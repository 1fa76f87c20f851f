"""An epoch ended without a single batch.

What it means: the iterator or generator that fit() reads was already used up when the epoch began. Keras prints
``loss: 0.0000e+00`` and a full progress bar.

Why it matters: nothing was trained, the metrics of this epoch are 0 and mean nothing, and callbacks that watch them
(best checkpoint, early stopping) take the 0 for a record.

How it is decided: 0 steps were done in an epoch that ended, and nobody stopped the training in it.

What to do: give fit() something that can be read again: a Dataset, a Sequence, or a generator that loops for ever
together with `steps_per_epoch`. Behind `Dataset.from_generator` pass a function that makes a new generator, not one
that returns the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Run


@dataclass(frozen=True)
class EmptyEpoch:
    def check(self, run: Run) -> Iterator[Finding]:
        for fit in evidence.fits(run):
            whole = evidence.whole(fit)
            if evidence.ran_dry(run, fit):
                whole = whole[:-1]  # ran-short says so
            empty = [epoch for epoch in whole if not epoch.steps]
            if not empty or not any(epoch.steps for epoch in fit.epochs):
                continue  # when no epoch has any batch, nothing-trained says so
            full = max(epoch.steps for epoch in fit.epochs)
            ended = fit.ended is not None and fit.epochs[-1] is empty[-1]
            yield Finding(
                rule="empty-epoch",
                severity="error",
                message=f"0 batches in {sayings.epochs(epoch.index for epoch in empty)} "
                f"(a full epoch had {full}): the data was used up",
                advice=self._advice(run, fit.started.site, full),
                fit=fit.index,
                epoch=empty[0].index,
                step=0,
                at=empty[0].ended_at,
                numbers={"epochs": [epoch.index + 1 for epoch in empty[:50]], "full": full},
                snippet="dataset = tf.data.Dataset.from_generator(make_batches, ...)  # the function, not its result",
                over=whole[-1].steps > 0 and not ended,
            )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: fit.epochs, "no epochs were seen")

    def _advice(self, run: Run, site: str, full: int) -> str:
        then = (
            "Keras 2 ends the training here. "
            if evidence.keras_line(run) == 2
            else "Keras 3 goes on and reports a loss of 0. "
        )
        return (
            f"{then}Give fit(){sayings.of_call(site)} data that can be read again: a Dataset or Sequence, a "
            "function that makes a new generator for from_generator, or a generator that loops for ever "
            f"with steps_per_epoch={full}."
        )
