# EXPECT: healthy
# WHAT: no training at all: a saved model is loaded, evaluated and asked
import os
import tempfile

import keras
import numpy as np

keras.utils.set_random_seed(74)
rng = np.random.default_rng(74)
x = rng.normal(size=(640, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
path = os.path.join(tempfile.mkdtemp(), "model.h5")
model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1, activation="sigmoid")])
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.save(path)
loaded = keras.models.load_model(path)
print(loaded.evaluate(x, y, batch_size=32, verbose=2))
for start in range(0, 640, 64):
    print(float(loaded.predict(x[start : start + 64], verbose=0).mean()))
