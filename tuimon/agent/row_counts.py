"""How many samples a batch in a graph holds, at the least cost: as a float64, made only when it is asked for."""

from __future__ import annotations

from typing import Any, Callable, Optional, Sequence, Tuple

from tuimon.agent import sums


def number(value: float) -> Any:
    from tensorflow.python.framework import constant_op, dtypes

    return constant_op.constant(value, dtypes.float64)


def rows(values: Sequence[Any]) -> Optional[Callable[[], Any]]:
    """What makes the number of samples in this batch, as a float64; None when it cannot be known.

    A static leading dimension is a constant. Else the size of the smallest component by that of one row. Where a
    component is a scalar, the element is one sample: nothing was batched.
    """
    from tensorflow.python.framework import dtypes

    dense = [value for value in values if value.dtype not in (dtypes.variant, dtypes.resource)]
    if any(value.shape.rank == 0 for value in dense):
        return lambda: number(1.0)
    known = [value for value in dense if value.shape.rank is not None]
    for value in known:
        if value.shape[0] is not None:
            return lambda size=float(value.shape[0]): number(size)  # type: ignore[misc]
    sized = [(value.shape[1:].num_elements(), value) for value in known if value.shape[1:].is_fully_defined()]
    sized = [pair for pair in sized if pair[0]]
    if sized:
        return lambda: _leading(*min(sized, key=lambda pair: pair[0]))
    return (lambda: _leading_of_shape(known[0])) if known else None


def size(values: Sequence[Any]) -> Tuple[sums.Size, Any]:
    """The size of this batch as `sums` has it, and the component that tells a dynamic one."""
    from tensorflow.python.framework import dtypes

    dense = [value for value in values if value.dtype not in (dtypes.variant, dtypes.resource)]
    if any(value.shape.rank == 0 for value in dense):
        return (1, 0), None
    known = [value for value in dense if value.shape.rank is not None]
    for value in known:
        if value.shape[0] is not None:
            return (int(value.shape[0]), 0), None
    divided = [(value.shape[1:].num_elements() or 0, value) for value in known if value.shape[1:].is_fully_defined()]
    divided = [pair for pair in divided if pair[0]]
    if divided:
        divisor, component = min(divided, key=lambda pair: pair[0])
        return (None, divisor), component
    return _first_dimension(known[0]) if known else (sums.UNKNOWN, None)


def _first_dimension(value: Any) -> Tuple[sums.Size, Any]:
    """A vector as long as the batch, where nothing better is at hand."""
    from tensorflow.python.ops import array_ops

    return (None, 1), array_ops.zeros(array_ops.shape(value)[:1])


def _leading(of_one_row: int, value: Any) -> Any:
    from tensorflow.python.framework import dtypes
    from tensorflow.python.ops import gen_array_ops, gen_math_ops

    size = gen_math_ops.cast(gen_array_ops.size(value), dtypes.float64)
    return size if of_one_row == 1 else size / float(of_one_row)


def _leading_of_shape(value: Any) -> Any:
    from tensorflow.python.framework import dtypes
    from tensorflow.python.ops import array_ops, gen_math_ops

    return gen_math_ops.cast(array_ops.shape(value)[0], dtypes.float64)


def rows_of_replicas(values: Any) -> Optional[Callable[[], Any]]:
    from tensorflow.python.util import nest

    for component in nest.flatten(values):
        each = getattr(component, "values", None)
        if not isinstance(each, (tuple, list)):
            return rows([component]) if hasattr(component, "shape") else None
        if all(hasattr(part, "shape") and part.shape.rank for part in each):
            return lambda parts=each: sum(rows([part])() for part in parts)  # type: ignore[misc]
    return None
