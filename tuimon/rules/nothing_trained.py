"""fit() runs without a single batch.

What it means: the dataset is empty as fit() sees it: a batch size above the number of samples with
`drop_remainder=True`, a filter that lets nothing pass, a file pattern that matches nothing.

Why it matters: Keras 3 runs through all epochs in no time and exits with status 0; the model is as it was. Keras 2
raises ``Expected input data to be non-empty``.

How it is decided: the pipeline is known to hold 0 batches, or every epoch so far ended with 0 batches.

What to do: check the batch size against the number of samples, and count what the dataset yields before training.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class NothingTrained:
    def check(self, run: Run) -> Iterator[Finding]:
        for fit in evidence.fits(run):
            whole = evidence.whole(fit)
            if fit.steps_done or any(epoch.steps for epoch in fit.epochs):
                continue
            source = evidence.described(fit)
            known = source is not None and source.batches == 0
            refused = fit.ended is not None and "input data to be non-empty" in fit.ended.message
            if not (known or refused or whole) or evidence.planned_epochs(fit) == 0:
                continue
            epochs = f" in {sayings.epochs(epoch.index for epoch in whole)}" if whole else ""
            yield Finding(
                rule="nothing-trained",
                severity="error",
                message=f"0 batches{epochs}: {self._why(fit)}",
                advice=self._advice(fit),
                fit=fit.index,
                epoch=0,
                step=0,
                at=fit.started_at if known else whole[0].ended_at if whole else fit.ended.at if fit.ended else None,
                numbers={"batches": 0, "batch_size": evidence.batch_size(fit), "rows": self._rows(fit)},
                snippet="dataset.batch(batch_size)  # without drop_remainder=True" if self._dropped(fit) else "",
            )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: fit.epochs or fit.source, "no epochs were seen")

    def _rows(self, fit: Fit) -> int | None:
        source = evidence.described(fit)
        return source.upstream_size if source else None

    def _dropped(self, fit: Fit) -> bool:
        source, size, rows = evidence.described(fit), evidence.batch_size(fit), self._rows(fit)
        return bool(source and source.drop_remainder and size and rows and size > rows)

    def _why(self, fit: Fit) -> str:
        if self._dropped(fit):
            rows = sayings.count(self._rows(fit) or 0, "sample")
            return f"batches of {evidence.batch_size(fit)} with drop_remainder=True, and only {rows}"
        return "the data that fit() was given yields nothing"

    def _advice(self, fit: Fit) -> str:
        call = f"fit(){sayings.of_call(fit.started.site)}"
        if self._dropped(fit):
            return f"Make the batches smaller than {self._rows(fit)}, or leave out drop_remainder=True, before {call}."
        return f"Count what the dataset yields before {call}: a filter that lets nothing pass, or a wrong pattern."
