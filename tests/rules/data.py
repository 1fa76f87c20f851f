"""Models, batches and curves for the rules that judge them, in a line or two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tests.builders import PID, batch, epoch, fit, model
from tuimon import events

BINARY = "binary_crossentropy"
SPARSE = "sparse_categorical_crossentropy"
CATEGORICAL = "categorical_crossentropy"
MSE = "mean_squared_error"

X = {"role": "x", "name": "", "dtype": "float32", "shape": [32, 8], "min": -3.0, "max": 3.0, "mean": 0.0, "std": 1.0}
LABELS = {"role": "y", "name": "", "dtype": "int64", "shape": [32], "integer": True}


LOSS_OPTIONS = ("from_logits", "custom", "ignore_class", "unaligned")


def net(
    units: int = 1, activation: str | None = "sigmoid", loss: str | None = BINARY, **fields: Any
) -> list[events.Event]:
    """A described model with one output. Fields of the loss go by their names."""
    options = {name: fields.pop(name) for name in LOSS_OPTIONS if name in fields}
    if loss and loss.endswith("crossentropy"):
        options.setdefault("from_logits", False)
    output = {"name": "out", "layer": "out", "units": units, "shape": fields.pop("shape", [None, units])}
    fields.setdefault("parameters", 100)
    fields.setdefault("trainable_variables", 4)
    fields.setdefault("first_layers", ["Dense"])
    fields.setdefault("optimizer", "Adam")
    fields.setdefault("learning_rate", 0.001)
    fields.setdefault("layers", [layer("first"), layer("middle"), layer("out")])
    return model(
        outputs=[{**output, "activation": activation}],
        losses=[{"name": loss, "custom": False, **options}] if loss else [],
        **fields,
    )


def layer(name: str, kind: str = "Dense", **facts: Any) -> dict[str, Any]:
    return {"name": name, "kind": kind, "trainable": True, "parameters": 10, **facts}


def looks(
    *components: dict[str, Any], count: int = 3, rows: int = 32, epoch: int = 0, **fields: Any
) -> list[events.Event]:
    """So many batches with these components, one after the other."""
    return [batch(step, rows, epoch, components=list(components), **fields) for step in range(count)]


def labels(*classes: int, count: int = 32, **facts: Any) -> dict[str, Any]:
    """Class numbers of one batch, evenly spread unless `classes` repeat."""
    told = {str(each): count * classes.count(each) // len(classes) for each in classes}
    return {**LABELS, "min": min(classes), "max": max(classes), "distinct": len(set(classes)), "classes": told, **facts}


def real(low: float, high: float, mean: float = 0.0, std: float = 1.0, **facts: Any) -> dict[str, Any]:
    """Real targets of one batch."""
    return {
        **LABELS, "dtype": "float32", "integer": False, "distribution": "continuous", "distinct": 32,
        "min": low, "max": high, "mean": mean, "std": std, **facts,
    }  # fmt: skip


def falling(losses: Sequence[float], steps: int = 10, **metrics: Sequence[Any]) -> list[events.Event]:
    """Epochs with these losses; other names are fields of an epoch or metrics, one value per epoch."""
    return [
        event
        for index, loss in enumerate(losses)
        for event in epoch(index, steps, loss=loss, **{name: values[index] for name, values in metrics.items()})
    ]


def curve(losses: Sequence[float], steps: int = 10, **metrics: Sequence[Any]) -> list[events.Event]:
    """A whole fit of as many epochs."""
    return [*fit(epochs=len(losses)), *falling(losses, steps, **metrics)]


def validated(losses: Iterable[float], validation: Iterable[float], **metrics: Sequence[float]) -> list[events.Event]:
    return [
        event
        for index, (loss, val_loss) in enumerate(zip(losses, validation, strict=True))
        for event in epoch(
            index,
            validation={"metrics": {"loss": val_loss, **{name: values[index] for name, values in metrics.items()}}},
            loss=loss,
        )
    ]


def scan(epoch: int, unchanged: int = 0, variables: int = 4, **fields: Any) -> events.Event:
    fields.setdefault("compared", epoch > 0)
    return events.WeightsScanned(pid=PID, fit=1, epoch=epoch, variables=variables, unchanged=unchanged, **fields)


def probe(epoch: int = 0, **fields: Any) -> events.Event:
    return events.ModelProbed(pid=PID, fit=1, epoch=epoch, rows=fields.pop("rows", 64), **fields)
