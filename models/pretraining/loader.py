"""Batches for training: drawn, read, augmented and packed by background processes, in order; one batch depends on (seed, step) alone."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from augment import CALIBRATED, draw_dropout, draw_hidden, hide_scores, scale_deviations
from config import BatchConfig, Config
from data import Run, read_run
from packing import Packed, pack, stack_tables
from sampling import Sampler, global_types, to_global


class Batch(NamedTuple):
    """Packed tokens (see packing.py) and labels. Hidden tokens are not among the packed ones.

    Slices are ordered by the size of their systems and lie in P rectangles of B_p slices × E_p entity slots; B = Σ B_p, G = M Σ B_p E_p.
    """

    table: Tensor  # (V, 384)
    table_run: Tensor  # (V,) i64, row of `shift`
    shift: Tensor  # (R, 384)
    text: Tensor  # (N,)
    family: Tensor  # (N,)
    numbers: Tensor  # (N, F)
    lengths: Tensor  # (G,)
    calls: tuple[Tensor, ...]  # P × (B_p, E_p, E_p)
    scores: tuple[Tensor, ...]  # P × (B_p, E_p, K)
    start: Tensor  # (B,) i64
    end: Tensor  # (B,) i64
    run: Tensor  # (B,) i64
    label_type: Tensor  # (B,) i64, index into the global list of types
    label_entity: Tensor  # (B,) i64, slot in its rectangle
    hidden_text: Tensor  # (H,)
    hidden_family: Tensor  # (H,)
    hidden_group: Tensor  # (H,) i64, index into G
    hidden_target: Tensor  # (H,) calibrated deviation


#: The fields of a `Batch` as they travel between processes.
Arrays = tuple[np.ndarray | tuple[np.ndarray, ...], ...]


class Batches(Dataset[Arrays]):
    def __init__(self, runs: Sequence[Run], types: Sequence[str], cfg: Config) -> None:
        self.runs, self.types, self.cfg = runs, types, cfg
        self.sampler = Sampler(runs, cfg.batch, cfg.seed)

    def __getitem__(self, step: int) -> Arrays:
        """Numpy arrays: they travel through a pipe, tensors would need shared memory, of which containers have little."""
        chosen = self.sampler.draw(step)
        return make_arrays(self.runs, chosen, self.types, self.cfg, np.random.default_rng([self.cfg.seed, step, 1]))


def make_arrays(
    runs: Sequence[Run], chosen: Sequence[tuple[int, int]], types: Sequence[str], cfg: Config, rng: np.random.Generator | None
) -> Arrays:
    """The fields of a `Batch` of these (run, slice) pairs; augmented when there is a generator."""
    batch = cfg.batch
    chosen = sorted(chosen, key=lambda pair: (runs[pair[0]].slices.n_entities, pair[0]))
    drawn = sorted({r for r, _ in chosen})
    tables = [runs[r].texts for r in drawn]
    drop = None
    if rng is not None:
        tables = [np.zeros_like(t) if rng.random() < batch.text_dropout else t for t in tables]
        drop = draw_dropout(rng, len(chosen), batch.drop_one_modality, batch.drop_two_modalities)
    place = {r: at for at, r in enumerate(drawn)}
    table, first = stack_tables([tables[place[r]] for r, _ in chosen])
    run = np.array([r for r, _ in chosen])
    root = np.array([runs[r].label_entity[i] for r, i in chosen])
    parts: list[Packed] = []
    hidden: list[np.ndarray] = []
    for at in rectangles([runs[r].slices.n_entities for r, _ in chosen], batch.widest):
        slices, slots = [runs[r].slices[i] for r, i in chosen[at]], None
        if rng is not None:
            widest = max(s.n_entities for s in slices)
            # Slots of the whole rectangle, so that an entity's slot says nothing of the size of its system either.
            slots = [rng.permutation(widest)[: s.n_entities] for s in slices]
            root[at] = [to[e] if e >= 0 else -1 for to, e in zip(slots, root[at], strict=True)]
        packed = pack(slices, first[at], None if drop is None else drop[at], slots)
        unseen = np.zeros(len(packed.text), bool)
        if rng is not None:
            scale_deviations(rng, packed, run[at], cfg.model.families, batch)
            if cfg.loss.masked > 0:
                unseen = draw_hidden(rng, packed, batch.masked_tokens)
                hide_scores(packed, unseen)
        parts.append(packed)
        hidden.append(unseen)
    before = np.cumsum([0, *(len(p.lengths) for p in parts)])  # groups before each rectangle
    away = np.concatenate(hidden)
    text, family, numbers = (np.concatenate([getattr(p, name) for p in parts]) for name in ("text", "family", "numbers"))
    group = np.concatenate([p.group + n for p, n in zip(parts, before, strict=False)])
    shift = np.zeros((len(tables), table.shape[1]), np.float32)
    if rng is not None:
        shift = (rng.standard_normal(shift.shape) * batch.text_shift).astype(np.float32)
    return (
        table,
        np.repeat(np.arange(len(tables)), [len(t) for t in tables]),
        shift,
        text[~away],
        family[~away],
        numbers[~away],
        np.bincount(group[~away], minlength=int(before[-1])),
        tuple(p.calls for p in parts),
        tuple(p.scores for p in parts),
        np.array([runs[r].start_ns[i] for r, i in chosen]),
        np.array([runs[r].end_ns[i] for r, i in chosen]),
        run,
        np.array([to_global(runs[r], runs[r].label_type[i : i + 1], types)[0] for r, i in chosen]),
        root,
        text[away],
        family[away],
        group[away],
        numbers[away, CALIBRATED],
    )


def rectangles(entities: Sequence[int], widest: float) -> list[slice]:
    """Cuts slices, ordered by the number of their entities, where that has grown to more than `widest` times the first one's."""
    starts = [0]
    for at, count in enumerate(entities):
        if count > widest * entities[starts[-1]]:
            starts.append(at)
    return [slice(a, b) for a, b in zip(starts, [*starts[1:], len(entities)], strict=True)]


def noisy_table(batch: Batch, cfg: BatchConfig) -> Tensor:
    """(V, 384): names of one thing differ between systems, so each text is moved a little, and all texts of a run by one shift."""
    return batch.table + torch.randn_like(batch.table) * cfg.text_noise + batch.shift[batch.table_run]


def to_batch(arrays: Arrays, device: torch.device) -> Batch:
    def move(values: np.ndarray | Sequence[np.ndarray]) -> Any:
        if not isinstance(values, np.ndarray):
            return tuple(move(part) for part in values)
        tensor = torch.from_numpy(values).to(device)
        return tensor.float() if tensor.is_floating_point() else tensor.long()

    return Batch(*map(move, arrays))


def keep(arrays: Any) -> Any:
    return arrays


def load(batches: Batches, steps: Sequence[int], workers: int, threaded: bool = False) -> Iterator[Arrays]:
    """Batches of these steps, in order. Workers read ahead, two batches each. threaded: a thread takes them from the workers, while
    this one keeps a GPU busy."""
    return iter(
        DataLoader(
            batches,
            batch_size=None,
            sampler=steps,
            num_workers=workers,
            collate_fn=keep,
            prefetch_factor=2 if workers else None,
            pin_memory=threaded and workers > 0,  # arrays are not pinned; the thread that would do it takes them
            multiprocessing_context="fork" if workers else None,
        )
    )


class Source:
    """The runs of a folder, which may grow while they are trained on: simulating takes longer than training on a GPU."""

    def __init__(self, folder: Path, cfg: Config) -> None:
        self.folder, self.cfg = folder, cfg
        self.known: dict[Path, Run] = {}
        self.types: list[str] = []
        self.look()
        if not self.runs:
            raise SystemExit(f"no *.safetensors in {folder}; make them with make_data.py")
        self.types = global_types(self.runs)

    def look(self) -> bool:
        """Takes in what is new. -> whether there was any"""
        paths = sorted(self.folder.rglob("*.safetensors"))
        found = {path: self.known[path] if path in self.known else read_run(path) for path in paths}
        grown = len(found) > len(self.known)
        self.known = found
        self.runs = [run for run in found.values() if len(run)]
        more = sorted(set(global_types(self.runs)) - set(self.types)) if self.types else []
        if more:
            raise SystemExit(
                f"{self.folder} has grown by types of failure that it began without: {more}; begin anew with what is there now"
            )
        return grown

    def batches(self, draws: range, workers: int, threaded: bool, round_minutes: float) -> Iterator[Arrays]:
        """One batch for each draw; every `round_minutes` with what has been added since."""
        done, looked = 0, time.monotonic()
        while done < len(draws):
            for arrays in load(Batches(self.runs, self.types, self.cfg), draws[done:], workers, threaded):
                yield arrays
                done += 1
                if time.monotonic() - looked > 60 * round_minutes:
                    looked = time.monotonic()
                    if self.look():
                        break
