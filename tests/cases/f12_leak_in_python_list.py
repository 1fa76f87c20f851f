# EXPECT: memory-leak
# WHAT: every step's predictions are kept in a list
import keras
import numpy as np

keras.utils.set_random_seed(112)
rng = np.random.default_rng(112)
x = rng.normal(size=(640, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")


class Keep(keras.callbacks.Callback):
    kept = []

    def on_train_batch_end(self, batch, logs=None):
        self.kept.append(np.full(150_000, batch, "float64"))


model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy")
model.fit(x, y, epochs=12, batch_size=32, callbacks=[Keep()], verbose=2)
