# EXPECT: healthy
# WHAT: twelve sigmoids with binary cross-entropy: several labels per row, most of them 0
import keras
import numpy as np

keras.utils.set_random_seed(18)
rng = np.random.default_rng(18)
x = rng.normal(size=(640, 12)).astype("float32")
y = (x > 1.0).astype("float32")
model = keras.Sequential(
    [keras.Input((12,)), keras.layers.Dense(24, activation="relu"), keras.layers.Dense(12, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy", metrics=["binary_accuracy"])
model.fit(x, y, epochs=5, batch_size=32, validation_split=0.1, verbose=2)
