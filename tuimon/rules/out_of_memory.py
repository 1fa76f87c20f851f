"""Memory ran out.

What it means: an allocation failed (`ResourceExhaustedError`, `MemoryError`), or the kernel killed the process because
the machine or its container had no memory left.

Why it matters: the training is lost from its last checkpoint on.

How it is decided: by the exception, or by a death of signal 9 (also a worker's) with a rise of the cgroup's `oom_kill`
counter.

What to do: a smaller batch is the first thing to try. On a GPU: mixed precision, or gradient accumulation. On the host:
smaller shuffle buffers and caches, fewer workers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.events import ExceptionRaised
    from tuimon.state import Fit, Run

TYPES = ("ResourceExhaustedError", "MemoryError", "_ArrayMemoryError", "OutOfMemoryError")
TEXTS = re.compile(
    r"OOM when allocating|std::bad_alloc|CUDA_ERROR_OUT_OF_MEMORY|CUDA out of memory|RESOURCE_EXHAUSTED: Out of memory"
    r"|Unable to allocate|[Cc]annot allocate memory|[Ff]ailed to allocate memory"
)
TENSOR = re.compile(r"tensor with shape\s*\[([\d,\s]*)\](?: and type (\w+))?(?: on (\S+))?")
ARRAY = re.compile(r"Unable to allocate ([\d.]+ \w+) for an array with shape (\([\d, ]*\)) and data type (\w+)")
BATCH = re.compile(r"[Ff]ailed to allocate memory for the batch")
AMOUNT = re.compile(r"allocat\w+ (\d{4,}) bytes")
BYTES = {
    "float": 4,
    "float32": 4,
    "int32": 4,
    "half": 2,
    "float16": 2,
    "bfloat16": 2,
    "double": 8,
    "int64": 8,
    "uint8": 1,
}


def is_out_of_memory(raised: ExceptionRaised) -> bool:
    """The exception says that memory ran out."""
    names = (raised.type, *raised.causes)
    return any(name.rpartition(".")[2] in TYPES for name in names) or bool(TEXTS.search(raised.message))


@dataclass(frozen=True)
class OutOfMemory:
    def check(self, run: Run) -> Iterator[Finding]:
        raised = next((each for each in run.exceptions if is_out_of_memory(each.event)), None)
        if raised is not None:
            yield self._raised(run, raised.event, raised.fit)
        elif run.child_ended is not None and run.child_ended.oom_killed:
            yield self._killed(run)
        elif run.host.latest is not None and run.host.first is not None:
            kills, before = run.host.latest.oom_kills, run.host.first.oom_kills
            if kills is not None and before is not None and kills > before:
                yield self._killed(run)

    def unjudged(self, run: Run) -> str | None:
        seen = run.processes or run.host.latest or run.child_ended
        return None if seen else "neither the process nor the machine was watched"

    def _raised(self, run: Run, raised: ExceptionRaised, index: int | None) -> Finding:
        fit = run.fits[index] if index is not None else run.fit
        what, numbers = _allocation(raised, fit)
        return Finding(
            rule="out-of-memory",
            severity="error",
            message=f"memory ran out: {what or raised.type}{sayings.of_call(raised.site)}",
            advice=self._advice(fit, gpu="GPU" in raised.message),
            fit=fit.index if fit else None,
            epoch=fit.epoch.index if fit and fit.epoch else None,
            step=fit.epoch.steps if fit and fit.epoch else None,
            at=raised.at,
            numbers={**numbers, "batch_size": evidence.batch_size(fit) if fit else None, "op": raised.op},
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


def _allocation(raised: ExceptionRaised, fit: Fit | None) -> tuple[str, dict[str, object]]:
    """What could not be allocated, as the message says."""
    tensor = TENSOR.search(raised.message)
    if tensor:
        shape = [int(each) for each in tensor[1].replace(" ", "").split(",") if each]
        bytes_each = BYTES.get(tensor[2] or "float", 4)
        total = bytes_each
        for each in shape:
            total *= each
        device = f" on {tensor[3].rstrip(',').rpartition('/device:')[2]}" if tensor[3] else ""
        by = f" in {raised.op}" if raised.op else ""
        shown = "×".join(map(str, shape))
        return f"a tensor of {shown} ({sayings.size(total)}){device}{by}", {"shape": shape, "bytes": total}
    array = ARRAY.search(raised.message)
    if array:
        return f"an array of {array[2]} {array[3]} ({array[1]})", {"shape": array[2]}
    source, size = (evidence.described(fit), evidence.batch_size(fit)) if fit else (None, None)
    if BATCH.search(raised.message) and source is not None and size:
        total = size * (source.element_bytes or 0)
        return f"a batch of {size} samples{f' ({sayings.size(total)})' if total else ''}", {"bytes": total or None}
    amount = AMOUNT.search(raised.message)
    if amount:
        return f"{sayings.size(int(amount[1]))} could not be had", {"bytes": int(amount[1])}
    return "", {}
