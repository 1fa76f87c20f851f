"""Logs that are damaged or made to hurt: bounded work, bounded memory, and one line where nothing can be read."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from tests.harness import Tuimon
from tuimon import events
from tuimon.errors import TuimonError
from tuimon.readers import CHUNK, csv_logger, failures, history, keras_text, open_log, tfevents

BAR = b"Epoch 1/1\n2/2 - 1s - 3ms/step - loss: 0.5\n"


def losses(those: list[events.Event]) -> list[float | None]:
    return [event.metrics.get("loss") for event in those if isinstance(event, events.EpochEnded)]


def test_a_line_without_end_is_searched_once_and_kept_in_part() -> None:
    """64 MiB in pieces. Each was searched from the line's beginning, for minutes."""
    reader = keras_text.Reader("log")
    told = reader.feed(BAR)
    for _ in range(256):
        told += reader.feed(b"x" * CHUNK)
        assert len(reader._rest) <= keras_text.MAX_PIECE + 1
        assert reader._searched == len(reader._rest), "what has been searched is not searched again"
    told += reader.feed(b"\n" + BAR)
    assert losses(told) == [0.5, 0.5]


def test_backspaces_without_end_are_one_mark() -> None:
    reader = keras_text.Reader("log")
    told = reader.feed(BAR + b"word")
    for _ in range(100):
        told += reader.feed(b"\b" * CHUNK)
        assert len(reader._rest) == len(b"word\b") or reader._rest == b"\b"
    assert losses(told + reader.feed(b"\n" + BAR)) == [0.5, 0.5]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_however_a_log_is_cut_it_says_the_same(size: int) -> None:
    log = b"Epoch 1/2\r\n1/2 [=>] - ETA: 0s - loss: 0.7\b\b\b\b\r2/2 [==] - 1s - loss: 0.5\n" + BAR
    whole, cut = keras_text.Reader("log"), keras_text.Reader("log")
    pieces = [log[at : at + size] for at in range(0, len(log), size)]
    told = [event for piece in pieces for event in cut.feed(piece)]
    assert losses(told + list(cut.end())) == losses(whole.feed(log) + list(whole.end()))


def test_a_traceback_of_long_lines_is_kept_short() -> None:
    traceback = failures.Traceback()
    traceback.feed(failures.BEGINNING)
    for _ in range(500):
        traceback.feed("ValueError: " + "x" * 100_000)
    raised = traceback.raised(1.0)
    assert raised is not None
    assert len(raised.message) + len(raised.traceback) <= 20_000
    assert sum(map(len, traceback._lines)) <= failures.KEPT * failures.LONGEST


def test_the_end_of_a_row_that_is_too_long_is_no_row() -> None:
    reader = csv_logger.Reader("log")
    told = reader.feed(b"epoch,loss\n0,0.5\n1,")
    told += reader.feed(b"1" * csv_logger.MAX_ROW + b"\n2,0.25\n3,")
    for _ in range(3):
        told += reader.feed(b"1" * csv_logger.MAX_ROW)
    told += reader.feed(b"\n") + reader.feed(b"9,9")
    told += reader.feed(b"\n")
    assert losses(told) == [0.5, 0.25, 9.0]


def test_more_names_than_a_row_holds_are_refused() -> None:
    reader = csv_logger.Reader("log")
    with pytest.raises(TuimonError, match="names of log are longer than 64 KiB"):
        reader.feed(b"epoch," + b",".join(b"m%d" % number for number in range(100_000)))


def test_columns_without_values_are_not_looked_at_for_each_epoch() -> None:
    """20,000 of them for 20,000 epochs are 400 million looks."""
    columns = {"loss": [0.5] * 20_000, **{f"m{number}": [] for number in range(20_000)}}
    reader = history.Reader("log")
    reader.feed(json.dumps(columns).encode())
    assert losses(list(reader.end())) == [0.5] * 20_000


def test_a_history_that_is_too_long_is_refused() -> None:
    reader = history.Reader("log")
    reader.feed(b'{"loss": [' + b"1," * history.MAX_EPOCHS + b"1]}")
    with pytest.raises(TuimonError, match="1,000,001 epochs"):
        list(reader.end())
    reader = history.Reader("log")
    for _ in range(history.MAX_BYTES // CHUNK):
        reader.feed(b" " * CHUNK)
    with pytest.raises(TuimonError, match="larger than 64 MiB"):
        reader.feed(b" ")


# --- event files


def record(data: bytes) -> bytes:
    return struct.pack("<Q", len(data)) + bytes(4) + data + bytes(4)


def test_a_record_that_is_no_scalar_is_skipped_in_whatever_pieces() -> None:
    large = tfevents.MAX_RECORD + 1
    log = [
        record(b"one"),
        struct.pack("<Q", large) + bytes(4),
        *[bytes(1 << 18)] * (large >> 18),
        bytes(large % (1 << 18)),
    ]
    log += [bytes(4) + record(b"two"), struct.pack("<Q", 1 << 31) + bytes(4), bytes(9)]
    records = tfevents.Records()
    tracemalloc.start()
    try:
        found = [each for piece in log for each in records.feed(piece)]
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
    assert found == [b"one", b"two"]
    for length in ((1 << 31) + 1, 1 << 62, (1 << 64) - 1):
        with pytest.raises(TuimonError, match="impossible length"):
            list(tfevents.Records().feed(struct.pack("<Q", length) + bytes(4)))


def event_file(path: Path, count: int = 1) -> None:
    event = pytest.importorskip("tensorboardX.proto.event_pb2").Event(wall_time=1.0, step=1)
    value = event.summary.value.add()
    value.tag, value.simple_value = "epoch_loss", 0.5
    first = b"\x09" + struct.pack("<d", 1.0) + b"\x1a\x0dbrain.Event:2"
    path.write_bytes(record(first) + record(event.SerializeToString()) * count)


def test_more_values_than_memory_is_for_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tfevents, "MAX_SCALARS", 100)
    event_file(tmp_path / "events.tfevents.1", 101)
    for path in (tmp_path, tmp_path / "events.tfevents.1"):
        with pytest.raises(TuimonError, match="more than 100 values"):
            list(open_log(path))


def test_a_directory_of_loops_pipes_and_depth(tmp_path: Path) -> None:
    event_file(tmp_path / "events.tfevents.1")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "tfevents").mkdir()
    os.mkfifo(tmp_path / "tfevents" / "pipe.tfevents")
    (tmp_path / "tfevents" / "zero.tfevents").symlink_to("/dev/zero")
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(sys.getrecursionlimit() + 200):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    try:
        assert losses(list(open_log(tmp_path))) == [0.5]
    finally:
        subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)  # too deep for what removes the others


def test_a_directory_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tfevents, "MAX_ENTRIES", 100)
    for number in range(101):
        (tmp_path / f"{number}").touch()
    with pytest.raises(TuimonError, match="more than 100 files"):
        list(open_log(tmp_path))


def test_a_hundred_thousand_files_are_looked_through(tmp_path: Path) -> None:
    for number in range(100_000):
        os.close(os.open(tmp_path / f"{number}", os.O_CREAT))
    event_file(tmp_path / "events.tfevents.1")
    assert losses(list(open_log(tmp_path))) == [0.5]


# --- what is no file


def test_what_is_no_file_is_said_at_once(tuimon: Tuimon) -> None:
    os.mkfifo(tuimon.path / "pipe")
    (tuimon.path / "loop").symlink_to("loop")
    for path in ("/dev/zero", "/dev/tty", tuimon.path / "pipe", tuimon.path / "loop"):
        for verb in (["replay", "--headless"], ["export", "--to", "csv", "--output", tuimon.path / "out"]):
            done = tuimon.run(*verb, path, limit=60)
            assert (done.status != 0, len(done.said), done.stderr) == (True, 1, b""), path
