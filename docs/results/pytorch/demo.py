"""The demo's students in PyTorch: timm's ViT alone, with features and with DeiT's token, on the views and the teacher of a run.

Run with Python 3.11, torch==2.15.0, timm==1.0.31, numpy==2.4.6 and safetensors==0.8.0, on a file of scripts/export-run.ts for each seed:
python demo.py alone,features 42.safetensors 1.safetensors 2.safetensors >> demo.csv
It checks the teacher's logits and maps against the file's, and prints the accuracies of the teacher and of these students (alone, token,
features) for each seed.
"""

import json
import math
import sys
from functools import partial

import torch
import torch.nn.functional as F
from safetensors import safe_open
from timm.layers import GroupNormAct, StdConv2d
from timm.models.deit import VisionTransformerDistilled
from timm.models.resnetv2 import ResNetV2
from timm.models.vision_transformer import VisionTransformer
from timm.optim import param_groups_weight_decay

LAYERS = ["norm.act", "stages.1.blocks.0.add"]
WEIGHT, EPSILON = 2.5, 1e-6
# What this file does without reading it.
GIVEN = {"adamW": "torch", "schedule": "cosine", "decays": "matrices", "distillation": {"kind": "hard"}}
GIVEN |= {"hints": {}, "mixing": {"mixupAlpha": 0, "cutmixAlpha": 0}}
READ = {"epochs", "batchSize", "learningRate", "warmup", "weightDecay", "labelSmoothing", "dropPathRate", "alpha"}
torch.set_num_threads(1)


def channels_first(images):
    return images.permute(0, 3, 1, 2)


class Teacher:
    """The run's tiny BiT: logits, and the outputs of LAYERS."""

    def __init__(self, weights, classes):
        self.model = ResNetV2(
            layers=[1, 1, 1],
            channels=(64, 128, 256),
            stem_chs=16,
            num_classes=classes,
            stem_type="fixed",
            conv_layer=partial(StdConv2d, eps=1e-10),
            norm_layer=partial(GroupNormAct, num_groups=8),
        ).eval()
        shapes = {name: tensor.shape for name, tensor in self.model.state_dict().items()}
        self.model.load_state_dict({name: weights[name].reshape(shape) for name, shape in shapes.items()})
        assert set(weights) == set(shapes)
        self.model.stages[1].blocks[0].register_forward_hook(self.keep)

    def keep(self, module, inputs, output):
        self.sum = output

    @torch.no_grad()
    def __call__(self, images):
        maps = self.model.forward_features(channels_first(images / 127.5 - 1))
        return self.model.forward_head(maps), [maps, self.sum]


def targets_of(maps, side):
    """Maps as tokens: LayerNorm over the channels without scale and shift, then bilinear to side x side."""
    white = F.layer_norm(maps.permute(0, 2, 3, 1), maps.shape[1:2], eps=EPSILON)
    return F.interpolate(channels_first(white), (side, side), mode="bilinear").flatten(2).transpose(1, 2)


class Student(torch.nn.Module):
    def __init__(self, kind, config, classes, drop_path_rate, channels):
        super().__init__()
        size = {"img_size": config["imageSize"], "patch_size": config["patchSize"], "num_classes": classes}
        size |= {"embed_dim": config["dim"], "depth": config["depth"], "num_heads": config["heads"]}
        size |= {"mlp_ratio": config["mlpRatio"], "drop_path_rate": drop_path_rate}
        self.vit = (VisionTransformerDistilled if kind == "token" else VisionTransformer)(**size)
        self.block = config["depth"] - 2
        self.hints = torch.nn.ModuleList(
            torch.nn.Linear(config["dim"], width) for width in (channels if kind == "features" else [])
        )
        for hint in self.hints:
            torch.nn.init.xavier_uniform_(hint.weight)
            torch.nn.init.zeros_(hint.bias)
        self.kind = kind

    def logits(self, images):
        return self.vit(channels_first(images / 255))

    def loss(self, images, labels, teacher, smoothing, alpha):
        cross_entropy = partial(F.cross_entropy, label_smoothing=smoothing)
        if self.kind == "alone":
            return cross_entropy(self.logits(images), labels)
        answers, maps = teacher(images)
        if self.kind == "token":
            self.vit.set_distilled_training(True)
            of_labels, of_teacher = self.logits(images)
            distilled = F.cross_entropy(of_teacher, answers.argmax(1))
            return (1 - alpha) * cross_entropy(of_labels, labels) + alpha * distilled
        tokens, (patches,) = self.vit.forward_intermediates(
            channels_first(images / 255), indices=[self.block], output_fmt="NLC"
        )
        loss = cross_entropy(self.vit.forward_head(tokens), labels)
        for hint, each in zip(self.hints, maps):
            loss = loss + WEIGHT * F.mse_loss(hint(patches), targets_of(each, math.isqrt(patches.shape[1])))
        return loss


def check(teacher, images, file):
    """The largest difference from what the run's own teacher computes."""
    logits, maps = teacher(images)
    differences = [(logits - file.get_tensor("check.logits")).abs().max()]
    for layer, ours in zip(LAYERS, maps):
        theirs = channels_first(file.get_tensor(f"check.{layer}"))
        differences.append((ours[: len(theirs)] - theirs).abs().max())
    assert max(differences) < 1e-4, differences
    return max(differences).item()


def train(kind, teacher, file, seed, config, recipe):
    torch.manual_seed(seed)
    images, labels = file.get_tensor("train.images"), file.get_tensor("train.labels").long()
    epochs, size = labels.shape
    batch = recipe["batchSize"]
    per_epoch = math.ceil(size / batch)
    warmup, total = round(recipe["warmup"]["epochs"] * per_epoch), epochs * per_epoch
    classes = int(labels.max()) + 1
    channels = [maps.shape[1] for maps in teacher(images[0, :1])[1]]
    student = Student(kind, config, classes, recipe["dropPathRate"], channels)
    spared = {f"vit.{name}" for name in student.vit.no_weight_decay()}
    groups = param_groups_weight_decay(student, recipe["weightDecay"], no_weight_decay_list=spared)
    optimizer = torch.optim.AdamW(groups, lr=recipe["learningRate"])
    rate = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: (step + 1) / warmup
        if step < warmup
        else (1 + math.cos(math.pi * (step - warmup) / (total - warmup))) / 2,
    )
    student.train()
    for epoch in range(epochs):
        for start in range(0, size, batch):
            rows = slice(start, start + batch)
            given = images[epoch, rows], labels[epoch, rows]
            loss = student.loss(*given, teacher, recipe["labelSmoothing"], recipe["alpha"])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            rate.step()
        log(f"{kind}, seed {seed}, epoch {epoch + 1}/{epochs}: {judged(student, file):.4f}")
    return judged(student, file)


@torch.no_grad()
def judged(student, file):
    student.eval()
    answers = student.logits(file.get_tensor("validation.images")).argmax(1)
    student.train()
    return (answers == file.get_tensor("validation.labels")).float().mean().item()


def main(kinds, *paths):
    for path in paths:
        with safe_open(path, "pt") as file:
            known = file.metadata()
            config, recipe, seed = json.loads(known["model"]), json.loads(known["recipe"]), int(known["seed"])
            assert {key: value for key, value in recipe.items() if key not in READ} == GIVEN, recipe
            names = [name for name in file.keys() if name.startswith("teacher.")]
            weights = {name.removeprefix("teacher."): file.get_tensor(name) for name in names}
            teacher = Teacher(weights, classes=len(weights["head.fc.bias"]))
            images, labels = file.get_tensor("validation.images"), file.get_tensor("validation.labels")
            log(f"seed {seed}: the teacher's outputs differ by {check(teacher, images, file):.1e}")
            results = [(teacher(images)[0].argmax(1) == labels).float().mean().item()]
            for kind in kinds.split(","):
                results.append(train(kind, teacher, file, seed, config, recipe))
            print(",".join([str(seed), *(f"{share:.4f}" for share in results)]), flush=True)


def log(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
