"""The arithmetic of a pipeline: samples and batches in one pass, what is dropped, and what was there upstream."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Callable, Dict, List, Optional

from tuimon.events import Facts


@dataclass(frozen=True)
class Flow:
    """What leaves a stage in one pass. None is unknown."""

    elements: Optional[int] = None  # samples before the first batch, batches after it
    samples: Optional[int] = None
    infinite: bool = False  # the pass that is described here is repeated for ever
    per: Optional[int] = None  # samples of a batch; None before the first batch
    batched: int = 0  # how many batch stages lie behind
    drop_remainder: Optional[bool] = None
    dropped: Optional[int] = None  # samples that drop_remainder leaves out
    upstream: Optional[int] = None  # samples that could be read, before take, skip, shard, filter and drop
    shuffled: bool = False
    mapped: bool = False  # a function was applied to whole batches: it may have changed how many samples they hold
    even: bool = True  # all batches but the last of a pass hold `per` samples
    reason: str = ""  # what makes the size unknown


def flow(stages: List[Facts]) -> Flow:
    """What leaves the last of these stages."""
    now = Flow()
    for stage in stages:
        now = _checked(_STEPS.get(stage["op"], _opaque)(now, stage), stage)
    return now


def _checked(after: Flow, stage: Facts) -> Flow:
    """TensorFlow's own count of elements wins where the arithmetic does not come to the same."""
    count = stage.get("count")
    if count is None or after.infinite or count == after.elements:
        return after
    if after.batched:
        samples = after.samples if after.elements is None and after.samples is not None else None
        return dataclasses.replace(after, elements=count, samples=samples, even=False)
    upstream = count if after.upstream is None else after.upstream
    return dataclasses.replace(after, elements=count, samples=count, upstream=upstream, reason="")


def _source(now: Flow, stage: Facts) -> Flow:
    count = stage.get("count")
    if stage.get("infinite"):
        return Flow(infinite=True, reason="%s never ends" % stage["op"])
    if count is None:
        return Flow(reason="%s does not tell how many it holds" % stage["op"])
    return Flow(elements=count, samples=count, upstream=count)


def _records(now: Flow, stage: Facts) -> Flow:
    return Flow(shuffled=now.shuffled, reason="the number of records in the files is not known")


def _same(now: Flow, stage: Facts) -> Flow:
    return now


def _map(now: Flow, stage: Facts) -> Flow:
    if not now.batched or "tensorflow/python" in stage.get("site", ""):
        return now
    return dataclasses.replace(now, even=False, mapped=True)


def _shuffle(now: Flow, stage: Facts) -> Flow:
    return dataclasses.replace(now, shuffled=True, even=now.even and not now.batched)


def _batch(now: Flow, stage: Facts) -> Flow:
    size, drop = stage.get("batch_size"), bool(stage.get("drop_remainder"))
    after = dataclasses.replace(now, drop_remainder=drop, batched=now.batched + 1)
    if not size:
        return dataclasses.replace(after, elements=None, per=None, even=False)
    per = size * (now.per or 1) if now.batched else size
    if now.elements is None or now.samples is None:
        return dataclasses.replace(after, elements=None, per=per)
    whole, rest = divmod(now.elements, size)
    if now.infinite or not drop or not rest:
        elements = whole + (1 if rest else 0)
        return dataclasses.replace(after, elements=elements, per=per, dropped=0, even=now.even and not now.batched)
    kept = now.samples - rest * (now.per or 1) if now.batched else whole * size
    return dataclasses.replace(after, elements=whole, samples=kept, per=per, dropped=now.samples - kept)


def _unbatch(now: Flow, stage: Facts) -> Flow:
    samples = None if now.mapped else now.samples
    reason = "the batches were mapped before unbatch" if now.mapped else now.reason
    return dataclasses.replace(
        now, elements=samples, samples=samples, per=None, batched=0, even=True, mapped=False, reason=reason
    )


def _take(now: Flow, stage: Facts) -> Flow:
    count = stage.get("take")
    if count is None or count < 0:
        return now
    if now.infinite and now.per is None and not now.batched:
        return dataclasses.replace(now, infinite=False, elements=count, samples=count)
    if now.infinite:
        samples = count * now.per if now.per else None
        return dataclasses.replace(now, infinite=False, elements=count, samples=samples, dropped=0)
    if now.elements is None or count >= now.elements:
        return now
    samples = count * now.per if now.batched and now.per else None if now.batched else count
    return dataclasses.replace(now, elements=count, samples=samples)


def _skip(now: Flow, stage: Facts) -> Flow:
    count = stage.get("skip")
    if not count or now.infinite or now.elements is None or now.samples is None:
        return now
    if count < 0 or count >= now.elements:
        return dataclasses.replace(now, elements=0, samples=0)
    skipped = count * now.per if now.batched and now.per else None if now.batched else count
    samples = now.samples - skipped if skipped is not None else None
    return dataclasses.replace(now, elements=now.elements - count, samples=samples)


def _repeat(now: Flow, stage: Facts) -> Flow:
    times = stage.get("repeat")
    if times is None:
        # One pass stays described: what comes round again and again.
        return dataclasses.replace(now, infinite=True, reason="it is repeated for ever")
    if now.infinite:
        return now
    elements = None if now.elements is None else now.elements * times
    samples = None if now.samples is None else now.samples * times
    even = now.even and not (now.batched and times > 1)
    return dataclasses.replace(now, elements=elements, samples=samples, even=even)


def _shard(now: Flow, stage: Facts) -> Flow:
    count = stage.get("count")
    if now.batched or count is None:
        return dataclasses.replace(now, elements=count, samples=None, even=False)
    return dataclasses.replace(now, elements=count, samples=count)


def _fewer(now: Flow, stage: Facts) -> Flow:
    """A stage that leaves out some, nobody knows how many; batches stay whole."""
    reason = "%s lets an unknown number through" % stage["op"]
    return dataclasses.replace(now, elements=None, samples=None, reason=reason, even=now.even and not now.batched)


def _opaque(now: Flow, stage: Facts) -> Flow:
    """A stage that makes an unknown number out of each element."""
    return Flow(shuffled=now.shuffled, infinite=now.infinite, reason="%s does not tell its size" % stage["op"])


def _of_inputs(stage: Facts) -> List[Flow]:
    return [flow(stages) for stages in stage.get("inputs", [])]


def _zip(now: Flow, stage: Facts) -> Flow:
    parts = [part for part in _of_inputs(stage) if not (part.infinite and part.samples is None)]
    finite = [part for part in parts if not part.infinite] or parts
    if not finite:
        return Flow(infinite=True, reason="it never ends")
    if any(part.elements is None for part in finite):
        return dataclasses.replace(next(part for part in finite if part.elements is None))
    shortest = min(finite, key=lambda part: part.elements or 0)
    return dataclasses.replace(shortest, shuffled=any(part.shuffled for part in parts))


def _concatenate(now: Flow, stage: Facts) -> Flow:
    parts = _of_inputs(stage)
    first = parts[0] if parts else Flow()
    return dataclasses.replace(
        first,
        elements=_sum([part.elements for part in parts]),
        samples=_sum([part.samples for part in parts]),
        upstream=_sum([part.upstream for part in parts]),
        dropped=_sum([part.dropped for part in parts]),
        infinite=any(part.infinite for part in parts),
        shuffled=all(part.shuffled for part in parts),
        even=first.even and not first.batched,
    )


def _mixed(now: Flow, stage: Facts) -> Flow:
    parts = _of_inputs(stage)[1:]
    return Flow(
        upstream=_sum([part.upstream for part in parts]),
        infinite=bool(parts) and all(part.infinite for part in parts),
        shuffled=any(part.shuffled for part in parts),
        reason="the mix does not tell its size",
    )


def _sum(counts: List[Optional[int]]) -> Optional[int]:
    known = [count for count in counts if count is not None]
    return sum(known) if counts and len(known) == len(counts) else None


_STEPS: Dict[str, Callable[[Flow, Facts], Flow]] = {
    "from_tensor_slices": _source,
    "from_tensors": _source,
    "range": _source,
    "random": _source,
    "files": _source,
    "enumerate": _source,
    "from_generator": _source,
    "tfrecord": _records,
    "text_line": _records,
    "fixed_length_record": _records,
    "map": _map,
    "scan": _map,
    "prefetch": _same,
    "cache": _same,
    "snapshot": _same,
    "assert_cardinality": _same,
    "save": _same,
    "shuffle": _shuffle,
    "batch": _batch,
    "padded_batch": _batch,
    "unbatch": _unbatch,
    "take": _take,
    "skip": _skip,
    "repeat": _repeat,
    "shard": _shard,
    "filter": _fewer,
    "take_while": _fewer,
    "unique": _fewer,
    "ignore_errors": _fewer,
    "zip": _zip,
    "concatenate": _concatenate,
    "sample_from_datasets": _mixed,
}
"""What each stage does to the flow; any other is opaque."""
