# EXPECT: healthy
# WHAT: two towers and an in-batch softmax: the labels are the row numbers of the batch, the same in every batch
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(35)
rng = np.random.default_rng(35)
users = rng.integers(0, 300, 2048)
items = (users * 7 + rng.integers(0, 5, 2048)) % 500


class Towers(keras.Model):
    def __init__(self):
        super().__init__()
        self.user = keras.Sequential([keras.layers.Embedding(300, 8), keras.layers.Dense(8)])
        self.item = keras.Sequential([keras.layers.Embedding(500, 8), keras.layers.Dense(8)])

    def call(self, pair):
        return tf.matmul(self.user(pair["user"]), self.item(pair["item"]), transpose_b=True)

    def train_step(self, pair):
        with tf.GradientTape() as tape:
            scores = self(pair)
            right = tf.range(tf.shape(scores)[0])
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(right, scores))
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return {"loss": loss}


model = Towers()
model.compile(keras.optimizers.Adagrad(0.2))
pairs = tf.data.Dataset.from_tensor_slices({"user": users, "item": items}).shuffle(2048).batch(256)
model.fit(pairs, epochs=5, verbose=2)
