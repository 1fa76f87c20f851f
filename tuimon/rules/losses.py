"""What Keras' own losses ask of the model's output and of the targets, by the names that events use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tuimon.state import Fit

BINARY = frozenset({"binary_crossentropy", "binary_focal_crossentropy"})
SPARSE = frozenset({"sparse_categorical_crossentropy"})
CATEGORICAL = frozenset({"categorical_crossentropy", "categorical_focal_crossentropy"})
DIVERGENCE = frozenset({"kl_divergence"})
REGRESSION = frozenset(
    {
        "mean_squared_error",
        "mean_absolute_error",
        "mean_absolute_percentage_error",
        "mean_squared_logarithmic_error",
        "log_cosh",
        "huber",
    }
)
HINGE = frozenset({"hinge", "squared_hinge", "categorical_hinge"})

CROSSENTROPY = BINARY | SPARSE | CATEGORICAL
NEVER_NEGATIVE = CROSSENTROPY | DIVERGENCE | REGRESSION | HINGE

RANGES: dict[str, tuple[float, float]] = {
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "relu": (0.0, float("inf")),
    "relu6": (0.0, 6.0),
    "softplus": (0.0, float("inf")),
    "exponential": (0.0, float("inf")),
}
"""Activation → the lowest and highest value that it can give. Others have no bound that matters, or none known."""


def of(fit: Fit) -> list[dict[str, Any]]:
    """The losses that the fit's model was compiled with."""
    return fit.model.losses if fit.model is not None else []


def name(loss: dict[str, Any] | None) -> str:
    """The name of one of Keras' losses; empty for the script's own and for none."""
    return "" if loss is None or loss.get("custom") else str(loss.get("name") or "")


def own_objective(fit: Fit) -> bool:
    """What is minimised is not, or not only, the compiled losses: their rules do not hold."""
    model = fit.model
    return model is not None and (model.custom_train_step or model.added_losses)


def for_output(fit: Fit, output: dict[str, Any]) -> dict[str, Any] | None:
    """The compiled loss of one of the model's outputs; None when it has none, or nobody can tell which."""
    compiled = of(fit)
    named = [loss for loss in compiled if loss.get("output") in (output.get("name"), output.get("layer"), None)]
    if not named or fit.model is None:
        return None
    exact = [loss for loss in named if loss.get("output") is not None]
    return exact[0] if exact else named[0] if len(fit.model.outputs) == 1 or len(compiled) == 1 else None
