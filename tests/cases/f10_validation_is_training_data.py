# EXPECT: validation-overlap
# WHAT: validation_data is a slice of the training rows
import keras
import numpy as np

keras.utils.set_random_seed(110)
rng = np.random.default_rng(110)
x = rng.normal(size=(480, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy")
model.fit(x, y, validation_data=(x[:96], y[:96]), epochs=4, batch_size=32, verbose=2)
