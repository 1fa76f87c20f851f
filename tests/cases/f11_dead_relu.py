# EXPECT: dead-units, constant-output, vanishing-gradient, frozen-weights, stuck-at-base-rate
# WHAT: a huge learning rate in one step kills the hidden layer
import keras
import numpy as np

keras.utils.set_random_seed(111)
rng = np.random.default_rng(111)
x = rng.normal(size=(480, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
model = keras.Sequential(
    [
        keras.Input((6,)),
        keras.layers.Dense(16, activation="relu", bias_initializer=keras.initializers.Constant(-30.0)),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(keras.optimizers.SGD(0.01), "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=6, batch_size=32, verbose=2)
