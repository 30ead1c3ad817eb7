"""Trains the slice encoder. Seeded, resumable: a checkpoint holds everything the next step needs.

    python train.py small.toml --data data --out runs/small [--device cuda]

Reads data/train/**.safetensors and data/held-out/**.safetensors; writes checkpoint.pt, curves.csv, curves.svg, evaluation.json.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from config import Config, read_config
from curves import draw_curves
from data import Run, read_runs
from evaluate import evaluate
from losses import (
    Temperature,
    alignment_loss,
    anomaly_loss,
    root_cause_loss,
    temporal_loss,
    type_loss,
    window_overlap,
)
from model import Heads, SliceEncoder, count_parameters
from onnx_tools import training_commit
from sampling import Batch, Sampler, global_types, make_batch

COLUMNS = ("step", "seconds", "total", "alignment", "temporal", "anomaly", "type", "root_cause", "scale")


class Trainer(torch.nn.Module):
    """Everything that learns, so that one state dict holds it."""

    def __init__(self, cfg: Config, types: int) -> None:
        super().__init__()
        self.encoder = SliceEncoder(cfg.model)
        self.heads = Heads(cfg.model, types)
        self.alignment_scale, self.temporal_scale = Temperature(), Temperature()

    def losses(self, batch: Batch, table: Tensor) -> dict[str, Tensor]:
        present = batch.present  # (B, E, M)
        embeddings = self.encoder(table, *batch.inputs[1:])
        overlap = window_overlap(batch.start, batch.end, batch.run)
        anomaly, failure_type, root = self.heads(embeddings)
        return {
            "alignment": alignment_loss(embeddings.modalities, present.any(1), overlap, self.alignment_scale()),
            "temporal": temporal_loss(embeddings.slices, overlap, self.temporal_scale()),
            "anomaly": anomaly_loss(anomaly, batch.label_type),
            "type": type_loss(failure_type, batch.label_type),
            "root_cause": root_cause_loss(root, present.any(-1), batch.label_entity),
        }


def learning_rate(cfg: Config, step: int, seconds: float) -> float:
    """Linear warm-up, then a cosine to 2 % over the part of the budget (steps or time) that is used up first."""
    o = cfg.optimiser
    if step < o.warm_up:
        return o.learning_rate * (step + 1) / o.warm_up
    progress = min(1.0, max((step - o.warm_up) / max(1, o.steps - o.warm_up), seconds / (60 * o.max_minutes)))
    return o.learning_rate * (0.02 + 0.98 * (1 + math.cos(math.pi * progress)) / 2)


def to_device(batch: Batch, device: torch.device) -> Batch:
    moved = (getattr(batch, name).to(device) for name in ("start", "end", "run", "label_type", "label_entity"))
    return Batch(batch.inputs.to(device), *moved)


def summarise(train: list[Run], held_out: list[Run]) -> dict[str, Any]:
    def describe(runs: list[Run]) -> str:
        labelled = [r for r in runs if r.labelled]
        slices = sum(len(r) for r in runs)
        failing = sum(int((r.label_type > 0).sum()) for r in runs)
        return f"{len(runs)} runs ({len(labelled)} simulated with labels, the rest recordings without), {slices} slices, {failing} failing"

    kinds = Counter(run.types[int(label)] for run in train for label in run.label_type if label > 0)
    return {
        "training": describe(train),
        "held out (other systems, other seeds)": describe(held_out),
        "failure types (training slices)": ", ".join(f"{k} {n}" for k, n in sorted(kinds.items())) or "none",
        "distinct texts": sum(len(r.texts) for r in train),
    }


def train(cfg: Config, data: Path, out: Path, device: torch.device) -> dict[str, Any]:
    """-> the checkpoint that was written."""
    out.mkdir(parents=True, exist_ok=True)
    runs = [r for r in read_runs(data / "train") if len(r)]
    held_out = [r for r in read_runs(data / "held-out") if len(r)]
    if not runs:
        raise SystemExit(f"no *.safetensors in {data / 'train'}; make them with make_data.py")
    types = global_types(runs)
    torch.manual_seed(cfg.seed)
    trainer = Trainer(cfg, len(types)).to(device)
    decay = [p for p in trainer.parameters() if p.ndim > 1]
    plain = [p for p in trainer.parameters() if p.ndim <= 1]
    groups = [{"params": decay, "weight_decay": cfg.optimiser.weight_decay}, {"params": plain, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=cfg.optimiser.learning_rate)
    sampler = Sampler(runs, cfg.batch.runs, cfg.batch.pairs_per_run, cfg.batch.failing, cfg.seed)
    noise = torch.Generator().manual_seed(cfg.seed)
    step, seconds, history = 0, 0.0, []

    state_path = out / "resume.pt"
    if state_path.exists():
        state = torch.load(state_path, map_location=device, weights_only=False)
        if state["config"] != cfg.to_json():
            raise SystemExit(f"{state_path} was made with other settings; choose another --out or remove it")
        trainer.load_state_dict(state["trainer"])
        optimiser.load_state_dict(state["optimiser"])
        sampler.rng.bit_generator.state = state["sampler"]
        noise.set_state(state["noise"].cpu())
        torch.set_rng_state(state["torch"].cpu())
        step, seconds, history = state["step"], state["seconds"], state["history"]
        print(f"resumed at step {step}")

    weights = cfg.loss
    print(f"{count_parameters(trainer.encoder):,} parameters, {len(runs)} runs, {sum(map(len, runs))} slices, {types}")
    trainer.train()
    sums: Counter[str] = Counter()
    began = time.monotonic() - seconds
    while step < cfg.optimiser.steps and time.monotonic() - began < 60 * cfg.optimiser.max_minutes:
        chosen = sampler.draw()
        drop = sampler.modality_dropout(len(chosen), cfg.batch.drop_one_modality, cfg.batch.drop_two_modalities)
        batch = to_device(make_batch(runs, chosen, types, cfg.model.numbers, drop), device)
        table = batch.inputs.text_table
        table = table + (torch.randn(table.shape, generator=noise) * cfg.batch.text_noise).to(device)
        parts = trainer.losses(batch, table)
        total = sum((getattr(weights, name) * part for name, part in parts.items()), torch.zeros((), device=device))
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(cfg, step, time.monotonic() - began)
        optimiser.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(trainer.parameters(), cfg.optimiser.clip)
        optimiser.step()
        if not torch.isfinite(total):
            raise SystemExit(f"step {step}: loss is {total.item()} ({ {k: v.item() for k, v in parts.items()} })")
        step += 1
        sums.update({"total": total.item(), **{k: v.item() for k, v in parts.items()}})
        if step % cfg.report.every == 0:
            row = {k: sums[k] / cfg.report.every for k in COLUMNS[2:-1]}
            row |= {"step": step, "seconds": time.monotonic() - began, "scale": trainer.alignment_scale().item()}
            history.append(row)
            sums.clear()
            print(" ".join(f"{k} {row[k]:.3f}" if k != "step" else f"step {step}" for k in COLUMNS), flush=True)
            torch.save(
                {
                    "config": cfg.to_json(),
                    "trainer": trainer.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "sampler": sampler.rng.bit_generator.state,
                    "noise": noise.get_state(),
                    "torch": torch.get_rng_state(),
                    "step": step,
                    "seconds": time.monotonic() - began,
                    "history": history,
                },
                state_path,
            )
    seconds = time.monotonic() - began
    with (out / "curves.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: round(row[k], 5) for k in COLUMNS} for row in history)
    (out / "curves.svg").write_text(draw_curves(history, COLUMNS[2:-1]))

    trainer.eval().cpu()
    metrics = evaluate(trainer.encoder, trainer.heads, runs, held_out, types, cfg.seed) if held_out else {}
    (out / "evaluation.json").write_text(json.dumps(metrics, indent=2) + "\n")
    checkpoint = {
        "name": cfg.name,
        "model_config": cfg.model.to_json(),
        "model": trainer.encoder.state_dict(),
        "heads": trainer.heads.state_dict(),
        "types": types,
        "commit": training_commit(),
        "training": {"config": cfg.to_json(), "steps": step, "minutes": round(seconds / 60, 1), "device": str(device)},
        "dataset": summarise(runs, held_out),
        "metrics": metrics,
    }
    torch.save(checkpoint, out / "checkpoint.pt")
    return checkpoint


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    np.seterr(all="raise", under="ignore")
    checkpoint = train(read_config(args.config), args.data, args.out, torch.device(args.device))
    print(json.dumps(checkpoint["metrics"], indent=2))


if __name__ == "__main__":
    main()
