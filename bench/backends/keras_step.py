"""The training step of bench/backends/keras.ts in Keras 3 on TensorFlow, compiled by `tf.function`.

DeiT-Ti/16 at 224², two heads, stochastic depth 0.1, as the Keras example builds it (keras.io/examples/vision/deit) but
with the published head size of 64. Answers each line on standard input with the milliseconds of one step: forward,
backward, AdamW. Needs tensorflow >= 2.16.
"""

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import tensorflow as tf
from keras import layers

DIM, HEADS, HEAD_SIZE, DEPTH, CLASSES, DROP_PATH = 192, 3, int(sys.argv[2]), 12, 5, 0.1
batch = int(sys.argv[1])
keras.utils.set_random_seed(0)


class StochasticDepth(layers.Layer):
    def __init__(self, rate):
        super().__init__()
        self.rate = rate
        self.seed = keras.random.SeedGenerator(0)

    def call(self, x, training=False):
        if not training:
            return x
        keep = 1 - self.rate
        kept = keras.random.uniform((keras.ops.shape(x)[0], 1, 1), seed=self.seed)
        return x / keep * keras.ops.floor(keep + kept)


class Tokens(layers.Layer):
    def build(self, shape):
        self.tokens = self.add_weight(shape=(1, 2, DIM), initializer="zeros", name="tokens")
        self.positions = self.add_weight(shape=(1, shape[1] + 2, DIM), initializer="zeros", name="positions")

    def call(self, x):
        tokens = keras.ops.tile(self.tokens, (keras.ops.shape(x)[0], 1, 1))
        return keras.ops.concatenate([tokens, x], axis=1) + self.positions


def drop(rate):
    return StochasticDepth(rate) if rate > 0 else (lambda x: x)


def student():
    images = keras.Input((224, 224, 3))
    x = layers.Conv2D(DIM, 16, 16)(images)
    x = Tokens()(layers.Reshape((196, DIM))(x))
    for i in range(DEPTH):
        rate = DROP_PATH * i / (DEPTH - 1)
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        x = x + drop(rate)(layers.MultiHeadAttention(HEADS, HEAD_SIZE)(y, y))
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        y = layers.Dense(4 * DIM, activation=keras.activations.gelu)(y)
        x = x + drop(rate)(layers.Dense(DIM)(y))
    x = layers.LayerNormalization(epsilon=1e-6)(x)
    return keras.Model(images, [layers.Dense(CLASSES)(x[:, i]) for i in (0, 1)])


model = student()
optimizer = keras.optimizers.AdamW(2.5e-4, weight_decay=0.05)
optimizer.build(model.trainable_variables)
images = tf.random.uniform((batch, 224, 224, 3))
labels = tf.one_hot(tf.range(batch) % CLASSES, CLASSES)


@tf.function
def step(images, labels):
    with tf.GradientTape() as tape:
        losses = [tf.nn.softmax_cross_entropy_with_logits(labels, head) for head in model(images, training=True)]
        loss = tf.reduce_mean(losses[0] + losses[1])
    variables = model.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


step(images, labels).numpy()
threads = len(os.sched_getaffinity(0))
print(f"Keras {keras.__version__} on TensorFlow {tf.__version__}, `tf.function`, {threads} threads", flush=True)
print(model.count_params(), file=sys.stderr)
for _ in sys.stdin:
    start = time.perf_counter()
    step(images, labels).numpy()
    print((time.perf_counter() - start) * 1e3, flush=True)
