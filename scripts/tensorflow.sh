#!/bin/sh
# Brings TensorFlow for the tests of its backend, in the way that packages/tfjs-backends/README.md tells users: tfjs-node
# from npm without its own scripts, its binding built against PyPI's TensorFlow. Nobody's package.json asks for it, so it
# lies in a folder of its own, linked to where tfjs-backends looks. `PYTHON` names another interpreter than python3.
set -eu
cd "$(dirname "$0")/.."
app="$PWD/.tensorflow"
links=packages/tfjs-backends/node_modules/@tensorflow
mkdir -p "$app" "$links"
npm install --prefix "$app" --no-save --no-audit --no-fund --ignore-scripts @tensorflow/tfjs-node@4.22.0
ln -sfn "$app/node_modules/@tensorflow/tfjs-node" "$links/tfjs-node"
node --import tsx --conditions=@deit/source packages/tfjs-backends/src/cli.ts install-tensorflow \
  --python "${PYTHON:-python3}"
