"""Keras 3: where its trainers, epoch iterators and optimizers are hooked."""

from __future__ import annotations

from typing import Any

from tuimon.agent import arguments, callbacks, calls

_TRAINERS = ("TensorFlowTrainer", "JAXTrainer", "TorchTrainer")


def callback_list(module: Any) -> None:
    callbacks.observe(module.CallbackList)


def trainer(module: Any) -> None:
    for name in _TRAINERS:
        owner = module.__dict__.get(name)
        if owner is not None:
            for method in ("fit", "evaluate", "predict"):
                calls.wrap_entry(owner, method, "keras3." + method, arguments.facts)


def epoch_iterator(module: Any) -> None:
    pass


def optimizer(module: Any) -> None:
    pass
