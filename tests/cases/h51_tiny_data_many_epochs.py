# EXPECT: healthy
# WHAT: xor: four rows, one step per epoch, three hundred epochs
import keras
import numpy as np

keras.utils.set_random_seed(51)
x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
y = np.array([[0], [1], [1], [0]], "float32")
model = keras.Sequential(
    [keras.Input((2,)), keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=300, verbose=0)
print(model.predict(x, verbose=0).round(2).ravel())
