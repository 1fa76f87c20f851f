"""Where loops of the user's own are seen: `train_on_batch`, optimizers, the functions that these are traced into."""

from __future__ import annotations

import functools
import sys
import weakref
from typing import Any, Callable, Dict, Optional, Tuple

from tuimon.agent import calls, guard, iteration, iterators, looks, traces
from tuimon.agent.loop import SWITCH, Loop, newest
from tuimon.agent.outbox import outbox

_by_hand: "weakref.WeakKeyDictionary[Any, Loop]" = weakref.WeakKeyDictionary()
"""Model → its loop over `train_on_batch`."""

_traced: Optional["_Counted"] = None
"""The training function whose first call goes on now."""

_loss: Any = None
"""The newest scalar that gradients were taken of, eagerly."""


def iterator_ops(module: Any) -> None:
    iteration.observe(module.OwnedIterator)
    iterators.install()


def polymorphic_function(module: Any) -> None:
    traces.install(module, _fit_now, outbox.put)
    manager = type(module._frequent_tracing_detector_manager)
    original = manager.called_with_tracing

    @functools.wraps(original)
    def called_with_tracing(self: Any, *args: Any, **named: Any) -> Any:
        if _traced is not None and sys.modules["tensorflow.python.eager.context"].executing_eagerly():
            guard.run("optimizer", _trace_ended)
        return original(self, *args, **named)

    manager.called_with_tracing = called_with_tracing


def _fit_now() -> Optional[int]:
    call = calls.current() or (calls.loops[-1] if calls.loops else None)
    return call.number if call is not None and call.announced else None


# --- train_on_batch


def count_batches_by_hand(owner: Any) -> None:
    """Count `train_on_batch`, and `test_on_batch` where a loop trains with the former."""
    for name, begin, done in (("train_on_batch", _by_hand_of, _trained), ("test_on_batch", _by_hand.get, _evaluated)):
        original = owner.__dict__.get(name)
        if original is not None:
            setattr(owner, name, _counting(original, begin, done))


def _counting(original: Any, begin: Callable[[Any], Optional[Loop]], done: Callable[..., None]) -> Any:
    @functools.wraps(original)
    def on_batch(self: Any, x: Any, *args: Any, **named: Any) -> Any:
        if calls.current() is not None:
            return original(self, x, *args, **named)
        loop = guard.run(original.__name__, begin, self)
        if loop is None:
            return original(self, x, *args, **named)
        calls.enter(loop.call, nested=False)
        try:
            result = original(self, x, *args, **named)
        except BaseException as error:
            guard.run("exception", _raised, error, loop)
            guard.forget_frame(error)
            raise
        finally:
            calls.leave(loop.call)
        guard.run(original.__name__, done, loop, x, _rest_of_batch(args, named), result)
        return result

    return on_batch


def _by_hand_of(model: Any) -> Loop:
    loop = _by_hand.get(model)
    if loop is None or loop.call not in calls.loops:
        loop = _by_hand[model] = Loop("train_on_batch", model, model, sys._getframe(3))
        loop.begin(None, _pulled_before())
        loop.call.looks.train_begin()
    return loop


def _rest_of_batch(args: Any, named: Dict[str, Any]) -> Tuple[Any, ...]:
    """What came with x: the targets, and the weights of the rows where there are any."""
    y, weight = (*args, None, None)[:2]
    y, weight = named.get("y", y), named.get("sample_weight", weight)
    return (y,) if weight is None else (y, weight)


def _trained(loop: Loop, x: Any, rest: Tuple[Any, ...], result: Any) -> None:
    _from_newest_iterator(loop)
    loop.step(_named(loop.leader(), result), iterators.rows_of(x))
    loop.call.looks.batch(x, *rest)


def _evaluated(loop: Loop, x: Any, rest: Tuple[Any, ...], result: Any) -> None:
    loop.evaluated(_named(loop.leader(), result), iterators.rows_of(x))


def _named(model: Any, result: Any) -> Dict[str, Any]:
    """What `train_on_batch` returned, by metric."""
    if isinstance(result, dict):
        return result
    if not isinstance(result, (list, tuple)):
        return {"loss": result}
    names = list(getattr(model, "metrics_names", ()))
    compiled = getattr(getattr(model, "_compile_metrics", None), "metrics", None)
    if compiled is not None and "compile_metrics" in names:  # Keras 3 names them all by one
        names = names[: names.index("compile_metrics")] + sorted(metric.name for metric in compiled)
    return dict(zip(names, result)) if len(names) == len(result) else {"loss": result[0]}


def _raised(error: BaseException, loop: Loop) -> None:
    from tuimon.agent import process

    process.raised(error, "fit", loop.call)


# --- optimizers


def count_steps(owner: Any, name: str) -> None:
    """Count the calls of a method that applies gradients, where Keras itself does not train."""
    original = owner.__dict__.get(name)
    if original is None:
        return

    @functools.wraps(original)
    def apply(self: Any, *args: Any, **named: Any) -> Any:
        try:
            result = original(self, *args, **named)
        except BaseException as error:
            guard.forget_frame(error)
            raise
        if calls.current() is None:
            guard.run("optimizer", _applied, self)
        return result

    setattr(owner, name, guard.unconverted(apply))


def _applied(optimizer: Any) -> None:
    context = sys.modules.get("tensorflow.python.eager.context")
    if context is None and "torch" not in sys.modules:
        return  # JAX: may be traced, and trains without an optimizer's own state
    if context is None or context.executing_eagerly():
        loop = _loop_of(optimizer, sys._getframe(3))
        if loop is not None:
            loop.step({"loss": _loss} if _loss is not None else None)
        return
    function = _outermost_function(sys._getframe(3))
    if function is not None and not isinstance(function.__dict__.get("_call"), _Counted):
        _watch(function, optimizer, sys._getframe(3))


def _watch(function: Any, optimizer: Any, frame: Any) -> None:
    """This function trains: found out while it is traced for the first time, from outside of its graph."""
    global _traced
    from tensorflow.python.framework import ops

    with ops.init_scope():
        function._call = counted = _Counted(function, optimizer)
        _loop_of(optimizer, frame)
    _traced = counted


def _trace_ended() -> None:
    """The call that traced a training function is over, and was a step, too."""
    global _traced
    counted, _traced = _traced, None
    if counted is not None:
        counted.stepped(None, sys._getframe(3))


def _outermost_function(frame: Any) -> Any:
    """The `tf.function` that is being called from Python, and traced, on this stack."""
    found = None
    while frame is not None:
        if frame.f_code.co_name == "_call" and frame.f_code.co_filename.endswith("polymorphic_function.py"):
            found = frame.f_locals.get("self")
        frame = frame.f_back
    return found


class _Counted:
    """Stands for a training function's `_call` from the call that traced it on: each call is a step, or several."""

    def __init__(self, function: Any, optimizer: Any) -> None:
        self._function = weakref.ref(function)
        self._original = type(function)._call
        self._optimizer = weakref.ref(optimizer)

    def __call__(self, *args: Any, **named: Any) -> Any:
        function = self._function()
        try:
            result = self._original(function, *args, **named)
        except BaseException as error:
            guard.forget_frame(error)
            raise
        if calls.current() is None:
            guard.run("optimizer", self.stepped, result, sys._getframe(2))
        return result

    def __reduce__(self) -> Any:
        return (getattr, (self._function(), "_call"))

    def stepped(self, result: Any, frame: Any) -> None:
        optimizer = self._optimizer()
        loop = _loop_of(optimizer, frame) if optimizer is not None else None
        if loop is not None:
            loop.step(_logs(result))


def _logs(result: Any) -> Optional[Dict[str, Any]]:
    """What a training function returned, where that looks like a loss or like metrics."""
    if isinstance(result, dict):
        return result
    if isinstance(result, (list, tuple)):
        result = result[0] if result else None
    shape = getattr(result, "shape", None)
    return {"loss": result} if shape is not None and len(shape) == 0 else None


def _loop_of(optimizer: Any, frame: Any) -> Optional[Loop]:
    """The loop that this optimizer's steps are counted for; None for the second one of a loop with several."""
    loop = newest()
    if loop is not None and loop.by_iterations:
        if loop.leader() is optimizer:
            loop.others = 0
            _from_newest_iterator(loop)
            return loop
        loop.others += 1
        if loop.leader() is not None and loop.others < SWITCH:
            return None
        calls.loops.remove(loop.call)
        loop.call.end(None)
    loop = Loop("custom-loop", None, optimizer, frame)
    loop.begin(iteration.newest_dataset(), _pulled_before())
    _from_newest_iterator(loop)
    return loop


def _pulled_before() -> iterators.Totals:
    """What had come when the iterator was made that a loop's first step takes its batch from; else, by now."""
    newest = iteration.newest()
    return newest.totals if newest is not None and newest.batches <= 1 else looks.reading()


def _from_newest_iterator(loop: Loop) -> None:
    """An epoch that begins with the coming step began when the iterator of its batch was made."""
    newest = iteration.newest()
    if newest is not None and not loop.in_epoch:
        loop.pulled_from = (newest.made, newest.totals)


def backprop(module: Any) -> None:
    """Keep the loss of eager loops: nothing else names it."""
    owner = module.GradientTape
    original = owner.gradient

    @functools.wraps(original)
    def gradient(self: Any, target: Any, *args: Any, **named: Any) -> Any:
        global _loss
        if getattr(getattr(target, "shape", None), "rank", None) == 0 and hasattr(target, "numpy"):
            _loss = target
        try:
            return original(self, target, *args, **named)
        except BaseException as error:
            guard.forget_frame(error)
            raise

    owner.gradient = guard.unconverted(gradient)
