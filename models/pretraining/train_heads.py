"""Trains the default heads on simulated systems that the encoder was not trained on: heads.json, read by src/core/heads/headWeights.ts.

    python train_heads.py data ../encoder --checkpoint runs/small/checkpoint.pt [--results results/small]

The encoder is the exported one, as the engine runs it. Heads read the calibrated features that the CLI exports
(src/core/heads/headFeatures.ts) and the slice embeddings of the encoder in that folder, and build on the heads that were trained with it
(encoder_heads.py). Detection is a logistic regression with weights by state (detector.py, states.py) whose slices are judged in their order
(chain.py), failure type a multinomial one (type_head.py), both calibrated on systems left out in turn; the root cause is a linear pool of
the fused score and the probability that the encoder's own root head gives, which is followed further in states that pretraining knows
(root_head.py). Everything printed is measured on data/held-out, systems that nothing was trained on.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from chain import Chain, fit_chain
from curves import draw_reliability
from data import Run, read_runs
from detector import STATES, Detector, DetectorInputs, fit_calibrated
from encoder_heads import EncoderHeads, read_encoder_heads
from fitting import SEED
from head_slices import NORMAL, ExportedEncoder, Slices, read_slices
from root_head import POOL, TRUST, TRUST_KNOWN, first_causes, fit_sharpness, pool_all, root_ranks
from scores import auroc, expected_calibration_error, f1, interval_by_group, log_loss, macro_f1
from states import States, partition
from type_features import to_type_features
from type_head import TypeHead, fit_calibrated_types

#: Two to three overlapping slices make one false alarm.
MAX_FALSE_SLICES_PER_HOUR = 6
#: Probabilities beside whether it was so, by head.
Curves = dict[str, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class DefaultHeads:
    states: States
    detector: Detector
    #: One that knows no states, to say what they are worth; not shipped.
    stateless: Detector
    chain: Chain
    threshold: float
    types: TypeHead
    unknown_below: float
    sharpness: float


@dataclass(frozen=True)
class HeadInputs:
    """What the heads read of slices once states are known. N failing slices, P type features, D embedding width."""

    detection: DetectorInputs  # of all slices
    abnormal: Tensor  # of those that are known to be normal or failing
    causes: list[np.ndarray]  # of all slices, (E,) each: the rule's and the learned opinion, pooled
    types: Tensor  # (N, P + D)
    type: Tensor  # (N,) in 0..K-1


def to_inputs(slices: Slices, states: States) -> HeadInputs:
    known, failing = slices.known, slices.failing
    shares = states.shares(slices.embedding.numpy(), slices.system)
    detection = DetectorInputs(slices.detection, slices.deviation, slices.embedding, torch.from_numpy(shares).float())
    causes = pool_all(slices.fused, slices.learned, 1 - shares[:, -1])
    features = torch.from_numpy(np.stack([to_type_features(slices.signed[at], int(causes[at].argmax())) for at in failing])).float()
    return HeadInputs(
        detection,
        (slices.label[known] > NORMAL).float(),
        causes,
        torch.cat([features, slices.embedding[failing]], 1),
        slices.label[failing] - 1,
    )


def fit(train: Slices, pretrained: EncoderHeads) -> DefaultHeads:
    states = partition(train.embedding.numpy(), train.system, STATES, SEED)
    inputs = to_inputs(train, states)
    detector, stateless, alone = fit_calibrated(inputs.detection, train.known, inputs.abnormal, train.system, pretrained)
    chain = fit_chain(alone, train.order, train.known, inputs.abnormal)
    judged = torch.sigmoid(chain(alone, train.order)[train.known]).numpy()
    threshold = choose_threshold(judged, inputs.abnormal.numpy() > 0, train.hours_normal)
    types, unknown_below = fit_calibrated_types(inputs.types, inputs.type, train.system[train.failing], pretrained)
    return DefaultHeads(states, detector, stateless, chain, threshold, types, unknown_below, fit_sharpness(inputs.causes, train.root))


def choose_threshold(p: np.ndarray, positive: np.ndarray, hours_normal: float) -> float:
    """Best F1 among thresholds that call few enough usual slices abnormal: an alarm that cries wolf is switched off."""
    thresholds = np.linspace(0.3, 0.99, 139)
    quiet = [t for t in thresholds if ((p >= t) & ~positive).sum() / max(1e-9, hours_normal) <= MAX_FALSE_SLICES_PER_HOUR]
    return float(max(quiet or [thresholds[-1]], key=lambda t: f1(p >= t, positive)))


def score(heads: DefaultHeads, test: Slices) -> tuple[dict[str, float | None], Curves]:
    inputs = to_inputs(test, heads.states)
    actual, system = inputs.abnormal.numpy() > 0, test.system[test.known]
    alone, stateless = heads.detector(inputs.detection), heads.stateless(inputs.detection.of_no_state())
    p, p_alone, p_stateless = (torch.sigmoid(some[test.known]).numpy() for some in (heads.chain(alone, test.order), alone, stateless))
    by_states = log_loss(p_alone, actual) - log_loss(p_stateless, actual)
    by_order = log_loss(p, actual) - log_loss(p_alone, actual)
    changes = {"states": by_states, "order": by_order}
    intervals = {name: interval_by_group(change, system) for name, change in changes.items()}
    p_types, truth = torch.softmax(heads.types(inputs.types), 1).numpy(), inputs.type.numpy()
    predicted = p_types.argmax(1)
    p_causes, is_cause = first_causes(inputs.causes, test.root, heads.sharpness)
    ranks, by_rule = root_ranks(inputs.causes, test.root), root_ranks(test.fused, test.root)
    scores = {
        "held-out slices": len(test.label),
        "in states that pretraining knows": 1 - float(inputs.detection.shares[test.known, -1].mean()),
        "detection AUROC": auroc(p, actual),
        "detection AUROC, each slice alone": auroc(p_alone, actual),
        "detection AUROC, and without states": auroc(p_stateless, actual),
        "detection log loss": float(log_loss(p, actual).mean()),
        **{f"change of log loss by {name}": float(change.mean()) for name, change in changes.items()},
        **{f"change of log loss by {name}, from": least for name, (least, _) in intervals.items()},
        **{f"change of log loss by {name}, to": most for name, (_, most) in intervals.items()},
        "detection F1": f1(p >= heads.threshold, actual),
        "detection ECE": expected_calibration_error(p, actual),
        "abnormal slices per fault-free hour": float(((p >= heads.threshold) & ~actual).sum()) / max(1e-9, test.hours_normal),
        "failure type macro-F1": macro_f1(predicted, truth),
        "failure type majority": float(np.bincount(truth).max() / len(truth)),
        "failure type ECE": expected_calibration_error(p_types.max(1), predicted == truth),
        "root cause AC@1": float((ranks <= 1).mean()),
        "root cause ECE": expected_calibration_error(p_causes, is_cause),
        "root cause AC@3": float((ranks <= 3).mean()),
        "root cause AC@1 without the encoder": float((by_rule <= 1).mean()),
    }
    curves = {"abnormal": (p, actual), "failure type": (p_types.max(1), predicted == truth), "root cause": (p_causes, is_cause)}
    return scores, curves


def to_json(heads: DefaultHeads, train: Slices, types: list[str], root_weight: Tensor) -> dict[str, Any]:
    """All but where they come from. types: the normal one first"""
    detector, n_types = heads.detector, len(train.type_names)
    linear = [
        {"weights": rounded(detector.weights[k]), "bias": round(float(detector.bias[k]), 5), "deviation": rounded(detector.deviation[k])}
        for k in range(STATES + 1)
    ]
    by_state = [{**row, "embedding": rounded(detector.embedding[k])} for k, row in enumerate(linear[:-1])]
    return {
        "dim": train.embedding.shape[1],
        "pretrainedStates": {
            "centres": [rounded(centre) for centre in torch.from_numpy(heads.states.centres)],
            "width": heads.states.width,
            "reach": round(heads.states.reach, 4),
            "usualShare": round(heads.states.usual, 4),
        },
        "detection": {
            "features": train.detection_names,
            **linear[-1],
            "byState": by_state,
            "chain": heads.chain.to_json(),
            "threshold": round(heads.threshold, 3),
        },
        "failureType": {
            "features": train.type_names,
            "types": types[1:],
            "weights": [rounded(column[:n_types]) for column in heads.types.weight.mT],
            "embedding": [rounded(column[n_types:]) for column in heads.types.weight.mT],
            "bias": rounded(heads.types.bias),
            "unknownBelow": round(heads.unknown_below, 4),
        },
        "rootCause": {
            "embedding": rounded(root_weight),
            "trust": TRUST,
            "trustKnown": TRUST_KNOWN,
            "pool": POOL,
            "sharpness": round(heads.sharpness, 3),
        },
    }


def rounded(values: Tensor) -> list[float]:
    return [round(float(v), 5) for v in values]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("encoder", type=Path, help="folder of the exported encoder; heads.json goes there")
    parser.add_argument("--checkpoint", type=Path, required=True, help="what the encoder was exported from, for the heads trained with it")
    parser.add_argument("--results", type=Path, help="start of the names of the reliability curves")
    args = parser.parse_args()
    torch.manual_seed(SEED)

    runs, held_out = (labelled_runs(args.data / folder) for folder in ("heads", "held-out"))
    types = ["normal", *sorted({t for run in runs for t in run.types[1:]})]
    manifest = json.loads((args.encoder / "manifest.json").read_text())
    encoder, pretrained = ExportedEncoder(args.encoder), read_encoder_heads(args.checkpoint, manifest["slice"]["training"], types[1:])
    train, test = (read_slices(some, encoder, pretrained.root, types) for some in (runs, held_out))
    heads = fit(train, pretrained)
    scores, curves = score(heads, test)
    scores = {"training slices": len(train.label), **scores}
    for name, value in scores.items():
        print(f"{name:36s} {value:.4f}")
    if args.results:
        args.results.with_name(f"{args.results.name}-reliability.svg").write_text(draw_reliability(curves))
    content = {
        "version": "6",
        "provenance": "Simulated systems that the encoder never saw. Held out: " + ", ".join(f"{k} {v:.3f}" for k, v in scores.items()),
        "encoder": manifest["slice"]["files"]["fp32"]["sha256"],
        **to_json(heads, train, types, pretrained.root),
    }
    (args.encoder / "heads.json").write_text(json.dumps(content, separators=(",", ":")) + "\n")


def labelled_runs(folder: Path) -> list[Run]:
    runs = [r for r in read_runs(folder) if len(r) and r.labelled]
    if not runs:
        raise SystemExit(f"no labelled systems in {folder}; run make_data.py first")
    return runs


if __name__ == "__main__":
    main()
