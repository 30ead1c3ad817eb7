"""The slice encoder: tokens -> (entity, modality) vectors -> slice, modality and entity embeddings.

Letters: B slices, E entity slots, M = 3 modalities, T token places per (entity, modality), F numbers per token,
V texts, H token width, D embedding width, P pooling heads, G = E * M groups of a slice; packed: N tokens, C = B * G groups.

No name, position or index of an entity enters: permuting the slots permutes the entity embeddings and nothing else.
An entity is known by the texts of its tokens and by how unusual they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusion import fuse
from layers import MASKED, MODALITIES, AttentionPool, GraphAttention, ModelConfig, Profile, TokenNetwork, normalise

#: Fused score that counts as nothing in the focus of the slice embedding.
NO_SCORE = 0.01


class Embeddings(NamedTuple):
    slices: Tensor  # (B, D)
    modalities: Tensor  # (B, M, D)
    entities: Tensor  # (B, E, D)


class SliceEncoder(nn.Module):
    def __init__(self, cfg: ModelConfig) -> None:
        super().__init__()
        self.cfg = cfg
        self.token = TokenNetwork(cfg)
        self.pool_tokens = AttentionPool(cfg.token_dim, cfg.dim, cfg.pool_heads)
        self.summary = nn.Linear(6, cfg.dim)
        self.profile = Profile(cfg)
        self.focus = nn.Parameter(torch.ones(cfg.pool_heads))
        self.modality = nn.Embedding(MODALITIES, cfg.dim)
        self.lower = nn.ModuleList([GraphAttention(cfg, 2, 1) for _ in range(cfg.lower_layers)])
        self.upper = nn.ModuleList([GraphAttention(cfg, 3, MODALITIES) for _ in range(cfg.upper_layers)])
        self.pool_modality = AttentionPool(cfg.dim, cfg.dim, cfg.pool_heads)
        self.pool_slice = AttentionPool(cfg.dim, cfg.dim, cfg.pool_heads)
        self.to_modality = nn.Linear(cfg.dim, cfg.dim)
        self.to_entity = nn.Linear(2 * cfg.dim, cfg.dim)
        self.to_slice = nn.Linear(2 * cfg.dim, cfg.dim)
        # What an empty slice maps to is this bias: it must not be the zero vector.
        nn.init.normal_(self.to_slice.bias, std=0.1)

    def summarise(self, numbers: Tensor, mask: Tensor, present: Tensor) -> Tensor:
        """How unusual a group is, told plainly: largest, lowest, mean size, count, and margin to the worst entity.

        numbers (B, E, M, T, F), mask (B, E, M, T), present (B, E, M) -> (B, E, M, 6)
        """
        z = numbers[..., self.cfg.calibrated] * mask  # (B, E, M, T)
        count = mask.sum(-1)  # (B, E, M)
        high, low = z.amax(-1).clamp(min=0.0), z.amin(-1).clamp(max=0.0)
        mean = z.abs().sum(-1) / count.clamp(min=1.0)
        return self.compare(high, low, mean, count, z.abs().amax(-1) * present)

    def compare(self, high: Tensor, low: Tensor, mean: Tensor, count: Tensor, worst: Tensor) -> Tensor:
        margin = worst - worst.amax(1, keepdim=True)
        overall = worst - worst.flatten(1).amax(1)[:, None, None]
        return torch.stack([high, low, mean, torch.log1p(count) / 4, margin, overall], -1)

    def encode_packed(
        self,
        text_table: Tensor,  # (V, 384)
        text: Tensor,  # (N,)
        family: Tensor,  # (N,)
        numbers: Tensor,  # (N, F)
        lengths: Tensor,  # (C,) tokens of each (slice, entity, modality), in the order of the tokens
        call_graphs: Sequence[Tensor],  # P × (B_p, E_p, E_p), C = M Σ B_p E_p
        family_scores: Sequence[Tensor],  # P × (B_p, E_p, K)
    ) -> tuple[list[Embeddings], Tensor, list[Tensor]]:
        """What `forward` computes, for real tokens only (two thirds of the padded places hold none), of slices in P rectangles.

        -> embeddings of each, the groups (C, D) in context, and which groups hold a token: P × (B_p, E_p, M)
        """
        shapes = [(*scores.shape[:2], MODALITIES) for scores in family_scores]
        sizes = [math.prod(shape) for shape in shapes]
        tokens = self.token(text_table, text, family, numbers)  # (N, H)
        groups = self.pool_tokens.pool_packed(tokens, lengths).split(sizes)
        z = numbers[:, self.cfg.calibrated]
        sized = torch.stack([z.clamp(min=0.0), (-z).clamp(min=0.0), z.abs()], 1)  # (N, 3)
        most = torch.segment_reduce(sized, "max", lengths=lengths, initial=0.0, unsafe=True).split(sizes)  # P × (C_p, 3)
        total = torch.segment_reduce(sized[:, 2:], "sum", lengths=lengths, unsafe=True).split(sizes)
        counts = lengths.to(z.dtype).split(sizes)
        parts, contexts, present = [], [], []
        for p, shape in enumerate(shapes):
            high, low, worst = (column.view(shape) for column in most[p].unbind(1))
            count = counts[p].view(shape)
            summary = self.compare(high, -low, total[p].view(shape) / count.clamp(min=1.0), count, worst)
            there = (count > 0).to(groups[p].dtype)
            embeddings, context = self.relate(groups[p].view(*shape, -1), summary, there, call_graphs[p], family_scores[p])
            parts.append(embeddings)
            contexts.append(context.flatten(0, 2))
            present.append(there)
        return parts, torch.cat(contexts), present

    def forward(
        self,
        text_table: Tensor,  # (V, 384)
        token_text: Tensor,  # (B, E, M, T) i64
        token_family: Tensor,  # (B, E, M, T) i64
        token_numbers: Tensor,  # (B, E, M, T, F)
        token_mask: Tensor,  # (B, E, M, T)
        call_graph: Tensor,  # (B, E, E), row caller, column callee
        family_scores: Tensor,  # (B, E, K), signed, calibrated
    ) -> Embeddings:
        present = token_mask.amax(-1)  # (B, E, M)
        groups = self.pool_tokens(self.token(text_table, token_text, token_family, token_numbers), token_mask)  # (B, E, M, D)
        return self.relate(groups, self.summarise(token_numbers, token_mask, present), present, call_graph, family_scores)[0]

    def relate(
        self, groups: Tensor, summary: Tensor, present: Tensor, call_graph: Tensor, family_scores: Tensor
    ) -> tuple[Embeddings, Tensor]:
        """groups (B, E, M, D), summary (B, E, M, 6), present (B, E, M) -> embeddings, and the groups in context (B, E, M, D)"""
        fused = fuse(family_scores, call_graph)
        groups = groups + self.summary(summary) + self.profile(family_scores, fused)
        groups = (groups + self.modality.weight) * present[..., None]

        called = call_graph / (call_graph + 1.0)  # weights are log1p(calls) >= 0, so the denominator is >= 1
        directions = torch.stack([called, called.transpose(1, 2)], 1)  # (B, 2, E, E)

        # Lower layers: entities of one modality see each other.
        x, lower_mask = groups.transpose(1, 2), present.transpose(1, 2)  # (B, M, E, D), (B, M, E)
        for layer in self.lower:
            x = layer(x, lower_mask, directions[:, None])
        seen = present.amax(1)  # (B, M)
        modalities = normalise(self.to_modality(self.pool_modality(x, lower_mask))) * seen[..., None]

        # Upper layers: every (entity, modality) sees every other.
        x, upper_mask = x.transpose(1, 2).flatten(1, 2), present.flatten(1)  # (B, G, D), (B, G)
        slots = torch.arange(call_graph.shape[1], device=x.device)
        same = (slots[:, None] == slots[None, :]).to(x.dtype).expand_as(call_graph)[:, None]
        relations = torch.cat([directions, same], 1)  # (B, 3, E, E)
        for layer in self.upper:
            x = layer(x, upper_mask, relations)

        keep = upper_mask[..., None]
        slice_mean = (x * keep).sum(1) / keep.sum(1).clamp(min=1.0)  # (B, D)
        # The slice is what its leading entity shows, and then everything else.
        lead = torch.log(fused.entities + NO_SCORE)[..., None, None] * self.focus  # (B, E, 1, P)
        lead = (lead * torch.ones(1, 1, MODALITIES, 1).to(x)).flatten(1, 2)  # (B, G, P)
        slices = normalise(self.to_slice(torch.cat([self.pool_slice(x, upper_mask, lead), slice_mean], -1)))

        per_entity = x.unflatten(1, (-1, MODALITIES))  # (B, E, M, D)
        there = present[..., None]
        mean = (per_entity * there).sum(2) / there.sum(2).clamp(min=1.0)
        top = (per_entity * there + (1.0 - there) * MASKED).amax(2)  # MASKED only where no modality is there
        entities = normalise(self.to_entity(torch.cat([mean, top * there.amax(2)], -1))) * there.amax(2)
        return Embeddings(slices, modalities, entities), per_entity


class Heads(nn.Module):
    """Linear heads on the embeddings: what training supervises and the evaluation measures; the engine's heads are others."""

    SCALE = 8.0  # unit vectors give logits that are too small for a linear layer at its usual initial size

    def __init__(self, cfg: ModelConfig, types: int) -> None:
        super().__init__()
        self.anomaly = nn.Linear(cfg.dim, 1)
        self.failure_type = nn.Linear(cfg.dim, types)
        self.root = nn.Linear(cfg.dim, 1)

    def of_slices(self, slices: Tensor) -> tuple[Tensor, Tensor]:
        """(B, D) -> anomaly logit (B,), type logits (B, K)"""
        return self.anomaly(slices * self.SCALE)[:, 0], self.failure_type(slices * self.SCALE)

    def of_entities(self, entities: Tensor) -> Tensor:
        """(B, E, D) -> root logits (B, E)"""
        return self.root(entities * self.SCALE)[..., 0]

    def forward(self, e: Embeddings) -> tuple[Tensor, Tensor, Tensor]:
        """-> anomaly logit (B,), type logits (B, K), root logits (B, E)."""
        return *self.of_slices(e.slices), self.of_entities(e.entities)


class MaskedDecoder(nn.Module):
    """How unusual a hidden token is, told from what it is and from its entity's context. Training only."""

    def __init__(self, cfg: ModelConfig) -> None:
        super().__init__()
        self.context, self.what = nn.Linear(cfg.dim, cfg.dim), nn.Linear(cfg.token_dim, cfg.dim)
        self.out = nn.Linear(cfg.dim, 1)

    def forward(self, context: Tensor, what: Tensor) -> Tensor:
        """context (H, D) of the token's group, what (H, C) -> (H,)"""
        return self.out(F.gelu(self.context(context) + self.what(what)))[:, 0]


def count_parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())
