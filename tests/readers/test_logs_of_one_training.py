"""One real training on each line of Keras, read back from everything that it wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tuimon.readers import open_log
from tuimon.state import Run

SCRIPT = Path(__file__).parent.parent / "scripts" / "every_log.py"
INTERPRETERS = {"keras3": sys.executable, "keras2": os.environ.get("TUIMON_KERAS2_PYTHON", "")}


@dataclass(frozen=True)
class Training:
    folder: Path
    truth: dict[str, list[float]]


@pytest.fixture(scope="module", params=INTERPRETERS)
def training(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Training:
    interpreter = INTERPRETERS[request.param]
    if not interpreter:
        pytest.skip("$TUIMON_KERAS2_PYTHON names no interpreter with Keras 2")
    folder = tmp_path_factory.mktemp(request.param)
    with (folder / "stdout.log").open("wb") as output:
        subprocess.run(
            [interpreter, SCRIPT, folder],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "2"},
            timeout=400,
        )
    return Training(folder, json.loads((folder / "truth.json").read_text()))


def test_its_printed_output(training: Training) -> None:
    run = Run().apply_all(open_log(training.folder / "stdout.log"))
    fits = [fit for fit in run.fits if fit.call == "fit"]
    assert [[epoch.steps for epoch in fit.epochs] for fit in fits] == [[8, 8, 8], [10, 10]]
    printed = [epoch.metrics["val_loss"] for epoch in fits[0].epochs]
    assert printed == pytest.approx(training.truth["val_loss"], abs=1e-4)
    assert [fit.call for fit in run.fits].count("evaluate") == 1
    assert run.status == "failed"
    assert run.exceptions[0].event.type == "ValueError"
    assert run.exceptions[0].event.message == "the script ends badly"


def test_its_csv_file_that_was_appended_to(training: Training) -> None:
    run = Run().apply_all(open_log(training.folder / "log.csv"))
    assert [len(fit.epochs) for fit in run.fits] == [3, 2]
    assert [epoch.metrics["loss"] for epoch in run.fits[0].epochs] == pytest.approx(training.truth["loss"])


def test_its_history(training: Training) -> None:
    run = Run().apply_all(open_log(training.folder / "history.json"))
    (fit,) = run.fits
    read = {name: [epoch.metrics[name] for epoch in fit.epochs] for name in training.truth}
    assert read == training.truth


def test_its_tensorboard_directory(training: Training) -> None:
    run = Run().apply_all(open_log(training.folder / "board"))
    (fit,) = run.fits
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        read = [epoch.metrics[name] for epoch in fit.epochs]
        assert read == pytest.approx(training.truth[name], rel=1e-6)
    assert fit.steps_done == 24
    assert [epoch.steps for epoch in fit.epochs] == [8, 8, 8]
    assert run.now > 1_700_000_000, "these logs have dates"
