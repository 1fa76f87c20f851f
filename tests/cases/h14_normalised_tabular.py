# EXPECT: healthy
# WHAT: columns of very different scale, and a Normalization layer that has seen them
import keras
import numpy as np

keras.utils.set_random_seed(14)
rng = np.random.default_rng(14)
x = np.stack([rng.normal(35000, 9000, 600), rng.integers(18, 90, 600), rng.random(600)], axis=1).astype("float32")
y = (x[:, 0] / 35000 + x[:, 1] / 50 > 2).astype("float32")
scale = keras.layers.Normalization()
scale.adapt(x)
model = keras.Sequential(
    [keras.Input((3,)), scale, keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=5, batch_size=32, verbose=2)
