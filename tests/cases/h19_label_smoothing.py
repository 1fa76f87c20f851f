# EXPECT: healthy
# WHAT: one-hot targets smoothed to 0.9/0.033
import keras
import numpy as np

keras.utils.set_random_seed(19)
rng = np.random.default_rng(19)
x = rng.normal(size=(480, 8)).astype("float32")
y = keras.utils.to_categorical(x[:, :4].argmax(axis=1), 4)
model = keras.Sequential(
    [keras.Input((8,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(4, activation="softmax")]
)
model.compile("adam", keras.losses.CategoricalCrossentropy(label_smoothing=0.1), metrics=["accuracy"])
model.fit(x, y, epochs=5, batch_size=32, verbose=2)
