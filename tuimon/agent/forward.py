"""A forward pass through a model's graph that calls no code of the user's and leaves no trace in the model.

Layers are run by their `call`, in inference mode, in the precision of their variables: what Keras does around it
(losses, masks, name scopes, call contexts) is state of the training and is left alone. So only models made of Keras'
own layers, functions and graphs can be run. Keras warns of odd shapes as it runs; the script has been told, or will be.
"""

from __future__ import annotations

import contextlib
import inspect
import sys
import threading
import types
import warnings
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from tuimon.agent import layers

Seen = List[Tuple[Any, Any]]
"""Each layer that ran, with what left it, in order."""

_REFUSED = frozenset(["Lambda", "TFSMLayer", "JaxLayer", "FlaxLayer", "TorchModuleWrapper", "Masking"])
_UNSAFE = ("random", "dropout", "py_func", "numpy_function", "print", "assign", "shuffle", "sampler")


def obstacle(model: Any) -> Optional[str]:
    """Why the model cannot be run without a trace; None when it can."""
    if not layers.has_graph(model):
        return "the model runs by code of its own"
    for layer in layers.all_layers(model):
        reason = None if layers.is_model(layer) and layers.has_graph(layer) else _obstacle_in(layer)
        if reason is not None:
            return "{}: {}".format(getattr(layer, "name", "?"), reason)
    return None


def _obstacle_in(layer: Any) -> Optional[str]:
    name = type(layer).__name__
    if not layers.is_keras(type(layer)):
        return "a layer of the user's own"
    if name in _REFUSED or getattr(layer, "mask_zero", False):
        return "masks and wrapped code are not run"
    if getattr(layer, "stateful", False) and hasattr(layer, "cell"):
        return "it keeps state between batches"
    if getattr(layer, "activity_regularizer", None) is not None:
        return "it adds a loss as it runs"
    if name == "TFOpLambda" and any(word in str(getattr(layer, "symbol", "")) for word in _UNSAFE):
        return "it may draw random numbers"
    return "a function of the user's own" if any(map(_is_users, vars(layer).values())) else None


def _is_users(value: Any) -> bool:
    if not isinstance(value, types.FunctionType):
        return False
    return not layers.is_keras(value) and value.__module__.split(".")[0] not in ("tensorflow", "jax", "torch")


@contextlib.contextmanager
def unwarned() -> Iterator[None]:
    """No warning of this thread is shown. Neither filters nor registries of `warnings` are touched: they decide what
    the script shows later."""
    warn, here = warnings.warn, threading.get_ident()

    def warn_elsewhere(*args: Any, **named: Any) -> None:
        if threading.get_ident() != here:
            warn(*args, **named)

    warnings.warn = warn_elsewhere
    try:
        yield
    finally:
        warnings.warn = warn


def run(model: Any, x: Any, seen: Seen) -> Any:
    """The outputs for `x`, as the model structures them; each layer's output is added to `seen`."""
    try:
        with _stateless():
            return _run(model, x, seen)
    except Exception:
        # Recurrent layers keep their masks until a call has ended well.
        for layer in layers.all_layers(model):
            for reset in ("reset_dropout_mask", "reset_recurrent_dropout_mask"):
                getattr(layer, reset, lambda: None)()
        raise


@contextlib.contextmanager
def _stateless() -> Iterator[None]:
    """No variable or generator is moved: Keras 3 draws the masks of recurrent layers in inference too."""
    with contextlib.ExitStack() as stack:
        scopes = sys.modules.get("keras.src.backend.common.stateless_scope")
        if scopes is not None:
            stack.enter_context(scopes.StatelessScope())
        torch = sys.modules.get("torch")
        if torch is not None:  # whose global generator serves where no seed is given
            devices = [torch.cuda.current_device()] if torch.cuda.is_initialized() else []
            stack.enter_context(torch.random.fork_rng(devices=devices))
        yield


def _run(model: Any, x: Any, seen: Seen) -> Any:
    graph = layers.functional(model)

    def call(layer: Any) -> Callable[..., Any]:
        return lambda *args, **named: _call(layer, args, named, seen)

    if hasattr(graph, "_run_through_graph"):  # Keras 3
        return graph._run_through_graph(graph._standardize_inputs(x), operation_fn=call)
    return _run_keras2(graph, x, call)


def _run_keras2(graph: Any, x: Any, call: Callable[[Any], Callable[..., Any]]) -> Any:
    """As `Functional._run_internal_graph` does, without masks."""
    tensorflow = sys.modules["tensorflow"]
    nest = tensorflow.nest
    x = nest.map_structure(tensorflow.convert_to_tensor, x)
    uses = graph._tensor_usage_count
    values: Dict[str, List[Any]] = {}
    for reference, tensor in zip(graph.inputs, graph._flatten_to_reference_inputs(x)):
        name = str(id(reference))
        values[name] = [graph._conform_to_reference_input(tensor, ref_input=reference)] * uses[name]
    for depth in sorted(graph._nodes_by_depth, reverse=True):
        for node in graph._nodes_by_depth[depth]:
            if node.is_input or any(name not in values for name in node.flat_input_ids):
                continue
            args, named = node.map_arguments(values)
            for name, tensor in zip(node.flat_output_ids, nest.flatten(call(node.layer)(*args, **named))):
                values[name] = [tensor] * uses[name]
    return nest.pack_sequence_as(graph._nested_outputs, [values[str(id(each))].pop() for each in graph.outputs])


def _call(layer: Any, args: Tuple[Any, ...], named: Dict[str, Any], seen: Seen) -> Any:
    if layers.is_model(layer):
        return _run(layer, args[0], seen)
    if "training" in inspect.signature(layer.call).parameters:
        named = dict(named, training=False)
    output = layer.call(*args, **named)
    seen.append((layer, output))
    return output
