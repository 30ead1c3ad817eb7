"""models/encoder/README.md, written from the manifest so that its figures cannot drift from the files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CARD = """# Encoders

Two local models; nothing is sent anywhere. Figures on this page come from `manifest.json`, which the export writes.

## Text encoder: `{text_file}`
{text_name} ({text_license}), by the sentence-transformers project, from nreimers/MiniLM-L6-H384-uncased (Microsoft MiniLM).
Converted by `models/pretraining/convert_text_encoder.py`: mean pooling over the tokens and L2 norm are inside the graph, weights are
8-bit in blocks, the word table 8-bit per row. 384 dimensions. Texts are cut to {max_tokens} word pieces: [CLS], the first
{kept} pieces, [SEP]; what follows does not count. `tokenizer.json` is the original with its fixed padding removed.
fp32 graph against PyTorch: {parity:.0e}. int8 against fp32: cosine at least {text_cosine} on 32 varied texts. {text_mb:.1f} MB.
Licence text and attribution: `LICENSE-MiniLM.txt`.

## Slice encoder: `slice-encoder.onnx`, `slice-encoder.fp16.onnx`, `slice-encoder.int8.onnx`
{parameters:,} parameters, {dim} dimensions, Apache-2.0, trained by `models/pretraining` at commit `{commit}` in {minutes} minutes
({steps} steps{mean}){before}.
Reads the tokens of a slice and the calibrated scores of its entities (`src/core/tokens/sliceTensors.ts`), gives one embedding per slice,
modality and entity. It knows no service, metric or template by name other than through the text encoder, and no entity by its position.
It starts from the rule that ranks causes without labels (`models/pretraining/fusion.py`) and learns what the tokens add.
ONNX Runtime against PyTorch on `slice-encoder.reference.json`: {slice_parity:.1e} (fp32), {half_parity:.1e} (fp16), cosine {slice_cosine}
(int8).
{sizes}

## Heads: `heads.json`
Heads depend on eight states, an unsupervised partition of slice embeddings (`models/pretraining/states.py`). In them, what was learned from
embeddings is followed; what is far from all of them, and every slice of a system that is mostly far from them, as recorded systems are, is
judged by what holds on any system: read as they are, embeddings cry wolf there. Detection reads calibrated features and how an embedding
differs from the median of its run, in the states the embedding itself as well, with weights of its own in each; then slices are judged in
their order (`models/pretraining/chain.py`). The root cause is a linear pool of the label-free rule and the probability that the
embeddings of the entities give, which has more say in the states. Failure types read embeddings and features everywhere. They, and
detection in the states, build on the linear heads that were trained with the encoder (`models/pretraining/encoder_heads.py`); the root
cause uses that one as it is. Training and held-out figures stand in the file.

### Training data
{dataset}

### Held-out results
{metrics}

### Limits
Trained on simulated systems: real telemetry has noise, naming and faults that no simulator holds. Gains inside a simulator are
not gains on real faults. The recordings took part in training without their labels. Rows count slices, not faults; figures by fault, beside
published baselines and with intervals, come from `npm run bench -- quality`. Entities without telemetry have zero vectors.

## Training steps: `head-step.onnx`, `adapter-step.onnx`
Not models but one step of training each, without weights: forward, backward and Adam of the heads that are tuned from labels
(`models/pretraining/head_step.py`), and of an adapter of the slice embeddings from unlabelled slices (`adapter_step.py`).
"""


def table(metrics: dict[str, Any]) -> str:
    """{measure: {row: value}} -> a Markdown table with one column per row name."""
    columns = list(dict.fromkeys(key for row in metrics.values() if isinstance(row, dict) for key in row))
    lines = ["| measure | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, row in metrics.items():
        if isinstance(row, dict):
            cells = ["–" if row.get(c) is None else f"{row[c]:.3f}" for c in columns]
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def tell_before(before: dict[str, Any] | None) -> str:
    """Of an encoder that was trained further, what it had been trained on, the latest first."""
    if before is None:
        return ""
    earlier, mean = tell_before(before.get("before")), tell_mean(before.get("meanOfSteps"))
    training = f"{before['minutes']} minutes, {before['steps']} steps, {before['data']}"
    return f",\nfrom the weights of an earlier training on: {training}{mean}{earlier}"


def tell_mean(of_steps: list[int] | None) -> str:
    """Of an encoder that average.py made, which weights it is the mean of."""
    if of_steps is None:
        return ""
    after = " and after ".join(f"{steps:,}" for steps in of_steps)
    return f"; then the mean of the weights after {after} steps in all was taken"


def write_model_card(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    text, encoder = manifest["text"], manifest["slice"]
    card = CARD.format(
        text_file=text["file"],
        text_name=text["name"],
        text_license=text["license"],
        max_tokens=text["maxTokens"],
        kept=text["maxTokens"] - 2,
        parity=text["measured"]["parityFp32"],
        text_cosine=text["measured"]["int8CosineMin"],
        text_mb=text["measured"]["sizeBytes"] / 1e6,
        parameters=encoder["parameters"],
        dim=encoder["dim"],
        commit=encoder["trainingCommit"],
        minutes=encoder["training"].get("minutes", "?"),
        steps=encoder["training"].get("steps", "?"),
        before=tell_before(encoder["training"].get("before")),
        mean=tell_mean(encoder["training"].get("meanOfSteps")),
        slice_parity=encoder["measured"]["fp32"]["maxDifference"],
        half_parity=encoder["measured"]["fp16"]["maxDifference"],
        sizes=", ".join(f"{kind} {part['sizeBytes'] / 1e6:.1f} MB" for kind, part in encoder["measured"].items()) + ".",
        slice_cosine=encoder["measured"]["int8"]["cosineMin"],
        dataset="\n".join(f"- {key}: {value}" for key, value in encoder["dataset"].items()),
        metrics=table(encoder["metrics"]) if encoder["metrics"] else "none yet",
    )
    (folder / "README.md").write_text(card)
