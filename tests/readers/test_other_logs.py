"""CSVLogger files, History and event files that are odd, damaged or hostile."""

from __future__ import annotations

import contextlib
import json
import math
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuimon import readers
from tuimon.errors import TuimonError
from tuimon.readers import Reader, csv_logger, history, keras_text, open_log, tfevents
from tuimon.state import Run


def run_of(reader: Reader, data: bytes) -> Run:
    return Run().apply_all([*reader.feed(data), *reader.end()])


def test_a_csv_whose_columns_change_and_whose_cells_are_missing() -> None:
    data = b"epoch,accuracy,loss\n0,0.5,nan\n1,NA,0.4\nepoch,loss,val_loss\n0,0.3,0.2\n1,0.2"
    run = run_of(csv_logger.Reader("log.csv"), data)
    first, second = run.fits
    assert [epoch.metrics.keys() for epoch in first.epochs] == [{"accuracy", "loss"}, {"loss"}]
    assert math.isnan(first.epochs[0].metrics["loss"])
    assert first.non_finite["loss"][0] == 0
    assert second.epochs[0].metrics == {"loss": 0.3, "val_loss": 0.2}
    assert second.epochs[1].metrics == {"loss": 0.2}


def test_another_separator() -> None:
    assert csv_logger.recognises(b"epoch;loss\n0;0.5\n")
    run = run_of(csv_logger.Reader("log.csv"), b"epoch;loss\n0;0.5\n")
    assert run.fits[0].epochs[0].metrics == {"loss": 0.5}


def test_a_history_with_its_epochs() -> None:
    data = json.dumps({"epoch": [5, 6], "history": {"loss": [0.5, math.nan], "val_loss": ["NaN", 0.1]}}).encode()
    assert history.recognises(data)
    (fit,) = run_of(history.Reader("h"), data).fits
    assert [epoch.index for epoch in fit.epochs] == [5, 6]
    assert math.isnan(fit.epochs[1].metrics["loss"])
    assert math.isnan(fit.epochs[0].metrics["val_loss"])


@pytest.mark.parametrize(
    "data", [b'{"loss": [1,', b'{"loss": ' + b"[" * 100_000, b'{"loss": [1e999, 1' + b"0" * 400 + b"]}"]
)
def test_a_damaged_history_is_one_line_or_a_gap(data: bytes) -> None:
    reader = history.Reader("h")
    assert reader.feed(data) == []
    with contextlib.suppress(TuimonError):
        reader.end()


def test_an_event_file_that_is_torn_or_damaged() -> None:
    from tensorboardX.proto.event_pb2 import Event

    event = Event(wall_time=1.7e9, step=0)
    value = event.summary.value.add()
    value.tag, value.simple_value = "epoch_loss", 0.25
    body = event.SerializeToString()
    record = len(body).to_bytes(8, "little") + b"crc0" + body + b"crc0"
    whole = run_of(tfevents.Reader("e"), record * 2 + record[:-5])
    assert whole.fits[0].epochs[0].metrics == {"loss": 0.25}
    with pytest.raises(TuimonError, match="impossible length"):
        run_of(tfevents.Reader("e"), (1 << 40).to_bytes(8, "little") + b"crc0" + body)
    whole = run_of(tfevents.Reader("e"), record + bytes(1 << 10) + record)
    assert [epoch.metrics for epoch in whole.fits[0].epochs] == [{"loss": 0.25}], "zeros are its end"
    records = tfevents.Records()
    assert sum(len(list(records.feed(bytes(1 << 20)))) for _ in range(1 << 12)) == 0, "as fast as it is read"
    assert not run_of(tfevents.Reader("e"), (4).to_bytes(8, "little") + b"crc0\xff\xff\xff\xffcrc0").fits


def test_what_cannot_be_read_is_said_in_one_line(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").mkdir()
    for path, words in (
        (tmp_path / "pipe", "is no regular file"),
        (tmp_path / "empty", "no TensorBoard events below"),
        (tmp_path / "nothing", "cannot read"),
    ):
        with pytest.raises(TuimonError, match=words):
            list(open_log(path))


def test_a_log_that_is_still_written(tmp_path: Path) -> None:
    path = tmp_path / "slurm.out"
    path.write_bytes(b"Epoch 1/2\n")
    source = readers.Growing(path)
    run = Run().apply_all(source.take(1.0))
    with path.open("ab") as file:
        file.write(b"10/10 - 1s - 5ms/step - loss: 0.5\n")
    run.apply_all(source.take(1.0))
    assert run.fits[0].epochs[0].metrics == {"loss": 0.5}
    assert not source.ended


PIECES = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.sampled_from(
            [
                b"Epoch 1/2\n",
                b"Epoch 99999999999/1\n",
                b"\r 5/10 \x1b[1m\xe2\x94\x81\x1b[0m 0s 2ms/step - loss: nan",
                b"10/10 - 1s - 5ms/step - loss: 1e400 - : : - x: 3\n",
                b"3/Unknown - 1s 1s/step - loss: 0.3\x08\x08",
                b"epoch,loss\n0,1\n",
                b"Traceback (most recent call last):\n",
                b"ValueError: \xff\xfe\n",
                b'{"loss": [',
                b"\x18\0\0\0\0\0\0\0crc0",
            ]
        ),
    ),
    max_size=30,
)


@settings(max_examples=300, deadline=None)
@given(PIECES)
def test_no_bytes_make_a_reader_raise(pieces: list[bytes]) -> None:
    for make in (keras_text.Reader, csv_logger.Reader, history.Reader, tfevents.Reader):
        reader: Reader = make("x")
        run = Run()
        with contextlib.suppress(TuimonError):
            for piece in pieces:
                run.apply_all(reader.feed(piece))
            run.apply_all(reader.end())
