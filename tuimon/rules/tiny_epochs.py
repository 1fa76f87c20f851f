"""Each epoch trains only one or two batches, although there are many more.

What it means: an epoch should be one pass over the data. Here it is one or two steps, again and again: a `take(1)` left
over from debugging, `fit` on a single pulled batch instead of the dataset, or a loop that pulls one batch and calls
that an epoch.

Why it matters: the loss falls nicely, because the model learns these few rows by heart. The rest of the data is never
seen, and nothing warns you.

How it is decided: at least three epochs (planned or done) of at most two steps, and evidence of more data: the pipeline
holds at least four times as many batches, or a dataset of at least four batches was iterated for exactly one. A loop of
your own is judged by the lines ``Epoch 3/10`` that it prints: one step between them, and new rows every time. Training
on all rows in one batch is full-batch training and never reported.

What to do: give `fit` the dataset itself, without `take` or `next(iter(…))`; in your own loop, run over the dataset in
an inner loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.events import IteratorEnded
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class TinyEpochs:
    steps: int = 2  # an epoch of at most so many is tiny; own choice
    epochs: int = 3  # so many of them, so that a quick try is not reported; own choice
    times: float = 4.0  # the data holds at least so many times the batches of an epoch; own choice
    most_lines: int = 100  # with more than so many, what is printed as an epoch is what others call a step; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            found = self._of_fit(run, fit) if fit.call == "fit" else self._of_loop(run, fit)
            if found is not None:
                yield found

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: fit.source or fit.call != "fit", evidence.NOT_DESCRIBED)

    # --- fit

    def _of_fit(self, run: Run, fit: Fit) -> Finding | None:
        steps = self._steps(fit)
        if steps is None or evidence.smoke_run(run, fit):
            return None
        pulled = self._pulled(run, fit)
        if pulled is not None:
            return self._one_pulled_batch(fit, steps, pulled)
        behind = evidence.supply(run, fit)
        source = evidence.described(fit)
        if behind is None or source is None or behind.batches < self.times * steps:
            return None
        if behind.known_by == "estimated" and source.kind != "sequence":
            return None  # what a generator can see is not what it is to yield
        epochs = evidence.planned_epochs(fit) or fit.epochs_begun
        rotates = fit.started.steps_per_epoch is not None and not evidence.has_stage(source, "take")
        if rotates and steps * epochs >= behind.batches:
            return None  # short epochs by choice: together they see the data
        estimated = behind.known_by == "estimated"
        return Finding(
            rule="tiny-epochs",
            severity="warning" if rotates or estimated else "error",
            message=f"every epoch trains {steps} of {sayings.count(behind.batches, 'batch')} "
            f"(limit: at most {self.steps} steps where there are {self.times:g} times as many)",
            advice=self._advice(fit, steps),
            fit=fit.index,
            epoch=0,
            at=fit.started_at,
            numbers={"steps": steps, "batches": behind.batches, "rows": behind.rows, "known_by": behind.known_by},
            snippet="" if rotates else "model.fit(dataset, ...)  # without .take(...)",
        )

    def _steps(self, fit: Fit) -> int | None:
        """Steps of an epoch, planned or else done, when they are few and the epochs several."""
        planned = evidence.planned_epochs(fit)
        if fit.planned_steps is not None and planned is not None:
            return fit.planned_steps if 1 <= fit.planned_steps <= self.steps and planned >= self.epochs else None
        done = [epoch.steps for epoch in evidence.whole(fit)]
        return max(done) if len(done) >= self.epochs and 1 <= max(done) <= self.steps else None

    def _pulled(self, run: Run, fit: Fit) -> IteratorEnded | None:
        """The iterator from which the one batch was pulled that `fit` was given."""
        source = fit.source
        if source is None or source.described.kind not in evidence.IN_MEMORY or not source.size:
            return None
        for ended in run.iterators:
            same = ended.samples == source.size if ended.samples is not None else source.described.kind == "tensor"
            one = ended.batches == 1 and same
            # The fit may stand in the body of `for x, y in dataset.take(1)`: that iterator ends after it.
            before = ended.at <= fit.started_at or (ended.exhausted and ended.fit == 0)
            if one and before and (ended.available or 0) >= self.times:
                return ended
        return None

    def _one_pulled_batch(self, fit: Fit, steps: int, pulled: IteratorEnded) -> Finding:
        rows = sayings.count(fit.source.size or 0, "row") if fit.source else "rows"
        return Finding(
            rule="tiny-epochs",
            severity="error",
            message=f"fit() was given one batch of {rows}, pulled from a dataset of "
            f"{sayings.count(pulled.available or 0, 'batch')}: every epoch trains these rows only",
            advice=f"Pass the dataset itself to fit(){sayings.of_call(fit.started.site)}: "
            "`next(iter(dataset))` is only its first batch.",
            fit=fit.index,
            epoch=0,
            at=fit.started_at,
            numbers={"steps": steps, "rows": fit.source.size if fit.source else None, "batches": pulled.available},
            snippet="model.fit(dataset, ...)  # not: x, y = next(iter(dataset))",
        )

    def _advice(self, fit: Fit, steps: int) -> str:
        call = f"fit(){sayings.of_call(fit.started.site)}"
        if evidence.has_stage(evidence.described(fit), "take"):
            return f"Remove the take() before {call}: it leaves {sayings.count(steps, 'batch')} per epoch."
        if fit.started.steps_per_epoch is not None:
            return f"Leave out steps_per_epoch={fit.started.steps_per_epoch} in {call}: an epoch is then one pass."
        return f"Give {call} all of the data: an epoch is one pass over it."

    # --- loops of the user's own

    def _of_loop(self, run: Run, fit: Fit) -> Finding | None:
        until = fit.ended.at if fit.ended else run.now
        lines = [line for line in run.epoch_lines if fit.started_at <= line.at <= until + 1.0]
        if not self.epochs <= len(lines) <= self.most_lines or abs(fit.steps_done - len(lines)) > 1:
            return None
        more = self._more_data(run, fit)
        if more is None:
            return None
        return Finding(
            rule="tiny-epochs",
            severity="warning",
            message=f"the script printed {sayings.count(len(lines), 'epoch line')} and trained "
            f"{sayings.count(fit.steps_done, 'step')}: one batch per epoch, {more}",
            advice=f"Run over all batches in an inner loop{sayings.of_call(fit.started.site)}: "
            "one call of next() gives one batch.",
            fit=fit.index,
            epoch=0,
            at=lines[0].at,
            numbers={"lines": len(lines), "steps": fit.steps_done},
            snippet="for epoch in range(epochs):\n    for x, y in dataset:\n        model.train_on_batch(x, y)",
        )

    def _more_data(self, run: Run, fit: Fit) -> str | None:
        """Evidence that one batch is not all of the data."""
        larger = [ended for ended in [*fit.iterators, *run.iterators] if (ended.available or 0) >= self.times]
        if larger:
            pulled = sum(ended.batches for ended in larger)
            batches = max(ended.available or 0 for ended in larger)
            # Fewer than there were steps: these were peeked into, and what is trained is something else.
            return f"of {sayings.count(batches, 'batch')}" if pulled >= fit.steps_done - 1 else None
        rows = fit.rows.get("train")
        if rows is not None and rows.distinct_in_fit >= 2 * rows.looked_at / max(1, fit.steps_done) > 0:
            return f"and {sayings.different_rows(rows.distinct_in_fit, rows.distinct_known_by)} so far"
        seen = {each.fingerprint for each in fit.batches if each.fingerprint}
        return "each a different one" if len(seen) >= self.epochs and len(seen) == len(fit.batches) else None
