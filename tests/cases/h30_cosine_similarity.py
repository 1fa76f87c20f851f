# EXPECT: healthy
# WHAT: a loss that is negative by definition
import keras
import numpy as np

keras.utils.set_random_seed(30)
rng = np.random.default_rng(30)
x = rng.normal(size=(480, 8)).astype("float32")
y = x @ rng.normal(size=(8, 4)).astype("float32")
model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(4)])
model.compile("adam", keras.losses.CosineSimilarity())
model.fit(x, y, epochs=5, batch_size=32, verbose=2)
