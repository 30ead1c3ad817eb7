"""Unsupervised partition of slice embeddings: the states that the default heads depend on.

The face of src/core/heads/pretrainedStates.ts for training. Letters: N slices of all systems, K states, D embedding.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

STARTS, ROUNDS = 4, 100
#: Squared distance over which the membership of a state falls by a factor e; distances lie between 0 and 4.
WIDTH = 0.02
#: Share of the slices of pretraining that lie so far out that they are as much of no state as of one; and of its systems whose slices are
#: less in states than what is called usual. Mean shares, slice by slice: 95 % of simulated systems have .89 and more, the recorded days .24
#: and .21, their failing slices .78 and .66, with systems .06 and .04. With each slice for itself no encoder was good at both: by A, the
#: mean of A and B, the mean of that and C, and C (CONTRIBUTING.md), the root cause's AC@1 on the TrainTicket day was .93, .93, .82, .71 and
#: false alarms an hour on the OnlineBoutique day .81, 1.22, 1.02, 1.83; with systems .93 and .41 by the last three, AC@1 60 s early and
#: late .82, .68 (A: .79, .64) and .88, .88 (.83, .83). FAR_SHARE .05, .02, .01, by the encoder that ships: AC@1 on the 240 systems of the
#: heads .701, .712, .715, log loss of detection on held-out ones .399, .388, .385; at .01 little more is gained, and more of what is far
#: taken for known.
FAR_SHARE, FOREIGN_SHARE = 0.02, 0.05


@dataclass(frozen=True)
class States:
    centres: np.ndarray  # (K, D)
    width: float
    reach: float
    usual: float  # mean share in states that nearly all systems reach

    def shares(self, embeddings: np.ndarray, system: np.ndarray) -> np.ndarray:
        """(N, D), system (N,) >= 0 -> (N, K + 1), rows sum to 1, the last column: of no state

        A slice of a system that is otherwise foreign is in a state by chance: where the mean share m of its system falls short of the usual
        one, u, its shares are multiplied by (m / u)².
        """
        shares = self.shares_alone(embeddings)
        known = shares[:, :-1] * np.minimum(1, means_by_system(1 - shares[:, -1], system) / self.usual)[system, None] ** 2
        return np.concatenate([known, 1 - known.sum(1, keepdims=True)], 1)

    def shares_alone(self, embeddings: np.ndarray) -> np.ndarray:
        """The same of slices of which nothing else is known."""
        distances = squared_distances(embeddings, self.centres)
        logits = -np.concatenate([distances, np.full((len(distances), 1), self.reach)], 1) / self.width
        shares = np.exp(logits - logits.max(1, keepdims=True))
        return shares / shares.sum(1, keepdims=True)


def partition(embeddings: np.ndarray, system: np.ndarray, count: int, seed: int) -> States:
    """k-means (Lloyd 1982) from starts by k-means++ (Arthur and Vassilvitskii 2007); the best of STARTS.

    embeddings (N, D), system (N,) >= 0 -> K = count
    """
    rng = np.random.default_rng(seed)
    centres = min((settle(embeddings, draw_centres(embeddings, count, rng)) for _ in range(STARTS)), key=lambda c: spread(embeddings, c))
    nearest = squared_distances(embeddings, centres).min(1)
    alone = States(centres, WIDTH, float(np.quantile(nearest, 1 - FAR_SHARE)), usual=1.0)
    means = means_by_system(1 - alone.shares_alone(embeddings)[:, -1], system)
    return replace(alone, usual=float(np.quantile(means[np.unique(system)], FOREIGN_SHARE)))


def means_by_system(values: np.ndarray, system: np.ndarray) -> np.ndarray:
    """(N,), (N,) -> by system, 0 of those that have no slice"""
    return np.bincount(system, values) / np.maximum(1, np.bincount(system))


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
