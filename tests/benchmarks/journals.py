"""Journals as a supervisor writes them, of any length, for what reads journals to be measured with.

    python -m tests.benchmarks.journals DIRECTORY [STEPS]

Ten million steps are a run of three days: steps are reported four times in each of the first seconds, as a screen that
looks on asks for, later once a second; the machine is sampled once a second; an epoch takes 40 minutes and ends with a
validation.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from tuimon import events
from tuimon.journal import Journal

START = 1_700_000_000.0
RATE = 40
"""Steps a second."""
EPOCH = 96_000
BATCH = 32
PID = 4711
GIB = 1 << 30


def story(steps: int, seed: int = 1) -> Iterator[events.Event]:
    """All events of a run of so many steps."""
    chance = random.Random(seed)
    yield events.RunStarted(at=START, run="r1", name="long", command=["train.py"], host="node7", cwd="/home/ada")
    yield events.ChildStarted(at=START, pid=PID)
    yield events.AgentStarted(at=START + 2, pid=PID, python="3.11.9", argv=["train.py"])
    yield events.FrameworkSeen(
        at=START + 2, pid=PID, tensorflow="2.21.0", keras="3.15.1", keras_line=3, backend="tensorflow"
    )
    epochs = math.ceil(steps / EPOCH)
    yield events.FitStarted(at=START + 3, pid=PID, fit=1, epochs=epochs, steps=min(EPOCH, steps), site="train.py:40")
    yield events.SourceDescribed(
        at=START + 3, pid=PID, fit=1, kind="tf.data", size=EPOCH * BATCH, size_known_by="exact", batches=EPOCH,
        batch_size=BATCH, pipeline=[{"op": "batch", "text": "batch(32)", "batch_size": BATCH}],
    )  # fmt: skip
    at, done, epoch, step = START + 3, 0, 0, 0
    yield events.EpochStarted(at=at, pid=PID, fit=1, epoch=0)
    while done < steps:
        every = 4 if at < START + 60 else 1
        count = min(RATE // every, steps - done, EPOCH - step)
        seconds = count / RATE
        at, done, step = round(at + seconds, 3), done + count, step + count
        yield reported(at, epoch, step, count, seconds, done / steps, chance)
        if at % 1 < seconds:
            yield sampled(at + 0.001, done, chance)
        if step == EPOCH or done == steps:
            at += 30
            yield from validated(at, epoch, step, 1 / (1 + epoch))
            epoch, step = epoch + 1, 0
            if done < steps:
                yield events.EpochStarted(at=at + 0.2, pid=PID, fit=1, epoch=epoch)
    yield events.FitEnded(at=at + 1, pid=PID, fit=1, epochs=epoch, steps=done, seconds=at - START)
    yield events.ChildEnded(at=at + 2, pid=PID, exit_code=0)
    yield events.SupervisorEnded(at=at + 2, pid=PID)


def reported(
    at: float, epoch: int, step: int, count: int, seconds: float, progress: float, chance: random.Random
) -> events.Event:
    single = [round(seconds / count * chance.uniform(0.8, 1.3), 5) for _ in range(min(count, 32))]
    waits = [round(each * 0.1, 6) for each in single]
    loss = round(2.0 * math.exp(-3 * progress) + chance.gauss(0, 0.02), 6)
    accuracy = round(0.95 - 0.8 * math.exp(-3 * progress), 6)
    return events.StepsEnded(
        at=at, pid=PID, fit=1, epoch=epoch, step=step - 1, steps=count, samples=count * BATCH, samples_known_by="exact",
        seconds=seconds, wait=round(sum(waits), 6), wait_known_by="exact", compute=round(seconds * 0.85, 5),
        callbacks=round(seconds * 0.01, 6), slowest=max(single), durations=single, waits=waits,
        metrics={"loss": [loss, loss - 0.1, loss + 0.1, None], "accuracy": [accuracy, accuracy, accuracy, None]},
        learning_rate=0.001, rss=3 * GIB + step * 128,
    )  # fmt: skip


def sampled(at: float, done: int, chance: random.Random) -> events.Event:
    return events.HostSampled(
        at=round(at, 3), cpu_ratio=round(chance.random(), 3), load=round(8 * chance.random(), 2), cores=16,
        memory_total=64 * GIB, memory_available=40 * GIB + chance.randrange(GIB), swap_used=0, shm_used=4096,
        shm_total=32 * GIB, disk_free=200 * GIB - done * 64, disk_total=512 * GIB,
        pressure={"cpu": 0.01, "cpu_full": 0.0, "io": 0.02, "io_full": 0.01, "memory": 0.0, "memory_full": 0.0},
        processes=1, dead_workers=0, threads=48, open_files=61, rss=3 * GIB + chance.randrange(1 << 20),
        pss=3 * GIB, main_rss=3 * GIB, swapped=0, major_faults=100 + done // 1000,
        cpu_cores=round(6 + chance.random(), 2), read_bytes=done * 4096, written_bytes=done * 64, io_waiting=False,
    )  # fmt: skip


def validated(at: float, epoch: int, steps: int, loss: float) -> Iterator[events.Event]:
    metrics: dict[str, float | None] = {"loss": loss, "accuracy": 1 - loss / 2}
    yield events.ValidationStarted(at=at - 30, pid=PID, fit=1, epoch=epoch, steps=800)
    for done in range(1, 30):
        yield events.ValidationStepsEnded(at=at - 30 + done, pid=PID, fit=1, epoch=epoch, steps=done * 27)
    yield events.ValidationEnded(
        at=at, pid=PID, fit=1, epoch=epoch, steps=800, samples=800 * BATCH, samples_known_by="exact", seconds=30.0,
        metrics=metrics,
    )  # fmt: skip
    yield events.EpochEnded(
        at=at + 0.1, pid=PID, fit=1, epoch=epoch, steps=steps, samples=steps * BATCH, samples_known_by="exact",
        seconds=steps / RATE, wait=steps / RATE / 10, wait_known_by="exact", validation=30.0, first_step=1.2,
        metrics={**metrics, "val_loss": loss * 1.1}, learning_rate=0.001, rss=3 * GIB,
    )  # fmt: skip


def write(directory: Path, steps: int) -> Path:
    """The journal of such a run, in a directory of its own."""
    directory.mkdir(parents=True, exist_ok=True)
    journal = Journal(directory)
    journal.open_with_header("r1", START)
    for event in story(steps):
        journal.append(event)
    journal.close()
    return journal.path


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10_000_000))
