# EXPECT: logits-mismatch
# WHAT: a linear unit under binary cross-entropy that expects probabilities
import keras
import numpy as np

keras.utils.set_random_seed(108)
rng = np.random.default_rng(108)
x = rng.normal(size=(480, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)])
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=4, batch_size=32, verbose=2)
