# EXPECT: healthy
# WHAT: a callback of the script's own stops at a good accuracy, mid-epoch
import keras
import numpy as np

keras.utils.set_random_seed(26)
rng = np.random.default_rng(26)
x = rng.normal(size=(640, 4)).astype("float32")
y = (x[:, 0] > 0).astype("float32")


class Enough(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if logs["accuracy"] > 0.93 and batch > 5:
            self.model.stop_training = True


model = keras.Sequential(
    [keras.Input((4,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=20, batch_size=32, callbacks=[Enough()], verbose=2)
