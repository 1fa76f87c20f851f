# EXPECT: healthy
# WHAT: labels without any relation to the inputs: there is nothing to learn, and nothing wrong with the training
import keras
import numpy as np

keras.utils.set_random_seed(92)
rng = np.random.default_rng(92)
x = rng.random((800, 20)).astype("float32")
y = rng.integers(0, 2, 800)
model = keras.Sequential(
    [
        keras.Input((20,)),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=10, batch_size=32, validation_split=0.2, verbose=2)
