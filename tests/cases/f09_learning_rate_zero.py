# EXPECT: odd-learning-rate, frozen-weights
# WHAT: a schedule that reaches 0 after the first epoch and stays there
import keras
import numpy as np

keras.utils.set_random_seed(109)
rng = np.random.default_rng(109)
x = rng.normal(size=(480, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(
    keras.optimizers.SGD(keras.optimizers.schedules.PolynomialDecay(0.1, decay_steps=15, end_learning_rate=0.0)),
    "binary_crossentropy",
)
model.fit(x, y, epochs=6, batch_size=32, verbose=2)
