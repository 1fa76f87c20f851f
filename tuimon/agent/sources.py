"""What a fit reads: its kind, its size and how that is known, its batches and components."""

from __future__ import annotations

from typing import Any, Optional

from tuimon import events


def describe(
    fit: int,
    role: str = "train",
    x: Any = None,
    y: Any = None,
    sample_weight: Any = None,
    batch_size: Optional[int] = None,
    adapter: Any = None,
    shuffle: Any = None,
    workers: Optional[int] = None,
    multiprocessing: Optional[bool] = None,
) -> events.SourceDescribed:
    """The source of a fit, from the arguments of the call and, where Keras has made one, its data adapter.

    Never raises and never touches the data: what cannot be told is left unknown.
    """
    return events.SourceDescribed(fit=fit, role=role)


def samples_of(described: events.SourceDescribed, first_step: int, steps: int) -> Optional[int]:
    """Samples in these steps, counted from the beginning of the source; None where arithmetic cannot tell.

    Steps beyond one pass start again at its beginning, as Keras does it.
    """
    return None


class Passes:
    """Whether the source came to its end in an epoch, where its generator can be watched.

    Read at the end of an epoch, before the next one begins: `ended` and `closed` are None where it cannot be told.
    """

    def __init__(self, x: Any, adapter: Any = None) -> None: ...

    def epoch_began(self) -> None: ...

    @property
    def ended(self) -> Optional[bool]:
        """The source ran out in this epoch."""
        return None

    @property
    def closed(self) -> Optional[bool]:
        """It had more in this epoch than in its first full pass, and Keras stopped before its end."""
        return None
