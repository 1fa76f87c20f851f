"""The parts of a batch or a source: inputs, targets and weights, with their shapes and types."""

from __future__ import annotations

from typing import Any, Iterator, List, Optional, Tuple

from tuimon.events import Facts

_ROLES = ("x", "y", "weight")

_BYTES = {"bool": 1, "bfloat16": 2, "half": 2, "float": 4, "double": 8}


def leaves(value: Any) -> Iterator[Any]:
    """The arrays of a structure, in TensorFlow's order: dicts by sorted key. A list of numbers is one leaf."""
    for _, leaf in named_leaves(value):
        yield leaf


def named_leaves(value: Any, name: str = "") -> Iterator[Tuple[str, Any]]:
    if isinstance(value, dict):
        for key in sorted(value, key=str):
            yield from named_leaves(value[key], str(key))
    elif isinstance(value, (list, tuple)) and any(hasattr(each, "shape") or isinstance(each, dict) for each in value):
        for each in value:
            yield from named_leaves(each, name)
    elif value is not None:
        yield name, value


def of_batch(batch: Any) -> List[Tuple[str, str, Any]]:
    """Role, name and array of each component of a batch as `fit` takes it: x, (x,), (x, y) or (x, y, weight)."""
    parts = batch if isinstance(batch, (tuple, list)) and 1 <= len(batch) <= 3 else (batch,)
    return [(role, name, leaf) for role, part in zip(_ROLES, parts) for name, leaf in named_leaves(part)]


def of_arrays(x: Any, y: Any = None, weight: Any = None) -> List[Facts]:
    found = []
    for role, part in zip(_ROLES, (x, y, weight)):
        for name, leaf in named_leaves(part):
            shape = shape_of(leaf)
            rows_first = None if shape is None else [None, *shape[1:]]
            found.append(_component(role, name, rows_first, dtype_of(leaf), _kind(leaf)))
    return found


def of_spec(spec: Any) -> List[Facts]:
    """The components of a `tf.data.Dataset`'s element."""
    parts = spec if isinstance(spec, (tuple, list)) and type(spec).__name__ in ("tuple", "list") else (spec,)
    found: List[Facts] = []
    for index, part in enumerate(parts):
        role = _ROLES[min(index, len(_ROLES) - 1)]
        for name, leaf in _spec_leaves(part):
            found.append(_component(role, name, shape_of(leaf), dtype_of(leaf), _kind(leaf)))
    return found


def leading_dimension(spec: Any) -> Optional[int]:
    """The fixed first dimension that the components have in common."""
    firsts = {(shape or [None])[0] for shape in (shape_of(leaf) for _, leaf in _spec_leaves(spec)) if shape is not None}
    return firsts.pop() if len(firsts) == 1 else None


def rows(value: Any) -> Optional[int]:
    """Samples in arrays: the length of the first one."""
    for leaf in leaves(value):
        shape = shape_of(leaf)
        if shape:
            return shape[0]
        if isinstance(leaf, (list, tuple)):
            return len(leaf)
        return None
    return None


def row_bytes(found: List[Facts]) -> Optional[int]:
    """Bytes of one sample, where every shape but the first dimension is known and nothing is a string."""
    total = 0
    for each in found:
        width, shape = _width(each["dtype"]), each["shape"]
        if width is None or shape is None or each["kind"] != "dense" or None in shape[1:]:
            return None
        for size in shape[1:]:
            width *= size
        total += width
    return total or None


def _component(role: str, name: str, shape: Optional[List[Optional[int]]], dtype: str, kind: str) -> Facts:
    return {"role": role, "name": name, "shape": shape, "dtype": dtype, "kind": kind}


def _spec_leaves(spec: Any, name: str = "") -> Iterator[Tuple[str, Any]]:
    if isinstance(spec, dict):
        for key in sorted(spec, key=str):
            yield from _spec_leaves(spec[key], str(key))
    elif isinstance(spec, (tuple, list)):
        for each in spec:
            yield from _spec_leaves(each, name)
    elif spec is not None and type(spec).__name__ != "NoneTensorSpec":
        yield name, spec


def shape_of(leaf: Any) -> Optional[List[Optional[int]]]:
    shape = getattr(leaf, "shape", None)
    if shape is None:
        return None
    try:
        return [None if size is None else int(size) for size in shape]
    except (TypeError, ValueError):
        return None  # of unknown rank


def dtype_of(leaf: Any) -> str:
    dtype = getattr(leaf, "dtype", None)
    if dtype is None:
        dtypes = getattr(leaf, "dtypes", None)  # a DataFrame: one type per column
        return str(dtypes.iloc[0]) if dtypes is not None and len(dtypes) else type(leaf).__name__
    return str(getattr(dtype, "name", None) or str(dtype).replace("torch.", ""))


def _kind(leaf: Any) -> str:
    name = type(leaf).__name__
    if "Ragged" in name:
        return "ragged"
    if "Sparse" in name or type(leaf).__module__.startswith("scipy.sparse"):
        return "sparse"
    dtype = dtype_of(leaf)
    if dtype.startswith("str") or dtype in ("string", "bytes", "object"):
        return "string"
    return "dense" if hasattr(leaf, "shape") else "python"


def _width(dtype: str) -> Optional[int]:
    digits = "".join(each for each in dtype if each.isdigit())
    if dtype in _BYTES:
        return _BYTES[dtype]
    return int(digits) // 8 if digits and dtype.rstrip("0123456789") in ("float", "int", "uint", "complex") else None
