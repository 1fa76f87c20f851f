"""Feeds the readers what nobody writes: `python -m tests.readers.fuzz SECONDS [CORPUS]`, with atheris installed.

What reaches new code is added to the corpus, which `test_corpus.py` plays in every run of the tests.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
import zlib
from pathlib import Path

import orjson

from tuimon import readers, wire
from tuimon.errors import TuimonError
from tuimon.remote.frames import STATUS, Decoder
from tuimon.remote.mirror import Mirror
from tuimon.report import report
from tuimon.rules import diagnose
from tuimon.state import Run

CORPUS = Path(__file__).parent / "corpus"


def read(data: bytes) -> None:
    """All that a replay makes of these bytes, by every reader that takes them for its own. Raises nothing."""
    for recognises, reader in readers.READERS:
        if recognises(data[: readers.HEAD]):
            log, half = reader("log"), len(data) // 2
            with contextlib.suppress(TuimonError):  # what is said in one line
                told(Run().apply_all([*log.feed(data[:half]), *log.feed(data[half:]), *log.end()]))
    told(_of_journal(data))
    for sent in (data, zlib.compress(data)):
        _take(sent)


def _take(sent: bytes) -> None:
    """As if another machine had sent it; nothing is written down but who is alive."""
    decoder, mirror = Decoder(), Mirror(Path("nowhere"))
    with contextlib.suppress(ValueError):  # the line is given up, and a new one tried
        for frame in decoder.feed(sent):
            if frame.name == STATUS:
                mirror.take(frame)


def _of_journal(data: bytes) -> Run:
    run = Run()
    for line in data.split(b"\n"):
        with contextlib.suppress(ValueError, TypeError, RecursionError):  # such a line is counted and left out
            run.apply(wire.decode(line, orjson.loads))
    return run


def told(run: Run) -> None:
    json.dumps(report(run, diagnose(run)), allow_nan=False)


def main() -> None:
    atheris = importlib.import_module("atheris")  # no package of ours needs it

    atheris.instrument_all()  # also what is loaded already
    seconds = sys.argv[1]
    corpus = sys.argv[2] if len(sys.argv) > 2 else str(CORPUS)
    options = [f"-max_total_time={seconds}", "-max_len=4096", "-timeout=20"]
    atheris.Setup([sys.argv[0], *options, corpus, str(Path(__file__).parent / "logs")], read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
