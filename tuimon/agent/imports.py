"""Hooks that wait for a module: a finder on `sys.meta_path` that runs a function of ours after the module has executed.

The other finders are asked for the module; only that one loader's `exec_module` is wrapped, and restored before it
runs. Nothing but `sys` is imported here: a program that never imports Keras or TensorFlow gets this and no more.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # the module `typing` is not to be imported this early
    from typing import Any, Optional

HOOKS: dict[str, tuple[tuple[str, str], ...]] = {
    # Keras 3
    "keras.src.callbacks.callback_list": (("keras3", "callback_list"),),
    "keras.src.backend.tensorflow.trainer": (("keras3", "trainer"),),
    "keras.src.backend.jax.trainer": (("keras3", "trainer"),),
    "keras.src.backend.torch.trainer": (("keras3", "trainer"),),
    "keras.src.trainers.epoch_iterator": (("keras3", "epoch_iterator"),),
    "keras.src.trainers.compile_utils": (("handed", "compiled_losses"),),
    "keras.src.optimizers.base_optimizer": (("keras3", "optimizer"),),
    # Keras 2 as `keras`, and as `tf_keras`
    "keras.src.callbacks": (("keras2", "callbacks_module"),),
    "keras.src.engine.training": (("keras2", "training"),),
    "keras.src.engine.data_adapter": (("keras2", "data_adapter"),),
    "keras.src.engine.compile_utils": (("handed", "compiled_losses"),),
    "keras.src.optimizers.optimizer": (("keras2", "optimizer"),),
    "keras.src.optimizers.legacy.optimizer_v2": (("keras2", "legacy_optimizer"),),
    "tf_keras.src.callbacks": (("keras2", "callbacks_module"),),
    "tf_keras.src.engine.training": (("keras2", "training"),),
    "tf_keras.src.engine.data_adapter": (("keras2", "data_adapter"),),
    "tf_keras.src.engine.compile_utils": (("handed", "compiled_losses"),),
    "tf_keras.src.optimizers.optimizer": (("keras2", "optimizer"),),
    "tf_keras.src.optimizers.legacy.optimizer_v2": (("keras2", "legacy_optimizer"),),
    # TensorFlow
    "tensorflow.python.data.ops.iterator_ops": (("loops", "iterator_ops"),),
    "tensorflow.python.eager.backprop": (("loops", "backprop"),),
    "tensorflow.python.eager.polymorphic_function.polymorphic_function": (("loops", "polymorphic_function"),),
}
"""Module of the program → (module of the agent, its function), called with the module once it has executed."""


class Finder:
    """Stands first on `sys.meta_path` and finds nothing itself."""

    def __init__(self) -> None:
        self._asking: set[str] = set()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Optional[Any]:
        if name not in HOOKS or name in self._asking:
            return None
        self._asking.add(name)
        try:
            spec = self._of_the_others(name, path, target)
        finally:
            self._asking.discard(name)
        if spec is not None and spec.loader is not None:
            _wrap(spec.loader, name)
        return spec

    def _of_the_others(self, name: str, path: Any, target: Any) -> Optional[Any]:
        for finder in list(sys.meta_path):
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find is not None else None
            if spec is not None:
                return spec
        return None


def _wrap(loader: Any, name: str) -> None:
    execute = getattr(loader, "exec_module", None)
    if execute is None:
        return

    def exec_module(module: Any) -> None:
        try:
            del loader.exec_module
        except AttributeError:
            pass
        execute(module)
        run_hooks(name, module)

    try:
        loader.exec_module = exec_module
    except AttributeError:
        pass  # a loader that takes no attributes: the module stays without hooks


def run_hooks(name: str, module: Any) -> None:
    """Call our functions for this module; one that fails is off, and says so."""
    try:
        from importlib import import_module

        from tuimon.agent import guard
    except Exception:
        return
    for part, function in HOOKS[name]:
        guard.run("%s.%s" % (part, function), _hook, import_module, part, function, module)


def _hook(import_module: Any, part: str, function: str, module: Any) -> None:
    getattr(import_module("tuimon.agent." + part), function)(module)


def install() -> bool:
    """Put the finder in place; modules that are imported already are hooked at once. False when it is there already."""
    if any(isinstance(finder, Finder) for finder in sys.meta_path):
        return False
    sys.meta_path.insert(0, Finder())
    sys.excepthook = _telling(sys.excepthook)
    for name in HOOKS:
        if sys.modules.get(name) is not None:
            __import__(name)  # waits for a thread that is importing it now
            run_hooks(name, sys.modules[name])
    return True


def _telling(original: Any) -> Any:
    """For a script that fails before it trains: the exception is told, then shown as ever.

    Not an interrupt: the signal is known without it, and code that is evaluated from text in here, as imports do for
    their data classes, makes Python forget that it is to end by that signal (`unhandled_keyboard_interrupt`).
    """

    def excepthook(kind: Any, error: Any, trace: Any) -> None:
        try:
            if not issubclass(kind, KeyboardInterrupt):
                from tuimon.agent import guard, process

                guard.run("excepthook", process.uncaught, error)
        except Exception:
            pass
        original(kind, error, error.__traceback__ if error is not None else trace)

    return excepthook
