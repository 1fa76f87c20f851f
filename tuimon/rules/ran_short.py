"""An epoch got fewer batches than `steps_per_epoch` asked for.

What it means: the data ran out before the epoch was over. Keras 3 ends the epoch early and begins the next one; Keras 2
ends the whole training. Its progress bar shows ``320/320`` all the same.

Why it matters: the model trains less than you think, and learning rate schedules that count steps or epochs are off.
Often `steps_per_epoch` was given in samples instead of batches, or for another batch size.

How it is decided: `steps_per_epoch` was given, and fewer steps than that were done when the epoch ended, without an
exception and without `stop_training`; or, before the first step, one pass over the data is known to be shorter. It is
an error when less than half was done or when training ended by it, else a warning.

What to do: leave out `steps_per_epoch` (an epoch is then one pass), or set it to the number of batches, or repeat the
dataset with `.repeat()`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding, Severity

if TYPE_CHECKING:
    from tuimon.state import Epoch, Fit, Run


@dataclass(frozen=True)
class RanShort:
    error_below: float = 0.5  # of the steps asked for; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in evidence.fits(run):
            found = self._done(run, fit) or self._forecast(run, fit) or self._out_of_data(run, fit)
            if found is not None:
                yield found

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: fit.epochs or fit.source, "no epochs were seen")

    def _done(self, run: Run, fit: Fit) -> Finding | None:
        asked = fit.started.steps_per_epoch
        if asked is None:
            return None
        limit = evidence.cap(run, fit, "KERAS_MAX_STEPS_PER_EPOCH") or asked
        epochs = [epoch for epoch in evidence.whole(fit) if epoch.steps < min(asked, limit)]
        if not epochs:
            return None
        least = min(epoch.steps for epoch in epochs)
        ended = self._ended_by_it(run, fit, epochs[-1])
        severity: Severity = "error" if ended or least < self.error_below * asked else "warning"
        did = str(least) if least == max(epoch.steps for epoch in epochs) else f"as few as {least}"
        foreseen = fit.source is not None and (fit.source.described.batches or asked) < asked
        then = "training ended there" if ended else "Keras went on with the next epoch"
        return Finding(
            rule="ran-short",
            severity=severity,
            message=f"{did} of {sayings.count(asked, 'step')} in {sayings.epochs(e.index for e in epochs)} "
            f"(steps_per_epoch asks for {asked}): the data ran out, and {then}",
            advice=self._advice(run, fit, max(epoch.steps for epoch in fit.epochs)),
            fit=fit.index,
            epoch=epochs[0].index,
            step=epochs[0].steps,
            at=fit.started_at if foreseen else epochs[0].ended_at,
            numbers={"asked": asked, "done": least, "epochs": [epoch.index + 1 for epoch in epochs[:50]]},
            snippet=self._snippet(fit),
            over=evidence.whole(fit)[-1].steps >= asked,
        )

    def _ended_by_it(self, run: Run, fit: Fit, epoch: Epoch) -> bool:
        """Keras 2 gave the training up after this epoch."""
        asked = fit.started.epochs
        last = fit.epochs[-1] is epoch and asked is not None and epoch.index + 1 < asked
        ended = fit.ended is not None and not fit.ended.exception and not fit.ended.stop_training
        return last and (ended or evidence.keras_line(run) == 2)

    def _forecast(self, run: Run, fit: Fit) -> Finding | None:
        """What is known before the first step: one pass is shorter than an epoch, or the passes do not suffice."""
        asked, source = fit.started.steps_per_epoch, fit.source
        batches = source.batches if source else None
        if asked is None or source is None or batches is None or source.described.infinite or evidence.whole(fit):
            return None
        if batches < asked:
            return self._too_long(run, fit, asked, batches)
        epochs = evidence.planned_epochs(fit)
        restarts = source.described.kind in (*evidence.IN_MEMORY, "sequence")
        if evidence.keras_line(run) != 2 or restarts or not epochs or asked * epochs <= batches:
            return None
        stops = batches // asked
        return Finding(
            rule="ran-short",
            severity="error",
            message=f"training will stop in {sayings.epochs([stops])} of {epochs}: the data holds "
            f"{sayings.count(batches, 'batch')}, and {epochs} epochs of {sayings.count(asked, 'step')} "
            f"need {asked * epochs} (Keras 2 does not start the data over)",
            advice=self._advice(run, fit, batches),
            fit=fit.index,
            epoch=stops,
            step=batches % asked,
            at=fit.started_at,
            numbers={"asked": asked * epochs, "batches": batches},
            snippet=self._snippet(fit),
        )

    def _too_long(self, run: Run, fit: Fit, asked: int, batches: int) -> Finding:
        ends = evidence.keras_line(run) == 2
        then = "training will end in epoch 1" if ends else "every epoch will end early"
        return Finding(
            rule="ran-short",
            severity="error" if ends or batches < self.error_below * asked else "warning",
            message=f"steps_per_epoch={asked}, but one pass over the data is {sayings.count(batches, 'batch')}: {then}",
            advice=self._advice(run, fit, batches),
            fit=fit.index,
            epoch=0,
            step=batches,
            at=fit.started_at,
            numbers={"asked": asked, "batches": batches},
            snippet=self._snippet(fit),
        )

    def _out_of_data(self, run: Run, fit: Fit) -> Finding | None:
        """Keras 2 without `steps_per_epoch`: the generator gave nothing for the next epoch, and training ended."""
        last = fit.epoch
        if fit.started.steps_per_epoch is not None or last is None or not evidence.ran_dry(run, fit):
            return None
        before = fit.epochs[-2].steps if len(fit.epochs) > 1 else 0
        if not before:
            return None
        return Finding(
            rule="ran-short",
            severity="error",
            message=f"0 of {sayings.count(before, 'step')} in {sayings.epochs([last.index])}: the data ran out, "
            f"and training ended after {sayings.count(last.index, 'epoch')} of {fit.started.epochs}",
            advice="A generator can be read once. Pass a Sequence or a tf.data.Dataset, which start over in each "
            f"epoch, or let it run for ever and give steps_per_epoch={before}.",
            fit=fit.index,
            epoch=last.index,
            step=0,
            at=last.ended_at,
            numbers={"done": 0, "asked": before},
        )

    def _advice(self, run: Run, fit: Fit, batches: int) -> str:
        asked, size = fit.started.steps_per_epoch, evidence.batch_size(fit)
        call = f"fit(){sayings.of_call(fit.started.site)}"
        source = evidence.described(fit)
        if source is not None and source.kind == "generator":
            return (
                f"A generator can be read once. Let it loop for ever (while True) and keep steps_per_epoch={asked} in "
                f"{call}, or pass a Sequence or Dataset, which start over in each epoch."
            )
        rows = fit.source.size if fit.source else None
        counted = f"{asked} is the number of samples: steps are batches of {size}. " if rows and rows == asked else ""
        lines = (
            "Keras 2 ends the training when the data runs out. "
            if evidence.keras_line(run) == 2
            else "Keras 3 starts the data over in the next epoch. "
        )
        choice = f"Leave out steps_per_epoch in {call}"
        if batches:
            choice += f", or set it to {batches}"
        return f"{counted}{lines}{choice}, or repeat the dataset with .repeat()."

    def _snippet(self, fit: Fit) -> str:
        source = evidence.described(fit)
        if source is not None and source.kind == "generator":
            return "def batches():\n    while True:\n        yield from one_pass()"
        size, rows = evidence.batch_size(fit), fit.source.size if fit.source else None
        if not size or not rows:
            return "model.fit(dataset.repeat(), steps_per_epoch=..., ...)"
        return f"model.fit(dataset, ...)  # one pass is ceil({rows} / {size}) = {math.ceil(rows / size)} steps"
