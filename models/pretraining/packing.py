"""Slices of tokens -> arrays of a batch: packed (real tokens only, grouped) for training, padded for the exported graph.

Letters: B slices, E entity slots, M = 3 modalities, G = B * E * M groups, N tokens, T token places per group, F numbers, V texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from data import MODALITIES, SliceTokens
from fusion import FAMILY_MODALITY


class EncoderInputs(NamedTuple):
    """The ONNX inputs, in order."""

    text_table: Tensor  # (V, 384)
    token_text: Tensor  # (B, E, M, T) i64
    token_family: Tensor  # (B, E, M, T) i64
    token_numbers: Tensor  # (B, E, M, T, F)
    token_mask: Tensor  # (B, E, M, T)
    call_graph: Tensor  # (B, E, E)
    family_scores: Tensor  # (B, E, K)


class Packed(NamedTuple):
    """Tokens sorted by group = (slice * E + entity) * M + modality."""

    text: np.ndarray  # (N,) i32 row of the batch's text table
    family: np.ndarray  # (N,) u8
    numbers: np.ndarray  # (N, F) f32
    group: np.ndarray  # (N,) i64, ascending
    lengths: np.ndarray  # (G,) i64 tokens of each group
    calls: np.ndarray  # (B, E, E) f32
    scores: np.ndarray  # (B, E, K) f32
    entities: int  # E


def stack_tables(tables: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """-> all rows under each other, equal (identical) tables once, and the first row of each table."""
    first: dict[int, int] = {}
    stacked: list[np.ndarray] = []
    rows = 0
    for table in tables:
        if id(table) not in first:
            first[id(table)] = rows
            stacked.append(table)
            rows += len(table)
    return (np.concatenate(stacked) if rows else np.zeros((1, 384), np.float32)), np.array([first[id(t)] for t in tables], np.int64)


def pack(
    slices: Sequence[SliceTokens],
    first_text: np.ndarray,
    drop: np.ndarray | None = None,
    slots: Sequence[np.ndarray] | None = None,
) -> Packed:
    """first_text (B,): where the texts of each slice begin in the table; drop (B, M) bool: modalities to leave out;
    slots[i] (E_i,): the slot that each entity of slice i moves to."""
    entities = max([1, *(s.n_entities for s in slices)])
    owner = np.repeat(np.arange(len(slices)), [len(s.text) for s in slices])  # (N,)

    def join(parts: Sequence[np.ndarray], kind: type[np.generic]) -> np.ndarray:
        return np.concatenate([np.asarray(p, kind) for p in parts]) if parts else np.zeros(0, kind)

    def move(i: int, entity: np.ndarray) -> np.ndarray:
        return slots[i][entity] if slots is not None else entity

    text = join([s.text for s in slices], np.int32) + first_text.astype(np.int32)[owner]
    family = join([s.family for s in slices], np.uint8)
    numbers = np.concatenate([s.numbers for s in slices]).astype(np.float32)
    modality = join([s.modality for s in slices], np.int64)
    group = (owner * entities + join([move(i, s.entity) for i, s in enumerate(slices)], np.int64)) * MODALITIES + modality
    order = np.argsort(group, kind="stable")
    if drop is not None:
        order = order[~drop[owner, modality][order]]
    group = group[order]
    calls = np.zeros((len(slices), entities, entities), np.float32)
    edges = [len(s.edge_caller) for s in slices]
    caller = join([move(i, s.edge_caller) for i, s in enumerate(slices)], np.int64)
    callee = join([move(i, s.edge_callee) for i, s in enumerate(slices)], np.int64)
    # The largest weight of a repeated call stays.
    np.maximum.at(calls, (np.repeat(np.arange(len(slices)), edges), caller, callee), join([s.edge_weight for s in slices], np.float32))
    lengths = np.bincount(group, minlength=len(slices) * entities * MODALITIES)
    scores = np.zeros((len(slices), entities, len(FAMILY_MODALITY)), np.float32)
    for i, s in enumerate(slices):
        scores[i, move(i, np.arange(s.n_entities))] = s.scores
    if drop is not None:
        scores *= ~drop[:, None, list(FAMILY_MODALITY)]
    return Packed(text[order], family[order], numbers[order], group, lengths, calls, scores, entities)


def pad(table: np.ndarray, packed: Packed) -> EncoderInputs:
    starts = np.cumsum(packed.lengths) - packed.lengths
    at = (packed.group, np.arange(len(packed.group)) - starts[packed.group])  # group, place within it
    size = (len(packed.lengths), int(packed.lengths.max(initial=1)))
    text, family, mask = np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(size, np.float32)
    numbers = np.zeros((*size, packed.numbers.shape[1]), np.float32)
    text[at], family[at], numbers[at], mask[at] = packed.text, packed.family, packed.numbers, 1.0
    shape = (len(packed.calls), packed.entities, MODALITIES, size[1])
    return EncoderInputs(
        torch.from_numpy(table.astype(np.float32)),
        torch.from_numpy(text.reshape(shape)),
        torch.from_numpy(family.reshape(shape)),
        torch.from_numpy(numbers.reshape(*shape, -1)),
        torch.from_numpy(mask.reshape(shape)),
        torch.from_numpy(packed.calls),
        torch.from_numpy(packed.scores),
    )


def collate(tables: Sequence[np.ndarray], slices: Sequence[SliceTokens]) -> EncoderInputs:
    """Pads slices into one batch. `tables[i]` belongs to `slices[i]`; identical tables are stacked once."""
    table, first = stack_tables(tables)
    return pad(table, pack(slices, first))
