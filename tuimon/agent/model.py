"""The model as compiled: what it is made of, what it ends in, and how it is trained.

Works for Keras 3 on every backend, Keras 2 and tf_keras. Never builds or calls the model and never changes it.
"""

from __future__ import annotations

import math
import types
from typing import Any, Dict, Iterator, List, Optional

from tuimon import events
from tuimon.agent import handed, layers, losses, optimizer
from tuimon.agent.layers import or_none

LAYERS = 200


def describe(fit: int, model: Any) -> events.ModelDescribed:
    """What is known of the model now; what is not known yet is None or absent.

    To be called in `on_train_begin`, and once more after the first epoch unless `complete`: a subclassed model may not
    be built before its first step, and nobody knows before what it ends in.
    """
    outputs = or_none(_outputs, model) or []
    compiled = or_none(losses.of_model, model, [output["name"] for output in outputs]) or []
    _join(outputs, compiled)
    used = optimizer.inner(getattr(model, "optimizer", None))
    return events.ModelDescribed(
        fit=fit,
        name=str(getattr(model, "name", "")),
        kind=type(model).__name__,
        parameters=or_none(_parameters, model, "weights"),
        trainable=or_none(_parameters, model, "trainable_weights"),
        trainable_variables=or_none(_built_count, model),
        layers=[_layer(layer) for layer, _ in zip(layers.leaves(model), range(LAYERS))],
        first_layers=or_none(layers.first_kinds, model) or [],
        inputs=or_none(_inputs, model) or [],
        outputs=outputs,
        losses=compiled,
        metrics=or_none(_metrics, model) or [],
        optimizer=type(used).__name__ if used is not None else None,
        learning_rate=optimizer.learning_rate(used),
        schedule=optimizer.schedule(used),
        gradient_clipping=optimizer.clips(used),
        custom_train_step=layers.defines(model, "train_step") is not None or "train_step" in vars(model),
        added_losses=bool(or_none(adds_losses, model)),
        compiled=_compiled(model),
    )


def complete(described: events.ModelDescribed) -> bool:
    """Nothing more will become known by training."""
    return described.parameters is not None and bool(described.outputs)


def adds_losses(model: Any) -> bool:
    """The model has losses beside the compiled ones (`add_loss`, activity regularizers), as far as can be seen."""
    return any(
        getattr(layer, "activity_regularizer", None) is not None
        or getattr(layer, "_losses", None)
        or getattr(layer, "_callable_losses", None)
        or _mentions(layer, "add_loss")
        for layer in [model, *layers.all_layers(model)]
    )


def _mentions(layer: Any, name: str) -> bool:
    """The user's own `call` or `train_step` uses the name."""
    for method in ("call", "train_step", "compute_loss"):
        owner = layers.defines(layer, method)
        function = owner.__dict__[method] if owner is not None else None
        if isinstance(function, types.FunctionType) and name in function.__code__.co_names:
            return True
    return False


# --- outputs, inputs, layers


def _outputs(model: Any) -> List[Dict[str, Any]]:
    if layers.has_graph(model):
        names = output_names(model)
        return [_output(tensor, names[index]) for index, tensor in enumerate(model.outputs)]
    if type(model).__name__ == "Sequential":
        return _outputs_of_unbuilt(model)
    return handed.outputs_of(model)


def _output(tensor: Any, name: str) -> Dict[str, Any]:
    shape = _shape(tensor)
    activation, applied = layers.activation_of(tensor)
    return {
        "name": name,
        "units": _units(applied if activation == "softmax" else tensor),
        "shape": shape,
        "activation": activation,
        "layer": layers.maker(tensor).name,
    }


def _units(tensor: Any) -> Optional[int]:
    """The size of the last axis, or of the one that a softmax layer runs along."""
    shape = _shape(tensor)
    axis = getattr(layers.maker(tensor), "axis", -1)
    if type(layers.maker(tensor)).__name__ != "Softmax" or not isinstance(axis, int):
        axis = -1
    return shape[axis] if -len(shape) <= axis < len(shape) else None


def output_names(model: Any) -> List[str]:
    """The names by which `compile` takes a loss for each output: the keys where outputs are a dict."""
    inner = layers.functional(model)
    struct = getattr(inner, "_outputs_struct", getattr(inner, "_nested_outputs", None))
    if isinstance(struct, dict):
        keys = {id(tensor): str(key) for key, tensor in struct.items()}
        return [keys.get(id(tensor)) or layers.maker(tensor).name for tensor in model.outputs]
    names = or_none(lambda: list(model.output_names)) or []
    return [str(name) for name in names] + [layers.maker(tensor).name for tensor in model.outputs[len(names) :]]


def _outputs_of_unbuilt(model: Any) -> List[Dict[str, Any]]:
    """What the last layers of a Sequential say of themselves."""
    own = list(layers.leaves(model))
    for layer in reversed(own):
        activation = layers.own_activation(layer)
        if activation != "keeps":
            units = getattr(layer, "units", None) or getattr(layer, "filters", None)
            return [{"name": own[-1].name, "units": units, "activation": activation, "layer": own[-1].name}]
    return []


def _join(outputs: List[Dict[str, Any]], compiled: List[losses.Loss]) -> None:
    """Tell each output the loss it is trained with."""
    for loss in compiled:
        for output in outputs:
            if loss.get("output") == output["name"]:
                output["loss"] = loss["name"]
                if "from_logits" in loss:
                    output["from_logits"] = loss["from_logits"]


def _inputs(model: Any) -> List[Dict[str, Any]]:
    return [
        {"name": layers.maker(tensor).name, "shape": _shape(tensor), "dtype": _dtype(tensor)} for tensor in model.inputs
    ]


def _layer(layer: Any) -> Dict[str, Any]:
    described = {
        "name": str(getattr(layer, "name", "")),
        "kind": layers.kind(layer),
        "trainable": bool(getattr(layer, "trainable", True)),
        "parameters": or_none(_parameters, layer, "weights"),
    }
    if hasattr(layer, "activation") or layers.own_activation(layer) not in ("keeps", layers.UNKNOWN):
        described["activation"] = layers.own_activation(layer)
    return described


def _shape(tensor: Any) -> List[Optional[int]]:
    return [None if each is None else int(each) for each in tensor.shape]


def _dtype(tensor: Any) -> str:
    return str(getattr(tensor.dtype, "name", tensor.dtype))


# --- variables


def _parameters(thing: Any, which: str) -> Optional[int]:
    """Values in the variables; None while some are still to be made."""
    if not thing.built or not all(layer.built for layer in thing._flatten_layers(include_self=False)):
        return None
    return sum(math.prod(int(each) for each in variable.shape) for variable in getattr(thing, which))


def _built_count(model: Any) -> Optional[int]:
    return None if _parameters(model, "weights") is None else len(model.trainable_variables)


# --- how it is trained


def _compiled(model: Any) -> Optional[bool]:
    compiled = getattr(model, "compiled", getattr(model, "_is_compiled", None))
    return None if compiled is None else bool(compiled)


def _metrics(model: Any) -> List[str]:
    holder = getattr(model, "_compile_metrics", None) or getattr(model, "compiled_metrics", None)
    return [_metric_name(metric) for metric in _flat(getattr(holder, "_user_metrics", None))]


def _flat(nested: Any) -> Iterator[Any]:
    if isinstance(nested, dict):
        nested = list(nested.values())
    if isinstance(nested, (list, tuple)):
        for each in nested:
            yield from _flat(each)
    elif nested is not None:
        yield nested


def _metric_name(metric: Any) -> str:
    if isinstance(metric, str):
        return metric
    return str(getattr(metric, "name", None) or getattr(metric, "__name__", type(metric).__name__))
