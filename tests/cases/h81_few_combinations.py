# EXPECT: healthy
# WHAT: one-hot answers of a questionnaire: rows repeat, so validation rows are equal to training rows by nature
import keras
import numpy as np

keras.utils.set_random_seed(81)
rng = np.random.default_rng(81)
answers = rng.integers(0, 3, (900, 4))
x = np.eye(3, dtype="float32")[answers].reshape(900, 12)
y = ((answers[:, 0] == 2) | (answers[:, 1] == 0)).astype("float32")
model = keras.Sequential(
    [keras.Input((12,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=6, batch_size=30, validation_split=0.2, verbose=2)
