"""TensorBoard event files, in the folders and by the names that Keras' own callback uses; host and GPUs beside."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tuimon import events
from tuimon.clean import line
from tuimon.export.tables import rows


def write(opened: Callable[[], Iterable[events.Event]], target: Path) -> None:
    boards = Boards(target)
    for event in opened():
        boards.add(event)
    boards.close()


class Boards:
    """Event files below `target`: train and validation for the first fit, fit2/train … for others, and host."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self._writers: dict[str, Any] = {}
        self._fits: dict[events.FitKey, int] = {}
        self._steps: dict[events.FitKey, int] = {}
        self._started: dict[events.FitKey, float] = {}
        self._numbers = 0

    def add(self, event: events.Event) -> None:
        if isinstance(event, events.FitStarted):
            self._begin(event)
        if isinstance(event, (events.StepsEnded, events.EpochEnded)):
            key = (event.pid, event.fit)
            if key not in self._fits:
                self._numbers += 1
            number = self._fits.setdefault(key, self._numbers)
            folder = "" if number == 1 else f"fit{number}/"
            if isinstance(event, events.StepsEnded):
                self._steps[key] = self._steps.get(key, 0) + event.steps
                latest = {name: values[0] for name, values in event.metrics.items() if values}
                self._scalars(f"{folder}train", "batch_", latest, self._steps[key], event.at)
            else:
                self._epoch(folder, event)
        for table, row in rows([event]):
            if table in ("host", "gpus"):
                which = f"gpu{row.get('index', 0)}/" if table == "gpus" else ""
                self._scalars(table, which, {name: row[name] for name in row if name != "at"}, int(event.at), event.at)

    def _begin(self, event: events.FitStarted) -> None:
        """Its process id may have been another program's, whose first fit has the same key."""
        key = (event.pid, event.fit)
        if self._started.setdefault(key, event.at) != event.at:
            self._started[key] = event.at
            self._fits.pop(key, None)
            self._steps.pop(key, None)

    def _epoch(self, folder: str, event: events.EpochEnded) -> None:
        for role, prefix in (("train", ""), ("validation", "val_")):
            these = {
                name.removeprefix("val_"): value
                for name, value in event.metrics.items()
                if name.startswith("val_") == bool(prefix)
            }
            self._scalars(f"{folder}{role}", "epoch_", these, event.epoch, event.at)

    def _scalars(self, folder: str, prefix: str, values: events.Facts, step: int, at: float) -> None:
        if not -(1 << 63) <= step < 1 << 63:  # the format has no room for it
            return
        for name, value in values.items():
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                self._writer(folder).add_scalar(prefix + line(name), value, step, walltime=at)

    def _writer(self, folder: str) -> Any:
        if folder not in self._writers:
            from tensorboardX import SummaryWriter

            self._writers[folder] = SummaryWriter(str(self.target / folder))
        return self._writers[folder]

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()
