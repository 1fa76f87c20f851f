"""The shadow step: forward pass and gradients on a few rows at the end of an epoch, rarely.

Nothing is updated, drawn or traced: see `forward`. It tells which layers are dead or saturated, how far gradients
reach, and whether the outputs depend on the input at all. Off by TUIMON_PROBE=off.

What it may cost: a thousandth of the time trained, with a few early looks per process (see `budget`).
"""

from __future__ import annotations

import sys
from typing import Any, Dict, List, Optional, Tuple

from tuimon import agent, events
from tuimon.agent import activity, forward, gradients, layers, losses, rows
from tuimon.agent import model as models
from tuimon.agent.budget import Budget

ROWS = 64
LAYERS = 200

SECONDS_PER_LAYER = 3e-3
SECONDS_PER_TIME_STEP = 10e-3
"""What a first look is expected to cost beside the arithmetic; a recurrent layer runs step by step."""

_budget = Budget(share=0.001, early_share=0.03, early_looks=6)


class Prober:
    """Probes one fit's model, as often as the budget allows."""

    def __init__(self, fit: int, model: Any, budget: Budget = _budget) -> None:
        self.fit = fit
        self.model = model
        self.obstacle = obstacle(model)
        """Why this model is not probed; None while it is."""
        self._budget = budget
        self._data: Optional[Tuple[Any, Any]] = None
        self._cost: Optional[float] = None

    @property
    def needs_rows(self) -> bool:
        """Rows would be used, and there are none yet."""
        return self.obstacle is None and self._data is None

    def take(self, x: Any, y: Any = None) -> None:
        """What to take rows from: arrays, structures of arrays, a batch, or a dataset made of tensors.

        Only a reference is kept. Anything else is ignored.
        """
        if self.needs_rows and rows.of(x, y, 1) is not None:
            self._data = (x, y)

    def epoch_ended(
        self, epoch: int, seconds: Optional[float], samples: Optional[int], batch: Optional[int] = None
    ) -> Optional[events.ModelProbed]:
        """The probe at the end of an epoch that trained `samples` in `seconds`; None when it may not or cannot run.

        Runs on the training thread, in `on_epoch_end`. No more rows than a `batch` of the training has are run, so that
        memory suffices.
        """
        self._budget.earn(seconds)
        if self.obstacle is not None or self._data is None:
            return None
        most = min(ROWS, batch or 32)
        if not self._budget.allows(self._expected(most, seconds, samples)):
            return None
        try:
            with forward.unwarned():
                data = self._data
                probed, taken = self._budget.measure(lambda: self._probed(*data, most))
        except Exception as error:
            self.obstacle = "%s: %s" % (type(error).__name__, error)
            return None
        # A first look loads and warms up what later ones find ready.
        self._cost = taken / 2 if self._cost is None else taken
        return events.ModelProbed(fit=self.fit, epoch=epoch, seconds=taken, **probed)

    def _expected(self, most: int, seconds: Optional[float], samples: Optional[int]) -> float:
        if self._cost is not None:
            return self._cost
        own = list(layers.all_layers(self.model))
        steps = sum(_time_steps(layer) for layer in own)
        arithmetic = 1.5 * most * seconds / samples if seconds and samples else 0.0
        return len(own) * SECONDS_PER_LAYER + steps * SECONDS_PER_TIME_STEP + arithmetic

    def _probed(self, x: Any, y: Any, most: int) -> Dict[str, Any]:
        x, y = rows.of(x, y, most) or (x, y)
        names = models.output_names(self.model)
        loss_of = gradients.loss_function(self.model, names)
        targets = None if y is None or loss_of is None else _by_name(y, names)
        seen: forward.Seen = []

        def step() -> Tuple[Any, List[Any]]:
            predicted = _by_name(forward.run(self.model, x, seen), names) or []
            return (loss_of(targets, predicted) if loss_of and targets else None), predicted

        variables = list(self.model.trainable_variables)
        loss, predicted, found = gradients.taped(step, variables)
        norms = gradients.norms([layer for layer, _ in seen], variables, found)
        return {
            "rows": int(predicted[0].shape[0]),
            "loss": None if loss is None else float(activity.array(loss)),
            **self._facts(seen, norms, dict(zip(names, predicted))),
            "gradient_first": next(iter(norms.values()), None),
            "gradient_last": next(reversed(list(norms.values())), None),
        }

    def _facts(self, seen: forward.Seen, norms: Dict[int, float], predicted: Dict[str, Any]) -> Dict[str, Any]:
        bounded = {
            loss.get("output")
            for loss in losses.of_model(self.model, list(predicted))
            if loss.get("from_logits") is False
        }
        numpy = sys.modules["numpy"]  # every Keras has loaded it
        with numpy.errstate(all="ignore"):
            return {
                "layers": [
                    activity.of_layer(layer, output, norms.get(id(layer)), numpy) for layer, output in seen[:LAYERS]
                ],
                "outputs": [
                    activity.of_output(name, activity.array(output), numpy, name in bounded)
                    for name, output in predicted.items()
                ],
            }


def obstacle(model: Any) -> Optional[str]:
    """Why the model is not probed; None when it can be."""
    if agent.setting("TUIMON_PROBE").lower() == "off":
        return "TUIMON_PROBE=off"
    backend = gradients.backend(model)
    if backend not in ("tensorflow", "torch"):
        return "%s compiles every operation before it runs" % backend
    strategy = getattr(model, "distribute_strategy", None)
    if getattr(strategy, "num_replicas_in_sync", 1) > 1:
        return "the model is spread over several devices"
    return forward.obstacle(model)


def _time_steps(layer: Any) -> int:
    """Steps that a recurrent layer makes, both ways; 100 where nobody has said how many."""
    if not hasattr(layer, "cell"):
        return 0
    shape = getattr(layers.or_none(lambda: layer.input), "shape", None)
    return int(shape[1] or 100) if shape is not None and len(shape) > 1 else 100


def _by_name(struct: Any, names: List[str]) -> Optional[List[Any]]:
    """The parts of a structure of targets or outputs in the order of the names; None when it has others."""
    if isinstance(struct, dict):
        return [struct[name] for name in names] if set(struct) == set(names) else None
    parts = list(struct) if isinstance(struct, (list, tuple)) else [struct]
    return parts if len(parts) == len(names) else None
