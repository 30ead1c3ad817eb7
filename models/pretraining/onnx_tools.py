"""Small things both exports share: writing ONNX, quantising, running a session, hashing."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import helper, numpy_helper
from onnxruntime.transformers.float16 import convert_float_to_float16

OPSET = 17
# Oldest intermediate representation that opset 17 needs; newer ones only lock older runtimes out.
IR_VERSION = 8
# `accuracy_level` of MatMulNBits: 4 multiplies in int8, 1 in fp32.
INT8_ACTIVATIONS = 4


def export_onnx(
    module: torch.nn.Module,
    inputs: tuple[torch.Tensor, ...],
    path: Path,
    input_names: Sequence[str],
    output_names: Sequence[str],
    dynamic_axes: dict[str, dict[int, str]],
) -> None:
    torch.onnx.export(
        module,
        inputs,
        str(path),
        input_names=list(input_names),
        output_names=list(output_names),
        dynamic_axes=dynamic_axes,
        opset_version=OPSET,
        dynamo=False,  # the tracer keeps the graph small and free of shape guards
    )
    model = onnx.load(str(path))
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def quantise(source: Path, target: Path, block: int) -> None:
    """Weights of every MatMul to 8 bits in blocks of `block` rows (MatMulNBits); activations to 8 bits per row and block at run time.

    Per-tensor dynamic quantisation (`quantize_dynamic`) is twice as fast here but scales activations over the whole batch,
    so a text's vector would depend on the texts beside it, and its cosine fell to .96 (this: .997).
    """
    model = onnx.load(str(source))
    graph = model.graph
    weights = {w.name: w for w in graph.initializer}
    for node in graph.node:
        weight = weights.get(node.input[1]) if node.op_type == "MatMul" else None
        if weight is None or len(weight.dims) != 2:
            continue
        values = numpy_helper.to_array(weight).astype(np.float32)  # (K, N)
        rows, columns = values.shape
        bytes_, scales = quantise_blocks(values, block)
        if weight.name + "_q8" not in weights:
            for name, array in ((weight.name + "_q8", bytes_), (weight.name + "_scales", scales)):
                weights[name] = numpy_helper.from_array(array, name)
                graph.initializer.append(weights[name])
        attributes = {"K": rows, "N": columns, "bits": 8, "block_size": block, "accuracy_level": INT8_ACTIVATIONS}
        inputs = [node.input[0], weight.name + "_q8", weight.name + "_scales"]
        node.CopyFrom(helper.make_node("MatMulNBits", inputs, node.output, node.name, domain="com.microsoft", **attributes))
    used = {name for node in graph.node for name in node.input}
    for name in [w.name for w in graph.initializer if w.name not in used]:
        graph.initializer.remove(weights[name])
    if not any(opset.domain == "com.microsoft" for opset in model.opset_import):
        model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    model.ir_version = IR_VERSION
    onnx.save(model, str(target))


def quantise_blocks(values: np.ndarray, block: int) -> tuple[np.ndarray, np.ndarray]:
    """(K, N) f32 -> (N, blocks, block) u8 around 128, and scales (N * blocks,): value = (byte - 128) * scale."""
    rows, columns = values.shape
    blocks = -(-rows // block)
    padded = np.zeros((blocks * block, columns), np.float32)
    padded[:rows] = values
    parts = padded.T.reshape(columns, blocks, block)
    scales = np.abs(parts).max(-1) / 127
    bytes_ = np.rint(parts / np.where(scales > 0, scales, 1)[..., None]) + 128  # a block of zeros has scale 0
    return bytes_.astype(np.uint8), scales.reshape(-1).astype(np.float32)


def restore_blocks(bytes_: np.ndarray, scales: np.ndarray, rows: int) -> np.ndarray:
    """What `quantise_blocks` kept of the values: (N, blocks, block) u8 and N * blocks scales -> (K, N) f32."""
    columns, blocks, _ = bytes_.shape
    values = (bytes_.astype(np.float32) - 128) * scales.reshape(columns, blocks, 1)
    return values.reshape(columns, -1)[:, :rows].T


def halve(source: Path, target: Path) -> None:
    """Weights and arithmetic to fp16; inputs and outputs stay as they are, so that callers need not care."""
    model = convert_float_to_float16(onnx.load(str(source)), keep_io_types=True)
    sort_nodes(model.graph)  # the converter puts its casts of the inputs last
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
    onnx.save(model, str(target))


def sort_nodes(graph: onnx.GraphProto) -> None:
    """Each node after those whose outputs it reads, as the format demands; otherwise in the order they have."""
    waiting = list(graph.node)
    known = {"", *(value.name for value in graph.input), *(value.name for value in graph.initializer)}
    done = []
    while waiting:
        ready = [node for node in waiting if known.issuperset(node.input)]
        if not ready:
            raise ValueError(f"{len(waiting)} nodes read what nothing gives")
        done += ready
        known.update(name for node in ready for name in node.output)
        waiting = [node for node in waiting if not known.issuperset(node.output)]
    del graph.node[:]
    graph.node.extend(done)


def session(path: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = int(os.environ.get("RUNTIMESLICER_THREADS", "2"))
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def training_commit() -> str:
    """Commit of the code that trained, with `-dirty` when its folder had uncommitted changes; `unknown` outside git and archives."""
    here = Path(__file__).parent
    packed = here / "commit.txt"  # written by pack.mjs, not part of the checkout
    if packed.exists():
        return packed.read_text().strip()

    def git(*args: str) -> str:
        return subprocess.run(["git", *args], cwd=here, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return git("rev-parse", "HEAD") + ("-dirty" if git("status", "--porcelain", "--", ".") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def row_cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """[N, D] x [N, D] -> [N]; 1 where both rows are zero (they agree), 0 where one is."""
    norms = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    both_zero = (np.linalg.norm(a, axis=-1) == 0) & (np.linalg.norm(b, axis=-1) == 0)
    cosine = (a * b).sum(-1) / np.where(norms > 0, norms, 1.0)
    return np.where(both_zero, 1.0, cosine)
