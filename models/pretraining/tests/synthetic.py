"""Runs in the format of `export-tensors`, with a fault that can be learned: for tests and for trying the code without the CLI."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tensor_file import write_tensors

NUMBERS, FAMILIES = 13, 16
FAMILY_MODALITY = [2] * 7 + [1] * 6 + [0] * 3
TYPES = ["normal", "cpu", "delay", "exception"]
#: Which family each failure moves.
FAMILY_OF_TYPE = {1: 0, 2: 10, 3: 13}


def write_run(path: Path, seed: int, slices: int = 24, labelled: bool = True, entities: int | None = None) -> None:
    """Slices overlap by half. Every third block of four slices holds a fault of one entity."""
    rng = np.random.default_rng(seed)
    entities = entities or int(rng.integers(4, 9))
    texts = rng.normal(size=(60, 384)).astype(np.float32)
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    text, family, entity, modality, numbers = [], [], [], [], []
    offsets, edge_offsets, kinds, roots = [0], [0], [], []
    edges: list[tuple[int, int, float]] = []
    scores = np.zeros((slices, entities, FAMILIES), np.float32)
    keys = [(e, f) for e in range(entities) for f in range(FAMILIES) if rng.random() < 0.6 or f in FAMILY_OF_TYPE.values()]
    key_text = rng.integers(0, len(texts), len(keys))
    kind, root = 0, -1
    for s in range(slices):
        if s % 4 == 0:
            kind = int(rng.integers(1, 4)) if (s // 4) % 3 == 1 else 0
            root = int(rng.integers(0, entities)) if kind else -1
        moment = rng.normal(size=entities)  # shared by the modalities of an entity: what alignment can find
        for (e, f), t in zip(keys, key_text, strict=True):
            z = float(rng.normal() * 0.5 + 0.5 * moment[e])
            if kind and e == root and f == FAMILY_OF_TYPE[kind]:
                z = float(rng.uniform(3, 5))
            row = np.zeros(NUMBERS, np.float32)
            row[0], row[4], row[5] = 2.0, z, np.arcsinh(z)
            text.append(t)
            family.append(f)
            entity.append(e)
            modality.append(FAMILY_MODALITY[f])
            numbers.append(row)
            scores[s, e, f] = max(scores[s, e, f], np.arcsinh(z), key=abs)
        offsets.append(len(text))
        edges += [(int(a), int(b), 2.0) for a, b in rng.integers(0, entities, (3, 2))]
        edge_offsets.append(len(edges))
        kinds.append(kind if labelled else -1)
        roots.append(root if labelled else -1)
    start = np.arange(slices, dtype=np.int64) * 30_000_000_000
    tensors = {
        "text_vectors": texts,
        "token_text": np.array(text, np.int32),
        "token_family": np.array(family, np.uint8),
        "token_entity": np.array(entity, np.int32),
        "token_modality": np.array(modality, np.uint8),
        "token_numbers": np.array(numbers, np.float16),
        "slice_token_offsets": np.array(offsets, np.int64),
        "n_entities": np.array([entities], np.int32),
        "slice_start_ns": start,
        "slice_end_ns": start + 60_000_000_000,
        "edge_caller": np.array([e[0] for e in edges], np.int32),
        "edge_callee": np.array([e[1] for e in edges], np.int32),
        "edge_weight": np.array([e[2] for e in edges], np.float32),
        "slice_edge_offsets": np.array(edge_offsets, np.int64),
        "signed_scores": scores,
        "fused_scores": np.abs(scores).max(-1),
        "label_type": np.array(kinds, np.int32),
        "label_entity": np.array(roots, np.int32),
    }
    metadata = {
        "entities": json.dumps([f"service-{i}" for i in range(entities)]),
        "types": json.dumps(TYPES if labelled else TYPES[:1]),
        "source": "simulated" if labelled else "recording",
        "window_ms": "60000",
    }
    write_tensors(path, tensors, metadata)


def write_data(folder: Path, train: int, held_out: int) -> None:
    for i in range(train):
        write_run(folder / "train" / f"run-{i:03}.safetensors", seed=i)
    for i in range(held_out):
        write_run(folder / "held-out" / f"run-{i:03}.safetensors", seed=1000 + i)
