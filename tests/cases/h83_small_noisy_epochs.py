# EXPECT: healthy
# WHAT: forty epochs of two batches of eight from an endless generator: the loss of an epoch is mostly chance
import keras
import numpy as np

keras.utils.set_random_seed(83)
rng = np.random.default_rng(83)
weights = rng.normal(size=(4, 1))


def batches():
    while True:
        x = rng.normal(size=(8, 4)).astype("float32")
        yield x, (x @ weights + rng.standard_t(3, (8, 1))).astype("float32")


model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile(keras.optimizers.Adam(0.05), "mse")
model.fit(batches(), steps_per_epoch=2, epochs=40, verbose=0)
