# EXPECT: healthy
# WHAT: dropout of 0.6 twice: the training loss lies far above the validation loss and is noisy
import keras
import numpy as np

keras.utils.set_random_seed(50)
rng = np.random.default_rng(50)
x = rng.normal(size=(640, 20)).astype("float32")
y = (x[:, :3].sum(axis=1) > 0).astype("float32")
model = keras.Sequential(
    [
        keras.Input((20,)),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dropout(0.6),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dropout(0.6),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=12, batch_size=32, validation_split=0.2, verbose=2)
