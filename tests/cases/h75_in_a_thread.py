# EXPECT: healthy
# WHAT: fit runs in a thread of the script, which waits for it, and another fit in the main thread follows
import threading

import keras
import numpy as np

keras.utils.set_random_seed(75)
rng = np.random.default_rng(75)
x = rng.normal(size=(480, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")


def train():
    model = keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=4, batch_size=32, verbose=2)


thread = threading.Thread(target=train)
thread.start()
thread.join()
train()
