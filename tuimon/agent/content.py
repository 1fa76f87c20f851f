"""Looks at the batches that reach the model, at a sampled cost: the first ones of an epoch, then about one a second.

Who calls what: the training thread says where it is (`source`, `epoch`, `validation`, `offer`), which stores a few
references; `work`, called by the sender's thread about once a second, does the computing and reports events.
"""

from __future__ import annotations

from typing import Any, Callable

from tuimon import events


class Content:
    """The looks at one process' batches. `report` takes the events; every method returns at once and never raises."""

    def __init__(self, report: Callable[[events.AgentEvent], None]) -> None: ...

    def source(self, described: events.SourceDescribed, x: Any = None, y: Any = None, adapter: Any = None) -> None:
        """A fit is about to read this source, in the role that its description says."""

    def epoch(self, fit: int, epoch: int) -> None:
        """An epoch begins: training batches follow."""

    def validation(self, fit: int, epoch: int) -> None:
        """A validation begins: validation batches follow until `training`."""

    def training(self) -> None:
        """The validation is over: training batches follow."""

    def offer(self, batch: Any) -> None:
        """A batch that passes through Python on its way to the model (`train_on_batch`, for one)."""

    def ended(self, fit: int) -> None:
        """The fit is over: report what is left, forget its source."""

    def work(self) -> None:
        """Compute and report what has been gathered; bounded to some milliseconds. Called by the sender's thread."""
