"""Trains the slice encoder. Seeded and resumable: what a step does depends on the seed, the step and the weights alone.

    python train.py small.toml --data data --out runs/small [--set loss.alignment=0] [--chunk-minutes 8] [--device cuda]
    torchrun --nproc-per-node 2 train.py base.toml --data data --out runs/base

Reads data/train/**.safetensors and data/held-out/**.safetensors; writes checkpoint.pt, curves.csv, curves.svg, evaluation.json. With
--chunk-minutes it ends after that time with everything saved, and says `continue` or `done`. Several processes each draw batches of
their own (the batch grows with their number, contrastive terms compare within one process) and average gradients.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from config import Config, read_config
from curves import write_curves
from data import Run, describe_runs, read_runs
from evaluate import HELD_OUT, evaluate
from loader import Source, noisy_table, to_batch
from model import count_parameters
from onnx_tools import training_commit
from sampling import source_of, source_shares
from trainer import LOSSES, Trainer

COLUMNS = ("step", "seconds", "total", *LOSSES, "scale", "slices_per_second")


def learning_rate(cfg: Config, step: int, seconds: float) -> float:
    """Linear warm-up, then a cosine to 2 % over the part of the budget (steps, or time where it is limited) that is used up first."""
    o = cfg.optimiser
    if step < o.warm_up:
        return o.learning_rate * (step + 1) / o.warm_up
    of_time = seconds / (60 * o.max_minutes) if o.max_minutes > 0 else 0.0
    progress = min(1.0, max((step - o.warm_up) / max(1, o.steps - o.warm_up), of_time))
    return o.learning_rate * (0.02 + 0.98 * (1 + math.cos(math.pi * progress)) / 2)


def create_optimiser(cfg: Config, trainer: Trainer) -> torch.optim.AdamW:
    decay = [p for p in trainer.parameters() if p.ndim > 1]
    plain = [p for p in trainer.parameters() if p.ndim <= 1]
    groups = [{"params": decay, "weight_decay": cfg.optimiser.weight_decay}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=cfg.optimiser.learning_rate, fused=next(trainer.parameters()).is_cuda)


def summarise(train: list[Run], held_out: list[Run], power: float) -> dict[str, Any]:
    kinds = Counter(run.types[int(label)] for run in train for label in run.label_type if label > 0)
    sources = Counter(source_of(run) for run in train)
    shares = source_shares(train, power)
    return {
        "training": describe_runs(train),
        HELD_OUT: describe_runs(held_out),
        "sources (runs, share of the draws)": "; ".join(f"{s}: {sources[s]}, {shares[s]:.0%}" for s in shares),
        "failure types (training slices)": ", ".join(f"{k} {n}" for k, n in sorted(kinds.items())) or "none",
    }


def save(path: Path, state: dict[str, Any]) -> None:
    """Whole or not at all: a training may be killed at any moment."""
    unfinished = path.with_suffix(".part")
    torch.save(state, unfinished)
    os.replace(unfinished, path)


def train(
    cfg: Config,
    data: Path,
    out: Path,
    device: torch.device,
    workers: int = 0,
    chunk_minutes: float = math.inf,
    round_minutes: float = math.inf,
    weights: Path | None = None,
) -> dict[str, Any] | None:
    """weights: a checkpoint that is trained further, in place of random ones.

    -> the checkpoint that was written; None when the chunk ended first, and in all processes but the first.
    """
    chunk_began = time.monotonic()
    rank, world = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
    out.mkdir(parents=True, exist_ok=True)
    source = Source(data / "train", cfg)
    types = source.types
    torch.manual_seed(cfg.seed)
    trainer = Trainer(cfg, len(types)).to(device)
    before = None if weights is None else load_weights(weights, cfg, trainer, types)
    optimiser = create_optimiser(cfg, trainer)
    step, seconds, history = 0, 0.0, []
    settings = {"config": cfg.to_json(), "types": types, "processes": world, "weights": before}

    state_path = out / "resume.pt"
    if state_path.exists():
        state = torch.load(state_path, map_location=device, weights_only=True)
        for name, value in settings.items():
            if state.get(name) != value:
                raise SystemExit(f"{state_path} was made with other settings or data ({name}); choose another --out or remove it")
        if len(source.runs) < state["runs"]:
            raise SystemExit(f"{state_path} was made with more data ({state['runs']} runs, now {len(source.runs)}); begin anew without it")
        trainer.load_state_dict(state["trainer"])
        optimiser.load_state_dict(state["optimiser"])
        step, seconds, history = state["step"], state["seconds"], state["history"]
        if rank == 0:
            print(f"resumed at step {step}")
    elif rank == 0:
        print(f"{count_parameters(trainer.encoder):,} parameters, {len(source.runs)} runs, {sum(map(len, source.runs))} slices, {types}")

    def store(step: int) -> None:
        if rank == 0:
            taken = time.monotonic() - began
            learned = {"trainer": trainer.state_dict(), "optimiser": optimiser.state_dict()}
            save(state_path, {**settings, **learned, "runs": len(source.runs), "step": step, "seconds": taken, "history": history})

    model: torch.nn.Module = torch.compile(trainer, dynamic=True) if cfg.optimiser.compile else trainer  # type: ignore[assignment]
    if world > 1:
        model = DistributedDataParallel(model, device_ids=[device.index] if device.type == "cuda" else None)
    precision = torch.autocast(device.type, torch.bfloat16, enabled=cfg.optimiser.mixed_precision and device.type == "cuda")
    model.train()
    # On the device: reading a number there waits for everything before it.
    sums, slices_seen = torch.zeros(1 + len(LOSSES), device=device), 0
    began = time.monotonic() - seconds
    # Each process has every `world`-th draw; a step's draw is the same however often training was interrupted.
    draws = range(step * world + rank, cfg.optimiser.steps * world, world)
    reported = time.monotonic()
    for arrays in source.batches(draws, workers, device.type == "cuda", round_minutes):
        seconds = time.monotonic() - began
        stop = agree(time.monotonic() - chunk_began > 60 * chunk_minutes, device)
        if stop:
            store(step)
            if rank == 0:
                print(f"continue: step {step} of {cfg.optimiser.steps}", flush=True)
            return None
        if agree(0 < cfg.optimiser.max_minutes * 60 < seconds, device):
            break
        torch.manual_seed(cfg.seed * 1_000_003 + step * world + rank)  # dropout and noise
        batch = to_batch(arrays, device)
        batch = batch._replace(table=noisy_table(batch, cfg.batch))
        with precision:
            total, terms = model(batch)
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(cfg, step, seconds)
        optimiser.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(trainer.parameters(), cfg.optimiser.clip, error_if_nonfinite=True)
        optimiser.step()
        step += 1
        sums += torch.stack([total.detach(), *(terms[name] for name in LOSSES)])
        slices_seen += len(batch.start) * world
        if step % cfg.report.every == 0:
            now = time.monotonic()
            row = dict(zip(("total", *LOSSES), (sums / cfg.report.every).tolist(), strict=True))
            row |= {"step": step, "seconds": now - began, "scale": trainer.alignment_scale().item()}
            row["slices_per_second"] = slices_seen / (now - reported)
            history.append(row)
            sums.zero_()
            slices_seen, reported = 0, now
            if rank == 0:
                print(" ".join(f"{k} {row[k]:.3f}" if k != "step" else f"step {step}" for k in COLUMNS), flush=True)
            store(step)
    store(step)
    work = Work(cfg, data, out, source.runs, types, before)
    return finish(work, trainer, history, step, time.monotonic() - began) if rank == 0 else None


def load_weights(path: Path, cfg: Config, trainer: Trainer, types: list[str]) -> dict[str, Any]:
    """Takes what a checkpoint learned. -> how that one was trained"""
    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    for name, value, expected in (("model", checkpoint["model_config"], cfg.model.to_json()), ("types", checkpoint["types"], types)):
        if value != expected:
            raise SystemExit(f"{path} has another {name}: {value}, here {expected}")
    trainer.encoder.load_state_dict(checkpoint["model"])
    trainer.heads.load_state_dict(checkpoint["heads"])
    trainer.load_state_dict(checkpoint.get("objectives", {}), strict=False)
    return {**checkpoint["training"], "commit": checkpoint["commit"], "data": checkpoint["dataset"]["training"]}


def agree(flag: bool, device: torch.device) -> bool:
    """Whether the first process says so: all must leave the loop in the same step."""
    if not dist.is_initialized():
        return flag
    shared = torch.tensor([float(flag)], device=device)
    dist.broadcast(shared, 0)
    return bool(shared.item())


@dataclass(frozen=True)
class Work:
    """What is trained, on what, and from which weights on (None: from random ones)."""

    cfg: Config
    data: Path
    out: Path
    runs: list[Run]
    types: list[str]
    before: dict[str, Any] | None


def finish(work: Work, trainer: Trainer, history: list[dict[str, float]], step: int, seconds: float) -> dict[str, Any]:
    """Looks at held-out systems and writes what came out. -> the checkpoint"""
    cfg, out = work.cfg, work.out
    device = next(trainer.parameters()).device
    write_curves(out, history, COLUMNS)
    held_out = [r for r in read_runs(work.data / "held-out") if len(r)]
    trainer.eval().cpu()
    metrics = evaluate(trainer.encoder, trainer.heads, work.runs, held_out, work.types, cfg.seed) if held_out else {}
    (out / "evaluation.json").write_text(json.dumps(metrics, indent=2) + "\n")
    checkpoint = {
        "name": cfg.name,
        "model_config": cfg.model.to_json(),
        "model": trainer.encoder.state_dict(),
        "heads": trainer.heads.state_dict(),
        "objectives": trainer.objectives(),
        "types": work.types,
        "commit": training_commit(),
        "training": {
            "config": cfg.to_json(),
            "steps": step,
            "minutes": round(seconds / 60, 1),
            "device": str(device),
            **({"before": work.before} if work.before else {}),
        },
        "dataset": summarise(work.runs, held_out, cfg.batch.source_power),
        "metrics": metrics,
    }
    save(out / "checkpoint.pt", checkpoint)
    return checkpoint


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--weights", type=Path, help="a checkpoint to train further, such as one of other systems")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.NAME=VALUE", help="a setting instead of the file's")
    parser.add_argument("--chunk-minutes", type=float, default=math.inf, help="save and end after this time; call again to continue")
    parser.add_argument("--round-minutes", type=float, default=math.inf, help="look for more systems in the data after this time")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--workers", type=int, help="processes that make batches; default 1 on a CPU, 8 for a GPU")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    np.seterr(all="raise", under="ignore")
    device = torch.device(args.device)
    if "WORLD_SIZE" in os.environ and int(os.environ["WORLD_SIZE"]) > 1:
        if device.type == "cuda":
            device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
            torch.cuda.set_device(device)
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    workers = args.workers if args.workers is not None else (8 if device.type == "cuda" else 1)
    cfg = read_config(args.config, args.set)
    checkpoint = train(cfg, args.data, args.out, device, workers, args.chunk_minutes, args.round_minutes, args.weights)
    if checkpoint is not None:
        print(json.dumps(checkpoint["metrics"], indent=2))
        print("done")
    if dist.is_initialized():
        # DistributedDataParallel is part of reference cycles and holds the process group: gloo's threads, alive until the interpreter
        # ends, abort it then (torch 2.13, measured on busy machines: 6 of 25 runs ended so, 0 of 55 with this).
        gc.collect()
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
