"""URCL (cross-modality alignment + temporal consistency), masked tokens, and the supervised terms on simulated labels.

Letters: B slices, M modalities, E entities, D dimension. Embeddings are unit vectors; rows of absent ones are zero.
A term without anything to compare returns 0 and keeps the graph, so sources with one or two modalities use the terms they can.
"""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

EXCLUDED = -1e4


class Temperature(nn.Module):
    """Learned scale of cosine logits, kept within [1, 100] (temperature 1 to 0.01) as in CLIP."""

    def __init__(self, initial: float = 10.0) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(float(initial)).log())

    def forward(self) -> Tensor:
        return self.log_scale.exp().clamp(1.0, 100.0)


def window_overlap(start: Tensor, end: Tensor, run: Tensor) -> Tensor:
    """ω_ij: shared time over the shorter window's length, 0 across runs. start, end, run (B,) i64 -> (B, B) in [0, 1]."""
    shared = torch.minimum(end[:, None], end[None]) - torch.maximum(start[:, None], start[None])
    length = end - start
    shorter = torch.minimum(length[:, None], length[None]).clamp(min=1)  # an empty window would divide by 0
    return shared.clamp(min=0).double().div(shorter).float() * (run[:, None] == run[None])


def alignment_loss(modalities: Tensor, present: Tensor, overlap: Tensor, scale: Tensor) -> Tensor:
    """Symmetric InfoNCE over each pair of modalities; a slice's own other modality is the positive.

    Slices that overlap it show partly the same moment: they are no negatives and are left out.
    modalities (B, M, D), present (B, M) bool, overlap (B, B), scale () -> ()
    """
    terms = []
    others = ~torch.eye(len(modalities), dtype=torch.bool, device=modalities.device)
    for a, b in combinations(range(modalities.shape[1]), 2):
        both = present[:, a] & present[:, b]
        if int(both.sum()) < 2:
            continue
        logits = modalities[both, a] @ modalities[both, b].T * scale
        logits = logits.masked_fill(((overlap > 0) & others)[both][:, both], EXCLUDED)
        target = torch.arange(len(logits), device=logits.device)
        terms.append((F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2)
    return torch.stack(terms).mean() if terms else modalities.sum() * 0.0


def temporal_loss(slices: Tensor, overlap: Tensor, scale: Tensor) -> Tensor:
    """Cross-entropy of similarities against soft targets proportional to ω_ij; slices without an overlapping one are left out.

    slices (B, D), overlap (B, B), scale () -> ()
    """
    itself = torch.eye(len(slices), dtype=torch.bool, device=slices.device)
    weights = overlap.masked_fill(itself, 0.0)
    total = weights.sum(1)
    rows = total > 0
    if not bool(rows.any()):
        return slices.sum() * 0.0
    log_p = F.log_softmax((slices @ slices.T * scale).masked_fill(itself, EXCLUDED), dim=1)
    return -(weights[rows] / total[rows, None] * log_p[rows]).sum(1).mean()


def masked_loss(predicted: Tensor, target: Tensor, usable: Tensor) -> Tensor:
    """Huber loss of the calibrated deviations of hidden tokens: absolute where far off, because a few are very large.

    predicted (H,), target (H,), usable (H,) bool: whether the token's group has other tokens left -> ()
    """
    if not bool(usable.any()):
        return predicted.sum() * 0.0
    return F.smooth_l1_loss(predicted[usable], target[usable])


def anomaly_loss(logits: Tensor, label_type: Tensor) -> Tensor:
    """Binary cross-entropy over slices with a known label. logits (B,), label_type (B,) -1 unknown, 0 normal, > 0 failure."""
    known = label_type >= 0
    if not bool(known.any()):
        return logits.sum() * 0.0
    return F.binary_cross_entropy_with_logits(logits[known], (label_type[known] > 0).float())


def type_loss(logits: Tensor, label_type: Tensor) -> Tensor:
    """Cross-entropy over failing slices. logits (B, K) with column 0 = normal, label_type (B,)."""
    failing = label_type > 0
    if not bool(failing.any()):
        return logits.sum() * 0.0
    return F.cross_entropy(logits[failing], label_type[failing])


def root_cause_loss(logits: Tensor, present: Tensor, label_entity: Tensor) -> Tensor:
    """Softmax over the entities that have telemetry. logits (B, E), present (B, E) bool, label_entity (B,) -1 none.

    A slice whose true root has no telemetry left (dropped modality, dead service) cannot be learned from: left out.
    """
    slot = label_entity.clamp(min=0)
    usable = (label_entity >= 0) & present.gather(1, slot[:, None])[:, 0]
    if not bool(usable.any()):
        return logits.sum() * 0.0
    return F.cross_entropy(logits.masked_fill(~present, EXCLUDED)[usable], label_entity[usable])
