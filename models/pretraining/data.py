"""Reads the tensors `export-tensors` writes, as they are needed. Python never parses telemetry.

One file holds one run of S slices; ragged arrays are concatenated, `*_offsets` say where each slice begins. A `Run` in memory is its
labels and times (about 10 KB); the tokens of a slice are read from the file when they are asked for.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

import numpy as np

from tensor_file import TensorFile

MODALITIES = 3
UNKNOWN, NORMAL = -1, 0


@dataclass(frozen=True)
class SliceTokens:
    """One slice, ragged, in the types of the file: the Python face of `SliceTokens` in src/core/tokens/sliceTensors.ts."""

    n_entities: int
    text: np.ndarray  # (N,) integer
    family: np.ndarray  # (N,) integer
    entity: np.ndarray  # (N,) integer
    modality: np.ndarray  # (N,) integer
    numbers: np.ndarray  # (N, F) f16 or f32
    edge_caller: np.ndarray
    edge_callee: np.ndarray
    edge_weight: np.ndarray
    scores: np.ndarray  # (n_entities, K) signed calibrated family scores


class Slices(Sequence[SliceTokens]):
    """The slices of one file. Indexing reads; it raises ValueError when tokens do not fit together or numbers are not finite."""

    def __init__(self, file: TensorFile, n_entities: int, tokens: np.ndarray, edges: np.ndarray) -> None:
        self.file, self.n_entities, self.tokens, self.edges = file, n_entities, tokens, edges
        self.n_texts = file.rows("text_vectors")

    def __len__(self) -> int:
        return len(self.tokens) - 1

    @overload
    def __getitem__(self, index: int) -> SliceTokens: ...
    @overload
    def __getitem__(self, index: slice) -> list[SliceTokens]: ...
    def __getitem__(self, index: int | slice) -> SliceTokens | list[SliceTokens]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(f"slice {index} of {len(self)}")
        at = (int(self.tokens[index]), int(self.tokens[index + 1]))
        edges = (int(self.edges[index]), int(self.edges[index + 1]))
        text, family, entity, modality, numbers, caller, callee, weight, scores = self.file.read_rows(
            {
                **{f"token_{name}": at for name in ("text", "family", "entity", "modality", "numbers")},
                **{f"edge_{name}": edges for name in ("caller", "callee", "weight")},
                "signed_scores": (index, index + 1),
            }
        )
        self.expect(text, self.n_texts, "text id")
        for slots in (entity, caller, callee):
            self.expect(slots, self.n_entities, "entity slot")
        self.expect(modality, MODALITIES, "modality")
        if not (np.isfinite(numbers).all() and np.isfinite(weight).all() and np.isfinite(scores).all()):
            raise ValueError(f"{self.file.path}: slice {index} holds NaN or infinity")
        return SliceTokens(self.n_entities, text, family, entity, modality, numbers, caller, callee, weight, scores[0])

    def expect(self, values: np.ndarray, below: int, what: str) -> None:
        if len(values) and not 0 <= int(values.min()) <= int(values.max()) < below:
            raise ValueError(f"{self.file.path}: {what} {values.min()} to {values.max()}, expected 0 to {below - 1}")


@dataclass(frozen=True)
class Run:
    name: str
    source: str
    entities: list[str]
    types: list[str]
    slices: Slices
    #: Modalities that some token of the run has.
    modalities: frozenset[int]
    start_ns: np.ndarray  # (S,) i64
    end_ns: np.ndarray  # (S,) i64
    label_type: np.ndarray  # (S,) i64: -1 unknown, 0 normal, > 0 index into types
    label_entity: np.ndarray  # (S,) i64: -1 none

    @property
    def labelled(self) -> bool:
        return bool((self.label_type != UNKNOWN).any())

    @property
    def texts(self) -> np.ndarray:
        """(V, 384) f16 or f32, read from the file."""
        (vectors,) = self.slices.file.read("text_vectors")
        if not np.isfinite(vectors).all():
            raise ValueError(f"{self.slices.file.path}: text_vectors holds NaN or infinity")
        return vectors

    @property
    def family_scores(self) -> np.ndarray:
        """(S, E, K) f32 >= 0, read from the file."""
        (scores,) = self.slices.file.read("signed_scores")
        if not np.isfinite(scores).all():
            raise ValueError(f"{self.slices.file.path}: signed_scores holds NaN or infinity")
        return np.abs(scores.astype(np.float32))

    @property
    def fused_scores(self) -> np.ndarray:
        """(S, E) f32 >= 0, read from the file: the engine's ranking of causes without labels."""
        (scores,) = self.slices.file.read("fused_scores")
        return scores.astype(np.float32)

    def __len__(self) -> int:
        return len(self.slices)


def read_run(path: Path) -> Run:
    """Raises ValueError with the file and both sides when arrays do not fit together; tokens are checked when they are read."""
    file = TensorFile(path)
    names = ("n_entities", "slice_token_offsets", "slice_edge_offsets", "slice_start_ns", "slice_end_ns", "label_type", "label_entity")
    n_entities, tokens, edges, start, end, label_type, label_entity = file.read(*names)

    def expect(what: str, found: int, wanted: int) -> None:
        if found != wanted:
            raise ValueError(f"{path}: {what} has {found}, expected {wanted}")

    for key in ("token_family", "token_entity", "token_modality", "token_numbers"):
        expect(f"{key} rows", file.rows(key), file.rows("token_text"))
    expect("last token offset", int(tokens[-1]), file.rows("token_text"))
    expect("last edge offset", int(edges[-1]), file.rows("edge_caller"))
    for key in ("slice_start_ns", "slice_end_ns", "label_type", "label_entity", "signed_scores"):
        expect(f"{key} rows", file.rows(key), len(tokens) - 1)
    if (np.diff(tokens) < 0).any() or (np.diff(edges) < 0).any():
        raise ValueError(f"{path}: offsets of slices go backwards")
    if "modalities" in file.metadata:
        modalities = json.loads(file.metadata["modalities"])
    else:
        modalities = np.unique(file.read("token_modality")[0]).tolist()
    return Run(
        name=path.stem,
        source=file.metadata.get("source", "unknown"),
        entities=json.loads(file.metadata.get("entities", "[]")),
        types=json.loads(file.metadata.get("types", '["normal"]')),
        slices=Slices(file, int(n_entities.reshape(-1)[0]), tokens, edges),
        modalities=frozenset(modalities),
        start_ns=start.astype(np.int64),
        end_ns=end.astype(np.int64),
        label_type=label_type.astype(np.int64),
        label_entity=label_entity.astype(np.int64),
    )


def read_runs(folder: Path) -> list[Run]:
    return [read_run(path) for path in sorted(folder.rglob("*.safetensors"))]


def describe_runs(runs: Sequence[Run]) -> str:
    labelled = sum(run.labelled for run in runs)
    slices, failing = sum(map(len, runs)), sum(int((run.label_type > NORMAL).sum()) for run in runs)
    return f"{len(runs)} runs ({labelled} simulated with labels, the rest recordings without), {slices} slices, {failing} failing"
