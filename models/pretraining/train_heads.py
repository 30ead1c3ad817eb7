"""Trains the default heads on simulated systems: models/encoder/heads.json, read by src/core/heads/headWeights.ts.

    python train_heads.py data ../encoder/heads.json

They read the calibrated features that the CLI exports (src/core/heads/headFeatures.ts), not the embedding: on real faults no learned
model has beaten them yet without labels. Detection is a logistic regression, failure type a multinomial one, root cause a power of the
fused score. Everything printed is measured on data/held-out, systems that were not trained on.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from tensor_file import TensorFile

UNKNOWN, NORMAL = -1, 0
L2 = 1e-3
#: Stronger for failure types: what tells them apart inside the simulator must not be trusted to the last digit outside it.
L2_TYPES = 1e-2
#: A type is called unknown when its probability is below what this share of the training failures reach.
UNKNOWN_SHARE = 0.05
SEED = 11
#: Two to three overlapping slices make one false alarm.
MAX_FALSE_SLICES_PER_HOUR = 6


@dataclass(frozen=True)
class Slices:
    """Slices of all systems of a folder. S slices, H detection features, P type features."""

    detection: Tensor  # (S, H)
    type_features: Tensor  # (S, P)
    label: Tensor  # (S,) index into types, -1 unknown, 0 normal
    fused: list[np.ndarray]  # S × (E,)
    root: np.ndarray  # (S,) entity slot, -1 none
    hours_normal: float
    detection_names: list[str]
    type_names: list[str]


def read_slices(folder: Path, types: list[str]) -> Slices:
    detection, features, labels, fused, roots = [], [], [], [], []
    hours = 0.0
    names: dict[str, list[str]] = {}
    for path in sorted(folder.glob("system-*.safetensors")):
        file = TensorFile(path)
        own = json.loads(file.metadata["types"])
        to_global = np.array([types.index(t) if t in types else UNKNOWN for t in own] + [UNKNOWN])
        label_type, starts, root = file.read("label_type", "slice_start_ns", "label_entity")
        label = to_global[label_type.astype(int)]
        step_hours = float(np.median(np.diff(starts))) / 3.6e12 if len(starts) > 1 else 0.0
        hours += step_hours * float((label == NORMAL).sum())
        features_of_run = file.read("detection_features", "type_features", "fused_scores")
        detection.append(features_of_run[0])
        features.append(features_of_run[1])
        fused.extend(features_of_run[2])
        labels.append(label)
        roots.append(root.astype(int))
        names = {key: json.loads(file.metadata[key]) for key in ("detection_features", "type_features")}
    if not detection:
        raise SystemExit(f"{folder} holds no system-*.safetensors; run make_data.py first")
    return Slices(
        torch.from_numpy(np.concatenate(detection)).float(),
        torch.from_numpy(np.concatenate(features)).float(),
        torch.from_numpy(np.concatenate(labels)).long(),
        fused,
        np.concatenate(roots),
        hours,
        names["detection_features"],
        names["type_features"],
    )


def find_types(folder: Path) -> list[str]:
    found: set[str] = set()
    for path in folder.glob("system-*.safetensors"):
        found |= set(json.loads(TensorFile(path).metadata["types"]))
    return ["normal", *sorted(found - {"normal"})]


def fit_classifier(features: Tensor, targets: Tensor, classes: int, weights: Tensor) -> nn.Linear:
    """Multinomial logistic regression by L-BFGS; `weights` (S,) balance the classes."""
    torch.manual_seed(SEED)
    model = nn.Linear(features.shape[1], classes)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    optimiser = torch.optim.LBFGS(model.parameters(), max_iter=500, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        losses = nn.functional.cross_entropy(model(features), targets, reduction="none")
        loss = (losses * weights).sum() / weights.sum() + L2_TYPES * (model.weight**2).sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return model


def fit_detector(features: Tensor, targets: Tensor) -> tuple[Tensor, float]:
    """Logistic regression with weights >= 0: on no system may a larger deviation make a slice look more usual."""
    raw = torch.full((features.shape[1],), -2.0, requires_grad=True)
    bias = torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.LBFGS([raw, bias], max_iter=500, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        weight = nn.functional.softplus(raw)
        loss = nn.functional.binary_cross_entropy_with_logits(features @ weight + bias, targets) + L2 * (weight**2).sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return nn.functional.softplus(raw).detach(), float(bias.detach())


def auroc(scores: np.ndarray, positive: np.ndarray) -> float:
    order = scores.argsort()
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    for value in np.unique(scores[np.isin(scores, scores)]):
        same = scores == value
        ranks[same] = ranks[same].mean()
    n_pos, n_neg = positive.sum(), (~positive).sum()
    return float((ranks[positive].sum() - n_pos * (n_pos + 1) / 2) / (n_pos * n_neg))


def expected_calibration_error(p: np.ndarray, positive: np.ndarray, bins: int = 10) -> float:
    place = np.minimum((p * bins).astype(int), bins - 1)
    gaps = [abs(p[place == b].mean() - positive[place == b].mean()) * (place == b).mean() for b in range(bins) if (place == b).any()]
    return float(sum(gaps))


def f1(predicted: np.ndarray, positive: np.ndarray) -> float:
    hits = float((predicted & positive).sum())
    return 2 * hits / max(1.0, float(predicted.sum() + positive.sum()))


def choose_threshold(p: np.ndarray, positive: np.ndarray, hours_normal: float) -> float:
    """Best F1 among thresholds that call few enough usual slices abnormal: an alarm that cries wolf is switched off."""
    thresholds = np.linspace(0.3, 0.99, 139)
    quiet = [t for t in thresholds if ((p >= t) & ~positive).sum() / max(1e-9, hours_normal) <= MAX_FALSE_SLICES_PER_HOUR]
    return float(max(quiet or [thresholds[-1]], key=lambda t: f1(p >= t, positive)))


def strict_ranks(data: Slices) -> np.ndarray:
    ranks = []
    for scores, root in zip(data.fused, data.root, strict=True):
        if root >= 0:
            ranks.append(1 + (scores > scores[root]).sum() + ((scores == scores[root]).sum() - 1) / 2)
    return np.array(ranks)


def fit_sharpness(data: Slices) -> float:
    """Power of the fused score that makes the root's probability most likely."""
    best, best_loss = 1.0, float("inf")
    for sharpness in np.geomspace(0.25, 8, 26):
        losses = []
        for scores, root in zip(data.fused, data.root, strict=True):
            powered = np.maximum(scores, 1e-6) ** sharpness
            if root >= 0:
                losses.append(-np.log(max(1e-9, powered[root] / powered.sum())))
        if np.mean(losses) < best_loss:
            best, best_loss = float(sharpness), float(np.mean(losses))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    types = find_types(args.data / "train")
    train, test = read_slices(args.data / "train", types), read_slices(args.data / "held-out", types)

    known = train.label != UNKNOWN
    weight, bias = fit_detector(train.detection[known], (train.label[known] > NORMAL).float())
    p_train = torch.sigmoid(train.detection[known] @ weight + bias).numpy()
    actual_train = (train.label[known] > NORMAL).numpy()
    threshold = choose_threshold(p_train, actual_train, train.hours_normal)

    failing = train.label > NORMAL
    targets = train.label[failing] - 1
    counts = torch.bincount(targets, minlength=len(types) - 1).float()
    classifier = fit_classifier(train.type_features[failing], targets, len(types) - 1, 1 / counts[targets].clamp(min=1))
    probabilities = torch.softmax(classifier(train.type_features[failing]), 1).max(1).values.detach()
    unknown_below = float(torch.quantile(probabilities, UNKNOWN_SHARE))
    sharpness = fit_sharpness(train)

    known = test.label != UNKNOWN
    p = torch.sigmoid(test.detection[known] @ weight + bias).numpy()
    actual = (test.label[known] > NORMAL).numpy()
    false_alarms = float(((p >= threshold) & ~actual).sum()) / max(1e-9, test.hours_normal)
    failing = test.label > NORMAL
    predicted = classifier(test.type_features[failing]).argmax(1).numpy()
    truth = (test.label[failing] - 1).numpy()
    macro = float(np.mean([f1(predicted == c, truth == c) for c in np.unique(truth)]))
    ranks = strict_ranks(test)
    scores = {
        "train slices": len(train.label),
        "held-out slices": len(test.label),
        "detection AUROC": auroc(p, actual),
        "detection F1": f1(p >= threshold, actual),
        "detection ECE": expected_calibration_error(p, actual),
        "abnormal slices per fault-free hour": false_alarms,
        "failure type macro-F1": macro,
        "failure type majority": float(np.bincount(truth).max() / len(truth)),
        "root cause AC@1": float((ranks <= 1).mean()),
        "root cause AC@3": float((ranks <= 3).mean()),
    }
    for name, value in scores.items():
        print(f"{name:36s} {value:.3f}")

    def rounded(values: Tensor) -> list[float]:
        return [round(float(v), 5) for v in values.detach()]

    heads = {
        "version": "1",
        "provenance": "Simulated systems. Held out: " + ", ".join(f"{k} {v:.3f}" for k, v in scores.items()),
        "detection": {
            "features": train.detection_names,
            "weights": rounded(weight),
            "bias": round(bias, 5),
            "threshold": round(threshold, 3),
        },
        "failureType": {
            "features": train.type_names,
            "types": types[1:],
            "weights": [rounded(row) for row in classifier.weight],
            "bias": rounded(classifier.bias),
            "unknownBelow": round(unknown_below, 4),
        },
        "rootCause": {"sharpness": round(sharpness, 3)},
    }
    args.out.write_text(json.dumps(heads, indent=1) + "\n")


if __name__ == "__main__":
    main()
