"""Averages the weights of checkpoints that were trained from one another, or from the same one.

    python average.py before.pt after.pt --out small.pt

Training on fresh systems gains on simulated ones and may lose elsewhere; the mean of the weights before and after may keep most of the gain
with less of the loss (WiSE-FT, Wortsman et al. 2022, arXiv 2109.01903; weights without a common beginning have no useful mean). Figures are
in CONTRIBUTING.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from train import save

#: Of a checkpoint, what training changes.
LEARNED = ("model", "heads", "objectives")
#: What must be the same for weights to mean the same.
SHARED = ("model_config", "types")
ADVICE = "take those of one training, or of one that began with the weights of the other"


def average(checkpoints: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """-> a checkpoint with the mean of their weights, and otherwise the last one's content; its measures are not known.

    @raises ValueError naming what differs, when they are not of one kind
    """
    last = checkpoints[-1]
    for name in SHARED:
        if any(checkpoint[name] != last[name] for checkpoint in checkpoints):
            raise ValueError(f"the checkpoints have different {name}; {ADVICE}")
    return {
        **last,
        **{part: mean([checkpoint.get(part, {}) for checkpoint in checkpoints]) for part in LEARNED},
        "training": {**last["training"], "meanOfSteps": [total_steps(checkpoint["training"]) for checkpoint in checkpoints]},
        "metrics": {},
    }


def mean(states: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    shapes = [{name: weight.shape for name, weight in state.items()} for state in states]
    if any(shape.keys() != shapes[-1].keys() for shape in shapes):
        raise ValueError(f"the checkpoints have weights of different names; {ADVICE}")
    if any(shape != shapes[-1] for shape in shapes):
        raise ValueError(f"the checkpoints have weights of different shapes; {ADVICE}")
    return {name: torch.stack([state[name].double() for state in states]).mean(0).to(last.dtype) for name, last in states[-1].items()}


def total_steps(training: dict[str, Any]) -> int:
    """Of it and of all trainings before."""
    before = training.get("before")
    return int(training["steps"]) + (total_steps(before) if before else 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", type=Path, nargs="+", help="the one that was trained last comes last")
    parser.add_argument("--out", type=Path, required=True, help="evaluate.py --save writes into it how good it is")
    args = parser.parse_args()
    if len(args.checkpoints) < 2:
        parser.error("a mean is of two checkpoints at least")
    checkpoints = [torch.load(path, map_location="cpu", weights_only=True) for path in args.checkpoints]
    try:
        averaged = average(checkpoints)
    except ValueError as problem:
        raise SystemExit(f"not averaged: {problem}") from None
    save(args.out, averaged)


if __name__ == "__main__":
    main()
