#!/bin/sh
# Brings the programs that exported folders are checked with, into a folder of their own, as nobody's package.json asks for them:
# transformers, timm, ONNX Runtime, keras-hub (with PyTorch and TensorFlow, 8 GB) and transformers.js, onnxruntime-node, jax-js.
# `PYTHON` names another interpreter than python3.
set -eu
cd "$(dirname "$0")/.."
to="$PWD/.verifiers"
mkdir -p "$to"
[ -x "$to/python/bin/python" ] || "${PYTHON:-python3}" -m venv "$to/python"
"$to/python/bin/python" -m pip install --quiet --disable-pip-version-check \
  torch==2.15.0 transformers==5.24.0 timm==1.0.31 huggingface_hub==2.4.0 safetensors==0.8.0 \
  onnx==1.23.2 onnxruntime==1.32.0 keras==3.15.1 keras-hub==0.32.0 pillow==13.0.0
npm install --prefix "$to" --no-save --no-audit --no-fund --ignore-scripts --package-lock=false \
  @huggingface/transformers@4.3.2 onnxruntime-node@1.30.0 @jax-js/jax@0.1.25 @jax-js/onnx@0.1.2
