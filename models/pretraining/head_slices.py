"""What the default heads are trained on: every slice of a folder of simulated systems, as the exported encoder and the engine see it.

Letters: S slices, H detection features, D embedding width, E entities of the slice's system, F families.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from chain import Order
from data import Run, SliceTokens
from deviation import subtract_usual
from evaluate import embed_run
from model import Embeddings
from onnx_tools import session
from packing import EncoderInputs, collate
from root_head import LEAST_LOG_PROBABILITY
from sampling import to_global

UNKNOWN, NORMAL = -1, 0


@dataclass(frozen=True)
class Slices:
    """S slices of all systems of a folder."""

    detection: Tensor  # (S, H)
    deviation: Tensor  # (S, D)
    embedding: Tensor  # (S, D)
    label: Tensor  # (S,) index into types, -1 unknown, 0 normal
    order: Order  # of S
    signed: list[np.ndarray]  # S × (E, F)
    fused: list[np.ndarray]  # S × (E,) scores of the rule
    learned: list[np.ndarray]  # S × (E,) probabilities of the learned root head
    root: np.ndarray  # (S,) entity slot, -1 none
    hours_normal: float
    detection_names: list[str]
    type_names: list[str]

    @property
    def system(self) -> np.ndarray:
        """(S,)"""
        return self.order.system

    @property
    def known(self) -> np.ndarray:
        """Rows of slices that are known to be normal or failing."""
        return np.flatnonzero(self.label.numpy() != UNKNOWN)

    @property
    def failing(self) -> np.ndarray:
        return np.flatnonzero(self.label.numpy() > NORMAL)


class ExportedEncoder:
    """slice-encoder.onnx in place of the module it was made of."""

    def __init__(self, folder: Path) -> None:
        self.session = session(folder / "slice-encoder.onnx")

    def __call__(self, texts: np.ndarray, slices: Sequence[SliceTokens]) -> tuple[Embeddings, Tensor]:
        inputs = collate([texts] * len(slices), slices)
        feeds = {name: value.numpy() for name, value in zip(EncoderInputs._fields, inputs, strict=True)}
        embeddings = Embeddings(*(torch.from_numpy(output) for output in self.session.run(None, feeds)))
        return embeddings, inputs.token_mask.amax((-1, -2)) > 0


def read_slices(runs: Sequence[Run], encoder: ExportedEncoder, root_weight: Tensor, types: list[str]) -> Slices:
    """root_weight (D,) of the learned root head"""
    parts: dict[str, list[np.ndarray]] = {k: [] for k in ("detection", "deviation", "embedding", "label", "system", "follows", "root")}
    by_entity: dict[str, list[np.ndarray]] = {k: [] for k in ("signed", "fused", "learned")}
    hours = 0.0
    names: dict[str, list[str]] = {}
    for at, run in enumerate(runs):
        label = to_global(run, run.label_type, types)
        step_hours = float(np.median(np.diff(run.start_ns))) / 3.6e12 if len(run) > 1 else 0.0
        hours += step_hours * float((label == NORMAL).sum())
        embedded = embed_run(encoder, run)
        logits = (embedded.embeddings.entities @ root_weight).masked_fill(~embedded.present, -1e9)
        detection, signed, fused = run.slices.file.read("detection_features", "signed_scores", "fused_scores")
        parts["detection"].append(detection)
        parts["deviation"].append(subtract_usual(embedded.embeddings.slices.numpy()))
        parts["embedding"].append(embedded.embeddings.slices.numpy())
        parts["label"].append(label)
        parts["system"].append(np.full(len(run), at))
        parts["follows"].append(touches_one_before(run.start_ns, run.end_ns))
        parts["root"].append(run.label_entity)
        by_entity["signed"].extend(signed)
        by_entity["fused"].extend(fused)
        by_entity["learned"].extend(torch.log_softmax(logits, 1).clamp(min=LEAST_LOG_PROBABILITY).exp().numpy())
        names = {key: json.loads(run.slices.file.metadata[key]) for key in ("detection_features", "type_features")}
    joined = {k: np.concatenate(v) for k, v in parts.items()}
    return Slices(
        torch.from_numpy(joined["detection"]).float(),
        torch.from_numpy(joined["deviation"]),
        torch.from_numpy(joined["embedding"]),
        torch.from_numpy(joined["label"]).long(),
        Order(joined["system"], joined["follows"]),
        by_entity["signed"],
        by_entity["fused"],
        by_entity["learned"],
        joined["root"].astype(int),
        hours,
        names["detection_features"],
        names["type_features"],
    )


def touches_one_before(start_ns: np.ndarray, end_ns: np.ndarray) -> np.ndarray:
    """of the slices of one run, ascending -> bool, False for the first"""
    return np.concatenate([[False], start_ns[1:] <= end_ns[:-1]])
