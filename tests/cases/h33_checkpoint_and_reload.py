# EXPECT: healthy
# WHAT: saves every epoch, loads the model back and goes on with initial_epoch
import os
import tempfile

import keras
import numpy as np

keras.utils.set_random_seed(33)
rng = np.random.default_rng(33)
x = rng.normal(size=(480, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
path = os.path.join(tempfile.mkdtemp(), "model.keras")
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy")
model.fit(x, y, epochs=3, batch_size=32, callbacks=[keras.callbacks.ModelCheckpoint(path)], verbose=2)
again = keras.models.load_model(path)
again.fit(x, y, epochs=6, initial_epoch=3, batch_size=32, verbose=2)
