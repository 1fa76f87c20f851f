# EXPECT: healthy
# WHAT: a generator that draws new rows for ever: no dataset to cover
import keras
import numpy as np

keras.utils.set_random_seed(24)
rng = np.random.default_rng(24)


def simulated():
    while True:
        x = rng.normal(size=(32, 6)).astype("float32")
        yield x, (x[:, 0] * x[:, 1] > 0).astype("float32")


model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
model.fit(simulated(), steps_per_epoch=25, epochs=5, validation_data=simulated(), validation_steps=5, verbose=2)
