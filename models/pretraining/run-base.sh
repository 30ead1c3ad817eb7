#!/usr/bin/env bash
# The base encoder, in chunks: simulate, train, evaluate, export. Each call works for about MINUTES (default 8), saves everything and ends
# with the line `continue` or `done`; call it until it says `done`. Killed at any moment, the next call goes on from what was saved.
#   models/pretraining/run-base.sh [MINUTES] [options of train.py, such as --set optimiser.steps=20000]
# Simulating takes longer than training: a GPU begins with FIRST systems and takes in what has been added every ROUND minutes.
# Needs Python with torch, onnx, onnxruntime and numpy (PYTHON=...), and a Node with the built CLI: in an archive of pack.mjs they lie beside
# it. Settings by environment: SYSTEMS, HEADS, HELD_OUT, FIRST, ROUND, JOBS (default: all cores), DATA, OUT, CONFIG, GPUS (more than one:
# torchrun).
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
count() { find "$data/train" -name 'system-*.safetensors' 2>/dev/null | wc -l; }
is_simulating() { [ -n "$maker" ] && kill -0 "$maker" 2>/dev/null; }

made="$data/made-${SYSTEMS:-2400}-${HEADS:-240}-${HELD_OUT:-100}"
maker=
if [ ! -e "$made" ]; then
  # In the background, and behind the training; the last block of systems takes half a minute longer.
  nice -n 10 "$python" make_data.py "$data" --systems "${SYSTEMS:-2400}" --heads "${HEADS:-240}" --held-out "${HELD_OUT:-100}" \
    ${JOBS:+--jobs "$JOBS"} --chunk-minutes "$("$python" -c "print(max(0.1, $(left) - 0.75))")" \
    --cli "$(realpath "$(command -v "$node")") $(realpath ../../dist/cli.mjs)" > "$data.log" 2>&1 &
  maker=$!
  # Nothing goes on in the background when the training fails or the call is stopped.
  trap 'kill "$maker" 2>/dev/null || true' EXIT
  trap 'exit 130' INT TERM
  while is_simulating && [ "$(count)" -lt "${FIRST:-200}" ]; do sleep 1; done
fi
launch=("$python")
[ "$gpus" -gt 1 ] && launch=("$python" -m torch.distributed.run --standalone --nproc-per-node "$gpus")
if [ ! -e "$out/checkpoint.pt" ] && [ "$(count)" -gt 0 ] && ! used_up; then
  "${launch[@]}" train.py "${CONFIG:-base.toml}" --data "$data" --out "$out" --chunk-minutes "$(left)" --round-minutes "${ROUND:-1.5}" "$@"
fi
if [ -n "$maker" ]; then
  wait "$maker" || { cat "$data.log" >&2; exit 1; }
  cat "$data.log"
  [ "$(tail -n 1 "$data.log")" = done ] || pause
  touch "$made"
fi
if [ ! -e "$out/checkpoint.pt" ] || used_up; then pause; fi
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
