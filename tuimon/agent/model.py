"""The model as compiled: what it is made of, what it ends in, and the losses it is trained with."""

from __future__ import annotations

from typing import Any, Optional

from tuimon import events


def describe(fit: int, model: Any) -> events.ModelDescribed:
    """What is known of the model without building or calling it; what is not known yet is None or absent.

    To be called in `on_train_begin`, and once more after the first epoch if `complete` says so: a subclassed model may
    not be built before its first step.
    """
    return events.ModelDescribed(fit=fit)


def complete(described: events.ModelDescribed) -> bool:
    """Nothing more will become known by training."""
    return described.parameters is not None


def learning_rate(optimizer: Any) -> Optional[float]:
    """The optimizer's rate now, read and never computed by code that is not Keras' own; None when that is impossible."""
    return None
