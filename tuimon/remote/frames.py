"""What goes over the line: pieces of the run's files, and words about it.

The sender begins with one line of text, `GREETING` and a JSON object with `run`, the run's id; whatever a login shell
printed before is no concern of ours. The receiver answers with one line of JSON: how much it has of each file, and a
digest of the end of that. From there on the sender's side is one zlib stream of frames, `NAME OFFSET LENGTH` and a line
feed before so many bytes; the receiver's side is lines of JSON, events for the run's socket.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

GREETING = b"tuimon-run 1 "
"""With the version of what is spoken."""

FILES = {"journal": "journal.jsonl", "stdout": "stdout.log", "stderr": "stderr.log"}
"""Frames that carry a piece of a file, and its name in the run's directory."""

STATUS, SUMMARY, NEWS = "status", "summary", "news"
"""JSON about who is alive; `run.json`; a sentence for the user."""

CHUNK = 1 << 15
"""Bytes of a file in one frame, so that no question of the user's waits long behind it on a slow line."""

_HEADER = re.compile(rb"([a-z]{1,16}) (\d{1,15}) (\d{1,9})\n")

_LONGEST = 1 << 20

_LONGEST_HEADER = 64

_STEP = 1 << 18


class Frame(NamedTuple):
    name: str
    offset: int  # in the file; 0 begins it anew
    data: bytes


def encode(frame: Frame) -> bytes:
    return b"%s %d %d\n" % (frame.name.encode(), frame.offset, len(frame.data)) + frame.data


class Decoder:
    """Takes bytes as they come and gives the frames that are complete. Raises ValueError when it is no such stream."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj()
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """No more than `_STEP` is inflated at once, whatever the bytes claim."""
        while data:
            if self._inflate.eof:
                raise ValueError("something behind the end")
            try:
                self._rest += self._inflate.decompress(data, _STEP)
            except zlib.error as error:
                raise ValueError(str(error)) from None
            data = self._inflate.unconsumed_tail or self._inflate.unused_data
            yield from self._frames()

    def _frames(self) -> Iterator[Frame]:
        """What is complete. Cut off once, not for each of many small ones."""
        rest, start = self._rest, 0
        while header := _HEADER.match(rest, start):
            length, begin = int(header[3]), header.end()
            if length > _LONGEST:
                raise ValueError("a frame that is too long")
            if len(rest) < begin + length:
                break
            yield Frame(header[1].decode(), int(header[2]), bytes(rest[begin : begin + length]))
            start = begin + length
        del rest[:start]
        if len(rest) > _LONGEST_HEADER and not header:
            raise ValueError("no frame")
