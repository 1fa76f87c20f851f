# EXPECT: healthy
# WHAT: mixed_float16 with a loss-scaling optimizer: a skipped first step is normal
import keras
import numpy as np

keras.utils.set_random_seed(9)
keras.mixed_precision.set_global_policy("mixed_float16")
rng = np.random.default_rng(9)
x = rng.normal(size=(480, 10)).astype("float32")
y = (x[:, 0] + x[:, 1] > 0).astype("int32")
model = keras.Sequential(
    [
        keras.Input((10,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(2),
        keras.layers.Activation("softmax", dtype="float32"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, batch_size=32, epochs=5, verbose=2)
