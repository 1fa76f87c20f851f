"""TensorBoard event files as Keras' callback writes them: scalars per epoch, and per batch where that was asked for."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuimon import events
from tuimon.errors import TuimonError
from tuimon.readers.story import Story

MAX_RECORD = 1 << 24
"""Bytes of the largest record that is read; a longer one is no scalar, but a graph or a picture, and is skipped."""

MAX_MESSAGE = 1 << 31
"""Bytes of the largest record that there can be."""

MAX_SCALARS = 5_000_000
"""Values that are held in memory, some 100 bytes each: their order is known when all have been read."""

MAX_ENTRIES = 200_000
"""Files and folders below a directory that are looked at."""

NOT_OF_EPOCHS = ("epoch_learning_rate", "epoch_lr")


@dataclass(frozen=True)
class Scalar:
    at: float  # seconds since 1970
    step: int
    tag: str
    value: float


def recognises(head: bytes) -> bool:
    """The first record of every event file names the format."""
    return b"brain.Event:" in head[:64]


class Reader:
    """One event file. Its scalars make one story when all of it has been read: steps and epochs are written apart."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._records = Records()
        self._scalars: list[Scalar] = []

    def feed(self, data: bytes) -> list[events.Event]:
        for record in self._records.feed(data):
            self._scalars += scalars(record)
            _check(len(self._scalars), self._name)
        return []

    def end(self) -> list[events.Event]:
        return list(story(self._name, {"train": self._scalars}))


class Records:
    """The framing of TFRecord: length, check sum, data, check sum. A torn end is left out.

    An empty record is no event: it begins the zeros that a machine which went down leaves at a file's end.
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._skip = 0  # bytes of a record that is not read
        self._over = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._over:
            return
        skipped = min(self._skip, len(data))
        self._skip -= skipped
        self._rest += memoryview(data)[skipped:]
        start = 0
        while len(self._rest) - start >= 12:
            (length,) = struct.unpack_from("<Q", self._rest, start)
            if not length:
                self._over = True
                break
            if length > MAX_MESSAGE:
                raise TuimonError("an event file holds a record of impossible length", "it is damaged from there on")
            if length > MAX_RECORD:
                end = start + 16 + length
                self._skip, start = max(0, end - len(self._rest)), min(end, len(self._rest))
                continue
            if len(self._rest) - start < 16 + length:
                break
            yield bytes(self._rest[start + 12 : start + 12 + length])
            start += 16 + length
        del self._rest[:start]


def scalars(record: bytes) -> Iterator[Scalar]:
    """The scalars of one record; none where it holds something else or is damaged."""
    from google.protobuf.message import DecodeError
    from tensorboardX.proto.event_pb2 import Event

    event = Event()
    try:
        event.ParseFromString(record)
    except DecodeError:
        return
    for value in event.summary.value:
        number = _number(value)
        if number is not None:
            yield Scalar(event.wall_time, event.step, value.tag, number)


def _number(value: Any) -> float | None:
    kind = value.WhichOneof("value")
    if kind == "simple_value":
        return float(value.simple_value)
    if kind != "tensor":
        return None
    tensor = value.tensor
    layouts = {
        1: ("<f", tensor.float_val),
        2: ("<d", tensor.double_val),
        3: ("<i", tensor.int_val),
        9: ("<q", tensor.int64_val),
    }
    layout, written = layouts.get(tensor.dtype, ("", ()))
    if len(written) == 1:
        return float(written[0])
    if layout and len(tensor.tensor_content) == struct.calcsize(layout):
        return float(struct.unpack(layout, tensor.tensor_content)[0])
    return None


def of_directory(path: Path) -> Iterator[events.Event]:
    """A directory that `tf.keras.callbacks.TensorBoard` wrote, with its `train` and `validation` below it."""
    found: dict[str, list[Scalar]] = {}
    count = 0
    for file in _files(path):
        role = "validation" if "validation" in file.parent.name or file.parent.name.startswith("val") else "train"
        records = Records()
        for data in _pieces(file):
            for record in records.feed(data):
                those = list(scalars(record))
                found.setdefault(role, []).extend(those)
                count += len(those)
                _check(count, str(path))
    if not found:
        raise TuimonError(f"no TensorBoard events below {path}", "give the directory that was passed as log_dir")
    yield from story(path.name, found)


def _check(count: int, name: str) -> None:
    if count > MAX_SCALARS:
        raise TuimonError(f"{name} holds more than {MAX_SCALARS:,} values", "take fewer of its files at once")


def _files(path: Path) -> list[Path]:
    """Event files below the directory, by path. Links and pipes are left out, and so is what may not be read."""
    found, folders, seen = [], [path], 0
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    seen += 1
                    if seen > MAX_ENTRIES:
                        what = f"more than {MAX_ENTRIES:,} files and folders are below {path}"
                        raise TuimonError(what, "give the directory that was passed as log_dir")
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(Path(entry.path))
                    elif "tfevents" in entry.name and entry.is_file(follow_symlinks=False):
                        found.append(Path(entry.path))
        except OSError as error:
            if folder == path:
                raise TuimonError(f"cannot read {path}: {error.strerror}", "check its rights") from None
    return sorted(found)


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while data := file.read(1 << 18):
                yield data
    except OSError as error:
        raise TuimonError(f"cannot read {path}: {error.strerror}", "check its rights") from None


def story(name: str, by_role: dict[str, list[Scalar]]) -> Iterator[events.Event]:
    """The scalars of train and validation as one fit, in the order of their times."""
    told = Story(
        name, "tensorboard", clock="utc", at=min((s.at for those in by_role.values() for s in those), default=0)
    )
    epochs: dict[int, dict[str, float]] = {}
    ended: dict[int, float] = {}
    batches: list[Scalar] = []
    for role, those in by_role.items():
        for scalar in those:
            kind, _, metric = scalar.tag.partition("_")
            if kind == "epoch" and metric:
                label = (
                    "learning_rate" if scalar.tag in NOT_OF_EPOCHS else metric if role == "train" else f"val_{metric}"
                )
                epochs.setdefault(scalar.step, {})[label] = scalar.value
                ended[scalar.step] = max(ended.get(scalar.step, 0.0), scalar.at)
            elif kind == "batch" and metric and role == "train":
                batches.append(scalar)
    yield from _in_order(told, epochs, ended, sorted(batches, key=lambda scalar: (scalar.step, scalar.at)))


def _in_order(
    told: Story, epochs: dict[int, dict[str, float]], ended: dict[int, float], batches: Iterable[Scalar]
) -> Iterator[events.Event]:
    """Epoch by epoch. A batch belongs to the first epoch that ended after it.

    Batches count over all epochs there, from 0 or from 1, as the version of Keras has it.
    """
    waiting = list(batches)
    first_step, index = min((batch.step for batch in waiting), default=0), 0
    for epoch in sorted(epochs):
        yield from told.epoch_begins(epoch)
        while index < len(waiting) and waiting[index].at <= ended[epoch]:
            step = waiting[index].step
            same = {}
            while index < len(waiting) and waiting[index].step == step:
                same[waiting[index].tag.removeprefix("batch_")] = waiting[index].value
                index += 1
            yield from told.steps_end(step - first_step + 1, same, at=waiting[index - 1].at)
        first_step += told.step
        yield from told.epoch_ends(epochs[epoch], at=ended[epoch])
    yield from told.ends()
