"""Trainings that go on for a while and whose wait for each batch is known within bounds; prints one JSON line each.

steady_waits.py SECONDS [KIND;KIND…]: as known_waits.py tells, with each step's begin (seconds since 1970) and bounds.
"""

import json
import sys
import time

import known_waits as known
import numpy as np
from known_waits import ROWS, Truth, keras, now

SECONDS = float(sys.argv[1])
known.X, known.Y = np.tile(known.X, (40, 1)), np.tile(known.Y, (40, 1))


STEP = 0.0015
"""Seconds that a step takes beside its sleep, about."""


def batches(truth, count):
    for number in range(count):
        at = number * ROWS % (len(known.X) - ROWS)
        truth.make()
        yield known.X[at : at + ROWS], known.Y[at : at + ROWS]


def play(kind, sleep, prefetch):
    truth, count = Truth(sleep), int(SECONDS / (sleep + STEP))
    # To its end: TensorFlow may hang where an iterator that runs Python is left in the middle.
    source = batches(truth, count) if kind == "generator" else known.dataset(truth, prefetch).repeat().take(count)
    known.model(truth).fit(source, verbose=0, callbacks=[truth])
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
