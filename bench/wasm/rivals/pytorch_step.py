"""The training step of bench/wasm/rivals/pytorch.ts and bench/webgpu/speed.ts in PyTorch eager, in float32 throughout: batch,
threads (default 1) or "cuda", and head size (default 64).

Answers each line on standard input with the milliseconds of one step: forward, backward, AdamW. Needs torch and timm.
"""

import sys
import time

import timm
import torch

torch.manual_seed(0)
batch = int(sys.argv[1])
cuda = sys.argv[2:3] == ["cuda"]
head_dim = int(sys.argv[3]) if len(sys.argv) > 3 else 64
threads = 1 if cuda or len(sys.argv) < 3 else int(sys.argv[2])
torch.set_num_threads(threads)
torch.backends.cudnn.allow_tf32 = False  # for matrix products it is off already
device = torch.device("cuda" if cuda else "cpu")


class Attention(torch.nn.Module):
    """timm's attention with heads whose size is not dim / heads, as in Keras' example."""

    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv = torch.nn.Linear(dim, 3 * heads * head_dim)
        self.proj = torch.nn.Linear(heads * head_dim, dim)

    def forward(self, x, **_):
        qkv = self.qkv(x).reshape(*x.shape[:2], 3, self.heads, head_dim).permute(2, 0, 3, 1, 4)
        x = torch.nn.functional.scaled_dot_product_attention(*qkv.unbind(0))
        return self.proj(x.transpose(1, 2).flatten(2))


model = timm.create_model("deit_tiny_distilled_patch16_224", num_classes=5, drop_path_rate=0.1)
if head_dim != 64:
    for block in model.blocks:
        block.attn = Attention(model.embed_dim, block.attn.num_heads)
model = model.to(device)
model.train()
model.set_distilled_training(True)
optimizer = torch.optim.AdamW(model.parameters(), lr=2.5e-4, weight_decay=0.05)
criterion = torch.nn.CrossEntropyLoss()
images = torch.rand(batch, 3, 224, 224, device=device)
labels = torch.arange(batch, device=device) % 5


def step():
    optimizer.zero_grad()
    logits, distilled = model(images)
    loss = (criterion(logits, labels) + criterion(distilled, labels)) / 2
    loss.backward()
    optimizer.step()
    return loss.item()


step()
where = torch.cuda.get_device_name() if cuda else f"{threads} thread{'s' if threads > 1 else ''}"
print(f"PyTorch {torch.__version__.split('+')[0]} eager with timm {timm.__version__}, {where}", flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    step()
    print((time.perf_counter() - start) * 1e3, flush=True)
