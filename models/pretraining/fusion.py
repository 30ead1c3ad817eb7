"""The label-free rule of src/core/heads/fusion.ts as plain tensor arithmetic, so that the encoder starts from what already ranks causes.

Letters: B slices, E entity slots, K families. Everything here is symmetric over entities and exports to ONNX.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

#: Order of FEATURE_FAMILIES in src/core/features/families.ts: 7 metric, 6 trace, 3 log. 0 log, 1 trace, 2 metric.
FAMILY_MODALITY = (2,) * 7 + (1,) * 6 + (0,) * 3
#: Families that support and lead only when nothing else is unusual: memory, io, latency, errors, traffic, other.
SUPPORTING = (1, 2, 3, 4, 5, 6)
#: Symptoms travel from callee to caller: measured latency and errors, all of traces but the gap, logs.
SYMPTOMS = (3, 4, 7, 8, 9, 11, 12, 13, 14, 15)
SUPPORTING_WEIGHT, CAP, USUAL_TOTAL, EXPLAINED_SHARE = 0.5, 10.0, 1.0, 1e-3
#: Larger scores say no more, and their sum over hundreds of entities would leave the range of fp16.
LARGEST_SCORE = 100.0


class Fused(NamedTuple):
    contributions: Tensor  # (B, E, K) >= 0, symptoms less what the worst callee explains
    entities: Tensor  # (B, E) >= 0, the ranking order
    worst_callee: Tensor  # (B, E) >= 0


def fuse(scores: Tensor, call_graph: Tensor) -> Fused:
    """scores (B, E, K) signed or not, call_graph (B, E, E) row caller, > 0 where there were calls in the slice.

    The engine explains by the calls of the whole run; here only those of the slice are known.
    """
    families = scores.shape[-1]
    weight = scores.new_tensor([SUPPORTING_WEIGHT if k in SUPPORTING else 1.0 for k in range(families)])
    symptom = scores.new_tensor([1.0 if k in SYMPTOMS else 0.0 for k in range(families)])
    size = scores.abs().clamp(max=LARGEST_SCORE)
    share = size / (size.sum(1, keepdim=True) + USUAL_TOTAL)
    plain = weight * size.clamp(max=CAP) * share  # (B, E, K)
    strongest = plain.amax(-1)  # (B, E)
    slots = torch.arange(call_graph.shape[1], device=scores.device)
    others = (slots[:, None] != slots[None, :]).to(scores.dtype)
    called = (call_graph > 0).to(scores.dtype) * others  # (B, caller, callee)
    worst = (called * strongest[:, None, :]).amax(-1)  # (B, E)
    left = torch.maximum(plain - worst[..., None] * symptom, EXPLAINED_SHARE * plain)
    contributions = left * symptom + plain * (1.0 - symptom)
    return Fused(contributions, contributions.amax(-1), worst)
