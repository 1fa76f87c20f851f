# EXPECT: healthy
# WHAT: ordinal regression: cumulative 0/1 targets, one sigmoid per threshold
import keras
import numpy as np

keras.utils.set_random_seed(38)
rng = np.random.default_rng(38)
x = rng.normal(size=(800, 6)).astype("float32")
grade = np.digitize(x[:, 0] + 0.3 * rng.normal(size=800), [-1.0, 0.0, 1.0])
y = (grade[:, None] > np.arange(3)).astype("float32")
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(16, activation="elu"), keras.layers.Dense(3, activation="sigmoid")]
)
model.compile("rmsprop", "binary_crossentropy", metrics=["mae"])
model.fit(x, y, epochs=8, batch_size=32, verbose=2)
