"""What the slice encoder is made of: its sizes, and the layers that read sets of tokens, entities and calls.

Letters as in model.py: B slices, E entity slots, M = 3 modalities, K families, H token width, D embedding width, P pooling heads;
N tokens, C groups.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusion import FAMILY_MODALITY, Fused

MODALITIES = 3
TEXT_DIM = 384
#: Finite, so that a row of masked logits gives a uniform softmax and no NaN; its result is multiplied by a zero mask.
MASKED = -1e4
EPS = 1e-6
#: log1p of a score at the usual 95 % quantile: what is smaller is not blown up to a full profile.
LOG_TWO = 0.6931472


@dataclass(frozen=True)
class ModelConfig:
    numbers: int = 13
    families: int = 16
    #: Index of `calibratedDeviation` and `deviation` in TOKEN_NUMBERS: their size enters next to their sign.
    calibrated: int = 5
    deviation: int = 4
    dim: int = 128
    token_dim: int = 64
    heads: int = 4
    lower_layers: int = 2
    upper_layers: int = 2
    pool_heads: int = 4
    dropout: float = 0.1

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def normalise(x: Tensor) -> Tensor:
    """Rows to length 1; a zero row stays zero."""
    return x / x.norm(dim=-1, keepdim=True).clamp(min=EPS)


def signed_log(x: Tensor) -> Tensor:
    """Bounds a stray number (the contract is about [-8, 8]) without a hard edge. Opset 17 has no asinh for every provider."""
    return torch.sign(x) * torch.log1p(x.abs())


class AttentionPool(nn.Module):
    """Set [..., N, C] -> [..., D]: P learned queries, a softmax over the set each; an empty set gives 0."""

    def __init__(self, width: int, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.score = nn.Linear(width, heads)
        self.value = nn.Linear(width, dim)

    def forward(self, x: Tensor, mask: Tensor, focus: Tensor | None = None) -> Tensor:
        """focus (..., N, P) or none: added to the logits"""
        score = self.score(x)
        return self.combine(score if focus is None else score + focus, self.value(x), mask)

    def combine(self, score: Tensor, value: Tensor, mask: Tensor) -> Tensor:
        """score (..., N, P), value (..., N, D), mask (..., N) -> (..., D)"""
        keep = mask[..., None]  # (..., N, 1)
        logits = score * keep + (1.0 - keep) * MASKED  # (..., N, P)
        weights = torch.exp(logits - logits.amax(-2, keepdim=True)) * keep
        weights = weights / (weights.sum(-2, keepdim=True) + EPS)  # a sum of 0 means an empty set: weights stay 0
        heads = value.unflatten(-1, (self.heads, -1))  # (..., N, P, D/P)
        return (weights[..., None] * heads).sum(-3).flatten(-2)  # (..., D)

    def pool_packed(self, x: Tensor, lengths: Tensor) -> Tensor:
        """The same over rows x (N, C) that lie group after group, lengths (C,) each: no place is padding. -> (C, D) f32"""
        owner = torch.repeat_interleave(torch.arange(len(lengths), device=x.device), lengths, output_size=len(x))  # (N,)
        score, value = self.score(x).float(), self.value(x).float()
        top = torch.segment_reduce(score.detach(), "max", lengths=lengths, unsafe=True)  # (C, P), -inf where empty
        weights = torch.exp(score - top[owner])  # (N, P)
        total = torch.segment_reduce(weights, "sum", lengths=lengths, unsafe=True) + EPS
        heads = (weights[..., None] * value.unflatten(-1, (self.heads, -1))).flatten(1)  # (N, D)
        pooled = torch.segment_reduce(heads, "sum", lengths=lengths, unsafe=True).unflatten(-1, (self.heads, -1))
        return (pooled / total[..., None]).flatten(1)


class GraphAttention(nn.Module):
    """Pre-norm transformer layer over E entities, each there `times` times in a row. How two entities are related is added to the logits of
    all their pairs, with a learned weight per head."""

    def __init__(self, cfg: ModelConfig, relations: int, times: int) -> None:
        super().__init__()
        self.heads, self.times = cfg.heads, times
        self.norm1, self.norm2 = nn.LayerNorm(cfg.dim), nn.LayerNorm(cfg.dim)
        self.qkv = nn.Linear(cfg.dim, 3 * cfg.dim)
        self.out = nn.Linear(cfg.dim, cfg.dim)
        self.relation = nn.Linear(relations, cfg.heads, bias=False)
        self.ff1, self.ff2 = nn.Linear(cfg.dim, 2 * cfg.dim), nn.Linear(2 * cfg.dim, cfg.dim)
        self.dropout = nn.Dropout(cfg.dropout)

    def forward(self, x: Tensor, mask: Tensor, relations: Tensor) -> Tensor:
        """x (..., N, D) with N = E * times, mask (..., N), relations (..., R, E, E) -> (..., N, D)"""
        q, k, v = self.qkv(self.norm1(x)).unflatten(-1, (3, self.heads, -1)).unbind(-3)  # (..., N, heads, D/heads)
        q, k, v = q.transpose(-2, -3), k.transpose(-2, -3), v.transpose(-2, -3)  # (..., heads, N, D/heads)
        bias = self.relation(relations.transpose(-3, -2).transpose(-2, -1)).transpose(-1, -2).transpose(-2, -3)  # (..., heads, E, E)
        logits = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
        pairs = logits.unflatten(-1, (-1, self.times)).unflatten(-3, (-1, self.times))  # (..., heads, E, times, E, times)
        logits = (pairs + bias[..., :, None, :, None]).flatten(-2).flatten(-3, -2) + ((1.0 - mask) * MASKED)[..., None, None, :]
        mixed = (torch.softmax(logits, dim=-1) @ v).transpose(-2, -3).flatten(-2)  # (..., N, D)
        x = x + self.dropout(self.out(mixed))
        return x + self.dropout(self.ff2(F.gelu(self.ff1(self.norm2(x)))))


class TokenNetwork(nn.Module):
    """One token: what it is (text, family) opens or closes how it is (numbers)."""

    def __init__(self, cfg: ModelConfig) -> None:
        super().__init__()
        self.cfg = cfg
        width = cfg.token_dim
        self.text = nn.Linear(TEXT_DIM, width)
        self.family = nn.Embedding(cfg.families, width)
        self.numbers = nn.Linear(cfg.numbers + 2, width)
        self.gate = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.inner, self.outer = nn.Linear(width, width), nn.Linear(width, width)

    def describe(self, table: Tensor, text: Tensor, family: Tensor) -> Tensor:
        # Projected once per distinct text, then gathered: a run has far fewer texts than tokens.
        return self.text(table)[text] + self.family(family)  # (..., H)

    def forward(self, table: Tensor, text: Tensor, family: Tensor, numbers: Tensor) -> Tensor:
        what = self.describe(table, text, family)
        sizes = numbers[..., [self.cfg.deviation, self.cfg.calibrated]].abs()
        how = F.gelu(self.numbers(signed_log(torch.cat([numbers, sizes], -1))))
        h = self.norm(what + how * torch.sigmoid(self.gate(what)))
        return h + self.outer(F.gelu(self.inner(h)))  # (..., H)


class Profile(nn.Module):
    """What the calibrated scores say of each (entity, modality), beside what its tokens say: how far, how far for this entity, how far
    when the worst callee has explained its part, and how the entity stands among the others."""

    member: Tensor  # (M, K)

    def __init__(self, cfg: ModelConfig) -> None:
        super().__init__()
        self.numbers = nn.Linear(3 * cfg.families + 3, cfg.dim)
        self.out = nn.Linear(cfg.dim, cfg.dim)
        member = [[1.0 if FAMILY_MODALITY[k] == m else 0.0 for k in range(cfg.families)] for m in range(MODALITIES)]
        self.register_buffer("member", torch.tensor(member), persistent=False)

    def forward(self, scores: Tensor, fused: Fused) -> Tensor:
        """scores (B, E, K) signed -> (B, E, M, D)"""
        size = signed_log(scores)
        strongest = size.abs().amax(-1, keepdim=True).clamp(min=LOG_TWO)
        families = torch.stack([size, size / strongest, torch.log1p(fused.contributions)], -2)  # (B, E, 3, K)
        families = families[:, :, None] * self.member[:, None, :]  # (B, E, M, 3, K)
        first = fused.entities.amax(1, keepdim=True)
        standing = torch.stack([torch.log1p(fused.entities), torch.log1p(fused.worst_callee), fused.entities / (first + EPS)], -1)
        standing = standing[:, :, None] * torch.ones(1, 1, MODALITIES, 1).to(standing)  # (B, E, M, 3)
        return self.out(F.gelu(self.numbers(torch.cat([families.flatten(3), standing], -1))))
