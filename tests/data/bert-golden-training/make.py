"""Writes reference.npz: 20 training steps of the golden BERT by the original's own code, unmodified.

Run with Python 3.7 and TensorFlow 1.15.5, in a folder with run_classifier.py, tokenization_sentencepiece.py and
utils.py of https://github.com/yoheikikuta/bert-japanese, and modeling.py and optimization.py of its submodule
google-research/bert (commit 88a817c), config.ini in the folder above:  python make.py bert-golden reference.npz

Dropout is off (is_training=False changes nothing else). Batch s holds the lines of inputs.txt 8 s to 8 s + 7, counted
around, and line i has the label i % 3. The head is wide, so that the norm of the gradients is above 1 in some steps.

The learning rates are kept as they were used: by the source the first is that of step 0, but nothing in the graph makes
TensorFlow read the step before it is raised, and here it reads it afterwards, so that the first is that of step 1.
"""

import sys

import modeling
import numpy as np
import optimization
import run_classifier
import tensorflow as tf

N_STEPS, N_WARMUP_STEPS, BATCH, LENGTH, N_LABELS, RATE = 20, 4, 8, 48, 3, 5e-4

golden, out = sys.argv[1:]
lines = np.load(golden + "/reference.npz")
n_lines = sum(name.startswith("ids/") for name in lines.files)
config = modeling.BertConfig.from_json_file(golden + "/config.json")


def padded(name, i):
    ids = lines[f"{name}/{i}"]
    return np.pad(ids, (0, LENGTH - len(ids)), "constant")


placeholders = [tf.placeholder(tf.int32, [None, LENGTH]) for _ in range(3)] + [tf.placeholder(tf.int32, [None])]
loss, _, _, _ = run_classifier.create_model(config, False, *placeholders, N_LABELS, False)
tvars = tf.trainable_variables()
found, _ = modeling.get_assignment_map_from_checkpoint(tvars, golden + "/model.ckpt-1400000")
tf.train.init_from_checkpoint(golden + "/model.ckpt-1400000", found)
rates = []
made = optimization.AdamWeightDecayOptimizer.__init__


def listening(self, learning_rate, **others):
    rates.append(learning_rate)
    made(self, learning_rate, **others)


optimization.AdamWeightDecayOptimizer.__init__ = listening
train_op = optimization.create_optimizer(loss, RATE, N_STEPS, N_WARMUP_STEPS, False)
head = np.random.RandomState(7).normal(scale=0.5, size=(N_LABELS, config.hidden_size)).astype(np.float32)

kept = {"output_weights": head, "losses": [], "rates": []}
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for variable in tvars:
        if variable.name == "output_weights:0":
            variable.load(head, session)
    for step in range(N_STEPS):
        chosen = [i % n_lines for i in range(step * BATCH, (step + 1) * BATCH)]
        ids, types = ([padded(name, i) for i in chosen] for name in ("ids", "types"))
        mask = [[int(at < len(lines[f"ids/{i}"])) for at in range(LENGTH)] for i in chosen]
        feed = dict(zip(placeholders, (ids, mask, types, [i % N_LABELS for i in chosen])))  # noqa: B905 (Python 3.7)
        loss_now, rate, _ = session.run([loss, rates[0], train_op], feed)
        kept["losses"].append(loss_now)
        kept["rates"].append(rate)
    for variable in tvars:
        kept["after/" + variable.name[:-2]] = session.run(variable)
np.savez_compressed(out, **kept)
print(kept["losses"], kept["rates"])
