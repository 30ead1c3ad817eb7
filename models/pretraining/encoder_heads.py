"""What the heads that were trained with the encoder say, which the default heads build on (train_heads.py).

They saw every system that the encoder was trained on, nearly forty times as many as the default heads have labels of. Letters: D embedding
width, K failure types.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from model import Heads


@dataclass(frozen=True)
class EncoderHeads:
    """Linear in embeddings as they are, Heads.SCALE taken in."""

    anomaly: Tensor  # (D,)
    anomaly_bias: Tensor  # (1,)
    types: Tensor  # (D, K)
    types_bias: Tensor  # (K,)
    root: Tensor  # (D,), up to a constant, which no ranking depends on


def read_encoder_heads(checkpoint: Path, training: dict[str, Any], types: list[str]) -> EncoderHeads:
    """training: how the exported encoder was trained, by its manifest. types: of failures, without the normal one, in the order wanted"""
    content = torch.load(checkpoint, map_location="cpu", weights_only=True)
    if content["training"] != training:
        raise SystemExit(f"the encoder was not exported from {checkpoint}; export that one, or name the one it was exported from")
    unknown = set(types) - set(content["types"])
    if unknown:
        raise SystemExit(f"{checkpoint} was trained without failures of {', '.join(sorted(unknown))}; take systems of its simulator")
    heads, rows = content["heads"], [content["types"].index(name) for name in types]
    return EncoderHeads(
        heads["anomaly.weight"][0] * Heads.SCALE,
        heads["anomaly.bias"],
        heads["failure_type.weight"][rows].mT * Heads.SCALE,
        heads["failure_type.bias"][rows],
        heads["root.weight"][0] * Heads.SCALE,
    )
