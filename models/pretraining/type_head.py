"""The failure-type head: multinomial logistic regression. typeProbabilities and rankTypes in src/core/heads/headWeights.ts apply it.

Letters: N failing slices, P type features, D embedding width, K types.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from fitting import fit_temperature, left_out, minimise

#: Chosen with the encoder before, by systems left out in turn: accuracy of slices .57 with 1e-2, .61 with 1e-3. Macro-F1 with the two on
#: 201 held-out simulated faults .54, .54; on the recorded days, whose types have other names, TrainTicket .05, .07, OnlineBoutique .15,
#: .24. 1e-4 gains nothing more.
L2 = 1e-3
#: A type is called unknown when its probability is below what this share of failures reaches.
UNKNOWN_SHARE = 0.05


@dataclass(frozen=True)
class TypeHead:
    weight: Tensor  # (P + D, K)
    bias: Tensor  # (K,)

    def __call__(self, inputs: Tensor) -> Tensor:
        """(N, P + D) -> logits (N, K)"""
        return inputs @ self.weight + self.bias


def fit_types(inputs: Tensor, targets: Tensor, classes: int) -> TypeHead:
    """Classes balanced. inputs (N, P + D), targets (N,) in 0..K-1"""
    weight = torch.zeros(inputs.shape[1], classes, requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    counts = torch.bincount(targets, minlength=classes).float()
    balance = 1 / counts[targets].clamp(min=1)

    def loss() -> Tensor:
        losses = F.cross_entropy(inputs @ weight + bias, targets, reduction="none")
        return (losses * balance).sum() / balance.sum() + L2 * (weight**2).sum()

    minimise([weight, bias], loss)
    return TypeHead(weight.detach(), bias.detach())


def fit_calibrated_types(inputs: Tensor, targets: Tensor, classes: int, system: np.ndarray) -> tuple[TypeHead, float]:
    """-> the head, calibrated on systems left out in turn, and the probability of the likeliest type below which a failure is unknown"""
    logits = left_out(system, lambda some, others: fit_types(inputs[some], targets[some], classes)(inputs[others]))
    sharper = fit_temperature(logits, targets)
    head = fit_types(inputs, targets, classes)
    unknown_below = float(torch.quantile(torch.softmax(logits * sharper, 1).max(1).values, UNKNOWN_SHARE))
    return TypeHead(head.weight * sharper, head.bias * sharper), unknown_below
