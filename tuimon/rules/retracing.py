"""A `tf.function` is traced again and again.

What it means: each call comes with something new that TensorFlow builds a new graph for: a Python number that changes,
a tensor of another shape, or a new function object in each call.

Why it matters: a trace takes up to seconds and its graph stays in memory. Training can be slower than without
`tf.function` at all.

How it is decided: at least five traces among the last ten calls (TensorFlow's own limit), or more than three new traces
of one function after the first epoch. A new model per fold has new functions; these are not counted together.

What to do: pass tensors instead of Python numbers, give an `input_signature`, use `reduce_retracing=True`, pad batches
to few shapes, and define the function once, outside the loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.events import FunctionTraced
from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class Retracing:
    recent: int = 5  # traces among the last ten calls; tensorflow's polymorphic_function.py
    later: int = 3  # new traces of one function after the first epoch; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        told = set()
        for fit in run.training:
            traced = self._often(fit.traces) or self._later(fit)
            if traced is not None:
                told.add((traced[0].function, traced[0].site))
                yield self._finding(fit.index, fit.epochs[0].index if fit.epochs else None, *traced)
        outside = self._often(trace for trace in run.traces if (trace.function, trace.site) not in told)
        if outside is not None:
            yield self._finding(None, None, *outside)

    def unjudged(self, run: Run) -> str | None:
        if not run.training:
            return evidence.NO_TRAINING
        seen = run.traces or run.processes
        return None if seen else "traces were not counted: it needs the agent in the training process"

    def _often(self, traces: Iterable[FunctionTraced]) -> tuple[FunctionTraced, str] | None:
        often = next((trace for trace in traces if (trace.recent or 0) >= self.recent), None)
        if often is None:
            return None
        return often, f"{often.recent} times in its last 10 calls (limit {self.recent})"

    def _later(self, fit: Fit) -> tuple[FunctionTraced, str] | None:
        first = fit.epochs[0] if fit.epochs else None
        if first is None or first.ended_at is None:
            return None
        before: dict[tuple[str, str], int] = {}
        after: dict[tuple[str, str], tuple[FunctionTraced, int]] = {}
        for trace in fit.traces:
            key = (trace.function, trace.site)
            if trace.at <= first.ended_at:
                before[key] = max(before.get(key, 0), trace.traces)
            else:
                after[key] = (after[key][0] if key in after else trace, trace.traces)
        for key, (trace, traces) in after.items():
            # A function that is first seen now was traced once of necessity.
            new = traces - before.get(key, 1)
            if new > self.later:
                return trace, f"{new} times after the first epoch (limit {self.later})"
        return None

    def _finding(self, fit: int | None, epoch: int | None, trace: FunctionTraced, often: str) -> Finding:
        place = sayings.of_call(trace.site)
        return Finding(
            rule="retracing",
            severity="warning",
            message=f"`{trace.function}`{place} was traced {often}",
            advice="Pass tensors of fixed shape instead of Python numbers that change, or give the function an "
            "input_signature; define it once, outside the loop.",
            fit=fit,
            epoch=epoch,
            at=trace.at,
            numbers={"traces": trace.traces, "recent": trace.recent, "function": trace.function},
            snippet="@tf.function(reduce_retracing=True)",
        )
