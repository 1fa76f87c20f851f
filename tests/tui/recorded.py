"""Runs as a supervisor would record them, for the screen to show: no clock, no chance, the same events every time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.builders import PID, START
from tuimon import events

GIB = 1 << 30


@dataclass
class Story:
    """What a recorded run is like. Steps are reported once a second."""

    epochs: int = 8
    epochs_done: float = 5.4
    size: int | None = 60_000
    size_known_by: str | None = "exact"
    batch: int = 32
    steps: int | None = 1875
    rate: float = 125.0  # steps a second
    wait: float = 0.06  # share of a step
    validation: bool = True
    gpus: int = 0
    nan_at: int | None = None  # global step
    pipeline: tuple[dict[str, Any], ...] = ()
    ends: int | None = None  # exit status
    take: int | None = None
    name: str = "mnist-cnn"


PIPELINE: tuple[dict[str, Any], ...] = (
    {"op": "list_files", "text": "list_files(60,000)", "count": 60_000},
    {"op": "shuffle", "text": "shuffle(1,024)", "buffer": 1024},
    {"op": "map", "text": "map(load_image)", "function": "load_image"},
    {"op": "batch", "text": "batch(32)", "batch_size": 32},
    {"op": "prefetch", "text": "prefetch(AUTOTUNE)"},
)


def recorded(story: Story) -> list[events.Event]:
    return list(_events(story))


def _events(story: Story) -> Iterator[events.Event]:
    at = START
    yield events.JournalOpened(at=at, schema=1, tuimon="0.1.0", run="20261125-031500-7f3a")
    yield events.RunStarted(
        at=at,
        run="20261125-031500-7f3a",
        name=story.name,
        command=["python", "train.py", "--epochs", str(story.epochs)],
        cwd="/home/ada/mnist",
        host="node7",
        user="ada",
    )
    yield events.SupervisorStarted(at=at, pid=99)
    yield events.ChildStarted(at=at, pid=PID, started=1.0, executable="/usr/bin/python3")
    yield events.AgentStarted(at=at + 3, pid=PID, python="3.11.9")
    yield events.FrameworkSeen(
        at=at + 3, pid=PID, tensorflow="2.21.0", keras="3.15.1", keras_line=3, backend="tensorflow"
    )
    yield from _fit(story, at + 4)


def _fit(story: Story, at: float) -> Iterator[events.Event]:
    yield events.FitStarted(
        at=at,
        pid=PID,
        fit=1,
        epochs=story.epochs,
        steps=story.steps,
        batch_size=story.batch,
        validation=story.validation,
        site="train.py:48",
        callbacks=["ModelCheckpoint"],
    )
    source = events.SourceDescribed(
        at=at,
        pid=PID,
        fit=1,
        kind="tf.data",
        size=story.take or story.size,
        size_known_by=story.size_known_by,
        batches=story.steps,
        batch_size=story.batch,
        upstream_size=story.size,
        upstream_known_by=story.size_known_by,
        pipeline=list(story.pipeline or PIPELINE),
        components=[
            {"name": "image", "role": "x", "shape": [None, 28, 28, 1], "dtype": "float32", "kind": "dense"},
            {"name": "label", "role": "y", "shape": [None], "dtype": "int64", "kind": "dense"},
        ],
    )
    yield source
    yield events.ModelDescribed(
        at=at,
        pid=PID,
        fit=1,
        name="cnn",
        kind="Sequential",
        parameters=421_642,
        trainable=421_642,
        optimizer="Adam",
        learning_rate=1e-3,
        losses=[{"name": "sparse_categorical_crossentropy"}],
        outputs=[{"name": "dense_1", "units": 10, "shape": [None, 10], "activation": "softmax"}],
        layers=[{"name": "conv2d", "kind": "Conv2D", "trainable": True, "parameters": 320}],
    )
    yield events.PhaseChanged(at=at, pid=PID, fit=1, phase="tracing")
    yield from _epochs(story, at + 2.5)


def _epochs(story: Story, at: float) -> Iterator[events.Event]:
    total, steps = 0, story.steps or 1000
    for epoch in range(math.ceil(story.epochs_done)):
        yield events.EpochStarted(at=at, pid=PID, fit=1, epoch=epoch)
        until = steps if epoch + 1 <= story.epochs_done else int(steps * (story.epochs_done - epoch))
        began, done = at, 0
        while done < until:
            count = min(int(story.rate), until - done)
            done, total, at = done + count, total + count, at + count / story.rate
            yield _steps(story, at, epoch, done, count, total)
            yield _host(at, total)
            yield events.OutputGrew(at=at, stdout=total, stderr=0)
            if story.gpus:
                yield _gpus(story, at, total)
        if until < steps:
            return
        if story.validation:
            yield events.ValidationStarted(at=at, pid=PID, fit=1, epoch=epoch, steps=313)
            at += 1.5
            yield events.ValidationEnded(
                at=at,
                pid=PID,
                fit=1,
                epoch=epoch,
                steps=313,
                samples=10_000,
                samples_known_by="exact",
                seconds=1.5,
                metrics={"loss": loss(total) * 1.1, "accuracy": accuracy(total) - 0.02},
            )
        yield _epoch_ended(story, at, epoch, total, began)
    yield events.FitEnded(at=at, pid=PID, fit=1, epochs=story.epochs, steps=total)
    if story.ends is not None:
        yield events.ChildEnded(at=at + 0.5, pid=PID, exit_code=story.ends)


def loss(step: int) -> float:
    return 2.3 * math.exp(-step / 1800) + 0.12 + 0.03 * math.sin(step / 37.0) * math.exp(-step / 6000)


def accuracy(step: int) -> float:
    return 0.985 - 0.88 * math.exp(-step / 1500)


def _steps(story: Story, at: float, epoch: int, done: int, count: int, total: int) -> events.StepsEnded:
    seconds = count / story.rate
    bad = story.nan_at is not None and total >= story.nan_at
    value = math.nan if bad else loss(total)
    wait = seconds * story.wait * (1 + 0.4 * math.sin(total / 900.0))
    return events.StepsEnded(
        at=at,
        pid=PID,
        fit=1,
        epoch=epoch,
        step=done - 1,
        steps=count,
        samples=min(count * story.batch, (story.take or story.size or 1 << 60)),
        samples_known_by="exact",
        seconds=seconds,
        wait=wait,
        wait_known_by="exact",
        compute=(seconds - wait) * 0.9,
        callbacks=seconds * 0.02,
        slowest=3 * seconds / count,
        durations=[seconds / count] * 4,
        metrics={
            "loss": [value, None if bad else value * 0.93, None if bad else value * 1.07, done - 1 if bad else None],
            "accuracy": [accuracy(total), accuracy(total) - 0.01, accuracy(total) + 0.01, None],
        },
        learning_rate=1e-3,
    )


def _epoch_ended(story: Story, at: float, epoch: int, total: int, began: float) -> events.EpochEnded:
    seconds = at - began
    steps = story.steps or 1000
    bad = story.nan_at is not None and total >= story.nan_at
    metrics = {"loss": math.nan if bad else loss(total), "accuracy": accuracy(total)}
    if story.validation:
        metrics |= {"val_loss": loss(total) * 1.1, "val_accuracy": accuracy(total) - 0.02}
    busy = steps / story.rate
    return events.EpochEnded(
        at=at,
        pid=PID,
        fit=1,
        epoch=epoch,
        steps=steps,
        samples=min(steps * story.batch, story.size or 1 << 60),
        samples_known_by="exact",
        seconds=seconds,
        wait=busy * story.wait,
        wait_known_by="exact",
        compute=busy * (1 - story.wait) * 0.9,
        callbacks=busy * 0.02,
        validation=1.5 if story.validation else None,
        first_step=1.9 if epoch == 0 else None,
        metrics=dict(metrics),
        learning_rate=1e-3,
        source_ended=story.take is None,
    )


def _host(at: float, total: int) -> events.HostSampled:
    return events.HostSampled(
        at=at,
        cpu_ratio=0.71,
        load=6.4,
        cores=8,
        memory_total=64 * GIB,
        memory_available=41 * GIB,
        disk_free=220 * GIB,
        disk_total=500 * GIB,
        swap_used=0,
        pressure={"cpu": 0.11, "io": 0.02, "memory": 0.0},
        processes=3,
        threads=84,
        open_files=61,
        rss=int(2.1 * GIB + total * 4000),
        cpu_cores=5.2 + math.sin(total / 700),
    )


def _gpus(story: Story, at: float, total: int) -> events.GpusSampled:
    gpus = [
        {
            "index": index,
            "uuid": f"GPU-{index}",
            "name": "NVIDIA A100-SXM4-80GB",
            "memory_total": 80 * GIB,
            "memory_used": (31 + index) * GIB,
            "memory_own": 28 * GIB,
            "utilization": 0.5 + 0.4 * math.sin(total / 500 + index),
            "temperature": 61 + index,
            "power_watts": 290 + 5 * index,
            "power_limit_watts": 400,
            "visible": True,
        }
        for index in range(story.gpus)
    ]
    return events.GpusSampled(at=at, gpus=gpus, driver="550.54")
