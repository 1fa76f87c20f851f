# EXPECT: healthy
# WHAT: an autoencoder that sees normal rows only, and is tried on abnormal ones
import keras
import numpy as np

keras.utils.set_random_seed(56)
rng = np.random.default_rng(56)
mix = rng.normal(size=(3, 12)).astype("float32")
normal = rng.normal(size=(720, 3)).astype("float32") @ mix
abnormal = 2 * rng.normal(size=(80, 12)).astype("float32")
model = keras.Sequential(
    [
        keras.Input((12,)),
        keras.layers.Dense(6, activation="selu"),
        keras.layers.Dense(3, name="code"),
        keras.layers.Dense(6, activation="selu"),
        keras.layers.Dense(12),
    ]
)
model.compile(keras.optimizers.Adam(0.01), "mae")
model.fit(normal, normal, epochs=8, batch_size=32, validation_split=0.1, verbose=2)
for rows in (normal, abnormal):
    print(float(np.abs(model.predict(rows, verbose=0) - rows).mean()))
