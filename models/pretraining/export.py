"""Exports a checkpoint to models/encoder: fp32, fp16 and int8 ONNX, reference tensors, manifest, model card.

    python export.py runs/small/checkpoint.pt ../encoder

Refuses to write when torch and ONNX Runtime differ by more than 1e-4 (fp32) or 2e-2 (fp16), or the int8 cosine falls below 0.98.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from data import SliceTokens
from layers import ModelConfig
from manifest import update_manifest
from model import Embeddings, SliceEncoder, count_parameters
from model_card import write_model_card
from onnx_tools import export_onnx, halve, quantise, row_cosine, session, sha256
from packing import EncoderInputs, collate

INPUTS = EncoderInputs._fields
OUTPUTS = ("slice_embedding", "modality_embeddings", "entity_embeddings")
AXES = {
    "text_table": {0: "V"},
    "token_text": {0: "B", 1: "E", 3: "T"},
    "token_family": {0: "B", 1: "E", 3: "T"},
    "token_numbers": {0: "B", 1: "E", 3: "T"},
    "token_mask": {0: "B", 1: "E", 3: "T"},
    "call_graph": {0: "B", 1: "E", 2: "E"},
    "family_scores": {0: "B", 1: "E"},
    "slice_embedding": {0: "B"},
    "modality_embeddings": {0: "B"},
    "entity_embeddings": {0: "B", 1: "E"},
}
#: fp16 on a GPU differed by up to 7e-3 (DESIGN section 6), on the CPU it is computed in fp32 with rounded weights.
PARITY_LIMIT, FP16_LIMIT, COSINE_LIMIT = 1e-4, 2e-2, 0.98
#: Largest absolute difference from the reference that a provider may show (DESIGN section 6: WebGPU 2e-6, TF32 5e-4, fp16 7e-3).
TOLERANCE = {"cpu": 1e-4, "webgpu": 1e-3, "cuda": 5e-3, "dml": 2e-2, "coreml": 2e-2}
REFERENCE_SEED = 20260111


class Graph(torch.nn.Module):
    """The encoder with plain tuple outputs, as the exporter wants them."""

    def __init__(self, encoder: SliceEncoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(self.encoder(*inputs))


def reference_slices(cfg: ModelConfig) -> tuple[np.ndarray, list[SliceTokens]]:
    """Five ragged slices: full, one entity, no metrics, wide with an empty entity, and no tokens at all."""
    rng = np.random.default_rng(REFERENCE_SEED)
    texts = rng.normal(size=(12, 384))
    texts = np.round(texts / np.linalg.norm(texts, axis=1, keepdims=True), 5).astype(np.float32)

    def tokens(entities: int, count: int, modalities: list[int], edges: int) -> SliceTokens:
        numbers = np.clip(rng.normal(size=(count, cfg.numbers)) * rng.choice([0.5, 2.0], (count, 1)), -8, 8)
        return SliceTokens(
            entities,
            rng.integers(0, len(texts), count),
            rng.integers(0, cfg.families, count),
            # The last entity of a wide slice stays without tokens.
            rng.integers(0, max(1, entities - (entities > 3)), count),
            rng.choice(modalities, count),
            np.round(numbers, 4).astype(np.float32),
            rng.integers(0, entities, edges),
            rng.integers(0, entities, edges),
            np.round(rng.uniform(0.5, 5, edges), 4).astype(np.float32),
            np.round(rng.normal(size=(entities, cfg.families)) * rng.choice([0.5, 4.0], (entities, 1)) * (count > 0), 4).astype(np.float32),
        )

    return texts, [
        tokens(3, 40, [0, 1, 2], 3),
        tokens(1, 6, [0, 1, 2], 0),
        tokens(4, 25, [0, 1], 4),
        tokens(9, 90, [0, 1, 2], 10),
        tokens(2, 0, [0], 0),
    ]


def write_reference(path: Path, texts: np.ndarray, slices: list[SliceTokens], expected: Embeddings) -> None:
    def row(values: torch.Tensor | np.ndarray) -> list[float]:
        return [round(float(x), 7) for x in np.asarray(values).reshape(-1)]

    content = {
        "seed": REFERENCE_SEED,
        "textTable": row(texts),
        "slices": [
            {
                "nEntities": s.n_entities,
                "text": s.text.tolist(),
                "family": s.family.tolist(),
                "entity": s.entity.tolist(),
                "modality": s.modality.tolist(),
                "numbers": row(s.numbers),
                "edgeCaller": s.edge_caller.tolist(),
                "edgeCallee": s.edge_callee.tolist(),
                "edgeWeight": row(s.edge_weight),
                "familyScores": row(s.scores),
                "sliceEmbedding": row(expected.slices[i]),
                "modalityEmbeddings": row(expected.modalities[i]),
                "entityEmbeddings": row(expected.entities[i, : s.n_entities]),
            }
            for i, s in enumerate(slices)
        ],
    }
    path.write_text(json.dumps(content, separators=(",", ":")))


def check(name: str, path: Path, inputs: EncoderInputs, expected: Embeddings, slices: list[SliceTokens]) -> dict[str, float]:
    outputs = session(path).run(None, {k: v.numpy() for k, v in zip(INPUTS, inputs, strict=True)})
    wanted = [e.numpy() for e in expected]
    found = [np.asarray(o) for o in outputs]
    difference = max(float(np.abs(a - b).max()) for a, b in zip(found, wanted, strict=True))
    cosine = min(float(row_cosine(a, b).min()) for a, b in zip(found, wanted, strict=True))
    print(f"{name}: largest difference {difference:.2e}, lowest cosine {cosine:.5f}, {path.stat().st_size / 1e6:.2f} MB")
    return {"maxDifference": difference, "cosineMin": round(cosine, 6), "sizeBytes": path.stat().st_size}


def export(checkpoint: dict[str, Any], target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    cfg = ModelConfig(**checkpoint["model_config"])
    encoder = SliceEncoder(cfg).eval()
    encoder.load_state_dict(checkpoint["model"])

    texts, slices = reference_slices(cfg)
    inputs = collate([texts] * len(slices), slices)
    with torch.no_grad():
        expected: Embeddings = encoder(*inputs)
    fp32, fp16, int8 = (target / f"slice-encoder{kind}.onnx" for kind in ("", ".fp16", ".int8"))
    export_onnx(Graph(encoder).eval(), tuple(inputs), fp32, INPUTS, OUTPUTS, AXES)
    halve(fp32, fp16)
    # Blocks of 32: the widths here are 15 to 256.
    quantise(fp32, int8, block=32)
    measured = {
        "fp32": check("fp32", fp32, inputs, expected, slices),
        "fp16": check("fp16", fp16, inputs, expected, slices),
        "int8": check("int8", int8, inputs, expected, slices),
    }
    worst = {kind: measured[kind]["maxDifference"] for kind in ("fp32", "fp16")}
    if worst["fp32"] > PARITY_LIMIT or worst["fp16"] > FP16_LIMIT or measured["int8"]["cosineMin"] < COSINE_LIMIT:
        raise SystemExit(f"not exported: limits are {PARITY_LIMIT} (fp32), {FP16_LIMIT} (fp16) and cosine {COSINE_LIMIT} (int8)")

    reference = target / "slice-encoder.reference.json"
    write_reference(reference, texts, slices, expected)
    numbers = ["B", "E", "M", "T", cfg.numbers]
    content = {
        "name": checkpoint["name"],
        "license": "Apache-2.0",
        "files": {
            "fp32": {"file": fp32.name, "sha256": sha256(fp32)},
            "fp16": {"file": fp16.name, "sha256": sha256(fp16)},
            "int8": {"file": int8.name, "sha256": sha256(int8)},
        },
        "dim": cfg.dim,
        "numbers": cfg.numbers,
        "families": cfg.families,
        "inputs": {
            "text_table": {"dtype": "float32", "shape": ["V", 384]},
            "token_text": {"dtype": "int64", "shape": numbers[:4]},
            "token_family": {"dtype": "int64", "shape": numbers[:4]},
            "token_numbers": {"dtype": "float32", "shape": numbers},
            "token_mask": {"dtype": "float32", "shape": numbers[:4]},
            "call_graph": {"dtype": "float32", "shape": ["B", "E", "E"]},
            "family_scores": {"dtype": "float32", "shape": ["B", "E", cfg.families]},
        },
        "outputs": {
            "slice_embedding": {"dtype": "float32", "shape": ["B", cfg.dim]},
            "modality_embeddings": {"dtype": "float32", "shape": ["B", "M", cfg.dim]},
            "entity_embeddings": {"dtype": "float32", "shape": ["B", "E", cfg.dim]},
        },
        "reference": {
            "file": reference.name,
            "sha256": sha256(reference),
            "seed": REFERENCE_SEED,
            "tolerance": TOLERANCE,
            "toleranceFp16": FP16_LIMIT,
            "minCosineInt8": COSINE_LIMIT,
        },
        "parameters": count_parameters(encoder),
        "modelConfig": cfg.to_json(),
        "trainingCommit": checkpoint["commit"],
        "training": checkpoint["training"],
        "dataset": checkpoint["dataset"],
        "metrics": checkpoint["metrics"],
        "measured": measured,
    }
    update_manifest(target, "slice", content)
    write_model_card(target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("target", type=Path)
    args = parser.parse_args()
    export(torch.load(args.checkpoint, map_location="cpu", weights_only=True), args.target)


if __name__ == "__main__":
    main()
