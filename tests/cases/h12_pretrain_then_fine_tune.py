# EXPECT: healthy
# WHAT: the base is frozen, then opened at a learning rate a hundred times lower
import keras
import numpy as np

keras.utils.set_random_seed(12)
rng = np.random.default_rng(12)
x = rng.normal(size=(480, 12)).astype("float32")
y = (x[:, :3].sum(axis=1) > 0).astype("float32")
base = keras.Sequential([keras.Input((12,)), keras.layers.Dense(24, activation="relu")])
base.trainable = False
model = keras.Sequential([base, keras.layers.Dense(1, activation="sigmoid")])
model.compile(keras.optimizers.Adam(1e-2), "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=4, batch_size=32, verbose=2)
base.trainable = True
model.compile(keras.optimizers.Adam(1e-4), "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=4, batch_size=32, verbose=2)
