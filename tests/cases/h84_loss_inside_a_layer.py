# EXPECT: healthy
# WHAT: the labels are an input, a layer adds the loss, compile gets none, and fit gets no targets
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(84)
rng = np.random.default_rng(84)
x = rng.normal(size=(640, 6)).astype("float32")
y = (x[:, :1] > 0).astype("float32")


class Judge(keras.layers.Layer):
    def call(self, pair):
        labels, logits = pair
        self.add_loss(tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits)))
        return logits


features, labels = keras.Input((6,), name="features"), keras.Input((1,), name="labels")
logits = keras.layers.Dense(1)(keras.layers.Dense(8, activation="relu")(features))
model = keras.Model({"features": features, "labels": labels}, Judge()([labels, logits]))
model.compile("adam")
model.fit({"features": x, "labels": y}, epochs=4, batch_size=32, verbose=2)
