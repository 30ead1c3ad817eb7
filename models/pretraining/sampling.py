"""Which slices go into a batch: several systems of all kinds of sources, failing and normal moments, each with one that overlaps it.

A draw depends on (seed, step) alone, so that a resumed training, and each of several processes, draws what it should.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from config import BatchConfig
from data import Run


def global_types(runs: Sequence[Run]) -> list[str]:
    return ["normal", *sorted({t for run in runs for t in run.types[1:]})]


def to_global(run: Run, labels: np.ndarray, types: Sequence[str]) -> np.ndarray:
    """Labels of one run to the global list; types that training never saw become -1 (unknown)."""
    index = {name: i for i, name in enumerate(types)}
    table = np.array([index.get(name, -1) for name in run.types] + [-1])  # label -1 picks the last
    return table[labels]


def source_of(run: Run) -> str:
    """Runs of one source have the same kind of labels and the same number of modalities."""
    return f"{'labelled' if run.labelled else 'unlabelled'}, {len(run.modalities)} modalities"


def source_shares(runs: Sequence[Run], power: float) -> dict[str, float]:
    """Share of the draws each source gets: its slices to the power; 1 is in proportion, 0 gives all sources the same."""
    slices: Counter[str] = Counter()
    for run in runs:
        slices[source_of(run)] += len(run)
    weights = {source: count**power for source, count in sorted(slices.items())}
    return {source: weight / sum(weights.values()) for source, weight in weights.items()}


class Sampler:
    """Draws a source, then a run of it (in proportion to the square root of its length: a long recording must not drown short ones)."""

    def __init__(self, runs: Sequence[Run], cfg: BatchConfig, seed: int) -> None:
        self.runs, self.cfg, self.seed = runs, cfg, seed
        self.count = min(cfg.runs, len(runs))
        shares = source_shares(runs, cfg.source_power)
        weight = np.sqrt([len(run) for run in runs])
        totals: Counter[str] = Counter()
        for run, w in zip(runs, weight, strict=True):
            totals[source_of(run)] += w
        self.weight = np.array([shares[source_of(r)] * w / totals[source_of(r)] for r, w in zip(runs, weight, strict=True)])

    def draw(self, step: int) -> list[tuple[int, int]]:
        """-> (run, slice) pairs, none twice."""
        rng = np.random.default_rng([self.seed, step])
        chosen: list[tuple[int, int]] = []
        # The largest of log(u) / w is drawn in proportion to w, the next ones from what is left (Efraimidis and Spirakis 2006).
        keys = np.log(rng.random(len(self.runs))) / self.weight
        for r in np.sort(np.argpartition(-keys, self.count - 1)[: self.count]):
            run = self.runs[r]
            failing, normal = np.flatnonzero(run.label_type > 0), np.flatnonzero(run.label_type <= 0)
            for _ in range(self.cfg.pairs_per_run):
                pool = failing if len(failing) and (not len(normal) or rng.random() < self.cfg.failing) else normal
                i = int(rng.choice(pool))
                j = min(len(run) - 1, i + 1) if rng.random() < 0.5 else max(0, i - 1)
                chosen += [(int(r), i), (int(r), j)]
        return list(dict.fromkeys(chosen))  # a slice twice in a batch would be its own negative
