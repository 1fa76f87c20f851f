"""What the compiled loss is handed as predictions, noted while a training function is traced.

A model whose `call` is the user's own has no graph of layers to read: what it ends in is known only from the operation
that made its predictions. Steps that run eagerly leave no such trace, and nothing is known then.
"""

from __future__ import annotations

import functools
import sys
import weakref
from typing import Any, Dict, Iterator, List, Optional, Tuple

from tuimon.agent import calls, guard, layers

Output = Dict[str, Any]

_outputs: "weakref.WeakKeyDictionary[Any, List[Output]]" = weakref.WeakKeyDictionary()
"""Model → its outputs, as its loss got them."""

_ACTIVATIONS = {
    "Softmax": "softmax",
    "LogSoftmax": "log_softmax",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Relu": "relu",
    "Relu6": "relu6",
    "LeakyRelu": "leaky_relu",
    "Elu": "elu",
    "Selu": "selu",
    "Softplus": "softplus",
    "Softsign": "softsign",
}
"""TensorFlow's operation → the activation."""

_KEEP = frozenset(["Identity", "Cast", "Reshape", "Squeeze", "ExpandDims", "Transpose"])
_PRODUCTS = frozenset(["MatMul", "BatchMatMulV2", "Conv1D", "Conv2D", "Conv3D"])


def outputs_of(model: Any) -> List[Output]:
    """The model's outputs with shape, units and activation; empty when no loss was traced for it."""
    return [dict(output) for output in _outputs.get(model, [])]


def compiled_losses(module: Any) -> None:
    """Watch the object that holds the compiled losses, of Keras 3 or Keras 2."""
    owner = module.__dict__.get("CompileLoss") or module.__dict__.get("LossesContainer")
    if owner is None:
        return
    original = owner.__call__

    @functools.wraps(original)
    def __call__(self: Any, y_true: Any, y_pred: Any, *args: Any, **named: Any) -> Any:
        guard.run("handed", _note, y_pred)
        try:
            return original(self, y_true, y_pred, *args, **named)
        except BaseException as error:
            guard.forget_frame(error)
            raise

    owner.__call__ = guard.unconverted(__call__)


def _note(predicted: Any) -> None:
    call = calls.current()
    context = sys.modules.get("tensorflow.python.eager.context")
    if call is None or not call.trains or context is None or context.executing_eagerly():
        return
    model = call.model()
    if model is not None and not layers.has_graph(model):
        found = [_output(name, tensor) for name, tensor in _named(predicted)]
        if found:
            _outputs[model] = found


def _named(predicted: Any) -> Iterator[Tuple[str, Any]]:
    if isinstance(predicted, dict):
        yield from ((str(key), tensor) for key, tensor in predicted.items())
        return
    parts = predicted if isinstance(predicted, (list, tuple)) else [predicted]
    yield from (("output_%d" % number, tensor) for number, tensor in enumerate(parts, 1))


def _output(name: str, tensor: Any) -> Output:
    shape = [None if size is None else int(size) for size in tensor.shape]
    return {
        "name": name,
        "units": shape[-1] if len(shape) > 1 else None,
        "shape": shape,
        "activation": _activation(tensor),
    }


def _activation(tensor: Any) -> Optional[str]:
    """As `layers.activation_of` tells it: None is linear."""
    for _ in range(16):
        operation = tensor.op
        kind = operation.type
        if kind in _ACTIVATIONS:
            return _ACTIVATIONS[kind]
        if kind == "BiasAdd" or kind in _PRODUCTS or (kind == "AddV2" and _adds_bias(operation)):
            return None
        if kind not in _KEEP or not len(operation.inputs):
            break
        tensor = operation.inputs[0]
    return layers.UNKNOWN


def _adds_bias(operation: Any) -> bool:
    product, bias = (each.op for each in operation.inputs)
    while bias.type in ("Identity", "Cast", "Reshape") and len(bias.inputs):
        bias = bias.inputs[0].op
    while product.type in _KEEP and len(product.inputs):
        product = product.inputs[0].op
    return product.type in _PRODUCTS and bias.type in ("ReadVariableOp", "Placeholder")
