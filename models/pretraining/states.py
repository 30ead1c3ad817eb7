"""Unsupervised partition of slice embeddings: the states that the default heads depend on.

The face of src/core/heads/pretrainedStates.ts for training. Letters: N slices, K states, D embedding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STARTS, ROUNDS = 4, 100
#: Squared distance over which the membership of a state falls by a factor e; distances lie between 0 and 4.
WIDTH = 0.02
#: Share of the slices of pretraining that lie so far out that they are as much of no state as of one.
FAR_SHARE = 0.05


@dataclass(frozen=True)
class States:
    centres: np.ndarray  # (K, D)
    width: float
    reach: float

    def shares(self, embeddings: np.ndarray) -> np.ndarray:
        """(N, D) -> (N, K + 1), rows sum to 1, the last column: of no state"""
        distances = squared_distances(embeddings, self.centres)
        logits = -np.concatenate([distances, np.full((len(distances), 1), self.reach)], 1) / self.width
        shares = np.exp(logits - logits.max(1, keepdims=True))
        return shares / shares.sum(1, keepdims=True)


def partition(embeddings: np.ndarray, count: int, seed: int) -> States:
    """k-means (Lloyd 1982) from starts by k-means++ (Arthur and Vassilvitskii 2007); the best of STARTS. embeddings (N, D) -> K = count"""
    rng = np.random.default_rng(seed)
    centres = min((settle(embeddings, draw_centres(embeddings, count, rng)) for _ in range(STARTS)), key=lambda c: spread(embeddings, c))
    nearest = squared_distances(embeddings, centres).min(1)
    return States(centres, WIDTH, float(np.quantile(nearest, 1 - FAR_SHARE)))


def draw_centres(rows: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Each next centre is a row, drawn in proportion to its squared distance from those before it."""
    centres = [rows[rng.integers(len(rows))]]
    for _ in range(count - 1):
        weight = squared_distances(rows, np.stack(centres)).min(1)
        centres.append(rows[rng.choice(len(rows), p=weight / weight.sum() if weight.any() else None)])
    return np.stack(centres)


def settle(rows: np.ndarray, centres: np.ndarray) -> np.ndarray:
    owner = np.full(len(rows), -1)
    for _ in range(ROUNDS):
        nearest = squared_distances(rows, centres).argmin(1)
        if (nearest == owner).all():
            break
        owner = nearest
        # A centre that lost all its rows stays where it is.
        centres = np.stack([rows[owner == k].mean(0) if (owner == k).any() else centre for k, centre in enumerate(centres)])
    return centres


def spread(rows: np.ndarray, centres: np.ndarray) -> float:
    return float(squared_distances(rows, centres).min(1).sum())


def squared_distances(rows: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """(N, D), (K, D) -> (N, K) f64"""
    a, b = rows.astype(np.float64), centres.astype(np.float64)
    return np.maximum(0, (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T)
