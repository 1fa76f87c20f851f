# EXPECT: healthy
# WHAT: next-word prediction: four hundred classes whose counts fall by Zipf's law, as words do
import keras
import numpy as np

keras.utils.set_random_seed(72)
rng = np.random.default_rng(72)
words = np.minimum(rng.zipf(1.4, 3000), 399)
starts = np.arange(len(words) - 6)
x = words[starts[:, None] + np.arange(5)]
y = words[starts + 5]
model = keras.Sequential(
    [
        keras.Input((5,), dtype="int32"),
        keras.layers.Embedding(400, 12),
        keras.layers.Flatten(),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(400, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=4, batch_size=64, verbose=2)
