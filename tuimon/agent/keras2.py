"""Keras 2, as `keras` 2.13–2.15 and as `tf_keras`: where its models, data handlers and optimizers are hooked."""

from __future__ import annotations

from typing import Any

from tuimon.agent import arguments, callbacks, calls


def callbacks_module(module: Any) -> None:
    """In Keras 3 a package of this name holds one module for each callback, and is none of ours."""
    owner = module.__dict__.get("CallbackList")
    if owner is not None and owner.__module__ == module.__name__:
        callbacks.observe(owner)


def training(module: Any) -> None:
    for method in ("fit", "evaluate", "predict"):
        calls.wrap_entry(module.Model, method, "keras2." + method, arguments.facts)


def data_adapter(module: Any) -> None:
    pass


def optimizer(module: Any) -> None:
    pass
