"""The root-cause head: a linear pool of the label-free rule and the learned root head.

trustLearned in src/core/heads/learnedCauses.ts applies it. Letters: S slices, E entities, D embedding width.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scores import mean_rank

#: How far the learned root head is followed: score^POOL = (1 - trust) · rule^POOL + trust · q · Σ rule^POOL, with TRUST_KNOWN in states
#: that pretraining knows and TRUST elsewhere. AC@1 of 266 faults of simulated development systems and of the recorded days, the time given
#: exactly / 60 s early / 60 s late: with .5 and .7 .76 / .50 / .73, TrainTicket .86 / .79 / .64, OnlineBoutique .92 / .79 / .83; .2 and .7
#: .76 / .50 / .73, .93 / .82 / .64, .92 / .83 / .92; .3 and .8 .78 / .47 / .74, .93 / .79 / .64, .92 / .83 / .92; .4 and .9 .77 / .46 /
#: .76, .93 / .75 / .57, .92 / .79 / .83. Evidence speaks for the rule's share alone, another reason not to leave it little. All by the
#: encoder of then, before systems had a say in what is known (states.py). By the one that ships, with .8, .9 and 1 in known states AC@1 on
#: the 240 systems of the heads is .706, .712, .713, the calibration error on held-out ones .043, .020, .034.
TRUST, TRUST_KNOWN, POOL = 0.2, 0.9, 2.0
LEAST_LOG_PROBABILITY = -30.0


def pool_opinions(scores: np.ndarray, learned: np.ndarray, trust: float) -> np.ndarray:
    """scores (E,) >= 0 of the rule, learned (E,) probabilities -> (E,), the ranking of src/core/heads/learnedCauses.ts"""
    powers = scores.astype(np.float64) ** POOL
    pooled = (1 - trust) * powers + trust * learned * powers.sum()
    return np.where(scores > 0, pooled ** (1 / POOL), 0)


def pool_all(scores: Sequence[np.ndarray], learned: Sequence[np.ndarray], familiarity: np.ndarray) -> list[np.ndarray]:
    """Of slices with these shares (S,) in states that pretraining knows."""
    trusts = TRUST + familiarity * (TRUST_KNOWN - TRUST)
    return [pool_opinions(*opinions) for opinions in zip(scores, learned, trusts, strict=True)]


def fit_sharpness(causes: Sequence[np.ndarray], root: np.ndarray) -> float:
    """Power of the score that makes the true root's probability most likely. causes S × (E,), root (S,) entity slot or -1"""
    best, best_loss = 1.0, float("inf")
    for sharpness in np.geomspace(0.25, 8, 26):
        losses = []
        for scores, at in zip(causes, root, strict=True):
            powered = np.maximum(scores, 1e-6) ** sharpness
            if at >= 0:
                losses.append(-np.log(max(1e-9, powered[at] / powered.sum())))
        if np.mean(losses) < best_loss:
            best, best_loss = float(sharpness), float(np.mean(losses))
    return best


def root_ranks(scores: Sequence[np.ndarray], root: np.ndarray) -> np.ndarray:
    return np.array([mean_rank(row, at) for row, at in zip(scores, root, strict=True) if at >= 0])


def first_causes(scores: Sequence[np.ndarray], root: np.ndarray, sharpness: float) -> tuple[np.ndarray, np.ndarray]:
    """-> probability of the likeliest cause of each failing slice whose cause is known, and whether it is the one"""
    failing = [(row, at) for row, at in zip(scores, root, strict=True) if at >= 0 and row.max() > 0]
    p = np.array([(row.max() ** sharpness) / (row**sharpness).sum() for row, _ in failing])
    return p, np.array([row.argmax() == at for row, at in failing])
