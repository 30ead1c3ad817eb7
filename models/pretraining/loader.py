"""Batches for training: drawn, read, augmented and packed by background processes, in order; one batch depends on (seed, step) alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from augment import CALIBRATED, draw_dropout, draw_hidden, hide_scores, scale_deviations
from config import BatchConfig, Config
from data import MODALITIES, Run
from packing import pack, stack_tables
from sampling import Sampler, to_global


class Batch(NamedTuple):
    """Packed tokens (see packing.py) and labels. Hidden tokens are not among the packed ones."""

    table: Tensor  # (V, 384)
    table_run: Tensor  # (V,) i64, row of `shift`
    shift: Tensor  # (R, 384)
    text: Tensor  # (N,)
    family: Tensor  # (N,)
    numbers: Tensor  # (N, F)
    lengths: Tensor  # (G,)
    calls: Tensor  # (B, E, E)
    scores: Tensor  # (B, E, K)
    start: Tensor  # (B,) i64
    end: Tensor  # (B,) i64
    run: Tensor  # (B,) i64
    label_type: Tensor  # (B,) i64, index into the global list of types
    label_entity: Tensor  # (B,) i64, slot in this batch
    hidden_text: Tensor  # (H,)
    hidden_family: Tensor  # (H,)
    hidden_group: Tensor  # (H,) i64, index into G
    hidden_target: Tensor  # (H,) calibrated deviation

    @property
    def present(self) -> Tensor:
        """(B, E, M) bool: groups that hold a token."""
        return (self.lengths > 0).view(len(self.calls), -1, MODALITIES)


class Batches(Dataset[tuple[np.ndarray, ...]]):
    def __init__(self, runs: Sequence[Run], types: Sequence[str], cfg: Config) -> None:
        self.runs, self.types, self.cfg = runs, types, cfg
        self.sampler = Sampler(runs, cfg.batch, cfg.seed)

    def __getitem__(self, step: int) -> tuple[np.ndarray, ...]:
        """Numpy arrays: they travel through a pipe, tensors would need shared memory, of which containers have little."""
        chosen = self.sampler.draw(step)
        return make_arrays(self.runs, chosen, self.types, self.cfg, np.random.default_rng([self.cfg.seed, step, 1]))


def make_arrays(
    runs: Sequence[Run], chosen: Sequence[tuple[int, int]], types: Sequence[str], cfg: Config, rng: np.random.Generator | None
) -> tuple[np.ndarray, ...]:
    """The fields of a `Batch` of these (run, slice) pairs; augmented when there is a generator."""
    batch = cfg.batch
    drawn = sorted({r for r, _ in chosen})
    tables = [runs[r].texts for r in drawn]
    drop = slots = None
    slices = [runs[r].slices[i] for r, i in chosen]
    if rng is not None:
        tables = [np.zeros_like(t) if rng.random() < batch.text_dropout else t for t in tables]
        drop = draw_dropout(rng, len(chosen), batch.drop_one_modality, batch.drop_two_modalities)
        widest = max(s.n_entities for s in slices)
        # Slots of the whole batch, so that an entity's slot says nothing of the size of its system either.
        slots = [rng.permutation(widest)[: s.n_entities] for s in slices]
    place = {r: at for at, r in enumerate(drawn)}
    table, first = stack_tables([tables[place[r]] for r, _ in chosen])
    packed = pack(slices, first, drop, slots)
    run = np.array([r for r, _ in chosen])
    root = np.array([runs[r].label_entity[i] for r, i in chosen])
    hidden = np.zeros(len(packed.text), bool)
    if rng is not None:
        scale_deviations(rng, packed, run, cfg.model.families, batch)
        if cfg.loss.masked > 0:
            hidden = draw_hidden(rng, packed, batch.masked_tokens)
            hide_scores(packed, hidden)
    if slots is not None:
        root = np.array([slots[b][e] if e >= 0 else -1 for b, e in enumerate(root)])
    seen = ~hidden
    shift = np.zeros((len(tables), table.shape[1]), np.float32)
    if rng is not None:
        shift = (rng.standard_normal(shift.shape) * batch.text_shift).astype(np.float32)
    return (
        table,
        np.repeat(np.arange(len(tables)), [len(t) for t in tables]),
        shift,
        packed.text[seen],
        packed.family[seen],
        packed.numbers[seen],
        np.bincount(packed.group[seen], minlength=len(packed.lengths)),
        packed.calls,
        packed.scores,
        np.array([runs[r].start_ns[i] for r, i in chosen]),
        np.array([runs[r].end_ns[i] for r, i in chosen]),
        run,
        np.array([to_global(runs[r], runs[r].label_type[i : i + 1], types)[0] for r, i in chosen]),
        root,
        packed.text[hidden],
        packed.family[hidden],
        packed.group[hidden],
        packed.numbers[hidden, CALIBRATED],
    )


def noisy_table(batch: Batch, cfg: BatchConfig) -> Tensor:
    """(V, 384): names of one thing differ between systems, so each text is moved a little, and all texts of a run by one shift."""
    return batch.table + torch.randn_like(batch.table) * cfg.text_noise + batch.shift[batch.table_run]


def to_batch(arrays: Sequence[np.ndarray], device: torch.device) -> Batch:
    def move(values: np.ndarray) -> Tensor:
        tensor = torch.from_numpy(values).to(device)
        return tensor.float() if tensor.is_floating_point() else tensor.long()

    return Batch(*map(move, arrays))


def keep(arrays: Any) -> Any:
    return arrays


def load(batches: Batches, steps: Sequence[int], workers: int) -> Iterator[tuple[np.ndarray, ...]]:
    """Batches of these steps, in order. Workers read ahead, two batches each."""
    return iter(
        DataLoader(
            batches,
            batch_size=None,
            sampler=steps,
            num_workers=workers,
            collate_fn=keep,
            prefetch_factor=2 if workers else None,
            multiprocessing_context="fork" if workers else None,
        )
    )
