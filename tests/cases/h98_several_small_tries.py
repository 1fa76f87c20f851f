# EXPECT: healthy
# WHAT: does the model learn 32 rows by heart? A usual first test, then the training on all rows
import keras
import numpy as np

keras.utils.set_random_seed(98)
rng = np.random.default_rng(98)
x = rng.normal(size=(640, 8)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
model = keras.Sequential(
    [keras.Input((8,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
start = model.get_weights()
model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
model.fit(x[:32], y[:32], epochs=40, batch_size=32, verbose=0)
model.set_weights(start)
model.fit(x, y, epochs=4, batch_size=32, verbose=2)
