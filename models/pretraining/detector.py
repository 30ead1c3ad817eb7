"""The detection head: one linear detector for each state that pretraining knows, and one for slices in none of them, mixed by membership.

src/core/heads/detectSlices.ts applies it. What embeddings say as they are holds only where they are like those that it was
learned from; there it adds what the head says that was trained with the encoder (encoder_heads.py), times a learned factor. Log loss and
AUROC on 95 held-out systems, by one encoder: without that .435, .860, so .406, .879, that head by itself .410, .874. Everywhere else
detection reads how embeddings differ from what is usual in their run, and no more than that.
Letters: N slices, H features, D embedding width, K states.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from encoder_heads import EncoderHeads
from fitting import fit_platt, left_out, minimise

L2 = 3e-3
#: Of what detection reads of embeddings. AUROC among slices that hold the same modalities, of 60 short and 24 long simulated development
#: systems: without embeddings .78, .81, with them .83, .85. F1 of incidents of 24 of the systems and of the OnlineBoutique day: without
#: .87, .87, with 5e-3 .89, .85, with 2e-3 .89, .74. By the encoder that ships, AUROC and log loss of 95 held-out systems, F1 and false
#: alarms an hour of that day, with all modalities and by metrics alone: 1.5e-2 .889, .387, .80, 1.02, .42, .31; this .889, .387, .86, .41,
#: .39, .26 (with an EXIT_P of .6 in incidentSlices.ts).
L2_DEVIATION = 5e-2
#: How many states pretraining tells apart, how far what all of them share is held to the weights of no state (and those of the embedding to
#: 0), and how far each is held to what they share. By the encoder before A (CONTRIBUTING.md), without what its own head says: AUROC and log
#: loss on 95 held-out systems, F1 and false alarms an hour of incidents on 24 development systems and on the OnlineBoutique day: without
#: states .824, .494; with L2_KNOWN 3e-3 .850, .450; 1e-3 .859, .436, .96, .44, .81, .92; with this .862, .431, .96, .44, .80, 1.02; 5e-4
#: .865, .427, .96, .44, .79, 1.22; 3e-4 .870, .421, .97, .44, .79, 1.22 (all but this with a WIDTH of .03 in states.py; with .015 and with
#: .01, 5e-4 has .96, .44, .80, 1.02). By one before that, one state in place of eight lost .002 of AUROC.
STATES, L2_KNOWN, L2_STATE = 8, 7e-4, 1e-2


@dataclass(frozen=True)
class DetectorInputs:
    features: Tensor  # (N, H)
    deviation: Tensor  # (N, D)
    embedding: Tensor  # (N, D)
    shares: Tensor  # (N, K + 1) of the states, and of none

    def __getitem__(self, rows: np.ndarray) -> DetectorInputs:
        return DetectorInputs(self.features[rows], self.deviation[rows], self.embedding[rows], self.shares[rows])

    def __len__(self) -> int:
        return len(self.features)

    def of_no_state(self) -> DetectorInputs:
        return DetectorInputs(self.features, self.deviation, self.embedding, torch.ones(len(self), 1))


@dataclass(frozen=True)
class Detector:
    """One linear detector for each state, and last that of slices in none of them: the mean of their logits by share."""

    weights: Tensor  # (K + 1, H)
    deviation: Tensor  # (K + 1, D)
    embedding: Tensor  # (K + 1, D), the last row 0
    bias: Tensor  # (K + 1,)

    def __call__(self, inputs: DetectorInputs) -> Tensor:
        """-> logits (N,)"""
        of_states = inputs.features @ self.weights.mT + inputs.deviation @ self.deviation.mT + inputs.embedding @ self.embedding.mT
        return (inputs.shares * (of_states + self.bias)).sum(1)

    def scaled(self, scale: Tensor, shift: Tensor) -> Detector:
        """scale, shift (K + 1,)"""
        rows = scale[:, None]
        return Detector(self.weights * rows, self.deviation * rows, self.embedding * rows, self.bias * scale + shift)


def fit_stateless(inputs: DetectorInputs, targets: Tensor) -> Detector:
    """Logistic regression with weights of features >= 0: on no system may a larger deviation make a slice look more usual."""
    raw = torch.full((1, inputs.features.shape[1]), -2.0, requires_grad=True)
    deviation, bias = torch.zeros(1, inputs.deviation.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)
    alone = inputs.of_no_state()

    def build() -> Detector:
        return Detector(F.softplus(raw), deviation, torch.zeros_like(deviation), bias)

    def loss() -> Tensor:
        detector = build()
        held = L2 * (detector.weights**2).sum() + L2_DEVIATION * (deviation**2).sum()
        return F.binary_cross_entropy_with_logits(detector(alone), targets) + held

    minimise([raw, deviation, bias], loss)
    final = build()
    return Detector(final.weights.detach(), deviation.detach(), final.embedding, bias.detach())


def fit_states(inputs: DetectorInputs, targets: Tensor, stateless: Detector, pretrained: EncoderHeads) -> Detector:
    """What states add to a head that knows none, which keeps judging slices that are in none of them.

    In them what the encoder's own head says is followed by a learned factor, which nothing pulls.
    """
    states, width = inputs.shares.shape[1] - 1, inputs.deviation.shape[1]
    raw = torch.log(torch.expm1(stateless.weights.clamp(min=1e-4)))
    # Of each kind what all states share, then what each adds to that.
    shared = [torch.zeros(1, size, requires_grad=True) for size in (raw.shape[1], width, width, 1)]
    own = [torch.zeros(states, size, requires_grad=True) for size in (raw.shape[1], width, width, 1)]
    trust = torch.zeros(1, requires_grad=True)

    def build() -> Detector:
        weights, deviation, embedding, bias = (a + b for a, b in zip(shared, own, strict=True))
        embedding, bias = embedding + trust * pretrained.anomaly, bias[:, 0] + trust * pretrained.anomaly_bias
        in_states = (F.softplus(raw + weights), stateless.deviation + deviation, embedding, stateless.bias + bias)
        last = (stateless.weights, stateless.deviation, stateless.embedding, stateless.bias)
        return Detector(*(torch.cat(rows) for rows in zip(in_states, last, strict=True)))

    def loss() -> Tensor:
        detector = build()
        held = L2 * (detector.weights[:-1] ** 2).mean(0).sum() + L2_KNOWN * ((shared[1] ** 2).sum() + (shared[2] ** 2).sum())
        held = held + L2_STATE * sum((change**2).sum() for change in own)
        return F.binary_cross_entropy_with_logits(detector(inputs), targets) + held

    minimise([*shared, *own, trust], loss)
    final = build()
    return Detector(final.weights.detach(), final.deviation.detach(), final.embedding.detach(), final.bias.detach())


def fit_calibrated(
    inputs: DetectorInputs, known: np.ndarray, targets: Tensor, system: np.ndarray, pretrained: EncoderHeads
) -> tuple[Detector, Detector, Tensor]:
    """inputs, system: of all slices; targets of the rows `known`
    -> the detector, the one that knows no states, and the logits of all slices by a like first one that saw none of the same system.

    All calibrated on systems left out: what judges slices of no state by itself, what states add then.
    """
    none, states = inputs.of_no_state(), inputs.shares.shape[1] - 1
    target = torch.zeros(len(inputs))
    target[known] = targets

    def train(rows: np.ndarray) -> tuple[Detector, Detector]:
        stateless = fit_stateless(inputs[rows], target[rows])
        return fit_states(inputs[rows], target[rows], stateless, pretrained), stateless

    def judge(some: np.ndarray, others: np.ndarray) -> Tensor:
        detector, stateless = train(np.intersect1d(some, known))
        return torch.stack([detector(inputs[others]), stateless(none[others])], 1)

    logits, alone = left_out(system, judge).unbind(1)
    scale, shift = fit_platt(alone[known], targets)
    # The share of none says what it says of no state; the rest is scaled for the whole to be calibrated.
    of_none = inputs.shares[:, -1]
    fixed, free = of_none * (alone * scale + shift), logits - of_none * alone
    free_scale, free_shift = fit_platt(free[known], targets, fixed[known], 1 - of_none[known])
    detector, stateless = train(known)
    scales, shifts = (torch.tensor([in_states] * states + [last]) for in_states, last in ((free_scale, scale), (free_shift, shift)))
    calibrated = fixed + free * free_scale + (1 - of_none) * free_shift
    return detector.scaled(scales, shifts), stateless.scaled(scales[-1:], shifts[-1:]), calibrated
