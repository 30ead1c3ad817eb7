"""Scores that do not know about models: ranks with ties, AUROC, F1, calibration, recall@1."""

from __future__ import annotations

import numpy as np


def mean_rank(scores: np.ndarray, target: int) -> float:
    """1-based rank of `target`, largest score first; ties share the mean of their ranks."""
    above = int((scores > scores[target]).sum())
    equal = int((scores == scores[target]).sum())  # itself included
    return above + (equal + 1) / 2


def auroc(scores: np.ndarray, positive: np.ndarray) -> float | None:
    """Probability that a positive scores above a negative, ties count half. None when one class is missing."""
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if not n_positive or not n_negative:
        return None
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2)[inverse]  # mean rank of each value
    return float((ranks[positive].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def f1(predicted: np.ndarray, positive: np.ndarray) -> float:
    hits = float((predicted & positive).sum())
    return 2 * hits / max(1.0, float(predicted.sum() + positive.sum()))


def reliability(p: np.ndarray, positive: np.ndarray, bins: int = 10) -> list[tuple[float, float, int]]:
    """Mean probability, share of positives and number of cases of each bin of equal width that holds any."""
    place = np.minimum((p * bins).astype(int), bins - 1)
    return [(float(p[place == b].mean()), float(positive[place == b].mean()), int((place == b).sum())) for b in np.unique(place)]


def expected_calibration_error(p: np.ndarray, positive: np.ndarray, bins: int = 10) -> float:
    """Mean distance of probability and share, weighted by cases (Naeini et al. 2015)."""
    return sum(abs(mean - share) * count for mean, share, count in reliability(p, positive, bins)) / max(1, len(p))


def log_loss(p: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """-log of the probability given to what was so, of each case."""
    return -np.log(np.where(positive, p, 1 - p))


def interval_by_group(values: np.ndarray, group: np.ndarray, draws: int = 2000) -> tuple[float, float]:
    """95 % interval of the mean by bootstrap over groups: cases of one group, here slices of one system, are alike."""
    _, place = np.unique(group, return_inverse=True)
    sums, counts = np.bincount(place, values), np.bincount(place)
    drawn = np.random.default_rng(0).integers(0, len(counts), (draws, len(counts)))
    low, high = np.quantile(sums[drawn].sum(1) / counts[drawn].sum(1), [0.025, 0.975])
    return float(low), float(high)


def macro_f1(predicted: np.ndarray, actual: np.ndarray) -> float:
    """Mean F1 over the classes that occur in `actual`."""
    scores = []
    for label in np.unique(actual):
        hit = int(((predicted == label) & (actual == label)).sum())
        scores.append(2 * hit / (int((predicted == label).sum()) + int((actual == label).sum())))
    return float(np.mean(scores))


def recall_at_1(a: np.ndarray, b: np.ndarray) -> float:
    """Share of rows of `a` whose most similar row of `b` is their own; a tie counts its chance. a, b (N, D)."""
    similarity = a @ b.T
    best = similarity.max(1, keepdims=True)
    hits = similarity == best
    return float((hits[np.arange(len(a)), np.arange(len(a))] / hits.sum(1)).mean())
