"""Lists of the calling frame that were read into the source of a fit, and have grown since."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from tuimon import events

MOST = 10_000
"""Names of a frame that are looked at."""


class Growth:
    """Of one fit. Holds the lists for as long as the fit runs."""

    def __init__(self, frame: Any, rows: Optional[int]) -> None:
        names: Dict[str, Any] = frame.f_locals if frame is not None and rows else {}
        self.rows = rows or 0
        self._lists: List[Tuple[str, List[Any]]] = [
            (name, value)
            for name, value in list(names.items())[:MOST]
            if type(value) is list and len(value) == rows and not name.startswith("_")
        ]

    def grown(self, fit: int, epoch: int) -> Optional[events.SourceOutgrown]:
        """The first list that has more entries than the source has rows; told once."""
        for name, value in self._lists:
            if len(value) > self.rows:
                self._lists = []
                return events.SourceOutgrown(fit=fit, epoch=epoch, name=name, rows=self.rows, now=len(value))
        return None
