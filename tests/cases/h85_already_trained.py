# EXPECT: healthy
# WHAT: a resumed script finds that all epochs are done: fit begins at the last epoch and trains nothing
import keras
import numpy as np

keras.utils.set_random_seed(85)
rng = np.random.default_rng(85)
x = rng.normal(size=(320, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1, activation="sigmoid")])
model.compile("adam", "binary_crossentropy")
model.fit(x, y, epochs=5, verbose=2)
model.fit(x, y, initial_epoch=5, epochs=5, verbose=2)
print(model.evaluate(x, y, verbose=0))
