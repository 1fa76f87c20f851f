# EXPECT: healthy
# WHAT: labels -1 and 1 under hinge with tanh, and 0/1 under mse with a sigmoid: unusual, and right
import keras
import numpy as np

keras.utils.set_random_seed(65)
rng = np.random.default_rng(65)
x = rng.normal(size=(640, 6)).astype("float32")
y = (x[:, 0] - x[:, 1] > 0).astype("float32")
for activation, loss, targets in (("tanh", "hinge", 2 * y - 1), ("sigmoid", "mse", y)):
    model = keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation=activation)]
    )
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True), loss)
    model.fit(x, targets, epochs=6, batch_size=32, verbose=2)
