"""Reads the tensors `export-tensors` writes, and pads slices into batches. Python never parses telemetry.

One file holds one run of S slices; ragged arrays are concatenated, `*_offsets` say where each slice begins.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor

MODALITIES = 3
UNKNOWN, NORMAL = -1, 0


@dataclass(frozen=True)
class SliceTokens:
    """One slice, ragged: the Python face of `SliceTokens` in src/core/tokens/sliceTensors.ts."""

    n_entities: int
    text: np.ndarray  # (N,) i32
    family: np.ndarray  # (N,) u8
    entity: np.ndarray  # (N,) i32
    modality: np.ndarray  # (N,) u8
    numbers: np.ndarray  # (N, F) f32
    edge_caller: np.ndarray
    edge_callee: np.ndarray
    edge_weight: np.ndarray


@dataclass(frozen=True)
class Run:
    name: str
    source: str
    entities: list[str]
    types: list[str]
    texts: np.ndarray  # (V, 384) f32
    slices: list[SliceTokens]
    start_ns: np.ndarray  # (S,) i64
    end_ns: np.ndarray  # (S,) i64
    family_scores: np.ndarray  # (S, E, K) f32
    label_type: np.ndarray  # (S,) i32: -1 unknown, 0 normal, > 0 index into types
    label_entity: np.ndarray  # (S,) i32: -1 none

    @property
    def labelled(self) -> bool:
        return bool((self.label_type != UNKNOWN).any())

    def __len__(self) -> int:
        return len(self.slices)


def read_run(path: Path) -> Run:
    """Raises ValueError with the file and both sides when arrays do not fit together or numbers are not finite."""
    with safe_open(str(path), "np") as file:
        meta: dict[str, str] = file.metadata() or {}
        t = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
    n_entities = int(t["n_entities"].reshape(-1)[0])
    offsets, edges = t["slice_token_offsets"], t["slice_edge_offsets"]
    count = len(offsets) - 1

    def expect(what: str, found: int, wanted: int) -> None:
        if found != wanted:
            raise ValueError(f"{path}: {what} has {found}, expected {wanted}")

    for key in ("token_family", "token_entity", "token_modality", "token_numbers"):
        expect(f"{key} rows", len(t[key]), len(t["token_text"]))
    expect("last token offset", int(offsets[-1]), len(t["token_text"]))
    expect("last edge offset", int(edges[-1]), len(t["edge_caller"]))
    for key in ("slice_start_ns", "slice_end_ns", "label_type", "label_entity", "family_scores"):
        expect(f"{key} rows", len(t[key]), count)
    for key in ("text_vectors", "token_numbers", "family_scores", "edge_weight"):
        if not np.isfinite(t[key]).all():
            raise ValueError(f"{path}: {key} holds NaN or infinity")
    if len(t["token_text"]) and int(t["token_text"].max()) >= len(t["text_vectors"]):
        raise ValueError(f"{path}: text id {t['token_text'].max()} of {len(t['text_vectors'])} texts")
    if len(t["token_entity"]) and int(t["token_entity"].max()) >= n_entities:
        raise ValueError(f"{path}: entity slot {t['token_entity'].max()} of {n_entities} entities")

    slices = []
    for i in range(count):
        a, b, c, d = int(offsets[i]), int(offsets[i + 1]), int(edges[i]), int(edges[i + 1])
        slices.append(
            SliceTokens(
                n_entities,
                t["token_text"][a:b].astype(np.int64),
                t["token_family"][a:b].astype(np.int64),
                t["token_entity"][a:b].astype(np.int64),
                t["token_modality"][a:b].astype(np.int64),
                t["token_numbers"][a:b].astype(np.float32),
                t["edge_caller"][c:d].astype(np.int64),
                t["edge_callee"][c:d].astype(np.int64),
                t["edge_weight"][c:d].astype(np.float32),
            )
        )
    return Run(
        name=path.stem,
        source=meta.get("source", "unknown"),
        entities=json.loads(meta.get("entities", "[]")),
        types=json.loads(meta.get("types", '["normal"]')),
        texts=t["text_vectors"].astype(np.float32),
        slices=slices,
        start_ns=t["slice_start_ns"].astype(np.int64),
        end_ns=t["slice_end_ns"].astype(np.int64),
        family_scores=t["family_scores"].astype(np.float32),
        label_type=t["label_type"].astype(np.int64),
        label_entity=t["label_entity"].astype(np.int64),
    )


def read_runs(folder: Path) -> list[Run]:
    return [read_run(path) for path in sorted(folder.rglob("*.safetensors"))]


class EncoderInputs(NamedTuple):
    """The ONNX inputs, in order."""

    text_table: Tensor  # (V, 384)
    token_text: Tensor  # (B, E, M, T) i64
    token_family: Tensor  # (B, E, M, T) i64
    token_numbers: Tensor  # (B, E, M, T, F)
    token_mask: Tensor  # (B, E, M, T)
    call_graph: Tensor  # (B, E, E)

    def to(self, device: torch.device) -> EncoderInputs:
        return EncoderInputs(*(x.to(device) for x in self))


def collate(
    tables: Sequence[np.ndarray],
    slices: Sequence[SliceTokens],
    n_numbers: int,
    drop: Sequence[frozenset[int]] | None = None,
) -> EncoderInputs:
    """Pads slices into one batch. `tables[i]` belongs to `slices[i]`; equal tables are stacked once.

    `drop[i]` names the modalities left out of slice i (modality dropout).
    """
    table_start: dict[int, int] = {}
    stacked: list[np.ndarray] = []
    rows = 0
    for table in tables:
        if id(table) not in table_start:
            table_start[id(table)] = rows
            stacked.append(table)
            rows += len(table)
    entities = max([1, *(s.n_entities for s in slices)])
    groups, places, longest = [], [], 1
    for i, s in enumerate(slices):
        gone = drop[i] if drop else frozenset()
        keep = np.flatnonzero(~np.isin(s.modality, list(gone))) if gone else np.arange(len(s.text))
        group = s.entity[keep] * MODALITIES + s.modality[keep]
        order = np.argsort(group, kind="stable")
        keep, group = keep[order], group[order]
        # Place within the group: position minus the position where the group begins.
        place = np.arange(len(group)) - np.searchsorted(group, group, side="left")
        groups.append((keep, group))
        places.append(place)
        longest = max(longest, int(place.max()) + 1 if len(place) else 1)
    size = (len(slices), entities * MODALITIES, longest)
    text, family = np.zeros(size, np.int64), np.zeros(size, np.int64)
    numbers, mask = np.zeros((*size, n_numbers), np.float32), np.zeros(size, np.float32)
    calls = np.zeros((len(slices), entities, entities), np.float32)
    for i, s in enumerate(slices):
        keep, group = groups[i]
        at = (i, group, places[i])
        text[at] = s.text[keep] + table_start[id(tables[i])]
        family[at], numbers[at], mask[at] = s.family[keep], s.numbers[keep], 1.0
        cells = s.edge_caller * entities + s.edge_callee
        np.maximum.at(calls[i].reshape(-1), cells, s.edge_weight)  # a view: the largest weight of a repeated call stays
    shape = (len(slices), entities, MODALITIES, longest)
    return EncoderInputs(
        torch.from_numpy(np.concatenate(stacked) if rows else np.zeros((1, 384), np.float32)),
        torch.from_numpy(text.reshape(shape)),
        torch.from_numpy(family.reshape(shape)),
        torch.from_numpy(numbers.reshape(*shape, n_numbers)),
        torch.from_numpy(mask.reshape(shape)),
        torch.from_numpy(calls),
    )
