"""Which slices go into a batch: several systems, failing and normal moments, each with a neighbour that overlaps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from data import MODALITIES, EncoderInputs, Run, collate


@dataclass(frozen=True)
class Batch:
    inputs: EncoderInputs
    start: Tensor  # (B,) i64
    end: Tensor  # (B,) i64
    run: Tensor  # (B,) i64
    label_type: Tensor  # (B,) i64, index into the global list of types
    label_entity: Tensor  # (B,) i64

    @property
    def present(self) -> Tensor:
        """(B, E, M) bool: groups that hold a token."""
        return self.inputs.token_mask.amax(-1) > 0


def global_types(runs: Sequence[Run]) -> list[str]:
    return ["normal", *sorted({t for run in runs for t in run.types[1:]})]


def to_global(run: Run, labels: np.ndarray, types: Sequence[str]) -> np.ndarray:
    """Labels of one run to the global list; types that training never saw become -1 (unknown)."""
    index = {name: i for i, name in enumerate(types)}
    table = np.array([index.get(name, -1) for name in run.types] + [-1])  # label -1 picks the last
    return table[labels]


def make_batch(
    runs: Sequence[Run],
    chosen: Sequence[tuple[int, int]],
    types: Sequence[str],
    numbers: int,
    drop: Sequence[frozenset[int]] | None = None,
) -> Batch:
    """`chosen` are (run, slice) pairs."""
    rows = [(runs[r], i) for r, i in chosen]
    labels = [to_global(run, run.label_type[i : i + 1], types)[0] for run, i in rows]
    return Batch(
        collate([run.texts for run, _ in rows], [run.slices[i] for run, i in rows], numbers, drop),
        torch.tensor([int(run.start_ns[i]) for run, i in rows]),
        torch.tensor([int(run.end_ns[i]) for run, i in rows]),
        torch.tensor([r for r, _ in chosen]),
        torch.tensor(labels, dtype=torch.int64),
        torch.tensor([int(run.label_entity[i]) for run, i in rows]),
    )


class Sampler:
    """Seeded. Runs are drawn in proportion to the square root of their length, so that one long recording does not drown the rest."""

    def __init__(self, runs: Sequence[Run], runs_per_batch: int, pairs_per_run: int, failing: float, seed: int) -> None:
        self.runs, self.pairs, self.failing = runs, pairs_per_run, failing
        self.runs_per_batch = min(runs_per_batch, len(runs))
        weight = np.sqrt([max(1, len(run)) for run in runs])
        self.weight = weight / weight.sum()
        self.rng = np.random.default_rng(seed)
        self.by_label = [(np.flatnonzero(r.label_type > 0), np.flatnonzero(r.label_type <= 0)) for r in runs]

    def draw(self) -> list[tuple[int, int]]:
        chosen: list[tuple[int, int]] = []
        for r in self.rng.choice(len(self.runs), self.runs_per_batch, replace=False, p=self.weight):
            run, (failing, normal) = self.runs[r], self.by_label[r]
            for _ in range(self.pairs):
                pool = failing if len(failing) and (not len(normal) or self.rng.random() < self.failing) else normal
                if not len(pool):
                    continue
                i = int(self.rng.choice(pool))
                j = min(len(run) - 1, i + 1) if self.rng.random() < 0.5 else max(0, i - 1)
                chosen += [(int(r), i), (int(r), j)]
        return list(dict.fromkeys(chosen))  # a slice twice in a batch would be its own negative

    def modality_dropout(self, count: int, one: float, two: float) -> list[frozenset[int]]:
        """Leaves one modality out with probability `one`, two with `two`."""
        left_out = []
        for u in self.rng.random(count):
            number = 2 if u < two else 1 if u < one + two else 0
            left_out.append(frozenset(self.rng.choice(MODALITIES, number, replace=False).tolist()))
        return left_out
