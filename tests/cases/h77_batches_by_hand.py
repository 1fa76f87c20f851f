# EXPECT: healthy
# WHAT: train_on_batch over shuffled slices, test_on_batch after each epoch, lines "Epoch 1/5" by print
import keras
import numpy as np

keras.utils.set_random_seed(77)
rng = np.random.default_rng(77)
x = rng.normal(size=(512, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
for epoch in range(5):
    print(f"Epoch {epoch + 1}/5")
    order = rng.permutation(448)
    for start in range(0, 448, 64):
        loss = model.train_on_batch(x[order[start : start + 64]], y[order[start : start + 64]])
    print("held out:", model.test_on_batch(x[448:], y[448:]))
