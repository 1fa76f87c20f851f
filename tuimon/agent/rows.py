"""A few rows of what `fit` was given, taken when they are needed: the arrays themselves stay the user's."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

INPUTS = 64
"""A longer list is no list of inputs, but one of rows."""

_TRANSPARENT = frozenset(
    [
        "_BatchDataset",
        "_ParallelBatchDataset",
        "_ShuffleDataset",
        "_PrefetchDataset",
        "_CacheDataset",
        "_RepeatDataset",
        "_TakeDataset",
        "_OptionsDataset",
        "_MemoryCacheDataset",
    ]
)
"""Stages of a tf.data pipeline that leave the values of its rows as they were."""


def of(x: Any, y: Any, most: int) -> Optional[Tuple[Any, Any]]:
    """Inputs and targets of at most `most` rows, spread over arrays or the tensors behind a dataset; None when `x` is
    neither. Structures are kept."""
    if hasattr(x, "_variant_tensor"):
        found = behind(x)
        if found is None:
            return None
        x, y = found
    rows = _length(x)
    if not rows:
        return None
    step = max(1, rows // most)

    def take(data: Any) -> Any:
        return data.iloc[::step][:most].to_numpy() if hasattr(data, "iloc") else data[::step][:most]

    return _map(x, take), None if y is None or _length(y) != rows else _map(y, take)


def behind(dataset: Any) -> Optional[Tuple[Any, Any]]:
    """The tensors of `from_tensor_slices`, when nothing on the way changes values."""
    for _ in range(32):
        name = type(dataset).__name__
        if name in ("_TensorSliceDataset", "TensorSliceDataset"):
            element = dataset._structure
            parts = _packed(element, list(dataset._tensors))
            return (parts[0], parts[1] if len(parts) > 1 else None) if isinstance(parts, tuple) else (parts, None)
        inputs = dataset._inputs()
        if name not in _TRANSPARENT or len(inputs) != 1:
            return None
        dataset = inputs[0]
    return None


def _packed(structure: Any, tensors: List[Any]) -> Any:
    """The tensors in the structure of an element; dictionaries are in the order of their keys, as tf.nest has them."""
    if isinstance(structure, dict):
        return {key: _packed(structure[key], tensors) for key in sorted(structure)}
    if isinstance(structure, (list, tuple)):
        return tuple(_packed(each, tensors) for each in structure)
    return tensors.pop(0)


def _length(data: Any) -> int:
    """Rows of arrays, or of a structure of them that all have as many; 0 for anything else."""
    if isinstance(data, dict):
        data = list(data.values())
    if isinstance(data, (list, tuple)):
        if len(data) > INPUTS:
            return 0
        lengths = {_length(each) for each in data}
        return lengths.pop() if len(lengths) == 1 else 0
    shape = getattr(data, "shape", None)
    if shape is None or not len(shape) or not (hasattr(data, "dtype") or hasattr(data, "iloc")):
        return 0
    return int(shape[0] or 0)


def _map(data: Any, take: Any) -> Any:
    if isinstance(data, dict):
        return {key: _map(value, take) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return type(data)(_map(each, take) for each in data)
    return take(data)
