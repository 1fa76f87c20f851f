"""What Keras printed while it trained: bars and lines of every `verbose`, of Keras 2 and 3, with other prints between.

A progress bar ends at its target whatever ran, so the steps of an ended epoch are known only as printed. Times count
from the log's beginning and are built from the printed durations, which are rounded.
"""

from __future__ import annotations

import re

from tuimon import events
from tuimon.readers import bars, failures
from tuimon.readers.story import Story

PIECES = re.compile(rb"[\r\n]+|\x08+")
"""What separates one drawing of a bar from the next."""

MAX_PIECE = 1 << 20
"""Bytes of the longest piece that is looked at; the rest of a longer one is left out."""

RAN_DRY = ("ran out of data", "Local rendezvous is aborting with status: OUT_OF_RANGE")


def recognises(head: bytes) -> bool:
    """An epoch's heading or a bar, somewhere at the beginning; or a traceback, after which nothing may follow."""
    if b"\0\0" in head:
        return False
    pieces = [bars.plain(piece) for piece in PIECES.split(head)]
    return any(bars.heading(piece) or bars.bar(piece) for piece in pieces) or any(
        piece.startswith(failures.BEGINNING) for piece in pieces
    )


class Reader:
    def __init__(self, name: str) -> None:
        self._story = Story(name, "keras-text", at=1.0)
        self._rest = b""
        self._searched = 0  # bytes of the rest in which no piece ends
        self._failure = failures.Traceback()
        self._line: int | None = None  # of Keras: 2 or 3, once a bar tells
        self._headed = False  # an epoch's heading has been read and its end has not
        self._began = 0.0  # when the running epoch did
        self._stopping = False
        self._closed: int | None = None  # steps of the epoch that ended last, while its bar may be drawn once more

    def feed(self, data: bytes) -> list[events.Event]:
        told = self._story.begin()
        rest, start, self._rest = self._rest + data, 0, b""
        for mark in PIECES.finditer(rest, self._searched):
            if mark.end() == len(rest) and mark[0][:1] == b"\x08":
                self._rest, rest = b"\x08", rest[: mark.start()]  # the run of backspaces may go on
                break
            told += self._piece(rest[start : mark.start()], ends_line=b"\n" in mark[0])
            start = mark.end()
        begun = rest[start:][:MAX_PIECE]
        self._rest, self._searched = begun + self._rest, len(begun)
        return told

    def end(self) -> list[events.Event]:
        told = self._piece(self._rest, ends_line=True)
        self._rest = b""
        failure = self._failure.raised(self._story.at)
        if failure is not None:
            return [*told, failure, events.ChildEnded(at=self._story.at)]
        return told + self._story.ends()

    def _piece(self, raw: bytes, ends_line: bool) -> list[events.Event]:
        text = bars.plain(raw[:MAX_PIECE])
        if not text.strip():
            return []
        heading = bars.heading(text)
        if heading:
            return self._heading(*heading)
        bar = bars.bar(text)
        if bar:
            return self._keras(bar) + self._seen(bar, ends_line)
        return self._said(text)

    def _heading(self, epoch: int, epochs: int) -> list[events.Event]:
        self._headed, self._began, self._stopping, self._closed = True, self._story.at, False, None
        return self._story.epoch_begins(epoch - 1, epochs)

    def _seen(self, bar: bars.Bar, ends_line: bool) -> list[events.Event]:
        validated = any(name.startswith("val_") for name in bar.metrics)
        if not self._headed and not (validated and self._closed == bar.steps):
            return self._without_heading(bar) if ends_line else []
        if not validated and not (bar.last and (ends_line or bar.whole)):
            at = None if bar.step_seconds is None else self._began + bar.step * bar.step_seconds
            return self._story.steps_end(bar.step, bar.metrics, at=at)
        self._headed, self._closed = False, None if validated else bar.steps
        seconds = bar.seconds if bar.step_seconds is None else bar.step * bar.step_seconds
        return self._story.epoch_ends(
            bar.metrics,
            steps=bar.steps,
            seconds=seconds,
            at=self._began + (seconds or 0.0),
            stop_training=self._stopping,
        )

    def _without_heading(self, bar: bars.Bar) -> list[events.Event]:
        """A bar outside an epoch: `evaluate`, `predict`, or `fit(epochs=1)`, which prints no heading."""
        if not bar.last:
            return []
        if any(name.startswith("val_") for name in bar.metrics):
            self._began = self._story.at
            told = self._story.epoch_begins(0, 1)
            return told + self._story.epoch_ends(bar.metrics, steps=bar.steps, seconds=bar.seconds)
        call = "evaluate" if bar.metrics else "predict"
        told = self._story.fit_begins(call=call)
        ended = events.FitEnded(at=self._story.at, fit=self._story.fit, seconds=bar.seconds, metrics=dict(bar.metrics))
        return [*told, ended]

    def _keras(self, bar: bars.Bar) -> list[events.Event]:
        if self._line is not None:
            return []
        self._line = bar.line
        return [events.FrameworkSeen(at=self._story.at, keras_line=bar.line)]

    def _said(self, text: str) -> list[events.Event]:
        """Something else that was printed: a warning, a failure, the script's own words."""
        self._failure.feed(text)
        if "early stopping" in text:
            self._stopping = True
        if any(words in text for words in RAN_DRY):
            return [
                events.WarningSeen(
                    at=self._story.at, fit=self._story.fit or None, category="UserWarning", message=text.strip()[:500]
                )
            ]
        return []
