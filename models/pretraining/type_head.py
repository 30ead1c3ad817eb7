"""The failure-type head: multinomial logistic regression. typeProbabilities and rankTypes in src/core/heads/headWeights.ts apply it.

Letters: N failing slices, P type features, D embedding width, K types.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from encoder_heads import EncoderHeads
from fitting import fit_temperature, left_out, minimise

#: Of the weights of features, and of how those of the embedding differ from the encoder's own head (encoder_heads.py). Macro-F1 and log
#: loss of slices on 96 held-out systems, by one encoder: without that head, both held to 0 by 1e-3, .695, 1.008; so .738, .814; with 1e-2
#: for both .738, .813; 1e-3 for both .725, .828; that head by itself .748, .816. Default types of the recorded days, whose types have other
#: names, without that head and so: TrainTicket .21, .21, OnlineBoutique .31, .38.
L2, L2_EMBEDDING = 1e-2, 1e-1
#: A type is called unknown when its probability is below what this share of failures reaches.
UNKNOWN_SHARE = 0.05


@dataclass(frozen=True)
class TypeHead:
    weight: Tensor  # (P + D, K)
    bias: Tensor  # (K,)

    def __call__(self, inputs: Tensor) -> Tensor:
        """(N, P + D) -> logits (N, K)"""
        return inputs @ self.weight + self.bias


def fit_types(inputs: Tensor, targets: Tensor, pretrained: EncoderHeads) -> TypeHead:
    """Classes balanced; what is learned is a change of what the encoder's own head says, which is followed by a learned factor.

    inputs (N, P + D), targets (N,) in 0..K-1
    """
    width, classes = pretrained.types.shape
    start = torch.cat([torch.zeros(inputs.shape[1] - width, classes), pretrained.types])
    change, shift = torch.zeros_like(start, requires_grad=True), torch.zeros(classes, requires_grad=True)
    trust = torch.ones(1, requires_grad=True)
    held = torch.full((len(start), 1), L2)
    held[-width:] = L2_EMBEDDING
    counts = torch.bincount(targets, minlength=classes).float()
    balance = 1 / counts[targets].clamp(min=1)

    def build() -> TypeHead:
        return TypeHead(change + trust * start, shift + trust * pretrained.types_bias)

    def loss() -> Tensor:
        losses = F.cross_entropy(build()(inputs), targets, reduction="none")
        return (losses * balance).sum() / balance.sum() + (held * change**2).sum()

    minimise([change, shift, trust], loss)
    final = build()
    return TypeHead(final.weight.detach(), final.bias.detach())


def fit_calibrated_types(inputs: Tensor, targets: Tensor, system: np.ndarray, pretrained: EncoderHeads) -> tuple[TypeHead, float]:
    """-> the head, calibrated on systems left out in turn, and the probability of the likeliest type below which a failure is unknown"""
    logits = left_out(system, lambda some, others: fit_types(inputs[some], targets[some], pretrained)(inputs[others]))
    sharper = fit_temperature(logits, targets)
    head = fit_types(inputs, targets, pretrained)
    unknown_below = float(torch.quantile(torch.softmax(logits * sharper, 1).max(1).values, UNKNOWN_SHARE))
    return TypeHead(head.weight * sharper, head.bias * sharper), unknown_below
