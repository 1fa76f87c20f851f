# EXPECT: healthy
# WHAT: whole numbers as quantities: counts under a Poisson loss, and ages under mae with a ReLU at the end
import keras
import numpy as np

keras.utils.set_random_seed(58)
rng = np.random.default_rng(58)
x = rng.normal(size=(800, 6)).astype("float32")
counts = rng.poisson(np.exp(0.5 * x[:, 0] + 0.5)).astype("float32")
ages = np.clip(np.round(40 + 10 * x[:, 1] + 3 * rng.normal(size=800)), 0, 95).astype("float32")
inputs = keras.Input((6,))
hidden = keras.layers.Dense(24, activation="relu")(inputs)
counted = keras.layers.Dense(1, activation="exponential", name="count")(hidden)
model = keras.Model(inputs, counted)
model.compile("adam", "poisson")
model.fit(x, counts, epochs=5, batch_size=32, verbose=2)
aged = keras.layers.Dense(1, activation="relu", bias_initializer=keras.initializers.Constant(30.0), name="age")(hidden)
model = keras.Model(inputs, aged)
model.compile(keras.optimizers.Adam(0.02), "mae")
model.fit(x, ages, epochs=5, batch_size=32, verbose=2)
