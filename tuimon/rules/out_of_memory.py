"""Memory ran out.

What it means: an allocation failed (`ResourceExhaustedError`, `MemoryError`), or the kernel killed the process because
the machine or its container had no memory left.

Why it matters: the training is lost from its last checkpoint on.

How it is decided: by the exception, by a death of signal 9 (also a worker's) with a rise of the cgroup's `oom_kill`
counter, or by a SIGABRT whose last words are `std::bad_alloc`. Shape, device and the largest consumers are those that
the framework names in its message and on standard error.

What to do: a smaller batch is the first thing to try. On a GPU: mixed precision, or gradient accumulation. On the host:
smaller shuffle buffers and caches, fewer workers.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import allocations, evidence, sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.events import ChildEnded, ExceptionRaised
    from tuimon.rules.allocations import Allocation
    from tuimon.state import Fit, Run

TYPES = ("ResourceExhaustedError", "MemoryError", "_ArrayMemoryError", "OutOfMemoryError")
TEXTS = re.compile(
    r"OOM when allocating|std::bad_alloc|CUDA_ERROR_OUT_OF_MEMORY|CUDA out of memory|RESOURCE_EXHAUSTED: Out of memory"
    r"|Unable to allocate|[Cc]annot allocate memory|[Ff]ailed to allocate memory"
)
BATCH = re.compile(r"[Ff]ailed to allocate memory for the batch")
ABORTED = re.compile(r"std::bad_alloc|bad_array_new_length|[Cc]annot allocate memory|CUDA_ERROR_OUT_OF_MEMORY")
"""In the last words of a process that native code ended."""


def is_out_of_memory(raised: ExceptionRaised) -> bool:
    """The exception says that memory ran out."""
    names = (raised.type, *raised.causes)
    return any(name.rpartition(".")[2] in TYPES for name in names) or bool(TEXTS.search(raised.message))


def aborted_for_memory(ended: ChildEnded) -> bool:
    """Native code ended the process (SIGABRT) because it got no memory."""
    return ended.signal == signal.SIGABRT and any(ABORTED.search(line) for line in ended.last_words)


@dataclass(frozen=True)
class OutOfMemory:
    def check(self, run: Run) -> Iterator[Finding]:
        raised = next((each for each in run.exceptions if is_out_of_memory(each.event)), None)
        if raised is not None:
            yield self._raised(run, raised.event, raised.fit)
        elif run.child_ended is not None and run.child_ended.oom_killed:
            yield self._killed(run)
        elif run.child_ended is not None and aborted_for_memory(run.child_ended):
            yield self._aborted(run, run.child_ended)
        elif run.host.latest is not None and run.host.first is not None:
            kills, before = run.host.latest.oom_kills, run.host.first.oom_kills
            if kills is not None and before is not None and kills > before:
                yield self._killed(run)

    def unjudged(self, run: Run) -> str | None:
        seen = run.processes or run.host.latest or run.child_ended
        return None if seen else "neither the process nor the machine was watched"

    def _raised(self, run: Run, raised: ExceptionRaised, index: int | None) -> Finding:
        fit = run.fit_at(index) if index is not None else run.fit
        printed = "\n".join(run.child_ended.last_words) if run.child_ended else ""
        refused = allocations.allocation(raised.message, printed)
        what, numbers = _said(refused, raised, fit)
        gpu = "GPU" in raised.message or "CUDA" in raised.message
        return Finding(
            rule="out-of-memory",
            severity="error",
            message=f"memory ran out: {what or raised.type}{sayings.of_call(raised.site)}{_held(refused)}",
            advice=self._advice(fit, gpu) + (FRAGMENTED if refused and refused.fragmented and gpu else ""),
            fit=fit.index if fit else None,
            epoch=fit.epoch.index if fit and fit.epoch else None,
            step=fit.epoch.steps if fit and fit.epoch else None,
            at=raised.at,
            numbers={**numbers, "batch_size": evidence.batch_size(fit) if fit else None},
            snippet=self._snippet(fit),
        )

    def _aborted(self, run: Run, ended: ChildEnded) -> Finding:
        fit, words = run.fit, next(line for line in ended.last_words if ABORTED.search(line))
        peak, limit = run.host.rss.high, run.host.memory_limit
        had = f"; it had {sayings.size(peak)} of {sayings.size(limit)}" if peak and limit else ""
        return Finding(
            rule="out-of-memory",
            severity="error",
            message=f"native code got no memory and ended the process (SIGABRT): {words.strip()}{had}",
            advice=self._advice(fit, gpu="CUDA" in words),
            fit=fit.index if fit else None,
            epoch=fit.epoch.index if fit and fit.epoch else None,
            step=fit.epoch.steps if fit and fit.epoch else None,
            at=ended.at,
            numbers={"rss": peak, "limit": limit, "signal": ended.signal},
            snippet=self._snippet(fit),
        )

    def _killed(self, run: Run) -> Finding:
        fit, ended = run.fit, run.child_ended
        peak, limit = run.host.rss.high, run.host.memory_limit
        had = f"; it had {sayings.size(peak)}" if peak else ""
        of = f" of {sayings.size(limit)}" if peak and limit else ""
        who = (
            "the kernel killed the process" if ended and ended.oom_killed else "the kernel killed a process of this run"
        )
        return Finding(
            rule="out-of-memory",
            severity="error",
            message=f"{who} because memory ran out{had}{of}",
            advice=self._advice(fit, gpu=False),
            fit=fit.index if fit else None,
            epoch=fit.epoch.index if fit and fit.epoch else None,
            step=fit.epoch.steps if fit and fit.epoch else None,
            at=ended.at if ended else run.host.latest.at if run.host.latest else None,
            numbers={"rss": peak, "limit": limit},
            snippet=self._snippet(fit),
        )

    def _advice(self, fit: Fit | None, gpu: bool) -> str:
        size = evidence.batch_size(fit) if fit else None
        smaller = f"Halve the batch size: {size} → {max(1, size // 2)}" if size and size > 1 else "Use smaller batches"
        if gpu:
            return f"{smaller}; then mixed precision, or gradient_accumulation_steps in the optimizer (Keras 3)."
        return f"{smaller}; make shuffle and prefetch buffers and caches smaller, use fewer workers."

    def _snippet(self, fit: Fit | None) -> str:
        size, source = (evidence.batch_size(fit), evidence.described(fit)) if fit else (None, None)
        if not size or size < 2:
            return ""
        if source is not None and source.kind == "tf.data":
            return f"dataset.batch({size // 2})"
        return f"model.fit(..., batch_size={size // 2})"


FRAGMENTED = (
    " There was room enough, but not in one piece: TF_GPU_ALLOCATOR=cuda_malloc_async (TensorFlow) or "
    "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True (PyTorch) help against that."
)


def _said(refused: Allocation | None, raised: ExceptionRaised, fit: Fit | None) -> tuple[str, dict[str, object]]:
    """What could not be allocated, in words and numbers."""
    source, size = (evidence.described(fit), evidence.batch_size(fit)) if fit else (None, None)
    if BATCH.search(raised.message) and source is not None and size:
        total = size * (source.element_bytes or 0)
        return f"a batch of {size} samples{f' ({sayings.size(total)})' if total else ''}", {"bytes": total or None}
    if refused is None:
        return "", {"op": raised.op}
    numbers: dict[str, object] = {
        "shape": list(refused.shape) if refused.shape is not None else None,
        "dtype": refused.dtype or None,
        "bytes": refused.bytes,
        "op": raised.op or refused.op or None,
        "device": refused.device or None,
        "allocator": refused.allocator or None,
        "limit": refused.limit,
        "in_use": refused.in_use,
        "free": refused.free,
        "consumers": [{"name": name, "bytes": held} for name, held in refused.consumers],
    }
    amount = f" ({sayings.size(refused.bytes)})" if refused.bytes else ""
    where = (f" on {refused.device}" if refused.device else "") + (f" in {numbers['op']}" if numbers["op"] else "")
    if refused.shape is not None:
        return f"a tensor of {'×'.join(map(str, refused.shape))}{amount}{where}", numbers
    if refused.bytes:
        return f"{sayings.size(refused.bytes)} could not be had{where}", numbers
    return "", numbers


def _held(refused: Allocation | None) -> str:
    """Who had most of it, and how much was free."""
    if refused is None:
        return ""
    free = f"; {sayings.size(refused.free)} were free" if refused.free is not None else ""
    most = [f"{name} {sayings.size(held)}" for name, held in refused.consumers[:3]]
    return free + (f"; most is held by {sayings.listed(most)}" if most else "")
