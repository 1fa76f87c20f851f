"""The targets do not have the shape of the model's output.

What it means: a regression loss subtracts the targets from the predictions. When their shapes differ but can be
broadcast, every prediction is compared with every target, or several outputs with one. A categorical loss on class
numbers fails in its first step instead.

Why it matters: a broadcast loss is finite, falls a little, and means nothing.

How it is decided: from the shapes of the first batch and of the output, after what Keras itself adds or takes away (a
last dimension of 1). Functions of the script's own get targets and predictions of one rank from Keras. A `Loss` class
of its own does not: where it gets (B,) and (B, 1) that is a note, since it may know what it does.

What to do: give the targets the shape of the output. For class numbers use `sparse_categorical_crossentropy`; for
sequences that shall give one value, drop `return_sequences=True`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, losses, signals
from tuimon.rules.finding import Finding
from tuimon.rules.targets import Target, targets

if TYPE_CHECKING:
    from tuimon.state import Fit, Run

Shape = Sequence[int | None]


@dataclass(frozen=True)
class ShapeBroadcast:
    """Exact: no threshold."""

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit)

    def of(self, fit: Fit) -> Iterator[Finding]:
        for target in targets(fit):
            shape = target.output.get("shape")
            if shape is None or target.values.shape is None:
                continue
            told = _mismatch(target, shape, target.values.shape)
            if told is not None:
                yield self._finding(fit, target, shape, *told)

    def _finding(self, fit: Fit, target: Target, shape: Shape, advice: str, snippet: str) -> Finding:
        first = fit.batches[0]
        return Finding(
            rule="shape-broadcast",
            severity="error" if target.loss_name else "note",
            message=(
                f"targets of shape {_told(target.values.shape or ())} meet output `{target.output.get('name')}` of "
                f"shape {_told(shape)} in `{(target.loss or {}).get('name')}`"
            ),
            advice=advice,
            fit=fit.index,
            epoch=first.epoch,
            step=first.step,
            at=first.at,
            numbers={"targets": list(target.values.shape or ()), "output": list(shape)},
            snippet=snippet,
        )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, signals.has_batches, signals.NO_BATCHES)


def _mismatch(target: Target, output: Shape, values: Shape) -> tuple[str, str] | None:
    """Advice and snippet when the shapes differ after what Keras itself makes of them; None when they fit."""
    if target.loss_name in losses.CATEGORICAL | losses.DIVERGENCE:
        return _categorical(target, output, values)
    if (target.loss or {}).get("unaligned") and len(values) == 1 and len(output) == 2 and output[1] == 1:
        return (
            "Unless the loss reshapes them, every prediction is compared with every target: give the targets a last "
            "dimension of 1.",
            "y = y[:, None]",
        )
    if target.loss_name not in losses.REGRESSION | losses.BINARY:
        return None
    output, values = _same_rank(output, values)
    if _fits(output[1:], values[1:]):
        return None
    if len(output) > len(values):
        return (
            "The model gives one value per moment, the targets one per row: give the last recurrent layer "
            "return_sequences=False, or pass targets for every moment.",
            "keras.layers.LSTM(units)  # the last value only",
        )
    if len(output) == len(values) == 2 and values[1] == 1:
        return (
            f"All {output[1]} outputs are compared with the same target: give the last layer 1 unit, or pass "
            f"{output[1]} targets per row. For class numbers use sparse_categorical_crossentropy.",
            "keras.layers.Dense(1)",
        )
    return "Give the targets the shape of the output.", ""


def _categorical(target: Target, output: Shape, values: Shape) -> tuple[str, str] | None:
    units = output[-1]
    if units in (None, 1) or not _class_numbers(output, values):
        return None
    return (
        f"These are class numbers, not one value per class: use the sparse loss, or one-hot targets of {units} values.",
        'loss="sparse_categorical_crossentropy"'
        if "focal" not in target.loss_name
        else f"y = keras.utils.to_categorical(y, {units})",
    )


def _class_numbers(output: Shape, values: Shape) -> bool:
    return len(values) == len(output) - 1 or (len(values) == len(output) and values[-1] == 1)


def _same_rank(output: Shape, values: Shape) -> tuple[Shape, Shape]:
    """As Keras adds or takes away a last dimension of 1 before it computes a loss."""
    if len(output) == len(values) + 1 and output[-1] == 1:
        return (output, [*values, 1]) if len(values) == 1 else (output[:-1], values)
    if len(values) == len(output) + 1 and values[-1] == 1:
        return ([*output, 1], values) if len(output) == 1 else (output, values[:-1])
    return output, values


def _fits(output: Shape, values: Shape) -> bool:
    return len(output) == len(values) and all(
        one == other or one is None or other is None for one, other in zip(output, values, strict=True)
    )


def _told(shape: Shape) -> str:
    """The shape as people write it, with B for the rows of a batch."""
    rest = "".join(f", {'?' if size is None else size}" for size in shape[1:])
    return f"(B{rest or ','})"
