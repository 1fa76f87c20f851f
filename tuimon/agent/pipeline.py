"""The stages of a `tf.data.Dataset`, read from the dataset object: nothing is iterated, nothing changes state.

The private names read here (`_inputs`, `_map_func`, `_buffer_size`, …) are the same in TensorFlow 2.15 to 2.21; one
that is missing is a fact that is missing.
"""

from __future__ import annotations

import os
import re
from typing import Any, Dict, List, Optional

from tuimon.agent import closures
from tuimon.events import Facts

_OPS = {
    "tensor_slice": "from_tensor_slices",
    "tensor": "from_tensors",
    "sparse_tensor_slice": "from_tensor_slices",
    "parallel_map": "map",
    "map_and_batch": "batch",
    "parallel_batch": "batch",
    "parallel_interleave": "interleave",
    "directed_interleave": "sample_from_datasets",
    "choose_fastest": "choose",
    "tf_record": "tfrecord",
    "memory_cache": "cache",
    "save": "save",
    "dense_to_ragged": "",
    "restructured": "",
    "options": "",
    "variant": "enumerate",
}
"""Class name without its wrapping → the name that users know it by; empty for what is no stage to them."""

_LONGEST = 64
"""Stages that are read; a longer pipeline is cut there."""

_UNKNOWN, _INFINITE = -2, -1
_AUTOTUNE = -1


def stages(dataset: Any, limit: int = _LONGEST) -> List[Facts]:
    """The stages in order of flow, as `events.SourceDescribed.pipeline` holds them."""
    found: List[Facts] = []
    while dataset is not None and len(found) < limit:
        dataset = unwrapped(dataset)
        inputs = inputs_of(dataset)
        stage = _stage(dataset, inputs)
        if len(inputs) > 1:
            stage["inputs"] = [stages(each, (limit - len(found)) // len(inputs)) for each in inputs]
        stage["text"] = _text(stage)
        if stage["op"]:
            found.append(stage)
        if stage["op"] == "from_generator" or len(inputs) != 1:
            break
        dataset = inputs[0]
    return found[::-1]


def generator_states(dataset: Any) -> List[Any]:
    """What TensorFlow keeps for each `from_generator` in this dataset: it holds the generator and its iterators."""
    states, waiting, seen = [], [dataset], 0
    while waiting and seen < 4 * _LONGEST:
        each, seen = unwrapped(waiting.pop()), seen + 1
        state = _generator_state(each)
        if state is not None:
            states.append(state)
        else:
            waiting += inputs_of(each)
    return states


def unwrapped(dataset: Any) -> Any:
    """The dataset within what TensorFlow 1's adapter or a distribution strategy put around it."""
    for _ in range(8):
        kind = type(dataset).__name__
        inner = None
        if kind == "DatasetV1Adapter":
            inner = getattr(dataset, "_dataset", None)
        elif kind == "DistributedDataset":
            inner = getattr(dataset, "_original_dataset", None) or getattr(dataset, "_dataset", None)
        if inner is None:
            return dataset
        dataset = inner
    return dataset


def inputs_of(dataset: Any) -> List[Any]:
    names = getattr(dataset, "_filenames", None)
    if names is not None and hasattr(names, "element_spec"):
        return [names]
    try:
        return list(dataset._inputs())
    except Exception:
        return []


def cardinality(dataset: Any) -> Optional[int]:
    """Elements in one pass; -1 for endless, None when unknown."""
    try:
        count = int(dataset.cardinality())
    except TypeError:
        count = int(dataset.cardinality)
    except Exception:
        return None
    return None if count == _UNKNOWN else count


def element_bytes(spec: Any) -> Optional[int]:
    """Bytes of one element where every shape is known and nothing is a string."""
    total = 0
    for leaf in leaves(spec):
        shape: Any = getattr(leaf, "shape", None)
        dtype: Any = getattr(leaf, "dtype", None)
        size = getattr(dtype, "size", None)
        count = shape.num_elements() if shape is not None and shape.rank is not None else None
        if count is None or not size or type(leaf).__name__ != "TensorSpec" or dtype.name == "string":
            return None
        total += count * size
    return total or None


def leaves(spec: Any) -> List[Any]:
    """The leaves of nested specs, in TensorFlow's order."""
    if isinstance(spec, dict):
        return [leaf for key in sorted(spec, key=str) for leaf in leaves(spec[key])]
    if isinstance(spec, (tuple, list)):
        return [leaf for each in spec for leaf in leaves(each)]
    return [] if spec is None or type(spec).__name__ == "NoneTensorSpec" else [spec]


# --- one stage


def _stage(dataset: Any, inputs: List[Any]) -> Facts:
    kind = _snake(type(dataset).__name__)
    stage: Facts = {"op": _OPS.get(kind, kind)}
    count = cardinality(dataset)
    if count == _INFINITE:
        stage["infinite"] = True
    elif count is not None:
        stage["count"] = count
    state = _generator_state(dataset)
    if state is not None:
        stage["op"] = "from_generator"
        stage.update(closures.named(getattr(state, "_generator", None)))
    else:
        _settings(stage, dataset, inputs)
    return stage


def _settings(stage: Facts, dataset: Any, inputs: List[Any]) -> None:
    op = stage["op"]
    for name, attribute in _ATTRIBUTES.get(op, {}).items():
        value = _value(getattr(dataset, attribute, None))
        if value is not None:
            stage[name] = value
    parallel = _value(getattr(dataset, "_num_parallel_calls", None) or getattr(dataset, "_num_parallel_reads", None))
    if isinstance(parallel, int):
        stage["parallel"] = "AUTOTUNE" if parallel == _AUTOTUNE else parallel
    elif type(dataset).__name__.strip("_").startswith("Parallel"):
        stage["parallel"] = "AUTOTUNE"
    function = getattr(dataset, "_map_func", None) or getattr(dataset, "_predicate", None)
    if function is not None:
        stage.update(closures.named(getattr(function, "_func", None)))
    _particular(stage, dataset, inputs)


_ATTRIBUTES: Dict[str, Dict[str, str]] = {
    "batch": {"batch_size": "_batch_size", "drop_remainder": "_drop_remainder"},
    "padded_batch": {"batch_size": "_batch_size", "drop_remainder": "_drop_remainder"},
    "shuffle": {"buffer": "_buffer_size", "reshuffle": "_reshuffle_each_iteration"},
    "prefetch": {"buffer": "_buffer_size"},
    "take": {"take": "_count"},
    "skip": {"skip": "_count"},
    "repeat": {"repeat": "_count"},
    "cache": {"cache": "_filename"},
    "shard": {"shards": "_num_shards", "index": "_index"},
    "window": {"size": "_size", "shift": "_shift", "drop_remainder": "_drop_remainder"},
    "rebatch": {"drop_remainder": "_drop_remainder"},
    "map": {"deterministic": "_deterministic"},
    "interleave": {"cycle": "_cycle_length", "deterministic": "_deterministic"},
}


def _particular(stage: Facts, dataset: Any, inputs: List[Any]) -> None:
    op = stage["op"]
    if op == "repeat":
        stage["repeat"] = None if stage.get("repeat", -1) < 0 else stage["repeat"]
    elif op == "cache":
        stage["cache"] = stage.get("cache") or "memory"
    elif op in ("shuffle", "prefetch"):
        if stage.get("buffer", -1) < 0:
            stage.pop("buffer", None)  # chosen by TensorFlow
        _buffered(stage, dataset)
    elif op in ("from_tensor_slices", "from_tensors"):
        _tensors(stage, dataset)
    elif op in ("tfrecord", "text_line", "fixed_length_record") and inputs:
        stage["files"] = cardinality(inputs[0])
    if stage.get("deterministic") not in ("true", "false"):
        stage.pop("deterministic", None)
    else:
        stage["deterministic"] = stage["deterministic"] == "true"


def _buffered(stage: Facts, dataset: Any) -> None:
    size = element_bytes(getattr(dataset, "element_spec", None))
    buffer, count = stage.get("buffer"), stage.get("count")
    if size is None or buffer is None:
        return
    stage["buffer_bytes"] = size * (min(buffer, count) if count is not None else buffer)


def _tensors(stage: Facts, dataset: Any) -> None:
    """Rows held in memory, or the names of files."""
    tensors = getattr(dataset, "_tensors", None) or []
    if stage["op"] == "from_tensors":
        shapes = [tensor.shape for tensor in tensors if getattr(tensor, "shape", None) is not None]
        if shapes and shapes[0].rank:
            stage["rows"] = shapes[0][0]
        return
    stage["rows"] = stage.get("count")
    if len(tensors) == 1 and getattr(tensors[0].dtype, "name", "") == "string" and tensors[0].shape.rank == 1:
        first = _value(tensors[0][:1]) if tensors[0].shape[0] else None
        if isinstance(first, str) and (os.sep in first or os.path.splitext(first)[1]):
            stage["op"], stage["files"] = "files", stage.pop("rows")


def _generator_state(dataset: Any) -> Any:
    """The `_GeneratorState` behind `from_generator`, which is a flat_map over one element to TensorFlow."""
    function = getattr(getattr(dataset, "_map_func", None), "_func", None)
    if getattr(function, "__name__", "") != "flat_map_fn" or not hasattr(function, "__closure__"):
        return None
    for inner in closures.captured(function).values():
        for value in closures.captured(inner).values():
            if type(value).__name__ == "_GeneratorState":
                return value
    return None


def _value(value: Any) -> Any:
    """A constant's Python value; None when it has none now."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    try:
        plain = value.numpy()
        if hasattr(plain, "ravel"):
            plain = plain.ravel()[0] if plain.size == 1 else None
        plain = plain.item() if hasattr(plain, "item") else plain
        return plain.decode("utf-8", "replace") if isinstance(plain, bytes) else plain
    except Exception:
        return None


def _snake(name: str) -> str:
    name = re.sub(r"(Dataset)?(V\d)?(Adapter)?$", "", name.strip("_"))
    name = re.sub(r"Dataset(V\d)?$", "", name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


# --- as users would write it


def _text(stage: Facts) -> str:
    op = stage["op"]
    said: List[str] = [" → ".join(each["text"] for each in one) for one in stage.get("inputs", [])]
    for name in ("batch_size", "take", "skip", "size"):
        if isinstance(stage.get(name), int):
            said.append(format(stage[name], ","))
    if op in ("shuffle", "prefetch"):
        said.append(format(stage["buffer"], ",") if "buffer" in stage else "AUTOTUNE")
    if op == "repeat" and stage.get("repeat") is not None:
        said.append(str(stage["repeat"]))
    if op in ("from_tensor_slices", "from_tensors") and stage.get("rows") is not None:
        said.append(format(stage["rows"], ","))
    if op == "range" and "count" in stage:
        said.append(format(stage["count"], ","))
    if stage.get("files") is not None:
        said.append(format(stage["files"], ",") + ("" if op == "files" else " files"))
    if stage.get("cache") not in (None, "memory"):
        said.append(str(stage["cache"]))
    if op == "shard" and "shards" in stage:
        said.append("%s of %s" % (stage.get("index"), stage["shards"]))
    if stage.get("function"):
        said.append(stage["function"])
    if stage.get("parallel") is not None:
        said.append("parallel=%s" % stage["parallel"])
    if stage.get("drop_remainder"):
        said.append("drop_remainder")
    return "%s(%s)" % (op, ", ".join(said)) if said else op
