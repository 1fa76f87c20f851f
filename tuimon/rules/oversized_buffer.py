"""A shuffle buffer or a cache needs too much memory.

What it means: `shuffle(n)` after decoding holds n decoded elements; after `batch`, n whole batches. A `cache()` behind
`repeat()` never completes: it keeps growing.

Why it matters: the buffer fills while the first epoch starts, and the process is killed before the first step, or much
later and without a word.

How it is decided: the buffer (no more than the data has) times the bytes of an element is more than 25% of the memory
that this run can have: a warning. A cache in memory behind an endless `repeat()`: an error. Where the size of an
element is not known nothing is said.

What to do: shuffle file names or indices before decoding, and batches never; put `cache()` before `shuffle` and
`repeat`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon import events
from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class OversizedBuffer:
    share: float = 0.25  # of the memory that the run can have; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            source = evidence.described(fit)
            if source is not None:
                yield from self._shuffles(run, fit, source)
                yield from self._endless_cache(fit, source)

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: fit.source, evidence.NOT_DESCRIBED)

    def _shuffles(self, run: Run, fit: Fit, source: events.SourceDescribed) -> Iterator[Finding]:
        limit = run.host.memory_limit
        needs = [(facts, _bytes(source, index)) for index, facts in enumerate(source.pipeline)]
        largest = max(needs, key=lambda need: need[1], default=None)
        if limit is None or largest is None or largest[1] <= self.share * limit:
            return
        facts, need = largest
        yield Finding(
            rule="oversized-buffer",
            severity="warning",
            message=f"{facts.get('text') or 'the shuffle buffer'} will hold {sayings.size(need)}: "
            f"{sayings.share(min(1.0, need / limit))} of {sayings.size(limit)} memory "
            f"(limit {sayings.share(self.share)})",
            advice="Shuffle file names or indices before they are decoded; then the buffer holds names.",
            fit=fit.index,
            epoch=fit.started.initial_epoch,
            at=source.at,
            numbers={"bytes": need, "buffer": facts.get("buffer"), "limit": limit},
            snippet="files.shuffle(len(files)).map(decode, num_parallel_calls=tf.data.AUTOTUNE).batch(...)",
        )

    def _endless_cache(self, fit: Fit, source: events.SourceDescribed) -> Iterator[Finding]:
        endless = False
        for facts in source.pipeline:
            name = evidence.stage(facts)
            endless = endless or (name == "repeat" and facts.get("repeat") is None)
            if name == "take":
                endless = False
            if name == "cache" and endless:
                where = "memory" if facts.get("cache") in (None, "", "memory") else "its file"
                yield Finding(
                    rule="oversized-buffer",
                    severity="error",
                    message=f"cache() behind an endless repeat() is never complete: {where} grows with every step",
                    advice=f"Put cache() before repeat(), and both before fit(){sayings.of_call(fit.started.site)}.",
                    fit=fit.index,
                    epoch=fit.started.initial_epoch,
                    at=source.at,
                    snippet="dataset.cache().shuffle(n).batch(...).repeat()",
                )
                return


def _bytes(source: events.SourceDescribed, index: int) -> float:
    """What the shuffle buffer at this place of the pipeline will hold; 0 for another stage, or when it is not known."""
    facts = source.pipeline[index]
    buffer = facts.get("buffer")
    if (
        evidence.stage(facts) != "shuffle"
        or not isinstance(buffer, (int, float))
        or buffer <= 0
        or facts.get("by_keras")
    ):
        return 0.0
    stated = facts.get("buffer_bytes")
    if isinstance(stated, (int, float)):
        return float(stated)
    before = source.pipeline[index - 1].get("count") if index else None
    held = min(buffer, before) if isinstance(before, (int, float)) and before > 0 else buffer
    rows_each = next(
        (each.get("batch_size") or 1 for each in source.pipeline[:index] if evidence.stage(each) == "batch"), 1
    )
    return float(held * rows_each * (source.element_bytes or 0))
