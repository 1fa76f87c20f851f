"""Trainings that go on for a while and whose wait for each batch is known within bounds; prints one JSON line each.

steady_waits.py SECONDS [KIND;KIND…]: as known_waits.py tells, with each step's begin (seconds since 1970) and bounds.
"""

import contextlib
import json
import sys
import time

import known_waits as known
import numpy as np
from known_waits import ROWS, Truth, keras, now

SECONDS = float(sys.argv[1])
known.X, known.Y = np.tile(known.X, (40, 1)), np.tile(known.Y, (40, 1))


class Enough(Exception):
    """Leaves a fit whose epoch would go on."""


class Stop(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.end = now() + SECONDS

    def on_train_batch_end(self, batch, logs=None):
        if now() > self.end:
            raise Enough


def batches(truth):
    while True:
        for at in range(0, len(known.X), ROWS):
            truth.make()
            yield known.X[at : at + ROWS], known.Y[at : at + ROWS]


def play(kind, sleep, prefetch):
    truth = Truth(sleep)
    source = batches(truth) if kind == "generator" else known.dataset(truth, prefetch).repeat()
    with contextlib.suppress(Enough):
        known.model(truth).fit(source, steps_per_epoch=10**6, verbose=0, callbacks=[truth, Stop()])
    since = time.time() - now()
    steps = [
        (asked + since, max(0.0, ready - max(asked, began)), come - asked)
        for (began, ready), asked, come in zip(truth.made, truth.begun, truth.come)
    ]
    print(json.dumps({"kind": kind, "sleep": sleep, "prefetch": prefetch, "steps": steps[1:]}), flush=True)


if __name__ == "__main__":
    keras.utils.set_random_seed(1)
    for kind in sys.argv[2].split(";") if len(sys.argv) > 2 else ("fit", "generator"):
        for sleep in (0.0, 0.002, 0.02):
            for prefetch in (False, True):
                if prefetch or kind != "generator":
                    play(kind, sleep, prefetch)
