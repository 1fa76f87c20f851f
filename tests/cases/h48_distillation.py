# EXPECT: healthy
# WHAT: a student learns from a frozen teacher: half of the model's weights never change
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(48)
rng = np.random.default_rng(48)
x = rng.normal(size=(640, 12)).astype("float32")
y = np.argmax(x[:, :3], axis=1)
teacher = keras.Sequential([keras.Input((12,)), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(3)])
teacher.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
teacher.fit(x, y, epochs=5, batch_size=32, verbose=0)
student = keras.Sequential([keras.Input((12,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(3)])


class Distiller(keras.Model):
    def __init__(self, student, teacher):
        super().__init__()
        self.student, self.teacher = student, teacher
        self.teacher.trainable = False

    def call(self, x):
        return self.student(x)

    def train_step(self, data):
        some, labels = data
        soft = tf.nn.softmax(self.teacher(some, training=False) / 3.0)
        with tf.GradientTape() as tape:
            logits = self.student(some, training=True)
            hard = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
            loss = 0.3 * hard + 0.7 * tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(soft, logits / 3.0))
        variables = self.student.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return {"loss": loss}


model = Distiller(student, teacher)
model.compile("adam")
model.fit(x, y.astype("int32"), epochs=5, batch_size=32, verbose=2)
