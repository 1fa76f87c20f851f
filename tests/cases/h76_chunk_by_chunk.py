# EXPECT: healthy
# WHAT: data that does not fit into memory at once: one fit of one epoch for each chunk, evaluated in between
import keras
import numpy as np

keras.utils.set_random_seed(76)
rng = np.random.default_rng(76)
weights = rng.normal(size=(8, 1))
model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1)])
model.compile(keras.optimizers.Adam(0.01), "mse")
test = rng.normal(size=(200, 8)).astype("float32")
for round_ in range(2):
    for chunk in range(5):
        x = rng.normal(size=(96, 8)).astype("float32")
        model.fit(x, (x @ weights).astype("float32"), epochs=1, batch_size=48, verbose=0)
    print(round_, model.evaluate(test, (test @ weights).astype("float32"), verbose=0))
