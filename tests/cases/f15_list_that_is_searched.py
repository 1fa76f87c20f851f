# EXPECT: slowing-down, slow-callbacks, input-bound
# WHAT: the generator searches all that it has given out before, which takes longer with every step
import time

import keras
import numpy as np

keras.utils.set_random_seed(115)
rng = np.random.default_rng(115)


def batches():
    given = 0
    while True:
        time.sleep(0.0003 * given)  # stands for the search
        given += 1
        x = rng.normal(size=(32, 6)).astype("float32")
        yield x, (x[:, 0] > 0).astype("float32")


model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1, activation="sigmoid")])
model.compile("adam", "binary_crossentropy")
model.fit(batches(), steps_per_epoch=50, epochs=4, verbose=2)
