"""Opens exported folders with the Python software that they are for, and prints what each answers, as JSON.

verify.py JOBS: a JSON list of { folder, expected, photos }. `expected` is a safetensors file of `pixel_values` [batch, 3, height,
width] and `logits` [batch, classes], as the package computes them. Printed are, for each folder, the largest absolute differences of
each program's logits, and the first class of each photo by the programs that preprocess pictures themselves. A program whose files a
folder does not have is left out.
"""
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import timm
import torch
import transformers
from PIL import Image
from safetensors.numpy import load_file


def session(path):
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


@torch.inference_mode()
def answers_of(folder, expected, photos):
    folder = Path(folder)
    data = load_file(expected)
    pixels, logits = data["pixel_values"], data["logits"]
    found = {"differences": {}, "first": {}}

    def differs(name, answers):
        answers = np.asarray(answers)
        assert answers.shape == logits.shape, f"{name}: {answers.shape}"
        found["differences"][name] = float(np.abs(answers - logits).max())

    if (folder / "config.json").exists():
        model, report = transformers.AutoModelForImageClassification.from_pretrained(folder, output_loading_info=True)
        found["loading"] = {key: sorted(map(str, value)) for key, value in report.items() if value}
        found["architecture"] = type(model).__name__
        found["labels"] = [model.config.id2label[i] for i in range(logits.shape[1])]
        differs("transformers", model(torch.from_numpy(pixels)).logits)
        if photos:
            classify = transformers.pipeline("image-classification", model=str(folder))
            answers = classify([Image.open(photo).convert("RGB") for photo in photos], top_k=1, batch_size=8)
            found["first"]["pipeline"] = [answer[0]["label"] for answer in answers]
    if (folder / "timm/config.json").exists():
        config = json.loads((folder / "timm/config.json").read_text())
        model = timm.create_model(f"local-dir:{folder}/timm", pretrained=True).eval()
        differs("timm local-dir", model(torch.from_numpy(pixels)))
        found["timm labels"] = list(model.pretrained_cfg["label_names"])
        if photos:
            transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model))
            batch = torch.stack([transform(Image.open(photo).convert("RGB")) for photo in photos])
            names = found["timm labels"]
            found["first"]["timm"] = [names[i] for i in model(batch).argmax(-1).tolist()]
        model = timm.create_model(
            config["architecture"], checkpoint_path=f"{folder}/timm/model.safetensors", **config["model_args"]
        ).eval()
        differs("timm checkpoint_path", model(torch.from_numpy(pixels)))

    for name in ("model", "model_quantized"):
        path = folder / f"onnx/{name}.onnx"
        if path.exists():
            onnx.checker.check_model(str(path), full_check=True)
            differs(f"onnxruntime {name}", session(path).run(["logits"], {"pixel_values": pixels})[0])
            one = session(path).run(["logits"], {"pixel_values": pixels[:1]})[0]
            assert one.shape == (1, logits.shape[1])
    if (folder / "onnx/model.onnx").exists():
        file = onnx.load(folder / "onnx/model.onnx")
        found["onnx"] = {"ir": file.ir_version, "opset": file.opset_import[0].version}
    return found


print(json.dumps([answers_of(**job) for job in json.loads(Path(sys.argv[1]).read_text())]))
