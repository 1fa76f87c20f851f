# EXPECT: healthy
# WHAT: batch_size=1, and rows that are sorted by label but shuffled by fit
import keras
import numpy as np

keras.utils.set_random_seed(73)
rng = np.random.default_rng(73)
x = rng.normal(size=(150, 4)).astype("float32")
y = np.repeat([0, 1, 2], 50)
x[np.arange(150), y] += 2.0
model = keras.Sequential(
    [keras.Input((4,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(3, activation="softmax")]
)
model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=5, batch_size=1, verbose=2)
model.fit(x, y, epochs=5, batch_size=10, verbose=2)
