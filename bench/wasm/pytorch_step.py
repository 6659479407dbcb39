"""The training step of bench/wasm/pytorch.ts in PyTorch eager: batch, and threads (default 1).

Answers each line on standard input with the milliseconds of one step: forward, backward, AdamW. Needs torch and timm.
"""

import sys
import time

import timm
import torch

torch.manual_seed(0)
batch = int(sys.argv[1])
threads = int(sys.argv[2]) if len(sys.argv) > 2 else 1
torch.set_num_threads(threads)
model = timm.create_model("deit_tiny_distilled_patch16_224", num_classes=5, drop_path_rate=0.1)
model.train()
model.set_distilled_training(True)
optimizer = torch.optim.AdamW(model.parameters(), lr=2.5e-4, weight_decay=0.05)
criterion = torch.nn.CrossEntropyLoss()
images = torch.rand(batch, 3, 224, 224)
labels = torch.arange(batch) % 5


def step():
    optimizer.zero_grad()
    logits, distilled = model(images)
    loss = (criterion(logits, labels) + criterion(distilled, labels)) / 2
    loss.backward()
    optimizer.step()
    return loss.item()


step()
print(f"PyTorch {torch.__version__.split('+')[0]} eager with timm {timm.__version__}, {threads} thread{'s' if threads > 1 else ''}", flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    step()
    print((time.perf_counter() - start) * 1e3, flush=True)
