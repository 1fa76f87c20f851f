"""Keras 3: where its trainers, epoch iterators and optimizers are hooked."""

from __future__ import annotations

import functools
from typing import Any, Dict

from tuimon.agent import arguments, callbacks, calls, guard, iterators, loops

_TRAINERS = {
    "TensorFlowTrainer": "",
    "JAXTrainer": "JAXEpochIterator",
    "TorchTrainer": "TorchEpochIterator",
}
"""Trainer → the class that pulls its batches in Python."""


def callback_list(module: Any) -> None:
    callbacks.observe(module.CallbackList)


def trainer(module: Any) -> None:
    for name, puller in _TRAINERS.items():
        owner = module.__dict__.get(name)
        if owner is None:
            continue
        for method in ("fit", "evaluate", "predict"):
            calls.wrap_entry(owner, method, "keras3." + method, arguments.facts)
        loops.count_batches_by_hand(owner)
        if puller:
            iterators.watch_epoch_iterator(module.__dict__[puller])


def epoch_iterator(module: Any) -> None:
    """Tell what a call reads, as soon as Keras has wrapped it."""
    owner = module.EpochIterator
    original = owner.__init__

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **named: Any) -> None:
        try:
            original(self, *args, **named)
        except BaseException as error:
            guard.forget_frame(error)
            raise
        guard.run("keras3.source", _made, self, *args, **named)

    owner.__init__ = __init__


def _made(self: Any, x: Any = None, y: Any = None, sample_weight: Any = None, *rest: Any, **named: Any) -> None:
    call = calls.current()
    if call is None:
        return
    given: Dict[str, Any] = {name: named.get(name) for name in ("batch_size", "shuffle")}
    workers = getattr(x, "workers", None)
    call.looks.source_made(
        x,
        y,
        self.data_adapter,
        sample_weight=sample_weight,
        workers=workers if isinstance(workers, int) else None,
        multiprocessing=getattr(x, "use_multiprocessing", None),
        **given,
    )


def optimizer(module: Any) -> None:
    loops.count_steps(module.BaseOptimizer, "apply")
