"""Opens exported folders with keras-hub, which reads the class token's head alone, and prints how far its logits are.

verify_keras_hub.py JOBS: a JSON list of { folder, expected }; `expected` has `pixel_values` and `class_logits`.
"""
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")
import keras_hub
import numpy as np
from safetensors.numpy import load_file


def answers_of(folder, expected, photos):
    data = load_file(expected)
    model = keras_hub.models.ImageClassifier.from_preset(folder)
    model.preprocessor = None
    answers = np.asarray(model.predict(np.transpose(data["pixel_values"], (0, 2, 3, 1)), verbose=0))
    assert answers.shape == data["class_logits"].shape
    return {"differences": {"keras-hub": float(np.abs(answers - data["class_logits"]).max())}, "first": {}}


print(json.dumps([answers_of(**job) for job in json.loads(Path(sys.argv[1]).read_text())]))
