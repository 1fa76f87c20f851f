"""Other people's logs as events, recognised by what is in them, not by their names.

A reader is fed bytes and hands out events; it never asks where they come from. What a format cannot tell stays unknown.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from tuimon import events
from tuimon.errors import TuimonError
from tuimon.readers import csv_logger, history, keras_text, tfevents

CHUNK = 1 << 18

HEAD = 1 << 16
"""Bytes by which a log is recognised."""


class Reader(Protocol):
    """Turns the bytes of one log into events, piece by piece."""

    def feed(self, data: bytes) -> list[events.Event]:
        """The events that are complete with these bytes."""
        ...

    def end(self) -> Iterable[events.Event]:
        """What is left to be said when nothing follows."""
        ...


READERS: list[tuple[Callable[[bytes], bool], Callable[[str], Reader]]] = [
    (tfevents.recognises, tfevents.Reader),
    (history.recognises, history.Reader),
    (csv_logger.recognises, csv_logger.Reader),
    (keras_text.recognises, keras_text.Reader),
]
"""How a log is recognised by its first bytes, and what reads it; the first that recognises it is taken."""


def reader_of(path: Path) -> Reader:
    """The reader for this file. Raises TuimonError when nothing in it looks like a log of training."""
    try:
        with opened(path) as file:
            head = file.read(HEAD)
    except OSError as error:
        raise TuimonError(f"cannot read {path}: {error.strerror}", "check the path and its rights") from None
    for recognises, reader in READERS:
        if recognises(head):
            return reader(path.name)
    raise TuimonError(
        f"{path} is no log that tuimon knows",
        "it reads its own journals, Keras' printed output, CSVLogger files, History as JSON and TensorBoard events",
    )


def open_log(path: Path) -> Iterator[events.Event]:
    """All events of a foreign log: a file, or a directory of TensorBoard events."""
    if path.is_dir():
        yield from tfevents.of_directory(path)
        return
    reader = reader_of(path)
    with opened(path) as file:
        while data := file.read(CHUNK):
            yield from reader.feed(data)
    yield from reader.end()


class Growing:
    """A `tuimon.source.Source` over a foreign log that is still being written; it never ends by itself."""

    ended = False

    def __init__(self, path: Path) -> None:
        self._reader = reader_of(path)
        self._file = opened(path)

    def take(self, budget: float) -> list[events.Event]:
        del budget  # one chunk is bounded work
        return self._reader.feed(self._file.read(CHUNK))


def opened(path: Path) -> BinaryIO:
    """The file for reading. A pipe or device could block for ever, and is refused."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise TuimonError(f"{path} is no regular file", "copy what it gives into a file first")
    return open(fd, "rb")
