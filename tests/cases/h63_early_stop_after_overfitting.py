# EXPECT: healthy
# WHAT: the validation loss rises after a while, and EarlyStopping restores the best weights
import keras
import numpy as np

keras.utils.set_random_seed(63)
rng = np.random.default_rng(63)
x = rng.normal(size=(320, 20)).astype("float32")
y = (x[:, 0] + 1.0 * rng.normal(size=320) > 0).astype("float32")
model = keras.Sequential(
    [keras.Input((20,)), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(keras.optimizers.Adam(0.005), "binary_crossentropy", metrics=["accuracy"])
model.fit(
    x,
    y,
    epochs=60,
    batch_size=16,
    validation_split=0.3,
    verbose=2,
    callbacks=[keras.callbacks.EarlyStopping(patience=6, restore_best_weights=True)],
)
