"""Keras froze the length of an epoch, and the data has grown since.

What it means: for a source of unknown length Keras counts the batches of the first epoch and holds all later epochs to
that number. New data that the source has by now is cut off.

Why it matters: data that was appended after the first epoch is never trained, although the source does produce it.

How it is decided: the number of steps was not planned; the first epoch read the source to its end; and a later one was
closed by Keras at the same number of batches (Keras 3: one more) while the source still had data. Where the pipeline
picks its rows (filter, sampling), epochs have other lengths by nature, and it is a note.

What to do: call `fit` again (with `initial_epoch`) when the data has grown: each call counts anew.
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
class CappedSource:
    def check(self, run: Run) -> Iterator[Finding]:
        for fit in evidence.fits(run):
            found = self._of(run, fit)
            if found is not None:
                yield found

    def unjudged(self, run: Run) -> str | None:
        needed = "whether the source was read to its end was not seen"
        return evidence.unjudged(run, lambda fit: any(e.source_ended is not None for e in fit.epochs[:3]), needed)

    def _of(self, run: Run, fit: Fit) -> Finding | None:
        whole = evidence.whole(fit)
        if fit.started.steps_per_epoch is not None or len(whole) < 2 or not whole[0].source_ended:
            return None
        source = evidence.described(fit)
        if source is None or source.batches is not None or source.infinite or source.kind == "generator":
            return None
        first = whole[0].steps
        cut = [epoch for epoch in whole[1:] if first and self._cut(run, epoch, first)]
        if not cut:
            return None
        return Finding(
            rule="capped-source",
            severity="note" if evidence.has_stage(source, *evidence.SELECTS) else "warning",
            message=f"{sayings.epochs(epoch.index for epoch in cut)} ended at {cut[0].steps} batches although the "
            f"source had more: Keras holds them to the {first} of epoch {whole[0].index + 1}",
            advice=f"Call fit(){sayings.of_call(fit.started.site)} again to take in new data, for instance one "
            "epoch at a time with initial_epoch.",
            fit=fit.index,
            epoch=cut[0].index,
            step=cut[0].steps,
            at=cut[0].ended_at,
            numbers={"first": first, "epochs": [epoch.index + 1 for epoch in cut[:50]]},
            snippet="for epoch in range(epochs):\n"
            "    model.fit(dataset, initial_epoch=epoch, epochs=epoch + 1)  # the length is counted anew",
        )

    def _cut(self, run: Run, epoch: Epoch, first: int) -> bool:
        if epoch.source_ended or not epoch.source_closed:
            return False
        return epoch.steps == first + (1 if evidence.keras_line(run) == 3 else 0)
