# EXPECT: healthy
# WHAT: a character model from one-hot rows to one-hot targets, that writes a few words after each epoch
import keras
import numpy as np

keras.utils.set_random_seed(66)
text = "the quick brown fox jumps over the lazy dog. " * 24
letters = sorted(set(text))
numbers = np.array([letters.index(letter) for letter in text])
table = np.eye(len(letters), dtype="float32")
starts = np.arange(0, len(text) - 11, 2)
x = table[np.stack([numbers[start : start + 10] for start in starts])]
y = table[numbers[starts + 10]]
model = keras.Sequential(
    [keras.Input((10, len(letters))), keras.layers.LSTM(24), keras.layers.Dense(len(letters), activation="softmax")]
)
model.compile(keras.optimizers.RMSprop(0.01), "categorical_crossentropy", metrics=["accuracy"])


class Writer(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        window, written = x[:1].copy(), ""
        for _ in range(8):
            letter = int(np.argmax(self.model.predict(window, verbose=0)))
            window = np.concatenate([window[:, 1:], table[None, None, letter]], axis=1)
            written += letters[letter]
        print(repr(written))


model.fit(x, y, batch_size=32, epochs=4, callbacks=[Writer()], verbose=2)
