# EXPECT: healthy
# WHAT: ReduceLROnPlateau, TerminateOnNaN, BackupAndRestore, CSVLogger and EarlyStopping together
import tempfile

import keras
import numpy as np

keras.utils.set_random_seed(53)
rng = np.random.default_rng(53)
x = rng.normal(size=(480, 6)).astype("float32")
y = (x[:, 0] + 0.8 * rng.normal(size=480) > 0).astype("float32")
folder = tempfile.mkdtemp()
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
model.fit(
    x,
    y,
    epochs=25,
    batch_size=32,
    validation_split=0.25,
    verbose=2,
    callbacks=[
        keras.callbacks.ReduceLROnPlateau(patience=2, factor=0.2, min_lr=1e-7),
        keras.callbacks.TerminateOnNaN(),
        keras.callbacks.BackupAndRestore(folder + "/backup"),
        keras.callbacks.CSVLogger(folder + "/log.csv"),
        keras.callbacks.EarlyStopping(patience=12, restore_best_weights=True),
    ],
)
