"""How slices differ from what is usual in their own run: the numbers of src/core/heads/embeddingDeviation.ts, for training."""

from __future__ import annotations

import numpy as np


def subtract_usual(slices: np.ndarray) -> np.ndarray:
    """embeddings (S, D) of one run -> (S, D) f32"""
    return (slices - np.median(slices, axis=0)).astype(np.float32)
