"""Small things both exports share: writing ONNX, quantising, running a session, hashing."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer

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
    """Weights of every MatMul to 8 bits in blocks of `block` rows; activations to 8 bits per row and block at run time.

    Per-tensor dynamic quantisation (`quantize_dynamic`) is twice as fast here but scales activations over the whole batch,
    so a text's vector would depend on the texts beside it, and its cosine fell to .96 (this: .997).
    """
    logging.getLogger("onnxruntime.quantization.matmul_nbits_quantizer").setLevel(logging.ERROR)
    config = DefaultWeightOnlyQuantConfig(bits=8, block_size=block, is_symmetric=True, accuracy_level=INT8_ACTIVATIONS)
    quantizer = MatMulNBitsQuantizer(onnx.load(str(source)), algo_config=config)
    quantizer.process()
    model = quantizer.model.model  # type: ignore[union-attr] (a wrapper once processed)
    model.ir_version = IR_VERSION
    onnx.save(model, str(target))


def session(path: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = int(os.environ.get("RUNTIMESLICER_THREADS", "2"))
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def training_commit() -> str:
    """Commit of the code that trained, with `-dirty` when its folder had uncommitted changes; `unknown` outside git."""
    here = Path(__file__).parent

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
