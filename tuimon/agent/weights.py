"""The trainable weights at the end of an epoch: are they finite, do they move, how large are they."""

from __future__ import annotations

from typing import Any, Optional

from tuimon import events


class Scanner:
    """Scans the weights of one fit's model, as often as its budget allows."""

    def __init__(self, fit: int, model: Any) -> None:
        self.fit = fit
        self.model = model

    def epoch_ended(self, epoch: int, seconds: Optional[float]) -> Optional[events.WeightsScanned]:
        """The scan at the end of an epoch that took `seconds`; None when it would cost too much now.

        Runs on the training thread, in `on_epoch_end`.
        """
        return None
