# EXPECT: healthy
# WHAT: warm restarts of the rate, fourteen epochs: the loss rises after each restart
import keras
import numpy as np

keras.utils.set_random_seed(90)
rng = np.random.default_rng(90)
x = rng.normal(size=(640, 8)).astype("float32")
y = np.sin(2 * x[:, :1]) + x[:, 1:2] * x[:, 2:3]
rate = keras.optimizers.schedules.CosineDecayRestarts(0.05, first_decay_steps=60, t_mul=1.5)
model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(48, activation="relu"), keras.layers.Dense(1)])
model.compile(keras.optimizers.Adam(rate), "mse")
model.fit(x, y, epochs=14, batch_size=32, verbose=2)
