# EXPECT: healthy
# WHAT: rows of 400 columns that are nearly all 0: many columns of a validation batch are empty
import keras
import numpy as np

keras.utils.set_random_seed(87)
rng = np.random.default_rng(87)
x = (rng.random((700, 400)) < 0.02 + 0.3 / (1 + np.arange(400))).astype("float32")
y = (x[:, :10].sum(axis=1) > 1).astype("float32")
model = keras.Sequential(
    [keras.Input((400,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=4, batch_size=32, validation_split=0.1, verbose=2)
