"""The detection head: one linear detector for each state, mixed by membership. detectSlices in src/core/heads/headWeights.ts applies it.

Letters: N slices, H features, D embedding width, K states.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from fitting import fit_platt, left_out, minimise

L2 = 3e-3
#: Of what detection reads of embeddings. AUROC among slices that hold the same modalities, of 60 short and 24 long simulated development
#: systems: without embeddings .78, .81, with this .83, .85. F1 of incidents of 24 of the systems and of the OnlineBoutique day: without
#: .87, .87, with this .89, .85, with 2e-3 .89, .74.
L2_DEVIATION = 5e-3
#: How many states pretraining tells apart, and how far weights of a state are held to those of all. Log loss on 95 held-out systems falls
#: by .006 [.005, .007] with these, by .003 with .2 and with 4 states, by .014 with .03; AUROC rises by .004, .002, .002, .009. F1 and false
#: alarms an hour of incidents on the OnlineBoutique day: without states .85, .61; with these .83, .71; with .2 and with 4 states .85, .61;
#: with .03 .76, 1.12, whether the bias takes part or not. On 24 development systems: .89, .44; .89, .44; .89, .44 and .53; .90, .44.
STATES, L2_STATE = 8, 0.1


@dataclass(frozen=True)
class DetectorInputs:
    features: Tensor  # (N, H)
    deviation: Tensor  # (N, D)
    shares: Tensor  # (N, K + 1) of the states, and of none

    def __getitem__(self, rows: np.ndarray) -> DetectorInputs:
        return DetectorInputs(self.features[rows], self.deviation[rows], self.shares[rows])

    def __len__(self) -> int:
        return len(self.features)

    def of_no_state(self) -> DetectorInputs:
        return DetectorInputs(self.features, self.deviation, torch.ones(len(self), 1))


@dataclass(frozen=True)
class Detector:
    """One linear detector for each state, and last that of slices in none of them: the mean of their logits by share."""

    weights: Tensor  # (K + 1, H)
    deviation: Tensor  # (K + 1, D)
    bias: Tensor  # (K + 1,)

    def __call__(self, inputs: DetectorInputs) -> Tensor:
        """-> logits (N,)"""
        return (inputs.shares * (inputs.features @ self.weights.mT + inputs.deviation @ self.deviation.mT + self.bias)).sum(1)

    def scaled(self, scale: float, shift: float) -> Detector:
        return Detector(self.weights * scale, self.deviation * scale, self.bias * scale + shift)


def fit_detector(inputs: DetectorInputs, targets: Tensor) -> Detector:
    """Logistic regression with weights of features >= 0: on no system may a larger deviation make a slice look more usual."""
    states, width = inputs.shares.shape[1], inputs.deviation.shape[1]
    raw = torch.full((inputs.features.shape[1],), -2.0, requires_grad=True)
    free, bias = torch.zeros(width, requires_grad=True), torch.zeros(1, requires_grad=True)
    # What states change; nothing where there is none (the last row).
    changes = [torch.zeros(states, size, requires_grad=True) for size in (len(raw), width, 1)]
    of_states = (torch.arange(states) < states - 1)[:, None].float()

    def build() -> Detector:
        raws, frees, biases = (own + change * of_states for own, change in zip((raw, free, bias), changes, strict=True))
        return Detector(F.softplus(raws), frees, biases[:, 0])

    def loss() -> Tensor:
        detector = build()
        held = L2 * (detector.weights[-1] ** 2).sum() + L2_DEVIATION * (free**2).sum()
        for rows in (detector.weights, detector.deviation, detector.bias[:, None]):
            held = held + L2_STATE * ((rows - rows[-1]) ** 2).sum()
        return F.binary_cross_entropy_with_logits(detector(inputs), targets) + held

    minimise([raw, free, bias, *changes], loss)
    final = build()
    return Detector(final.weights.detach(), final.deviation.detach(), final.bias.detach())


def fit_calibrated(inputs: DetectorInputs, targets: Tensor, system: np.ndarray) -> tuple[Detector, Tensor]:
    """-> the detector, and the logits of a like one that saw no slice of the same system; both calibrated on those."""
    logits = left_out(system, lambda some, others: fit_detector(inputs[some], targets[some])(inputs[others]))
    scale, shift = fit_platt(logits, targets)
    return fit_detector(inputs, targets).scaled(scale, shift), logits * scale + shift
