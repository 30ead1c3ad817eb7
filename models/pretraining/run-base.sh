#!/usr/bin/env bash
# The base encoder, in chunks: simulate, train, evaluate, export. Each call works for about MINUTES (default 8), saves everything and ends
# with the line `continue` or `done`; call it until it says `done`. Killed at any moment, the next call goes on from what was saved.
#   models/pretraining/run-base.sh [MINUTES] [options of train.py, such as --set optimiser.steps=20000]
# Needs Python with torch, onnx, onnxruntime and numpy (PYTHON=...), and a Node with the built CLI: in an archive of pack.mjs they lie beside
# it. Settings by environment: SYSTEMS, HEADS, HELD_OUT, JOBS (default: all cores), DATA, OUT, CONFIG, GPUS (more than one: torchrun).
set -euo pipefail
cd "$(dirname "$0")"
minutes=8
case "${1:-}" in [0-9]*) minutes=$1; shift ;; esac
python=${PYTHON:-python3}
data=${DATA:-data}
out=${OUT:-runs/base}
gpus=${GPUS:-1}
node=$([ -x ../../node ] && echo ../../node || echo node)

# What is left of the chunk; 0 once it is used up. Whatever is begun with less than a minute left would only start and stop.
left() { "$python" -c "print(max(0.0, $minutes - $SECONDS / 60))"; }
used_up() { "$python" -c "import sys; sys.exit(0 if $(left) < min(1.0, $minutes / 4) else 1)"; }
pause() { echo continue; exit 0; }

made="$data/made-${SYSTEMS:-2400}-${HEADS:-240}-${HELD_OUT:-100}"
if [ ! -e "$made" ]; then
  # The last block of systems takes half a minute longer.
  "$python" make_data.py "$data" --systems "${SYSTEMS:-2400}" --heads "${HEADS:-240}" --held-out "${HELD_OUT:-100}" ${JOBS:+--jobs "$JOBS"} \
    --chunk-minutes "$("$python" -c "print(max(0.1, $(left) - 0.75))")" --cli "$(realpath "$(command -v "$node")") $(realpath ../../dist/cli.mjs)" \
    | tee "$data.log"
  [ "$(tail -n 1 "$data.log")" = done ] || pause
  touch "$made"
  used_up && pause
fi
if [ ! -e "$out/checkpoint.pt" ]; then
  launch=("$python")
  [ "$gpus" -gt 1 ] && launch=("$python" -m torch.distributed.run --standalone --nproc-per-node "$gpus")
  "${launch[@]}" train.py "${CONFIG:-base.toml}" --data "$data" --out "$out" --chunk-minutes "$(left)" "$@"
  [ -e "$out/checkpoint.pt" ] || pause
  used_up && pause
fi
if [ ! -e "$out/encoder/README.md" ]; then
  # Into a folder of its own, with what the manifest says of the text encoder.
  mkdir -p "$out/encoder"
  cp ../encoder/manifest.json "$out/encoder/"
  "$python" head_step.py "$out/encoder"
  "$python" adapter_step.py "$out/encoder"
  "$python" export.py "$out/checkpoint.pt" "$out/encoder"
fi
[ -e "$out/encoder/heads.json" ] || "$python" train_heads.py "$data" "$out/encoder" --checkpoint "$out/checkpoint.pt" --results "$out/base"
echo done
