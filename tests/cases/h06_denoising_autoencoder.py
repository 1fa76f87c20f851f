# EXPECT: healthy
# WHAT: targets are the inputs; the validation rows are other rows
import keras
import numpy as np

keras.utils.set_random_seed(6)
rng = np.random.default_rng(6)
clean = rng.random((800, 4)).astype("float32") @ rng.random((4, 24)).astype("float32") / 4
noisy = clean + 0.05 * rng.normal(size=clean.shape).astype("float32")
model = keras.Sequential(
    [
        keras.Input((24,)),
        keras.layers.Dense(8, activation="relu"),
        keras.layers.Dense(24, activation="sigmoid"),
    ]
)
model.compile("adam", "mse")
model.fit(noisy[:640], clean[:640], validation_data=(noisy[640:], clean[640:]), batch_size=32, epochs=5, verbose=2)
