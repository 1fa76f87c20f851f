"""The arguments of a call of fit, evaluate or predict, as the facts that `FitStarted` carries."""

from __future__ import annotations

import numbers
import sys
from typing import Any, Dict, Optional


def facts(model: Any, given: Dict[str, Any]) -> Dict[str, Any]:
    """What the caller gave and how the model was compiled; what was not given is None."""
    strategy = getattr(model, "distribute_strategy", None)
    return {
        "epochs": whole(given.get("epochs", 1)),
        "initial_epoch": whole(given.get("initial_epoch")) or 0,
        "steps_per_epoch": whole(given.get("steps_per_epoch", given.get("steps"))),
        "batch_size": whole(given.get("batch_size")),
        "validation": given.get("validation_data") is not None or bool(given.get("validation_split")),
        "validation_steps": whole(given.get("validation_steps")),
        "validation_freq": whole(given.get("validation_freq", 1)),
        "validation_split": given.get("validation_split") or None,
        "steps_per_execution": steps_per_execution(model),
        "run_eagerly": _functions_run_eagerly() or _flag(getattr(model, "run_eagerly", None)),
        "jit_compile": _flag(getattr(model, "jit_compile", None)),
        "class_weight": given.get("class_weight") is not None,
        "sample_weight": given.get("sample_weight") is not None,
        "shuffle": _flag(given.get("shuffle", True)),
        "verbose": 1 if given.get("verbose", "auto") == "auto" else whole(given.get("verbose")),
        "strategy": type(strategy).__name__ if strategy is not None else "",
        "replicas": whole(getattr(strategy, "num_replicas_in_sync", None)),
    }


def _functions_run_eagerly() -> bool:
    """By `tf.config.run_functions_eagerly`, of which Keras 3 knows nothing."""
    module: Any = sys.modules.get("tensorflow.python.eager.polymorphic_function.eager_function_run")
    return module is not None and bool(module.functions_run_eagerly())


def steps_per_execution(model: Any) -> Optional[int]:
    """How many batches one call of the train function takes (Keras 2 keeps it in a variable)."""
    found: Any = getattr(model, "steps_per_execution", None)
    if found is None:
        found = getattr(model, "_steps_per_execution", None)
    return whole(found.numpy() if hasattr(found, "numpy") else found)


def whole(value: Any) -> Optional[int]:
    """The value when it is a whole number, of whatever type."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (int, numbers.Integral)):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    item = getattr(value, "item", None)
    return whole(item()) if item is not None and getattr(value, "size", 0) == 1 else None


def _flag(value: Any) -> Optional[bool]:
    return value if isinstance(value, bool) else None
