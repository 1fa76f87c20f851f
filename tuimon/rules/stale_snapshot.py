"""Data was appended after the dataset had been made: it is never trained.

What it means: `from_tensor_slices(np.array(rows))` copies what is there at that moment. Appending to `rows` later, for
instance in `on_epoch_end`, changes your list and not the dataset.

Why it matters: you believe the model trains on the new data, and it never sees any of it.

How it is decided: a list in the function that called fit() had exactly as many entries as the dataset has rows, and has
grown since, while the dataset stayed as it was. Where the new data never was in such a list, this cannot be seen.

What to do: build a new dataset from all rows and call fit() again, with `initial_epoch` to count on; or feed the data
through a generator that reads the list anew in every epoch.
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
class StaleSnapshot:
    def check(self, run: Run) -> Iterator[Finding]:
        for fit in evidence.fits(run):
            grown, source = fit.outgrown, fit.source
            if grown is None or source is None or source.size != grown.rows or grown.now <= grown.rows:
                continue
            yield Finding(
                rule="stale-snapshot",
                severity="warning",
                message=f"`{grown.name}` has grown from {grown.rows:,} to {sayings.count(grown.now, 'entry')}, "
                f"the dataset still holds {grown.rows:,}: what was appended is not trained",
                advice=f"A dataset made of arrays is a copy. Make a new one of all of `{grown.name}` and call "
                f"fit(){sayings.of_call(fit.started.site)} again with initial_epoch={grown.epoch + 1}.",
                fit=fit.index,
                epoch=grown.epoch,
                at=grown.at,
                numbers={"rows": grown.rows, "now": grown.now},
                snippet="dataset = tf.data.Dataset.from_tensor_slices((np.array(x), np.array(y)))\n"
                f"model.fit(dataset.batch(...), initial_epoch={grown.epoch + 1}, epochs=...)",
            )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: fit.source, evidence.NOT_DESCRIBED)
