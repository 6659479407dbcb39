"""The training step of bench/gpu in PyTorch eager, with no library beside it: DeiT with two heads, stochastic depth 0.1, cross-entropy,
AdamW, one batch that stays on the device.

Arguments: batch, "float32" or "bf16" (autocast), "cuda" or "cpu", and the size as JSON {imageSize, patchSize, dim, depth, heads}. Prints its
name, then answers each line on standard input with the milliseconds of that many steps, waited for once.
"""

import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

batch, precision, where = int(sys.argv[1]), sys.argv[2], sys.argv[3]
size = json.loads(sys.argv[4])
torch.manual_seed(0)
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
if where == "cpu":
    torch.set_num_threads(1)
DROP = 0.1
CLASSES = 1000


class Block(nn.Module):
    def __init__(self, dim, heads, drop):
        super().__init__()
        self.heads, self.drop = heads, drop
        self.norm1, self.norm2 = nn.LayerNorm(dim, eps=1e-6), nn.LayerNorm(dim, eps=1e-6)
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.fc1, self.fc2 = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)

    def dropped(self, x):
        if self.drop == 0:
            return x
        keep = 1 - self.drop
        return x * x.new_empty(x.shape[0], 1, 1).bernoulli_(keep).div_(keep)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, d)
        x = x + self.dropped(self.proj(attended))
        return x + self.dropped(self.fc2(F.gelu(self.fc1(self.norm2(x)))))


class Deit(nn.Module):
    def __init__(self, imageSize, patchSize, dim, depth, heads):
        super().__init__()
        self.embed = nn.Conv2d(3, dim, patchSize, patchSize)
        self.tokens = nn.Parameter(torch.zeros(1, 2, dim))
        self.positions = nn.Parameter(torch.randn(1, (imageSize // patchSize) ** 2 + 2, dim) * 0.02)
        self.blocks = nn.Sequential(*(Block(dim, heads, DROP * i / max(depth - 1, 1)) for i in range(depth)))
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.head, self.head_dist = nn.Linear(dim, CLASSES), nn.Linear(dim, CLASSES)

    def forward(self, images):
        x = self.embed(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.tokens.expand(len(x), -1, -1), x], 1) + self.positions
        x = self.norm(self.blocks(x)[:, :2])
        return self.head(x[:, 0]), self.head_dist(x[:, 1])


model = Deit(**size).to(where).train()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
images = torch.rand(batch, 3, size["imageSize"], size["imageSize"], device=where)
labels = torch.arange(batch, device=where) % CLASSES


def step():
    optimizer.zero_grad()
    with torch.autocast(where, torch.bfloat16, enabled=precision == "bf16"):
        loss = sum(F.cross_entropy(logits, labels) for logits in model(images))
    loss.backward()
    optimizer.step()
    return loss


def steps(count):
    start = time.perf_counter()
    for _ in range(count):
        loss = step()
    loss.item()
    return (time.perf_counter() - start) * 1e3


steps(3)
device = torch.cuda.get_device_name() if where == "cuda" else "one thread"
print(f"PyTorch {torch.__version__.split('+')[0]} eager {precision}, {device}", flush=True)
for line in sys.stdin:
    print(steps(int(line)), flush=True)
