"""Held-out systems: root cause, detection, failure type, cross-modality retrieval; always beside simpler ways.

    python evaluate.py runs/small/checkpoint.pt --data data [--recordings labelled] [--save]

Columns: `encoder` is the trained encoder with its heads; `raw scores` the calibrated family scores without an encoder (root
cause: the engine's label-free rule; detection: its largest score in the slice; type: logistic regression on the slice's maximum per
family; retrieval: cosine of the entities' largest score per modality); `untrained` a random encoder with heads fitted on its
embeddings; `chance`. All count slices, not faults: slices of one fault are alike.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn import functional as F

from data import MODALITIES, Run, SliceTokens, describe_runs, read_runs
from fusion import FAMILY_MODALITY
from layers import ModelConfig
from losses import anomaly_loss, root_cause_loss, type_loss
from model import Embeddings, Heads, SliceEncoder
from packing import pack
from sampling import to_global
from scores import auroc, macro_f1, mean_rank, recall_at_1

SEED = 7
MAX_FITTED_RUNS = 64
#: Name of the held-out runs in the description of a checkpoint's data.
HELD_OUT = "held out (other systems, other seeds)"


class Embedded(NamedTuple):
    """One run through one encoder."""

    embeddings: Embeddings  # (S, D), (S, M, D), (S, E, D)
    present: torch.Tensor  # (S, E) bool


#: Embeds slices of one run, given its texts (V, 384). -> embeddings, and which entities have a token (B, E)
Encode = Callable[[np.ndarray, Sequence[SliceTokens]], tuple[Embeddings, torch.Tensor]]


def packed(encoder: SliceEncoder) -> Encode:
    """Without padding: 96 held-out systems take 49 s, padded more than 9 minutes (two cores)."""

    def encode(texts: np.ndarray, slices: Sequence[SliceTokens]) -> tuple[Embeddings, torch.Tensor]:
        tokens = pack(slices, np.zeros(len(slices), np.int64))
        parts, _, present = encoder.encode_packed(
            torch.from_numpy(texts.astype(np.float32)),
            torch.from_numpy(tokens.text).long(),
            torch.from_numpy(tokens.family).long(),
            torch.from_numpy(tokens.numbers),
            torch.from_numpy(tokens.lengths),
            [torch.from_numpy(tokens.calls)],
            [torch.from_numpy(tokens.scores)],
        )
        return parts[0], present[0].amax(-1) > 0

    return encode


def embed_run(encode: Encode, run: Run, batch: int = 24) -> Embedded:
    texts = run.texts
    with torch.no_grad():
        parts = [encode(texts, run.slices[i : i + batch]) for i in range(0, len(run), batch)]
    embeddings, present = zip(*parts, strict=True)
    return Embedded(Embeddings(*(torch.cat(x) for x in zip(*embeddings, strict=True))), torch.cat(present))


def fit_heads(cfg: ModelConfig, embedded: Sequence[Embedded], runs: Sequence[Run], types: Sequence[str], seed: int) -> Heads:
    """Heads on frozen embeddings, run by run: what a linear reader gets out of them."""
    torch.manual_seed(seed)
    heads = Heads(cfg, len(types))
    optimiser = torch.optim.AdamW(heads.parameters(), lr=5e-3, weight_decay=1e-3)
    labels = [(torch.from_numpy(to_global(r, r.label_type, types)), torch.from_numpy(r.label_entity)) for r in runs]
    for _ in range(12):
        for (embeddings, present), (kind, entity) in zip(embedded, labels, strict=True):
            anomaly, failure_type, root = heads(embeddings)
            loss = anomaly_loss(anomaly, kind) + type_loss(failure_type, kind) + root_cause_loss(root, present, entity)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return heads


def choose_labelled(train: Sequence[Run], seed: int) -> list[Run]:
    """Runs that the simple ways are fitted on: some thousand slices are enough for linear models."""
    labelled = [run for run in train if run.labelled]
    chosen = np.random.default_rng(seed).permutation(len(labelled))[:MAX_FITTED_RUNS]
    return [labelled[i] for i in sorted(chosen)]


def fit_untrained(cfg: ModelConfig, labelled: Sequence[Run], types: Sequence[str], seed: int) -> tuple[SliceEncoder, Heads]:
    """A random encoder, and heads fitted on what it gives."""
    torch.manual_seed(seed)
    encoder = SliceEncoder(cfg).eval()
    return encoder, fit_heads(cfg, [embed_run(packed(encoder), run) for run in labelled], labelled, types, seed)


def slice_maxima(run: Run) -> np.ndarray:
    """(S, K): largest score of each family over the entities."""
    return run.family_scores.max(1)


def fit_raw_types(runs: Sequence[Run], types: Sequence[str], seed: int) -> torch.nn.Linear:
    x = torch.from_numpy(np.concatenate([np.log1p(slice_maxima(r)) for r in runs]))
    y = torch.from_numpy(np.concatenate([to_global(r, r.label_type, types) for r in runs]))
    torch.manual_seed(seed)
    model = torch.nn.Linear(x.shape[1], len(types))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.05)
    keep = y > 0
    for _ in range(300 if bool(keep.any()) else 0):
        loss = F.cross_entropy(model(x[keep]), y[keep])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model


def apart(run: Run) -> np.ndarray:
    """Indices of slices of which no two overlap, as many as fit from the first on."""
    kept: list[int] = []
    for i in np.argsort(run.start_ns, kind="stable"):
        if not kept or run.start_ns[i] >= run.end_ns[kept[-1]]:
            kept.append(int(i))
    return np.array(kept, dtype=np.int64)


def retrieval(runs: Sequence[Run], modality_rows: Sequence[np.ndarray]) -> tuple[float | None, float | None]:
    """-> mean recall@1 over runs and modality pairs, and its chance. modality_rows[i] (S, M, any width), zero rows = absent."""
    found, chance = [], []
    for run, rows in zip(runs, modality_rows, strict=True):
        some = rows[apart(run)]
        norm = np.linalg.norm(some, axis=-1, keepdims=True)
        unit = some / np.where(norm > 0, norm, 1.0)
        for a, b in combinations(range(MODALITIES), 2):
            both = (norm[:, a, 0] > 0) & (norm[:, b, 0] > 0)
            if both.sum() >= 4:
                found += [recall_at_1(unit[both, a], unit[both, b]), recall_at_1(unit[both, b], unit[both, a])]
                chance += [1 / int(both.sum())] * 2
    return (float(np.mean(found)), float(np.mean(chance))) if found else (None, None)


def raw_modality_rows(run: Run) -> np.ndarray:
    """(S, M, E): each entity's largest score within the modality's families."""
    scores = run.family_scores
    return np.stack([scores[..., m == np.array(FAMILY_MODALITY)].max(-1) for m in range(MODALITIES)], 1)


def judge_model(heads: Heads, embedded: Sequence[Embedded], runs: Sequence[Run], types: Sequence[str]) -> dict[str, Any]:
    ranks, scores, failing, predicted, actual = [], [], [], [], []
    for run, (embeddings, present) in zip(runs, embedded, strict=True):
        with torch.no_grad():
            anomaly, failure_type, root = heads(embeddings)
        root = root.masked_fill(~present, -1e9).numpy()
        kind = to_global(run, run.label_type, types)
        known = kind >= 0
        scores.append(anomaly.numpy()[known])
        failing.append(kind[known] > 0)
        predicted.append(failure_type[:, 1:].argmax(1).numpy()[kind > 0] + 1)
        actual.append(kind[kind > 0])
        ranks += [mean_rank(root[i], int(e)) for i, e in enumerate(run.label_entity) if e >= 0 and run.label_type[i] > 0]
    return finish(ranks, scores, failing, predicted, actual)


def judge_raw(types_model: torch.nn.Linear, runs: Sequence[Run], types: Sequence[str]) -> dict[str, Any]:
    ranks, scores, failing, predicted, actual = [], [], [], [], []
    for run in runs:
        family_scores, worst = run.family_scores, run.fused_scores  # (S, E, K), (S, E)
        kind = to_global(run, run.label_type, types)
        known = kind >= 0
        scores.append(worst.max(1)[known])
        failing.append(kind[known] > 0)
        with torch.no_grad():
            logits = types_model(torch.from_numpy(np.log1p(family_scores.max(1))))
        predicted.append(logits[:, 1:].argmax(1).numpy()[kind > 0] + 1)
        actual.append(kind[kind > 0])
        ranks += [mean_rank(worst[i], int(e)) for i, e in enumerate(run.label_entity) if e >= 0 and run.label_type[i] > 0]
    return finish(ranks, scores, failing, predicted, actual)


def finish(ranks: list[float], *parts: list[np.ndarray]) -> dict[str, Any]:
    scores, failing, predicted, actual = (np.concatenate(p) for p in parts)
    rank = np.array(ranks)
    return {
        "root cause AC@1": float((rank <= 1).mean()) if len(rank) else None,
        "root cause AC@3": float((rank <= 3).mean()) if len(rank) else None,
        "detection AUROC": auroc(scores, failing),
        "type accuracy": float((predicted == actual).mean()) if len(actual) else None,
        "type macro-F1": macro_f1(predicted, actual) if len(actual) else None,
    }


def chance_level(runs: Sequence[Run], types: Sequence[str]) -> dict[str, Any]:
    entities = [len(run.entities) or 1 for run in runs for i, e in enumerate(run.label_entity) if e >= 0 and run.label_type[i] > 0]
    kinds = np.concatenate([to_global(run, run.label_type, types) for run in runs])
    kinds = kinds[kinds > 0]
    most = np.bincount(kinds).argmax() if len(kinds) else 0
    return {
        "root cause AC@1": float(np.mean([1 / e for e in entities])) if entities else None,
        "root cause AC@3": float(np.mean([min(1.0, 3 / e) for e in entities])) if entities else None,
        "detection AUROC": 0.5,
        "type accuracy": float((kinds == most).mean()) if len(kinds) else None,
        "type macro-F1": macro_f1(np.full_like(kinds, most), kinds) if len(kinds) else None,
    }


def evaluate(
    encoder: SliceEncoder, heads: Heads, train: Sequence[Run], held_out: Sequence[Run], types: Sequence[str], seed: int
) -> dict[str, Any]:
    """-> {measure: {column: value}}."""
    encoder.eval()
    labelled = choose_labelled(train, seed)
    random_encoder, random_heads = fit_untrained(encoder.cfg, labelled, types, seed)
    trained = [embed_run(packed(encoder), run) for run in held_out]
    untrained = [embed_run(packed(random_encoder), run) for run in held_out]
    columns = {
        "encoder": judge_model(heads, trained, held_out, types),
        "raw scores": judge_raw(fit_raw_types(labelled, types, seed), held_out, types),
        "untrained": judge_model(random_heads, untrained, held_out, types),
        "chance": chance_level(held_out, types),
    }
    measures = {name: {c: row[name] for c, row in columns.items()} for name in columns["encoder"]}
    recall, chance = retrieval(held_out, [e.embeddings.modalities.numpy() for e in trained])
    measures["cross-modality recall@1"] = {
        "encoder": recall,
        "raw scores": retrieval(held_out, [raw_modality_rows(run) for run in held_out])[0],
        "untrained": retrieval(held_out, [e.embeddings.modalities.numpy() for e in untrained])[0],
        "chance": chance,
    }
    return measures


def evaluate_recordings(
    encoder: SliceEncoder, heads: Heads, random_heads: Heads, random_encoder: SliceEncoder, recordings: Sequence[Run], types: Sequence[str]
) -> dict[str, Any]:
    """Root cause on labelled recordings of real systems; their labels trained nothing. Slices, not faults."""
    measures = {}
    families = encoder.cfg.families
    for run in recordings:
        columns = {
            "encoder": judge_model(heads, [embed_run(packed(encoder), run)], [run], types),
            "raw scores": judge_raw(torch.nn.Linear(families, len(types)), [run], types),
            "untrained": judge_model(random_heads, [embed_run(packed(random_encoder), run)], [run], types),
            "chance": chance_level([run], types),
        }
        for name in ("root cause AC@1", "root cause AC@3"):
            measures[f"{name}, recorded {run.name}"] = {c: row[name] for c, row in columns.items()}
    return measures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--recordings", type=Path, help="folder of tensors exported with labels")
    parser.add_argument("--save", action="store_true", help="write the measures into the checkpoint, and so into the model card")
    args = parser.parse_args()
    checkpoint = torch.load(args.checkpoint, map_location="cpu", weights_only=True)
    cfg, types = ModelConfig(**checkpoint["model_config"]), checkpoint["types"]
    encoder, heads = SliceEncoder(cfg).eval(), Heads(cfg, len(types))
    encoder.load_state_dict(checkpoint["model"])
    heads.load_state_dict(checkpoint["heads"])
    train, held_out = read_runs(args.data / "train"), read_runs(args.data / "held-out")
    measures = evaluate(encoder, heads, train, held_out, types, SEED)
    if args.recordings:
        random_encoder, random_heads = fit_untrained(cfg, choose_labelled(train, SEED), types, SEED)
        measures |= evaluate_recordings(encoder, heads, random_heads, random_encoder, read_runs(args.recordings), types)
    print(json.dumps(measures, indent=2))
    if args.save:
        dataset = {**checkpoint["dataset"], HELD_OUT: describe_runs(held_out)}
        torch.save({**checkpoint, "metrics": measures, "dataset": dataset}, args.checkpoint)


if __name__ == "__main__":
    main()
