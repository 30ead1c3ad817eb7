#!/usr/bin/env bash
# From nothing to models/encoder: simulate, export tensors, train, evaluate, export ONNX, train the default heads. Interrupted, it continues.
#   models/pretraining/run-small.sh            needs Python with pyproject.toml's dependencies (PYTHON=...) and a built CLI
set -euo pipefail
cd "$(dirname "$0")"
python=${PYTHON:-python3}
data=${DATA:-data}
out=${OUT:-runs/small}
recordings=${RUNTIMESLICER_DATA:-../../../shared/data}
[ -f ../../dist/cli.mjs ] || (cd ../.. && npm run --silent build)
"$python" make_data.py "$data" --systems "${SYSTEMS:-80}" --held-out "${HELD_OUT:-20}" \
  $([ -d "$recordings" ] && echo --recordings "$recordings")
"$python" train.py small.toml --data "$data" --out "$out"
# With tensors of recordings that were exported with --labels: evaluate.py "$out/checkpoint.pt" --data "$data" --recordings DIR --save
"$python" export.py "$out/checkpoint.pt" ../encoder
"$python" train_heads.py "$data" ../encoder/heads.json
