"""Keras 2, as `keras` 2.13–2.15 and as `tf_keras`: where its models, data handlers and optimizers are hooked."""

from __future__ import annotations

import functools
import inspect
from typing import Any

from tuimon.agent import arguments, callbacks, calls, guard, loops

_GIVEN = ("batch_size", "shuffle", "workers", "sample_weight")


def callbacks_module(module: Any) -> None:
    """In Keras 3 a package of this name holds one module for each callback, and is none of ours."""
    owner = module.__dict__.get("CallbackList")
    if owner is not None and owner.__module__ == module.__name__:
        callbacks.observe(owner)


def training(module: Any) -> None:
    for method in ("fit", "evaluate", "predict"):
        calls.wrap_entry(module.Model, method, "keras2." + method, arguments.facts)
    loops.count_batches_by_hand(module.Model)


def data_adapter(module: Any) -> None:
    """Tell what a call reads, as soon as Keras has wrapped it."""
    owner = module.DataHandler
    original = owner.__init__
    signature = inspect.signature(original)

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **named: Any) -> None:
        try:
            original(self, *args, **named)
        except BaseException as error:
            guard.forget_frame(error)
            raise
        guard.run("keras2.source", _made, signature, self, args, named)

    owner.__init__ = __init__


def _made(signature: Any, self: Any, args: Any, named: Any) -> None:
    call = calls.current()
    if call is None:
        return
    given = signature.bind(self, *args, **named).arguments
    facts = {name: given.get(name) for name in _GIVEN}
    call.looks.source_made(
        given.get("x"), given.get("y"), self._adapter, multiprocessing=given.get("use_multiprocessing"), **facts
    )


def optimizer(module: Any) -> None:
    """`Optimizer` of the newer kind; its base applies gradients one variable after the other."""
    owner = module.__dict__.get("Optimizer")
    if owner is not None:
        loops.count_steps(owner, "apply_gradients")


def legacy_optimizer(module: Any) -> None:
    """`keras.optimizers.legacy`, which applies gradients by itself."""
    loops.count_steps(module.OptimizerV2, "apply_gradients")
