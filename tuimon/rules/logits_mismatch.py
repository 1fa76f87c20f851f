"""The loss and the model's last activation disagree about logits.

What it means: a cross-entropy takes either probabilities (`from_logits=False`, the default) or the raw values before
the activation (`from_logits=True`). Here the model gives the other.

Why it matters: with a linear output and `from_logits=False`, Keras clips the outputs to 0..1 and most gradients
vanish. With softmax or sigmoid and `from_logits=True`, the activation is applied twice wherever Keras cannot undo it,
and the model learns slowly and stays unsure.

How it is decided: before the first step, from the loss' options and the last activation. An activation that is applied
twice is an error; a missing one is a warning, and an error once the outputs are seen to leave 0..1. An output that
ends in a layer or function of the script's own, and losses of the script's own, are not judged.

What to do: use an activation and `from_logits=False`, or no activation and `from_logits=True`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuimon.rules import evidence, losses, signals
from tuimon.rules.finding import Finding, Severity
from tuimon.rules.sayings import count, number, share
from tuimon.rules.targets import activation

if TYPE_CHECKING:
    from tuimon.state import Fit, Run

UNBOUNDED = frozenset(
    {"linear", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "swish", "softplus", "softsign", "tanh", "mish"}
)
"""Activations that give values outside 0..1."""

PROBABILITIES = frozenset({"softmax", "sigmoid"})


@dataclass(frozen=True)
class LogitsMismatch:
    """Exact: no threshold."""

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit)

    def of(self, fit: Fit) -> Iterator[Finding]:
        for output in fit.model.outputs if fit.model is not None else []:
            loss = losses.for_output(fit, output)
            if loss is None or losses.name(loss) not in losses.CROSSENTROPY or losses.own_objective(fit):
                continue
            last = activation(output)
            if loss.get("from_logits") is True and last in PROBABILITIES:
                yield _twice(fit, output, loss, last)
            elif loss.get("from_logits") is False and last in UNBOUNDED:
                yield _never(fit, output, loss, last)

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, signals.has_model, signals.NO_MODEL)


def _twice(fit: Fit, output: dict[str, Any], loss: dict[str, Any], last: str) -> Finding:
    return _finding(
        fit,
        output,
        "error",
        f"`{loss['name']}` has from_logits=True, but the {_units(output)} of output `{output.get('name')}` end in "
        f"{last} already",
        f"Take from_logits=True away, or the {last}: the loss applies one itself.",
        f"loss=keras.losses.{_class(loss)}()",
    )


def _never(fit: Fit, output: dict[str, Any], loss: dict[str, Any], last: str) -> Finding:
    wanted = "sigmoid" if losses.name(loss) in losses.BINARY else "softmax"
    low, high = _seen_range(fit, output)
    ends = "no activation" if last == "linear" else last
    message = f"`{loss['name']}` expects values from 0 to 1, but output `{output.get('name')}` ends in {ends}"
    left = low is not None and high is not None and (low < 0.0 or high > 1.0)
    if left:
        message += f" and ranges from {number(low or 0.0)} to {number(high or 0.0)} (allowed: 0 to 1)"
    outside = _outside(fit, output)
    if left and outside:
        message += f", {share(outside)} of it outside"
    return _finding(
        fit,
        output,
        "error" if left else "warning",
        message,
        f"Pass from_logits=True to the loss, or end the model in {wanted}.",
        f"loss=keras.losses.{_class(loss)}(from_logits=True)"
        if last == "linear"
        else f'keras.layers.Dense({output.get("units")}, activation="{wanted}")',
    )


def _finding(fit: Fit, output: dict[str, Any], severity: Severity, message: str, advice: str, snippet: str) -> Finding:
    return Finding(
        rule="logits-mismatch",
        severity=severity,
        message=message,
        advice=advice,
        fit=fit.index,
        at=fit.model.at if fit.model is not None else None,
        numbers={"output": output.get("name"), "activation": activation(output)},
        snippet=snippet,
    )


def _units(output: dict[str, Any]) -> str:
    units = output.get("units")
    return "units" if units is None else count(units, "unit")


def _class(loss: dict[str, Any]) -> str:
    return "".join(part.capitalize() for part in str(loss["name"]).split("_"))


def _probed(fit: Fit, output: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for probe in fit.probes:
        yield from (seen for seen in probe.outputs if seen.get("name") == output.get("name"))


def _seen_range(fit: Fit, output: dict[str, Any]) -> tuple[float | None, float | None]:
    seen = list(_probed(fit, output))
    lows = [each["min"] for each in seen if each.get("min") is not None]
    highs = [each["max"] for each in seen if each.get("max") is not None]
    return min(lows, default=None), max(highs, default=None)


def _outside(fit: Fit, output: dict[str, Any]) -> float:
    return max((each.get("outside") or 0.0 for each in _probed(fit, output)), default=0.0)
