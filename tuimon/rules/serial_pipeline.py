"""The input pipeline works one element at a time, while training waits for it.

What it means: a `map` without `num_parallel_calls`, or no `prefetch` at the end: loading and training take turns
instead of overlapping.

Why it matters: cores lie idle while the model waits. This is the cheapest speed-up there is.

How it is decided: only where input-bound fires as well, and as severely: a warning where that is a warning or an error,
else a note.

What to do: add `num_parallel_calls=tf.data.AUTOTUNE` to each `map` that works, and end with
`.prefetch(tf.data.AUTOTUNE)`. Prefetching changes when batches are made, never how many.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding
from tuimon.rules.input_bound import AUTOTUNE, InputBound

if TYPE_CHECKING:
    from tuimon import events
    from tuimon.state import Run


@dataclass(frozen=True)
class SerialPipeline:
    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            source = evidence.described(fit)
            if source is None or source.kind != "tf.data" or not source.pipeline:
                continue
            serial, prefetched = _serial_maps(source), evidence.has_stage(source, "prefetch")
            if not serial and prefetched:
                continue
            bound = InputBound().of(run, fit)
            if bound is None:
                continue
            lacks = [f"{sayings.listed(serial)} without num_parallel_calls"] if serial else []
            lacks += [] if prefetched else ["no prefetch at the end"]
            yield Finding(
                rule="serial-pipeline",
                severity="note" if bound.severity == "note" else "warning",
                message=f"the pipeline works one element at a time: {' and '.join(lacks)}",
                advice="Let map work in parallel and prefetch what comes next"
                f", before fit(){sayings.of_call(fit.started.site)}.",
                fit=fit.index,
                epoch=bound.epoch,
                at=bound.at,
                numbers={"serial": serial, "prefetch": prefetched},
                snippet=f"dataset.map(load, num_parallel_calls={AUTOTUNE}).batch("
                f"{evidence.batch_size(fit) or '...'}).prefetch({AUTOTUNE})",
                over=bound.over,
            )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: fit.source, evidence.NOT_DESCRIBED)


def _serial_maps(source: events.SourceDescribed) -> list[str]:
    """The maps that work one element at a time, as users would name them."""
    found = []
    for facts in source.pipeline:
        if evidence.stage(facts) == "map" and not facts.get("parallel") and not facts.get("by_keras"):
            function = facts.get("function")
            name = function.get("name") if isinstance(function, dict) else function
            found.append(f"map({name})" if name else "a map")
    return found
