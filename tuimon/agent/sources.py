"""What a fit reads: its kind, its size and how that is known, its batches and components.

Nothing here calls the user's code beyond `len()` of a Sequence, which Keras calls itself; nothing touches the data.
"""

from __future__ import annotations

import math
import types
from typing import Any, Dict, List, Optional

from tuimon import events
from tuimon.agent import behind, closures, components, guard, pipeline, sizes
from tuimon.events import Facts


def describe(
    fit: int,
    role: str = "train",
    x: Any = None,
    y: Any = None,
    sample_weight: Any = None,
    batch_size: Optional[int] = None,
    adapter: Any = None,
    shuffle: Any = None,
    workers: Optional[int] = None,
    multiprocessing: Optional[bool] = None,
) -> events.SourceDescribed:
    """The source of a fit, from the arguments of the call and, where Keras has made one, its data adapter.

    Never raises and never touches the data: what cannot be told is left unknown.
    """
    facts: Facts = {"kind": kind_of(x), "workers": workers, "multiprocessing": multiprocessing}
    describer = _DESCRIBERS.get(facts["kind"], _other)
    found = guard.run("sources." + describer.__name__, describer, x, y, sample_weight, adapter, batch_size, shuffle)
    facts.update(found or {})
    if facts.get("size") is None and not facts.get("size_reason"):
        facts["size_reason"] = "a source of type %s does not tell its size" % type(x).__name__
    return events.SourceDescribed(fit=fit, role=role, **facts)


def samples_of(described: events.SourceDescribed, first_step: int, steps: int) -> Optional[int]:
    """Samples in these steps, counted from the beginning of the source; None where arithmetic cannot tell.

    Steps beyond one pass start again at its beginning, as Keras does it.
    """
    size, batches, per = described.size, described.batches, described.batch_size
    if steps <= 0:
        return 0
    if size is None or not batches or not per or described.size_known_by != "exact" or not _even(described):
        return None
    if described.infinite and _repeated_before_batch(described.pipeline):
        return steps * per
    return _up_to(first_step + steps, size, batches, per) - _up_to(first_step, size, batches, per)


def _up_to(step: int, size: int, batches: int, per: int) -> int:
    passes, rest = divmod(step, batches)
    return passes * size + min(rest * per, size)


def _even(described: events.SourceDescribed) -> bool:
    if described.kind != "tf.data":
        return described.kind in ("numpy", "tensor", "pandas", "list", "torch-dataloader")
    flow = sizes.flow(described.pipeline)
    return flow.even and flow.batched == 1


def _repeated_before_batch(stages: List[Facts]) -> bool:
    ops = [stage["op"] for stage in stages]
    return "repeat" in ops and any(op in ("batch", "padded_batch") for op in ops[ops.index("repeat") :])


def kind_of(x: Any) -> str:
    """The kind, told by the names of its classes: nothing is imported for it."""
    for parent in type(x).__mro__:
        name, module = parent.__name__, str(parent.__module__)
        if name in ("DatasetV2", "DistributedDataset", "DistributedDatasetsFromFunction") and "tensorflow" in module:
            return "tf.data"
        if name in ("Sequence", "PyDataset") and "keras" in module:
            return "sequence"
        if name == "DataLoader" and "torch" in module:
            return "torch-dataloader"
        if name in ("DataFrame", "Series") and module.startswith("pandas"):
            return "pandas"
    if isinstance(x, types.GeneratorType):
        return "generator"
    first = next(iter(components.leaves(x)), None)
    if isinstance(x, (list, tuple)) and first is not None and not hasattr(first, "shape"):
        return "list"
    module = type(first).__module__.split(".")[0]
    if module == "numpy" and hasattr(first, "shape"):
        return "numpy"
    if module == "pandas":
        return "pandas"
    if module in ("tensorflow", "torch", "jaxlib", "jax") and hasattr(first, "shape"):
        return "tensor"
    return "generator" if hasattr(x, "__next__") else "other"


# --- kinds


def _arrays(x: Any, y: Any, weight: Any, adapter: Any, batch_size: Optional[int], shuffle: Any) -> Facts:
    found = components.of_arrays(x, y, weight)
    rows = components.rows(x)
    per = _plain(getattr(adapter, "_batch_size", None)) or batch_size
    mixed = bool(getattr(adapter, "_shuffle", shuffle))
    facts: Facts = {
        "size": rows,
        "size_known_by": "exact" if rows is not None else None,
        "size_reason": "the length of the arrays" if rows is not None else "",
        "batch_size": per,
        "batches": math.ceil(rows / per) if rows is not None and per else None,
        "infinite": False,
        "drop_remainder": False,
        "dropped": 0,
        "shuffled": mixed,
        "upstream_size": rows,
        "upstream_known_by": "exact" if rows is not None else None,
        "upstream_reason": "the length of the arrays" if rows is not None else "",
        "components": found,
        "element_bytes": components.row_bytes(found),
    }
    facts["pipeline"] = _stages_around_arrays(rows, per, mixed)
    return facts


def _stages_around_arrays(rows: Optional[int], per: Optional[int], mixed: bool) -> List[Facts]:
    stages: List[Facts] = [{"op": "arrays", "text": "arrays(%s)" % _said(rows), "rows": rows, "count": rows}]
    if mixed:
        stages.append({"op": "shuffle", "text": "shuffle(all)", "buffer": rows, "count": rows, "by_keras": True})
    stages.append({"op": "batch", "text": "batch(%s)" % _said(per), "batch_size": per, "by_keras": True})
    if "tensorflow" in _backend():
        stages.append({"op": "prefetch", "text": "prefetch(AUTOTUNE)", "by_keras": True})
    return stages


def _dataset(x: Any, y: Any, weight: Any, adapter: Any, batch_size: Optional[int], shuffle: Any) -> Facts:
    stages = pipeline.stages(x)
    flow = sizes.flow(stages)
    spec = getattr(x, "element_spec", None)
    leading = components.leading_dimension(spec)
    count = pipeline.cardinality(x)
    facts: Facts = {"pipeline": stages, "components": components.of_spec(spec), "shuffled": flow.shuffled}
    facts["infinite"] = True if count == -1 else None if count is None else False
    if not flow.batched:
        flow = _unbatched(flow, count, leading)
    facts.update(
        size=flow.samples,
        size_known_by="exact" if flow.samples is not None else None,
        size_reason="the length of the pipeline's source" if flow.samples is not None else flow.reason,
        batches=flow.elements if flow.elements is not None else count if count is not None and count >= 0 else None,
        batch_size=flow.per or leading,
        drop_remainder=flow.drop_remainder,
        dropped=flow.dropped,
        upstream_size=flow.upstream,
        upstream_known_by="exact" if flow.upstream is not None else None,
        upstream_reason="the length of the pipeline's source" if flow.upstream is not None else "",
        element_bytes=components.row_bytes(facts["components"]),
    )
    if flow.upstream is None:
        for state in pipeline.generator_states(x)[:1]:
            facts.update(behind.facts(getattr(state, "_generator", None)))
    return facts


def _unbatched(flow: sizes.Flow, count: Optional[int], leading: Optional[int]) -> sizes.Flow:
    """Each element is a batch that the source made itself: its samples are known where its shape is fixed."""
    elements = flow.elements
    samples = elements * leading if elements is not None and leading else None
    reason = flow.reason or "its elements are batches of varying size"
    return sizes.Flow(
        elements=elements, samples=samples, per=leading, infinite=flow.infinite, shuffled=flow.shuffled,
        upstream=flow.upstream * leading if flow.upstream is not None and leading else None,
        reason="" if samples is not None else reason,
    )  # fmt: skip


def _generator(x: Any, y: Any, weight: Any, adapter: Any, batch_size: Optional[int], shuffle: Any) -> Facts:
    facts = behind.facts(x)
    name = closures.named(x if not isinstance(x, types.GeneratorType) else None).get("function")
    name = getattr(x, "__name__", None) or name or type(x).__name__
    stage: Facts = {"op": "from_generator", "text": "generator(%s)" % name, "function": name}
    if isinstance(x, types.GeneratorType):
        stage["site"] = "%s:%d" % (x.gi_code.co_filename, x.gi_code.co_firstlineno)
    facts["pipeline"] = [stage, *_prefetch_by_keras()]
    facts["size_reason"] = "a generator does not tell how much it will yield"
    facts["batch_size"] = _plain(getattr(adapter, "_first_batch_size", None)) or components.rows(
        next(iter(getattr(adapter, "_first_batches", None) or []), None)
    )
    return facts


def _sequence(x: Any, y: Any, weight: Any, adapter: Any, batch_size: Optional[int], shuffle: Any) -> Facts:
    batches = _length(x)
    facts = behind.facts(x)
    stage: Facts = {"op": "sequence", "text": "%s(%s)" % (type(x).__name__, _said(batches))}
    if batches is not None:
        stage["count"] = batches
    facts.update(
        batches=batches,
        infinite=batches is None,
        shuffled=bool(shuffle) or None,
        size_reason="its batches are counted, the samples in them are not known beforehand",
        batch_size=_plain(getattr(adapter, "_first_batch_size", None)),
        pipeline=[stage, *_prefetch_by_keras()],
    )
    for name, attribute in (("workers", "workers"), ("multiprocessing", "use_multiprocessing")):
        value = closures.attributes(x).get(attribute, closures.attributes(x).get("_" + attribute))
        if value is not None:
            facts[name] = value
    return facts


def _loader(x: Any, y: Any, weight: Any, adapter: Any, batch_size: Optional[int], shuffle: Any) -> Facts:
    rows, batches = _length(getattr(x, "dataset", None)), _length(x)
    per, drop = _plain(getattr(x, "batch_size", None)), bool(getattr(x, "drop_last", False))
    kept = batches * per if drop and batches is not None and per else rows
    sampler = type(getattr(x, "sampler", None)).__name__
    workers = _plain(getattr(x, "num_workers", None))
    stages: List[Facts] = [{"op": "dataset", "text": "%s(%s)" % (type(x.dataset).__name__, _said(rows)), "count": rows}]
    if "Random" in sampler:
        stages.append({"op": "shuffle", "text": "shuffle(all)", "buffer": rows})
    stages.append({"op": "batch", "text": "batch(%s)" % _said(per), "batch_size": per, "drop_remainder": drop})
    return {
        "size": kept if sampler in ("SequentialSampler", "RandomSampler") else None,
        "size_known_by": "exact" if kept is not None else None,
        "size_reason": "the length of the DataLoader's dataset",
        "batches": batches,
        "infinite": False,
        "batch_size": per,
        "drop_remainder": drop,
        "dropped": rows - kept if rows is not None and kept is not None else None,
        "upstream_size": rows,
        "upstream_known_by": "exact" if rows is not None else None,
        "upstream_reason": "the length of the DataLoader's dataset",
        "shuffled": "Random" in sampler,
        "workers": workers,
        "multiprocessing": bool(workers),
        "pipeline": stages,
    }


def _other(x: Any, y: Any, weight: Any, adapter: Any, batch_size: Optional[int], shuffle: Any) -> Facts:
    return {}


_DESCRIBERS: Dict[str, Any] = {
    "numpy": _arrays,
    "tensor": _arrays,
    "pandas": _arrays,
    "list": _arrays,
    "tf.data": _dataset,
    "generator": _generator,
    "sequence": _sequence,
    "torch-dataloader": _loader,
}


def _prefetch_by_keras() -> List[Facts]:
    if "tensorflow" not in _backend():
        return []
    return [{"op": "prefetch", "text": "prefetch(AUTOTUNE)", "by_keras": True}]


def _backend() -> str:
    import sys

    keras = sys.modules.get("keras")
    try:
        return str(keras.backend.backend())  # type: ignore[union-attr]
    except Exception:
        return "tensorflow"


def _length(value: Any) -> Optional[int]:
    try:
        return len(value)
    except Exception:
        return None


def _plain(value: Any) -> Optional[int]:
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _said(count: Optional[int]) -> str:
    return "?" if count is None else format(count, ",")
