"""What the outputs of layers tell, row by row: units that never fire, units at the end of their range, constancy."""

from __future__ import annotations

from typing import Any, Dict, Optional

from tuimon.agent import layers

DEAD_ABOVE = 0.99
"""A unit is dead that is zero on this share of the rows."""

BENT = {"sigmoid": (0.0067, 0.9933), "tanh": (-0.9999, 0.9999)}
"""Beyond these an output belongs to an input outside of ±5, which is where DeepDiagnosis calls a unit saturated."""

_RECTIFIERS = ("relu", "relu6")


def array(tensor: Any) -> Any:
    """The tensor's values as a NumPy array."""
    return tensor.detach().cpu().numpy() if hasattr(tensor, "detach") else tensor.numpy()


def of_layer(layer: Any, output: Any, gradient: Optional[float], numpy: Any) -> Dict[str, Any]:
    """A layer's entry in `events.ModelProbed`: dead where it rectifies, saturated where it bends."""
    activation = layers.own_activation(layer)
    entry: Dict[str, Any] = {"name": str(getattr(layer, "name", "")), "kind": layers.kind(layer)}
    if activation not in (None, "keeps", layers.UNKNOWN):
        entry["activation"] = activation
    if activation in _RECTIFIERS:
        entry["dead"] = dead(array(output), numpy)
    elif activation in BENT:
        entry["saturated"] = saturated(array(output), *BENT[str(activation)])
    if gradient is not None:
        entry["gradient"] = gradient
    return entry


def dead(values: Any, numpy: Any) -> Optional[float]:
    """The share of units (the last axis) that are zero on nearly all rows; a row counts as zero when all of it is."""
    if values.ndim < 2 or not values.size:
        return None
    zero = (values == 0).reshape(len(values), -1, values.shape[-1]).all(axis=1)
    return float(numpy.mean(zero.mean(axis=0) >= DEAD_ABOVE))


def saturated(values: Any, low: float, high: float) -> Optional[float]:
    """The share of all values that lie beyond the bounds."""
    return float(((values < low) | (values > high)).mean()) if values.size else None


def of_output(name: str, values: Any, numpy: Any, is_probability: bool) -> Dict[str, Any]:
    """An output's entry in `events.ModelProbed`; `std` is that of the unit that varies most from row to row."""
    values = values.astype("float64").reshape(len(values), -1)
    entry = {
        "name": name,
        "std": float(values.std(axis=0).max()),
        "min": float(values.min()),
        "max": float(values.max()),
    }
    if is_probability:
        # Rounding may leave a probability just beside its range.
        entry["outside"] = float(numpy.mean((values < -1e-3) | (values > 1 + 1e-3)))
    return entry
