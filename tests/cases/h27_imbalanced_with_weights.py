# EXPECT: healthy
# WHAT: 95:5, told to the loss by class weights
import keras
import numpy as np

keras.utils.set_random_seed(27)
rng = np.random.default_rng(27)
y = (rng.random(1600) < 0.05).astype("float32")
x = (rng.normal(size=(1600, 6)) + 2.0 * y[:, None]).astype("float32")
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(12, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy", metrics=[keras.metrics.AUC(name="auc")])
model.fit(x, y, epochs=5, batch_size=32, class_weight={0: 1.0, 1: 19.0}, verbose=2)
