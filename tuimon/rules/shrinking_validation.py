"""Later validations see fewer batches than the first, or none.

What it means: the validation data can be read only once, as a Python generator, and is used up. Keras 3 then evaluates
the two batches it had looked at in advance; Keras 2 leaves the ``val_…`` metrics out.

Why it matters: the validation metrics of later epochs come from a small, always equal part of the data (or from
nothing), and early stopping and checkpoints go by them.

How it is decided: a validation had fewer batches than the first, or than `validation_steps` asks for: a warning; at
most half of them, or none although one was due: an error.

What to do: pass arrays, a Sequence or a Dataset as `validation_data`; of an endless generator, `validation_steps`.
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
class ShrinkingValidation:
    error_share: float = 0.5  # of the batches of the first validation, or of validation_steps; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in evidence.fits(run):
            found = self._of(run, fit)
            if found is not None:
                yield found

    def unjudged(self, run: Run) -> str | None:
        counted = "batches of the validations were not counted: it needs the agent in the training process"
        return evidence.unjudged(run, lambda fit: fit.started.validation is not None, counted)

    def _of(self, run: Run, fit: Fit) -> Finding | None:
        if not fit.started.validation:
            return None
        every = fit.started.validation_freq or 1
        due = [epoch for epoch in evidence.whole(fit) if (epoch.index + 1) % every == 0]
        full = self._full(fit, due)
        if not full:
            return None
        short = [(epoch, done) for epoch in due if (done := _batches(epoch)) is not None and done < full]
        if not short:
            return None
        least = min(done for _, done in short)
        return Finding(
            rule="shrinking-validation",
            severity="error" if least <= self.error_share * full else "warning",
            message=f"validation saw {least} of {sayings.count(full, 'batch')} after "
            f"{sayings.epochs(epoch.index for epoch, _ in short)} "
            f"({'as validation_steps asks for' if fit.started.validation_steps == full else 'as in the first'})",
            advice=self._advice(run, fit, full),
            fit=fit.index,
            epoch=short[0][0].index,
            at=short[0][0].ended_at,
            numbers={"full": full, "least": least, "epochs": [epoch.index + 1 for epoch, _ in short[:50]]},
            over=due[-1] is not short[-1][0],
        )

    def _full(self, fit: Fit, due: list[Epoch]) -> int | None:
        asked = fit.started.validation_steps
        if asked:
            return asked
        first = next((epoch for epoch in due if _batches(epoch) is not None), None)
        return _batches(first) if first else None

    def _advice(self, run: Run, fit: Fit, full: int) -> str:
        then = (
            "Keras 2 leaves the val_ metrics out from then on. "
            if evidence.keras_line(run) == 2
            else "Keras 3 evaluates what it had read in advance. "
        )
        source = evidence.described(fit, "validation")
        batches = source.batches if source else None
        if fit.started.validation_steps == full and batches:
            return (
                f"One pass over the validation data is {sayings.count(batches, 'batch')}: leave out validation_steps."
            )
        return f"{then}Pass arrays, a Sequence or a Dataset as validation_data: they can be read again in each epoch."


def _batches(epoch: Epoch) -> int | None:
    """Batches of the epoch's validation; 0 when there was none, None when they were not counted."""
    done = epoch.validation
    if done is None:
        return None if any(name.startswith("val_") for name in epoch.metrics) else 0
    return None if done.ended_at is None else done.steps
