"""What real Keras printed, read back: captured output of both lines, to files and terminals, at every `verbose`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tuimon import events, wire
from tuimon.errors import TuimonError
from tuimon.readers import keras_text, open_log, reader_of
from tuimon.state import Fit, Run

LOGS = sorted((Path(__file__).parent / "logs").glob("*.txt"))
WHOLE = [path for path in LOGS if "unk" not in path.name and "gen" not in path.name]


def read(path: Path, piece: int = 1 << 20) -> list[events.Event]:
    reader = reader_of(path)
    data = path.read_bytes()
    told = [event for start in range(0, len(data), piece) for event in reader.feed(data[start : start + piece])]
    return [*told, *reader.end()]


def fits(path: Path) -> list[Fit]:
    return Run().apply_all(open_log(path)).fits


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.stem)
def test_two_epochs_of_sixty_steps(path: Path) -> None:
    (fit,) = fits(path)
    assert fit.started.epochs == 2
    assert [(epoch.index, epoch.steps, epoch.steps_known_by) for epoch in fit.epochs] == [
        (0, 60, "printed"),
        (1, 60, "printed"),
    ]
    # Both lines trained with their own random numbers; what they printed is what is read.
    expected = {"2": (0.5801, 0.5299), "3": (0.5679, 0.5341)}["2" if "tf215" in path.name else "3"]
    last = fit.epochs[-1]
    assert (last.metrics["loss"], last.metrics["val_loss"]) == expected
    assert last.validation is not None
    assert last.validation.metrics["loss"] == expected[1]
    assert last.samples is None, "a printed log does not tell samples"


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_the_pieces_in_which_it_comes_change_nothing(path: Path) -> None:
    whole = [wire.encode(event) for event in read(path)]
    for piece in (1, 7, 1000):
        assert [wire.encode(event) for event in read(path, piece)] == whole


@pytest.mark.parametrize(("name", "line"), [("tf215.unk", 2), ("tf221.unk", 3)])
def test_prints_in_between_and_calls_without_a_heading(name: str, line: int) -> None:
    run = Run().apply_all(open_log(Path(__file__).parent / "logs" / f"{name}.txt"))
    assert run.framework is not None
    assert run.framework.keras_line == line
    assert [fit.call for fit in run.fits] == ["fit", "evaluate", "predict", "evaluate", "evaluate"]
    fit = run.fits[0]
    assert [epoch.steps for epoch in fit.epochs] == [100, 100]
    assert set(fit.epochs[0].metrics) == {"loss", "mae", "my metric", "val_loss", "val_mae", "val_my metric"}


def test_steps_of_a_running_epoch_are_seen() -> None:
    reader = keras_text.Reader("x")
    told = reader.feed(b"Epoch 2/5\n 1/60 [>....] - ETA: 1:36 - loss: 0.7367\r35/60 [==>..] - ETA: 0s - loss: nan\r")
    run = Run().apply_all(told)
    (fit,) = run.fits
    assert fit.epochs[-1].steps == 35
    assert fit.non_finite == {"loss": (1, 34)}
    assert fit.started.initial_epoch == 1


def test_a_log_that_breaks_off_is_lost() -> None:
    reader = keras_text.Reader("x")
    run = Run().apply_all([*reader.feed(b"Epoch 1/3\n10/10 - 1s - 5ms/step - loss: 0.5\nEpoch 2/3\n"), *reader.end()])
    assert run.status == "lost"
    assert run.lost is not None
    assert run.lost.reason == "the log ends within epoch 2 of 3"


def test_a_traceback_at_the_end_is_how_it_failed() -> None:
    text = b"""Epoch 1/3
Traceback (most recent call last):
  File "/home/me/train.py", line 12, in <module>
    model.fit(x)
  File "/usr/lib/python3.11/site-packages/keras/src/utils/traceback_utils.py", line 122, in error_handler
    raise e.with_traceback(filtered_tb) from None
tensorflow.python.framework.errors_impl.ResourceExhaustedError: Graph execution error:
OOM when allocating tensor with shape[4000,4000] and type float on /job:localhost
\t [[{{node model/dense/MatMul}}]]
"""
    reader = keras_text.Reader("x")
    run = Run().apply_all([*reader.feed(text), *reader.end()])
    assert run.status == "failed"
    (raised,) = run.exceptions
    assert raised.event.type == "ResourceExhaustedError"
    assert "shape[4000,4000]" in raised.event.message
    assert raised.event.site == "/home/me/train.py:12"
    assert raised.event.op == "model/dense/MatMul"


def test_the_warning_about_data_that_ran_out_is_kept() -> None:
    reader = keras_text.Reader("x")
    told = reader.feed(b"Epoch 1/3\nUserWarning: Your input ran out of data; interrupting training.\n")
    assert [type(event) for event in told][-1] is events.WarningSeen


@pytest.mark.parametrize("content", [b"", b"hello\nworld\n", b"\0" * 5000, bytes(range(256)) * 40])
def test_what_is_no_log_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "log"
    path.write_bytes(content)
    with pytest.raises(TuimonError, match="is no log that tuimon knows"):
        list(open_log(path))


def test_a_line_without_end_keeps_memory_bounded() -> None:
    reader = keras_text.Reader("x")
    for _ in range(40):
        reader.feed(b"x" * (1 << 20))
    assert len(reader._rest) <= keras_text.MAX_PIECE
