# EXPECT: healthy
# WHAT: rainfall: nine of ten targets are 0, the rest skewed; softplus at the end, and a time split without shuffle
import keras
import numpy as np

keras.utils.set_random_seed(78)
rng = np.random.default_rng(78)
x = rng.normal(size=(960, 6)).astype("float32")
y = np.where(x[:, 0] > 1.2, rng.gamma(2.0, 1.5, 960), 0.0).astype("float32")
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(24, activation="relu"), keras.layers.Dense(1, activation="softplus")]
)
model.compile("adam", "mse", metrics=["mae"])
model.fit(x[:800], y[:800], validation_data=(x[800:], y[800:]), shuffle=False, epochs=6, batch_size=32, verbose=2)
