"""The shadow step: forward pass and gradients on a few cached rows, without a trace of it in the training."""

from __future__ import annotations

from typing import Any, Optional

from tuimon import events


class Prober:
    """Probes one fit's model, as often as its budget allows."""

    def __init__(self, fit: int, model: Any) -> None:
        self.fit = fit
        self.model = model

    @property
    def needs_rows(self) -> bool:
        """Rows would be used: the model can be probed, the probe is not switched off, and there are none yet."""
        return False

    def take(self, x: Any, y: Any = None) -> None:
        """Rows to probe with: arrays, or lists, tuples or dicts of them, as `fit` got them. The first 64 are kept."""

    def epoch_ended(self, epoch: int, seconds: Optional[float], samples: Optional[int]) -> Optional[events.ModelProbed]:
        """The probe at the end of an epoch that trained `samples` in `seconds`; None when it may not or cannot run.

        Runs on the training thread, in `on_epoch_end`.
        """
        return None
