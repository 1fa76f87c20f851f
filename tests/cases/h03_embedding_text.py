# EXPECT: healthy
# WHAT: token ids up to 5,000 go into an Embedding: large integers that must not be scaled
import keras
import numpy as np

keras.utils.set_random_seed(3)
rng = np.random.default_rng(3)
tokens = rng.integers(1, 5000, (640, 20))
labels = (tokens[:, 0] > 2500).astype("float32")
model = keras.Sequential(
    [
        keras.Input((20,), dtype="int32"),
        keras.layers.Embedding(5000, 16),
        keras.layers.GlobalAveragePooling1D(),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(tokens, labels, batch_size=32, epochs=4, verbose=2)
