# EXPECT: labels-out-of-range, script-failed, non-finite-loss, non-finite-weights, ended-early
# WHAT: classes numbered 1..5 for five units
import keras
import numpy as np

keras.utils.set_random_seed(107)
rng = np.random.default_rng(107)
x = rng.normal(size=(320, 6)).astype("float32")
y = rng.integers(1, 6, 320)
model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(5, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x, y, epochs=3, batch_size=32, verbose=2)
