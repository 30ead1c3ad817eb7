"""Reads the text encoder that ships back into PyTorch, for a GPU: ONNX Runtime there may be one that knows CPUs only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from bert import TextEncoder
from onnx_tools import restore_blocks

TABLE, TYPES = "embeddings.word_embeddings", "embeddings.token_type_embeddings.weight"


def read_text_encoder(path: Path) -> TextEncoder:
    """text-encoder.int8.onnx -> the module it was exported from, with weights as they are after 8 bits; ValueError when it is another.

    Cosine to the vectors of the graph, which takes its activations to 8 bits as well: .997 (tests/test_text_encoder.py).
    """
    graph = onnx.load(str(path)).graph
    values = {w.name: numpy_helper.to_array(w) for w in graph.initializer}
    readers = {name: node for node in graph.node for name in node.input}
    encoder = TextEncoder()
    state = {name: value for name, value in values.items() if name in encoder.state_dict()}
    if f"{TABLE}.codes" in values:
        state[f"{TABLE}.weight"] = values[f"{TABLE}.codes"].astype(np.float32) * values[f"{TABLE}.scale"]
    for node in graph.node:
        if node.op_type == "MatMulNBits":
            # The graph names biases as the module does, weights it does not.
            bias = next((name for name in readers[node.output[0]].input if name.endswith(".bias")), "")
            rows = next(a.i for a in node.attribute if a.name == "K")
            state[bias.removesuffix("bias") + "weight"] = restore_blocks(values[node.input[1]], values[node.input[2]], rows).T
        if node.op_type == "Add":
            # The one vector without a name of its own: every text is one sentence, so that of two types one row is left.
            for name in node.input:
                if name.startswith("onnx::") and name in values and values[name].ndim == 1:
                    state[TYPES] = np.stack([values[name], np.zeros_like(values[name])])
    wrong = set(encoder.state_dict()) ^ set(state)
    if wrong:
        raise ValueError(f"{path} is not the text encoder of bert.py: {sorted(wrong)[:3]}")
    encoder.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
    return encoder.eval()
