"""BERT encoder with mean pooling and L2 norm in one graph: what all-MiniLM-L6-v2 is, without the transformers library.

Parameter names follow the published checkpoint, so its state dict loads as it is.
Letters: B texts, L tokens, D = 384, H = 12 heads.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

EPS_NORM = 1e-12


class SelfAttention(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = nn.Linear(dim, dim), nn.Linear(dim, dim), nn.Linear(dim, dim)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        def split(y: Tensor) -> Tensor:
            return y.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, H, L, D/H)

        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))
        weights = torch.softmax(q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5 + bias, dim=-1)  # (B, H, L, L)
        return (weights @ v).transpose(1, 2).flatten(2)  # (B, L, D)


class Output(nn.Module):
    """Linear, residual, layer norm: closes both halves of a layer."""

    def __init__(self, inner: int, dim: int) -> None:
        super().__init__()
        self.dense = nn.Linear(inner, dim)
        self.LayerNorm = nn.LayerNorm(dim, eps=EPS_NORM)

    def forward(self, x: Tensor, residual: Tensor) -> Tensor:
        return self.LayerNorm(self.dense(x) + residual)


class Layer(nn.Module):
    def __init__(self, dim: int, heads: int, inner: int) -> None:
        super().__init__()
        self.attention = nn.ModuleDict({"self": SelfAttention(dim, heads), "output": Output(dim, dim)})
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(dim, inner)})
        self.output = Output(inner, dim)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        x = self.attention["output"](self.attention["self"](x, bias), x)
        return self.output(F.gelu(self.intermediate["dense"](x)), x)


class Int8Embedding(nn.Module):
    """An embedding table as int8 with one scale per row: a quarter of the size, cosine .9999."""

    scale: Tensor
    codes: Tensor

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        # The floor keeps an all-zero row (unused vocabulary) from dividing by 0.
        scale = table.abs().amax(1, keepdim=True).clamp(min=1e-8) / 127
        self.register_buffer("scale", scale)  # (V, 1)
        self.register_buffer("codes", (table / scale).round().to(torch.int8))  # (V, D)

    def forward(self, ids: Tensor) -> Tensor:
        return self.codes[ids].float() * self.scale[ids]  # (..., D)


class TextEncoder(nn.Module):
    """`input_ids` [B, L] i64, `attention_mask` [B, L] i64 -> `embedding` [B, 384] f32, L2-normalised rows."""

    def __init__(self, vocab: int = 30522, dim: int = 384, heads: int = 12, inner: int = 1536, layers: int = 6) -> None:
        super().__init__()
        self.embeddings = nn.ModuleDict(
            {
                "word_embeddings": nn.Embedding(vocab, dim),
                "position_embeddings": nn.Embedding(512, dim),
                "token_type_embeddings": nn.Embedding(2, dim),
                "LayerNorm": nn.LayerNorm(dim, eps=EPS_NORM),
            }
        )
        self.encoder = nn.ModuleDict({"layer": nn.ModuleList([Layer(dim, heads, inner) for _ in range(layers)])})

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        positions = torch.arange(input_ids.shape[1], device=input_ids.device)
        words: Tensor = self.embeddings["word_embeddings"](input_ids)
        # Every text is one sentence: token type 0 throughout.
        types = cast(nn.Embedding, self.embeddings["token_type_embeddings"]).weight[0]  # (D,)
        x = self.embeddings["LayerNorm"](words + self.embeddings["position_embeddings"](positions) + types)
        mask = attention_mask.to(x.dtype)  # (B, L)
        bias = (1.0 - mask)[:, None, None, :] * -1e9  # (B, 1, 1, L)
        for layer in cast(nn.ModuleList, self.encoder["layer"]):
            x = layer(x, bias)
        total = (x * mask[..., None]).sum(1)  # (B, D)
        # At least 1: a row without a single token would divide by 0; it gives the zero vector instead.
        mean = total / mask.sum(1, keepdim=True).clamp(min=1.0)
        return mean / mean.norm(dim=-1, keepdim=True).clamp(min=EPS_NORM)
