"""The losses that a model is compiled with: their names as Keras spells them, their options, whose code they are."""

from __future__ import annotations

import functools
from typing import Any, Dict, List, Optional, Tuple

from tuimon.agent import layers

_SHORT = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
    "huber_loss": "huber",
    "cosine_proximity": "cosine_similarity",
}

Loss = Dict[str, Any]


def of_model(model: Any, outputs: List[str]) -> List[Loss]:
    """One entry per output that has a loss; each with name, custom, and from_logits and output where known.

    `unaligned` marks a `Loss` class of the user's own: Keras hands it targets and predictions as they are, while the
    two get the same rank before a function sees them.
    """
    given = compiled_loss(model)
    if not given:
        return []
    custom = layers.defines(model, "compute_loss") is not None
    return [{**loss, "custom": loss["custom"] or custom} for loss in _matched(given, outputs)]


def compiled_loss(model: Any) -> Any:
    """The loss as given to `compile`."""
    loss = getattr(model, "loss", None)
    if loss is None:
        loss = getattr(getattr(model, "compiled_loss", None), "_user_losses", None)
    return loss


def by_output(given: Any, outputs: List[str]) -> List[Tuple[Optional[str], Any]]:
    """Pairs of output and loss; one loss alone serves every output, None is left out."""
    pairs: List[Tuple[Optional[str], Any]]
    if isinstance(given, dict):
        pairs = list(given.items())
    elif isinstance(given, (list, tuple)):
        names = outputs if len(outputs) == len(given) else [None] * len(given)
        pairs = list(zip(names, given))
    else:
        pairs = [(name, given) for name in outputs] or [(None, given)]
    return [(name, loss) for name, loss in pairs if loss is not None]


def _matched(given: Any, outputs: List[str]) -> List[Loss]:
    described = []
    for output, loss in by_output(given, outputs):
        entry = describe(loss)
        if output is not None:
            entry["output"] = str(output)
        described.append(entry)
    return described


def describe(loss: Any) -> Loss:
    """The loss's name, whether it is the user's own, and from_logits where it has such an option."""
    options: Dict[str, Any] = {}
    while isinstance(loss, functools.partial):
        options.update(loss.keywords)
        loss = loss.func
    if isinstance(loss, str):
        return _entry(loss, False, options)
    if callable(getattr(loss, "call", None)):
        return _entry_of_object(loss, options)
    return _entry(getattr(loss, "__name__", type(loss).__name__), not layers.is_keras(loss), options)


def _entry_of_object(loss: Any, options: Loss) -> Loss:
    options = {**(getattr(loss, "_fn_kwargs", None) or {}), **options}
    if hasattr(loss, "from_logits"):
        options.setdefault("from_logits", loss.from_logits)
    wrapped = getattr(loss, "fn", None)
    if type(loss).__name__ == "LossFunctionWrapper" and wrapped is not None:
        inner = describe(wrapped)
        return _entry(inner["name"], inner["custom"], {**inner, **options})
    custom = not layers.is_keras(type(loss))
    entry = _entry(layers.snake(type(loss).__name__), custom, options)
    return {**entry, "unaligned": True} if custom and hasattr(loss, "reduction") else entry


def _entry(name: str, custom: bool, options: Loss) -> Loss:
    if not custom:
        name = _SHORT.get(name.lower(), name.lower())
    entry: Loss = {"name": name, "custom": custom}
    if "from_logits" in options:
        entry["from_logits"] = bool(options["from_logits"])
    elif not custom and name.endswith("crossentropy"):
        entry["from_logits"] = False
    if options.get("ignore_class") is not None:
        entry["ignore_class"] = int(options["ignore_class"])
    return entry
