"""The dataset is batched twice.

What it means: `.batch()` was called on a dataset that was already in batches. The model gets a batch of batches: one
dimension too many. Layers such as Dense work on the last axis and do not complain.

Why it matters: an epoch has far fewer steps, each over many more rows than you think, and layers that mix positions
compute nonsense.

How it is decided: two batch stages with no `unbatch` or window between them; and the input has one dimension more than
the model's, or the model begins with a layer that takes any rank while the labels have a dimension too many as well.
Windows of a time series made by batching twice are not reported.

What to do: remove one of the two `.batch()` calls; a dataset from a Keras loader is already in batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon import events
from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Fit, Run

BATCHES = ("batch", "padded_batch", "ragged_batch", "dense_to_ragged_batch", "parallel_batch")
BETWEEN = ("unbatch", "flat_map", "window", "rebatch", "interleave")
ANY_RANK = {"Dense", "Dropout", "Activation", "ReLU", "BatchNormalization", "LayerNormalization", "Normalization"}
"""Layers that work on the last axis and take whatever comes before it."""


@dataclass(frozen=True)
class BatchedTwice:
    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            source = evidence.described(fit)
            sizes = _sizes(source) if source else None
            if source is None or sizes is None or not self._one_rank_too_many(fit, source):
                continue
            inner, outer = sizes
            yield Finding(
                rule="batched-twice",
                severity="warning",
                message=f"batch({inner}) is followed by batch({outer}): the model gets {outer} batches of {inner} "
                "rows at once",
                advice=f"Remove one of the two batch() calls before fit(){sayings.of_call(fit.started.site)}. As it "
                f"is, an epoch has {outer} times fewer steps.",
                fit=fit.index,
                epoch=fit.started.initial_epoch,
                at=source.at,
                numbers={"inner": inner, "outer": outer, "batches": source.batches},
                snippet=f"dataset.batch({inner})",
            )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: fit.source and fit.model, evidence.NOT_DESCRIBED)

    def _one_rank_too_many(self, fit: Fit, source: events.SourceDescribed) -> bool:
        data, model = _shape(source.components, "x"), fit.model
        if data is None or model is None:
            return False
        inputs = [len(each["shape"]) for each in model.inputs if each.get("shape") is not None]
        if inputs and len(data) == inputs[0] + 1:
            return True
        labels = _shape(source.components, "y")
        any_rank = bool(model.first_layers) and set(model.first_layers) <= ANY_RANK
        return any_rank and len(data) == 3 and labels is not None and len(labels) >= 2 and labels[1] == data[1]


def _sizes(source: events.SourceDescribed) -> tuple[object, object] | None:
    """The batch sizes of two batch stages in a row."""
    inner: object = None
    for facts in source.pipeline:
        name = evidence.stage(facts)
        if name in BATCHES:
            if inner is not None:
                return inner, facts.get("batch_size") or "?"
            inner = facts.get("batch_size") or "?"
        elif name in BETWEEN:
            inner = None
    return None


def _shape(components: list[events.Facts], role: str) -> list[int | None] | None:
    shapes = (each.get("shape") for each in components if each.get("role") == role)
    return next((list(shape) for shape in shapes if shape is not None), None)
