"""The run sees only a part of the data.

What it means: steps per epoch times epochs is less than one pass, or each epoch reads the same part: `__len__` of a
Sequence that is too small, a `take()` left over, `steps_per_epoch` meant for another batch size. Keras 2 begins a
Sequence anew in each epoch, so that with `steps_per_epoch` its end is never read; Keras 3 goes on where it stopped.

Why it matters: what is not seen cannot be learned. Nothing warns, and the progress bar fills up.

How it is decided: before the first step, from the plan and from how much data there is: an error below 50%, a warning
below 90%. A size that is only estimated (the longest array that a Sequence holds) counts below 70%, as a note until two
epochs have shown that no other rows come, and not at all once others have come: it draws anew for each epoch. What a
generator holds is a note at most. A `take()` or `skip()` that splits the data is not reported, nor is a training that
ends early. Limits by KERAS_MAX_EPOCHS and the like, or a single epoch of a few steps, make it a note: a smoke run.

What to do: set `steps_per_epoch` to one pass (samples divided by batch size, rounded up) or leave it out; correct
`__len__`; remove `take()`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding, Severity

if TYPE_CHECKING:
    from tuimon.state import Fit, Run


SURE = 0.97
"""Of an estimated number of different rows, how many there are at least: three standard errors less."""


@dataclass(frozen=True)
class Plan:
    share: float  # of the data, 0..1
    trained: int  # batches of the data that will be seen
    rotates: bool  # each epoch goes on where the one before stopped


@dataclass(frozen=True)
class LowCoverage:
    warning_below: float = 0.9  # of the batches that there are; own choice
    error_below: float = 0.5  # own choice
    estimated_below: float = 0.7  # where the size is a guess: a split of 70:30 by index looks the same; own choice
    a_try: int = 5  # steps of a single epoch, up to which it is a try-out that nobody takes for a training; own choice
    split_from: float = 0.5  # a take() of at least so much is a split into training and validation; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in evidence.fits(run):
            found = self._of(run, fit)
            if found is not None:
                yield found

    def unjudged(self, run: Run) -> str | None:
        unknown = "how much data there is, is not known; --dataset-size tells it"
        return evidence.unjudged(run, lambda fit: evidence.supply(run, fit), unknown)

    def _of(self, run: Run, fit: Fit) -> Finding | None:
        behind, plan = evidence.supply(run, fit), self._plan(run, fit)
        if behind is None or plan is None or plan.share >= self.warning_below:
            return None
        if self._several(run, fit, behind, plan):
            return None
        estimated = behind.known_by == "estimated"
        if estimated and (plan.share >= self.estimated_below or (not plan.rotates and self._other_rows_came(fit))):
            return None
        severity: Severity = "error" if plan.share < self.error_below else "warning"
        certain = not estimated or plan.rotates or self._same_rows_again(fit)
        smoke, source = evidence.smoke_run(run, fit) or self._is_try(fit), evidence.described(fit)
        generated = estimated and (source is None or source.kind != "sequence")
        epochs = evidence.planned_epochs(fit)
        same = ", the same ones" if certain else ""
        told = f"in {sayings.count(epochs or 1, 'epoch')}" if plan.rotates else f"in each epoch{same}"
        guess = " by estimate" if estimated else ""
        limit = self.estimated_below if estimated else self.warning_below
        return Finding(
            rule="low-coverage",
            severity="note" if smoke or generated or not certain else severity,
            message=f"this training sees {sayings.share(plan.share)} of the data: {plan.trained} of "
            f"{sayings.count(behind.batches, 'batch')}{guess}, {told} (limit: {sayings.share(limit)})"
            f"{'; the environment limits it to a smoke run' if evidence.smoke_run(run, fit) else ''}",
            advice=self._advice(run, fit, behind, plan),
            fit=fit.index,
            epoch=fit.started.initial_epoch,
            at=fit.started_at,
            numbers={
                "share": plan.share,
                "batches": plan.trained,
                "available": behind.batches,
                "rows": behind.rows,
                "known_by": behind.known_by,
            },
            snippet=self._snippet(fit, behind),
        )

    def _is_try(self, fit: Fit) -> bool:
        steps = fit.started.steps_per_epoch
        return steps is not None and steps <= self.a_try and evidence.planned_epochs(fit) == 1

    def _plan(self, run: Run, fit: Fit) -> Plan | None:
        """What the epochs will read together. None when it is not known."""
        behind, source = evidence.supply(run, fit), fit.source
        # Never what an epoch turned out to have: a source of unknown length may hold as much as it likes.
        one_pass = source.described.batches if source else None
        steps, epochs = fit.started.steps_per_epoch or fit.started.steps or one_pass, evidence.planned_epochs(fit)
        if behind is None or source is None or not steps or not behind.batches:
            return None
        reach = min(one_pass, behind.batches) if one_pass else behind.batches
        size = source.described.size
        left_out = source.described.dropped or 0  # a rule of its own judges it
        read = min(1.0, reach / behind.batches if size is None else (size + left_out) / behind.rows)
        if self._split(fit, behind.rows, read):
            read = 1.0
        if steps >= reach:
            return Plan(read, reach, rotates=False)
        if source.described.kind == "sequence" and evidence.keras_line(run) == 2:
            return Plan(read * steps / reach, steps, rotates=False)
        trained = min(reach, steps * (epochs or 1))
        return Plan(read * trained / reach, trained, rotates=True) if epochs else None

    def _split(self, fit: Fit, rows: int, read: float) -> bool:
        """The rest of the data is the validation's, or kept for a test."""
        source, held_out = evidence.described(fit), evidence.described(fit, "validation")
        if source is None or read >= 1.0:
            return False
        share = fit.started.validation_split
        if share and read >= 1.0 - share - 0.02:
            return True
        if held_out is not None and held_out.size and source.size and source.kind == held_out.kind:
            if abs(source.size + held_out.size - rows) <= 0.02 * rows:
                return True
            skips = [facts.get("skip") or facts.get("count") for facts in held_out.pipeline]
            if evidence.has_stage(held_out, "skip") and source.size in skips:
                return True
        return evidence.has_stage(source, "take", "skip") and read >= self.split_from

    def _several(self, run: Run, fit: Fit, behind: evidence.Supply, plan: Plan) -> bool:
        """The same line calls fit again and again, on data that is shuffled anew: together they see it."""
        source = evidence.described(fit)
        if not plan.rotates or source is None or source.shuffled is False or not fit.started.site:
            return False
        same = [other for other in evidence.fits(run) if other.started.site == fit.started.site]
        summed = run.summed.planned_at(fit.started.site)
        if len(same) < 2 and not summed:
            return False
        trained = summed + sum((other.planned_steps or 0) * (evidence.planned_epochs(other) or 1) for other in same)
        return same[0] is not fit or trained >= self.warning_below * behind.batches

    def _same_rows_again(self, fit: Fit) -> bool:
        """Two epochs have gone by, and the second brought no row that the first had not."""
        rows, ended = fit.rows.get("train"), evidence.whole(fit)
        if rows is None or len(ended) < 2 or not rows.distinct or rows.epoch <= ended[0].index:
            return False
        complete = rows.complete or (ended[0].samples is not None and rows.looked_at >= ended[0].samples)
        return complete and rows.distinct_in_fit <= rows.distinct

    def _other_rows_came(self, fit: Fit) -> bool:
        """More different rows than an epoch has: each epoch draws its own."""
        rows, ended = fit.rows.get("train"), evidence.whole(fit)
        most = max((epoch.samples or 0 for epoch in ended), default=0)
        if rows is None or not most:
            return False
        sure = 1.0 if rows.distinct_known_by == "exact" else SURE
        return rows.distinct_in_fit * sure > most

    def _advice(self, run: Run, fit: Fit, behind: evidence.Supply, plan: Plan) -> str:
        source = evidence.described(fit)
        call = f"fit(){sayings.of_call(fit.started.site)}"
        size = evidence.batch_size(fit)
        if fit.started.steps_per_epoch is not None:
            again = (
                " Keras 2 begins a Sequence anew in each epoch, so its end is never read."
                if source and source.kind == "sequence" and not plan.rotates
                else ""
            )
            return (
                f"One pass is {behind.rows:,} / {size} = {sayings.count(behind.batches, 'step')}: "
                f"leave steps_per_epoch={fit.started.steps_per_epoch} out of {call}, or train more epochs.{again}"
            )
        if evidence.has_stage(source, "take"):
            return f"Remove the take() before {call}."
        if source is not None and source.kind == "sequence":
            return (
                f"__len__ returns {source.batches}; {behind.rows:,} rows"
                f"{f' ({source.upstream_reason})' if source.upstream_reason else ''} in batches of {size} are "
                f"{sayings.count(behind.batches, 'batch')}."
            )
        return f"Compare what {call} reads with the {sayings.count(behind.rows, 'row')} that there are."

    def _snippet(self, fit: Fit, behind: evidence.Supply) -> str:
        source = evidence.described(fit)
        if source is not None and source.kind == "sequence" and fit.started.steps_per_epoch is None:
            return "def __len__(self):\n    return math.ceil(len(self.x) / self.batch_size)"
        size = evidence.batch_size(fit) or 1
        return f"model.fit(..., steps_per_epoch={math.ceil(behind.rows / size)})  # ceil({behind.rows} / {size})"
