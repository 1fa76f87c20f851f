"""The optimizer of a model: its class, its learning rate, and how it clips. Keras 3, Keras 2 and its legacy ones."""

from __future__ import annotations

import types
from typing import Any, Optional

from tuimon.agent import layers
from tuimon.agent.layers import or_none


def inner(optimizer: Any) -> Any:
    """The optimizer inside a loss-scaling one."""
    return getattr(optimizer, "inner_optimizer", None) or optimizer


def learning_rate(optimizer: Any) -> Optional[float]:
    """The optimizer's rate now: read, or computed where a schedule is one of Keras' own. None when it cannot be had."""
    optimizer = inner(optimizer)
    return or_none(_read_rate, optimizer) if optimizer is not None else None


def _rate_setting(optimizer: Any) -> Any:
    """The rate as given: a variable, a schedule, a number or a function."""
    rate = getattr(optimizer, "_learning_rate", None)
    if rate is None:  # the optimizers before Keras 2.11
        rate = (getattr(optimizer, "_hyper", None) or {}).get("learning_rate")
    return rate


def _is_schedule(rate: Any) -> bool:
    return any(base.__name__ == "LearningRateSchedule" for base in type(rate).__mro__)


def _read_rate(optimizer: Any) -> Optional[float]:
    rate = _rate_setting(optimizer)
    if _is_schedule(rate):
        current = getattr(optimizer, "_current_learning_rate", None)  # Keras 2 keeps the one of the last step
        if current is None and layers.is_keras(type(rate)):
            current = rate(optimizer.iterations)
        rate = current
    if rate is None or isinstance(rate, types.FunctionType):
        return None
    return float(rate)


def schedule(optimizer: Any) -> str:
    rate = _rate_setting(optimizer)
    if _is_schedule(rate):
        return type(rate).__name__
    return getattr(rate, "__name__", "") if isinstance(rate, types.FunctionType) else ""


def clips(optimizer: Any) -> Optional[bool]:
    if optimizer is None:
        return None
    return any(getattr(optimizer, name, None) is not None for name in ("clipnorm", "clipvalue", "global_clipnorm"))
