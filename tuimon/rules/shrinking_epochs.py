"""Later epochs train far fewer batches than the first.

What it means: the data of the first epoch is used up, and what follows is a rest. With a finite Python generator
Keras 3 trains the same two batches again in every later epoch: it looked at them once to learn their shapes and puts
them in front of the generator whenever it starts over.

Why it matters: the loss keeps falling, because two batches are quickly learned by heart. The progress bar shows
``10/10``, and the exit status is 0.

How it is decided: the number of steps is not planned (or comes from a generator), and an epoch has at most half the
batches of the first. It is an error when these are the two batches of a used-up generator on Keras 3, a warning when at
least two epochs in a row are that short, and a note when one is and the next are not.

What to do: make the generator endless (`while True:`) and give `steps_per_epoch`, or use a Sequence or a Dataset, which
start over by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding, Severity

if TYPE_CHECKING:
    from tuimon.state import Fit, Run

PEEKED = 2
"""Batches that Keras 3 takes from a generator in advance; measured on Keras 3.15."""


@dataclass(frozen=True)
class ShrinkingEpochs:
    share: float = 0.5  # of the first epoch's batches; own choice
    in_a_row: int = 2  # short epochs, for a warning; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in evidence.fits(run):
            found = self._of(run, fit)
            if found is not None:
                yield found

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: fit.epochs, "no epochs were seen")

    def _of(self, run: Run, fit: Fit) -> Finding | None:
        whole = evidence.whole(fit)
        source = evidence.described(fit)
        generator = source is not None and source.kind == "generator"
        if len(whole) < 2 or not (generator or fit.planned_steps is None or self._unplanned(fit)):
            return None
        first = whole[0].steps
        short = [epoch for epoch in whole[1:] if 0 < epoch.steps <= self.share * first]
        if not short:
            return None
        those = {epoch.index for epoch in short}
        peeked = generator and evidence.keras_line(run) == 3 and short[-1].steps <= PEEKED < first
        lasting = len(short) >= self.in_a_row and all(epoch.index in those for epoch in whole[-self.in_a_row :])
        severity: Severity = "error" if peeked else "warning" if lasting else "note"
        least = min(epoch.steps for epoch in short)
        why = ": the two batches that Keras 3 keeps of a used-up generator, again and again" if peeked else ""
        return Finding(
            rule="shrinking-epochs",
            severity=severity,
            message=f"{least} of {sayings.count(first, 'batch')} in {sayings.epochs(epoch.index for epoch in short)} "
            f"(limit: {sayings.share(self.share)} of epoch {whole[0].index + 1}){why}",
            advice=f"Give fit(){sayings.of_call(fit.started.site)} a generator that loops for ever and "
            f"steps_per_epoch={first}, or a Sequence or Dataset.",
            fit=fit.index,
            epoch=short[0].index,
            step=short[0].steps,
            at=short[0].ended_at,
            numbers={"first": first, "least": least, "epochs": [epoch.index + 1 for epoch in short[:50]]},
            snippet=f"def batches():\n    while True:\n        yield from one_pass()\n\n"
            f"model.fit(batches(), steps_per_epoch={first}, ...)",
            over=not peeked and whole[-1].index not in those,
        )

    def _unplanned(self, fit: Fit) -> bool:
        return fit.started.steps is None and fit.started.steps_per_epoch is None
