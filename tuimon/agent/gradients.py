"""The loss of a forward pass and its gradients by layer, for losses of Keras' own, on TensorFlow and PyTorch.

Nothing is updated: gradients are returned, loss objects are asked for the loss of each row and not for their metrics.
Regularization and the weights of rows, classes and outputs are left out.
"""

from __future__ import annotations

import math
import sys
from typing import Any, Callable, Dict, List, Optional, Tuple

from tuimon.agent import layers, losses


def backend(model: Any) -> str:
    """tensorflow, torch or jax."""
    named = getattr(sys.modules.get(_keras_root(model) + ".src.backend"), "backend", None)
    # Keras 2 has a module of this name too, and knows no other backend.
    return str(named()) if callable(named) and "keras.src.ops" in sys.modules else "tensorflow"


def _keras_root(model: Any) -> str:
    """The package that the model's Keras lives in: keras, tf_keras."""
    for base in type(model).__mro__:
        if layers.is_keras(base):
            return str(base.__module__.split(".")[0])
    return "keras"


def loss_function(model: Any, outputs: List[str]) -> Optional[Callable[[List[Any], List[Any]], Any]]:
    """The mean loss of targets and outputs, summed over outputs; None when part of it is the user's own code."""
    pairs = losses.by_output(losses.compiled_loss(model) or [], outputs)
    if not pairs or len(pairs) != len(outputs):
        return None
    if any(entry["custom"] for entry in losses.of_model(model, outputs)):
        return None
    module = sys.modules[_keras_root(model) + ".src.losses"]
    functions = [_row_losses(module.get(loss) if isinstance(loss, str) else loss) for _, loss in pairs]

    def total(targets: List[Any], predicted: List[Any]) -> Any:
        parts = [
            _mean(function(_like(target, output), output))
            for function, target, output in zip(functions, targets, predicted)
        ]
        return sum(parts[1:], parts[0])

    return total


def _row_losses(loss: Any) -> Callable[[Any, Any], Any]:
    return loss.call if hasattr(loss, "call") else loss  # type: ignore[no-any-return]


def _like(target: Any, output: Any) -> Any:
    """The target as a tensor of the output's type, with a last axis of one where Keras would add it."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(output, torch.Tensor):
        tensor = torch.as_tensor(target).to(device=output.device, dtype=output.dtype)
        return tensor.unsqueeze(-1) if _lacks_axis(tensor.shape, output.shape) else tensor
    tensorflow = sys.modules["tensorflow"]
    tensor = tensorflow.cast(tensorflow.convert_to_tensor(target), output.dtype)
    return tensorflow.expand_dims(tensor, -1) if _lacks_axis(tensor.shape, output.shape) else tensor


def _lacks_axis(target: Any, output: Any) -> bool:
    return len(target) == len(output) - 1 and output[-1] == 1


def _mean(values: Any) -> Any:
    if hasattr(values, "mean"):
        return values.mean()
    return sys.modules["tensorflow"].reduce_mean(values)


def taped(run: Callable[[], Tuple[Any, Any]], variables: List[Any]) -> Tuple[Any, Any, List[Any]]:
    """What `run` returns (loss and anything else) with the gradients of the loss; none where `run` has no loss."""
    values = [_tensor_of(variable) for variable in variables]
    torch = sys.modules.get("torch")
    if torch is not None and values and isinstance(values[0], torch.Tensor):
        with torch.enable_grad():
            loss, rest = run()
            found = torch.autograd.grad(loss, values, allow_unused=True) if loss is not None else []
        return loss, rest, list(found)
    with sys.modules["tensorflow"].GradientTape() as tape:
        loss, rest = run()
    return loss, rest, tape.gradient(loss, values) if loss is not None else []


def _tensor_of(variable: Any) -> Any:
    """What the framework differentiates by: the variable that one of Keras 3 wraps."""
    value = getattr(variable, "value", None)
    return variable if value is None or callable(value) else value


def norms(order: List[Any], variables: List[Any], gradients: List[Any]) -> Dict[int, float]:
    """The L2 norm by the layer's id, for the layers of `order` that have trainable variables with a gradient."""
    squares = {
        id(variable): _square(gradient) for variable, gradient in zip(variables, gradients) if gradient is not None
    }
    found: Dict[int, float] = {}
    for layer in order:
        own = [squares[id(each)] for each in getattr(layer, "trainable_weights", []) if id(each) in squares]
        if own:
            found[id(layer)] = math.sqrt(sum(own))
    return found


def _square(gradient: Any) -> float:
    values = getattr(gradient, "values", gradient)  # of an IndexedSlices, the gradient of an embedding
    if callable(values):  # a sparse tensor has a method of this name
        values = gradient
    flat = values.detach().cpu().numpy() if hasattr(values, "detach") else values.numpy()
    flat = flat.reshape(-1).astype("float64")
    return float(flat.dot(flat))
