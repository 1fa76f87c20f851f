# EXPECT: healthy
# WHAT: 97:3 with a focal loss, judged by precision and recall
import keras
import numpy as np

keras.utils.set_random_seed(95)
rng = np.random.default_rng(95)
x = rng.normal(size=(1200, 8)).astype("float32")
y = (x[:, 0] + x[:, 1] > 2.6).astype("float32")
model = keras.Sequential(
    [keras.Input((8,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(
    keras.optimizers.Adam(0.01),
    keras.losses.BinaryFocalCrossentropy(apply_class_balancing=True),
    metrics=[keras.metrics.Precision(), keras.metrics.Recall()],
)
model.fit(x, y, epochs=6, batch_size=32, validation_split=0.2, verbose=2)
