#!/usr/bin/env bash
# From nothing to models/encoder: simulate, export tensors, train, export ONNX, train the default heads. Interrupted, it continues.
#   models/pretraining/run-small.sh            needs Python with pyproject.toml's dependencies (PYTHON=...) and a built CLI
# On two cores two hours and a half, of which training takes 55 minutes. Settings by environment: SYSTEMS, HEADS, HELD_OUT, DATA, OUT, PROCESSES.
set -euo pipefail
cd "$(dirname "$0")"
python=${PYTHON:-python3}
data=${DATA:-data}
out=${OUT:-runs/small}
recordings=${RUNTIMESLICER_DATA:-../../../shared/data}
[ -f ../../dist/cli.mjs ] || (cd ../.. && npm run --silent build)
"$python" make_data.py "$data" --systems "${SYSTEMS:-1952}" --heads "${HEADS:-240}" --held-out "${HELD_OUT:-96}" \
  $([ -d "$recordings" ] && echo --recordings "$recordings")
# Two processes of one thread each use two cores better than two threads: most products of matrices are small.
"$python" -m torch.distributed.run --standalone --nproc-per-node "${PROCESSES:-2}" train.py small.toml --data "$data" --out "$out" --threads 1
# With tensors of recordings that were exported with --labels: evaluate.py "$out/checkpoint.pt" --data "$data" --recordings DIR --save
"$python" export.py "$out/checkpoint.pt" ../encoder
"$python" head_step.py ../encoder
"$python" adapter_step.py ../encoder
"$python" train_heads.py "$data" ../encoder --checkpoint "$out/checkpoint.pt" --results results/small
# Kept, so that it can be trained further: train.py small.toml --weights results/small-checkpoint.pt
cp "$out/checkpoint.pt" results/small-checkpoint.pt
cp "$out/curves.csv" results/small-curves.csv
cp "$out/curves.svg" results/small-curves.svg
