"""backends.py BACKEND: Keras 3 on JAX or torch; the last line is all results as JSON."""
import hashlib
import json
import os
import sys

os.environ["KERAS_BACKEND"] = sys.argv[1]
import keras
import numpy as np

keras.utils.set_random_seed(3)
x = np.random.rand(100, 4).astype("float32")
y = (x.sum(axis=1) > 2).astype("float32")
model = keras.Sequential([keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")])
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
results = [model.fit(x, y, epochs=2, batch_size=32, verbose=0, validation_split=0.2).history]
for _ in range(3):
    model.train_on_batch(x[:10], y[:10])
if sys.argv[1] == "torch":
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    loader = DataLoader(TensorDataset(torch.tensor(x), torch.tensor(y[:, None])), batch_size=30, shuffle=True)
    results.append(model.fit(loader, epochs=2, verbose=0).history)
    optimizer, loss_of = keras.optimizers.SGD(0.01), keras.losses.BinaryCrossentropy()
    for _ in range(5):
        model.zero_grad()
        loss_of(torch.tensor(y[:10, None]), model(torch.tensor(x[:10]))).backward()
        weights = list(model.trainable_weights)
        with torch.no_grad():
            optimizer.apply([weight.value.grad for weight in weights], weights)
results.append(hashlib.sha256(b"".join(value.tobytes() for value in model.get_weights())).hexdigest())
print(json.dumps(results))
