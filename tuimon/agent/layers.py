"""Layers as Keras 2 and 3 build models of them: which ones there are, what feeds what, and their activations.

Nothing here builds, calls or changes a layer.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Iterator, List, Optional, Tuple, TypeVar

from tuimon.agent import kinds

T = TypeVar("T")

UNKNOWN = "unknown"
"""An activation that cannot be told: a function of the user's own, or an operation with a range of its own."""


def or_none(read: Callable[..., T], *arguments: Any) -> Optional[T]:
    """What `read` returns, None when it raises: parts of a model that are not built raise as they are asked."""
    try:
        return read(*arguments)
    except Exception:
        return None


def is_keras(thing: Any) -> bool:
    """The class or function comes with Keras, as one of its versions and builds."""
    module = getattr(thing, "__module__", None) or ""
    return module.split(".")[0] in ("keras", "tf_keras") or (".keras." in module and module.startswith("tensorflow."))


def kind(layer: Any) -> str:
    """The layer's class; where Keras 2 wraps a TensorFlow function, that function's name."""
    name = type(layer).__name__
    if name == "TFOpLambda":
        symbol = str(getattr(layer, "symbol", "") or getattr(layer, "_name", ""))
        return "".join(part.capitalize() for part in symbol.split(".")[-1].split("_")) or name
    return name


def snake(name: str) -> str:
    """MeanSquaredError → mean_squared_error, KLDivergence → kl_divergence."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def leaves(model: Any) -> Iterator[Any]:
    """The layers of the model in its own order, with those of nested models in place of these."""
    for layer in or_none(lambda: list(model.layers)) or []:
        if is_model(layer):
            yield from leaves(layer)
        else:
            yield layer


def is_model(layer: Any) -> bool:
    return hasattr(layer, "train_step") and hasattr(layer, "layers")


def has_graph(model: Any) -> bool:
    """A Sequential or Functional model that is built, and runs by its graph: `call` is not the user's own."""
    return bool(or_none(lambda: model.outputs)) and defines(model, "call") is None and hasattr(model, "layers")


def functional(model: Any) -> Any:
    """The model that holds the graph: the one inside a Sequential of Keras 3, else the model itself."""
    return getattr(model, "_functional", None) or model


def all_layers(model: Any) -> Iterator[Any]:
    """Every layer inside the model, those within layers included."""
    return (layer for layer in model._flatten_layers(include_self=False) if layer is not model)


def defines(model: Any, method: str) -> Optional[type]:
    """The user's class (not Keras') that overrides the method, None when none does."""
    for base in type(model).__mro__:
        if method in base.__dict__:
            return None if is_keras(base) else base
    return None


def maker(tensor: Any) -> Any:
    """The layer or operation that a symbolic tensor came from."""
    history = tensor._keras_history
    return getattr(history, "operation", None) or history.layer


def sources(tensor: Any) -> List[Any]:
    """The symbolic tensors from which this one was computed."""
    history = tensor._keras_history
    node = maker(tensor)._inbound_nodes[history.node_index]
    inputs = getattr(node, "input_tensors", None) if hasattr(node, "operation") else node.keras_inputs
    return list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]


def activation_of(tensor: Any) -> Tuple[Optional[str], Any]:
    """The activation whose range a symbolic tensor has, and the tensor on which it was applied.

    None when it is linear, `UNKNOWN` when nobody can tell.
    """
    for _ in range(64):
        layer = maker(tensor)
        if is_model(layer):
            inner = layer.outputs if has_graph(layer) else []
            index = getattr(tensor._keras_history, "tensor_index", 0)
            if index >= len(inner):
                break
            tensor = inner[index]
            continue
        found = own_activation(layer)
        if found != "keeps":
            return found, tensor
        before = sources(tensor)
        if len(before) != 1:
            break
        tensor = before[0]
    return UNKNOWN, tensor


def own_activation(layer: Any) -> Optional[str]:
    """The activation in which the layer itself ends; "keeps" when it passes on the range of what came in."""
    name = type(layer).__name__
    if not is_keras(type(layer)):
        # A class of the user's own that extends one of Keras' may do anything to what its base computes.
        return UNKNOWN
    if name in kinds.ACTIVATION_LAYERS:
        return kinds.ACTIVATION_LAYERS[name]
    if name in kinds.KEEP_VALUES:
        return "keeps"
    if name in kinds.LINEAR:
        return None
    if name == "TFOpLambda":
        function = snake(kind(layer))
        return function if function in kinds.ACTIVATION_FUNCTIONS else UNKNOWN
    if hasattr(layer, "activation"):
        activation = activation_name(layer.activation)
        return "keeps" if name == "Activation" and activation is None else activation
    inner = getattr(layer, "layer", None)
    return own_activation(inner) if name == "TimeDistributed" and inner is not None else UNKNOWN


def activation_name(activation: Any) -> Optional[str]:
    """None for linear, `UNKNOWN` for a function that is not one of Keras' or TensorFlow's."""
    if activation is None:
        return None
    if isinstance(activation, str):
        name = activation
    elif hasattr(activation, "_inbound_nodes"):  # a layer given as an activation
        name = own_activation(activation) or "linear"
        return UNKNOWN if name == "keeps" else None if name == "linear" else name
    else:
        name = getattr(activation, "__name__", "")
        module = getattr(activation, "__module__", None) or ""
        if not is_keras(activation) and module.split(".")[0] not in ("tensorflow", "jax", "torch"):
            return UNKNOWN
    name = re.sub(r"_v\d$", "", name)
    return None if name == "linear" else name if name in kinds.ACTIVATION_FUNCTIONS else name or UNKNOWN


def first_kinds(model: Any) -> List[str]:
    """The kinds of layers met from each input, up to the first that computes."""
    if not has_graph(model):
        return _leading(leaves(model), 3)
    found: List[str] = []
    for tensor in model.inputs:
        _follow(model, tensor, found, set())
    return found


def _follow(model: Any, tensor: Any, found: List[str], seen: "set[int]") -> None:
    inside = {id(layer) for layer in _operations(model)}
    for consumer, output in _consumers(tensor):
        if id(consumer) in seen or id(consumer) not in inside:
            continue
        seen.add(id(consumer))
        if is_model(consumer):
            inner = first_kinds(consumer)
            found.extend(each for each in inner if each not in found)
            if kinds.PREPARE.issuperset(inner):  # augmentation, say
                _follow(model, output, found, seen)
            continue
        if kind(consumer) not in found:
            found.append(kind(consumer))
        if type(consumer).__name__ in kinds.PREPARE:
            _follow(model, output, found, seen)


def _operations(model: Any) -> List[Any]:
    """All nodes' layers, with the operations on tensors that Keras 3 does not count as layers."""
    return list(getattr(functional(model), "_operations", None) or model.layers)


def _consumers(tensor: Any) -> Iterator[Any]:
    for node in list(maker(tensor)._outbound_nodes):
        outputs = node.outputs
        yield (
            getattr(node, "operation", None) or node.layer,
            outputs[0] if isinstance(outputs, (list, tuple)) else outputs,
        )


def _leading(layers: Iterator[Any], most: int) -> List[str]:
    found: List[str] = []
    for layer in layers:
        name = type(layer).__name__
        if name != "InputLayer":
            found.append(kind(layer))
        if name not in kinds.PREPARE and len(found) >= most:
            break
    return found
