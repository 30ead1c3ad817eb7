"""Small convex models on all data at once, and their calibration on systems left out in turn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

SEED, FOLDS = 11, 5


def minimise(parameters: list[Tensor], loss: Callable[[], Tensor]) -> None:
    """L-BFGS on all data at once: deterministic."""
    optimiser = torch.optim.LBFGS(parameters, max_iter=300, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        value = loss()
        value.backward()
        return value

    optimiser.step(closure)


def left_out(system: np.ndarray, judge: Callable[[np.ndarray, np.ndarray], Tensor]) -> Tensor:
    """Logits of every row by a head that saw no slice of its system. judge(rows to train on, rows) -> logits of the latter"""
    fold = np.random.default_rng(SEED).permutation(int(system.max()) + 1)[system] % FOLDS
    rows = [np.flatnonzero(fold == k) for k in range(FOLDS)]
    logits = torch.cat([judge(np.flatnonzero(fold != k), rows[k]) for k in range(FOLDS)])
    return logits[np.argsort(np.concatenate(rows), kind="stable")]


def fit_platt(logits: Tensor, targets: Tensor, fixed: float | Tensor = 0.0, shifted: float | Tensor = 1.0) -> tuple[float, float]:
    """-> scale, shift: sigmoid(fixed + scale · logit + shift · shifted) is calibrated on logits of data left out of training."""
    scale, shift = torch.ones(1, requires_grad=True), torch.zeros(1, requires_grad=True)
    minimise([scale, shift], lambda: F.binary_cross_entropy_with_logits(fixed + logits * scale + shift * shifted, targets))
    return float(scale.detach()), float(shift.detach())


def fit_temperature(logits: Tensor, targets: Tensor) -> float:
    scale = torch.ones(1, requires_grad=True)
    minimise([scale], lambda: F.cross_entropy(logits * scale, targets))
    return float(scale.detach())
