"""The text encoder's module and its int8 word table, without the real weights."""

import json

import numpy as np
import pytest
import torch

from bert import Int8Embedding, TextEncoder
from text_vectors import ENCODER, TextVectors
from text_weights import read_text_encoder


def small() -> TextEncoder:
    torch.manual_seed(0)
    return TextEncoder(vocab=50, dim=24, heads=2, inner=48, layers=2).eval()


def test_padding_changes_nothing_and_rows_are_unit_vectors():
    encoder = small()
    with torch.no_grad():
        short = encoder(torch.tensor([[2, 7, 3]]), torch.ones(1, 3, dtype=torch.int64))
        padded = encoder(torch.tensor([[2, 7, 3, 0, 0]]), torch.tensor([[1, 1, 1, 0, 0]]))
    torch.testing.assert_close(short, padded, atol=1e-6, rtol=0)
    torch.testing.assert_close(short.norm(dim=-1), torch.ones(1))


def test_a_row_without_tokens_is_finite():
    with torch.no_grad():
        row = small()(torch.tensor([[0, 0]]), torch.zeros(1, 2, dtype=torch.int64))
    assert torch.isfinite(row).all()
    assert (row == 0).all()


def test_int8_table_is_within_half_a_step_and_keeps_zero_rows():
    table = torch.randn(10, 8)
    table[3] = 0
    small_table = Int8Embedding(table)
    found = small_table(torch.arange(10))
    step = table.abs().amax(1, keepdim=True) / 127
    assert ((found - table).abs() <= step / 2 + 1e-7).all()
    assert (found[3] == 0).all()


def test_the_encoder_that_ships_gives_in_pytorch_what_its_graph_gives():
    reference = json.loads((ENCODER / "text-encoder.reference.json").read_text())
    pieces = [np.array(ids, np.int32) for ids in reference["ids"]]
    offsets = np.cumsum([0, *map(len, pieces)])
    graph, module = (
        vectors.encode(np.concatenate(pieces), offsets).astype(np.float32) for vectors in (TextVectors(), TextVectors(device="cpu"))
    )
    assert (graph * module).sum(1).min() > 0.995


def test_a_graph_that_is_no_text_encoder_is_refused():
    with pytest.raises(ValueError, match="is not the text encoder"):
        read_text_encoder(ENCODER / "slice-encoder.int8.onnx")
